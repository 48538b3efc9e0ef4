/* SPDX-License-Identifier: GPL-2.0-only */
/* Attempts from first to last record: result, phases, timeline, verdict. */
#include "tests/unit/stream.h"

#define SK    0xffff888000001000ULL
#define SK2   0xffff888000002000ULL
#define PEER  "10.9.0.2"
#define PEER6 "fd00::2"

enum { ESTABLISHED = 1, CLOSED = 7 };

static void test_blocking_connect_ends_when_it_returns(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_reply(s, 2.11, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 2.2, SK, PEER, ESTABLISHED, 0);
	CHECK_INT(s->attempts, 0);
	put_return(s, 2.5, SK, 0);
	CHECK_INT(s->attempts, 1);
	CHECK_INT(a->result, ATTEMPT_ESTABLISHED);
	CHECK_INT(attempt_dur_ns(a), 2510000);
	CHECK_INT(a->phase_ns[PHASE_ROUTE], 10000);
	CHECK_INT(a->phase_ns[PHASE_EGRESS], 110000);
	CHECK_INT(a->phase_ns[PHASE_NETWORK], 2000000);
	CHECK_INT(a->phase_ns[PHASE_INGRESS], 90000);
	CHECK_INT(a->phase_ns[PHASE_WAKEUP], 300000);
	CHECK(a->phase_seen & 1u << PHASE_WAKEUP);
	CHECK_INT(ntohs(a->tuple.sport), 40000);
	CHECK_INT(a->isn, 0x1a2b3c4d);
	CHECK_INT(a->syn_sent, 1);
	CHECK(a->blocking);
	CHECK_STR(s->verdict[0].cause, "ok");
	stream_free(s);
}

static void test_nonblocking_connect_ends_when_established(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL | CONNECT_NONBLOCK);
	put_sent(s, 0.1, SK, PEER, 0);
	put_return(s, 0.2, SK, -EINPROGRESS);
	put_reply(s, 20, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 20.1, SK, PEER, ESTABLISHED, 0);
	CHECK_INT(s->attempts, 1);
	CHECK_INT(s->attempt[0].result, ATTEMPT_ESTABLISHED);
	CHECK(!s->attempt[0].blocking);
	CHECK(!(s->attempt[0].phase_seen & 1u << PHASE_WAKEUP));
	stream_free(s);
}

static void test_dropped_syn_is_the_cause_of_the_wait(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	put_names(s);
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_drop(s, 0.1, SK, DROP_SYN, 12, 0);
	put_sent(s, 1024, SK, PEER, 1);
	PUT(s, 1024.02, REC_RETRANSMIT, (struct rec_retransmit){.sk = SK, .transmission = 1});
	put_reply(s, 1025, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 1025.1, SK, PEER, ESTABLISHED, 0);
	put_return(s, 1025.2, SK, 0);
	CHECK_INT(a->syn_sent, 2);
	CHECK_INT(a->syn_retransmits, 1);
	CHECK_INT(a->drops, 1);
	CHECK_STR(s->drop[0].reason, "NETFILTER_DROP");
	CHECK_STR(s->drop[0].location, "nf_hook_slow+0x5c");
	CHECK_INT(a->phase_ns[PHASE_RTO_WAIT], 1023900000);
	CHECK_INT(attempt_moments(s, AT_SYN_RETRANSMIT), 1);
	CHECK_INT(attempt_moments(s, AT_DROP), 1);
	CHECK_STR(s->verdict[0].cause, "syn_dropped_locally");
	CHECK(s->verdict[0].share > 0.99);
	CHECK(strstr(s->verdict[0].text, "netfilter (NETFILTER_DROP in nf_hook_slow"));
	stream_free(s);
}

static void test_lost_syn_is_known_only_at_the_retransmit(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_sent(s, 1000.1, SK, PEER, 1);
	put_sent(s, 3000.1, SK, PEER, 2);
	put_reply(s, 3020.11, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 3020.2, SK, PEER, ESTABLISHED, 0);
	put_return(s, 3020.2, SK, 0);
	CHECK_INT(a->phase_ns[PHASE_RTO_WAIT], 2999980000);
	CHECK_INT(a->phase_ns[PHASE_NETWORK], 20000000);
	CHECK_INT(a->syns_left, 3);
	CHECK_STR(s->verdict[0].cause, "syn_unanswered");
	stream_free(s);
}

static void test_refused_by_a_listener_that_is_not_there(void)
{
	struct stream *s = stream_new();

	put_names(s);
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_drop(s, 0.2, SK, DROP_SYN, 3, 0);
	put_reply(s, 0.3, SK, TCPF_RST | TCPF_ACK);
	PUT(s, 0.31, REC_RESET, (struct rec_reset){.sk = SK, .kind = RESET_RECEIVED});
	put_state(s, 0.32, SK, PEER, CLOSED, ECONNREFUSED);
	put_return(s, 0.4, SK, -ECONNREFUSED);
	CHECK_INT(s->attempt[0].result, ATTEMPT_REFUSED);
	CHECK_INT(s->attempt[0].err, ECONNREFUSED);
	CHECK_INT(s->attempt[0].phase_ns[PHASE_RTO_WAIT], 0);
	CHECK_INT(attempt_moments(s, AT_RST), 1);
	CHECK_STR(s->verdict[0].cause, "refused");
	CHECK(strstr(s->verdict[0].text, "nobody listens on that port, on this very host"));
	stream_free(s);
}

/* Kernels before 5.17 free a SYN that is answered again like one that is dropped. */
static void test_answered_syn_was_not_dropped(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	PUT(s, 0, REC_SYMBOL,
		(struct rec_symbol){.addr = 0xffffffff81000000, .name = "tcp_v4_rcv+0x62"});
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_sent(s, 1000.1, SK, PEER, 1);
	put_drop(s, 1000.2, SK, DROP_SYN, 0, 1);
	put_reply(s, 1000.3, SK, TCPF_SYN | TCPF_ACK);
	put_drop(s, 1000.4, SK, DROP_SYN, 0, 1);
	put_state(s, 1000.5, SK, PEER, ESTABLISHED, 0);
	put_return(s, 1000.6, SK, 0);
	CHECK_INT(a->drops, 0);
	CHECK_INT(attempt_moments(s, AT_DROP), 0);
	CHECK_INT(attempt_moments(s, AT_SYN_ACK), 1);
	CHECK_STR(s->verdict[0].cause, "syn_unanswered");
	stream_free(s);
}

static void test_unanswered_syn_was_dropped(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	PUT(s, 0, REC_SYMBOL,
		(struct rec_symbol){.addr = 0xffffffff81000000, .name = "tcp_v4_rcv+0x62"});
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_drop(s, 0.2, SK, DROP_SYN, 0, 0);
	put_sent(s, 1000.1, SK, PEER, 1);
	put_reply(s, 1000.3, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 1000.5, SK, PEER, ESTABLISHED, 0);
	put_return(s, 1000.6, SK, 0);
	CHECK_INT(a->drops, 1);
	CHECK_INT(attempt_moments(s, AT_DROP), 1);
	stream_free(s);
}

static void test_timeout_counts_every_syn(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_sent(s, 1000.1, SK, PEER, 1);
	put_state(s, 3000, SK, PEER, CLOSED, ETIMEDOUT);
	put_return(s, 3000.1, SK, -ETIMEDOUT);
	CHECK_INT(s->attempt[0].result, ATTEMPT_TIMEOUT);
	CHECK_INT(s->attempt[0].phase_ns[PHASE_NETWORK], 0);
	CHECK_STR(s->verdict[0].cause, "timeout");
	CHECK(strstr(s->verdict[0].text, "2 SYNs were sent"));
	stream_free(s);
}

static void test_closed_by_the_application_is_abandoned(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL | CONNECT_NONBLOCK);
	put_sent(s, 0.1, SK, PEER, 0);
	put_return(s, 0.2, SK, -EINPROGRESS);
	put_state(s, 200, SK, PEER, CLOSED, 0);
	CHECK_INT(s->attempt[0].result, ATTEMPT_ABANDONED);
	CHECK_INT(s->attempt[0].err, 0);
	CHECK_STR(s->verdict[0].cause, "abandoned");
	stream_free(s);
}

static void test_closed_by_its_timer_is_a_timeout_also_where_the_error_is_gone(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL | CONNECT_NONBLOCK);
	put_sent(s, 0.1, SK, PEER, 0);
	put_return(s, 0.2, SK, -EINPROGRESS);
	put_sent(s, 1000, SK, PEER, 1);
	PUT(s, 3000, REC_STATE,
		(struct rec_state){.sk = SK,
			.tuple = stream_tuple(PEER, 80, 40000),
			.old_state = 2,
			.new_state = CLOSED,
			.flags = STATE_UNASKED});
	CHECK_INT(s->attempt[0].result, ATTEMPT_TIMEOUT);
	CHECK_INT(s->attempt[0].err, ETIMEDOUT);
	CHECK_STR(s->verdict[0].cause, "timeout");
	stream_free(s);
}

static void test_failure_inside_connect_takes_its_errno_from_the_return(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL | CONNECT_NONBLOCK);
	put_state(s, 0.1, SK, PEER, CLOSED, 0);
	CHECK_INT(s->attempts, 0);
	put_return(s, 0.2, SK, -EADDRNOTAVAIL);
	CHECK_INT(s->attempt[0].result, ATTEMPT_FAILED);
	CHECK_INT(s->attempt[0].err, EADDRNOTAVAIL);
	CHECK_STR(s->verdict[0].cause, "local_error");
	stream_free(s);
}

static void test_no_route_never_had_a_socket_on_its_way(void)
{
	struct stream *s = stream_new();

	put_return(s, 0.1, 0, -ENETUNREACH);
	CHECK_INT(s->attempts, 1);
	CHECK_INT(s->attempt[0].result, ATTEMPT_UNREACHABLE);
	CHECK_INT(s->attempt[0].phase_ns[PHASE_ROUTE], 100000);
	CHECK_STR(s->verdict[0].cause, "no_route");
	stream_free(s);
}

static struct rec_neigh neigh_record(enum rec_neigh_event event, __u32 state)
{
	struct rec_neigh rec = {.neigh = 9,
		.sk = event == NEIGH_WAIT ? SK : 0,
		.event = event,
		.nud_state = state,
		.family = 4,
		.dev = {.ifindex = 2, .name = "eth0"}};

	inet_pton(AF_INET, "10.9.0.254", rec.key);
	return rec;
}

static void test_neighbour_that_answers_late(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	PUT(s, 0.1, REC_NEIGH, neigh_record(NEIGH_WAIT, NUDF_INCOMPLETE));
	PUT(s, 500.1, REC_NEIGH, neigh_record(NEIGH_UPDATE, NUDF_REACHABLE));
	put_sent(s, 500.2, SK, PEER, 0);
	put_reply(s, 501, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 501, SK, PEER, ESTABLISHED, 0);
	put_return(s, 501, SK, 0);
	CHECK_INT(s->attempt[0].phase_ns[PHASE_NEIGH], 500000000);
	CHECK_STR(s->verdict[0].cause, "neighbour_slow");
	stream_free(s);
}

static void test_neighbour_that_never_answers(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	PUT(s, 0.1, REC_NEIGH, neigh_record(NEIGH_WAIT, NUDF_INCOMPLETE));
	PUT(s, 3000, REC_NEIGH, neigh_record(NEIGH_UPDATE, NUDF_FAILED));
	put_state(s, 3000.1, SK, PEER, CLOSED, EHOSTUNREACH);
	put_return(s, 3000.2, SK, -EHOSTUNREACH);
	CHECK_INT(s->attempt[0].result, ATTEMPT_UNREACHABLE);
	CHECK(s->attempt[0].phase_ns[PHASE_NEIGH] > 2999 * MS);
	CHECK_STR(s->verdict[0].cause, "neighbour_failed");
	CHECK(strstr(s->verdict[0].text, "10.9.0.254"));
	stream_free(s);
}

static void test_queue_in_front_of_the_driver(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_syn(s, 0.1, SK, PEER, 0, SYN_QUEUE);
	put_syn(s, 700.1, SK, PEER, 0, SYN_XMIT);
	put_reply(s, 701, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 701, SK, PEER, ESTABLISHED, 0);
	put_return(s, 701, SK, 0);
	CHECK_STR(s->verdict[0].cause, "egress_queueing");
	CHECK(strstr(s->verdict[0].text, "eth0"));
	stream_free(s);
}

static void test_dropped_synack_waits_for_the_next(void)
{
	struct stream *s = stream_new();

	put_names(s);
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_reply(s, 0.2, SK, TCPF_SYN | TCPF_ACK);
	put_drop(s, 0.3, SK, DROP_SYN_ACK, 12, 0);
	put_reply(s, 1000.3, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 1000.4, SK, PEER, ESTABLISHED, 0);
	put_return(s, 1000.5, SK, 0);
	CHECK_INT(s->attempt[0].phase_ns[PHASE_RTO_WAIT], 1000000000);
	CHECK_STR(s->verdict[0].cause, "synack_dropped_locally");
	stream_free(s);
}

static void test_synack_dropped_before_it_came_here(void)
{
	struct stream *s = stream_new();

	put_names(s);
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_drop(s, 0.3, SK, DROP_SYN_ACK, 12, 0);
	put_reply(s, 1000.3, SK, TCPF_SYN | TCPF_ACK); /* by the timer of the other side */
	put_state(s, 1000.4, SK, PEER, ESTABLISHED, 0);
	put_return(s, 1000.5, SK, 0);
	CHECK_INT(s->attempt[0].phase_ns[PHASE_RTO_WAIT], 1000000000);
	CHECK_STR(s->verdict[0].cause, "synack_dropped_locally");
	stream_free(s);
}

static void test_icmp_rejection_names_its_sender(void)
{
	struct stream *s = stream_new();
	struct rec_icmp icmp = {.sk = SK, .family = 4, .icmp_type = 3, .icmp_code = 13};

	inet_pton(AF_INET, "10.9.0.254", icmp.from);
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	PUT(s, 0.2, REC_ICMP, icmp);
	put_state(s, 0.3, SK, PEER, CLOSED, EHOSTUNREACH);
	put_return(s, 0.4, SK, -EHOSTUNREACH);
	CHECK_STR(s->verdict[0].cause, "rejected_icmp");
	CHECK(strstr(s->verdict[0].text, "10.9.0.254"));
	stream_free(s);
}

static void test_fast_open_counts_from_the_first_data(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_return(s, 0.1, SK, 0);
	put_sent(s, 5000, SK, PEER, 0);
	put_reply(s, 5001, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 5001, SK, PEER, ESTABLISHED, 0);
	CHECK_INT(s->attempts, 1);
	CHECK(s->attempt[0].fastopen);
	CHECK_INT(attempt_dur_ns(&s->attempt[0]), 1000000);
	CHECK_STR(s->verdict[0].cause, "ok");
	stream_free(s);
}

static void test_open_attempts_are_told_at_the_end(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_stop(s, 50);
	CHECK_INT(s->attempts, 1);
	CHECK_INT(s->attempt[0].result, ATTEMPT_IN_PROGRESS);
	CHECK_INT(attempt_dur_ns(&s->attempt[0]), 50010000);
	stream_free(s);
}

static void test_lost_return_does_not_hold_an_attempt_for_ever(void)
{
	struct stream *s = stream_new();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	put_state(s, 1, SK, PEER, ESTABLISHED, 0);
	put_tick(s, 9000);
	CHECK_INT(s->attempts, 0);
	put_tick(s, 11000);
	CHECK_INT(s->attempts, 1);
	CHECK_INT(s->attempt[0].result, ATTEMPT_ESTABLISHED);
	CHECK_INT(attempt_dur_ns(&s->attempt[0]), 1010000);
	stream_free(s);
}

static void test_table_is_bounded_and_counts_what_it_gives_up(void)
{
	struct stream *s = stream_new();

	tracker_free(s->tracker);
	s->tracker = tracker_new(&(struct tracker_cfg){.arg = s,
		.max_attempts = 4,
		.on_attempt = stream_on_attempt,
		.on_lookup = stream_on_lookup});
	for (int i = 0; i < 10; i++)
		put_connect(s, i, SK + 64 * i, PEER, CONNECT_IN_SYSCALL);
	CHECK_INT(s->attempts, 6);
	CHECK_INT(tracker_evicted(s->tracker), 6);
	put_stop(s, 20);
	CHECK_INT(s->attempts, 10);
	stream_free(s);
}

static void test_hundreds_of_retransmits_stay_bounded(void)
{
	struct stream *s = stream_new();

	put_names(s);
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	for (unsigned i = 0; i < 500; i++) {
		put_drop(s, i + 0.5, SK, DROP_SYN, 12, i);
		put_sent(s, i + 0.6, SK, PEER, i);
	}
	put_state(s, 600, SK, PEER, CLOSED, ETIMEDOUT);
	put_return(s, 600, SK, -ETIMEDOUT);
	CHECK_INT(s->attempt[0].drops, 500);
	CHECK_INT(s->attempt[0].drops_kept, ATTEMPT_DROPS);
	CHECK_INT(s->attempt[0].moments_kept, ATTEMPT_MOMENTS);
	CHECK_INT(s->attempt[0].syn_sent, 500);
	stream_free(s);
}

int main(void)
{
	UNIT_RUN(test_blocking_connect_ends_when_it_returns);
	UNIT_RUN(test_nonblocking_connect_ends_when_established);
	UNIT_RUN(test_dropped_syn_is_the_cause_of_the_wait);
	UNIT_RUN(test_lost_syn_is_known_only_at_the_retransmit);
	UNIT_RUN(test_refused_by_a_listener_that_is_not_there);
	UNIT_RUN(test_answered_syn_was_not_dropped);
	UNIT_RUN(test_unanswered_syn_was_dropped);
	UNIT_RUN(test_timeout_counts_every_syn);
	UNIT_RUN(test_closed_by_the_application_is_abandoned);
	UNIT_RUN(test_closed_by_its_timer_is_a_timeout_also_where_the_error_is_gone);
	UNIT_RUN(test_failure_inside_connect_takes_its_errno_from_the_return);
	UNIT_RUN(test_no_route_never_had_a_socket_on_its_way);
	UNIT_RUN(test_neighbour_that_answers_late);
	UNIT_RUN(test_neighbour_that_never_answers);
	UNIT_RUN(test_queue_in_front_of_the_driver);
	UNIT_RUN(test_dropped_synack_waits_for_the_next);
	UNIT_RUN(test_synack_dropped_before_it_came_here);
	UNIT_RUN(test_icmp_rejection_names_its_sender);
	UNIT_RUN(test_fast_open_counts_from_the_first_data);
	UNIT_RUN(test_open_attempts_are_told_at_the_end);
	UNIT_RUN(test_lost_return_does_not_hold_an_attempt_for_ever);
	UNIT_RUN(test_table_is_bounded_and_counts_what_it_gives_up);
	UNIT_RUN(test_hundreds_of_retransmits_stay_bounded);
	return unit_status();
}
