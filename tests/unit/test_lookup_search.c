/* SPDX-License-Identifier: GPL-2.0-only */
/* Search lists: which misses led to the name that was found. */
#include "tests/unit/queries.h"

#define MISS "a.test.x.example"

static void test_search_list_is_counted(void)
{
	struct stream *s = stream_new();

	ask(s, 0, 1, "a.test.x.example", SERVER);
	answer(s, 100, 1, "a.test.x.example", SERVER, ns_r_nxdomain);
	ask(s, 100.1, 2, "a.test.example", SERVER);
	answer(s, 200, 2, "a.test.example", SERVER, ns_r_nxdomain);
	ask(s, 200.1, 3, "a.test", SERVER);
	answer(s, 201, 3, "a.test", SERVER, 0);
	CHECK_INT(s->lookups, 3);
	CHECK_INT(s->lookup[2].search_misses, 2);
	connect_and_return(s, 202);
	CHECK_INT(s->attempt[0].phase_ns[PHASE_DNS], 201000000);
	CHECK_STR(s->verdict[0].cause, "dns_search_list");
	stream_free(s);
}

static void ask_both(struct stream *s, double ms, unsigned id, const char *name)
{
	struct message a = message(id, 0x0100, name, ns_t_a, 0);
	struct message aaaa = message(id + 1, 0x0100, name, ns_t_aaaa, 0);

	put_message(s, ms, &a, SERVER, 0);
	put_message(s, ms, &aaaa, SERVER, 0);
}

static void miss(struct stream *s, double ms, unsigned id, unsigned qtype)
{
	struct message m = message(id, 0x8183, MISS, qtype, 0);

	put_message(s, ms, &m, SERVER, DNS_RECEIVED);
}

/* A and AAAA are asked together, and the next name when the later of them is answered. */
static void test_search_list_waits_for_both(void)
{
	static const unsigned order[][2] = {{ns_t_a, ns_t_aaaa}, {ns_t_aaaa, ns_t_a}};

	for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
		struct message none = message(4, 0x8180, "a.test", ns_t_aaaa, 0);
		struct stream *s = stream_new();

		ask_both(s, 0, 1, MISS);
		miss(s, 100, order[i][0] == ns_t_a ? 1 : 2, order[i][0]);
		miss(s, 250, order[i][1] == ns_t_a ? 1 : 2, order[i][1]);
		ask_both(s, 251, 3, "a.test");
		answer(s, 252, 3, "a.test", SERVER, 0);
		put_message(s, 253, &none, SERVER, DNS_RECEIVED);
		CHECK_INT(s->lookups, 4);
		CHECK_INT(s->lookup[2].search_misses, 1);
		CHECK_INT(s->lookup[3].search_misses, 1);
		CHECK_INT(s->lookup[3].chain_start_ns, at_ms(0));
		stream_free(s);
	}
}

/* Asked MS after the miss, inside one getaddrinfo() or without any seen. */
static unsigned misses_before(double ms, bool call)
{
	struct stream *s = stream_new();
	unsigned misses;

	if (call)
		gai_call(s, 0, "a.test");
	ask(s, 1, 1, MISS, SERVER);
	answer(s, 100, 1, MISS, SERVER, ns_r_nxdomain);
	ask(s, 100 + ms, 2, "a.test", SERVER);
	answer(s, 101 + ms, 2, "a.test", SERVER, 0);
	CHECK_INT(s->lookups, 2);
	misses = s->lookup[1].search_misses;
	stream_free(s);
	return misses;
}

/* The thread that waited for the answer may have to wait for a processor as well. */
static void test_search_list_goes_on_late(void)
{
	CHECK_INT(misses_before(1, true), 1);
	CHECK_INT(misses_before(3000, true), 1);
	CHECK_INT(misses_before(99, false), 1);
	CHECK_INT(misses_before(101, false), 0);
}

/* What asks twice is the program. */
static void test_two_calls_are_two_searches(void)
{
	struct stream *s = stream_new();

	gai_call(s, 0, MISS);
	ask(s, 1, 1, MISS, SERVER);
	answer(s, 100, 1, MISS, SERVER, ns_r_nxdomain);
	gai_return(s, 100.1, -2, NULL);
	gai_call(s, 100.2, "a.test");
	ask(s, 100.3, 2, "a.test", SERVER);
	answer(s, 101, 2, "a.test", SERVER, 0);
	CHECK_INT(s->lookups, 2);
	CHECK_INT(s->lookup[1].search_misses, 0);
	CHECK_INT(s->lookup[1].chain_start_ns, s->lookup[1].start_ns);
	stream_free(s);
}

/* Asked at once after a miss, and no part of its search. */
static void test_other_questions_do_not_join(void)
{
	static const struct {
		struct asker who;
		const char *name;
		unsigned qtype;
	} other[] = {
		{{99, 99, "other", 44444, 0}, "a.test", ns_t_a},
		{{TGID, TGID, "client", 33333, 0}, "a.test", ns_t_mx},
		{{TGID, TGID, "client", 33333, 0}, "b.test", ns_t_a},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(other); i++) {
		struct message q = message(2, 0x0100, other[i].name, other[i].qtype, 0);
		struct message no = message(2, 0x8183, other[i].name, other[i].qtype, 0);
		struct stream *s = stream_new();

		ask(s, 0, 1, MISS, SERVER);
		answer(s, 100, 1, MISS, SERVER, ns_r_nxdomain);
		put_message_of(s, 100.1, &other[i].who, &q, SERVER, 0);
		put_message_of(s, 101, &other[i].who, &no, SERVER, DNS_RECEIVED);
		CHECK_INT(s->lookups, 2);
		CHECK_INT(s->lookup[1].search_misses, 0);
		stream_free(s);
	}
}

/* A name that somebody else asked for in the meantime does not exist either. */
static void test_search_list_around_a_miss_of_another(void)
{
	static const struct asker other = {99, 99, "other", 44444, 0};
	struct message no = message(9, 0x8183, "x.test", ns_t_a, 0);
	struct stream *s = stream_new();

	ask(s, 0, 1, "a.test.corp.test", SERVER);
	ask_of(s, 50, &other, 9, "x.test", SERVER);
	put_message_of(s, 60, &other, &no, SERVER, DNS_RECEIVED);
	answer(s, 300, 1, "a.test.corp.test", SERVER, ns_r_nxdomain);
	ask(s, 300.1, 2, "a.test", SERVER);
	answer(s, 301, 2, "a.test", SERVER, 0);
	CHECK_INT(s->lookups, 3);
	CHECK_INT(s->lookup[2].search_misses, 1);
	CHECK_INT(s->lookup[2].chain_start_ns, at_ms(0));
	stream_free(s);
}

int main(void)
{
	UNIT_RUN(test_search_list_is_counted);
	UNIT_RUN(test_search_list_waits_for_both);
	UNIT_RUN(test_search_list_goes_on_late);
	UNIT_RUN(test_two_calls_are_two_searches);
	UNIT_RUN(test_other_questions_do_not_join);
	UNIT_RUN(test_search_list_around_a_miss_of_another);
	return unit_status();
}
