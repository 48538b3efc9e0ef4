/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets of the handshake that somebody else keeps in this host for a while. */
#include "tests/unit/stream.h"

#define SK   0xffff888000001000ULL
#define PEER "10.9.0.2"

enum { ESTABLISHED = 1, CLOSED = 7 };

static void put_reinject(struct stream *s, double ms, bool answer)
{
	PUT(s, ms, REC_REINJECT,
		(struct rec_reinject){.sk = SK,
			.by = {.tgid = 33, .tid = 34, .comm = "firewalld"},
			.answer = answer});
}

static void put_failed_retransmit(struct stream *s, double ms)
{
	PUT(s, ms, REC_RETRANSMIT, (struct rec_retransmit){.sk = SK, .err = -EBUSY});
}

static void put_rest(struct stream *s, double ms)
{
	put_reply(s, ms, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, ms, SK, PEER, ESTABLISHED, 0);
	put_return(s, ms, SK, 0);
}

static void test_syn_that_a_process_lets_go(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_reinject(s, 400, false);
	put_sent(s, 400, SK, PEER, 0);
	put_rest(s, 401);
	CHECK_INT(s->attempt[0].held_ns, 400 * MS);
	CHECK_INT(s->attempt[0].syn_held_by.tgid, 33);
	CHECK_STR(s->verdict[0].cause, "syn_held");
	CHECK(strstr(s->verdict[0].text, "firewalld[33]"));
	stream_free(s);
}

/* The time was spent in the device's queue, whoever put it in there. */
static void test_syn_that_is_handed_on_at_once(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_reinject(s, 1, false);
	put_syn(s, 1, SK, PEER, 0, SYN_QUEUE);
	put_syn(s, 400, SK, PEER, 0, SYN_XMIT);
	put_rest(s, 401);
	CHECK_INT(s->attempt[0].syn_held_by.tgid, 0);
	CHECK_STR(s->verdict[0].cause, "egress_queueing");
	stream_free(s);
}

/* A wait for the next hop is another one. */
static void test_syn_that_waited_for_the_next_hop(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	PUT(s, 0.1, REC_NEIGH,
		(struct rec_neigh){.neigh = 1, .sk = SK, .event = NEIGH_WAIT, .family = 4});
	put_reinject(s, 400, false);
	put_sent(s, 400, SK, PEER, 0);
	put_rest(s, 401);
	CHECK_INT(s->attempt[0].syn_held_by.tgid, 0);
	CHECK(s->attempt[0].held_ns < MS);
	CHECK_STR(s->verdict[0].cause, "neighbour_slow");
	stream_free(s);
}

/* Nobody was seen to let it go, but the kernel knew it was still here. */
static void test_syn_that_could_not_be_repeated(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_failed_retransmit(s, 1020);
	put_sent(s, 2500, SK, PEER, 0);
	put_rest(s, 2501);
	CHECK_STR(s->verdict[0].cause, "syn_held");
	CHECK(strstr(s->verdict[0].text, "did not repeat it"));
	stream_free(s);
}

/* Perhaps the caller did not come to build it. */
static void test_syn_of_which_nothing_is_known(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 700, SK, PEER, 0);
	put_rest(s, 701);
	CHECK_STR(s->verdict[0].cause, "unknown");
	CHECK(strstr(s->verdict[0].text, "took 700 ms in this host"));
	stream_free(s);
}

/* Its record was lost, or the kernel skipped our program. */
static void test_syn_that_was_not_seen(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_rest(s, 300);
	CHECK_STR(s->verdict[0].cause, "unknown");
	CHECK(strstr(s->verdict[0].text, "no SYN was seen to leave"));
	stream_free(s);
}

static void test_syn_that_is_never_let_go(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_failed_retransmit(s, 1020);
	put_state(s, 3000, SK, PEER, CLOSED, ETIMEDOUT);
	put_return(s, 3000, SK, -ETIMEDOUT);
	CHECK_STR(s->verdict[0].cause, "syn_held");
	CHECK(strstr(s->verdict[0].text, "never came to a device"));
	CHECK(strstr(s->verdict[0].text, "ETIMEDOUT"));
	CHECK_INT(s->verdict[0].alsos, 0);
	stream_free(s);
}

static void test_answer_that_a_process_lets_go(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_reply(s, 1, SK, TCPF_SYN | TCPF_ACK);
	put_reinject(s, 401, true);
	put_state(s, 401, SK, PEER, ESTABLISHED, 0);
	put_return(s, 401, SK, 0);
	CHECK_INT(s->attempt[0].synack_held_by.tgid, 33);
	CHECK_STR(s->verdict[0].cause, "synack_held");
	stream_free(s);
}

/* Who writes frames to a tap device brings the answer, and holds nothing. */
static void test_answer_that_a_process_brings(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_reply(s, 400, SK, TCPF_SYN | TCPF_ACK);
	put_reinject(s, 400.1, true);
	put_state(s, 400.1, SK, PEER, ESTABLISHED, 0);
	put_return(s, 400.2, SK, 0);
	CHECK_INT(s->attempt[0].synack_held_by.tgid, 0);
	CHECK_STR(s->verdict[0].cause, "slow_rtt");
	stream_free(s);
}

int main(void)
{
	UNIT_RUN(test_syn_that_a_process_lets_go);
	UNIT_RUN(test_syn_that_is_handed_on_at_once);
	UNIT_RUN(test_syn_that_waited_for_the_next_hop);
	UNIT_RUN(test_syn_that_could_not_be_repeated);
	UNIT_RUN(test_syn_of_which_nothing_is_known);
	UNIT_RUN(test_syn_that_was_not_seen);
	UNIT_RUN(test_syn_that_is_never_let_go);
	UNIT_RUN(test_answer_that_a_process_lets_go);
	UNIT_RUN(test_answer_that_a_process_brings);
	return unit_status();
}
