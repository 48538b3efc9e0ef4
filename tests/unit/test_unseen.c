/* SPDX-License-Identifier: GPL-2.0-only */
/* SYNs that left no record, and that the socket had counted when it was answered. */
#include "tests/unit/stream.h"

#define SK   0xffff888000001000ULL
#define PEER "10.9.0.2"

enum { ESTABLISHED = 1, RECEIVED = 3, CLOSED = 7 };

static void put_answer(struct stream *s, double ms, __u32 flags, __u32 transmission)
{
	PUT(s, ms, REC_REPLY,
		(struct rec_reply){.sk = SK, .tcp_flags = flags, .transmission = transmission});
}

/* The kernel can skip our programs while its timer sends the SYN again. */
static void test_retransmit_that_only_the_socket_tells_of(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_answer(s, 1020.11, TCPF_SYN | TCPF_ACK, 1);
	put_state(s, 1020.2, SK, PEER, ESTABLISHED, 0);
	put_return(s, 1020.2, SK, 0);
	CHECK_INT(a->syn_sent, 2);
	CHECK_INT(a->syn_retransmits, 1);
	CHECK_INT(a->phase_ns[PHASE_RTO_WAIT], 1020000000);
	CHECK(!(a->phase_seen & 1u << PHASE_NETWORK));
	CHECK_STR(s->verdict[0].cause, "syn_unanswered");
	stream_free(s);
}

/* What is answered at once is the retransmit that was not seen, not the SYN that was dropped. */
static void test_dropped_syn_and_a_retransmit_that_was_not_seen(void)
{
	struct stream *s = stream_new();

	put_names(s);
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_drop(s, 0.2, SK, DROP_SYN, 12, 0);
	put_answer(s, 1020.2, TCPF_SYN | TCPF_ACK, 1);
	put_state(s, 1020.3, SK, PEER, ESTABLISHED, 0);
	put_return(s, 1020.3, SK, 0);
	CHECK_INT(s->attempt[0].drops, 1);
	CHECK_INT(s->attempt[0].phase_ns[PHASE_RTO_WAIT], 1020000000);
	CHECK_STR(s->verdict[0].cause, "syn_dropped_locally");
	stream_free(s);
}

static void test_refused_after_a_retransmit_that_was_not_seen(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_answer(s, 1020.11, TCPF_RST | TCPF_ACK, 1);
	put_state(s, 1020.2, SK, PEER, CLOSED, ECONNREFUSED);
	put_return(s, 1020.2, SK, -ECONNREFUSED);
	CHECK_INT(s->attempt[0].syn_retransmits, 1);
	CHECK_INT(s->attempt[0].phase_ns[PHASE_RTO_WAIT], 1020000000);
	CHECK_STR(s->verdict[0].cause, "refused");
	stream_free(s);
}

/* Where the drop was all that was seen: a firewall dropped the first one, the peer said no to the
 * second, and no REJECT rule of this host had to do with that. */
static void test_refused_after_a_drop_and_a_retransmit_that_was_not_seen(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	put_names(s);
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_drop(s, 0.2, SK, DROP_SYN, 12, 0);
	PUT(s, 1020.2, REC_RESET,
		(struct rec_reset){.sk = SK, .kind = RESET_RECEIVED, .transmission = 1});
	put_state(s, 1020.3, SK, PEER, CLOSED, ECONNREFUSED);
	put_return(s, 1020.3, SK, -ECONNREFUSED);
	CHECK_INT(a->syn_retransmits, 1);
	CHECK_INT(a->phase_ns[PHASE_RTO_WAIT], 1020100000);
	CHECK(!(a->phase_seen & 1u << PHASE_NETWORK));
	CHECK_STR(s->verdict[0].cause, "refused");
	CHECK_STR(s->verdict[0].also[0].cause, "syn_dropped_locally");
	stream_free(s);
}

static void put_end(struct stream *s, double ms, int state, __u8 transmission)
{
	PUT(s, ms, REC_STATE,
		(struct rec_state){.sk = SK,
			.tuple = stream_tuple(PEER, 80, 40000),
			.old_state = 2,
			.new_state = (__u8)state,
			.transmission = transmission});
}

/* Neither the retransmit nor its answer. */
static void test_end_tells_of_retransmits(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	put_names(s);
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_drop(s, 0.2, SK, DROP_SYN, 12, 0);
	put_end(s, 1020.2, ESTABLISHED, 1);
	put_return(s, 1020.2, SK, 0);
	CHECK_INT(a->syn_retransmits, 1);
	CHECK_INT(a->phase_ns[PHASE_RTO_WAIT], 1020000000);
	CHECK_STR(s->verdict[0].cause, "syn_dropped_locally");
	stream_free(s);
}

/* Of those whose SYNs have crossed, SYN-ACKs are counted as well. */
static void test_crossed_syns_are_no_retransmits(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_state(s, 1, SK, PEER, RECEIVED, 0);
	put_end(s, 1020.2, ESTABLISHED, 1);
	put_return(s, 1020.2, SK, 0);
	CHECK_INT(s->attempt[0].syn_retransmits, 0);
	stream_free(s);
}

/* A REJECT rule's RST says no to the very SYN that it dropped. */
static void test_rst_for_the_dropped_syn(void)
{
	struct stream *s = stream_new();

	put_names(s);
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_drop(s, 0.2, SK, DROP_SYN, 12, 0);
	PUT(s, 0.3, REC_RESET, (struct rec_reset){.sk = SK, .kind = RESET_RECEIVED});
	put_state(s, 0.4, SK, PEER, CLOSED, ECONNREFUSED);
	put_return(s, 0.5, SK, -ECONNREFUSED);
	CHECK_INT(s->attempt[0].syn_retransmits, 0);
	CHECK_STR(s->verdict[0].cause, "rejected_icmp");
	stream_free(s);
}

/* What was seen of them stays as it is. */
static void test_answer_to_what_was_seen_changes_nothing(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_sent(s, 1000.1, SK, PEER, 1);
	put_answer(s, 1020.11, TCPF_SYN | TCPF_ACK, 1);
	put_state(s, 1020.2, SK, PEER, ESTABLISHED, 0);
	put_return(s, 1020.2, SK, 0);
	CHECK_INT(a->syn_sent, 2);
	CHECK_INT(a->phase_ns[PHASE_NETWORK], 20000000);
	CHECK(a->phase_seen & 1u << PHASE_NETWORK);
	stream_free(s);
}

/* So can it when the timer ends the connect: what connect() returns tells of that. */
static void test_end_that_only_connect_tells_of(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_sent(s, 1020, SK, PEER, 1);
	put_return(s, 3070, SK, -ETIMEDOUT);
	CHECK_INT(s->attempts, 1);
	CHECK_INT(a->result, ATTEMPT_TIMEOUT);
	CHECK_INT(a->err, ETIMEDOUT);
	CHECK_STR(s->verdict[0].cause, "timeout");
	/* The next socket that gets this memory is another matter. */
	put_state(s, 3600, SK, PEER, ESTABLISHED, 0);
	CHECK_INT(s->attempts, 1);
	stream_free(s);
}

/* No port was free: behind SYN_SENT, before any SYN. */
static void test_error_before_a_syn(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_return(s, 1, SK, -EADDRNOTAVAIL);
	CHECK_INT(s->attempts, 1);
	CHECK_INT(s->attempt[0].err, EADDRNOTAVAIL);
	CHECK_STR(s->verdict[0].cause, "local_error");
	stream_free(s);
}

static void test_return_that_ends_nothing(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_return(s, 1, SK, -EINTR);
	CHECK_INT(s->attempts, 0);
	put_state(s, 20, SK, PEER, ESTABLISHED, 0);
	CHECK_INT(s->attempts, 1);
	CHECK_INT(s->attempt[0].result, ATTEMPT_ESTABLISHED);
	stream_free(s);
}

/* Fast Open returns 0 too, but before any SYN has left. */
static void test_success_that_only_connect_tells_of(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_answer(s, 20, TCPF_SYN | TCPF_ACK, 0);
	put_return(s, 20.1, SK, 0);
	CHECK_INT(s->attempts, 1);
	CHECK_INT(a->result, ATTEMPT_ESTABLISHED);
	CHECK(!a->fastopen);
	CHECK_INT(a->end_ns, at_ms(20.1));
	stream_free(s);
}

int main(void)
{
	UNIT_RUN(test_end_that_only_connect_tells_of);
	UNIT_RUN(test_success_that_only_connect_tells_of);
	UNIT_RUN(test_error_before_a_syn);
	UNIT_RUN(test_return_that_ends_nothing);
	UNIT_RUN(test_retransmit_that_only_the_socket_tells_of);
	UNIT_RUN(test_dropped_syn_and_a_retransmit_that_was_not_seen);
	UNIT_RUN(test_refused_after_a_retransmit_that_was_not_seen);
	UNIT_RUN(test_refused_after_a_drop_and_a_retransmit_that_was_not_seen);
	UNIT_RUN(test_end_tells_of_retransmits);
	UNIT_RUN(test_crossed_syns_are_no_retransmits);
	UNIT_RUN(test_rst_for_the_dropped_syn);
	UNIT_RUN(test_answer_to_what_was_seen_changes_nothing);
	return unit_status();
}
