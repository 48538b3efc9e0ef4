/* SPDX-License-Identifier: GPL-2.0-only */
/* What a connect's verdict says besides its cause: what else took time, what the other side saw,
 * what happened before tracing began. */
#include "tests/unit/verdicts.h"

static struct verdict judge(struct attempt a)
{
	struct verdict v;

	verdict_of_attempt(&a, SLOW, &v);
	return v;
}

static void check_also(int line, const struct verdict *v, const char *want)
{
	char got[256] = "";

	for (unsigned i = 0; i < v->alsos; i++) {
		strcat(got, i ? " " : "");
		strcat(got, v->also[i].cause);
		CHECK(v->also[i].text[0]);
		CHECK(v->also[i].share > 0 && v->also[i].share <= 1);
		CHECK(!i || v->also[i].share <= v->also[i - 1].share);
	}
	unit_check_str(__FILE__, line, "also", got, want);
}

#define ALSO(v, want) check_also(__LINE__, v, want)

/* ---- also --------------------------------------------------------------------------------- */

static void test_delays_beside_the_costliest(void)
{
	struct attempt a = dns_slow();
	struct verdict v;

	a.phase_ns[PHASE_NETWORK] = 300 * MS;
	a.phase_ns[PHASE_EGRESS] = 200 * MS;
	a.phase_ns[PHASE_WAKEUP] = 50 * MS; /* under the threshold */
	a.end_ns = a.start_ns;
	for (int i = 0; i < PHASE_COUNT; i++)
		a.end_ns += a.phase_ns[i];
	v = judge(a);
	CHECK_STR(v.cause, "dns_slow");
	ALSO(&v, "slow_rtt egress_queueing");
	CHECK(strstr(v.also[0].text, "took 300 ms to answer the SYN"));
	CHECK(v.also[0].share > 0.31 && v.also[0].share < 0.32);
}

static void test_a_tenth_at_least(void)
{
	struct attempt a = dns_slow();
	struct verdict v;

	a.phase_ns[PHASE_DNS] += 2000 * MS;
	a.phase_ns[PHASE_NETWORK] += 200 * MS; /* above 100 ms, but less than a tenth */
	a.end_ns += 2200 * MS;
	v = judge(a);
	ALSO(&v, "");
}

/* Two times of which nobody knows what for: both are told. */
static void test_two_unknown_delays(void)
{
	struct attempt a = spends(PHASE_ROUTE, 200 * MS);
	struct verdict v;

	a.phase_ns[PHASE_INGRESS] = 300 * MS;
	a.end_ns += 300 * MS;
	v = judge(a);
	CHECK_STR(v.cause, "unknown");
	CHECK(strstr(v.text, "300 ms before the socket saw it"));
	ALSO(&v, "unknown");
	CHECK(strstr(v.also[0].text, "200 ms before a SYN was built"));
}

static void test_what_came_before_a_fault(void)
{
	struct attempt a = looked_up(400 * MS);
	struct verdict v;

	sample_moment(&a, 0, AT_CONNECT, "");
	sample_moment(&a, 0, AT_SYN, "eth0");
	sample_phase(&a, PHASE_NETWORK, 200 * MS);
	sample_moment(&a, 200 * MS, AT_RST, "eth0");
	a.answered = a.refusal.rst_received = true;
	ends(&a, ATTEMPT_REFUSED, ECONNREFUSED, 0);
	v = judge(a);
	CHECK_STR(v.cause, "refused");
	CHECK(v.share > 0.33 && v.share < 0.34);
	ALSO(&v, "dns_slow"); /* not slow_rtt: that is the time the refusal took */
}

static void test_a_lost_syn_before_a_refusal(void)
{
	struct verdict v = judge(refused_after(2));

	CHECK_STR(v.cause, "refused");
	ALSO(&v, "syn_unanswered");
}

/* The first SYN is dropped here, the second gets lost elsewhere: 1 s and 2 s. */
static void test_two_reasons_for_silence(void)
{
	struct attempt a = repeated(1);
	struct verdict v;

	drops(&a, DROP_SYN, "NETFILTER_DROP");
	sample_moment(&a, 1000 * MS, AT_SYN_RETRANSMIT, "eth0");
	sample_moment(&a, 2000 * MS, AT_SYN_RETRANSMIT, "eth0");
	sample_phase(&a, PHASE_RTO_WAIT, 3000 * MS);
	a.syn_sent = 3;
	a.syn_retransmits = 2;
	answers(&a);
	v = judge(a);
	CHECK_STR(v.cause, "syn_unanswered");
	CHECK(v.share > 0.66 && v.share < 0.67);
	CHECK(strstr(v.text, "waiting for the next one took 2.00 s"));
	ALSO(&v, "syn_dropped_locally");
	CHECK(strstr(v.also[0].text, "1 of 3 SYNs was dropped in this host by netfilter"));
	CHECK(strstr(v.also[0].text, "took 1.00 s"));
}

static void test_nobody_drops_most_of_them(void)
{
	struct attempt a = repeated(1);
	struct verdict v;

	drops(&a, DROP_SYN, "NETFILTER_DROP");
	sample_moment(&a, 1000 * MS, AT_SYN_RETRANSMIT, "eth0");
	sample_phase(&a, PHASE_RTO_WAIT, 1000 * MS);
	a.syn_sent = 2;
	a.syn_retransmits = 1;
	ends(&a, ATTEMPT_TIMEOUT, ETIMEDOUT, 10000 * MS);
	v = judge(a);
	CHECK_STR(v.cause, "timeout");
	ALSO(&v, ""); /* 1 s of 11 s: less than a tenth */
}

static void test_fallback_and_a_slow_way(void)
{
	struct attempt a = rtt();
	struct verdict v;

	strcpy(a.name, "a.test");
	a.group_start_ns = a.start_ns - 300 * MS;
	a.group_other_family_failed = true;
	v = judge(a);
	CHECK_STR(v.cause, "family_fallback");
	ALSO(&v, "slow_rtt");
	a.group_start_ns = a.start_ns - 120 * MS; /* less than the rest took */
	v = judge(a);
	CHECK_STR(v.cause, "slow_rtt");
	ALSO(&v, "family_fallback");
}

static void test_ok_says_no_more(void)
{
	struct verdict v = judge(sample_ok());

	CHECK_STR(v.cause, "ok");
	CHECK_INT(v.alsos, 0);
	CHECK_INT(v.evidences, 0);
}

/* ---- evidence ----------------------------------------------------------------------------- */

static void test_first_and_last_of_much_evidence(void)
{
	struct attempt a = repeated(1);
	struct verdict v;

	for (unsigned i = 1; i < 12; i++)
		sample_moment(&a, MS, AT_SYN_RETRANSMIT, "eth0");
	a.syn_retransmits = 11;
	a.syn_sent = 12;
	ends(&a, ATTEMPT_TIMEOUT, ETIMEDOUT, 1000 * MS);
	sample_moment(&a, 0, AT_SOCKET_ERROR, "")->err = -ETIMEDOUT;
	v = judge(a);
	CHECK_INT(v.evidences, VERDICT_EVIDENCE);
	CHECK(a.moment[v.evidence[0]].at == AT_SYN);
	CHECK(a.moment[v.evidence[VERDICT_EVIDENCE - 1]].at == AT_SOCKET_ERROR);
}

/* A RST answers the SYN that "found no socket": that drop proves no silence. */
static void test_only_the_blamed_drop_is_evidence(void)
{
	struct attempt a = sample_drop();
	struct verdict v;

	drops(&a, DROP_SYN_ACK, "IP_RPFILTER");
	drops(&a, DROP_SYN, "NO_SOCKET");
	v = judge(a);
	CHECK_STR(v.cause, "syn_dropped_locally");
	for (unsigned i = 0; i < v.evidences; i++)
		if (a.moment[v.evidence[i]].at == AT_DROP)
			CHECK_INT(a.moment[v.evidence[i]].drop, 0);
}

/* ---- the other side ----------------------------------------------------------------------- */

static struct verdict with_server(struct attempt a, unsigned syns, unsigned syn_acks)
{
	a.server = (struct server_side){.known = true, .syns = syns, .syn_acks = syn_acks};
	return judge(a);
}

static void test_which_way_packets_got_lost(void)
{
	struct verdict v = with_server(unanswered(), 1, 1);

	CHECK_STR(v.cause, "syn_unanswered");
	CHECK(strstr(v.text, "; only 1 of 2 SYNs reached the listening socket: the rest got lost "
			     "on the way there"));
	v = with_server(unanswered(), 2, 2);
	CHECK(strstr(v.text, "; all of them reached the listening socket, but the first SYN-ACK "
			     "got lost on the way back"));
	v = with_server(timed_out(), 3, 5);
	CHECK_STR(v.cause, "timeout");
	CHECK(strstr(v.text, "all of them reached the listening socket, but its SYN-ACKs got lost "
			     "on the way back; connect failed with ETIMEDOUT"));
	v = with_server(abandoned(), 1, 1);
	CHECK(strstr(v.text, "; it reached the listening socket, but its SYN-ACK got lost"));
	v = judge(timed_out());
	CHECK(!strstr(v.text, "listening")); /* not known */
}

static void test_the_other_host_is_named(void)
{
	struct attempt a = timed_out();
	struct verdict v;

	a.server = (struct server_side){.known = true, .syns = 3, .hostname = "db\x1b"};
	v = judge(a);
	CHECK(strstr(v.text, "reached the listening socket on db\\x1b, which sent no SYN-ACK"));
}

static void test_a_full_queue_while_waiting(void)
{
	struct attempt a = repeated(1);
	struct verdict v;

	a.result = ATTEMPT_IN_PROGRESS;
	sample_phase(&a, PHASE_NETWORK, 600 * MS);
	v = judge(a);
	CHECK_STR(v.cause, "syn_unanswered");
	CHECK(strstr(v.text, "the SYN to 10.9.0.2:80 left this host and got no answer; still "
			     "waiting"));
	overflows(&a, OVERFLOW_ACCEPT_QUEUE);
	v = judge(a);
	CHECK_STR(v.cause, "accept_queue_full");
	CHECK(v.share > 0.99);
	CHECK(v.evidences);
}

static void test_the_client_does_not_wait_for_its_final_ack(void)
{
	struct attempt a = unanswered();

	overflows(&a, OVERFLOW_ACCEPT_QUEUE);
	a.server.final_acks = a.server.overflowed;
	CHECK_STR(judge(a).cause, "syn_unanswered");
	a = sample_ok();
	overflows(&a, OVERFLOW_ACCEPT_QUEUE);
	a.server.final_acks = a.server.overflowed;
	CHECK_STR(judge(a).cause, "ok");
}

/* Its SYN found no room, and later its final ACK did not either. */
static void test_the_client_waits_for_its_syn_all_the_same(void)
{
	struct attempt a = unanswered();

	overflows(&a, OVERFLOW_ACCEPT_QUEUE);
	a.server.final_acks = 1;
	a.server.overflowed = 2;
	CHECK_STR(judge(a).cause, "accept_queue_full");
}

static void test_overflow_in_the_timeline(void)
{
	struct attempt a = repeated(1);
	struct verdict v;

	sample_moment(&a, MS, AT_OVERFLOW, "");
	sample_moment(&a, 999 * MS, AT_SYN_RETRANSMIT, "eth0"); /* this one gets lost */
	sample_moment(&a, 2000 * MS, AT_SYN_RETRANSMIT, "eth0");
	sample_phase(&a, PHASE_RTO_WAIT, 3000 * MS);
	a.syn_sent = 3;
	a.syn_retransmits = 2;
	answers(&a);
	overflows(&a, OVERFLOW_ACCEPT_QUEUE);
	v = judge(a);
	CHECK_STR(v.cause, "syn_unanswered");
	ALSO(&v, "accept_queue_full");
}

/* ---- before tracing began ----------------------------------------------------------------- */

static void test_under_way_when_tracing_began(void)
{
	struct attempt a = unanswered();
	struct verdict v;

	a.seeded = true;
	v = judge(a);
	CHECK_STR(v.cause, "syn_unanswered");
	CHECK(strstr(v.text, "it was under way when tracing began, so it took at least 1.00 s"));
	a = sample_ok();
	a.seeded = true;
	v = judge(a);
	CHECK_STR(v.cause, "ok");
	CHECK(strstr(v.text, "at least 812 us"));
}

int main(void)
{
	UNIT_RUN(test_delays_beside_the_costliest);
	UNIT_RUN(test_a_tenth_at_least);
	UNIT_RUN(test_two_unknown_delays);
	UNIT_RUN(test_what_came_before_a_fault);
	UNIT_RUN(test_a_lost_syn_before_a_refusal);
	UNIT_RUN(test_two_reasons_for_silence);
	UNIT_RUN(test_nobody_drops_most_of_them);
	UNIT_RUN(test_fallback_and_a_slow_way);
	UNIT_RUN(test_ok_says_no_more);
	UNIT_RUN(test_first_and_last_of_much_evidence);
	UNIT_RUN(test_only_the_blamed_drop_is_evidence);
	UNIT_RUN(test_which_way_packets_got_lost);
	UNIT_RUN(test_the_other_host_is_named);
	UNIT_RUN(test_a_full_queue_while_waiting);
	UNIT_RUN(test_the_client_does_not_wait_for_its_final_ack);
	UNIT_RUN(test_the_client_waits_for_its_syn_all_the_same);
	UNIT_RUN(test_overflow_in_the_timeline);
	UNIT_RUN(test_under_way_when_tracing_began);
	return unit_status();
}
