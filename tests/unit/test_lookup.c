/* SPDX-License-Identifier: GPL-2.0-only */
/* Name lookups: questions, repetitions, calls, hostile messages, and their links. */
#include "output/dns.h"
#include "tests/unit/queries.h"

/* ---- tests -------------------------------------------------------------------------------- */

static void test_slow_answer(void)
{
	struct stream *s = stream_new();

	ask(s, 0, 1, "A.Test", SERVER);
	answer(s, 400, 1, "a.tEST", SERVER, 0);
	CHECK_INT(s->lookups, 1);
	CHECK_STR(s->lookup[0].name, "a.test");
	CHECK_INT(s->lookup[0].tries, 1);
	CHECK_INT(s->lookup[0].result, LOOKUP_ANSWERED);
	CHECK_STR(s->lookup_verdict[0].cause, "dns_slow");
	connect_and_return(s, 400.5);
	CHECK_STR(s->attempt[0].name, "a.test");
	CHECK_INT(s->attempt[0].dns_link, DNS_LINK_ANSWER);
	CHECK_INT(s->attempt[0].phase_ns[PHASE_DNS], 400000000);
	CHECK_INT(s->attempt[0].phase_ns[PHASE_THINK], 490000);
	CHECK_STR(s->verdict[0].cause, "dns_slow");
	stream_free(s);
}

static void test_lost_query_is_a_retry(void)
{
	struct stream *s = stream_new();

	ask(s, 0, 1, "a.test", SERVER);
	ask(s, 5000, 2, "a.test", SERVER);
	answer(s, 5001, 2, "a.test", SERVER, 0);
	CHECK_INT(s->lookups, 1);
	CHECK_INT(s->lookup[0].tries, 2);
	CHECK_STR(s->lookup_verdict[0].cause, "dns_retry");
	connect_and_return(s, 5002);
	CHECK_STR(s->verdict[0].cause, "dns_retry");
	CHECK(strstr(s->verdict[0].text, "got no answer from 10.9.0.53"));
	stream_free(s);
}

/* Kernels before 5.17 give no reason (0): then the function alone tells. */
static void test_dropped_query_names_the_dropper(void)
{
	static const char *const says[][2] = {
		{"(dropped in this host: NETFILTER_DROP)",
			"dropped in this host (NETFILTER_DROP in nf_hook_slow+0x5c)"},
		{"(dropped in this host)", "dropped in this host (in nf_hook_slow+0x5c)"},
	};

	for (unsigned i = 0; i < 2; i++) {
		struct stream *s = stream_new();

		put_names(s);
		ask(s, 0, 0, "a.test", SERVER);
		put_drop(s, 0, 0, DROP_DNS_QUERY, i ? 0 : 12, 0);
		ask(s, 5000, 0, "a.test", SERVER);
		answer(s, 5001, 0, "a.test", SERVER, 0);
		CHECK_INT(s->lookup[0].tries, 2);
		CHECK_INT(s->lookup[0].drops, 1);
		CHECK(strstr(s->lookup_verdict[0].text, says[i][1]));
		connect_and_return(s, 5002);
		CHECK_STR(s->verdict[0].cause, "dns_retry");
		CHECK(strstr(s->verdict[0].text, says[i][0]));
		stream_free(s);
	}
}

static void test_second_server_answers(void)
{
	struct stream *s = stream_new();

	ask(s, 0, 1, "a.test", "10.9.0.53");
	ask(s, 5000, 1, "a.test", "10.9.0.54");
	answer(s, 5001, 1, "a.test", "10.9.0.54", 0);
	CHECK_INT(s->lookup[0].servers, 2);
	connect_and_return(s, 5002);
	CHECK_STR(s->verdict[0].cause, "dns_retry");
	CHECK(strstr(s->verdict[0].text, "10.9.0.54 answered"));
	stream_free(s);
}

static void test_silence_is_a_timeout(void)
{
	struct stream *s = stream_new();

	ask(s, 0, 1, "a.test", SERVER);
	put_tick(s, 5500);
	CHECK_INT(s->lookups, 0);
	put_tick(s, 6100);
	CHECK_INT(s->lookups, 1);
	CHECK_INT(s->lookup[0].result, LOOKUP_TIMEOUT);
	CHECK_STR(s->lookup_verdict[0].cause, "dns_timeout");
	stream_free(s);
}

static void test_getaddrinfo_says_when_it_gave_up(void)
{
	struct stream *s = stream_new();

	gai_call(s, 0, "a.test");
	ask(s, 0.1, 1, "a.test", SERVER);
	ask(s, 1000.1, 1, "a.test", SERVER);
	gai_return(s, 2000, -3, NULL);
	CHECK_INT(s->lookups, 1);
	CHECK_INT(s->lookup[0].source, LOOKUP_PACKET);
	CHECK_INT(s->lookup[0].tries, 2);
	CHECK_INT(s->lookup[0].end_ns - s->lookup[0].start_ns, 1999900000);
	CHECK_STR(s->lookup_verdict[0].cause, "dns_timeout");
	stream_free(s);
}

static void test_servfail_everywhere_is_an_error(void)
{
	struct stream *s = stream_new();

	ask(s, 0, 1, "a.test", SERVER);
	answer(s, 1, 1, "a.test", SERVER, ns_r_servfail);
	ask(s, 1.1, 1, "a.test", SERVER);
	answer(s, 2, 1, "a.test", SERVER, ns_r_servfail);
	CHECK_INT(s->lookups, 0);
	put_tick(s, 200);
	CHECK_INT(s->lookups, 1);
	CHECK_INT(s->lookup[0].result, LOOKUP_ERROR);
	CHECK_INT(s->lookup[0].rcode, ns_r_servfail);
	CHECK_STR(s->lookup_verdict[0].cause, "dns_error");
	stream_free(s);
}

static void test_answer_nobody_asked_for_is_ignored(void)
{
	struct stream *s = stream_new();

	ask(s, 0, 1, "a.test", SERVER);
	answer(s, 1, 999, "a.test", SERVER, 0);
	answer(s, 2, 1, "b.test", SERVER, 0);
	CHECK_INT(s->lookups, 0);
	answer(s, 3, 1, "a.test", SERVER, 0);
	CHECK_INT(s->lookups, 1);
	stream_free(s);
}

static void test_truncated_answer_goes_on_over_tcp(void)
{
	struct stream *s = stream_new();
	struct message m = message(1, 0x8380, "a.test", ns_t_a, 0);

	ask(s, 0, 1, "a.test", SERVER);
	put_message(s, 1, &m, SERVER, DNS_RECEIVED);
	m = message(2, 0x0100, "a.test", ns_t_a, 0);
	put_message(s, 2, &m, SERVER, DNS_TCP);
	m = message(2, 0x8180, "a.test", ns_t_a, 1);
	add_a(&m, "10.9.0.2");
	put_message(s, 3, &m, SERVER, DNS_TCP | DNS_RECEIVED);
	CHECK_INT(s->lookups, 1);
	CHECK(s->lookup[0].tcp && s->lookup[0].truncated);
	CHECK_INT(s->lookup[0].tries, 1);
	CHECK_INT(s->lookup[0].answers, 1);
	stream_free(s);
}

static void test_name_from_a_file_has_no_packets(void)
{
	struct stream *s = stream_new();

	gai_call(s, 0, "a.test");
	gai_return(s, 150, 0, "10.9.0.2");
	CHECK_INT(s->lookups, 1);
	CHECK_INT(s->lookup[0].source, LOOKUP_GETADDRINFO);
	CHECK_INT(s->lookup[0].tries, 0);
	connect_and_return(s, 151);
	CHECK_INT(s->attempt[0].dns_link, DNS_LINK_GETADDRINFO);
	CHECK_STR(s->attempt[0].name, "a.test");
	CHECK_INT(s->attempt[0].phase_ns[PHASE_DNS], 150000000);
	stream_free(s);
}

static void test_numeric_node_is_no_lookup(void)
{
	struct stream *s = stream_new();

	gai_call(s, 0, "10.9.0.2");
	gai_return(s, 1, 0, "10.9.0.2");
	gai_call(s, 2, "fe80::1%eth0");
	gai_return(s, 3, 0, NULL);
	CHECK_INT(s->lookups, 0);
	stream_free(s);
}

static void test_only_the_first_connect_pays_for_the_lookup(void)
{
	struct stream *s = stream_new();

	ask(s, 0, 1, "a.test", SERVER);
	answer(s, 10, 1, "a.test", SERVER, 0);
	connect_and_return(s, 20);
	connect_and_return(s, 30);
	CHECK_INT(s->attempts, 2);
	CHECK_INT(s->attempt[0].phase_ns[PHASE_DNS], 10000000);
	CHECK_INT(s->attempt[1].phase_ns[PHASE_DNS], 0);
	CHECK_STR(s->attempt[1].name, "a.test");
	CHECK_INT(s->attempt[1].dns_link, DNS_LINK_ANSWER);
	stream_free(s);
}

static void test_old_lookup_is_linked_but_not_timed(void)
{
	struct stream *s = stream_new();

	ask(s, 0, 1, "a.test", SERVER);
	answer(s, 10, 1, "a.test", SERVER, 0);
	connect_and_return(s, 5000);
	CHECK_INT(s->attempt[0].phase_ns[PHASE_DNS], 0);
	CHECK_INT(s->attempt[0].dns_link, DNS_LINK_ANSWER);
	connect_and_return(s, 200000);
	CHECK_INT(s->attempt[1].dns_link, DNS_LINK_NONE);
	stream_free(s);
}

static void test_hostile_messages(void)
{
	struct dns_message out;
	struct message m = message(1, 0x8180, "a.test", ns_t_a, 65535);
	__u8 loop[] = {0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1};

	CHECK_INT(dns_parse(loop, sizeof(loop), &out), -EBADMSG);
	for (size_t n = 0; n < 12; n++)
		CHECK_INT(dns_parse(m.data, n, &out), -EBADMSG);
	/* More answers announced than there are: those that are there count. */
	add_a(&m, "10.9.0.2");
	CHECK_INT(dns_parse(m.data, m.len, &out), 0);
	CHECK_INT(out.answers, 1);
	/* Cut inside the record. */
	CHECK_INT(dns_parse(m.data, m.len - 2, &out), 0);
	CHECK_INT(out.answers, 0);
	/* A label of binary bytes is escaped, not trusted. */
	m = message(1, 0x0100, "\x01\xff\n.test", ns_t_a, 0);
	CHECK_INT(dns_parse(m.data, m.len, &out), 0);
	CHECK_STR(out.name, "\\001\\255\\010.test");
}

static void test_table_of_lookups_is_bounded(void)
{
	struct stream *s = stream_new();
	char name[32];

	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "n%d.test", i);
		ask(s, i * 0.001, (unsigned)i, name, SERVER);
	}
	CHECK(tracker_evicted(s->tracker) == 3000 - 2048);
	CHECK_INT(s->lookups, 3000 - 2048);
	stream_free(s);
}

int main(void)
{
	UNIT_RUN(test_slow_answer);
	UNIT_RUN(test_lost_query_is_a_retry);
	UNIT_RUN(test_dropped_query_names_the_dropper);
	UNIT_RUN(test_second_server_answers);
	UNIT_RUN(test_silence_is_a_timeout);
	UNIT_RUN(test_getaddrinfo_says_when_it_gave_up);
	UNIT_RUN(test_servfail_everywhere_is_an_error);
	UNIT_RUN(test_answer_nobody_asked_for_is_ignored);
	UNIT_RUN(test_truncated_answer_goes_on_over_tcp);
	UNIT_RUN(test_name_from_a_file_has_no_packets);
	UNIT_RUN(test_numeric_node_is_no_lookup);
	UNIT_RUN(test_only_the_first_connect_pays_for_the_lookup);
	UNIT_RUN(test_old_lookup_is_linked_but_not_timed);
	UNIT_RUN(test_hostile_messages);
	UNIT_RUN(test_table_of_lookups_is_bounded);
	return unit_status();
}
