// SPDX-License-Identifier: GPL-2.0-only
/* What a reader of `trace` sees, character by character. */
#include "tests/unit/hops.h"
#include "tests/unit/sample.h"

#define SKB 0xffff888000005000ULL
#define ID  0x1234567800000001ULL

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

/* A SYN on its way out, which netfilter drops. */
static void play_drop(struct hops *s)
{
	struct rec_hop hook = hops_entry(F_HOOK, TASK, 1);

	hops_packet(s, 0, ID, SKB, 0);
	hops_pass(s, 1000, F_OUTPUT, TASK, 0, ID, SKB);
	hook.packet = ID;
	hook.skb = SKB;
	hook.ifindex = 2;
	hook.netns = 7;
	hook.detail = 2 << 8 | 3;
	HOPS_PUT(s, 2000, REC_HOP, hook);
	hops_end(s, 3000, ID, SKB, true);
	hops_return(s, 4000, F_HOOK, TASK, 1, (__u64)-EPERM);
	hops_return(s, 42000, F_OUTPUT, TASK, 0, (__u64)-EPERM);
}

static void test_tree_with_a_drop(void)
{
	struct screen s = screen_new((struct sink_cfg){0});
	_cleanup_(freep) char *got = NULL;

	play_drop(s.hops);
	got = screen_end(&s);
	CHECK_STR(got, "01:35:00.123457  cpu0  curl[4242]  10.9.1.2:40000 > 10.9.2.2:80 tcp S  "
		       "packet 1\n"
		       "  41.0 us  ip_output = -EPERM  eth0\n"
		       "  2.00 us    nf_hook_slow OUTPUT = -EPERM\n"
		       "               ✗ dropped: NETFILTER_DROP at nf_hook_slow+0x5c\n");
}

static void test_tree_in_colour(void)
{
	struct screen s = screen_new((struct sink_cfg){.color = true});
	_cleanup_(freep) char *got = NULL;

	play_drop(s.hops);
	got = screen_end(&s);
	CHECK(strstr(got, "nf_hook_slow OUTPUT = \x1b[1;31m-EPERM\x1b[0m\n"));
	CHECK(strstr(got, "\x1b[1;31m✗ dropped: NETFILTER_DROP at nf_hook_slow+0x5c\x1b[0m\n"));
}

/* Softirq hands one packet over to another, of another module, whose owner nobody knows. */
static void test_tree_of_two_packets(void)
{
	struct screen s = screen_new((struct sink_cfg){0});
	struct hops *h = s.hops;
	struct rec_packet arp = {.packet = ID + 1, .skb = SKB + 256, .ethertype = 0x0806};
	_cleanup_(freep) char *got = NULL;

	hops_packet(h, 0, ID, SKB, 0);
	HOPS_PUT(h, 0, REC_PACKET, arp);
	hops_pass(h, 1000, F_RECEIVE, SOFTIRQ, 0, ID, SKB);
	hops_pass(h, 2000, F_VETH, SOFTIRQ, 1, ID + 1, SKB + 256);
	hops_enter(h, 2500, F_VOID, SOFTIRQ, 2);
	hops_return(h, 3000, F_VETH, SOFTIRQ, 1, 0x10);
	hops_return(h, 4000, F_RECEIVE, SOFTIRQ, 0, 0);
	got = screen_end(&s);
	CHECK_STR(got, "01:35:00.123457  cpu0  curl[4242]  10.9.1.2:40000 > 10.9.2.2:80 tcp S  "
		       "packet 1\n"
		       "  3.00 us  __netif_receive_skb_core  eth0\n"
		       "01:35:00.123458  cpu0  -  ethertype 0x0806  packet 2\n"
		       "  1.00 us    veth_xmit [veth] = NETDEV_TX_BUSY  eth0\n"
		       "        ?      tcp_ack_update_rtt\n");
}

static void test_drop_outside_any_tree(void)
{
	struct screen s = screen_new((struct sink_cfg){0});
	_cleanup_(freep) char *got = NULL;

	hops_packet(s.hops, 0, ID, SKB, 0);
	hops_end(s.hops, 1000, ID, SKB, true);
	got = screen_end(&s);
	CHECK_STR(got, "01:35:00.123457  cpu0  curl[4242]  10.9.1.2:40000 > 10.9.2.2:80 tcp S  "
		       "packet 1\n"
		       "           ✗ dropped: NETFILTER_DROP at nf_hook_slow+0x5c\n");
}

static void test_tree_that_never_ended(void)
{
	struct screen s = screen_new((struct sink_cfg){0});
	struct rec_hop rec = hops_entry(F_OUTPUT, TASK, 0);
	_cleanup_(freep) char *got = NULL;

	rec.flags = HOP_PROCESS;
	rec.tgid = rec.tid = 9;
	HOPS_PUT(s.hops, 0, REC_HOP, rec);
	hops_stop(s.hops, 10);
	got = screen_end(&s);
	CHECK_STR(got, "01:35:00.123456  cpu0  pid 9\n"
		       "     open  ip_output\n");
}

static void test_flat(void)
{
	struct screen s = screen_new((struct sink_cfg){.flat = true});
	_cleanup_(freep) char *got = NULL;

	CHECK(!s.hops->sink->ops->tree);
	hops_packet(s.hops, 0, ID, SKB, 0);
	hops_pass(s.hops, 1000, F_OUTPUT, TASK, 0, ID, SKB);
	hops_enter(s.hops, 2000, F_HOOK, TASK, 1);
	hops_return(s.hops, 3000, F_HOOK, TASK, 1, 1);
	hops_return(s.hops, 4000, F_OUTPUT, TASK, 0, 0);
	got = screen_end(&s);
	CHECK_STR(got, "01:35:00.123457  cpu0  1     > ip_output  eth0  curl[4242]  "
		       "10.9.1.2:40000 > 10.9.2.2:80 tcp S\n"
		       "01:35:00.123458  cpu0  -       > nf_hook_slow  -\n"
		       "01:35:00.123459  cpu0  -       < nf_hook_slow = accepted  1.00 us\n"
		       "01:35:00.123460  cpu0  1     < ip_output = 0  3.00 us\n");
}

static void test_stack(void)
{
	struct {
		struct rec_hop hop;
		__u64 addr[2];
	} rec = {.hop = hops_entry(F_HOOK, TASK, 0), .addr = {0xffffffff81000000, 0x42}};
	struct screen s = screen_new((struct sink_cfg){.stack = true});
	_cleanup_(freep) char *got = NULL;

	rec.hop.stack_len = 2;
	HOPS_PUT(s.hops, 0, REC_HOP, rec);
	hops_return(s.hops, 1000, F_HOOK, TASK, 0, 1);
	got = screen_end(&s);
	CHECK_STR(got, "01:35:00.123456  cpu0  -\n"
		       "  1.00 us  nf_hook_slow\n"
		       "               nf_hook_slow+0x5c\n"
		       "               0x42\n");
}

static void test_summary(void)
{
	struct screen s = screen_new((struct sink_cfg){0});
	struct path_counts counts = {.entries = 40,
		.missed_returns = 2,
		.packets = {[FATE_DELIVERED] = 3, [FATE_DROPPED] = 1, [FATE_LOST_TRACK] = 1}};
	struct summary sum = {.ts_ns = HOPS_START, .paths = &counts, .reasons = 1};
	_cleanup_(freep) char *got = NULL;

	strcpy(sum.drop_reason[0].name, "NETFILTER_DROP");
	sum.drop_reason[0].count = 1;
	CHECK_INT(s.hops->sink->ops->summary(s.hops->sink, &sum), 0);
	got = screen_end(&s);
	CHECK_STR(got, "5 packets: 3 delivered, 1 dropped, 1 not seen to their end; 40 calls, the "
		       "return of 2 not seen\n"
		       "drops: 1 NETFILTER_DROP\n");
}

static void test_attempt_with_calls(void)
{
	static const struct func hook = {.name = "nf_hook_slow",
		.role = ROLE_HOOK,
		.returns = RETURNS_NF_SLOW,
		.ret_bytes = 4};
	struct attempt_call call = {.func = &hook,
		.start_ns = SAMPLE_START + 10 * US,
		.end_ns = SAMPLE_START + 20 * US,
		.end = CALL_RETURNED,
		.ret = -EPERM,
		.ret_reason = "",
		.detail = 2 << 8 | 3,
		.depth = 1};
	struct screen s = screen_new((struct sink_cfg){0});
	struct attempt a = sample_drop();
	struct verdict v = sample_verdict("syn_dropped_locally", 1, "text", "");
	_cleanup_(freep) char *got = NULL;

	a.call = &call;
	a.calls = 2;
	a.calls_kept = 1;
	strcpy(a.drop[0].within, "nf_hook_slow OUTPUT");
	CHECK_INT(s.hops->sink->ops->connect(s.hops->sink, &a, &v), 0);
	got = screen_end(&s);
	CHECK(strstr(got, "     +0 ns  connect\n"
			  "  +10.0 us  hop               nf_hook_slow OUTPUT  10.0 us = -EPERM\n"
			  "  +4.00 us  drop            syn, NETFILTER_DROP in nf_hook_slow+0x5c "
			  "OUTPUT\n"));
	CHECK(strstr(got, "  … and 1 more call\n"));
}

int main(void)
{
	UNIT_RUN(test_tree_with_a_drop);
	UNIT_RUN(test_tree_in_colour);
	UNIT_RUN(test_tree_of_two_packets);
	UNIT_RUN(test_drop_outside_any_tree);
	UNIT_RUN(test_tree_that_never_ended);
	UNIT_RUN(test_flat);
	UNIT_RUN(test_stack);
	UNIT_RUN(test_summary);
	UNIT_RUN(test_attempt_with_calls);
	return unit_status();
}
