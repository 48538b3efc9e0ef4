// SPDX-License-Identifier: GPL-2.0-only
/* Programs and the frames they see: `hop` and `packet` lines, trees, what became of a packet. */
#include "tests/unit/hops.h"
#include "tests/unit/tape.h"

#define SKB   0xffff888000005000ULL
#define FRAME 0xffff888000006000ULL
#define ID    0x1234567800000001ULL

enum { P_XDP = 12, P_TC, P_TAIL, P_CGROUP, P_SK, P_LWT, P_NF };
enum { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT };

static void name_programs(struct hops *s)
{
	hops_program(s, P_XDP, PROG_XDP, "drop81", 0);
	hops_program(s, P_TC, PROG_TC, "drop82", 0);
	hops_program(s, P_TAIL, PROG_TC, "drop_all", FUNC_CALLEE);
	hops_program(s, P_CGROUP, PROG_CGROUP_SKB, "egress", 0);
	hops_program(s, P_SK, PROG_SK_SKB, "verdict", 0);
	hops_program(s, P_LWT, PROG_LWT, "encap", 0);
	hops_program(s, P_NF, PROG_NETFILTER, "nf", 0);
}

static struct hops *hear(struct tape *t)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	if (t)
		s->sink = t->sink;
	name_programs(s);
	return s;
}

static void put_frame(struct hops *s, __u64 ns)
{
	struct rec_packet rec = hops_syn(ID, FRAME);

	rec.frame = 1;
	HOPS_PUT(s, ns, REC_PACKET, rec);
}

static void enter_frame(struct hops *s, __u64 ns, __u32 program, unsigned up)
{
	struct rec_hop rec = hops_entry(program, SOFTIRQ, up);

	rec.flags = HOP_FRAME;
	rec.packet = ID;
	rec.skb = FRAME;
	rec.len = 60;
	rec.netns = 7;
	rec.ifindex = 2;
	HOPS_PUT(s, ns, REC_HOP, rec);
}

/* An XDP program alone: a frame comes, it says VERDICT. */
static void play_frame(struct hops *s, __u32 verdict)
{
	put_frame(s, 0);
	enter_frame(s, 1000, P_XDP, 0);
	hops_return(s, 2000, P_XDP, SOFTIRQ, 0, verdict);
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void test_hop_of_a_program(void)
{
	struct tape t = tape_new();
	struct hops *s = hear(&t);
	struct json_object *o;

	put_frame(s, 0);
	enter_frame(s, 1000, P_XDP, 0);
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
	struct hops *s = hear(&t);
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
	struct hops *s = hear(&t);
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
	struct hops *s = hear(&t);
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
	struct hops *s = hear(&t);
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
	struct hops *s = hear(&t);
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

/* ---- what became of it -------------------------------------------------------------------- */

static void test_frame_dropped_by_xdp(void)
{
	struct hops *s = hear(NULL);

	play_frame(s, XDP_DROP);
	CHECK_INT(s->packets_told, 1);
	CHECK_INT(s->packet[0].fate, FATE_DROPPED);
	CHECK_INT(s->packet[0].drops, 1);
	CHECK_INT(s->packet[0].skbs, 0);
	CHECK(s->packet[0].shown);
	CHECK_STR(s->trees, "[0 drop81 1000][1  dropped]\n");
	hops_stop(s, 3000);
	CHECK_INT(s->packets_told, 1);
	hops_free(s);

	s = hear(NULL);
	play_frame(s, 17); /* no verdict of XDP: the kernel drops it */
	CHECK_INT(s->packets_told, 1);
	CHECK_INT(s->packet[0].fate, FATE_DROPPED);
	hops_free(s);
}

static void test_packet_line_of_a_dropped_frame(void)
{
	struct tape t = tape_new();
	struct hops *s = hear(&t);
	struct json_object *o;

	play_frame(s, XDP_ABORTED);
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

/* veth hands its skb's memory to XDP, and frees the skb when it was dropped: that is one drop. */
static void test_skb_dropped_by_xdp_is_one_drop(void)
{
	struct hops *s = hear(NULL);

	hops_packet(s, 0, ID, SKB, 0);
	hops_pass(s, 100, F_XMIT, SOFTIRQ, 0, ID, SKB);
	enter_frame(s, 1000, P_XDP, 1);
	hops_return(s, 2000, P_XDP, SOFTIRQ, 1, XDP_DROP);
	CHECK_INT(s->packets_told, 0);
	hops_end(s, 2100, ID, SKB, true);
	CHECK_INT(s->packets_told, 1);
	CHECK_INT(s->packet[0].fate, FATE_DROPPED);
	CHECK_INT(s->packet[0].drops, 1);
	CHECK_STR(s->packet[0].drop.reason, "NETFILTER_DROP"); /* what the kernel calls it */
	CHECK_STR(s->packet[0].drop.by.program->name, "drop81");
	hops_return(s, 3000, F_XMIT, SOFTIRQ, 0, 0);
	CHECK_STR(s->trees, "[0 dev_hard_start_xmit 2900][1 drop81 1000][2  dropped]\n");
	hops_free(s);

	/* some kernels free it as if it was consumed, after a driver got it */
	s = hear(NULL);
	hops_packet(s, 0, ID, SKB, 0);
	hops_pass(s, 100, F_XMIT, SOFTIRQ, 0, ID, SKB);
	enter_frame(s, 1000, P_XDP, 1);
	hops_return(s, 2000, P_XDP, SOFTIRQ, 1, XDP_DROP);
	hops_end(s, 2100, ID, SKB, false);
	CHECK_INT(s->packet[0].fate, FATE_DROPPED);
	CHECK_INT(s->packet[0].drops, 1);
	hops_free(s);
}

static void test_frame_becomes_an_skb(void)
{
	struct hops *s = hear(NULL);

	play_frame(s, XDP_PASS);
	hops_packet(s, 3000, ID, SKB, 0);
	hops_pass(s, 4000, F_TCP_RCV, SOFTIRQ, 0, ID, SKB);
	hops_return(s, 5000, F_TCP_RCV, SOFTIRQ, 0, 0);
	CHECK_INT(s->packets_told, 0);
	hops_end(s, 6000, ID, SKB, false);
	CHECK_INT(s->packets_told, 1);
	CHECK_INT(s->packet[0].fate, FATE_DELIVERED);
	CHECK_INT(s->packet[0].hops, 2);
	CHECK_INT(s->packet[0].skbs, 1);
	CHECK(s->packet[0].frame);
	CHECK_INT(s->packet[0].skb, FRAME);
	hops_free(s);
}

/* The inside of an skb that is known already: it goes on by itself. */
static void test_skb_passes_xdp(void)
{
	struct hops *s = hear(NULL);

	hops_packet(s, 0, ID, SKB, 0);
	put_frame(s, 900);
	enter_frame(s, 1000, P_XDP, 0);
	hops_return(s, 2000, P_XDP, SOFTIRQ, 0, XDP_PASS);
	hops_end(s, 3000, ID, SKB, false);
	CHECK_INT(s->packets_told, 1);
	CHECK_INT(s->packet[0].fate, FATE_CONSUMED);
	CHECK_INT(s->packet[0].skbs, 1);
	hops_free(s);
}

static void test_frame_sent_back(void)
{
	struct hops *s = hear(NULL);

	play_frame(s, XDP_TX);
	CHECK_INT(s->packets_told, 0); /* the other end of a veth pair may make an skb of it */
	hops_tick(s, 900000000);
	CHECK_INT(s->packets_told, 0);
	hops_tick(s, 2200000000);
	CHECK_INT(s->packets_told, 1);
	CHECK_INT(s->packet[0].fate, FATE_TRANSMITTED);
	hops_free(s);

	s = hear(NULL);
	play_frame(s, XDP_TX);
	hops_stop(s, 3000);
	CHECK_INT(s->packet[0].fate, FATE_TRANSMITTED);
	hops_free(s);

	s = hear(NULL);
	play_frame(s, XDP_PASS);
	hops_stop(s, 3000);
	CHECK_INT(s->packet[0].fate, FATE_LOST_TRACK);
	hops_free(s);
}

static void test_redirected_frame_keeps_its_number(void)
{
	struct hops *s = hear(NULL);

	play_frame(s, XDP_REDIRECT);
	hops_packet(s, 3000, ID, SKB, FRAME);
	hops_pass(s, 4000, F_TCP_RCV, SOFTIRQ, 0, ID, SKB);
	hops_return(s, 5000, F_TCP_RCV, SOFTIRQ, 0, 0);
	hops_end(s, 6000, ID, SKB, false);
	hops_stop(s, 7000);
	CHECK_INT(s->packets_told, 1);
	CHECK_INT(s->packet[0].fate, FATE_DELIVERED);
	CHECK_INT(s->packet[0].hops, 2);
	hops_free(s);
}

static void test_skb_dropped_by_tc(void)
{
	struct hops *s = hear(NULL);

	hops_packet(s, 0, ID, SKB, 0);
	hops_packet(s, 0, ID, SKB + 256, SKB); /* a clone, which lives on */
	hops_pass(s, 100, P_TC, SOFTIRQ, 0, ID, SKB);
	hops_return(s, 200, P_TC, SOFTIRQ, 0, 2);
	hops_end(s, 300, ID, SKB, true);
	hops_end(s, 400, ID, SKB + 256, true);
	CHECK_INT(s->packet[0].drops, 2);
	CHECK(!s->packet[0].drop.by.program); /* that one was dropped for another reason */
	hops_free(s);

	s = hear(NULL);
	hops_packet(s, 0, ID, SKB, 0);
	hops_pass(s, 100, P_TC, SOFTIRQ, 0, ID, SKB);
	hops_return(s, 200, P_TC, SOFTIRQ, 0, 2);
	hops_end(s, 300, ID, SKB, true);
	CHECK_STR(s->packet[0].drop.by.program->name, "drop82");
	CHECK_STR(s->packet[0].drop.reason, "NETFILTER_DROP");
	hops_free(s);

	s = hear(NULL);
	hops_packet(s, 0, ID, SKB, 0);
	hops_pass(s, 100, P_TC, SOFTIRQ, 0, ID, SKB);
	hops_return(s, 200, P_TC, SOFTIRQ, 0, 2);
	HOPS_PUT(s, 300, REC_PACKET_END,
		(struct rec_packet_end){.packet = ID,
			.skb = SKB,
			.location = 0xffffffff81000000,
			.dropped = 1}); /* 5.10 knows no reasons */
	CHECK_STR(s->packet[0].drop.reason, "TC_ACT_SHOT");
	CHECK_STR(s->packet[0].drop.location, "nf_hook_slow+0x5c");
	hops_free(s);
}

/* A program says SHOT, the one after it OK: nobody has dropped anything. */
static void test_verdict_that_was_overruled(void)
{
	struct hops *s = hear(NULL);

	hops_packet(s, 0, ID, SKB, 0);
	hops_pass(s, 100, P_TC, SOFTIRQ, 0, ID, SKB);
	hops_return(s, 200, P_TC, SOFTIRQ, 0, 2);
	hops_pass(s, 300, P_TAIL, SOFTIRQ, 0, ID, SKB);
	hops_return(s, 400, P_TAIL, SOFTIRQ, 0, 0);
	hops_end(s, 500, ID, SKB, true);
	CHECK(!s->packet[0].drop.by.program);
	hops_free(s);
}

/* A program that calls another returns what that one has decided. */
static void test_callee_is_who_decides(void)
{
	struct hops *s = hear(NULL);

	hops_packet(s, 0, ID, SKB, 0);
	hops_pass(s, 100, P_TC, SOFTIRQ, 0, ID, SKB);
	hops_pass(s, 200, P_TAIL, SOFTIRQ, 1, ID, SKB);
	hops_return(s, 300, P_TAIL, SOFTIRQ, 1, 2);
	hops_return(s, 400, P_TC, SOFTIRQ, 0, 2);
	hops_end(s, 500, ID, SKB, true);
	CHECK_STR(s->packet[0].drop.by.program->name, "drop_all");
	hops_free(s);
}

/* libxdp's dispatcher asks several programs: only what it says itself becomes of the frame. */
static void test_dispatcher_overrules(void)
{
	struct hops *s = hear(NULL);

	hops_program(s, 40, PROG_XDP, "dispatcher", 0);
	put_frame(s, 0);
	enter_frame(s, 100, 40, 0);
	enter_frame(s, 200, P_XDP, 1);
	hops_return(s, 300, P_XDP, SOFTIRQ, 1, XDP_DROP);
	CHECK_INT(s->packets_told, 0);
	hops_return(s, 400, 40, SOFTIRQ, 0, XDP_PASS);
	hops_stop(s, 500);
	CHECK_INT(s->packet[0].drops, 0);
	hops_free(s);

	s = hear(NULL);
	hops_program(s, 40, PROG_XDP, "dispatcher", 0);
	put_frame(s, 0);
	enter_frame(s, 100, 40, 0);
	enter_frame(s, 200, P_XDP, 1);
	hops_return(s, 300, P_XDP, SOFTIRQ, 1, XDP_DROP);
	hops_return(s, 400, 40, SOFTIRQ, 0, XDP_DROP);
	CHECK_INT(s->packet[0].drops, 1);
	CHECK_STR(s->packet[0].drop.by.program->name, "drop81");
	hops_free(s);
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
	UNIT_RUN(test_frame_dropped_by_xdp);
	UNIT_RUN(test_packet_line_of_a_dropped_frame);
	UNIT_RUN(test_skb_dropped_by_xdp_is_one_drop);
	UNIT_RUN(test_frame_becomes_an_skb);
	UNIT_RUN(test_skb_passes_xdp);
	UNIT_RUN(test_frame_sent_back);
	UNIT_RUN(test_redirected_frame_keeps_its_number);
	UNIT_RUN(test_skb_dropped_by_tc);
	UNIT_RUN(test_verdict_that_was_overruled);
	UNIT_RUN(test_callee_is_who_decides);
	UNIT_RUN(test_dispatcher_overrules);
	return unit_status();
}
