/* SPDX-License-Identifier: GPL-2.0-only */
#include "output/passives_table.h"

#define DEFAULT_MAX  16384
#define FINISHED_MAX 4096
#define FINISHED_NS  10000000000ULL /* a finished one is kept so long */
#define SETTLED_NS   10000000ULL    /* processors agree on what came first */

/* ---- finding ------------------------------------------------------------------------------ */

static struct passive_bucket *flow_bucket(struct passives *t, const struct rec_tuple *tuple)
{
	__u64 word[4], hash = (__u64)tuple->sport << 16 | tuple->dport;

	memcpy(word, tuple->saddr, 16);
	memcpy(word + 2, tuple->daddr, 16);
	for (size_t i = 0; i < ARRAY_SIZE(word); i++)
		hash = (hash ^ word[i] ^ hash >> 29) * 0x9e3779b97f4a7c15ULL;
	return &t->flow[(hash >> 40) % PASSIVES_BUCKETS];
}

struct passive_bucket *passives_isn(struct passives *t, __u32 isn)
{
	return &t->isn[(isn * 0x9e3779b97f4a7c15ULL >> 40) % PASSIVES_BUCKETS];
}

static bool same_isn(const struct passive *p, __u32 isn)
{
	return !isn || !p->isn_known || p->isn == isn;
}

/* ISN 0 = any. The latest one; NULL = none. */
static struct passive_open *find(
	struct passives *t, __u32 netns, const struct rec_tuple *tuple, __u32 isn)
{
	struct passive_open *o;

	LIST_FOREACH(o, flow_bucket(t, tuple), same_flow)
	if (o->netns == netns && passives_same_flow(&o->p.tuple, tuple) && same_isn(&o->p, isn))
		return o;
	return NULL;
}

/* Wherever on this host the packet was dropped; a namespace of its own counts more. */
static struct passive_open *find_dropped(struct passives *t, const struct rec_drop *rec)
{
	__u32 isn = rec->packet == DROP_SYN ? rec->seq : 0;
	struct passive_open *o = find(t, rec->dev.netns, &rec->tuple, isn);

	if (o)
		return o;
	LIST_FOREACH(o, flow_bucket(t, &rec->tuple), same_flow)
	if (passives_same_flow(&o->p.tuple, &rec->tuple) && same_isn(&o->p, isn))
		return o;
	return NULL;
}

/* ---- accepts that nobody told of ----------------------------------------------------------- */

static struct empty_queue *empty_of(struct passives *t, __u64 listener)
{
	return &t->empty[(listener * 0x9e3779b97f4a7c15ULL >> 40) % PASSIVES_EMPTY];
}

static void note_queue(struct passives *t, const struct rec_passive *rec)
{
	if (rec->flags & PASSIVE_QUEUE_KNOWN && !rec->accept_len && rec->listener)
		*empty_of(t, rec->listener) = (struct empty_queue){rec->listener, rec->hdr.ts_ns};
}

/*
 * It had been in the accept queue, which was empty later: io_uring has taken it, or the record of
 * accept() was lost. After a cookie or with Fast Open it is not certain whose queue it was in.
 */
static bool was_taken(struct passives *t, const struct passive_open *o)
{
	const struct empty_queue *empty = empty_of(t, o->p.listener);

	if (!o->ack_ns || o->accept_ns || o->closed_ns || o->rst_ns)
		return false;
	if (!o->p.listener || o->p.cookies || o->p.fastopen)
		return false;
	return empty->listener == o->p.listener && empty->ts_ns > o->ack_ns + SETTLED_NS;
}

/* ---- coming and going --------------------------------------------------------------------- */

static void forget(struct passives *t, struct passive_open *o)
{
	if (o->finished) {
		TAILQ_REMOVE(&t->finished, o, link);
		t->finished_count--;
	} else {
		TAILQ_REMOVE(&t->open, o, link);
		t->count--;
	}
	LIST_REMOVE(o, same_flow);
	if (o->p.isn_known)
		LIST_REMOVE(o, same_isn);
	passive_open_free(o);
}

void passives_finish(struct passives *t, struct passive_open *o, __u64 end_ns, bool given_up)
{
	o->p.accept_unseen = o->p.accept_unseen || was_taken(t, o);
	passive_open_finish(o, end_ns, given_up);
	TAILQ_REMOVE(&t->open, o, link);
	t->count--;
	o->finished = true;
	o->finished_ns = t->now_ns;
	TAILQ_INSERT_TAIL(&t->finished, o, link);
	t->finished_count++;
	if (t->on_passive && !o->for_client)
		t->on_passive(t->arg, &o->p);
	if (t->finished_count > FINISHED_MAX)
		forget(t, TAILQ_FIRST(&t->finished));
}

static struct passive_open *add(struct passives *t, const struct rec_passive *rec)
{
	struct passive_open *o = passive_open_new(rec);

	if (!o)
		return NULL;
	if (t->count >= t->max) {
		t->evicted++;
		passives_finish(t, TAILQ_FIRST(&t->open), rec->hdr.ts_ns, false);
	}
	o->p.id = ++t->next_id;
	TAILQ_INSERT_TAIL(&t->open, o, link);
	t->count++;
	LIST_INSERT_HEAD(flow_bucket(t, &rec->tuple), o, same_flow);
	return o;
}

/* ---- events ------------------------------------------------------------------------------- */

/* A SYN begins a new one; other events may be the first that is seen of one. */
static bool begins(enum rec_passive_event event)
{
	return event != PASSIVE_RST && event != PASSIVE_CLOSED;
}

/* A finished one may be told of once more; that is nothing new, unless it had been given up. */
static bool begins_again(const struct passive_open *o, enum rec_passive_event event)
{
	bool was_given_up = o->p.result == PASSIVE_TIMED_OUT || o->p.result == PASSIVE_OVERFLOWED;

	return was_given_up &&
	       (event == PASSIVE_SYN || event == PASSIVE_ESTABLISHED || event == PASSIVE_ACCEPT);
}

/* A client that takes another ISN has forgotten its earlier handshake on these ports. */
static void end_earlier(struct passives *t, const struct rec_passive *rec)
{
	struct passive_open *o = find(t, rec->owner.netns, &rec->tuple, 0);

	if (o && !o->finished && !o->ack_ns)
		passives_finish(t, o, rec->hdr.ts_ns, true);
}

static int on_passive_event(struct passives *t, const struct rec_passive *rec)
{
	struct passive_open *o = find(t, rec->owner.netns, &rec->tuple, rec->isn);
	bool isn_was_known, over;

	note_queue(t, rec);
	if (rec->event == PASSIVE_FORWARDED) {
		if (o)
			forget(t, o);
		return 0;
	}
	if (o && o->finished) {
		if (!begins_again(o, rec->event))
			return 0;
		o = NULL;
	}
	if (!o) {
		if (!begins(rec->event))
			return 0;
		if (rec->event == PASSIVE_SYN)
			end_earlier(t, rec);
		o = add(t, rec);
	}
	if (!o)
		return -ENOMEM;
	isn_was_known = o->p.isn_known;
	over = passive_open_feed(o, rec);
	if (!isn_was_known && o->p.isn_known)
		LIST_INSERT_HEAD(passives_isn(t, o->p.isn), o, same_isn);
	if (over)
		passives_finish(t, o, rec->hdr.ts_ns, true);
	return 0;
}

static void on_drop(struct passives *t, const struct event *ev)
{
	struct passive_open *o = find_dropped(t, ev->drop);

	if (o && !o->finished)
		passive_open_drop(o, ev);
}

int passives_feed(struct passives *t, const struct event *ev)
{
	if (ev->ts_ns > t->now_ns)
		t->now_ns = ev->ts_ns;
	if (ev->type == REC_PASSIVE)
		return on_passive_event(t, ev->passive);
	if (ev->type == REC_DROP && !ev->drop_names.harmless)
		on_drop(t, ev);
	return 0;
}

void passives_tick(struct passives *t, __u64 now_ns)
{
	struct passive_open *o, *next;

	if (now_ns > t->now_ns)
		t->now_ns = now_ns;
	for (o = TAILQ_FIRST(&t->open); o; o = next) {
		__u64 end_ns = passive_open_overdue(o, now_ns);

		next = TAILQ_NEXT(o, link);
		if (end_ns)
			passives_finish(t, o, end_ns, true);
	}
	while ((o = TAILQ_FIRST(&t->finished)) && now_ns > o->finished_ns + FINISHED_NS)
		forget(t, o);
}

void passives_stop(struct passives *t, __u64 now_ns)
{
	while (!TAILQ_EMPTY(&t->open))
		passives_finish(t, TAILQ_FIRST(&t->open), now_ns, false);
}

struct passives *passives_new(
	size_t max, void (*on_passive)(void *arg, const struct passive *p), void *arg)
{
	struct passives *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->max = max ? max : DEFAULT_MAX;
	t->on_passive = on_passive;
	t->arg = arg;
	TAILQ_INIT(&t->open);
	TAILQ_INIT(&t->finished);
	return t;
}

__u64 passives_evicted(const struct passives *t)
{
	return t->evicted;
}

void passives_free(struct passives *t)
{
	if (!t)
		return;
	while (!TAILQ_EMPTY(&t->open))
		forget(t, TAILQ_FIRST(&t->open));
	while (!TAILQ_EMPTY(&t->finished))
		forget(t, TAILQ_FIRST(&t->finished));
	free(t);
}
