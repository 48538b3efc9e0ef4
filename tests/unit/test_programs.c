// SPDX-License-Identifier: GPL-2.0-only
/* Programs decide what becomes of a packet, which may be a frame, then an skb, or both at once. */
#include "tests/unit/programs.h"

static void test_frame_dropped_by_xdp(void)
{
	struct hops *s = programs_hear(NULL);

	programs_play_frame(s, XDP_DROP);
	HOPS_PUT(s, 2050, REC_PACKET_END,
		(struct rec_packet_end){.packet = ID, .skb = FRAME, .dropped = 1});
	CHECK_INT(s->packets_told, 1);
	CHECK_INT(s->packet[0].fate, FATE_DROPPED);
	CHECK_INT(s->packet[0].drops, 1);
	CHECK_INT(s->packet[0].skbs, 0);
	CHECK(s->packet[0].shown);
	CHECK_STR(s->trees, "[0 drop81 1000][1  dropped]\n");
	hops_stop(s, 3000);
	CHECK_INT(s->packets_told, 1);
	hops_free(s);

	s = programs_hear(NULL);
	programs_play_frame(s, 17); /* no verdict of XDP: the kernel drops it */
	CHECK_INT(s->packets_told, 1);
	CHECK_INT(s->packet[0].fate, FATE_DROPPED);
	hops_free(s);
}

/* veth hands its skb's memory to XDP, and frees the skb when it was dropped: that is one drop. */
static void test_skb_dropped_by_xdp_is_one_drop(void)
{
	struct hops *s = programs_hear(NULL);

	hops_packet(s, 0, ID, SKB, 0);
	hops_pass(s, 100, F_XMIT, SOFTIRQ, 0, ID, SKB);
	programs_enter_frame(s, 1000, P_XDP, 1);
	hops_return(s, 2000, P_XDP, SOFTIRQ, 1, XDP_DROP);
	CHECK_INT(s->packets_told, 0);
	/* the frame ends, in an skb of which it is told later */
	HOPS_PUT(s, 2050, REC_PACKET_END,
		(struct rec_packet_end){.packet = ID, .skb = FRAME, .dropped = 1});
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
	s = programs_hear(NULL);
	hops_packet(s, 0, ID, SKB, 0);
	hops_pass(s, 100, F_XMIT, SOFTIRQ, 0, ID, SKB);
	programs_enter_frame(s, 1000, P_XDP, 1);
	hops_return(s, 2000, P_XDP, SOFTIRQ, 1, XDP_DROP);
	hops_end(s, 2100, ID, SKB, false);
	CHECK_INT(s->packet[0].fate, FATE_DROPPED);
	CHECK_INT(s->packet[0].drops, 1);
	hops_free(s);
}

static void test_frame_becomes_an_skb(void)
{
	struct hops *s = programs_hear(NULL);

	programs_play_frame(s, XDP_PASS);
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
	struct hops *s = programs_hear(NULL);

	hops_packet(s, 0, ID, SKB, 0);
	programs_put_frame(s, 900);
	programs_enter_frame(s, 1000, P_XDP, 0);
	hops_return(s, 2000, P_XDP, SOFTIRQ, 0, XDP_PASS);
	hops_end(s, 3000, ID, SKB, false);
	CHECK_INT(s->packets_told, 1);
	CHECK_INT(s->packet[0].fate, FATE_CONSUMED);
	CHECK_INT(s->packet[0].skbs, 1);
	hops_free(s);
}

static void test_frame_sent_back(void)
{
	struct hops *s = programs_hear(NULL);

	programs_play_frame(s, XDP_TX);
	CHECK_INT(s->packets_told, 0); /* the other end of a veth pair may make an skb of it */
	hops_tick(s, 900000000);
	CHECK_INT(s->packets_told, 0);
	hops_tick(s, 2200000000);
	CHECK_INT(s->packets_told, 1);
	CHECK_INT(s->packet[0].fate, FATE_TRANSMITTED);
	hops_free(s);

	s = programs_hear(NULL);
	programs_play_frame(s, XDP_TX);
	hops_stop(s, 3000);
	CHECK_INT(s->packet[0].fate, FATE_TRANSMITTED);
	hops_free(s);

	s = programs_hear(NULL);
	programs_play_frame(s, XDP_PASS);
	hops_stop(s, 3000);
	CHECK_INT(s->packet[0].fate, FATE_LOST_TRACK);
	hops_free(s);
}

static void test_redirected_frame_keeps_its_number(void)
{
	struct hops *s = programs_hear(NULL);

	programs_play_frame(s, XDP_REDIRECT);
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
	struct hops *s = programs_hear(NULL);

	hops_packet(s, 0, ID, SKB, 0);
	hops_packet(s, 0, ID, SKB + 256, SKB); /* a clone, which lives on */
	hops_pass(s, 100, P_TC, SOFTIRQ, 0, ID, SKB);
	hops_return(s, 200, P_TC, SOFTIRQ, 0, 2);
	hops_end(s, 300, ID, SKB, true);
	hops_end(s, 400, ID, SKB + 256, true);
	CHECK_INT(s->packet[0].drops, 2);
	CHECK(!s->packet[0].drop.by.program); /* that one was dropped for another reason */
	hops_free(s);

	s = programs_hear(NULL);
	hops_packet(s, 0, ID, SKB, 0);
	hops_pass(s, 100, P_TC, SOFTIRQ, 0, ID, SKB);
	hops_return(s, 200, P_TC, SOFTIRQ, 0, 2);
	hops_end(s, 300, ID, SKB, true);
	CHECK_STR(s->packet[0].drop.by.program->name, "drop82");
	CHECK_STR(s->packet[0].drop.reason, "NETFILTER_DROP");
	hops_free(s);

	s = programs_hear(NULL);
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

/* What another CPU frees in the meantime is a clone, with another fate. */
static void test_verdict_is_of_its_cpu(void)
{
	struct hops *s = programs_hear(NULL);

	hops_packet(s, 0, ID, SKB, 0);
	hops_packet(s, 0, ID, SKB + 256, SKB);
	programs_enter_frame(s, 1000, P_XDP, 1);
	hops_return(s, 2000, P_XDP, SOFTIRQ, 1, XDP_DROP);
	s->cpu = 1;
	hops_end(s, 2100, ID, SKB, true);
	s->cpu = 0;
	hops_end(s, 2200, ID, SKB + 256, true);
	CHECK_INT(s->packet[0].drops, 2);
	CHECK(s->packet[0].drop.by.program); /* of the last one */
	hops_free(s);
}

/* A program says SHOT, the one after it OK: nobody has dropped anything. */
static void test_verdict_that_was_overruled(void)
{
	struct hops *s = programs_hear(NULL);

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
	struct hops *s = programs_hear(NULL);

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
	struct hops *s = programs_hear(NULL);

	hops_program(s, 40, PROG_XDP, "dispatcher", 0);
	programs_put_frame(s, 0);
	programs_enter_frame(s, 100, 40, 0);
	programs_enter_frame(s, 200, P_XDP, 1);
	hops_return(s, 300, P_XDP, SOFTIRQ, 1, XDP_DROP);
	CHECK_INT(s->packets_told, 0);
	hops_return(s, 400, 40, SOFTIRQ, 0, XDP_PASS);
	hops_stop(s, 500);
	CHECK_INT(s->packet[0].drops, 0);
	hops_free(s);

	s = programs_hear(NULL);
	hops_program(s, 40, PROG_XDP, "dispatcher", 0);
	programs_put_frame(s, 0);
	programs_enter_frame(s, 100, 40, 0);
	programs_enter_frame(s, 200, P_XDP, 1);
	hops_return(s, 300, P_XDP, SOFTIRQ, 1, XDP_DROP);
	hops_return(s, 400, 40, SOFTIRQ, 0, XDP_DROP);
	CHECK_INT(s->packet[0].drops, 1);
	CHECK_STR(s->packet[0].drop.by.program->name, "drop81");
	hops_free(s);
}

int main(void)
{
	UNIT_RUN(test_frame_dropped_by_xdp);
	UNIT_RUN(test_skb_dropped_by_xdp_is_one_drop);
	UNIT_RUN(test_frame_becomes_an_skb);
	UNIT_RUN(test_skb_passes_xdp);
	UNIT_RUN(test_frame_sent_back);
	UNIT_RUN(test_redirected_frame_keeps_its_number);
	UNIT_RUN(test_skb_dropped_by_tc);
	UNIT_RUN(test_verdict_is_of_its_cpu);
	UNIT_RUN(test_verdict_that_was_overruled);
	UNIT_RUN(test_callee_is_who_decides);
	UNIT_RUN(test_dispatcher_overrules);
	return unit_status();
}
