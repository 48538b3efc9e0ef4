// SPDX-License-Identifier: GPL-2.0-only
/* Lookups that lie between each other, and times that are out of order. */
#include "output/lookup_table.h"
#include "tests/unit/queries.h"

/* A forwarder asks on with the ID that it was asked with: whose answer it is, its tuple says. */
static void test_dropped_answer_of_a_forwarder(void)
{
	static const struct asker client = {TGID, TGID, "client", 33333, 0};
	static const struct asker forwarder = {99, 99, "dnsmasq", 44444, 0};
	struct stream *s = stream_new();

	put_names(s);
	ask_of(s, 0, &client, 5, "a.test", SERVER);
	ask_of(s, 1, &forwarder, 5, "a.test", "10.9.0.54");
	PUT(s, 2, REC_DROP,
		(struct rec_drop){.packet = DROP_DNS_ANSWER,
			.reason = 12,
			.dns_id = 5,
			.tuple = stream_tuple(SERVER, 53, 33333)});
	answer_of(s, 3, &forwarder, 5, "a.test", "10.9.0.54", 0);
	CHECK_INT(s->lookup[0].owner.tgid, 99);
	CHECK_INT(s->lookup[0].drops, 0);
	answer_of(s, 4, &client, 5, "a.test", SERVER, 0);
	CHECK_INT(s->lookup[1].owner.tgid, TGID);
	CHECK_INT(s->lookup[1].drops, 1);
	stream_free(s);
}

/* Two threads ask at the same time, on two processors. */
static void test_queries_slightly_out_of_order_are_no_retry(void)
{
	struct stream *s = stream_new();

	ask(s, 10, 1, "a.test", SERVER);
	ask(s, 9.99, 2, "a.test", SERVER);
	answer(s, 11, 1, "a.test", SERVER, 0);
	answer(s, 11.01, 2, "a.test", SERVER, 0);
	CHECK_INT(s->lookups, 2);
	CHECK_INT(s->lookup[0].tries, 1);
	CHECK_INT(s->lookup[1].tries, 1);
	stream_free(s);
}

static void test_answer_before_its_query(void)
{
	struct stream *s = stream_new();

	ask(s, 10, 1, "a.test", SERVER);
	answer(s, 9, 1, "a.test", SERVER, 0);
	CHECK_INT(s->lookups, 1);
	CHECK_INT(s->lookup[0].end_ns, s->lookup[0].start_ns);
	stream_free(s);
}

static void test_connect_that_ends_before_it_begins(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];

	ask(s, 0, 1, "a.test", SERVER);
	answer(s, 5, 1, "a.test", SERVER, 0);
	put_connect(s, 100, SK, "10.9.0.2", CONNECT_IN_SYSCALL);
	put_state(s, 50, SK, "10.9.0.2", 1, 0);
	put_return(s, 50, SK, 0);
	CHECK_INT(s->attempts, 1);
	CHECK_INT(a->start_ns, at_ms(0));
	CHECK_INT(a->end_ns, at_ms(50));
	CHECK(a->connect_ns <= a->end_ns);
	stream_free(s);
}

static void test_threads_of_a_resolver_have_names_of_their_own(void)
{
	struct rec_owner bind = {.comm = "isc-net-0001"}, loop = {.comm = "isc-loop-0000"};
	struct rec_owner other = {.comm = "isc-hmac"};

	CHECK(lookup_by_resolver(&bind));
	CHECK(lookup_by_resolver(&loop));
	CHECK(!lookup_by_resolver(&other));
}

int main(void)
{
	UNIT_RUN(test_dropped_answer_of_a_forwarder);
	UNIT_RUN(test_queries_slightly_out_of_order_are_no_retry);
	UNIT_RUN(test_answer_before_its_query);
	UNIT_RUN(test_connect_that_ends_before_it_begins);
	UNIT_RUN(test_threads_of_a_resolver_have_names_of_their_own);
	return unit_status();
}
