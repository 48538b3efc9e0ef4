// SPDX-License-Identifier: GPL-2.0-only
/* The listening side: records out of order, lost and repeated, more than one connection, bounds. */
#include "tests/unit/passives.h"

static const struct listener roomy = {.accept_max = 128};

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
