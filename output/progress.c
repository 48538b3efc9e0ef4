/* SPDX-License-Identifier: GPL-2.0-only */
#include "output/open_calls.h"
#include "output/progress.h"
#include "output/timeline.h"

static void take_dev(struct attempt *a, const struct rec_dev *dev)
{
	if (!dev->ifindex || a->dev[0])
		return;
	timeline_set_dev(a->dev, dev);
	a->ifindex = dev->ifindex;
}

/* ---- on the way --------------------------------------------------------------------------- */

/* A SYN of a later transmission: whatever was waited for since the one before did not come. */
static void next_transmission(struct open *o, __u64 ts_ns, __u32 transmission)
{
	if ((int)transmission <= o->transmission)
		return;
	if (o->transmission >= 0)
		open_relabel_wait(o, PHASE_RTO_WAIT);
	o->transmission = (int)transmission;
	o->transmission_left = false;
	o->a.syn_sent = transmission + 1;
	o->a.syn_retransmits = transmission;
	open_mark(o, ts_ns, PHASE_EGRESS);
}

/* It answered, or somebody else's wait for it did not end in vain: the SYN is on. */
static void neigh_over(struct open *o, __u64 ts_ns)
{
	struct neighbour *n = &o->a.neigh;

	n->done = n->waited;
	n->failed = false;
	if (!o->neigh_waiting)
		return;
	o->neigh_waiting = false;
	open_moment(o, ts_ns, AT_NEIGH_DONE)->address = n->key;
}

/* Where NAT rewrites it, the socket's own tuple keeps what the application asked for. */
static void take_source(struct attempt *a, const struct rec_tuple *wire)
{
	if (a->tuple.sport || wire->family != a->tuple.family)
		return;
	a->tuple.sport = wire->sport;
	memcpy(a->tuple.saddr, wire->saddr, sizeof(wire->saddr));
}

/* Tracing began between connect() and its first SYN, which waited in this host until now. */
static bool is_late_first(const struct open *o, const struct rec_syn *rec)
{
	return o->a.seeded && !rec->transmission && !o->transmission && !o->a.isn_known &&
	       rec->point == SYN_QUEUE;
}

static void on_syn(struct open *o, const struct rec_syn *rec)
{
	bool first = (int)rec->transmission > o->transmission || is_late_first(o, rec);
	__u64 ts_ns = rec->hdr.ts_ns;
	struct moment *m;

	if (is_late_first(o, rec))
		open_relabel_wait(o, PHASE_ROUTE);
	if (o->transmission < 0 && !rec->transmission)
		o->a.held_ns = open_waited_ns(o, ts_ns, PHASE_EGRESS);
	next_transmission(o, ts_ns, rec->transmission);
	take_source(&o->a, &rec->tuple);
	take_dev(&o->a, &rec->dev);
	o->a.isn = rec->seq;
	o->a.isn_known = true;
	neigh_over(o, ts_ns);
	if (rec->point == SYN_QUEUE) {
		if (first) {
			m = open_moment(o, ts_ns, rec->transmission ? AT_SYN_RETRANSMIT : AT_SYN);
			timeline_set_dev(m->dev, &rec->dev);
		}
		open_mark(o, ts_ns, PHASE_EGRESS);
		return;
	}
	m = open_moment(o, ts_ns, AT_SYN_SENT);
	timeline_set_dev(m->dev, &rec->dev);
	if (!o->transmission_left)
		o->a.syns_left++;
	o->transmission_left = true;
	open_mark(o, ts_ns, PHASE_NETWORK);
}

/* Who hands on at once holds nothing: a tap device's process that brings the answer. */
#define HELD_LEAST_NS 10000000ULL

static void on_reinject(struct open *o, const struct rec_reinject *rec)
{
	enum phase phase = rec->answer ? PHASE_INGRESS : PHASE_EGRESS;

	if (open_phase(o) != phase || open_waited_ns(o, rec->hdr.ts_ns, phase) < HELD_LEAST_NS)
		return;
	if (rec->answer)
		o->a.synack_held_by = rec->by;
	else if (o->transmission < 0)
		o->a.syn_held_by = rec->by;
}

static void undo_answered(struct open *o)
{
	const struct drop *d;

	while ((d = open_last_drop(o)) && timeline_may_be_answered(d))
		open_undo_drop(o);
}

static bool lost_answer(const struct attempt *a)
{
	for (unsigned i = 0; i < a->drops_kept; i++)
		if (a->drop[i].packet == DROP_SYN_ACK && drop_is_loss(&a->drop[i]))
			return true;
	return false;
}

bool progress_sent_unseen(struct open *o, __u32 transmission)
{
	if (o->a.seeded || o->transmission < 0 || (int)transmission <= o->transmission)
		return false;
	open_relabel_wait(o, PHASE_RTO_WAIT);
	o->transmission = (int)transmission;
	o->a.syn_unseen = true;
	o->a.syn_sent = transmission + 1;
	o->a.syn_retransmits = transmission;
	return true;
}

static void on_reply(struct open *o, const struct rec_reply *rec)
{
	bool unseen = progress_sent_unseen(o, rec->transmission);
	struct moment *m;

	o->a.answered = true;
	if (rec->tcp_flags & TCPF_RST) {
		m = open_moment(o, rec->hdr.ts_ns, AT_RST);
		o->rst_noted = true;
		o->a.refusal.rst_received = true;
		/* A SYN that found no listener here was "dropped", and answered all the same. */
		if (!unseen)
			open_relabel_wait(o, PHASE_NETWORK);
	} else {
		if (!unseen)
			undo_answered(o);
		m = open_moment(o, rec->hdr.ts_ns, AT_SYN_ACK);
		/* What looked like the drop of this SYN was not, or hit a copy of it. But if an
		 * earlier answer was dropped, it was that which took so long. */
		if (!unseen && !o->a.syn_ack_seen && !lost_answer(&o->a))
			open_relabel_wait(o, PHASE_NETWORK);
		o->a.syn_ack_seen = true;
	}
	timeline_set_dev(m->dev, &rec->dev);
	open_mark(o, rec->hdr.ts_ns, PHASE_INGRESS);
}

static void on_retransmit(struct open *o, const struct rec_retransmit *rec)
{
	if (rec->err < 0) {
		open_moment(o, rec->hdr.ts_ns, AT_SYN_RETRANSMIT_FAILED)->err = rec->err;
		o->a.held_on |= rec->err == -EBUSY && o->transmission < 0;
		return;
	}
	if ((int)rec->transmission <= o->transmission)
		return;
	next_transmission(o, rec->hdr.ts_ns, rec->transmission);
	open_moment(o, rec->hdr.ts_ns, AT_SYN_RETRANSMIT);
	open_mark(o, rec->hdr.ts_ns, PHASE_NETWORK);
}

static void on_reset(struct open *o, const struct rec_reset *rec)
{
	progress_sent_unseen(o, rec->transmission);
	if (rec->kind == RESET_SENT) {
		o->a.refusal.rst_sent_here = true;
		open_moment(o, rec->hdr.ts_ns, AT_RST_SENT);
		return;
	}
	o->a.answered = true;
	o->a.refusal.rst_received = true;
	if (!o->rst_noted)
		open_moment(o, rec->hdr.ts_ns, AT_RST);
	o->rst_noted = true;
}

static void on_icmp(struct open *o, const struct rec_icmp *rec)
{
	struct moment *m = open_moment(o, rec->hdr.ts_ns, AT_ICMP);
	struct refusal *r = &o->a.refusal;

	o->a.answered = true;
	r->icmp = true;
	r->icmp_type = m->icmp_type = rec->icmp_type;
	r->icmp_code = m->icmp_code = rec->icmp_code;
	progress_address(&r->icmp_from, rec->family, rec->from);
	m->address = r->icmp_from;
	timeline_set_dev(m->dev, &rec->dev);
	open_mark(o, rec->hdr.ts_ns, PHASE_INGRESS);
}

static void on_drop(struct open *o, const struct event *ev)
{
	const struct rec_drop *rec = ev->drop;
	struct drop drop = timeline_drop(ev), *d;
	struct moment *m;

	if (o->a.syn_ack_seen && timeline_may_be_answered(&drop))
		return;
	drop.own_answer = rec->packet == DROP_SYN_ACK && rec->egress;
	d = open_drop(o, ev->ts_ns);
	*d = drop;
	open_call_around(o, rec->hdr.cpu, d);

	if (rec->packet == DROP_SYN) {
		next_transmission(o, ev->ts_ns, rec->transmission);
		take_source(&o->a, &rec->tuple);
		o->a.isn = rec->seq;
		o->a.isn_known = true;
	}
	m = open_moment(o, ev->ts_ns, AT_DROP);
	m->drop = o->a.drops <= ATTEMPT_DROPS ? o->a.drops - 1 : ATTEMPT_DROPS;
	timeline_set_dev(m->dev, &rec->dev);
	if ((rec->packet == DROP_SYN || rec->packet == DROP_SYN_ACK) && drop_is_loss(d))
		open_mark(o, ev->ts_ns, PHASE_RTO_WAIT);
}

void progress_neigh(struct open *o, const struct rec_neigh *rec)
{
	struct neighbour *n = &o->a.neigh;

	if (rec->event == NEIGH_WAIT) {
		if (o->deferred)
			progress_restart(o, rec->hdr.ts_ns);
		o->neigh = rec->neigh;
		o->neigh_waiting = true;
		n->waited = true;
		n->done = false;
		progress_address(&n->key, rec->family, rec->key);
		timeline_set_dev(n->dev, &rec->dev);
		open_moment(o, rec->hdr.ts_ns, AT_NEIGH_WAIT)->address = n->key;
		open_mark(o, rec->hdr.ts_ns, PHASE_NEIGH);
		return;
	}
	if (!o->neigh_waiting || rec->nud_state & NUDF_INCOMPLETE)
		return;
	if (rec->nud_state & NUDF_FAILED) {
		o->neigh_waiting = false;
		n->failed = true;
		open_moment(o, rec->hdr.ts_ns, AT_NEIGH_FAILED)->address = n->key;
		return;
	}
	neigh_over(o, rec->hdr.ts_ns);
	open_mark(o, rec->hdr.ts_ns, PHASE_EGRESS);
}

/* ---- events ------------------------------------------------------------------------------- */

/* With Fast Open the application waits from its first data on, not from connect(). */
void progress_restart(struct open *o, __u64 ts_ns)
{
	o->deferred = false;
	o->a.start_ns = o->a.connect_ns = ts_ns;
	o->a.lookup_timed = false;
	o->a.moments = o->a.moments_kept = 0;
	o->a.calls = o->a.calls_kept = 0;
	o->marks = 0;
	open_moment(o, ts_ns, AT_CONNECT);
}

bool progress_feed(struct open *o, const struct event *ev)
{
	if (o->deferred && (ev->type == REC_SYN || ev->type == REC_DROP))
		progress_restart(o, ev->ts_ns);
	switch (ev->type) {
	case REC_SYN:
		on_syn(o, ev->syn);
		return false;
	case REC_REPLY:
		on_reply(o, ev->reply);
		return false;
	case REC_REINJECT:
		on_reinject(o, ev->reinject);
		return false;
	case REC_RETRANSMIT:
		on_retransmit(o, ev->retransmit);
		return false;
	case REC_RESET:
		on_reset(o, ev->reset);
		return false;
	case REC_ICMP:
		on_icmp(o, ev->icmp);
		return false;
	case REC_DROP:
		on_drop(o, ev);
		return false;
	case REC_SOCK_ERROR:
		open_moment(o, ev->ts_ns, AT_SOCKET_ERROR)->err =
			-(int)(ev->sock_error->sk_err & MAX_ERRNO);
		return false;
	case REC_STATE:
		return progress_state(o, ev->state);
	case REC_RETURN:
		return progress_return(o, ev->ret);
	default:
		return false;
	}
}
