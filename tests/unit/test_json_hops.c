// SPDX-License-Identifier: GPL-2.0-only
/* The `hop` and `packet` lines, and the calls in a `connect` line: keys, types, escapes, bounds. */
#include "tests/unit/hops.h"
#include "tests/unit/tape.h"

#define SKB 0xffff888000005000ULL
#define ID  0x1234567800000001ULL
#define SK  0xffff888000001000ULL

/* A tape that hears what a stream of hops tells. */
static struct hops *hear(struct tape *t)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	s->sink = t->sink;
	return s;
}

static void test_hop_entry(void)
{
	struct tape t = tape_new();
	struct hops *s = hear(&t);
	struct rec_hop rec = hops_entry(F_HOOK, TASK, 1);
	struct json_object *o;

	hops_packet(s, 0, ID, SKB, 0);
	rec.packet = ID;
	rec.skb = SKB;
	rec.sk = SK;
	rec.len = 60;
	rec.netns = 7;
	rec.ifindex = 2;
	rec.flags = HOP_PROCESS;
	rec.tgid = rec.tid = 9;
	rec.detail = 2 << 8 | 3;
	HOPS_PUT(s, 5, REC_HOP, rec);
	o = tape_last(&t);
	KEYS(o, "v type ts_ns time cpu probe edge depth detail skb packet_id sk netns dev len mark "
		"tuple tcp owner proc");
	KEYS(at(o, "probe"), "kind func module");
	KEYS(at(o, "dev"), "ifindex name");
	KEYS(at(o, "tuple"), "family proto saddr sport daddr dport");
	KEYS(at(o, "tcp"), "flags seq ack");
	KEYS(at(o, "owner"), "pid tid comm");
	KEYS(at(o, "proc"), "pid tid");
	CHECK_INT(int_at(o, "v"), 1);
	CHECK_STR(text_at(o, "type"), "hop");
	CHECK_INT(int_at(o, "ts_ns"), HOPS_START + 5);
	CHECK_STR(text_at(o, "time"), "2026-11-21T01:35:00.123456794Z");
	CHECK_STR(text_at(o, "edge"), "entry");
	CHECK_STR(text_at(o, "detail"), "OUTPUT");
	CHECK_STR(text_at(o, "skb"), "0xffff888000005000");
	CHECK_STR(text_at(o, "packet_id"), "0x1234567800000001");
	CHECK_STR(text_at(at(o, "probe"), "kind"), "none");
	CHECK_STR(text_at(at(o, "dev"), "name"), "eth0");
	CHECK_STR(text_at(at(o, "tuple"), "saddr"), "10.9.1.2");
	CHECK_INT(int_at(at(o, "tuple"), "dport"), 80);
	CHECK_STR(text_at(at(o, "tcp"), "flags"), "S");
	CHECK_STR(text_at(at(o, "owner"), "comm"), "curl");
	json_object_put(o);
	hops_free(s);
	tape_free(&t);
}

/* The last line after a call of FUNC that returned RET. */
static struct json_object *returned(struct tape *t, struct hops *s, __u32 func, __u64 ret)
{
	hops_enter(s, 10, func, TASK, 0);
	hops_return(s, 30, func, TASK, 0, ret);
	return tape_last(t);
}

static void check_ret(int line, __u32 func, __u64 ret, long long want, const char *name)
{
	struct tape t = tape_new();
	struct hops *s = hear(&t);
	struct json_object *o = returned(&t, s, func, ret);

	unit_check_int(__FILE__, line, "dur_ns", int_at(o, "dur_ns"), 20);
	unit_check_int(__FILE__, line, "ret", int_at(o, "ret"), want);
	unit_check_str(__FILE__, line, "ret_name", text_at(o, "ret_name"), name);
	unit_check_str(__FILE__, line, "edge", text_at(o, "edge"), "return");
	json_object_put(o);
	hops_free(s);
	tape_free(&t);
}

#define RET(func, ret, want, name) check_ret(__LINE__, func, ret, want, name)

/* Where a key is absent, int_at() gives -1 and text_at() NULL. */
static void test_hop_return_values(void)
{
	RET(F_OUTPUT, 0, 0, NULL);
	RET(F_OUTPUT, 0xdead0000ffffffffULL - 110, -111, "-ECONNREFUSED");
	RET(F_OUTPUT, 0x7fffffff, 0x7fffffff, NULL);
	RET(F_HOOK, 1, 1, "accepted");
	RET(F_HOOK, 0, 0, "stolen or queued");
	RET(F_HOOK, 0xffffffff, -1, "-EPERM");
	RET(F_XMIT, 0, -1, "NULL");
	RET(F_XMIT, SKB, -1, "0xffff888000005000");
	RET(F_XMIT, (__u64)-ENOMEM, -1, "-ENOMEM");
	RET(F_RECEIVE, 1, 1, "NET_RX_DROP");
	RET(F_REASON, 12, 12, "NETFILTER_DROP");
	RET(F_REASON, 99, 99, "drop reason 99");
	RET(F_REASON, 0, 0, "NOT_DROPPED_YET");
	RET(F_VETH, 0x10, 0x10, "NETDEV_TX_BUSY");
	RET(F_VETH, 2, 2, "NET_XMIT_CN");
	RET(F_VOID, 17, -1, NULL);
	RET(77, (__u64)-5, -5, "-EIO");
}

static void test_hop_unknown_is_absent(void)
{
	struct tape t = tape_new();
	struct hops *s = hear(&t);
	struct json_object *o;

	hops_enter(s, 0, 77, TASK, 0);
	o = tape_last(&t);
	KEYS(o, "v type ts_ns time cpu probe edge depth");
	KEYS(at(o, "probe"), "kind func");
	json_object_put(o);
	hops_free(s);
	tape_free(&t);
}

static void test_hop_of_no_ip_packet(void)
{
	struct tape t = tape_new();
	struct hops *s = hear(&t);
	struct rec_packet arp = {.packet = ID, .skb = SKB, .ethertype = 0x0806};
	struct json_object *o;

	HOPS_PUT(s, 0, REC_PACKET, arp);
	hops_pass(s, 1, F_RECEIVE, SOFTIRQ, 0, ID, SKB);
	o = tape_last(&t);
	CHECK_STR(text_at(o, "ethertype"), "0x806");
	CHECK(!has(o, "tuple") && !has(o, "tcp") && !has(o, "owner"));
	json_object_put(o);
	hops_free(s);
	tape_free(&t);
}

static void test_hop_stack(void)
{
	struct {
		struct rec_hop hop;
		__u64 addr[2];
	} rec = {.hop = hops_entry(F_HOOK, TASK, 0), .addr = {0xffffffff81000000, 0x42}};
	struct tape t = tape_new();
	struct hops *s;
	struct json_object *o;

	sink_free(t.sink);
	t.sink = sink_json_new(&(struct sink_cfg){.out = t.f, .stack = true});
	s = hear(&t);
	rec.hop.stack_len = 2;
	HOPS_PUT(s, 0, REC_HOP, rec);
	o = tape_last(&t);
	CHECK_STR(json_object_to_json_string_ext(at(o, "stack"), 0),
		"[\"nf_hook_slow+0x5c\",\"0x42\"]");
	json_object_put(o);
	hops_free(s);
	tape_free(&t);
}

static void test_hop_hostile_names(void)
{
	struct tape t = tape_new();
	struct hops *s = hear(&t);
	struct rec_packet rec = hops_syn(ID, SKB);
	struct json_object *o;

	memcpy(rec.owner.comm, "\x1b[31m\n\"\\\xff\xc3(xxxxx", sizeof(rec.owner.comm));
	memcpy(rec.dev.name, "e\tth\xc2\x9b\x7f", 8);
	hops_func(s, 50, "f\"\\\x01\xed\xa0\x80", "m\xff", RETURNS_INT, 4);
	HOPS_PUT(s, 0, REC_PACKET, rec);
	hops_pass(s, 1, 50, TASK, 0, ID, SKB);
	o = tape_last(&t);
	CHECK_STR(text_at(at(o, "owner"), "comm"), "\x1b[31m\n\"\\\xef\xbf\xbd\xef\xbf\xbd(xxxxx");
	CHECK_STR(text_at(at(o, "dev"), "name"), "e\tth\xc2\x9b\x7f");
	CHECK_STR(text_at(at(o, "probe"), "func"), "f\"\\\x01\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	json_object_put(o);
	hops_free(s);
	tape_free(&t);
}

static void test_hop_number_range(void)
{
	struct tape t = tape_new();
	struct hops *s = hear(&t);
	struct json_object *o;

	hops_func(s, 50, "big", "vmlinux", RETURNS_INT, 8);
	o = returned(&t, s, 50, 1ULL << 63);
	CHECK_INT(int_at(o, "ret"), -((1LL << 53) - 1));
	json_object_put(o);
	o = returned(&t, s, 50, (1ULL << 63) - 1);
	CHECK_INT(int_at(o, "ret"), (1LL << 53) - 1);
	json_object_put(o);
	hops_free(s);
	tape_free(&t);
}

static void test_packet_line(void)
{
	struct tape t = tape_new();
	struct hops *s = hear(&t);
	struct rec_packet rec = hops_syn(ID, SKB);
	struct json_object *o;

	hops_packet(s, 0, ID, SKB, 0);
	rec.tuple = hops_tuple("192.0.2.1", 61000, "10.9.2.2");
	HOPS_PUT(s, 10, REC_PACKET, rec);
	hops_pass(s, 20, F_HOOK, TASK, 1, ID, SKB);
	hops_end(s, 30, ID, SKB, true);
	o = tape_last(&t);
	KEYS(o, "v type ts_ns time packet_id skb sk netns tuple tuple_last tcp owner hops skbs "
		"fate "
		"drop dur_ns");
	KEYS(at(o, "drop"), "t_ns reason location count");
	CHECK_STR(text_at(o, "fate"), "dropped");
	CHECK_STR(text_at(at(o, "tuple_last"), "saddr"), "192.0.2.1");
	CHECK_STR(text_at(at(o, "drop"), "reason"), "NETFILTER_DROP");
	CHECK_INT(int_at(o, "hops"), 1);
	CHECK_INT(int_at(o, "dur_ns"), 30);
	json_object_put(o);

	rec = hops_syn(ID + 1, SKB);
	rec.tuple.family = 6;
	inet_pton(AF_INET6, "2001:db8::1", rec.tuple.saddr);
	inet_pton(AF_INET6, "::ffff:10.0.0.1", rec.tuple.daddr);
	HOPS_PUT(s, 40, REC_PACKET, rec);
	hops_end(s, 50, ID + 1, SKB, false);
	o = tape_last(&t);
	CHECK_STR(text_at(o, "fate"), "consumed");
	CHECK_STR(text_at(at(o, "tuple"), "family"), "ipv6");
	CHECK_STR(text_at(at(o, "tuple"), "saddr"), "2001:db8::1");
	CHECK(!has(o, "drop") && !has(o, "tuple_last"));
	json_object_put(o);
	hops_free(s);
	tape_free(&t);
}

static void test_summary_of_trace(void)
{
	struct tape t = tape_new();
	struct path_counts counts = {.missed_returns = 3, .packets = {[FATE_DROPPED] = 2}};
	struct summary sum = {.ts_ns = SAMPLE_START, .events = 9, .paths = &counts};
	struct json_object *o;

	CHECK_INT(t.sink->ops->summary(t.sink, &sum), 0);
	o = tape_last(&t);
	KEYS(o, "v type ts_ns time events lost connects drops packets calls evicted");
	KEYS(at(o, "packets"), "delivered transmitted consumed dropped lost_track");
	KEYS(at(o, "calls"),
		"entries points returned missed_returns lone_returns open_at_end too_deep");
	CHECK_INT(int_at(at(o, "packets"), "dropped"), 2);
	CHECK_INT(int_at(at(o, "calls"), "missed_returns"), 3);
	json_object_put(o);
	tape_free(&t);
}

static void test_connect_line_with_calls(void)
{
	static const struct func hook = {.name = "nf_hook_slow",
		.role = ROLE_HOOK,
		.returns = RETURNS_NF_SLOW,
		.ret_bytes = 4};
	struct attempt_call call[] = {
		{.func = &hook,
			.start_ns = SAMPLE_START + 10 * US,
			.end_ns = SAMPLE_START + 20 * US,
			.end = CALL_RETURNED,
			.ret = -EPERM,
			.ret_reason = "",
			.detail = 2 << 8 | 3,
			.depth = 2},
		{.func = &hook, .start_ns = SAMPLE_START + 30 * US, .ret_reason = ""},
	};
	struct tape t = tape_new();
	struct attempt a = sample_drop();
	struct verdict v = sample_verdict("ok", 1, "", "");
	struct json_object *o, *line;

	a.call = call;
	a.calls_kept = 2;
	a.calls = 7;
	strcpy(a.drop[0].within, "nf_hook_slow OUTPUT");
	CHECK_INT(t.sink->ops->connect(t.sink, &a, &v), 0);
	o = tape_last(&t);
	CHECK_INT(int_at(o, "calls"), 7);
	CHECK_INT(json_object_array_length(at(o, "timeline")), 8);
	line = json_object_array_get_idx(at(o, "timeline"), 1);
	KEYS(line, "t_ns at func detail depth dur_ns ret");
	CHECK_STR(text_at(line, "at"), "hop");
	CHECK_STR(text_at(line, "ret"), "-EPERM");
	CHECK_STR(text_at(json_object_array_get_idx(at(o, "timeline"), 2), "at"), "drop");
	line = json_object_array_get_idx(at(o, "timeline"), 3);
	KEYS(line, "t_ns at func depth");
	CHECK_STR(text_at(json_object_array_get_idx(at(o, "drops"), 0), "within"),
		"nf_hook_slow OUTPUT");
	json_object_put(o);
	tape_free(&t);
}

int main(void)
{
	UNIT_RUN(test_hop_entry);
	UNIT_RUN(test_hop_return_values);
	UNIT_RUN(test_hop_unknown_is_absent);
	UNIT_RUN(test_hop_of_no_ip_packet);
	UNIT_RUN(test_hop_stack);
	UNIT_RUN(test_hop_hostile_names);
	UNIT_RUN(test_hop_number_range);
	UNIT_RUN(test_packet_line);
	UNIT_RUN(test_summary_of_trace);
	UNIT_RUN(test_connect_line_with_calls);
	return unit_status();
}
