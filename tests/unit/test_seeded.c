// SPDX-License-Identifier: GPL-2.0-only
/* Connects that were under way when tracing began, and subflows of Multipath TCP. */
#include "tests/unit/stream.h"

#define SK   0xffff888000001000ULL
#define PEER "10.9.0.2"

enum { ESTABLISHED = 1, CLOSED = 7 };

static void test_time_counts_from_when_tracing_began(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	put_connect(s, 0, SK, PEER, CONNECT_SEEDED | CONNECT_NONBLOCK);
	put_sent(s, 2000, SK, PEER, 2);
	put_reply(s, 2020.01, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 2020.1, SK, PEER, ESTABLISHED, 0);
	CHECK_INT(s->attempts, 1);
	CHECK(a->seeded);
	CHECK_INT(a->result, ATTEMPT_ESTABLISHED);
	CHECK_INT(a->start_ns, at_ms(0));
	CHECK_INT(attempt_dur_ns(a), 2020100000);
	CHECK_INT(a->phase_ns[PHASE_RTO_WAIT], 2000 * MS);
	CHECK_INT(a->phase_ns[PHASE_NETWORK], 20 * MS);
	CHECK_INT(a->syn_sent, 3);
	CHECK_INT(a->syn_retransmits, 2);
	/* neither was observable */
	CHECK(!(a->phase_seen & 1u << PHASE_ROUTE));
	CHECK(!(a->phase_seen & 1u << PHASE_DNS));
	CHECK(!(a->phase_seen & 1u << PHASE_THINK));
	CHECK_INT(a->dns_link, DNS_LINK_NOT_OBSERVED);
	stream_free(s);
}

static void test_answered_without_a_further_syn(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	put_connect(s, 0, SK, PEER, CONNECT_SEEDED);
	put_reply(s, 150, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 150.1, SK, PEER, ESTABLISHED, 0);
	CHECK_INT(a->result, ATTEMPT_ESTABLISHED);
	CHECK_INT(a->phase_ns[PHASE_NETWORK], 150 * MS);
	CHECK_INT(a->syn_sent, 1);
	CHECK_INT(a->syn_retransmits, 0);
	stream_free(s);
}

static void test_times_out(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_SEEDED);
	put_sent(s, 500, SK, PEER, 6);
	put_state(s, 60000, SK, PEER, CLOSED, ETIMEDOUT);
	CHECK_INT(s->attempt[0].result, ATTEMPT_TIMEOUT);
	CHECK_INT(s->attempt[0].syn_sent, 7);
	CHECK_INT(s->attempt[0].phase_ns[PHASE_NETWORK], 0);
	stream_free(s);
}

/* Its first SYN waited for a neighbour since before tracing began, say. */
static void test_first_syn_comes_late(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	put_connect(s, 0, SK, PEER, CONNECT_SEEDED);
	put_sent(s, 800, SK, PEER, 0);
	put_reply(s, 801.01, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 801.1, SK, PEER, ESTABLISHED, 0);
	CHECK_INT(a->phase_ns[PHASE_ROUTE], 800 * MS);
	CHECK_INT(a->phase_ns[PHASE_NETWORK], 1 * MS);
	CHECK_INT(a->syn_sent, 1);
	CHECK_STR(s->verdict[0].cause, "unknown");
	CHECK(strstr(s->verdict[0].text, "the first SYN waited 800 ms in this host"));
	stream_free(s);
}

/* What became of the SYNs before tracing began, nobody has seen. */
static void test_no_claims_about_what_was_before(void)
{
	struct stream *s = stream_new();

	put_names(s);
	put_connect(s, 0, SK, PEER, CONNECT_SEEDED);
	put_sent(s, 2000, SK, PEER, 2);
	put_reply(s, 2020.01, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 2020.1, SK, PEER, ESTABLISHED, 0);
	put_connect(s, 3000, SK, PEER, CONNECT_SEEDED);
	put_drop(s, 5000, SK, DROP_SYN, 12, 2);
	put_sent(s, 9000, SK, PEER, 3);
	put_reply(s, 9020, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 9020.1, SK, PEER, ESTABLISHED, 0);
	put_connect(s, 10000, SK, PEER, CONNECT_SEEDED);
	put_reply(s, 10200, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 10200, SK, PEER, ESTABLISHED, 0);
	CHECK_STR(s->verdict[0].cause, "syn_unanswered");
	CHECK(!strstr(s->verdict[0].text, "left this host"));
	CHECK_STR(s->verdict[1].cause, "syn_dropped_locally");
	CHECK(strstr(s->verdict[1].text, "1 of 4 SYNs was dropped in this host"));
	CHECK_STR(s->verdict[2].cause, "slow_rtt");
	CHECK(!strstr(s->verdict[2].text, "without a retransmit"));
	stream_free(s);
}

static void test_ends_without_a_further_syn(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_SEEDED);
	put_state(s, 60000, SK, PEER, CLOSED, ETIMEDOUT);
	put_connect(s, 60001, SK, PEER, CONNECT_SEEDED);
	put_state(s, 62001, SK, PEER, CLOSED, 0);
	CHECK_STR(s->verdict[0].cause, "timeout");
	CHECK(strstr(s->verdict[0].text, "SYNs were sent to"));
	CHECK(!strstr(s->verdict[0].text, "none was seen leaving"));
	CHECK_STR(s->verdict[1].cause, "abandoned");
	CHECK(s->verdict[1].share > 0.99);
	CHECK(!strstr(s->verdict[1].text, "after connect"));
	stream_free(s);
}

static void test_multipath(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL | CONNECT_MPTCP);
	put_sent(s, 0.1, SK, PEER, 0);
	put_reply(s, 2, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 2.1, SK, PEER, ESTABLISHED, 0);
	put_return(s, 2.2, SK, 0);
	CHECK(s->attempt[0].mptcp);
	CHECK(!s->attempt[0].seeded);
	CHECK(s->attempt[0].phase_seen & 1u << PHASE_ROUTE);
	stream_free(s);
}

int main(void)
{
	UNIT_RUN(test_time_counts_from_when_tracing_began);
	UNIT_RUN(test_answered_without_a_further_syn);
	UNIT_RUN(test_times_out);
	UNIT_RUN(test_first_syn_comes_late);
	UNIT_RUN(test_no_claims_about_what_was_before);
	UNIT_RUN(test_ends_without_a_further_syn);
	UNIT_RUN(test_multipath);
	return unit_status();
}
