/* SPDX-License-Identifier: GPL-2.0-only */
#include <search.h>

#include "output/group.h"
#include "output/join.h"
#include "output/lookup.h"
#include "output/open_calls.h"
#include "output/paths.h"
#include "output/progress.h"
#include "output/tracker.h"

#define DEFAULT_MAX_ATTEMPTS 16384
#define MAX_KEPT_CALLS       16384       /* of trees that grow, for what came before REC_CONNECT */
#define TICK_NS              50000000ULL /* how often the slow checks are made, in stream time */

struct tracker {
	struct tracker_cfg cfg;
	struct opens opens; /* by start, oldest first */
	void *by_sk;        /* tsearch() tree of the same */
	size_t count;
	__u64 next_id, evicted, ticked_ns;
	struct lookups *lookups;
	struct groups *groups;
	struct passives *passives;
	struct paths *paths; /* NULL until the function layer is heard of */
};

/* Nodes are struct open, whose first member is the key. */
static int key_compare(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

static struct open *find(struct tracker *t, __u64 sk)
{
	void *node = sk ? tfind(&sk, &t->by_sk, key_compare) : NULL;

	return node ? *(struct open **)node : NULL;
}

static void unlink_open(struct tracker *t, struct open *o)
{
	tdelete(o, &t->by_sk, key_compare);
	TAILQ_REMOVE(&t->opens, o, link);
	t->count--;
}

/* The attempt is over, or nothing more can be known: judge it, hand it out, forget it. */
static void finish(struct tracker *t, struct open *o, __u64 end_ns)
{
	join_server(t->passives, o, end_ns);
	progress_finish(o, end_ns);
	groups_leave(t->groups, &o->a);
	lookups_note_connect(t->lookups, &o->a);
	t->cfg.on_attempt(t->cfg.arg, &o->a);
	join_gone(t->passives, &o->a);
	if (o->a.sk)
		unlink_open(t, o);
	open_free(o);
}

static void evict_oldest(struct tracker *t, __u64 now_ns)
{
	if (t->count < t->cfg.max_attempts)
		return;
	t->evicted++;
	finish(t, TAILQ_FIRST(&t->opens), now_ns);
}

static int link_open(struct tracker *t, struct open *o)
{
	o->key = o->a.sk;
	if (!tsearch(o, &t->by_sk, key_compare))
		return -ENOMEM;
	TAILQ_INSERT_TAIL(&t->opens, o, link);
	t->count++;
	return 0;
}

static void look_back(struct tracker *t, struct open *o)
{
	struct address addr = {.family = o->a.tuple.family};
	struct lookup_link link;

	if (o->a.seeded) { /* what was before tracing began was not seen */
		o->a.dns_link = DNS_LINK_NOT_OBSERVED;
		return;
	}
	memcpy(addr.bytes, o->a.tuple.daddr, addr.family == 4 ? 4 : 16);
	lookups_link(t->lookups, o->a.owner.tgid, &addr, o->a.connect_ns, &link);
	progress_link(o, &link);
	groups_join(t->groups, &o->a);
}

/* ---- the function layer ------------------------------------------------------------------- */

static void on_hop(void *arg, const struct hop *h)
{
	struct open *o = find(arg, h->call->sk);

	if (!o)
		return;
	if (h->edge == EDGE_RETURN)
		open_call_return(o, h->call);
	else
		open_call_add(o, h->call);
}

static void on_missed(void *arg, const struct call *c)
{
	struct open *o = find(arg, c->sk);

	if (o)
		open_call_return(o, c);
}

static int feed_paths(struct tracker *t, const struct event *ev)
{
	struct paths_cfg cfg = {.arg = t,
		.keep_trees = true,
		.max_calls = MAX_KEPT_CALLS,
		.max_packets = 64, /* of no interest here */
		.on_hop = on_hop,
		.on_missed = on_missed};

	if (!t->paths)
		t->paths = paths_new(&cfg);
	return t->paths ? paths_feed(t->paths, ev) : -ENOMEM;
}

static void add_early_call(void *arg, __u64 stack, const struct call *c)
{
	struct open *o = arg;

	(void)stack;
	if (c->start_ns >= o->a.connect_ns)
		open_call_add(o, c);
}

/* What connect() called before its socket was known to be connecting. */
static void join_early_calls(struct tracker *t, struct open *o)
{
	if (t->paths)
		paths_each_call(t->paths, o->a.sk, add_early_call, o);
}

/* ---- events ------------------------------------------------------------------------------- */

static int on_connect(struct tracker *t, const struct event *ev)
{
	struct open *o = find(t, ev->connect->sk);

	if (o) /* its end was lost, or the socket connects again */
		finish(t, o, ev->ts_ns);
	evict_oldest(t, ev->ts_ns);
	o = progress_start(ev);
	if (!o)
		return -ENOMEM;
	if (link_open(t, o)) {
		open_free(o);
		return -ENOMEM;
	}
	o->a.id = ++t->next_id;
	look_back(t, o);
	join_early_calls(t, o);
	return 0;
}

static int on_failed_at_once(struct tracker *t, const struct event *ev)
{
	struct open *o = progress_start(ev);

	if (!o)
		return -ENOMEM;
	o->a.id = ++t->next_id;
	look_back(t, o);
	finish(t, o, ev->ts_ns);
	return 0;
}

/* The entry is asked for by the thread inside connect(), then changes for all who wait for it. */
static void on_neigh(struct tracker *t, const struct event *ev)
{
	const struct rec_neigh *rec = ev->neigh;
	struct open *o = find(t, rec->sk);

	if (o) {
		progress_neigh(o, rec);
		return;
	}
	TAILQ_FOREACH(o, &t->opens, link)
	if (o->neigh == rec->neigh)
		progress_neigh(o, rec);
}

static int on_attempt_event(struct tracker *t, __u64 sk, const struct event *ev)
{
	struct open *o = find(t, sk);

	if (o && progress_feed(o, ev))
		finish(t, o, ev->ts_ns);
	return 0;
}

/* The other side may be through with it before connect() returns: it has to know us by then. */
static int on_answer(struct tracker *t, __u64 sk, const struct event *ev)
{
	struct open *o = find(t, sk);

	if (o)
		join_client(t->passives, &o->a);
	return on_attempt_event(t, sk, ev);
}

static int on_drop(struct tracker *t, const struct event *ev)
{
	const struct rec_drop *rec = ev->drop;

	if (ev->drop_names.harmless)
		return 0;
	if (rec->packet == DROP_DNS_QUERY || rec->packet == DROP_DNS_ANSWER)
		return lookups_feed(t->lookups, ev);
	passives_feed(t->passives, ev);
	return on_attempt_event(t, rec->sk, ev);
}

static void tick(struct tracker *t, __u64 now_ns)
{
	struct open *o, *next;

	if (now_ns < t->ticked_ns + TICK_NS)
		return;
	t->ticked_ns = now_ns;
	lookups_tick(t->lookups, now_ns);
	for (o = TAILQ_FIRST(&t->opens); o; o = next) {
		__u64 end_ns = progress_overdue(o, now_ns);

		next = TAILQ_NEXT(o, link);
		if (end_ns)
			finish(t, o, end_ns);
	}
	passives_tick(t->passives, now_ns);
}

static void stop(struct tracker *t, __u64 now_ns)
{
	while (!TAILQ_EMPTY(&t->opens))
		finish(t, TAILQ_FIRST(&t->opens), now_ns);
	passives_stop(t->passives, now_ns); /* they know their clients now */
	lookups_stop(t->lookups, now_ns);
}

static int dispatch(struct tracker *t, const struct event *ev)
{
	switch (ev->type) {
	case REC_CONNECT:
		return on_connect(t, ev);
	case REC_RETURN:
		return ev->ret->sk ? on_attempt_event(t, ev->ret->sk, ev)
				   : on_failed_at_once(t, ev);
	case REC_STATE:
		return on_answer(t, ev->state->sk, ev);
	case REC_SYN:
		return on_attempt_event(t, ev->syn->sk, ev);
	case REC_REPLY:
		return on_answer(t, ev->reply->sk, ev);
	case REC_REINJECT:
		return on_attempt_event(t, ev->reinject->sk, ev);
	case REC_RETRANSMIT:
		return on_attempt_event(t, ev->retransmit->sk, ev);
	case REC_RESET:
		return on_attempt_event(t, ev->reset->sk, ev);
	case REC_SOCK_ERROR:
		return on_attempt_event(t, ev->sock_error->sk, ev);
	case REC_ICMP:
		return on_attempt_event(t, ev->icmp->sk, ev);
	case REC_DROP:
		return on_drop(t, ev);
	case REC_PASSIVE:
		return passives_feed(t->passives, ev);
	case REC_NEIGH:
		on_neigh(t, ev);
		return 0;
	case REC_DNS:
	case REC_GAI_CALL:
	case REC_GAI_RETURN:
		return lookups_feed(t->lookups, ev);
	case REC_PACKET: /* it names devices */
	case REC_HOP:
	case REC_HOP_RETURN:
		return feed_paths(t, ev);
	case REC_TICK:
		return t->paths ? feed_paths(t, ev) : 0;
	case REC_STOP:
		stop(t, ev->ts_ns);
		return 0;
	default:
		return 0;
	}
}

int tracker_feed(struct tracker *t, const struct event *ev)
{
	int err = dispatch(t, ev);

	if (ev->type != REC_META)
		tick(t, ev->ts_ns);
	return err;
}

struct tracker *tracker_new(const struct tracker_cfg *cfg)
{
	struct tracker *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->cfg = *cfg;
	if (!t->cfg.max_attempts)
		t->cfg.max_attempts = DEFAULT_MAX_ATTEMPTS;
	TAILQ_INIT(&t->opens);
	t->lookups = lookups_new(cfg->max_lookups, cfg->on_lookup, cfg->arg);
	t->groups = groups_new();
	t->passives = passives_new(cfg->max_passives, cfg->on_passive, cfg->arg);
	if (!t->lookups || !t->groups || !t->passives) {
		tracker_free(t);
		return NULL;
	}
	return t;
}

__u64 tracker_evicted(const struct tracker *t)
{
	return t->evicted + lookups_evicted(t->lookups) + passives_evicted(t->passives);
}

void tracker_free(struct tracker *t)
{
	if (!t)
		return;
	while (!TAILQ_EMPTY(&t->opens)) {
		struct open *o = TAILQ_FIRST(&t->opens);

		unlink_open(t, o);
		open_free(o);
	}
	paths_free(t->paths);
	lookups_free(t->lookups);
	groups_free(t->groups);
	passives_free(t->passives);
	free(t);
}
