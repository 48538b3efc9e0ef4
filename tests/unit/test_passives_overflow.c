// SPDX-License-Identifier: GPL-2.0-only
/* Queues of a listening socket that are full: what is inferred, what is seen, what is neither. */
#include "tests/unit/passives.h"

static const struct listener roomy = {.accept_max = 128};
static const struct listener full = {.accept_len = 2, .accept_max = 1};

static void test_full_accept_queue_swallows_syns(void)
{
	struct listener l = full;
	struct stream *s = stream_new();
	struct passive *p = &s->passive[0];

	put_passive(s, 0, &l, PASSIVE_SYN, PASSIVE_COOKIES_ON);
	put_passive(s, 1000, &l, PASSIVE_SYN, PASSIVE_COOKIES_ON);
	l.accept_len = 0;
	put_passive(s, 3000, &l, PASSIVE_SYN, PASSIVE_COOKIES_ON);
	put_passive(s, 3000.1, &l, PASSIVE_SYN_ACK, 0);
	put_passive(s, 3001, &l, PASSIVE_ESTABLISHED, 0);
	put_passive(s, 3002, &l, PASSIVE_ACCEPT, 0);
	CHECK_INT(p->result, PASSIVE_ACCEPTED);
	CHECK_INT(p->syns, 3);
	CHECK_INT(p->overflow, OVERFLOW_ACCEPT_QUEUE);
	CHECK_INT(p->overflowed, 2);
	CHECK(p->inferred);
	CHECK(!p->final_acks);
	CHECK_INT(p->queue.accept_len, 2);
	CHECK_INT(p->queue.accept_max, 1);
	CHECK_INT(p->phase_ns[PASSIVE_IN_SYN_RECV], 3000100000);
	CHECK_INT(passive_moments(s, AT_OVERFLOW), 2);
	CHECK_INT(passive_moment(s, AT_OVERFLOW, 1)->ts_ns, at_ms(1000));
	CHECK_INT(passive_moment(s, AT_OVERFLOW, 1)->queue_len, 2);
	CHECK_INT(passive_moment(s, AT_OVERFLOW, 1)->queue_max, 1);
	stream_free(s);
}

static void test_client_gives_up(void)
{
	struct stream *s = stream_new();
	struct passive *p = &s->passive[0];

	put_passive(s, 0, &full, PASSIVE_SYN, 0);
	put_passive(s, 1000, &full, PASSIVE_SYN, 0);
	put_tick(s, 6900);
	CHECK_INT(s->passives, 0);
	put_tick(s, 7100);
	CHECK_INT(p->result, PASSIVE_OVERFLOWED);
	CHECK_INT(p->overflowed, 2);
	CHECK_INT(passive_dur_ns(p), 3000 * MS);
	stream_free(s);
}

static void test_overflow_is_known_without_a_further_syn(void)
{
	struct stream *s = stream_new();

	put_passive(s, 0, &full, PASSIVE_SYN, 0);
	put_stop(s, 100);
	CHECK_INT(s->passive[0].result, PASSIVE_IN_PROGRESS);
	CHECK_INT(s->passive[0].overflow, OVERFLOW_ACCEPT_QUEUE);
	stream_free(s);
}

/* A queue of m holds m + 1 connections: this one has room for one more. */
static void test_accept_queue_that_is_not_quite_full(void)
{
	struct listener l = {.accept_len = 1, .accept_max = 1};
	struct stream *s = stream_new();

	put_passive(s, 0, &l, PASSIVE_SYN, 0);
	put_passive(s, 1000, &l, PASSIVE_SYN, 0);
	put_stop(s, 1100);
	CHECK_INT(s->passive[0].overflow, OVERFLOW_NONE);
	stream_free(s);
}

/* Between the device and the socket the last place was taken. */
static void test_accept_queue_that_fills_up_meanwhile(void)
{
	struct listener l = {.accept_len = 1, .accept_max = 1, .drops = 5};
	struct stream *s = stream_new();

	put_passive(s, 0, &l, PASSIVE_SYN, 0);
	l.accept_len = 2;
	l.drops = 6;
	put_passive(s, 1000, &l, PASSIVE_SYN, 0);
	put_stop(s, 1100);
	CHECK_INT(s->passive[0].overflow, OVERFLOW_ACCEPT_QUEUE);
	CHECK_INT(s->passive[0].overflowed, 2);
	CHECK_INT(s->passive[0].queue.accept_len, 2);
	stream_free(s);
}

static void test_full_syn_queue_without_cookies(void)
{
	struct listener l = {.accept_max = 4, .syn_len = 4};
	struct stream *s = stream_new();
	struct passive *p = &s->passive[0];

	put_passive(s, 0, &l, PASSIVE_SYN, 0);
	put_passive(s, 1000, &l, PASSIVE_SYN, 0);
	put_stop(s, 1300);
	CHECK_INT(p->overflow, OVERFLOW_SYN_QUEUE);
	CHECK_INT(p->overflowed, 2);
	CHECK(p->inferred);
	CHECK_INT(passive_moment(s, AT_OVERFLOW, 0)->queue_len, 4);
	CHECK(passive_moment(s, AT_OVERFLOW, 0)->syn_queue);
	CHECK_INT(passive_moment(s, AT_OVERFLOW, 0)->queue_max, 4);
	stream_free(s);
}

/* With cookies it refuses nothing, and the accept queue is what counts. */
static void test_full_syn_queue_with_cookies(void)
{
	struct listener l = {.accept_max = 4, .syn_len = 4};
	struct stream *s = stream_new();

	put_passive(s, 0, &l, PASSIVE_SYN, PASSIVE_COOKIES_ON);
	put_passive(s, 1000, &l, PASSIVE_SYN, PASSIVE_COOKIES_ON);
	put_stop(s, 1300);
	CHECK_INT(s->passive[0].overflow, OVERFLOW_NONE);
	stream_free(s);

	s = stream_new();
	l.accept_len = 5;
	put_passive(s, 0, &l, PASSIVE_SYN, PASSIVE_COOKIES_ON);
	put_stop(s, 300);
	CHECK_INT(s->passive[0].overflow, OVERFLOW_ACCEPT_QUEUE);
	stream_free(s);
}

/* The client is connected as far as it knows; the server repeats its SYN-ACK. */
static void test_final_ack_finds_the_queue_full(void)
{
	struct listener l = {.accept_max = 1, .accept_len = 1, .drops = 3};
	struct stream *s = stream_new();
	struct passive *p = &s->passive[0];

	put_passive(s, 0, &l, PASSIVE_SYN, 0);
	put_passive(s, 0.1, &l, PASSIVE_SYN_ACK, 0);
	l.accept_len = 2;
	l.drops = 4;
	put_passive(s, 1000, &l, PASSIVE_SYN_ACK, PASSIVE_ACKED);
	l.accept_len = 0;
	put_passive(s, 1001, &l, PASSIVE_ESTABLISHED, 0);
	put_passive(s, 1002, &l, PASSIVE_ACCEPT, 0);
	CHECK_INT(p->result, PASSIVE_ACCEPTED);
	CHECK_INT(p->overflow, OVERFLOW_ACCEPT_QUEUE);
	CHECK_INT(p->overflowed, 1);
	CHECK(p->final_acks);
	CHECK(!p->inferred);
	CHECK_INT(p->queue.accept_len, 2);
	CHECK_INT(p->phase_ns[PASSIVE_IN_SYN_RECV], 1000 * MS);
	stream_free(s);
}

/* There is room again when the SYN-ACK is repeated: the socket's counter still tells. */
static void test_final_ack_was_refused_a_while_ago(void)
{
	struct listener l = {.accept_max = 1, .accept_len = 1, .drops = 3};
	struct stream *s = stream_new();
	struct passive *p = &s->passive[0];

	put_passive(s, 0, &l, PASSIVE_SYN, 0);
	put_passive(s, 0.1, &l, PASSIVE_SYN_ACK, 0);
	l.accept_len = 0;
	l.drops = 4;
	put_passive(s, 1000, &l, PASSIVE_SYN_ACK, PASSIVE_ACKED);
	put_stop(s, 1100);
	CHECK_INT(p->overflow, OVERFLOW_ACCEPT_QUEUE);
	CHECK(p->final_acks);
	CHECK(!p->queue.known);
	stream_free(s);
}

/* TCP_DEFER_ACCEPT holds the ACK back: the socket counts that as a drop, and nothing was full. */
static void test_final_ack_that_is_held_back_was_not_refused(void)
{
	struct listener l = {.accept_max = 5, .drops = 3, .flags = PASSIVE_DEFERS};
	struct stream *s = stream_new();
	struct passive *p = &s->passive[0];

	put_passive(s, 0, &l, PASSIVE_SYN, 0);
	put_passive(s, 0.1, &l, PASSIVE_SYN_ACK, 0);
	l.drops = 4;
	put_passive(s, 1000, &l, PASSIVE_SYN_ACK, PASSIVE_ACKED);
	put_passive(s, 1001, &l, PASSIVE_ESTABLISHED, 0);
	put_passive(s, 1002, &l, PASSIVE_ACCEPT, 0);
	CHECK_INT(p->overflow, OVERFLOW_NONE);
	CHECK(p->deferred && !p->unanswered);
	stream_free(s);
}

static void test_final_ack_never_gets_in(void)
{
	struct listener l = {.accept_max = 1, .accept_len = 2, .drops = 3};
	struct stream *s = stream_new();

	put_passive(s, 0, &l, PASSIVE_SYN_ACK, 0);
	put_passive(s, 1000, &l, PASSIVE_SYN_ACK, PASSIVE_ACKED);
	put_passive(s, 3000, &l, PASSIVE_SYN_ACK, PASSIVE_ACKED);
	put_tick(s, 12000);
	CHECK_INT(s->passive[0].result, PASSIVE_OVERFLOWED);
	CHECK_INT(s->passive[0].overflowed, 2);
	CHECK(s->passive[0].final_acks);
	stream_free(s);
}

/* First a SYN finds no room, then the final ACK: the client has waited for the SYN only. */
static void test_syn_and_final_ack_find_the_queue_full(void)
{
	struct listener l = {.accept_max = 1, .accept_len = 2, .drops = 3};
	struct stream *s = stream_new();
	struct passive *p = &s->passive[0];

	put_passive(s, 0, &l, PASSIVE_SYN, 0);
	l.accept_len = 1;
	put_passive(s, 1000, &l, PASSIVE_SYN, 0);
	put_passive(s, 1000.1, &l, PASSIVE_SYN_ACK, 0);
	l.accept_len = 2;
	l.drops = 5;
	put_passive(s, 2000, &l, PASSIVE_SYN_ACK, PASSIVE_ACKED);
	put_passive(s, 2001, &l, PASSIVE_ESTABLISHED, 0);
	put_passive(s, 2002, &l, PASSIVE_ACCEPT, 0);
	CHECK_INT(p->overflowed, 2);
	CHECK_INT(p->final_acks, 1);
	stream_free(s);
}

/* Newest kernels say so when they free the ACK; it does not count again with the SYN-ACK. */
static void test_final_ack_that_the_kernel_tells_of(void)
{
	struct listener l = {.accept_max = 1, .accept_len = 2, .drops = 3};
	struct stream *s = stream_new();

	PUT(s, 0, REC_REASON,
		(struct rec_reason){.code = 90, .subsys = "core", .name = "TCP_LISTEN_OVERFLOW"});
	put_passive(s, 0, &l, PASSIVE_SYN_ACK, 0);
	put_passive_drop(s, 0.5, DROP_ACK, 90);
	l.drops = 4;
	put_passive(s, 1000, &l, PASSIVE_SYN_ACK, PASSIVE_ACKED);
	put_stop(s, 1001);
	CHECK_INT(s->passive[0].overflowed, 1);
	CHECK_INT(passive_moment(s, AT_OVERFLOW, 0)->ts_ns, at_ms(0.5));
	CHECK_INT(s->passive[0].drops, 1);
	stream_free(s);
}

static void test_dropped_syn_is_no_overflow(void)
{
	struct stream *s = stream_new();

	put_names(s);
	put_passive(s, 0, &full, PASSIVE_SYN, 0);
	put_passive_drop(s, 0.01, DROP_SYN, 12);
	put_tick(s, 3100);
	CHECK_INT(s->passive[0].result, PASSIVE_TIMED_OUT);
	CHECK_INT(s->passive[0].overflow, OVERFLOW_NONE);
	CHECK_INT(s->passive[0].drops, 1);
	CHECK_STR(s->passive_drop[0].reason, "NETFILTER_DROP");
	CHECK_INT(passive_moments(s, AT_DROP), 1);
	CHECK_INT(passive_moment(s, AT_DROP, 0)->drop, 0);
	stream_free(s);
}

static void test_drop_of_something_else(void)
{
	struct stream *s = stream_new();

	put_names(s);
	put_passive(s, 0, &roomy, PASSIVE_SYN, 0);
	PUT(s, 0.01, REC_DROP,
		(struct rec_drop){.packet = DROP_SYN,
			.reason = 12,
			.tuple = stream_tuple("10.9.0.2", 80, 40001),
			.seq = ISN});
	PUT(s, 0.02, REC_DROP,
		(struct rec_drop){.packet = DROP_SYN,
			.reason = 12,
			.tuple = stream_tuple("10.9.0.2", 80, 40000),
			.seq = ISN + 1});
	put_stop(s, 1);
	CHECK_INT(s->passive[0].drops, 0);
	stream_free(s);
}

int main(void)
{
	UNIT_RUN(test_full_accept_queue_swallows_syns);
	UNIT_RUN(test_client_gives_up);
	UNIT_RUN(test_overflow_is_known_without_a_further_syn);
	UNIT_RUN(test_accept_queue_that_is_not_quite_full);
	UNIT_RUN(test_accept_queue_that_fills_up_meanwhile);
	UNIT_RUN(test_full_syn_queue_without_cookies);
	UNIT_RUN(test_full_syn_queue_with_cookies);
	UNIT_RUN(test_final_ack_finds_the_queue_full);
	UNIT_RUN(test_final_ack_was_refused_a_while_ago);
	UNIT_RUN(test_final_ack_that_is_held_back_was_not_refused);
	UNIT_RUN(test_final_ack_never_gets_in);
	UNIT_RUN(test_syn_and_final_ack_find_the_queue_full);
	UNIT_RUN(test_final_ack_that_the_kernel_tells_of);
	UNIT_RUN(test_dropped_syn_is_no_overflow);
	UNIT_RUN(test_drop_of_something_else);
	return unit_status();
}
