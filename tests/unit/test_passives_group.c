// SPDX-License-Identifier: GPL-2.0-only
/* Several sockets that listen at one port (SO_REUSEPORT): a SYN does not say whose it is. */
#include "tests/unit/passives.h"

static const struct listener roomy = {.accept_max = 128};
static const struct listener full = {.accept_len = 2, .accept_max = 1, .drops = 3};

/* An event of the socket of process TGID; its SYN is told with any socket of the group. */
static void put_of(struct stream *s, double ms, const struct listener *l,
	enum rec_passive_event event, __u32 tgid)
{
	struct rec_tuple tuple = stream_tuple("10.9.0.2", 80, 40000);
	struct rec_passive rec =
		passive_record(l, event, event == PASSIVE_SYN ? PASSIVE_GROUP : 0, &tuple, ISN);

	rec.owner.tgid = rec.owner.tid = tgid;
	rec.listener += tgid;
	PUT(s, ms, REC_PASSIVE, rec);
}

static void test_what_answers_is_the_owner(void)
{
	struct stream *s = stream_new();

	put_of(s, 0, &full, PASSIVE_SYN, 7);
	put_of(s, 0.1, &roomy, PASSIVE_SYN_ACK, 9);
	put_of(s, 0.2, &full, PASSIVE_SYN, 7); /* sent twice by the client */
	put_of(s, 1, &roomy, PASSIVE_ESTABLISHED, 9);
	put_stop(s, 500);
	CHECK_INT(s->passive[0].result, PASSIVE_NOT_ACCEPTED);
	CHECK_INT(s->passive[0].owner.tgid, 9);
	CHECK_INT(s->passive[0].overflow, OVERFLOW_NONE);
	stream_free(s);
}

/* It is all that is known; better than nothing. */
static void test_owner_while_nobody_answers(void)
{
	struct stream *s = stream_new();

	put_of(s, 0, &roomy, PASSIVE_SYN, 7);
	put_stop(s, 10);
	CHECK_INT(s->passive[0].owner.tgid, 7);
	stream_free(s);
}

static void test_full_queue_of_one_does_not_explain_the_silence_of_another(void)
{
	struct stream *s = stream_new();

	put_of(s, 0, &full, PASSIVE_SYN, 7);
	put_of(s, 1000, &full, PASSIVE_SYN, 7);
	put_stop(s, 1100);
	CHECK_INT(s->passive[0].syns, 2);
	CHECK_INT(s->passive[0].overflow, OVERFLOW_NONE);
	CHECK(!s->passive[0].queue.known);
	CHECK(!passive_moment(s, AT_SYN_RECEIVED, 0)->queue_known);
	stream_free(s);
}

/* The socket that refused the final ACK has counted it; what the other one has counted is nothing
 * to it. */
static void test_drops_of_another_socket_refuse_nothing(void)
{
	struct stream *s = stream_new();

	put_of(s, 0, &roomy, PASSIVE_SYN_ACK, 9);
	put_of(s, 900, &full, PASSIVE_SYN, 7);
	put_stop(s, 1000);
	CHECK_INT(s->passive[0].overflow, OVERFLOW_NONE);
	stream_free(s);
}

/* listen(fd, 0) still holds one connection. */
static void test_queue_of_none(void)
{
	static const struct listener none = {0};
	struct stream *s = stream_new();

	put_passive(s, 0, &none, PASSIVE_SYN, 0);
	put_stop(s, 1);
	CHECK(passive_moment(s, AT_SYN_RECEIVED, 0)->queue_known);
	stream_free(s);
}

int main(void)
{
	UNIT_RUN(test_what_answers_is_the_owner);
	UNIT_RUN(test_owner_while_nobody_answers);
	UNIT_RUN(test_full_queue_of_one_does_not_explain_the_silence_of_another);
	UNIT_RUN(test_drops_of_another_socket_refuse_nothing);
	UNIT_RUN(test_queue_of_none);
	return unit_status();
}
