/* SPDX-License-Identifier: GPL-2.0-only */
#include "output/passive_open.h"
#include "output/timeline.h"

/* A SYN or SYN-ACK that another device sees this soon, before any retransmit, is the same packet
 * (bridges, VLANs). */
#define SAME_PACKET_NS 500000000ULL

struct passive_open *passive_open_new(const struct rec_passive *first)
{
	struct passive_open *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->p.start_ns = first->hdr.ts_ns;
	o->p.owner = first->owner;
	o->p.tuple = first->tuple;
	o->netns = first->owner.netns;
	o->for_client = true;
	return o;
}

void passive_open_free(struct passive_open *o)
{
	if (!o)
		return;
	free(o->p.drop);
	free(o->p.moment);
	free(o);
}

static struct moment *add_moment(struct passive_open *o, __u64 ts_ns, enum moment_kind at)
{
	struct passive *p = &o->p;
	struct moment *moment = timeline_grow(
		p->moment, p->moments_kept, &o->moments_room, ATTEMPT_MOMENTS, sizeof(*moment));

	p->moments++;
	if (moment) {
		p->moment = moment;
		moment += p->moments_kept++;
	} else {
		moment = &o->spare_moment;
	}
	*moment = (struct moment){.ts_ns = ts_ns, .at = at, .drop = ATTEMPT_DROPS};
	return moment;
}

/* Of several sockets that listen there it is not known which one a SYN is for. */
static bool tells_queue(const struct rec_passive *rec)
{
	return rec->flags & PASSIVE_QUEUE_KNOWN && !(rec->flags & PASSIVE_GROUP);
}

static void add_moment_of(
	struct passive_open *o, const struct rec_passive *rec, enum moment_kind at)
{
	struct moment *m = add_moment(o, rec->hdr.ts_ns, at);

	timeline_set_dev(m->dev, &rec->dev);
	m->err = rec->err > 0 ? -rec->err : 0;
	m->queue_known = tells_queue(rec);
	if (m->queue_known) {
		m->queue_len = rec->accept_len;
		m->queue_max = rec->accept_max;
	}
}

/* ---- overflows ---------------------------------------------------------------------------- */

/* As sk_acceptq_is_full(). */
static bool accept_queue_full(const struct listen_queue *q)
{
	return q->known && q->accept_len > q->accept_max;
}

/* As inet_csk_reqsk_queue_is_full(). */
static bool syn_queue_full(const struct listen_queue *q)
{
	return q->known && q->syn_len >= q->accept_max;
}

static void overflow(struct passive_open *o, __u64 ts_ns, enum overflow which, bool inferred,
	const struct listen_queue *q)
{
	struct moment *m = add_moment(o, ts_ns, AT_OVERFLOW);
	struct passive *p = &o->p;

	m->queue_known = q->known;
	if (q->known) {
		m->syn_queue = which == OVERFLOW_SYN_QUEUE;
		m->queue_len = m->syn_queue ? q->syn_len : q->accept_len;
		m->queue_max = q->accept_max;
	}
	if (p->overflow == OVERFLOW_NONE) {
		p->overflow = which;
		p->queue = *q;
		p->inferred = inferred;
	}
	p->inferred = p->inferred && inferred;
	p->overflowed++;
}

/*
 * In the order of tcp_conn_request(): without cookies a full SYN queue refuses first, then a full
 * accept queue does in any case. The queue may also have filled up between the device and the
 * socket: then it is full now, and the socket has counted a refusal meanwhile.
 */
void passive_open_judge(struct passive_open *o)
{
	const struct awaited_syn *syn = &o->awaited;
	bool refused = o->last_drops != syn->drops;

	if (!syn->ts_ns)
		return;
	if (syn_queue_full(&syn->queue) && !syn->cookies_on)
		overflow(o, syn->ts_ns, OVERFLOW_SYN_QUEUE, true, &syn->queue);
	else if (accept_queue_full(&syn->queue))
		overflow(o, syn->ts_ns, OVERFLOW_ACCEPT_QUEUE, true, &syn->queue);
	else if (refused && accept_queue_full(&o->last_queue))
		overflow(o, syn->ts_ns, OVERFLOW_ACCEPT_QUEUE, true, &o->last_queue);
	o->awaited.ts_ns = 0;
}

/*
 * Unlike a SYN, a final ACK that finds no room leaves a trace: the request remembers it, and its
 * SYN-ACK is sent again. So it does where TCP_DEFER_ACCEPT holds it back, which counts like a
 * refusal: there only a full queue tells.
 */
static void judge_ack(struct passive_open *o, __u64 ts_ns, bool refused)
{
	static const struct listen_queue unknown;
	const struct listen_queue *before = &o->last_queue;

	if (o->ack_refused)
		return;
	if (!refused && !accept_queue_full(before))
		return;
	o->ack_refused = true;
	o->p.final_acks++;
	overflow(o, ts_ns, OVERFLOW_ACCEPT_QUEUE, false,
		accept_queue_full(before) ? before : &unknown);
}

/* ---- events ------------------------------------------------------------------------------- */

static struct listen_queue queue_of(const struct rec_passive *rec)
{
	return (struct listen_queue){
		.known = true,
		.accept_len = rec->accept_len,
		.accept_max = rec->accept_max,
		.syn_len = rec->syn_len,
	};
}

/* The packet that was seen at LAST_NS, on another device. */
static bool is_same_packet(const struct rec_passive *rec, __u64 last_ns, __u32 last_ifindex)
{
	__u64 ts_ns = rec->hdr.ts_ns;

	return last_ns && rec->dev.ifindex != last_ifindex && ts_ns >= last_ns &&
	       ts_ns - last_ns < SAME_PACKET_NS;
}

static void on_syn(struct passive_open *o, const struct rec_passive *rec)
{
	struct passive *p = &o->p;

	if (is_same_packet(rec, o->syn_ns, o->syn_ifindex))
		return;
	passive_open_judge(o);
	if (!p->syns++)
		timeline_set_dev(p->dev, &rec->dev);
	o->syn_ns = rec->hdr.ts_ns;
	o->syn_ifindex = rec->dev.ifindex;
	add_moment_of(o, rec, AT_SYN_RECEIVED);
	o->awaited = (struct awaited_syn){.ts_ns = rec->hdr.ts_ns,
		.cookies_on = rec->flags & PASSIVE_COOKIES_ON,
		.drops = tells_queue(rec) ? rec->drops : o->last_drops};
	if (tells_queue(rec))
		o->awaited.queue = queue_of(rec);
}

/* The socket has counted a drop since, and nothing but a full queue makes it do so. */
static bool was_refused(const struct rec_passive *rec, __u32 drops_before)
{
	bool counts = rec->flags & PASSIVE_QUEUE_KNOWN && !(rec->flags & PASSIVE_DEFERS);

	return counts && rec->drops != drops_before;
}

static void on_syn_ack(struct passive_open *o, const struct rec_passive *rec, __u32 drops_before)
{
	__u64 ts_ns = rec->hdr.ts_ns;
	struct passive *p = &o->p;

	if (is_same_packet(rec, o->syn_ack_ns, o->syn_ack_ifindex))
		return;
	o->awaited.ts_ns = 0;
	p->cookies = p->cookies || rec->flags & PASSIVE_COOKIE;
	if (rec->flags & PASSIVE_ACKED)
		judge_ack(o, ts_ns, was_refused(rec, drops_before));
	else if (p->syn_acks)
		p->unanswered = true;
	add_moment_of(o, rec, p->syn_acks++ ? AT_SYN_ACK_RETRANSMIT : AT_SYN_ACK_SENT);
	o->ack_refused = false;
	if (!o->ack_ns || ts_ns <= o->ack_ns)
		o->syn_ack_ns = ts_ns;
	o->syn_ack_ifindex = rec->dev.ifindex;
}

static void on_established(struct passive_open *o, const struct rec_passive *rec)
{
	struct passive *p = &o->p;

	if (o->ack_ns)
		return;
	o->awaited.ts_ns = 0;
	o->ack_ns = rec->hdr.ts_ns;
	add_moment_of(o, rec, AT_ESTABLISHED);
	if (p->overflow == OVERFLOW_NONE && rec->flags & PASSIVE_QUEUE_KNOWN)
		p->queue = queue_of(rec);
}

/* Whether it is over: the final ACK's record may be told a little later than accept()'s. */
static bool on_accept(struct passive_open *o, const struct rec_passive *rec)
{
	o->awaited.ts_ns = 0;
	o->accept_ns = rec->hdr.ts_ns;
	if (rec->owner.tgid)
		o->p.owner = rec->owner;
	add_moment_of(o, rec, AT_ACCEPT);
	return o->ack_ns || o->p.fastopen;
}

static void on_closed(struct passive_open *o, const struct rec_passive *rec)
{
	o->closed_ns = rec->hdr.ts_ns;
	o->err = rec->err;
	o->p.accept_unseen = rec->flags & PASSIVE_TAKEN;
	if (!o->p.accept_unseen)
		add_moment_of(o, rec, AT_CLOSED);
}

/* Whose the socket is that listens: of several, what follows the SYN knows. */
static bool is_better_owner(const struct passive_open *o, const struct rec_passive *rec)
{
	if (!rec->owner.tgid || o->accept_ns)
		return false;
	return !o->p.owner.tgid || !(rec->flags & PASSIVE_GROUP);
}

/* What any event tells besides. */
static void take(struct passive_open *o, const struct rec_passive *rec)
{
	struct passive *p = &o->p;

	if (rec->hdr.ts_ns < p->start_ns)
		p->start_ns = rec->hdr.ts_ns;
	if (!(rec->flags & PASSIVE_FOR_CLIENT))
		o->for_client = false;
	if (rec->sk)
		p->sk = rec->sk;
	if (rec->listener)
		p->listener = rec->listener;
	if (is_better_owner(o, rec))
		p->owner = rec->owner;
	if (rec->isn) {
		p->isn = rec->isn;
		p->isn_known = true;
	}
	p->fastopen = p->fastopen || rec->flags & PASSIVE_FASTOPEN;
	p->deferred = p->deferred || rec->flags & PASSIVE_DEFERS;
	if (!tells_queue(rec))
		return;
	o->last_queue = queue_of(rec);
	o->last_drops = rec->drops;
	/* A drop tells of a refused ACK without the queue: it is as full still, or was never told.
	 */
	if (p->final_acks && !p->queue.known && accept_queue_full(&o->last_queue))
		p->queue = o->last_queue;
	if (!p->queue.known && !p->syns)
		p->queue = o->last_queue;
}

bool passive_open_feed(struct passive_open *o, const struct rec_passive *rec)
{
	__u32 drops_before = o->last_queue.known ? o->last_drops : rec->drops;

	take(o, rec);
	/* The kernel went on with it: that RST was not for this connection. */
	if (rec->event != PASSIVE_CLOSED && rec->event != PASSIVE_SYN)
		o->rst_ns = 0;
	switch (rec->event) {
	case PASSIVE_SYN:
		on_syn(o, rec);
		return false;
	case PASSIVE_SYN_ACK:
		on_syn_ack(o, rec, drops_before);
		return false;
	case PASSIVE_RST:
		o->rst_ns = rec->hdr.ts_ns;
		add_moment_of(o, rec, AT_RST);
		return false;
	case PASSIVE_ESTABLISHED:
		on_established(o, rec);
		return o->accept_ns;
	case PASSIVE_CLOSED:
		on_closed(o, rec);
		return true;
	case PASSIVE_ACCEPT:
		return on_accept(o, rec);
	default:
		return false;
	}
}

void passive_open_drop(struct passive_open *o, const struct event *ev)
{
	struct drop drop = timeline_drop(ev), *d;
	struct passive *p = &o->p;
	struct moment *m;

	if (p->syn_acks && timeline_may_be_answered(&drop))
		return;
	drop.egress = !drop.egress; /* the record's are the client's directions */
	if (drop.packet == DROP_SYN)
		o->awaited.ts_ns = 0; /* its silence is explained */
	if (drop.packet == DROP_ACK && !strcmp(drop.reason, "TCP_LISTEN_OVERFLOW"))
		judge_ack(o, ev->ts_ns, true);
	d = timeline_grow(p->drop, p->drops_kept, &o->drops_room, ATTEMPT_DROPS, sizeof(*d));
	m = add_moment(o, ev->ts_ns, AT_DROP);
	p->drops++;
	if (d) {
		p->drop = d;
		m->drop = p->drops_kept;
		d += p->drops_kept++;
		*d = drop;
	}
	memcpy(m->dev, drop.dev, sizeof(m->dev));
}
