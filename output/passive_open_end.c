/* SPDX-License-Identifier: GPL-2.0-only */
/* passive_open.h, the end: when there is one, what it is called, and where the time went. */
#include "output/passive_open.h"
#include "output/timeline.h"

#define SECOND_NS 1000000000ULL

/* A SYN that has no SYN-ACK after this gets none. */
#define ANSWER_NS 200000000ULL
/* A RST that has ended a half-open connection is followed by nothing; one out of its window by
 * whatever would have come. */
#define RST_NS 200000000ULL
/* The record of the final ACK comes no later than this behind that of accept(). */
#define REORDER_NS 10000000ULL
/* The longest that anybody waits between two SYNs, and that the kernel holds a request back. */
#define LONGEST_NS (120 * SECOND_NS)
/*
 * A first SYN-ACK that nobody answers is sent again after a second. Where it is not, the final ACK
 * was most likely held back (TCP_DEFER_ACCEPT), for as long as the kernel would repeat the SYN-ACK.
 */
#define DEFERRED_NS (64 * SECOND_NS)

/* From the Nth transmission of a SYN or SYN-ACK to the next. */
static __u64 interval_ns(unsigned n)
{
	return n < 8 ? SECOND_NS << (n ? n - 1 : 0) : LONGEST_NS;
}

static __u64 least(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

static bool waits_for_syn(const struct passive_open *o)
{
	return o->syn_ns && o->syn_ns > o->syn_ack_ns;
}

/* The client sends no SYN any more, or the kernel no SYN-ACK. */
static __u64 silent(const struct passive_open *o, __u64 now_ns)
{
	__u64 last_ns = waits_for_syn(o) ? o->syn_ns : o->syn_ack_ns, next_ns, patience_ns;

	if (!last_ns)
		return 0;
	if (waits_for_syn(o)) {
		next_ns = interval_ns(o->p.syns);
		patience_ns = least(3 * next_ns, LONGEST_NS);
	} else {
		next_ns = interval_ns(o->p.syn_acks);
		patience_ns = o->p.syn_acks == 1 && !o->p.cookies ? DEFERRED_NS : 2 * next_ns;
	}
	return now_ns > last_ns + patience_ns ? least(last_ns + next_ns, now_ns) : 0;
}

__u64 passive_open_overdue(struct passive_open *o, __u64 now_ns)
{
	if (o->accept_ns)
		return now_ns > o->accept_ns + REORDER_NS ? o->accept_ns : 0;
	if (o->ack_ns)
		return 0;
	if (o->awaited.ts_ns && now_ns > o->awaited.ts_ns + ANSWER_NS)
		passive_open_judge(o);
	if (o->rst_ns && now_ns > o->rst_ns + RST_NS)
		return o->rst_ns;
	return silent(o, now_ns);
}

static enum passive_result result_of(const struct passive_open *o, bool given_up)
{
	const struct passive *p = &o->p;

	if (o->accept_ns)
		return PASSIVE_ACCEPTED;
	/* What ended it later is no part of this. */
	if (p->accept_unseen)
		return PASSIVE_NOT_ACCEPTED;
	if (o->closed_ns && o->err == ETIMEDOUT && !o->ack_ns)
		return PASSIVE_TIMED_OUT;
	if (o->rst_ns || (o->closed_ns && o->err))
		return PASSIVE_RESET;
	if (o->ack_ns || o->closed_ns)
		return PASSIVE_NOT_ACCEPTED;
	if (!given_up)
		return PASSIVE_IN_PROGRESS;
	if (p->overflow != OVERFLOW_NONE && (waits_for_syn(o) || p->final_acks))
		return PASSIVE_OVERFLOWED;
	return PASSIVE_TIMED_OUT;
}

static __u64 clamp(__u64 ts_ns, __u64 from_ns, __u64 to_ns)
{
	return ts_ns < from_ns ? from_ns : ts_ns > to_ns ? to_ns : ts_ns;
}

static void divide(struct passive_open *o)
{
	struct passive *p = &o->p;
	/* With Fast Open it is in the accept queue as soon as the SYN is answered. */
	bool early = o->accept_ns && !o->ack_ns && p->fastopen;
	__u64 answered_ns = o->syn_ack_ns ? o->syn_ack_ns : o->ack_ns ? o->ack_ns : p->end_ns;
	__u64 queued_ns = early ? answered_ns : o->ack_ns ? o->ack_ns : p->end_ns;

	answered_ns = clamp(answered_ns, p->start_ns, p->end_ns);
	queued_ns = clamp(queued_ns, answered_ns, p->end_ns);
	p->phase_ns[PASSIVE_IN_SYN_RECV] = answered_ns - p->start_ns;
	p->phase_ns[PASSIVE_IN_NETWORK] = queued_ns - answered_ns;
	p->phase_ns[PASSIVE_IN_QUEUE] = p->end_ns - queued_ns;
	if (p->syns)
		p->phase_seen |= 1u << PASSIVE_IN_SYN_RECV;
	if (p->syn_acks && !early)
		p->phase_seen |= 1u << PASSIVE_IN_NETWORK;
	if ((o->ack_ns || early) && !p->accept_unseen)
		p->phase_seen |= 1u << PASSIVE_IN_QUEUE;
	for (int i = 0; i < PASSIVE_PHASES; i++)
		if (p->phase_ns[i])
			p->phase_seen |= 1u << i;
}

/* What decided it, where that was seen; else END_NS. */
static __u64 end_of(const struct passive_open *o, __u64 end_ns)
{
	if (o->accept_ns)
		return o->accept_ns;
	/* Taken unseen: how long it waited is not known, and the rest is no part of this. */
	if (o->p.accept_unseen)
		return o->ack_ns ? o->ack_ns : o->syn_ack_ns;
	if (o->closed_ns)
		return o->closed_ns;
	return o->rst_ns ? o->rst_ns : end_ns;
}

/* What came behind the end was seen, and is no part of it. */
static void cut(struct passive *p)
{
	while (p->moments_kept && p->moment[p->moments_kept - 1].ts_ns > p->end_ns) {
		p->moments_kept--;
		p->moments--;
	}
}

void passive_open_finish(struct passive_open *o, __u64 end_ns, bool given_up)
{
	struct passive *p = &o->p;

	passive_open_judge(o);
	p->result = result_of(o, given_up);
	end_ns = end_of(o, end_ns);
	p->end_ns = end_ns > p->start_ns ? end_ns : p->start_ns;
	timeline_sort(p->moment, p->moments_kept);
	if (p->accept_unseen)
		cut(p);
	divide(o);
}
