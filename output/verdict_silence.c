/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why SYNs got no answer, and what each reason cost. Phase rto_wait is one sum: the timeline tells
 * how it divides. From each SYN, drop or overflow on the attempt waits for what that one means,
 * until the next SYN is sent.
 */
#include "output/verdict_rules.h"

#define SYN_RTO_NS 1000000000ULL /* until the first retransmit */

struct division {
	__u64 ns[SILENCES];
	__u64 all_ns;
	bool overflow_seen; /* the listening socket's timeline is in this one */
};

static enum silence silence_of_drop(const struct attempt *a, const struct moment *m)
{
	unsigned last = a->drops_kept - 1;
	const struct drop *d;

	if (!a->drops_kept)
		return SILENCES;
	/* One that is not kept will be like the last that is. */
	d = &a->drop[m->drop < last ? m->drop : last];
	if (!drop_explains_silence(d))
		return SILENCES;
	if (d->packet == DROP_SYN_ACK)
		return SILENCE_SYN_ACK_DROP;
	return d->packet == DROP_SYN ? SILENCE_SYN_DROP : SILENCES;
}

/* What is waited for from this moment on; SILENCES = it says nothing about that. */
static enum silence silence_after(const struct attempt *a, const struct moment *m)
{
	switch (m->at) {
	case AT_SYN:
	case AT_SYN_RETRANSMIT:
		return SILENCE_UNKNOWN;
	case AT_DROP:
		return silence_of_drop(a, m);
	case AT_OVERFLOW:
		return SILENCE_QUEUE;
	case AT_RST:
	case AT_ICMP:
		return SILENCE_REFUSAL;
	default:
		return SILENCES;
	}
}

static void add_silence(struct division *d, enum silence s, __u64 from_ns, __u64 to_ns)
{
	if (s == SILENCES || to_ns <= from_ns)
		return;
	d->ns[s] += to_ns - from_ns;
	d->all_ns += to_ns - from_ns;
}

/* It says what became of the SYN sent at SENT_NS. A drop or an overflow much later is about a copy
 * that got nowhere; an answer may come late, and then get lost. */
static bool explains(enum silence next, const struct moment *m, __u64 sent_ns)
{
	if (next == SILENCE_SYN_ACK_DROP)
		return true;
	return next < SILENCE_UNKNOWN && m->ts_ns < sent_ns + SYN_RTO_NS / 2;
}

static void divide_timeline(struct division *d, const struct attempt *a)
{
	__u64 from_ns = a->connect_ns;
	enum silence now = SILENCES;

	for (unsigned i = 0; i < a->moments_kept; i++) {
		const struct moment *m = &a->moment[i];
		bool answer = m->at == AT_SYN_ACK || m->at == AT_ESTABLISHED;
		enum silence next = silence_after(a, m);

		d->overflow_seen |= m->at == AT_OVERFLOW;
		if (next == SILENCES && !answer)
			continue;
		if (now == SILENCE_UNKNOWN && explains(next, m, from_ns)) {
			now = next;
			continue;
		}
		/* What an answer ends was the way there and back, unless one was lost before. */
		if (!answer || now == SILENCE_SYN_ACK_DROP)
			add_silence(d, now, from_ns, m->ts_ns);
		now = next;
		from_ns = m->ts_ns;
		/* What is refused from here on, as its final ACK, does not keep it waiting. */
		if (m->at == AT_ESTABLISHED)
			break;
	}
	add_silence(d, now, from_ns, a->end_ns);
}

static bool silence_by_queue(const struct attempt *a)
{
	return syn_overflowed(a, OVERFLOW_ACCEPT_QUEUE) || syn_overflowed(a, OVERFLOW_SYN_QUEUE);
}

/* Nothing in the timeline is of use: the best proof that there is takes it all. */
static enum silence silence_without_timeline(const struct attempt *a)
{
	if (blamed_drop(a, DROP_SYN))
		return SILENCE_SYN_DROP;
	return blamed_drop(a, DROP_SYN_ACK) ? SILENCE_SYN_ACK_DROP : SILENCE_UNKNOWN;
}

static void divide(struct division *d, const struct attempt *a)
{
	*d = (struct division){0};
	divide_timeline(d, a);
	if (!d->all_ns)
		d->all_ns = d->ns[silence_without_timeline(a)] = 1;
	if (silence_by_queue(a) && !d->overflow_seen) {
		d->ns[SILENCE_QUEUE] += d->ns[SILENCE_UNKNOWN];
		d->ns[SILENCE_UNKNOWN] = 0;
	}
}

enum silence attempt_silence(const struct attempt *a)
{
	enum silence most = SILENCE_SYN_DROP;
	struct division d;

	divide(&d, a);
	for (enum silence s = 0; s < SILENCES; s++)
		if (d.ns[s] > d.ns[most])
			most = s;
	return most;
}

/* Who waits in vain to the end waited for no answer on the way either. */
static bool waits_in_vain(const struct attempt *a)
{
	return !a->answered && a->result != ATTEMPT_ESTABLISHED;
}

static __u64 silent_ns(const struct attempt *a)
{
	return a->phase_ns[PHASE_RTO_WAIT] + (waits_in_vain(a) ? a->phase_ns[PHASE_NETWORK] : 0);
}

static __u64 phases_ns(const struct attempt *a, __u32 time)
{
	__u64 sum = 0;

	if (waits_in_vain(a))
		time &= ~TIME_PHASE(NETWORK);
	if (time & TIME_HELD)
		sum += a->held_ns;
	if (time & TIME_PHASE(EGRESS))
		sum -= a->held_ns;
	for (enum phase i = 0; i < PHASE_COUNT; i++)
		if (time & 1u << i)
			sum += a->phase_ns[i];
	return sum;
}

__u64 attempt_time_ns(const struct attempt *a, __u32 time)
{
	__u64 sum = phases_ns(a, time & ~TIME_PHASE(RTO_WAIT)), silent = silent_ns(a);
	struct division d;

	if (!(time & TIME_SILENT) || !silent)
		return sum;
	divide(&d, a);
	for (enum silence s = 0; s < SILENCES; s++)
		if (time & 1u << (PHASE_COUNT + s))
			sum += d.ns[s] == d.all_ns ? silent
						   : (__u64)((double)silent * d.ns[s] / d.all_ns);
	return sum;
}
