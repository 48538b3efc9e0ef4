// SPDX-License-Identifier: GPL-2.0-only
/* Both sides of one connection in one stream: each knows what the other did. */
#include "tests/unit/passives.h"

#define SK   0xffff888000001000ULL
#define PEER "10.9.0.2"

enum { ESTABLISHED = 1, CLOSED = 7 };

static const struct listener roomy = {.accept_max = 128};
static const struct listener full = {.accept_len = 2, .accept_max = 1};

static void put_established(struct stream *s, double ms)
{
	put_reply(s, ms, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, ms + 0.01, SK, PEER, ESTABLISHED, 0);
	put_return(s, ms + 0.02, SK, 0);
}

static void test_swallowed_syns_show_in_the_clients_timeline(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_passive(s, 0.2, &full, PASSIVE_SYN, 0);
	put_sent(s, 1000.1, SK, PEER, 1);
	put_passive(s, 1000.2, &full, PASSIVE_SYN, 0);
	put_sent(s, 3000.1, SK, PEER, 2);
	put_passive(s, 3000.2, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 3000.3, &roomy, PASSIVE_SYN_ACK, 0);
	put_established(s, 3000.4);
	CHECK_INT(a->result, ATTEMPT_ESTABLISHED);
	CHECK(a->server.known);
	CHECK_INT(a->server.owner.tgid, 7);
	CHECK_STR(a->server.hostname, "");
	CHECK_INT(a->server.syns, 3);
	CHECK_INT(a->server.syn_acks, 1);
	CHECK_INT(a->server.overflow, OVERFLOW_ACCEPT_QUEUE);
	CHECK_INT(a->server.overflowed, 2);
	CHECK(a->server.inferred);
	CHECK_INT(a->server.queue.accept_len, 2);
	CHECK_INT(a->server.queue.accept_max, 1);
	CHECK(!a->server.accepted);
	CHECK_INT(attempt_moments(s, AT_OVERFLOW), 2);
	CHECK_INT(a->phase_ns[PHASE_RTO_WAIT], 2999980000);
	put_passive(s, 3001, &roomy, PASSIVE_ESTABLISHED, 0);
	put_passive(s, 3002, &roomy, PASSIVE_ACCEPT, 0);
	CHECK(s->passive[0].client.known);
	CHECK_INT(s->passive[0].client.owner.tgid, 42);
	stream_free(s);
}

/* accept() may return before connect() does. */
static void test_accepted_before_connect_returns(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_passive(s, 0.2, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0.3, &roomy, PASSIVE_SYN_ACK, 0);
	put_reply(s, 0.4, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 0.5, SK, PEER, ESTABLISHED, 0);
	put_passive(s, 0.6, &roomy, PASSIVE_ESTABLISHED, 0);
	put_passive(s, 2.6, &roomy, PASSIVE_ACCEPT, 0);
	CHECK_INT(s->passives, 1);
	CHECK_INT(s->passive[0].client.owner.tgid, 42);
	put_return(s, 300, SK, 0);
	CHECK(s->attempt[0].server.accepted);
	CHECK_INT(s->attempt[0].server.accept_wait_ns, 2 * MS);
	CHECK_INT(s->attempt[0].server.overflow, OVERFLOW_NONE);
	CHECK_INT(attempt_moments(s, AT_OVERFLOW), 0);
	stream_free(s);
}

static void test_passive_open_ends_with_its_client(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL | CONNECT_NONBLOCK);
	put_sent(s, 0.1, SK, PEER, 0);
	put_return(s, 0.15, SK, -EINPROGRESS);
	put_passive(s, 0.2, &full, PASSIVE_SYN, 0);
	put_state(s, 150, SK, PEER, CLOSED, 0);
	CHECK_INT(a->result, ATTEMPT_ABANDONED);
	CHECK_INT(a->server.overflow, OVERFLOW_ACCEPT_QUEUE);
	CHECK_INT(attempt_moments(s, AT_OVERFLOW), 1);
	/* it waited for nothing that was still on its way */
	CHECK_INT(a->phase_ns[PHASE_NETWORK], 0);
	CHECK_INT(s->passives, 1);
	CHECK_INT(s->passive[0].result, PASSIVE_OVERFLOWED);
	CHECK_INT(passive_dur_ns(&s->passive[0]), 149800000);
	CHECK_INT(s->passive[0].client.owner.tgid, 42);
	stream_free(s);
}

static void test_client_that_gives_up_leaves_a_half_open_one_alone(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL | CONNECT_NONBLOCK);
	put_sent(s, 0.1, SK, PEER, 0);
	put_return(s, 0.15, SK, -EINPROGRESS);
	put_passive(s, 0.2, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0.3, &roomy, PASSIVE_SYN_ACK, 0);
	put_state(s, 150, SK, PEER, CLOSED, 0);
	CHECK(s->attempt[0].server.known);
	CHECK_INT(s->attempt[0].server.syn_acks, 1);
	CHECK_INT(s->passives, 0);
	put_stop(s, 200);
	CHECK_INT(s->passive[0].result, PASSIVE_IN_PROGRESS);
	stream_free(s);
}

static void put_translated(
	struct stream *s, double ms, const struct listener *l, enum rec_passive_event event)
{
	struct rec_tuple tuple = stream_tuple("172.16.0.9", 8080, 1024);

	inet_pton(AF_INET, "192.0.2.1", tuple.saddr);
	PUT(s, ms, REC_PASSIVE, passive_record(l, event, 0, &tuple, ISN));
}

static void test_joined_through_nat(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_translated(s, 0.2, &full, PASSIVE_SYN);
	put_sent(s, 1000.1, SK, PEER, 1);
	put_translated(s, 1000.2, &roomy, PASSIVE_SYN);
	put_translated(s, 1000.3, &roomy, PASSIVE_SYN_ACK);
	put_established(s, 1000.4);
	CHECK_INT(s->attempt[0].server.overflowed, 1);
	CHECK_INT(attempt_moments(s, AT_OVERFLOW), 1);
	put_translated(s, 1001, &roomy, PASSIVE_ESTABLISHED);
	put_translated(s, 1002, &roomy, PASSIVE_ACCEPT);
	CHECK(s->passive[0].client.known);
	stream_free(s);
}

/* Of two with this ISN the one with its ports, or, seen on both sides of NAT, its addresses. */
static void test_same_isn_twice(void)
{
	struct rec_tuple other = stream_tuple("10.9.0.2", 81, 40001);
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_passive(s, 0.2, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0.3, &roomy, PASSIVE_SYN_ACK, 0);
	PUT(s, 0.3, REC_PASSIVE, passive_record(&full, PASSIVE_SYN, 0, &other, ISN));
	put_established(s, 0.4);
	CHECK_INT(s->attempt[0].server.syn_acks, 1);
	CHECK_INT(s->attempt[0].server.overflow, OVERFLOW_NONE);
	stream_free(s);
}

static void test_another_isn_is_not_ours(void)
{
	struct rec_tuple tuple = stream_tuple("10.9.0.2", 80, 40000);
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	PUT(s, 0.2, REC_PASSIVE, passive_record(&full, PASSIVE_SYN, 0, &tuple, ISN + 1));
	put_established(s, 0.4);
	CHECK(!s->attempt[0].server.known);
	put_stop(s, 1);
	CHECK(!s->passive[0].client.known);
	stream_free(s);
}

static void test_told_for_the_client_only(void)
{
	struct listener l = full;
	struct stream *s = stream_new();

	l.flags = PASSIVE_FOR_CLIENT;
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_passive(s, 0.2, &l, PASSIVE_SYN, 0);
	put_stop(s, 100);
	CHECK_INT(s->attempt[0].result, ATTEMPT_IN_PROGRESS);
	CHECK_INT(s->attempt[0].server.overflow, OVERFLOW_ACCEPT_QUEUE);
	CHECK_INT(s->passives, 0);
	stream_free(s);
}

/* At the end both are still there: each sees the other. */
static void test_both_under_way_at_the_end(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_passive(s, 0.2, &full, PASSIVE_SYN, 0);
	put_stop(s, 100);
	CHECK_INT(s->attempt[0].server.overflowed, 1);
	CHECK_INT(s->passive[0].result, PASSIVE_IN_PROGRESS);
	CHECK_INT(s->passive[0].client.owner.tgid, 42);
	CHECK_INT(passive_moments(s, AT_OVERFLOW), 1);
	stream_free(s);
}

static void test_finished_ones_are_forgotten_in_time(void)
{
	struct stream *s = stream_new();

	put_passive(s, 0, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0.1, &roomy, PASSIVE_SYN_ACK, 0);
	put_passive(s, 1, &roomy, PASSIVE_ESTABLISHED, 0);
	put_passive(s, 2, &roomy, PASSIVE_ACCEPT, 0);
	put_tick(s, 11000);
	put_connect(s, 20000, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 20000.1, SK, PEER, 0);
	put_established(s, 20000.4);
	CHECK(!s->attempt[0].server.known);
	stream_free(s);
}

static void test_drop_is_told_to_both_sides(void)
{
	struct stream *s = stream_new();

	put_names(s);
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_passive(s, 0.2, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0.3, &roomy, PASSIVE_SYN_ACK, 0);
	put_drop(s, 0.4, SK, DROP_SYN_ACK, 12, 0);
	put_stop(s, 100);
	CHECK_INT(s->attempt[0].drops, 1);
	CHECK_INT(s->passive[0].drops, 1);
	CHECK_INT(s->passive_drop[0].packet, DROP_SYN_ACK);
	stream_free(s);
}

int main(void)
{
	UNIT_RUN(test_swallowed_syns_show_in_the_clients_timeline);
	UNIT_RUN(test_accepted_before_connect_returns);
	UNIT_RUN(test_passive_open_ends_with_its_client);
	UNIT_RUN(test_client_that_gives_up_leaves_a_half_open_one_alone);
	UNIT_RUN(test_joined_through_nat);
	UNIT_RUN(test_same_isn_twice);
	UNIT_RUN(test_another_isn_is_not_ours);
	UNIT_RUN(test_told_for_the_client_only);
	UNIT_RUN(test_both_under_way_at_the_end);
	UNIT_RUN(test_finished_ones_are_forgotten_in_time);
	UNIT_RUN(test_drop_is_told_to_both_sides);
	return unit_status();
}
