// SPDX-License-Identifier: GPL-2.0-only
/* The JSON sink's lines, parsed back: keys, types, ranges, hostile strings. */
#include "output/lines.h"
#include "tests/unit/tape.h"

static void check_numbers(struct json_object *o)
{
	if (json_object_is_type(o, json_type_int))
		CHECK(llabs(json_object_get_int64(o)) < 1LL << 53);
	if (json_object_is_type(o, json_type_object)) {
		json_object_object_foreach(o, key, val)
		{
			(void)key;
			check_numbers(val);
		}
	}
	for (size_t i = 0;
		json_object_is_type(o, json_type_array) && i < json_object_array_length(o); i++)
		check_numbers(json_object_array_get_idx(o, i));
}

static void check_sum(struct json_object *o)
{
	long long sum = 0;

	json_object_object_foreach(at(o, "phase_ns"), key, val)
	{
		(void)key;
		sum += json_object_get_int64(val);
	}
	CHECK_INT(sum, int_at(o, "dur_ns"));
}

/* Renders one attempt; what holds for every connect line is checked here. */
static struct json_object *connect_line(struct tape *t, const struct attempt *a)
{
	struct verdict v = sample_verdict("unknown", 0.8317, "text", "");
	struct json_object *o;

	CHECK_INT(t->sink->ops->connect(t->sink, a, &v), 0);
	o = tape_last(t);
	CHECK_INT(int_at(o, "v"), 1);
	CHECK_STR(text_at(o, "type"), "connect");
	KEYS(at(o, "verdict"), "cause share text hint also evidence");
	KEYS(at(o, "syn"), "sent retransmits fastopen mptcp");
	CHECK(json_object_is_type(at(o, "drops"), json_type_array));
	CHECK(json_object_is_type(at(o, "timeline"), json_type_array));
	CHECK(has(o, "errno"));
	check_numbers(o);
	check_sum(o);
	return o;
}

static void test_json_meta(void)
{
	struct tape t = tape_new();
	struct json_object *o = tape_last(&t);

	KEYS(o, "v type tool version command cmdline kernel arch hostname backend probes filter "
		"start_ts_ns start_time");
	CHECK_STR(text_at(o, "type"), "meta");
	CHECK_STR(text_at(o, "version"), "0.1.0");
	CHECK_STR(json_object_to_json_string_ext(at(o, "cmdline"), JSON_C_TO_STRING_NOSLASHESCAPE),
		"[\"pathlag\",\"--\",\"curl\",\"http://a.test/\xef\xbf\xbd\"]");
	KEYS(at(o, "backend"), "milestone function program");
	KEYS(at(o, "probes"), "attached skipped");
	CHECK_INT(int_at(at(o, "probes"), "attached"), 34);
	CHECK_STR(text_at(o, "filter"), "");
	CHECK_INT(int_at(o, "start_ts_ns"), SAMPLE_START);
	CHECK_STR(text_at(o, "start_time"), "2026-11-21T01:35:00.123456789Z");
	json_object_put(o);
	tape_free(&t);
}

static void test_json_connect(void)
{
	struct tape t = tape_new();
	struct attempt a = sample_dns_retry();
	struct json_object *o = connect_line(&t, &a);

	KEYS(o, "v type ts_ns time owner netns sk tuple community_id isn result errno blocking "
		"name "
		"dns_link group dur_ns connect_ns phase_ns syn drops timeline verdict");
	KEYS(at(o, "owner"), "pid tid comm");
	KEYS(at(o, "tuple"), "family proto saddr sport daddr dport");
	KEYS(at(o, "phase_ns"), "dns think route neigh egress network wakeup");
	CHECK_STR(text_at(o, "time"), "2026-11-21T01:35:00.123456789Z");
	CHECK_INT(int_at(at(o, "owner"), "tid"), 4243);
	CHECK_STR(text_at(o, "sk"), "0xffff888012345678");
	CHECK_STR(text_at(o, "isn"), "0x0a2b3c4d");
	CHECK_INT(int_at(at(o, "tuple"), "sport"), 40000);
	CHECK(json_object_is_type(at(o, "errno"), json_type_null));
	CHECK(json_object_get_boolean(at(o, "blocking")));
	CHECK_STR(text_at(o, "group"), "7");
	CHECK_STR(text_at(o, "dns_link"), "answer");
	CHECK_INT(int_at(o, "connect_ns"), (long long)attempt_dur_ns(&a) - 5001354567LL);
	CHECK(strstr(json_object_to_json_string(at(o, "verdict")), "0.832"));
	json_object_put(o);
	tape_free(&t);
}

static void test_json_timeline(void)
{
	struct tape t = tape_new();
	struct attempt a = sample_dns_retry();
	struct json_object *o = connect_line(&t, &a), *list = at(o, "timeline");

	CHECK_INT(json_object_array_length(list), 8);
	CHECK_STR(json_object_to_json_string_ext(json_object_array_get_idx(list, 1), 0),
		"{\"t_ns\":5000200000,\"at\":\"dns_query\",\"server\":\"10.9.0.53\"}");
	CHECK_STR(json_object_to_json_string_ext(json_object_array_get_idx(list, 4), 0),
		"{\"t_ns\":5001363567,\"at\":\"route\",\"dev\":\"eth0\",\"gateway\":\"10.9.0."
		"254\"}");
	json_object_put(o);
	a = sample_rejected();
	o = connect_line(&t, &a);
	list = at(o, "timeline");
	CHECK_STR(json_object_to_json_string_ext(json_object_array_get_idx(list, 2), 0),
		"{\"t_ns\":2355000,\"at\":\"icmp\",\"dev\":\"eth0\",\"from\":\"2001:db8::fe\","
		"\"icmp_type\":1,\"icmp_code\":1}");
	CHECK_STR(json_object_to_json_string_ext(json_object_array_get_idx(list, 3), 0),
		"{\"t_ns\":2355000,\"at\":\"return\",\"err\":\"EACCES\"}");
	CHECK_STR(text_at(o, "errno"), "EACCES");
	CHECK_STR(text_at(at(o, "tuple"), "family"), "ipv6");
	json_object_put(o);
	tape_free(&t);
}

static void test_json_drops(void)
{
	struct tape t = tape_new();
	struct attempt a = sample_drop();
	struct json_object *o, *drop;

	strcpy(a.drop[0].dev, "eth0");
	o = connect_line(&t, &a);
	drop = json_object_array_get_idx(at(o, "drops"), 0);
	CHECK_STR(json_object_to_json_string_ext(drop, 0),
		"{\"t_ns\":14000,\"reason\":\"NETFILTER_DROP\",\"subsys\":\"core\",\"code\":8,"
		"\"location\":\"nf_hook_slow+0x5c\",\"direction\":\"egress\",\"packet\":\"syn\","
		"\"dev\":\"eth0\",\"netns\":4026531840}");
	drop = json_object_array_get_idx(at(o, "timeline"), 1);
	CHECK_STR(json_object_to_json_string_ext(drop, 0),
		"{\"t_ns\":14000,\"at\":\"drop\",\"reason\":\"NETFILTER_DROP\","
		"\"location\":\"nf_hook_slow+0x5c\",\"packet\":\"syn\"}");
	json_object_put(o);
	tape_free(&t);
}

/* A kernel without drop reasons, and a timeline whose drop was not kept. */
static void test_json_drop_unknown(void)
{
	struct tape t = tape_new();
	struct attempt a = sample_drop();
	struct json_object *o, *drop;

	a.drop[0].reason[0] = a.drop[0].subsys[0] = '\0';
	a.drop[0].code = 0;
	a.moment[1].drop = ATTEMPT_DROPS;
	o = connect_line(&t, &a);
	drop = json_object_array_get_idx(at(o, "drops"), 0);
	KEYS(drop, "t_ns location direction packet netns");
	KEYS(json_object_array_get_idx(at(o, "timeline"), 1), "t_ns at");
	json_object_put(o);
	tape_free(&t);
}

static void test_json_unknown_is_absent(void)
{
	struct tape t = tape_new();
	struct attempt a = sample_no_route();
	struct json_object *o = connect_line(&t, &a);

	KEYS(o, "v type ts_ns time owner netns tuple result errno dns_link dur_ns connect_ns "
		"phase_ns "
		"syn drops timeline verdict");
	KEYS(at(o, "tuple"), "family proto daddr dport");
	CHECK_STR(text_at(o, "errno"), "ENETUNREACH");
	json_object_put(o);
	tape_free(&t);
}

static void test_json_mapped_and_open(void)
{
	struct tape t = tape_new();
	struct attempt a = sample_open();
	struct json_object *o = connect_line(&t, &a), *tuple = at(o, "tuple");

	CHECK(!has(o, "owner") && !has(o, "netns"));
	CHECK_STR(text_at(o, "result"), "in_progress");
	CHECK_STR(text_at(tuple, "family"), "ipv4");
	CHECK_STR(text_at(tuple, "saddr"), "10.9.0.1");
	CHECK_STR(text_at(tuple, "daddr"), "10.9.0.9");
	CHECK(!json_object_get_boolean(at(o, "blocking")));
	json_object_put(o);
	tape_free(&t);
}

static void test_json_hostile(void)
{
	struct tape t = tape_new();
	struct attempt a = sample_hostile();
	struct json_object *o = connect_line(&t, &a);

	CHECK_STR(text_at(at(o, "owner"), "comm"), "\x1b[31m\n\"\\\xef\xbf\xbd\xef\xbf\xbd(xxxxx");
	CHECK_STR(text_at(o, "name"), "\xe2\x80\xae"
				      "a\\000.\x7f\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	json_object_put(o);
	tape_free(&t);
}

/* A contradictory recording must not make numbers that a reader would round. */
static void test_json_number_range(void)
{
	struct tape t = tape_new();
	struct attempt a = sample_ok();
	struct verdict v = sample_verdict("unknown", 0.0 / 0.0, "", "");
	struct json_object *o;

	a.end_ns = a.start_ns - 1;
	a.phase_ns[PHASE_NETWORK] = UINT64_MAX;
	a.moment[0].ts_ns = 1ULL << 62;
	CHECK_INT(t.sink->ops->connect(t.sink, &a, &v), 0);
	o = tape_last(&t);
	check_numbers(o);
	CHECK_INT(int_at(o, "dur_ns"), (1LL << 53) - 1);
	CHECK(strstr(json_object_to_json_string(at(o, "verdict")), "0.0"));
	json_object_put(o);
	tape_free(&t);
}

static void test_json_dns(void)
{
	struct tape t = tape_new();
	struct lookup l = sample_lookup();
	struct verdict v = sample_verdict("dns_retry", 1, "text", "hint");
	struct json_object *o, *dns;

	CHECK_INT(t.sink->ops->lookup(t.sink, &l, &v), 0);
	o = tape_last(&t);
	dns = at(o, "dns");
	KEYS(o, "v type ts_ns time owner netns dns result dur_ns verdict");
	KEYS(dns, "name qtype rcode answers server transport source tries search_misses drops");
	CHECK_STR(text_at(o, "type"), "dns");
	CHECK_STR(text_at(o, "result"), "answered");
	CHECK_INT(int_at(o, "dur_ns"), 5001234567);
	CHECK_STR(json_object_to_json_string_ext(at(dns, "answers"), 0),
		"[\"10.9.0.2\",\"10.9.0.3\"]");
	CHECK_INT(int_at(dns, "tries"), 2);
	check_numbers(o);
	json_object_put(o);
	tape_free(&t);
}

static void test_json_dns_unanswered(void)
{
	struct tape t = tape_new();
	struct lookup l = sample_lookup();
	struct verdict v = sample_verdict("dns_timeout", 1, "text", "");
	struct json_object *o;

	l.rcode = -1;
	l.answers = 0;
	l.result = LOOKUP_TIMEOUT;
	CHECK_INT(t.sink->ops->lookup(t.sink, &l, &v), 0);
	o = tape_last(&t);
	KEYS(at(o, "dns"), "name qtype answers server transport source tries search_misses drops");
	json_object_put(o);
	l.source = LOOKUP_GETADDRINFO;
	l.qtype = 0;
	l.server.family = 0;
	l.rcode = -2;
	CHECK_INT(t.sink->ops->lookup(t.sink, &l, &v), 0);
	o = tape_last(&t);
	KEYS(at(o, "dns"), "name rcode answers source tries search_misses drops");
	CHECK_STR(text_at(at(o, "dns"), "rcode"), "EAI_NONAME");
	json_object_put(o);
	tape_free(&t);
}

static void test_json_lost_and_summary(void)
{
	struct tape t = tape_new();
	struct summary sum = {.ts_ns = SAMPLE_START, .events = 9, .lost = 17, .reasons = 3};
	struct json_object *o;

	CHECK_INT(t.sink->ops->lost(t.sink, 5, 17, LOST_SOCKET_MAP), 0);
	o = tape_last(&t);
	CHECK_STR(json_object_to_json_string_ext(o, 0),
		"{\"v\":1,\"type\":\"lost\",\"ts_ns\":5,\"count\":17,\"where\":\"socket_map\"}");
	json_object_put(o);

	sum.results[ATTEMPT_REFUSED] = 3;
	strcpy(sum.drop_reason[0].name, "NO_SOCKET");
	sum.drop_reason[0].count = 2;
	strcpy(sum.drop_reason[1].name, "\xff");
	CHECK_INT(t.sink->ops->summary(t.sink, &sum), 0);
	o = tape_last(&t);
	KEYS(o, "v type ts_ns time events lost connects accepts drops");
	KEYS(at(o, "connects"),
		"established refused timeout unreachable abandoned failed in_progress");
	CHECK_INT(int_at(at(o, "connects"), "refused"), 3);
	KEYS(at(o, "drops"), "NO_SOCKET \xef\xbf\xbd unknown");
	CHECK_INT(int_at(at(o, "drops"), "NO_SOCKET"), 2);
	json_object_put(o);

	sum.missed = 5;
	CHECK_INT(t.sink->ops->summary(t.sink, &sum), 0);
	o = tape_last(&t);
	KEYS(o, "v type ts_ns time events lost missed connects accepts drops");
	CHECK_INT(int_at(o, "missed"), 5);
	CHECK_INT(int_at(o, "lost"), 17);
	json_object_put(o);
	tape_free(&t);
}

static void test_json_no_room(void)
{
	struct sink_cfg cfg = {.out = fopen("/dev/full", "w")};
	struct sink *sink = sink_json_new(&cfg);
	struct attempt a = sample_ok();
	struct verdict v = sample_verdict("ok", 1, "", "");

	CHECK_INT(sink->ops->connect(sink, &a, &v), 0);
	CHECK_INT(lines_flush(cfg.out), -ENOSPC);
	sink_free(sink);
	fclose(cfg.out);
}

int main(void)
{
	UNIT_RUN(test_json_meta);
	UNIT_RUN(test_json_connect);
	UNIT_RUN(test_json_timeline);
	UNIT_RUN(test_json_drops);
	UNIT_RUN(test_json_drop_unknown);
	UNIT_RUN(test_json_unknown_is_absent);
	UNIT_RUN(test_json_mapped_and_open);
	UNIT_RUN(test_json_hostile);
	UNIT_RUN(test_json_number_range);
	UNIT_RUN(test_json_dns);
	UNIT_RUN(test_json_dns_unanswered);
	UNIT_RUN(test_json_lost_and_summary);
	UNIT_RUN(test_json_no_room);
	return unit_status();
}
