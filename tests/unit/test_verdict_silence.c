/* SPDX-License-Identifier: GPL-2.0-only */
/* Why SYNs got no answer: what came late, what came after the end, and what is said about it. */
#include "tests/unit/verdicts.h"

static struct verdict judge(struct attempt a)
{
	struct verdict v;

	verdict_of_attempt(&a, SLOW, &v);
	return v;
}

static void check_says(int line, const struct verdict *v, const char *cause, const char *says)
{
	unit_check_str(__FILE__, line, "cause", v->cause, cause);
	if (!strstr(v->text, says))
		unit_fail(__FILE__, line, "\"%s\" does not say \"%s\"", v->text, says);
}

#define SAYS(v, cause, text) check_says(__LINE__, v, cause, text)

/* What was dropped last, AFTER nanoseconds later than the moment before. */
static void drops_after(struct attempt *a, __u64 after, enum rec_drop_packet packet)
{
	drops(a, packet, "NETFILTER_DROP");
	a->moment[a->moments - 1].ts_ns += after;
}

/* The way there and back takes 600 ms, and each answer is dropped. */
static void test_late_answers_are_answers(void)
{
	struct attempt a = repeated(1);
	struct verdict v;

	for (unsigned i = 0; i < 3; i++) {
		if (i)
			sample_moment(&a, 400 * MS, AT_SYN_RETRANSMIT, "eth0");
		drops_after(&a, 600 * MS, DROP_SYN_ACK);
	}
	a.syn_sent = a.syns_left = 3;
	a.syn_retransmits = 2;
	sample_phase(&a, PHASE_RTO_WAIT, 2600 * MS);
	ends(&a, ATTEMPT_TIMEOUT, ETIMEDOUT, 400 * MS);
	v = judge(a);
	SAYS(&v, "synack_dropped_locally", "answered, but its SYN-ACK was dropped in this host");
}

static void test_most_answers_were_lost_elsewhere(void)
{
	struct attempt a = repeated(1);
	struct verdict v;

	drops_after(&a, MS, DROP_SYN_ACK);
	sample_moment(&a, 1000 * MS, AT_SYN_RETRANSMIT, "eth0");
	a.syn_sent = a.syns_left = 2;
	a.syn_retransmits = 1;
	sample_phase(&a, PHASE_RTO_WAIT, 1000 * MS);
	ends(&a, ATTEMPT_TIMEOUT, ETIMEDOUT, 4000 * MS);
	v = judge(a);
	SAYS(&v, "timeout", "2 SYNs were sent to 10.9.0.2:80 and no answer got through");
}

/* Two are dropped here, which cost 3 s; the third is not, and that cost 4. */
static void test_a_timeout_does_not_deny_drops(void)
{
	struct attempt a = repeated(1);
	struct verdict v;

	for (unsigned i = 0; i < 2; i++) {
		drops_after(&a, 0, DROP_SYN);
		sample_moment(&a, (1000 * MS) << i, AT_SYN_RETRANSMIT, "eth0");
	}
	a.syn_sent = 3;
	a.syn_retransmits = 2;
	sample_phase(&a, PHASE_RTO_WAIT, 3000 * MS);
	ends(&a, ATTEMPT_TIMEOUT, ETIMEDOUT, 4000 * MS);
	v = judge(a);
	SAYS(&v, "timeout", "nothing came back");
	CHECK(strstr(v.also[0].text, "2 of 3 SYNs were dropped in this host"));
	CHECK(strstr(v.also[0].text, "that took 3.00 s")); /* nobody waits any more */
	CHECK_STR(v.hint, "look at the way to the server and at its firewall");
}

static void test_who_still_waits(void)
{
	struct attempt a = refused_after(2);
	struct verdict v;

	v = judge(a);
	CHECK(v.alsos == 1 && strstr(v.also[0].text, "got no answer; that took "));
	a = repeated(2);
	a.result = ATTEMPT_IN_PROGRESS;
	v = judge(a);
	SAYS(&v, "syn_unanswered", "; still waiting");
}

/* A RST that does not fit is ignored. */
static void test_a_refusal_that_did_not_end_it(void)
{
	struct attempt a = repeated(1);
	struct verdict v;

	a.answered = a.refusal.rst_received = true;
	sample_moment(&a, MS, AT_RST, "eth0");
	ends(&a, ATTEMPT_TIMEOUT, ETIMEDOUT, 3000 * MS);
	v = judge(a);
	SAYS(&v, "refused", "; connect failed with ETIMEDOUT after 3.00 s");
	v = judge(refused());
	CHECK(!strstr(v.text, "connect failed"));
}

/* The final ACK finds no room while the caller waits for its processor. */
static void test_after_the_end_nothing_is_silence(void)
{
	struct attempt a = unanswered();
	struct verdict v;

	sample_moment(&a, MS, AT_OVERFLOW, "");
	sample_phase(&a, PHASE_WAKEUP, 500 * MS);
	sample_moment(&a, 499 * MS, AT_RETURN, "");
	overflows(&a, OVERFLOW_ACCEPT_QUEUE);
	a.server.overflowed = a.server.final_acks = 1;
	v = judge(a);
	SAYS(&v, "syn_unanswered", "the first SYN to 10.9.0.2:80 left this host");
	CHECK(strstr(v.text, "the retransmit 1.00 s later got through"));
}

static void test_no_time_at_all_is_ok(void)
{
	struct attempt a = sample_attempt();
	struct verdict v;

	verdict_of_attempt(&a, 0, &v);
	SAYS(&v, "ok", "connected to 10.9.0.2:80");
}

/* ---- hints -------------------------------------------------------------------------------- */

static void check_hint(int line, const char *reason, enum rec_drop_packet packet, const char *hint)
{
	struct attempt a = repeated(1);
	struct verdict v;

	drops(&a, packet, reason);
	ends(&a, ATTEMPT_TIMEOUT, ETIMEDOUT, 3000 * MS);
	v = judge(a);
	unit_check_str(__FILE__, line, "hint", v.hint, hint);
}

#define HINT(reason, packet, hint) check_hint(__LINE__, reason, packet, hint)

static void test_where_to_look_for_who_dropped_it(void)
{
	HINT("QDISC_OVERLIMIT", DROP_SYN,
		"look at: tc -s qdisc show dev DEV; ip link show DEV (qlen)");
	HINT("CPU_BACKLOG", DROP_SYN_ACK,
		"look at: cat /proc/net/softnet_stat (2nd column); sysctl "
		"net.core.netdev_max_backlog");
	HINT("CAKE_FLOOD", DROP_SYN, "look at: tc -s qdisc show dev DEV");
	HINT("NOT_SPECIFIED", DROP_SYN, cause_find("syn_dropped_locally")->hint);
}

int main(void)
{
	UNIT_RUN(test_late_answers_are_answers);
	UNIT_RUN(test_most_answers_were_lost_elsewhere);
	UNIT_RUN(test_a_timeout_does_not_deny_drops);
	UNIT_RUN(test_who_still_waits);
	UNIT_RUN(test_a_refusal_that_did_not_end_it);
	UNIT_RUN(test_after_the_end_nothing_is_silence);
	UNIT_RUN(test_no_time_at_all_is_ok);
	UNIT_RUN(test_where_to_look_for_who_dropped_it);
	return unit_status();
}
