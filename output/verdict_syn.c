/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules for attempts that waited for a SYN to be repeated. */
#include "output/verdict_rules.h"

static __u64 cost_ns(const struct attempt *a, enum silence s)
{
	return attempt_time_ns(a, 1u << (PHASE_COUNT + s));
}

/* The only reason for silence: then each SYN but the last one has met it. */
static bool is_alone(const struct attempt *a, enum silence s)
{
	return cost_ns(a, s) == attempt_time_ns(a, TIME_SILENT);
}

static void say_got_through(struct words *w, const struct attempt *a, enum silence s)
{
	say(w, "; ");
	if (a->result == ATTEMPT_IN_PROGRESS) {
		say(w, "still waiting");
		return;
	}
	if (a->result != ATTEMPT_ESTABLISHED) {
		say(w, "that took ");
		say_duration(w, cost_ns(a, s));
		return;
	}
	say(w, "%s ", is_alone(a, s) ? "the retransmit" : "waiting for the next one took");
	say_duration(w, cost_ns(a, s));
	if (is_alone(a, s))
		say(w, " later got through");
}

static void say_syn_drop(struct words *w, const struct attempt *a)
{
	unsigned n = blamed_drops(a, DROP_SYN);

	/* What became of those before tracing began is not known. */
	if (!is_alone(a, SILENCE_SYN_DROP) || a->seeded)
		say(w, "%u of %u SYNs %s dropped in this host", n, a->syn_sent,
			n == 1 ? "was" : "were");
	else if (n == 1)
		say(w, "the first SYN was dropped in this host");
	else
		say(w, "the first %u SYNs were dropped in this host", n);
	say_drop(w, a->owner.netns, blamed_drop(a, DROP_SYN));
	say_got_through(w, a, SILENCE_SYN_DROP);
}

static void say_synack_drop(struct words *w, const struct attempt *a)
{
	say(w, "the SYN-ACK of ");
	say_peer(w, a);
	say(w, " was dropped in this host");
	say_drop(w, a->owner.netns, blamed_drop(a, DROP_SYN_ACK));
	say(w, ", which cost ");
	say_duration(w, cost_ns(a, SILENCE_SYN_ACK_DROP));
}

static bool is_accept_queue(const struct attempt *a)
{
	return syn_overflowed(a, OVERFLOW_ACCEPT_QUEUE);
}

static bool is_syn_queue(const struct attempt *a)
{
	return syn_overflowed(a, OVERFLOW_SYN_QUEUE);
}

static void say_overflow(struct words *w, const struct attempt *a)
{
	say_syn_overflow(w, a);
	say_got_through(w, a, SILENCE_QUEUE);
}

static void say_unanswered(struct words *w, const struct attempt *a)
{
	if (!is_alone(a, SILENCE_UNKNOWN))
		say(w, "some of %u SYNs to ", a->syn_sent);
	else if (!a->syn_retransmits)
		say(w, "the SYN to ");
	else if (a->syn_retransmits == 1)
		say(w, "the first SYN to ");
	else
		say(w, "the first %u SYNs to ", a->syn_retransmits);
	say_peer(w, a);
	say(w, a->seeded ? " got no answer" : " left this host and got no answer");
	say_got_through(w, a, SILENCE_UNKNOWN);
	say_lost_where(w, a);
}

static void say_refusal(struct words *w, const struct attempt *a)
{
	say_peer(w, a);
	say(w, " was said to be out of reach, by RST or ICMP; the SYN was repeated, which cost ");
	say_duration(w, cost_ns(a, SILENCE_REFUSAL));
}

static const struct rule rules[] = {
	{"syn_dropped_locally", NULL, say_syn_drop, TIME_SILENCE(SYN_DROP), PROOF(SYN_RETRANSMIT),
		DROP_SYN},
	{"synack_dropped_locally", NULL, say_synack_drop, TIME_SILENCE(SYN_ACK_DROP),
		PROOF(SYN_RETRANSMIT), DROP_SYN_ACK},
	{"accept_queue_full", is_accept_queue, say_overflow, TIME_SILENCE(QUEUE),
		PROOF(OVERFLOW) | PROOF(SYN_RETRANSMIT), 0},
	{"syn_queue_full", is_syn_queue, say_overflow, TIME_SILENCE(QUEUE),
		PROOF(OVERFLOW) | PROOF(SYN_RETRANSMIT), 0},
	{"rejected_icmp", NULL, say_refusal, TIME_SILENCE(REFUSAL), PROOF(ICMP) | PROOF(RST), 0},
	{"syn_unanswered", NULL, say_unanswered, TIME_SILENCE(UNKNOWN),
		PROOF(SYN) | PROOF(SYN_RETRANSMIT) | PROOF(SYN_ACK), 0},
};
const struct rules verdict_syn_delays = {ARRAY_SIZE(rules), rules};
