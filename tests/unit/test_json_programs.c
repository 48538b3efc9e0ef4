// SPDX-License-Identifier: GPL-2.0-only
/* What JSON says of programs, frames and link-layer headers. */
#include "tests/unit/programs.h"
#include "tests/unit/tape.h"

static void test_hop_of_a_program(void)
{
	struct tape t = tape_new();
	struct hops *s = programs_hear(t.sink);
	struct json_object *o;

	programs_put_frame(s, 0);
	programs_enter_frame(s, 1000, P_XDP, 0);
	o = tape_last(&t);
	KEYS(o, "v type ts_ns time cpu probe edge depth skb frame packet_id netns dev len mark "
		"tuple tcp owner");
	KEYS(at(o, "probe"), "kind func module prog_id");
	CHECK_STR(text_at(at(o, "probe"), "kind"), "xdp");
	CHECK_STR(text_at(at(o, "probe"), "func"), "drop81");
	CHECK_STR(text_at(at(o, "probe"), "module"), "bpf");
	CHECK_INT(int_at(at(o, "probe"), "prog_id"), 12);
	CHECK_STR(text_at(o, "skb"), "0xffff888000006000");
	json_object_put(o);
	hops_pass(s, 1100, P_TAIL, TASK, 0, ID, SKB);
	o = tape_last(&t);
	KEYS(at(o, "probe"), "kind func module prog_id callee");
	CHECK_STR(text_at(at(o, "probe"), "kind"), "tc");
	CHECK(!has(o, "frame"));
	json_object_put(o);
	hops_free(s);
	tape_free(&t);
}

static void check_verdict(int line, __u32 program, __u32 ret, const char *name)
{
	struct tape t = tape_new();
	struct hops *s = programs_hear(t.sink);
	struct json_object *o;

	hops_enter(s, 10, program, TASK, 0);
	hops_return(s, 30, program, TASK, 0, ret);
	o = tape_last(&t);
	unit_check_int(__FILE__, line, "ret", int_at(o, "ret"), (__s32)ret);
	unit_check_str(__FILE__, line, "ret_name", text_at(o, "ret_name"), name);
	json_object_put(o);
	hops_free(s);
	tape_free(&t);
}

#define VERDICT(program, ret, name) check_verdict(__LINE__, program, ret, name)

static void test_names_of_verdicts(void)
{
	VERDICT(P_XDP, 0, "XDP_ABORTED");
	VERDICT(P_XDP, 1, "XDP_DROP");
	VERDICT(P_XDP, 2, "XDP_PASS");
	VERDICT(P_XDP, 3, "XDP_TX");
	VERDICT(P_XDP, 4, "XDP_REDIRECT");
	VERDICT(P_XDP, 5, NULL);
	VERDICT(P_TC, (__u32)-1, "TC_ACT_UNSPEC");
	VERDICT(P_TC, 0, "TC_ACT_OK");
	VERDICT(P_TC, 1, "TC_ACT_RECLASSIFY");
	VERDICT(P_TC, 2, "TC_ACT_SHOT");
	VERDICT(P_TC, 3, "TC_ACT_PIPE");
	VERDICT(P_TC, 4, "TC_ACT_STOLEN");
	VERDICT(P_TC, 5, "TC_ACT_QUEUED");
	VERDICT(P_TC, 6, "TC_ACT_REPEAT");
	VERDICT(P_TC, 7, "TC_ACT_REDIRECT");
	VERDICT(P_TC, 8, "TC_ACT_TRAP");
	VERDICT(P_CGROUP, 0, "dropped");
	VERDICT(P_CGROUP, 1, "allowed");
	VERDICT(P_CGROUP, 2, "dropped, congestion");
	VERDICT(P_CGROUP, 3, "allowed, congestion");
	VERDICT(P_SK, 0, "SK_DROP");
	VERDICT(P_SK, 1, "SK_PASS");
	VERDICT(P_LWT, 0, "BPF_OK");
	VERDICT(P_LWT, 2, "BPF_DROP");
	VERDICT(P_LWT, 7, "BPF_REDIRECT");
	VERDICT(P_LWT, 128, "BPF_LWT_REROUTE");
	VERDICT(P_NF, 0, "NF_DROP");
	VERDICT(P_NF, 1, "NF_ACCEPT");
}

static void put_redirect(struct hops *s, __u32 target, __u32 netns)
{
	hops_pass(s, 10, P_TC, TASK, 0, ID, SKB);
	HOPS_PUT(s, 30, REC_HOP_RETURN,
		(struct rec_hop_return){.func = P_TC,
			.stack = TASK,
			.slot = SLOT(TASK, 0),
			.ret = 7,
			.target = target,
			.target_netns = netns});
}

static void test_redirect(void)
{
	struct rec_packet other = {
		.packet = 9, .skb = 9, .dev = {.ifindex = 5, .netns = 8, .name = "veth1"}};
	struct tape t = tape_new();
	struct hops *s = programs_hear(t.sink);
	struct json_object *o;

	hops_packet(s, 0, ID, SKB, 0);
	HOPS_PUT(s, 0, REC_PACKET, other);
	put_redirect(s, 2, 0);
	o = tape_last(&t);
	CHECK_STR(text_at(o, "ret_name"), "TC_ACT_REDIRECT");
	KEYS(at(o, "redirect"), "ifindex name");
	CHECK_STR(text_at(at(o, "redirect"), "name"), "eth0");
	json_object_put(o);
	put_redirect(s, 5, 8);
	o = tape_last(&t);
	KEYS(at(o, "redirect"), "ifindex name netns");
	CHECK_STR(text_at(at(o, "redirect"), "name"), "veth1");
	json_object_put(o);
	put_redirect(s, 5, 0);
	o = tape_last(&t);
	KEYS(at(o, "redirect"), "ifindex");
	CHECK_INT(int_at(at(o, "redirect"), "ifindex"), 5);
	json_object_put(o);
	hops_return(s, 40, P_TC, TASK, 0, 0);
	hops_free(s);
	tape_free(&t);
}

static const __u8 arp_request[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x81, 0, 0,
	100, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0,
	0, 2};

static void put_headers(struct hops *s, __u64 ns, const __u8 *bytes, size_t len)
{
	struct rec_frame rec = {
		.packet = ID, .skb = SKB, .protocol = 0x0806, .layer = 2, .caplen = (__u16)len};

	memcpy(rec.bytes, bytes, len);
	HOPS_PUT(s, ns, REC_FRAME, rec);
}

static void put_arp(struct hops *s)
{
	struct rec_packet arp = {.packet = ID, .skb = SKB, .ethertype = 0x0806};

	HOPS_PUT(s, 0, REC_PACKET, arp);
	put_headers(s, 0, arp_request, sizeof(arp_request));
}

static void test_arp_in_json(void)
{
	struct tape t = tape_new();
	struct hops *s = programs_hear(t.sink);
	struct json_object *o;

	put_arp(s);
	hops_pass(s, 1, F_RECEIVE, SOFTIRQ, 0, ID, SKB);
	o = tape_last(&t);
	KEYS(o, "v type ts_ns time cpu probe edge depth skb packet_id netns dev len mark eth "
		"ethertype arp");
	CHECK_STR(json_object_to_json_string_ext(at(o, "eth"), 0),
		"{\"src\":\"02:00:00:00:00:01\",\"dst\":\"ff:ff:ff:ff:ff:ff\",\"vlan\":[100]}");
	CHECK_STR(json_object_to_json_string_ext(at(o, "arp"), 0),
		"{\"op\":\"request\",\"sender_mac\":\"02:00:00:00:00:01\",\"sender_ip\":\"10.0.0."
		"1\","
		"\"target_mac\":\"00:00:00:00:00:00\",\"target_ip\":\"10.0.0.2\"}");
	CHECK_STR(text_at(o, "ethertype"), "0x806");
	json_object_put(o);
	hops_end(s, 9, ID, SKB, false);
	o = tape_last(&t);
	KEYS(o, "v type ts_ns time packet_id skb eth ethertype arp hops skbs fate dur_ns");
	json_object_put(o);
	hops_free(s);
	tape_free(&t);
}

static void test_headers_of_an_ip_packet(void)
{
	static const __u8 eth[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0};
	struct tape t = tape_new();
	struct hops *s = programs_hear(t.sink);
	struct rec_frame plain = {.packet = ID, .skb = SKB, .protocol = 0x0800, .layer = 3};
	struct json_object *o;

	hops_packet(s, 0, ID, SKB, 0);
	hops_pass(s, 1, F_OUTPUT, TASK, 0, ID, SKB);
	o = tape_last(&t);
	CHECK(!has(o, "eth") && !has(o, "ethertype"));
	json_object_put(o);
	put_headers(s, 2, eth, sizeof(eth));
	hops_pass(s, 3, F_XMIT, TASK, 1, ID, SKB);
	o = tape_last(&t);
	CHECK_STR(text_at(at(o, "eth"), "dst"), "02:00:00:00:00:02");
	CHECK_INT(json_object_array_length(at(at(o, "eth"), "vlan")), 0);
	CHECK_STR(text_at(o, "ethertype"), "0x800");
	CHECK(has(o, "tuple") && has(o, "owner"));
	json_object_put(o);
	/* without a header for a while: the last one is what it had */
	HOPS_PUT(s, 4, REC_FRAME, plain);
	hops_packet(s, 5, ID, SKB + 256, SKB);
	hops_pass(s, 6, F_RECEIVE, TASK, 2, ID, SKB);
	o = tape_last(&t);
	CHECK_STR(text_at(at(o, "eth"), "src"), "02:00:00:00:00:01");
	json_object_put(o);
	hops_free(s);
	tape_free(&t);
}

static void test_neighbour_discovery_in_json(void)
{
	static const __u8 nd[] = {0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60, 0, 0,
		0, 0, 32, 58, 255, [22] = 0xfe, 0x80, [37] = 1, 0xff, 2, [53] = 1, 135, [62] = 0xfe,
		0x80, [77] = 2, 1, 1, 2, 0, 0, 0, 0, 1};
	struct tape t = tape_new();
	struct hops *s = programs_hear(t.sink);
	struct json_object *o;

	hops_packet(s, 0, ID, SKB, 0);
	put_headers(s, 0, nd, sizeof(nd));
	hops_pass(s, 1, F_RECEIVE, SOFTIRQ, 0, ID, SKB);
	o = tape_last(&t);
	CHECK_STR(json_object_to_json_string_ext(at(o, "nd"), 0),
		"{\"type\":\"neighbour_solicitation\",\"target\":\"fe80::2\","
		"\"lladdr\":\"02:00:00:00:00:01\"}");
	CHECK(!has(o, "arp"));
	json_object_put(o);
	hops_free(s);
	tape_free(&t);
}

/* ---- in a connect line -------------------------------------------------------------------- */

static const struct func drop81 = {.name = "drop81",
	.module = "bpf",
	.returns = RETURNS_XDP,
	.ret_bytes = 4,
	.prog_kind = PROG_XDP,
	.prog_id = 12};
static const struct func redirect82 = {.name = "redirect82",
	.module = "bpf",
	.returns = RETURNS_TC,
	.ret_bytes = 4,
	.flags = FUNC_CALLEE,
	.prog_kind = PROG_TC,
	.prog_id = 13};

static void test_connect_line(void)
{
	struct attempt_call call[] = {
		{.func = &redirect82,
			.start_ns = SAMPLE_START + 10 * US,
			.end_ns = SAMPLE_START + 11 * US,
			.end = CALL_RETURNED,
			.ret = 7,
			.ret_reason = "",
			.dev = "eth0",
			.redirect = {.ifindex = 5, .dev = "veth1"}},
	};
	struct tape t = tape_new();
	struct attempt a = sample_drop();
	struct verdict v = sample_verdict("syn_dropped_locally", 1, "", "");
	struct json_object *o, *drop, *line;

	a.call = call;
	a.calls = a.calls_kept = 1;
	a.drop[0] = (struct drop){.ts_ns = SAMPLE_START + 14 * US,
		.reason = "XDP_DROP",
		.by = {.program = &drop81, .ret = 1},
		.packet = DROP_SYN,
		.egress = true,
		.dev = "veth1",
		.netns = 8};
	CHECK_INT(t.sink->ops->connect(t.sink, &a, &v), 0);
	o = tape_last(&t);
	drop = json_object_array_get_idx(at(o, "drops"), 0);
	KEYS(drop, "t_ns reason program verdict direction packet dev netns");
	CHECK_STR(json_object_to_json_string_ext(at(drop, "program"), 0),
		"{\"kind\":\"xdp\",\"name\":\"drop81\",\"id\":12}");
	CHECK_STR(text_at(drop, "verdict"), "XDP_DROP");
	line = json_object_array_get_idx(at(o, "timeline"), 1);
	KEYS(line, "t_ns at func kind prog_id callee dev redirect depth dur_ns ret");
	CHECK_STR(text_at(line, "kind"), "tc");
	CHECK_STR(text_at(line, "ret"), "TC_ACT_REDIRECT");
	CHECK_STR(text_at(line, "dev"), "eth0");
	CHECK_STR(json_object_to_json_string_ext(at(line, "redirect"), 0),
		"{\"ifindex\":5,\"name\":\"veth1\"}");
	line = json_object_array_get_idx(at(o, "timeline"), 2);
	KEYS(line, "t_ns at reason program verdict packet");
	json_object_put(o);

	/* with a reason of the kernel's */
	strcpy(a.drop[0].reason, "TC_EGRESS");
	strcpy(a.drop[0].subsys, "core");
	strcpy(a.drop[0].location, "__dev_queue_xmit+0x1");
	a.drop[0].code = 17;
	a.drop[0].by = (struct program_verdict){&redirect82, 2};
	CHECK_INT(t.sink->ops->connect(t.sink, &a, &v), 0);
	o = tape_last(&t);
	drop = json_object_array_get_idx(at(o, "drops"), 0);
	KEYS(drop, "t_ns reason subsys code program verdict location direction packet dev netns");
	CHECK_STR(text_at(drop, "verdict"), "TC_ACT_SHOT");
	json_object_put(o);
	tape_free(&t);
}

static void test_packet_line_of_a_dropped_frame(void)
{
	struct tape t = tape_new();
	struct hops *s = programs_hear(t.sink);
	struct json_object *o;

	programs_play_frame(s, XDP_ABORTED);
	o = tape_last_of(&t, "packet");
	KEYS(o, "v type ts_ns time packet_id skb frame sk netns tuple tcp owner hops skbs fate "
		"drop dur_ns");
	KEYS(at(o, "drop"), "t_ns reason program verdict count");
	CHECK_STR(text_at(o, "fate"), "dropped");
	CHECK_STR(text_at(at(o, "drop"), "reason"), "XDP_ABORTED");
	CHECK_STR(text_at(at(o, "drop"), "verdict"), "XDP_ABORTED");
	CHECK_STR(json_object_to_json_string_ext(at(at(o, "drop"), "program"), 0),
		"{\"kind\":\"xdp\",\"name\":\"drop81\",\"id\":12}");
	json_object_put(o);
	hops_free(s);
	tape_free(&t);
}

int main(void)
{
	UNIT_RUN(test_hop_of_a_program);
	UNIT_RUN(test_names_of_verdicts);
	UNIT_RUN(test_redirect);
	UNIT_RUN(test_arp_in_json);
	UNIT_RUN(test_headers_of_an_ip_packet);
	UNIT_RUN(test_neighbour_discovery_in_json);
	UNIT_RUN(test_connect_line);
	UNIT_RUN(test_packet_line_of_a_dropped_frame);
	return unit_status();
}
