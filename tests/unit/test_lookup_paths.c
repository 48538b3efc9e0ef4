/* SPDX-License-Identifier: GPL-2.0-only */
/* Lookups that go through others, side by side, too late, or where nobody sees them. */
#include "tests/unit/queries.h"

#define STUB     "127.0.0.53"
#define UPSTREAM "10.9.2.53"

static const struct asker client = {TGID, TGID, "client", 33333, 0};
static const struct asker resolver = {12, 12, "systemd-resolve", 44444, 0};
static const struct asker stranger = {13, 13, "getent", 44445, 0};

/* A connect of TGID that is established at once. */
static void connect_of(
	struct stream *s, double ms, __u64 sk, __u32 tgid, const char *addr, __u16 port)
{
	struct rec_connect rec = {
		.sk = sk, .owner = stream_owner(tgid), .tuple = stream_tuple(addr, port, 0)};

	if (tgid == resolver.tgid)
		snprintf(rec.owner.comm, sizeof(rec.owner.comm), "%s", resolver.comm);
	PUT(s, ms, REC_CONNECT, rec);
	PUT(s, ms + 1, REC_STATE,
		(struct rec_state){.sk = sk,
			.tuple = stream_tuple(addr, port, 40000),
			.old_state = 2,
			.new_state = 1});
}

static void check_hidden(const struct attempt *a)
{
	CHECK_INT(a->dns_link, DNS_LINK_NOT_OBSERVED);
	CHECK_STR(a->name, "");
	CHECK(!(a->phase_seen & (1U << PHASE_DNS | 1U << PHASE_THINK)));
	CHECK(!a->lookup);
}

/* ---- a query inside a query --------------------------------------------------------------- */

static void test_slow_upstream_is_named(void)
{
	struct stream *s = stream_new();

	ask_of(s, 0, &client, 1, "a.test", STUB);
	ask_of(s, 1, &resolver, 2, "a.test", UPSTREAM);
	answer_of(s, 399, &resolver, 2, "a.test", UPSTREAM, 0);
	answer_of(s, 400, &client, 1, "a.test", STUB, 0);
	CHECK_INT(s->lookups, 2);
	CHECK_INT(s->lookup[0].upstream.owner.tgid, 0);
	CHECK_INT(s->lookup[1].upstream.owner.tgid, 12);
	CHECK_INT(s->lookup[1].upstream.dur_ns, 398 * MS);
	CHECK(s->lookup[1].upstream.answered);
	connect_and_return(s, 400.5);
	CHECK_INT(s->attempt[0].dns_link, DNS_LINK_ANSWER);
	CHECK_INT(s->attempt[0].phase_ns[PHASE_DNS], 400 * MS);
	CHECK(strstr(s->verdict[0].text, "10.9.2.53, asked by systemd-resolve[12], took 398 ms"));
	stream_free(s);
}

static void test_upstream_asked_twice_counts_as_one_time(void)
{
	struct stream *s = stream_new();

	ask_of(s, 0, &client, 1, "a.test", STUB);
	ask_of(s, 1, &resolver, 2, "a.test", UPSTREAM);
	answer_of(s, 300, &resolver, 2, "a.test", UPSTREAM, 0);
	ask_of(s, 301, &resolver, 3, "a.test", UPSTREAM);
	answer_of(s, 600, &resolver, 3, "a.test", UPSTREAM, 0);
	answer_of(s, 601, &client, 1, "a.test", STUB, 0);
	CHECK_INT(s->lookup[2].upstream.dur_ns, 599 * MS);
	CHECK_INT(s->lookup[2].upstream.tries, 2);
	stream_free(s);
}

static void test_silent_upstream_is_named(void)
{
	struct stream *s = stream_new();

	gai_call(s, 0, "a.test");
	ask_of(s, 1, &client, 1, "a.test", STUB);
	ask_of(s, 2, &resolver, 2, "a.test", UPSTREAM);
	ask_of(s, 1001, &client, 1, "a.test", STUB);
	gai_return(s, 2001, -3, NULL);
	CHECK_STR(s->lookup_verdict[0].cause, "dns_timeout");
	CHECK(!s->lookup[0].upstream.answered);
	CHECK(strstr(s->lookup_verdict[0].text, "systemd-resolve[12], did not answer in 2.00 s"));
	stream_free(s);
}

/* Two programs that ask one server, or of which one is no resolver, have nothing to do with each
 * other. */
static void test_neighbours_are_not_upstream(void)
{
	struct stream *s = stream_new();

	ask_of(s, 0, &client, 1, "a.test", STUB);
	ask_of(s, 1, &stranger, 2, "a.test", UPSTREAM);
	ask_of(s, 2, &resolver, 3, "a.test", STUB);
	ask_of(s, 3, &resolver, 4, "b.test", UPSTREAM);
	answer_of(s, 400, &client, 1, "a.test", STUB, 0);
	CHECK_INT(s->lookup[0].upstream.owner.tgid, 0);
	stream_free(s);
}

/* Who asked UPSTREAM while WHO waited for SERVER's answer, as far as that explains the wait: a
 * process, or 0. */
static __u32 upstream_of(const struct asker *who, const char *server)
{
	struct stream *s = stream_new();
	__u32 tgid;

	ask_of(s, 0, who, 1, "a.test", server);
	ask_of(s, 1, &resolver, 2, "a.test", UPSTREAM);
	answer_of(s, 399, &resolver, 2, "a.test", UPSTREAM, 0);
	answer_of(s, 400, who, 1, "a.test", server, 0);
	CHECK_INT(s->lookups, 2);
	tgid = s->lookup[1].upstream.owner.tgid;
	stream_free(s);
	return tgid;
}

/* 127.0.0.53 is a place of its own in each namespace; a bridge's address is not. */
static void test_other_namespaces_are_not_upstream(void)
{
	struct asker inside = client;

	inside.netns = 8;
	CHECK_INT(upstream_of(&inside, STUB), 0);
	CHECK_INT(upstream_of(&inside, "172.17.0.1"), 12);
}

/* The resolver asks the same for somebody else: one who asks another host waits for that one.
 * 10.9.0.1 is this host itself. */
static void test_another_host_has_no_upstream_here(void)
{
	CHECK_INT(upstream_of(&client, "10.9.2.99"), 0);
	CHECK_INT(upstream_of(&client, "10.9.0.1"), 12);
}

/* The call that asks another host itself waits for that one, too. */
static void test_call_that_asks_another_host_has_no_upstream_here(void)
{
	for (unsigned asks = 0; asks < 2; asks++) {
		struct stream *s = stream_new();
		bool named;

		gai_call(s, 0, "a.test");
		if (asks) /* of whose answer nothing is seen */
			ask_of(s, 1, &client, 1, "a.test", "10.9.2.99");
		ask_of(s, 2, &resolver, 2, "a.test", UPSTREAM);
		answer_of(s, 399, &resolver, 2, "a.test", UPSTREAM, 0);
		gai_return(s, 400, 0, "10.9.0.2");
		connect_and_return(s, 400.5);
		CHECK_INT(s->attempt[0].dns_link, DNS_LINK_GETADDRINFO);
		named = strstr(s->verdict[0].text, "asked by systemd-resolve[12]");
		CHECK_INT(named, !asks);
		stream_free(s);
	}
}

static void test_what_is_asked_aside_is_not_shown(void)
{
	struct stream *s = stream_new();
	struct message m = message(2, 0x0100, "a.test", ns_t_a, 0);

	ask_of(s, 0, &client, 1, "a.test", STUB);
	put_message_of(s, 1, &resolver, &m, UPSTREAM, DNS_ASIDE);
	answer_of(s, 399, &resolver, 2, "a.test", UPSTREAM, DNS_ASIDE);
	answer_of(s, 400, &client, 1, "a.test", STUB, 0);
	CHECK_INT(s->lookups, 1);
	CHECK_INT(s->lookup[0].owner.tgid, TGID);
	CHECK_INT(s->lookup[0].upstream.owner.tgid, 12);
	stream_free(s);
}

/* ---- side by side ------------------------------------------------------------------------- */

static void gai_call_of(struct stream *s, double ms, __u32 tid)
{
	struct rec_gai_call rec = {.owner = stream_owner(TGID), .node = "a.test"};

	rec.owner.tid = tid;
	PUT(s, ms, REC_GAI_CALL, rec);
}

static void test_threads_that_ask_the_same_lose_nothing(void)
{
	struct stream *s = stream_new();
	const struct asker other = {TGID, TGID + 1, "client", 33334, 0};

	gai_call_of(s, 0, client.tid);
	ask_of(s, 1, &client, 1, "a.test", UPSTREAM);
	gai_call_of(s, 200, other.tid);
	ask_of(s, 201, &other, 2, "a.test", UPSTREAM);
	answer_of(s, 300, &client, 1, "a.test", UPSTREAM, 0);
	answer_of(s, 500, &other, 2, "a.test", UPSTREAM, 0);
	CHECK_INT(s->lookups, 2);
	CHECK_INT(s->lookup[0].tries, 1);
	CHECK_INT(s->lookup[1].tries, 1);
	CHECK_INT(s->lookup[1].end_ns - s->lookup[1].start_ns, 299 * MS);
	stream_free(s);
}

static void test_asked_at_once_without_a_call(void)
{
	struct stream *s = stream_new();

	ask_of(s, 0, &client, 1, "a.test", UPSTREAM);
	ask_of(s, 1, &client, 2, "a.test", UPSTREAM);
	answer_of(s, 300, &client, 2, "a.test", UPSTREAM, 0);
	answer_of(s, 301, &client, 1, "a.test", UPSTREAM, 0);
	CHECK_INT(s->lookups, 2);
	CHECK_INT(s->lookup[0].tries, 1);
	CHECK_INT(s->lookup[1].tries, 1);
	/* later it is a repetition, whatever its id */
	ask_of(s, 1000, &client, 3, "b.test", UPSTREAM);
	ask_of(s, 2000, &client, 4, "b.test", UPSTREAM);
	answer_of(s, 2001, &client, 4, "b.test", UPSTREAM, 0);
	CHECK_INT(s->lookups, 3);
	CHECK_INT(s->lookup[2].tries, 2);
	stream_free(s);
}

/* The first thread has its answer and connects while the second, answered too, still waits for
 * AAAA. */
static void test_connect_follows_the_call_that_has_returned(void)
{
	struct stream *s = stream_new();
	const struct asker other = {TGID, TGID + 1, "client", 33334, 0};

	gai_call_of(s, 0, client.tid);
	ask_of(s, 1, &client, 1, "a.test", UPSTREAM);
	gai_call_of(s, 100, other.tid);
	ask_of(s, 101, &other, 2, "a.test", UPSTREAM);
	answer_of(s, 300, &client, 1, "a.test", UPSTREAM, 0);
	answer_of(s, 301, &other, 2, "a.test", UPSTREAM, 0);
	gai_return(s, 302, 0, "10.9.0.2");
	connect_of(s, 303, SK, TGID, "10.9.0.2", 80);
	CHECK_INT(s->attempt[0].phase_ns[PHASE_DNS], 302 * MS);
	stream_free(s);
}

/* ---- too late ----------------------------------------------------------------------------- */

static void test_answer_that_finds_no_socket(void)
{
	struct stream *s = stream_new();

	ask_of(s, 0, &client, 1, "a.test", UPSTREAM);
	answer_of(s, 1200, &client, 1, "a.test", UPSTREAM, DNS_UNHEARD);
	CHECK_INT(s->lookups, 1);
	CHECK_INT(s->lookup[0].result, LOOKUP_TIMEOUT);
	CHECK_INT(s->lookup[0].answers, 0);
	CHECK(strstr(s->lookup_verdict[0].text, "nobody waited for it"));
	stream_free(s);
}

static void test_answer_to_a_closed_socket_when_another_asks(void)
{
	struct stream *s = stream_new();
	const struct asker again = {TGID, TGID, "client", 33334, 0};

	ask_of(s, 0, &client, 1, "a.test", UPSTREAM);
	ask_of(s, 1000, &again, 2, "a.test", UPSTREAM);
	answer_of(s, 1200, &client, 1, "a.test", UPSTREAM, DNS_UNHEARD);
	CHECK_INT(s->lookups, 0);
	answer_of(s, 1300, &again, 2, "a.test", UPSTREAM, 0);
	CHECK_INT(s->lookup[0].result, LOOKUP_ANSWERED);
	CHECK_INT(s->lookup[0].tries, 2);
	stream_free(s);
}

/* The A answer was truncated, so glibc closes the socket and asks for both over TCP. */
static void test_answer_to_a_closed_socket_inside_a_call(void)
{
	struct stream *s = stream_new();
	struct message m = message(1, 0x0100, "a.test", ns_t_a, 0);

	gai_call(s, 0, "a.test");
	ask_of(s, 1, &client, 1, "a.test", UPSTREAM);
	answer_of(s, 300, &client, 1, "a.test", UPSTREAM, DNS_UNHEARD);
	put_message(s, 400, &m, UPSTREAM, DNS_TCP);
	answer_of(s, 700, &client, 1, "a.test", UPSTREAM, DNS_TCP);
	gai_return(s, 701, 0, "10.9.0.2");
	CHECK_INT(s->lookups, 1);
	CHECK_INT(s->lookup[0].result, LOOKUP_ANSWERED);
	stream_free(s);
}

/* As glibc closes the socket at the first truncated answer, the other may come too late or never.
 */
static void test_tcp_after_the_other_was_truncated_is_no_retry(void)
{
	struct stream *s = stream_new();
	struct message a = message(1, 0x0100, "a.test", ns_t_a, 0);
	struct message aaaa = message(2, 0x0100, "a.test", ns_t_aaaa, 0);

	gai_call(s, 0, "a.test");
	put_message(s, 1, &a, UPSTREAM, 0);
	put_message(s, 2, &aaaa, UPSTREAM, 0);
	a = message(1, 0x8380, "a.test", ns_t_a, 0);
	put_message(s, 300, &a, UPSTREAM, DNS_RECEIVED);
	aaaa = message(2, 0x0100, "a.test", ns_t_aaaa, 0);
	put_message(s, 310, &aaaa, UPSTREAM, DNS_TCP);
	aaaa = message(2, 0x8180, "a.test", ns_t_aaaa, 0);
	put_message(s, 600, &aaaa, UPSTREAM, DNS_TCP | DNS_RECEIVED);
	CHECK_INT(s->lookups, 1);
	CHECK_INT(s->lookup[0].tries, 1);
	stream_free(s);
}

/* ---- not to be seen ----------------------------------------------------------------------- */

static void test_literal_address_had_no_lookup(void)
{
	struct stream *s = stream_new();

	connect_of(s, 0, SK, TGID, "10.9.0.2", 80);
	CHECK_INT(s->attempt[0].dns_link, DNS_LINK_NONE);
	CHECK(s->attempt[0].phase_seen & 1U << PHASE_DNS);
	stream_free(s);
}

static void test_connection_that_lookups_may_go_over(void)
{
	static const __u16 port[] = {853, 443};

	for (unsigned i = 0; i < ARRAY_SIZE(port); i++) {
		struct stream *s = stream_new();

		connect_of(s, 0, SK, TGID, "10.9.0.53", port[i]);
		connect_of(s, 10, SK + 64, TGID, "10.9.0.2", 80);
		connect_of(s, 20, SK + 128, TGID, "10.9.0.53", port[i]);
		connect_of(s, 30, SK + 192, TGID + 1, "10.9.0.2", 80);
		CHECK_INT(s->attempt[0].dns_link, DNS_LINK_NONE);
		check_hidden(&s->attempt[1]);
		/* the resolver itself, and another process */
		CHECK_INT(s->attempt[2].dns_link, DNS_LINK_NONE);
		CHECK_INT(s->attempt[3].dns_link, DNS_LINK_NONE);
		stream_free(s);
	}
}

static void test_connection_that_failed_carries_no_lookup(void)
{
	struct stream *s = stream_new();

	PUT(s, 0, REC_CONNECT,
		(struct rec_connect){.sk = SK,
			.owner = stream_owner(TGID),
			.tuple = stream_tuple("10.9.0.53", 853, 0)});
	PUT(s, 1, REC_STATE,
		(struct rec_state){.sk = SK,
			.tuple = stream_tuple("10.9.0.53", 853, 40000),
			.old_state = 2,
			.new_state = 7,
			.sk_err = ECONNREFUSED});
	connect_of(s, 10, SK + 64, TGID, "10.9.0.2", 80);
	CHECK_INT(s->attempt[1].dns_link, DNS_LINK_NONE);
	stream_free(s);
}

static void test_seen_lookup_beats_a_possible_one(void)
{
	struct stream *s = stream_new();

	connect_of(s, 0, SK, TGID, "10.9.0.53", 853);
	ask(s, 10, 1, "a.test", "10.9.0.54");
	answer(s, 20, 1, "a.test", "10.9.0.54", 0);
	connect_of(s, 30, SK + 64, TGID, "10.9.0.2", 80);
	CHECK_INT(s->attempt[1].dns_link, DNS_LINK_ANSWER);
	CHECK_STR(s->attempt[1].name, "a.test");
	stream_free(s);
}

static void test_resolver_of_the_host_hides_for_a_second(void)
{
	struct stream *s = stream_new();

	connect_of(s, 0, SK, resolver.tgid, "10.9.0.53", 853);
	connect_of(s, 500, SK + 64, TGID, "10.9.0.2", 80);
	connect_of(s, 5000, SK + 128, TGID, "10.9.0.2", 80);
	check_hidden(&s->attempt[1]);
	CHECK_INT(s->attempt[2].dns_link, DNS_LINK_NONE);
	stream_free(s);
}

static void test_answer_over_tcp_that_was_not_found(void)
{
	struct stream *s = stream_new();
	struct message m = message(1, 0x0100, "a.test", ns_t_a, 0);

	put_message(s, 0, &m, UPSTREAM, DNS_TCP);
	connect_of(s, 30, SK, TGID, "10.9.0.2", 80);
	check_hidden(&s->attempt[0]);
	stream_free(s);
}

int main(void)
{
	UNIT_RUN(test_slow_upstream_is_named);
	UNIT_RUN(test_upstream_asked_twice_counts_as_one_time);
	UNIT_RUN(test_silent_upstream_is_named);
	UNIT_RUN(test_neighbours_are_not_upstream);
	UNIT_RUN(test_other_namespaces_are_not_upstream);
	UNIT_RUN(test_another_host_has_no_upstream_here);
	UNIT_RUN(test_call_that_asks_another_host_has_no_upstream_here);
	UNIT_RUN(test_what_is_asked_aside_is_not_shown);
	UNIT_RUN(test_threads_that_ask_the_same_lose_nothing);
	UNIT_RUN(test_asked_at_once_without_a_call);
	UNIT_RUN(test_connect_follows_the_call_that_has_returned);
	UNIT_RUN(test_answer_that_finds_no_socket);
	UNIT_RUN(test_answer_to_a_closed_socket_when_another_asks);
	UNIT_RUN(test_answer_to_a_closed_socket_inside_a_call);
	UNIT_RUN(test_tcp_after_the_other_was_truncated_is_no_retry);
	UNIT_RUN(test_literal_address_had_no_lookup);
	UNIT_RUN(test_connection_that_lookups_may_go_over);
	UNIT_RUN(test_connection_that_failed_carries_no_lookup);
	UNIT_RUN(test_seen_lookup_beats_a_possible_one);
	UNIT_RUN(test_resolver_of_the_host_hides_for_a_second);
	UNIT_RUN(test_answer_over_tcp_that_was_not_found);
	return unit_status();
}
