// SPDX-License-Identifier: GPL-2.0-only
/* The listening side, from first to last record: results and phases. */
#include "tests/unit/passives.h"

static const struct listener roomy = {.accept_max = 128};

/* The connection stands a millisecond after the SYN. */
static void put_handshake(struct stream *s)
{
	put_passive(s, 0, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0.1, &roomy, PASSIVE_SYN_ACK, 0);
	put_passive(s, 1, &roomy, PASSIVE_ESTABLISHED, 0);
}

static void test_accepted_connection_partitions_its_time(void)
{
	struct listener l = roomy;
	struct stream *s = stream_new();
	struct passive *p = &s->passive[0];

	put_passive(s, 0, &l, PASSIVE_SYN, 0);
	put_passive(s, 0.1, &l, PASSIVE_SYN_ACK, 0);
	put_passive(s, 20.1, &l, PASSIVE_ESTABLISHED, 0);
	l.accept_len = 1;
	CHECK_INT(s->passives, 0);
	put_passive(s, 320.1, &l, PASSIVE_ACCEPT, 0);
	CHECK_INT(s->passives, 1);
	CHECK_INT(p->result, PASSIVE_ACCEPTED);
	CHECK_INT(passive_dur_ns(p), 320100000);
	CHECK_INT(p->phase_ns[PASSIVE_IN_SYN_RECV], 100000);
	CHECK_INT(p->phase_ns[PASSIVE_IN_NETWORK], 20000000);
	CHECK_INT(p->phase_ns[PASSIVE_IN_QUEUE], 300000000);
	CHECK_INT(p->phase_seen, 7);
	CHECK_INT(p->syns, 1);
	CHECK_INT(p->syn_acks, 1);
	CHECK_INT(p->isn, ISN);
	CHECK(p->isn_known);
	CHECK_STR(p->dev, "eth1");
	CHECK_INT(p->owner.tgid, 7);
	CHECK_INT(p->moments_kept, 4);
	CHECK_INT(passive_moment(s, AT_ACCEPT, 0)->queue_len, 1);
	CHECK_INT(passive_moment(s, AT_ACCEPT, 0)->queue_max, 128);
	CHECK_INT(p->overflow, OVERFLOW_NONE);
	CHECK(p->queue.known && p->queue.accept_max == 128);
	CHECK(!p->client.known);
	put_passive(s, 320.2, &l, PASSIVE_ESTABLISHED, 0);
	put_stop(s, 400);
	CHECK_INT(s->passives, 1);
	stream_free(s);
}

static void test_who_accepts_may_be_another_process(void)
{
	struct rec_tuple tuple = stream_tuple("10.9.0.2", 80, 40000);
	struct stream *s = stream_new();
	struct rec_passive rec;

	put_handshake(s);
	rec = passive_record(&roomy, PASSIVE_ACCEPT, 0, &tuple, ISN);
	rec.owner.tgid = 9;
	PUT(s, 2, REC_PASSIVE, rec);
	CHECK_INT(s->passive[0].owner.tgid, 9);
	stream_free(s);
}

static void test_nobody_accepts(void)
{
	struct stream *s = stream_new();

	put_handshake(s);
	put_tick(s, 300000);
	CHECK_INT(s->passives, 0);
	put_stop(s, 300001);
	CHECK_INT(s->passive[0].result, PASSIVE_NOT_ACCEPTED);
	CHECK_INT(s->passive[0].phase_ns[PASSIVE_IN_QUEUE], 300000 * MS);
	CHECK(!s->passive[0].accept_unseen);
	stream_free(s);
}

static void test_listener_closes_before_accept(void)
{
	struct stream *s = stream_new();

	put_handshake(s);
	put_passive(s, 51, &roomy, PASSIVE_CLOSED, 0);
	CHECK_INT(s->passive[0].result, PASSIVE_NOT_ACCEPTED);
	CHECK_INT(passive_moments(s, AT_CLOSED), 1);
	stream_free(s);
}

/* io_uring takes it: that it was taken is all that is known, not when. */
static void test_accept_that_is_not_observed(void)
{
	struct stream *s = stream_new();
	struct passive *p = &s->passive[0];

	put_handshake(s);
	put_passive(s, 60000, &roomy, PASSIVE_CLOSED, PASSIVE_TAKEN);
	CHECK_INT(p->result, PASSIVE_NOT_ACCEPTED);
	CHECK(p->accept_unseen);
	CHECK_INT(passive_dur_ns(p), 1 * MS);
	CHECK(!(p->phase_seen & 1u << PASSIVE_IN_QUEUE));
	stream_free(s);
}

/* Nobody told of the accept, but the queue was empty later: it does not wait any more. */
static void test_accept_that_is_not_told(void)
{
	static const __u32 flags[] = {0, PASSIVE_COOKIE};

	for (unsigned cookie = 0; cookie < 2; cookie++)
		for (__u32 len = 0; len < 2; len++) {
			struct listener l = {.accept_max = 128, .accept_len = 1};
			struct rec_tuple other = stream_tuple("10.9.0.2", 80, 40001);
			struct stream *s = stream_new();
			bool taken = !len && !cookie;

			put_passive(s, 0, &l, PASSIVE_SYN, 0);
			put_passive(s, 0.1, &l, PASSIVE_SYN_ACK, flags[cookie]);
			put_passive(s, 1, &l, PASSIVE_ESTABLISHED, 0);
			l.accept_len = len;
			PUT(s, 500, REC_PASSIVE,
				passive_record(&l, PASSIVE_SYN, 0, &other, ISN + 1));
			put_stop(s, 60000);
			CHECK_INT(s->passives, 2);
			CHECK_INT(s->passive[0].result, PASSIVE_NOT_ACCEPTED);
			CHECK_INT(s->passive[0].accept_unseen, taken);
			CHECK_INT(passive_dur_ns(&s->passive[0]), (taken ? 1 : 60000) * MS);
			stream_free(s);
		}
}

/* How it ends when it has been served is nobody's fault. */
static void test_reset_after_an_accept_that_is_not_observed(void)
{
	struct rec_tuple tuple = stream_tuple("10.9.0.2", 80, 40000);
	struct rec_passive rec = passive_record(&roomy, PASSIVE_CLOSED, PASSIVE_TAKEN, &tuple, ISN);
	struct stream *s = stream_new();
	struct verdict v;

	put_handshake(s);
	put_passive(s, 60000, &roomy, PASSIVE_RST, 0);
	rec.err = ECONNRESET;
	PUT(s, 60000.1, REC_PASSIVE, rec);
	CHECK_INT(s->passive[0].result, PASSIVE_NOT_ACCEPTED);
	CHECK(s->passive[0].accept_unseen);
	CHECK_INT(passive_dur_ns(&s->passive[0]), 1 * MS);
	CHECK_INT(passive_moments(s, AT_RST), 0);
	verdict_of_passive(&s->passive[0], 100 * MS, &v);
	CHECK_STR(v.cause, "ok");
	stream_free(s);
}

static void test_reset_while_half_open(void)
{
	struct stream *s = stream_new();

	put_passive(s, 0, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0.1, &roomy, PASSIVE_SYN_ACK, 0);
	put_passive(s, 5, &roomy, PASSIVE_RST, 0);
	put_tick(s, 100);
	CHECK_INT(s->passives, 0);
	put_tick(s, 300);
	CHECK_INT(s->passive[0].result, PASSIVE_RESET);
	CHECK_INT(passive_dur_ns(&s->passive[0]), 5 * MS);
	CHECK_INT(passive_moments(s, AT_RST), 1);
	stream_free(s);
}

static void test_reset_in_the_accept_queue(void)
{
	struct rec_tuple tuple = stream_tuple("10.9.0.2", 80, 40000);
	struct rec_passive rec = passive_record(&roomy, PASSIVE_CLOSED, 0, &tuple, ISN);
	struct stream *s = stream_new();

	put_handshake(s);
	put_passive(s, 50, &roomy, PASSIVE_RST, 0);
	rec.err = ECONNRESET;
	PUT(s, 50.01, REC_PASSIVE, rec);
	CHECK_INT(s->passive[0].result, PASSIVE_RESET);
	CHECK_INT(s->passive[0].phase_ns[PASSIVE_IN_QUEUE], 49010000);
	CHECK_INT(passive_moment(s, AT_CLOSED, 0)->err, -ECONNRESET);
	stream_free(s);
}

/* One whose sequence number does not fit changes nothing. */
static void test_reset_that_was_not_meant(void)
{
	struct stream *s = stream_new();

	put_passive(s, 0, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0.1, &roomy, PASSIVE_SYN_ACK, 0);
	put_passive(s, 5, &roomy, PASSIVE_RST, 0);
	put_passive(s, 20, &roomy, PASSIVE_ESTABLISHED, 0);
	put_passive(s, 500, &roomy, PASSIVE_ACCEPT, 0);
	CHECK_INT(s->passives, 1);
	CHECK_INT(s->passive[0].result, PASSIVE_ACCEPTED);
	stream_free(s);
}

static void test_nobody_answers_the_syn_ack(void)
{
	struct stream *s = stream_new();
	struct passive *p = &s->passive[0];

	put_passive(s, 0, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0, &roomy, PASSIVE_SYN_ACK, 0);
	put_passive(s, 1000, &roomy, PASSIVE_SYN_ACK, 0);
	put_passive(s, 3000, &roomy, PASSIVE_SYN_ACK, 0);
	put_tick(s, 10900);
	CHECK_INT(s->passives, 0);
	put_tick(s, 11100);
	CHECK_INT(p->result, PASSIVE_TIMED_OUT);
	CHECK_INT(p->syn_acks, 3);
	CHECK_INT(passive_moments(s, AT_SYN_ACK_SENT), 1);
	CHECK_INT(passive_moments(s, AT_SYN_ACK_RETRANSMIT), 2);
	/* when a further one would have been due, the kernel gave up */
	CHECK_INT(passive_dur_ns(p), 7000 * MS);
	CHECK_INT(p->phase_ns[PASSIVE_IN_SYN_RECV], 3000 * MS);
	stream_free(s);
}

/* TCP_DEFER_ACCEPT: the client is connected and silent, and no SYN-ACK is repeated. */
static void test_ack_that_is_held_back_is_no_timeout(void)
{
	struct stream *s = stream_new();

	put_passive(s, 0, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0, &roomy, PASSIVE_SYN_ACK, 0);
	put_tick(s, 30000);
	CHECK_INT(s->passives, 0);
	put_passive(s, 31000, &roomy, PASSIVE_SYN_ACK, PASSIVE_ACKED);
	put_passive(s, 31001, &roomy, PASSIVE_ESTABLISHED, 0);
	put_passive(s, 31002, &roomy, PASSIVE_ACCEPT, 0);
	CHECK_INT(s->passive[0].result, PASSIVE_ACCEPTED);
	CHECK_INT(s->passive[0].overflow, OVERFLOW_NONE);
	CHECK(!s->passive[0].final_acks);
	stream_free(s);
}

static void test_cookie_is_not_waited_for_long(void)
{
	struct stream *s = stream_new();

	put_passive(s, 0, &roomy, PASSIVE_SYN, PASSIVE_COOKIES_ON);
	put_passive(s, 0, &roomy, PASSIVE_SYN_ACK, PASSIVE_COOKIE);
	put_tick(s, 2100);
	CHECK_INT(s->passive[0].result, PASSIVE_TIMED_OUT);
	CHECK(s->passive[0].cookies);
	CHECK_INT(s->passive[0].overflow, OVERFLOW_NONE);
	stream_free(s);
}

static void test_handshake_under_way_at_the_end(void)
{
	struct stream *s = stream_new();

	put_passive(s, 0, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0.1, &roomy, PASSIVE_SYN_ACK, 0);
	put_stop(s, 100);
	CHECK_INT(s->passive[0].result, PASSIVE_IN_PROGRESS);
	CHECK_INT(passive_dur_ns(&s->passive[0]), 100 * MS);
	stream_free(s);
}

/* ---- Fast Open ---------------------------------------------------------------------------- */

static void test_fast_open_is_accepted_before_the_final_ack(void)
{
	struct stream *s = stream_new();
	struct passive *p = &s->passive[0];

	put_passive(s, 0, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0.1, &roomy, PASSIVE_SYN_ACK, PASSIVE_FASTOPEN);
	put_passive(s, 5.1, &roomy, PASSIVE_ACCEPT, PASSIVE_FASTOPEN);
	CHECK_INT(p->result, PASSIVE_ACCEPTED);
	CHECK(p->fastopen);
	CHECK_INT(p->phase_ns[PASSIVE_IN_QUEUE], 5 * MS);
	CHECK_INT(p->phase_ns[PASSIVE_IN_NETWORK], 0);
	CHECK(!(p->phase_seen & 1u << PASSIVE_IN_NETWORK));
	stream_free(s);
}

int main(void)
{
	UNIT_RUN(test_accepted_connection_partitions_its_time);
	UNIT_RUN(test_who_accepts_may_be_another_process);
	UNIT_RUN(test_nobody_accepts);
	UNIT_RUN(test_listener_closes_before_accept);
	UNIT_RUN(test_accept_that_is_not_observed);
	UNIT_RUN(test_accept_that_is_not_told);
	UNIT_RUN(test_reset_after_an_accept_that_is_not_observed);
	UNIT_RUN(test_reset_while_half_open);
	UNIT_RUN(test_reset_in_the_accept_queue);
	UNIT_RUN(test_reset_that_was_not_meant);
	UNIT_RUN(test_nobody_answers_the_syn_ack);
	UNIT_RUN(test_ack_that_is_held_back_is_no_timeout);
	UNIT_RUN(test_cookie_is_not_waited_for_long);
	UNIT_RUN(test_handshake_under_way_at_the_end);
	UNIT_RUN(test_fast_open_is_accepted_before_the_final_ack);
	return unit_status();
}
