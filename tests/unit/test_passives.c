// SPDX-License-Identifier: GPL-2.0-only
/* The listening side, from first to last record: results, phases, order, bounds. */
#include "tests/unit/passives.h"

static const struct listener roomy = {.accept_max = 128};

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

	put_passive(s, 0, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0.1, &roomy, PASSIVE_SYN_ACK, 0);
	put_passive(s, 1, &roomy, PASSIVE_ESTABLISHED, 0);
	rec = passive_record(&roomy, PASSIVE_ACCEPT, 0, &tuple, ISN);
	rec.owner.tgid = 9;
	PUT(s, 2, REC_PASSIVE, rec);
	CHECK_INT(s->passive[0].owner.tgid, 9);
	stream_free(s);
}

static void test_nobody_accepts(void)
{
	struct stream *s = stream_new();

	put_passive(s, 0, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0.1, &roomy, PASSIVE_SYN_ACK, 0);
	put_passive(s, 1, &roomy, PASSIVE_ESTABLISHED, 0);
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

	put_passive(s, 0, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0.1, &roomy, PASSIVE_SYN_ACK, 0);
	put_passive(s, 1, &roomy, PASSIVE_ESTABLISHED, 0);
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

	put_passive(s, 0, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0.1, &roomy, PASSIVE_SYN_ACK, 0);
	put_passive(s, 1, &roomy, PASSIVE_ESTABLISHED, 0);
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

	put_passive(s, 0, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0.1, &roomy, PASSIVE_SYN_ACK, 0);
	put_passive(s, 1, &roomy, PASSIVE_ESTABLISHED, 0);
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

	put_passive(s, 0, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0.1, &roomy, PASSIVE_SYN_ACK, 0);
	put_passive(s, 1, &roomy, PASSIVE_ESTABLISHED, 0);
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

/* ---- order, repetition, bounds ------------------------------------------------------------ */

/* Two processors tell of the same microsecond. */
static void test_records_out_of_order(void)
{
	struct stream *s = stream_new();
	struct passive *p = &s->passive[0];

	put_passive(s, 0.1, &roomy, PASSIVE_SYN_ACK, 0);
	put_passive(s, 0, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 2.001, &roomy, PASSIVE_ACCEPT, 0);
	CHECK_INT(s->passives, 0);
	put_passive(s, 2, &roomy, PASSIVE_ESTABLISHED, 0);
	CHECK_INT(s->passives, 1);
	CHECK_INT(p->result, PASSIVE_ACCEPTED);
	CHECK_INT(p->start_ns, at_ms(0));
	CHECK_INT(p->phase_ns[PASSIVE_IN_SYN_RECV], 100000);
	CHECK_INT(p->phase_ns[PASSIVE_IN_NETWORK], 1900000);
	CHECK_INT(p->phase_ns[PASSIVE_IN_QUEUE], 1000);
	stream_free(s);
}

static void test_record_of_the_final_ack_is_lost(void)
{
	struct stream *s = stream_new();
	struct passive *p = &s->passive[0];

	put_passive(s, 0, &roomy, PASSIVE_SYN, 0);
	put_passive(s, 0.1, &roomy, PASSIVE_SYN_ACK, 0);
	put_passive(s, 2, &roomy, PASSIVE_ACCEPT, 0);
	put_tick(s, 60);
	CHECK_INT(s->passives, 1);
	CHECK_INT(p->result, PASSIVE_ACCEPTED);
	CHECK(!(p->phase_seen & 1u << PASSIVE_IN_QUEUE));
	stream_free(s);
}

static void test_only_accept_is_seen(void)
{
	struct stream *s = stream_new();

	put_passive(s, 0, &roomy, PASSIVE_ACCEPT, 0);
	put_tick(s, 60);
	CHECK_INT(s->passive[0].result, PASSIVE_ACCEPTED);
	CHECK_INT(s->passive[0].phase_seen, 0);
	CHECK_INT(passive_dur_ns(&s->passive[0]), 0);
	stream_free(s);
}

/* A bridge shows it to the port and to itself. */
static void test_same_syn_on_two_devices_counts_once(void)
{
	struct rec_tuple tuple = stream_tuple("10.9.0.2", 80, 40000);
	struct rec_passive rec = passive_record(&roomy, PASSIVE_SYN, 0, &tuple, ISN);
	struct stream *s = stream_new();

	PUT(s, 0, REC_PASSIVE, rec);
	rec.dev.ifindex = 4;
	PUT(s, 0.01, REC_PASSIVE, rec);
	put_passive(s, 1000, &roomy, PASSIVE_SYN, 0);
	put_stop(s, 1001);
	CHECK_INT(s->passive[0].syns, 2);
	stream_free(s);
}

static void put_isn(struct stream *s, double ms, enum rec_passive_event event, __u32 isn)
{
	struct rec_tuple tuple = stream_tuple("10.9.0.2", 80, 40000);

	PUT(s, ms, REC_PASSIVE, passive_record(&roomy, event, 0, &tuple, isn));
}

static void test_another_isn_is_another_connection(void)
{
	struct stream *s = stream_new();

	put_isn(s, 0, PASSIVE_SYN, 1);
	put_isn(s, 100, PASSIVE_SYN, 2);
	CHECK_INT(s->passives, 1);
	CHECK_INT(s->passive[0].isn, 1);
	CHECK_INT(s->passive[0].result, PASSIVE_TIMED_OUT);
	put_isn(s, 100.1, PASSIVE_SYN_ACK, 2);
	put_isn(s, 101, PASSIVE_ESTABLISHED, 2);
	put_isn(s, 102, PASSIVE_ACCEPT, 2);
	CHECK_INT(s->passives, 2);
	CHECK_INT(s->passive[1].result, PASSIVE_ACCEPTED);
	put_isn(s, 200, PASSIVE_SYN, 3);
	put_stop(s, 201);
	CHECK_INT(s->passives, 3);
	CHECK_INT(s->passive[2].isn, 3);
	CHECK_INT(s->passive[2].syns, 1);
	stream_free(s);
}

/* The namespace belongs to the key: containers use the same addresses. */
static void test_same_tuple_in_two_namespaces(void)
{
	struct rec_tuple tuple = stream_tuple("10.9.0.2", 80, 40000);
	struct rec_passive rec = passive_record(&roomy, PASSIVE_SYN, 0, &tuple, ISN);
	struct stream *s = stream_new();

	PUT(s, 0, REC_PASSIVE, rec);
	rec.owner.netns = 9;
	PUT(s, 0, REC_PASSIVE, rec);
	put_stop(s, 1);
	CHECK_INT(s->passives, 2);
	CHECK_INT(s->passive[0].syns, 1);
	stream_free(s);
}

static void test_for_a_client_only(void)
{
	struct stream *s = stream_new();

	put_passive(s, 0, &roomy, PASSIVE_SYN, PASSIVE_FOR_CLIENT);
	put_passive(s, 0.1, &roomy, PASSIVE_SYN_ACK, PASSIVE_FOR_CLIENT);
	put_passive(s, 1, &roomy, PASSIVE_ESTABLISHED, PASSIVE_FOR_CLIENT);
	put_passive(s, 2, &roomy, PASSIVE_ACCEPT, PASSIVE_FOR_CLIENT);
	put_stop(s, 3);
	CHECK_INT(s->passives, 0);
	stream_free(s);
}

static void test_table_is_bounded_and_counts_what_it_gives_up(void)
{
	struct stream *s = stream_new();

	tracker_free(s->tracker);
	s->tracker = tracker_new(&(struct tracker_cfg){.max_passives = 2,
		.arg = s,
		.on_attempt = stream_on_attempt,
		.on_lookup = stream_on_lookup,
		.on_passive = stream_on_passive});
	for (unsigned i = 0; i < 4; i++) {
		struct rec_tuple tuple = stream_tuple("10.9.0.2", 80, (__u16)(40000 + i));

		PUT(s, i, REC_PASSIVE, passive_record(&roomy, PASSIVE_SYN, 0, &tuple, i + 1));
	}
	CHECK_INT(s->passives, 2);
	CHECK_INT(s->passive[0].result, PASSIVE_IN_PROGRESS);
	CHECK_INT(s->passive[0].isn, 1);
	CHECK_INT(tracker_evicted(s->tracker), 2);
	stream_free(s);
}

static void test_many_syn_acks_stay_bounded(void)
{
	struct stream *s = stream_new();

	put_names(s);
	for (unsigned i = 0; i < 500; i++) {
		put_passive(s, 10 * i, &roomy, PASSIVE_SYN_ACK, 0);
		put_passive_drop(s, 10 * i + 1, DROP_SYN_ACK, 12);
	}
	put_stop(s, 5000);
	CHECK_INT(s->passive[0].syn_acks, 500);
	CHECK_INT(s->passive[0].moments, 1000);
	CHECK_INT(s->passive[0].moments_kept, ATTEMPT_MOMENTS);
	CHECK_INT(s->passive[0].drops, 500);
	CHECK_INT(s->passive[0].drops_kept, ATTEMPT_DROPS);
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
	UNIT_RUN(test_records_out_of_order);
	UNIT_RUN(test_record_of_the_final_ack_is_lost);
	UNIT_RUN(test_only_accept_is_seen);
	UNIT_RUN(test_same_syn_on_two_devices_counts_once);
	UNIT_RUN(test_another_isn_is_another_connection);
	UNIT_RUN(test_same_tuple_in_two_namespaces);
	UNIT_RUN(test_for_a_client_only);
	UNIT_RUN(test_table_is_bounded_and_counts_what_it_gives_up);
	UNIT_RUN(test_many_syn_acks_stay_bounded);
	return unit_status();
}
