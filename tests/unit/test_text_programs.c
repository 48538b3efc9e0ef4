// SPDX-License-Identifier: GPL-2.0-only
/* What a reader of `trace` sees of programs, ARP and neighbour discovery, character by character.
 */
#include "tests/unit/hops.h"
#include "tests/unit/sample.h"

#define SKB   0xffff888000005000ULL
#define FRAME 0xffff888000006000ULL
#define ID    0x1234567800000001ULL

enum { P_XDP = 12, P_TC, P_TAIL };

struct screen {
	FILE *f;
	struct hops *hops;
};

static struct screen screen_new(struct sink_cfg cfg)
{
	struct screen s = {.f = tmpfile(), .hops = hops_new((struct paths_cfg){0})};
	struct rec_meta rec;
	struct run_info run = sample_run(&rec);

	cfg.out = s.f;
	cfg.width = 80;
	s.hops->sink = sink_text_new(&cfg);
	CHECK_INT(s.hops->sink->ops->meta(s.hops->sink, &run), 0);
	hops_program(s.hops, P_XDP, PROG_XDP, "drop81", 0);
	hops_program(s.hops, P_TC, PROG_TC, "first", 0);
	hops_program(s.hops, P_TAIL, PROG_TC, "drop82", FUNC_CALLEE);
	return s;
}

/* All that was shown; the caller frees it. */
static char *screen_end(struct screen *s)
{
	long len = ftell(s->f);
	char *text = calloc(1, len + 1);

	rewind(s->f);
	CHECK_INT(fread(text, 1, len, s->f), len);
	fclose(s->f);
	sink_free(s->hops->sink);
	hops_free(s->hops);
	return text;
}

static void play_xdp(struct hops *h, __u32 verdict)
{
	struct rec_packet packet = hops_syn(ID, FRAME);
	struct rec_hop hop = hops_entry(P_XDP, SOFTIRQ, 0);

	packet.frame = 1;
	HOPS_PUT(h, 0, REC_PACKET, packet);
	hop.flags = HOP_FRAME;
	hop.packet = ID;
	hop.skb = FRAME;
	hop.netns = 7;
	hop.ifindex = 2;
	HOPS_PUT(h, 1000, REC_HOP, hop);
	hops_return(h, 3000, P_XDP, SOFTIRQ, 0, verdict);
}

static void test_frame_dropped(void)
{
	struct screen s = screen_new((struct sink_cfg){0});
	_cleanup_(freep) char *got = NULL;

	play_xdp(s.hops, 1);
	got = screen_end(&s);
	CHECK_STR(got, "01:35:00.123457  cpu0  curl[4242]  10.9.1.2:40000 > 10.9.2.2:80 tcp S  "
		       "packet 1\n"
		       "  2.00 us  xdp drop81 [id 12]  XDP_DROP  eth0\n"
		       "             ✗ dropped: XDP_DROP by xdp drop81 [id 12]\n");
}

static void test_verdicts_in_colour(void)
{
	struct screen s = screen_new((struct sink_cfg){.color = true});
	_cleanup_(freep) char *got = NULL;

	play_xdp(s.hops, 1);
	got = screen_end(&s);
	CHECK(strstr(got, "xdp drop81 [id 12]  \x1b[1;31mXDP_DROP\x1b[0m"));

	s = screen_new((struct sink_cfg){.color = true});
	play_xdp(s.hops, 2);
	free(got);
	got = screen_end(&s);
	CHECK(strstr(got, "xdp drop81 [id 12]  XDP_PASS  "));
}

static void test_tail_call_drops(void)
{
	struct screen s = screen_new((struct sink_cfg){0});
	struct hops *h = s.hops;
	_cleanup_(freep) char *got = NULL;

	hops_packet(h, 0, ID, SKB, 0);
	hops_pass(h, 1000, F_RECEIVE, SOFTIRQ, 0, ID, SKB);
	hops_pass(h, 2000, P_TC, SOFTIRQ, 1, ID, SKB);
	hops_pass(h, 3000, P_TAIL, SOFTIRQ, 2, ID, SKB);
	hops_return(h, 4000, P_TAIL, SOFTIRQ, 2, 2);
	hops_return(h, 5000, P_TC, SOFTIRQ, 1, 2);
	hops_end(h, 6000, ID, SKB, true);
	hops_return(h, 7000, F_RECEIVE, SOFTIRQ, 0, 1);
	got = screen_end(&s);
	CHECK_STR(got,
		"01:35:00.123457  cpu0  curl[4242]  10.9.1.2:40000 > 10.9.2.2:80 tcp S  "
		"packet 1\n"
		"  6.00 us  __netif_receive_skb_core = NET_RX_DROP  eth0\n"
		"  3.00 us    tc first [id 13]  TC_ACT_SHOT\n"
		"  1.00 us      tc drop82 [id 14, tail call]  TC_ACT_SHOT\n"
		"             ✗ dropped: NETFILTER_DROP at nf_hook_slow+0x5c by tc drop82 [id 14, "
		"tail call]\n");
}

static void redirect(struct hops *h, __u64 ns, __u32 target)
{
	hops_pass(h, ns, P_TC, SOFTIRQ, 0, ID, SKB);
	HOPS_PUT(h, ns + 1000, REC_HOP_RETURN,
		(struct rec_hop_return){.func = P_TC,
			.stack = SOFTIRQ,
			.slot = SLOT(SOFTIRQ, 0),
			.ret = 7,
			.target = target});
}

static void test_redirect(void)
{
	struct screen s = screen_new((struct sink_cfg){0});
	_cleanup_(freep) char *got = NULL;

	hops_packet(s.hops, 0, ID, SKB, 0);
	redirect(s.hops, 1000, 2);
	redirect(s.hops, 3000, 9);
	got = screen_end(&s);
	CHECK(strstr(got, "tc first [id 13]  TC_ACT_REDIRECT to eth0  eth0\n"));
	CHECK(strstr(got, "tc first [id 13]  TC_ACT_REDIRECT to ifindex 9  eth0\n"));
}

static void test_flat(void)
{
	struct screen s = screen_new((struct sink_cfg){.flat = true});
	_cleanup_(freep) char *got = NULL;

	play_xdp(s.hops, 2);
	got = screen_end(&s);
	CHECK_STR(got, "01:35:00.123457  cpu0  1     > xdp drop81 [id 12]  eth0  curl[4242]  "
		       "10.9.1.2:40000 > 10.9.2.2:80 tcp S\n"
		       "01:35:00.123459  cpu0  1     < xdp drop81 [id 12]  XDP_PASS  2.00 us\n");
}

static void test_attempt_with_programs(void)
{
	static const struct func program = {.name = "drop81",
		.module = "bpf",
		.returns = RETURNS_XDP,
		.ret_bytes = 4,
		.prog_kind = PROG_XDP,
		.prog_id = 12};
	struct attempt_call call = {.func = &program,
		.start_ns = SAMPLE_START + 10 * US,
		.end_ns = SAMPLE_START + 20 * US,
		.end = CALL_RETURNED,
		.ret = 1,
		.ret_reason = "",
		.dev = "veth1"};
	struct screen s = screen_new((struct sink_cfg){0});
	struct attempt a = sample_drop();
	struct verdict v = sample_verdict("syn_dropped_locally", 1, "text", "");
	_cleanup_(freep) char *got = NULL;

	a.call = &call;
	a.calls = a.calls_kept = 1;
	a.drop[0] = (struct drop){.ts_ns = SAMPLE_START + 14 * US,
		.reason = "XDP_DROP",
		.by = {.program = &program, .ret = 1},
		.packet = DROP_SYN,
		.dev = "veth1"};
	CHECK_INT(s.hops->sink->ops->connect(s.hops->sink, &a, &v), 0);
	got = screen_end(&s);
	CHECK(strstr(got,
		"  +10.0 us  hop             xdp drop81 [id 12] on veth1  10.0 us  XDP_DROP\n"
		"  +4.00 us  drop            syn, XDP_DROP by xdp drop81 [id 12] on veth1\n"));
}

/* ---- headings ----------------------------------------------------------------------------- */

/* A packet of TYPE and TUPLE with BYTES passes a function: the heading of its tree. */
static char *heading(__u16 type, const struct rec_tuple *tuple, const __u8 *bytes, size_t len)
{
	struct screen s = screen_new((struct sink_cfg){0});
	struct rec_packet packet = {.packet = ID, .skb = SKB, .ethertype = type};
	struct rec_frame frame = {
		.packet = ID, .skb = SKB, .protocol = type, .layer = 2, .caplen = (__u16)len};
	char *got, *end;

	if (tuple)
		packet.tuple = *tuple;
	memcpy(frame.bytes, bytes, len);
	HOPS_PUT(s.hops, 0, REC_PACKET, packet);
	HOPS_PUT(s.hops, 0, REC_FRAME, frame);
	hops_pass(s.hops, 1000, F_RECEIVE, SOFTIRQ, 0, ID, SKB);
	hops_return(s.hops, 2000, F_RECEIVE, SOFTIRQ, 0, 0);
	got = screen_end(&s);
	end = strchr(got, '\n');
	*end = '\0';
	return got;
}

#define HEADING(want, type, tuple, ...)                                                \
 do {                                                                                  \
  const __u8 put_bytes[] = {__VA_ARGS__};                                              \
  _cleanup_(freep) char *put_got = heading(type, tuple, put_bytes, sizeof(put_bytes)); \
  CHECK_STR(put_got, "01:35:00.123457  cpu0  -  " want "  packet 1");                  \
 } while (0)

#define FF  0xff, 0xff, 0xff, 0xff, 0xff, 0xff
#define ONE 2, 0, 0, 0, 0, 1
#define TWO 2, 0, 0, 0, 0, 2

static void test_arp_headings(void)
{
	HEADING("ARP who-has 10.0.0.2 tell 10.0.0.1  02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff", 0x806,
		NULL, FF, ONE, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, ONE, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10,
		0, 0, 2);
	HEADING("ARP reply 10.0.0.2 is-at 02:00:00:00:00:02  02:00:00:00:00:02 > "
		"02:00:00:00:00:01",
		0x806, NULL, ONE, TWO, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2, TWO, 10, 0, 0, 2, ONE, 10, 0,
		0, 1);
	HEADING("ARP op 9 10.0.0.2 > 10.0.0.1  02:00:00:00:00:02 > 02:00:00:00:00:01  vlan 100/7",
		0x806, NULL, ONE, TWO, 0x81, 0, 0, 100, 0x81, 0, 0, 7, 8, 6, 0, 1, 8, 0, 6, 4, 0, 9,
		TWO, 10, 0, 0, 2, ONE, 10, 0, 0, 1);
	HEADING("ethertype 0x0806  02:00:00:00:00:02 > 02:00:00:00:00:01", 0x806, NULL, ONE, TWO, 8,
		6, 0, 1);
	HEADING("ethertype 0x88cc  02:00:00:00:00:02 > 02:00:00:00:00:01", 0, NULL, ONE, TWO, 0x88,
		0xcc);
}

static void test_nd_headings(void)
{
	struct rec_tuple t = {.family = 6, .l4_proto = 58};

	inet_pton(AF_INET6, "fe80::1", t.saddr);
	inet_pton(AF_INET6, "ff02::1:ff00:2", t.daddr);
	HEADING("fe80::1 > ff02::1:ff00:2 icmp6 neighbour solicitation, who has fe80::2  "
		"02:00:00:00:00:01 > 02:00:00:00:00:02",
		0x86dd, &t, TWO, ONE, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 24, 58,
		255, [54] = 135, [62] = 0xfe, 0x80, [77] = 2);
	HEADING("fe80::1 > ff02::1:ff00:2 icmp6 neighbour advertisement, fe80::2 is-at "
		"02:00:00:00:00:01  02:00:00:00:00:01 > 02:00:00:00:00:02",
		0x86dd, &t, TWO, ONE, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, 58,
		255, [54] = 136, [62] = 0xfe, 0x80, [77] = 2, 2, 1, ONE);
	HEADING("fe80::1 > ff02::1:ff00:2 icmp6 router solicitation  02:00:00:00:00:01 > "
		"02:00:00:00:00:02",
		0x86dd, &t, TWO, ONE, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 8, 58,
		255, [54] = 133, [61] = 0);
}

/* What a packet is becomes known in the middle of a tree, and is said there. */
static void test_heading_changes(void)
{
	struct screen s = screen_new((struct sink_cfg){0});
	struct hops *h = s.hops;
	struct rec_packet packet = {.packet = ID, .skb = SKB, .ethertype = 0x88cc};
	struct rec_frame frame = {.packet = ID,
		.skb = SKB,
		.layer = 2,
		.caplen = 14,
		.bytes = {ONE, TWO, 0x88, 0xcc}};
	_cleanup_(freep) char *got = NULL;

	HOPS_PUT(h, 0, REC_PACKET, packet);
	hops_pass(h, 1000, F_OUTPUT, TASK, 0, ID, SKB);
	HOPS_PUT(h, 1500, REC_FRAME, frame);
	hops_pass(h, 2000, F_VETH, TASK, 1, ID, SKB);
	hops_return(h, 3000, F_VETH, TASK, 1, 0);
	hops_return(h, 4000, F_OUTPUT, TASK, 0, 0);
	got = screen_end(&s);
	CHECK(strstr(got, "  -  ethertype 0x88cc  packet 1\n"));
	CHECK(strstr(
		got, "  -  ethertype 0x88cc  02:00:00:00:00:02 > 02:00:00:00:00:01  packet 1\n"));
}

/* MAC addresses of what has others are for the JSON; a tag is news to many. */
static void test_ip_heading(void)
{
	struct rec_tuple t = hops_tuple("10.9.1.2", 40000, "10.9.2.2");

	HEADING("10.9.1.2:40000 > 10.9.2.2:80 tcp", 0x800, &t, ONE, TWO, 8, 0);
	HEADING("10.9.1.2:40000 > 10.9.2.2:80 tcp  vlan 5", 0x8100, &t, ONE, TWO, 0x81, 0, 0, 5, 8,
		0);
}

int main(void)
{
	UNIT_RUN(test_frame_dropped);
	UNIT_RUN(test_verdicts_in_colour);
	UNIT_RUN(test_tail_call_drops);
	UNIT_RUN(test_redirect);
	UNIT_RUN(test_flat);
	UNIT_RUN(test_attempt_with_programs);
	UNIT_RUN(test_arp_headings);
	UNIT_RUN(test_nd_headings);
	UNIT_RUN(test_heading_changes);
	UNIT_RUN(test_ip_heading);
	return unit_status();
}
