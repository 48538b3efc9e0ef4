/* SPDX-License-Identifier: GPL-2.0-only */
/* What the ways to connect differ in: who waits, from when on, and what of it is known. */
#include "tests/unit/stream.h"

#define SK   0xffff888000001000ULL
#define PEER "10.9.0.2"

enum { ESTABLISHED = 1, SYN_RECV = 3, CLOSED = 7 };

static bool seen(const struct attempt *a, enum phase phase)
{
	return a->phase_seen & 1u << phase;
}

/* io_uring, sendmsg() with MSG_FASTOPEN, a 32-bit program: no connect(2) was seen. */
static void test_who_waits_is_not_known_without_the_call(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	put_connect(s, 0, SK, PEER, 0);
	put_sent(s, 0.1, SK, PEER, 0);
	put_reply(s, 2.11, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 2.2, SK, PEER, ESTABLISHED, 0);
	CHECK_INT(s->attempts, 1);
	CHECK_INT(a->result, ATTEMPT_ESTABLISHED);
	CHECK(!a->blocking_known);
	CHECK(!seen(a, PHASE_ROUTE) || !a->phase_ns[PHASE_ROUTE]);
	CHECK(!seen(a, PHASE_WAKEUP));
	stream_free(s);
}

static void test_failure_at_once_says_whether_it_would_block(void)
{
	struct stream *s = stream_new();
	struct rec_return rec = {.call_ts_ns = at_ms(0),
		.ret = -ENETUNREACH,
		.flags = CONNECT_IN_SYSCALL | CONNECT_ROUTED | CONNECT_NONBLOCK | CONNECT_MPTCP,
		.route_err = -ENETUNREACH,
		.owner = stream_owner(42),
		.tuple = stream_tuple(PEER, 80, 0)};

	stream_put(s, &rec, REC_RETURN, sizeof(rec), 0.1);
	CHECK_INT(s->attempts, 1);
	CHECK_INT(s->attempt[0].result, ATTEMPT_UNREACHABLE);
	CHECK(s->attempt[0].blocking_known && !s->attempt[0].blocking);
	CHECK(s->attempt[0].mptcp);
	stream_free(s);
}

/* SO_SNDTIMEO, or a signal: connect() returns, the connect goes on. */
static void test_call_that_ends_early_leaves_no_wakeup(void)
{
	static const int early[] = {-EINPROGRESS, -EINTR};

	for (size_t i = 0; i < ARRAY_SIZE(early); i++) {
		struct stream *s = stream_new();
		struct attempt *a = &s->attempt[0];

		put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
		put_sent(s, 0.1, SK, PEER, 0);
		put_return(s, 200, SK, early[i]);
		CHECK_INT(s->attempts, 0);
		put_sent(s, 1000, SK, PEER, 1);
		put_reply(s, 1000.5, SK, TCPF_SYN | TCPF_ACK);
		put_state(s, 1000.6, SK, PEER, ESTABLISHED, 0);
		CHECK_INT(s->attempts, 1);
		CHECK_INT(a->result, ATTEMPT_ESTABLISHED);
		CHECK_INT(a->err, 0);
		CHECK(a->blocking_known && a->blocking);
		CHECK(!seen(a, PHASE_WAKEUP));
		stream_free(s);
	}
}

/* ---- Fast Open ---------------------------------------------------------------------------- */

/* connect() has returned at once; the first data comes half a second later. */
static struct stream *deferred(void)
{
	struct stream *s = stream_new();

	put_names(s);
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL | CONNECT_FASTOPEN);
	put_return(s, 0.1, SK, 0);
	CHECK_INT(s->attempts, 0);
	return s;
}

static void test_deferred_syn_that_is_dropped_starts_the_time(void)
{
	struct stream *s = deferred();
	struct attempt *a = &s->attempt[0];

	put_drop(s, 500, SK, DROP_SYN, 12, 0);
	put_sent(s, 1500, SK, PEER, 1);
	put_reply(s, 1501, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 1502, SK, PEER, ESTABLISHED, 0);
	CHECK_INT(s->attempts, 1);
	CHECK(a->fastopen);
	CHECK_INT(attempt_dur_ns(a), 1002 * MS);
	CHECK_INT(a->phase_ns[PHASE_RTO_WAIT], 1000 * MS);
	CHECK_STR(s->verdict[0].cause, "syn_dropped_locally");
	stream_free(s);
}

static void test_deferred_syn_that_waits_for_its_neighbour(void)
{
	struct stream *s = deferred();
	struct attempt *a = &s->attempt[0];

	PUT(s, 500, REC_NEIGH,
		(struct rec_neigh){.neigh = 0xffff888000009000,
			.sk = SK,
			.event = NEIGH_WAIT,
			.nud_state = NUDF_INCOMPLETE,
			.family = 4,
			.key = {10, 9, 0, 2}});
	put_sent(s, 700, SK, PEER, 0);
	put_reply(s, 701, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 702, SK, PEER, ESTABLISHED, 0);
	CHECK_INT(attempt_dur_ns(a), 202 * MS);
	CHECK_INT(a->phase_ns[PHASE_NEIGH], 200 * MS);
	CHECK_STR(s->verdict[0].cause, "neighbour_slow");
	stream_free(s);
}

static void test_deferred_syn_that_never_comes(void)
{
	struct stream *s = deferred();

	put_state(s, 500, SK, PEER, CLOSED, 0);
	CHECK_INT(s->attempts, 1);
	CHECK_INT(s->attempt[0].result, ATTEMPT_ABANDONED);
	CHECK_INT(s->attempt[0].syn_sent, 0);
	CHECK_INT(attempt_dur_ns(&s->attempt[0]), 0);
	stream_free(s);
}

/* Without a cookie, connect() goes on as ever: its time is not begun anew. */
static void test_fast_open_without_a_cookie_is_a_handshake(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL | CONNECT_FASTOPEN);
	put_sent(s, 0.1, SK, PEER, 0);
	put_reply(s, 2.11, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 2.2, SK, PEER, ESTABLISHED, 0);
	put_return(s, 2.5, SK, 0);
	CHECK_INT(attempt_dur_ns(a), 2510000);
	CHECK_INT(a->phase_ns[PHASE_ROUTE], 10000);
	CHECK(a->fastopen && a->blocking);
	stream_free(s);
}

/* ---- both ends connect -------------------------------------------------------------------- */

/* The peer's SYN came before an answer to ours. */
static struct stream *crossed(__u32 flags)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL | flags);
	put_sent(s, 0.1, SK, PEER, 0);
	put_state(s, 200, SK, PEER, SYN_RECV, 0);
	put_state(s, 200, SK, PEER, SYN_RECV, 0); /* as a second program may tell it again */
	CHECK_INT(s->attempts, 0);
	return s;
}

static void test_crossed_syns_are_not_a_connection_yet(void)
{
	struct stream *s = crossed(0);
	struct attempt *a = &s->attempt[0];

	put_reply(s, 400, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 400.1, SK, PEER, ESTABLISHED, 0);
	put_return(s, 400.2, SK, 0);
	CHECK_INT(s->attempts, 1);
	CHECK_INT(a->result, ATTEMPT_ESTABLISHED);
	CHECK_INT(a->phase_ns[PHASE_WAKEUP], 100000);
	CHECK(a->phase_ns[PHASE_NETWORK] > 399 * MS);
	CHECK(!a->fastopen);
	CHECK_STR(s->verdict[0].cause, "slow_rtt");
	stream_free(s);
}

/* Each end answers the other's SYN; the answer that this one sends finds the peer connected. */
static void test_its_own_answer_to_a_crossed_syn_is_not_missed(void)
{
	struct stream *s = crossed(0);

	PUT(s, 350, REC_DROP,
		(struct rec_drop){.sk = SK,
			.location = 0xffffffff81000000,
			.reason = 12,
			.packet = DROP_SYN_ACK,
			.tuple = stream_tuple(PEER, 80, 40000),
			.egress = 1});
	put_reply(s, 400, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 400.1, SK, PEER, ESTABLISHED, 0);
	put_return(s, 400.2, SK, 0);
	CHECK_INT(attempt_moments(s, AT_DROP), 1);
	CHECK_INT(s->attempt[0].phase_ns[PHASE_RTO_WAIT], 0);
	CHECK(s->attempt[0].phase_ns[PHASE_NETWORK] > 399 * MS);
	CHECK_STR(s->verdict[0].cause, "slow_rtt");
	CHECK_INT(s->verdict[0].alsos, 0);
	stream_free(s);
}

static void test_crossed_syns_may_fail_all_the_same(void)
{
	struct stream *s = crossed(CONNECT_NONBLOCK);

	put_return(s, 200.1, SK, -EINPROGRESS);
	put_state(s, 400, SK, PEER, CLOSED, ECONNRESET);
	CHECK_INT(s->attempts, 1);
	CHECK_INT(s->attempt[0].result, ATTEMPT_FAILED);
	CHECK_INT(s->attempt[0].err, ECONNRESET);
	stream_free(s);
}

int main(void)
{
	UNIT_RUN(test_who_waits_is_not_known_without_the_call);
	UNIT_RUN(test_failure_at_once_says_whether_it_would_block);
	UNIT_RUN(test_call_that_ends_early_leaves_no_wakeup);
	UNIT_RUN(test_deferred_syn_that_is_dropped_starts_the_time);
	UNIT_RUN(test_deferred_syn_that_waits_for_its_neighbour);
	UNIT_RUN(test_deferred_syn_that_never_comes);
	UNIT_RUN(test_fast_open_without_a_cookie_is_a_handshake);
	UNIT_RUN(test_crossed_syns_are_not_a_connection_yet);
	UNIT_RUN(test_its_own_answer_to_a_crossed_syn_is_not_missed);
	UNIT_RUN(test_crossed_syns_may_fail_all_the_same);
	return unit_status();
}
