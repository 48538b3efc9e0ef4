// SPDX-License-Identifier: GPL-2.0-only
/* Packets from first to last record: identity, owner, fate. */
#include "tests/unit/hops.h"

#define SKB  0xffff888000005000ULL
#define SKB2 0xffff888000006000ULL
#define SK   0xffff888000001000ULL
#define ID   0x1234567800000001ULL

static void test_fate_delivered(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_packet(s, 0, ID, SKB, 0);
	hops_pass(s, 10, F_XMIT, TASK, 0, ID, SKB);
	hops_pass(s, 20, F_RECEIVE, SOFTIRQ, 0, ID, SKB);
	hops_pass(s, 30, F_TCP_RCV, SOFTIRQ, 1, ID, SKB);
	CHECK_INT(s->packets_told, 0);
	hops_end(s, 40, ID, SKB, false);
	CHECK_INT(s->packets_told, 1);
	CHECK_INT(s->packet[0].fate, FATE_DELIVERED);
	CHECK_INT(s->packet[0].hops, 3);
	CHECK_INT(s->packet[0].end_ns - s->packet[0].start_ns, 40);
	CHECK_INT(s->first[0].number, 1);
	CHECK_INT(s->first[0].owner.tgid, 4242);
	CHECK_INT(paths_counts(s->paths)->packets[FATE_DELIVERED], 1);
	hops_free(s);
}

static void test_fate_transmitted_only_without_a_later_receive(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_packet(s, 0, ID, SKB, 0);
	hops_pass(s, 10, F_RECEIVE, TASK, 0, ID, SKB);
	hops_pass(s, 20, F_XMIT, TASK, 0, ID, SKB);
	hops_end(s, 30, ID, SKB, false);
	hops_packet(s, 40, ID + 1, SKB, 0);
	hops_pass(s, 50, F_XMIT, TASK, 0, ID + 1, SKB);
	hops_pass(s, 60, F_RECEIVE, SOFTIRQ, 0, ID + 1, SKB);
	hops_end(s, 70, ID + 1, SKB, false);
	CHECK_INT(s->packet[0].fate, FATE_TRANSMITTED);
	CHECK_INT(s->packet[1].fate, FATE_CONSUMED);
	CHECK_INT(s->first[1].number, 2);
	hops_free(s);
}

static void test_fate_dropped_stands_in_the_tree(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_packet(s, 0, ID, SKB, 0);
	hops_pass(s, 10, F_OUTPUT, TASK, 0, ID, SKB);
	hops_pass(s, 20, F_HOOK, TASK, 1, ID, SKB);
	hops_end(s, 30, ID, SKB, true);
	CHECK_INT(s->packet[0].fate, FATE_DROPPED);
	CHECK_STR(s->packet[0].drop.reason, "NETFILTER_DROP");
	CHECK_STR(s->packet[0].drop.location, "nf_hook_slow+0x5c");
	CHECK(s->packet[0].shown);
	hops_return(s, 40, F_HOOK, TASK, 1, (__u64)-EPERM);
	hops_return(s, 50, F_OUTPUT, TASK, 0, (__u64)-EPERM);
	CHECK_STR(s->trees, "[0 ip_output 40][1 nf_hook_slow 20][2 nf_hook_slow+0x5c dropped]\n");
	hops_free(s);
}

static void test_drop_outside_any_tree(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_packet(s, 0, ID, SKB, 0);
	hops_pass(s, 10, F_OUTPUT, TASK, 0, ID, SKB);
	s->cpu = 1; /* a queue gives it up while the call that filled it goes on elsewhere */
	hops_end(s, 20, ID, SKB, true);
	CHECK(!s->packet[0].shown);
	s->cpu = 0;
	hops_return(s, 30, F_OUTPUT, TASK, 0, 0);
	CHECK_STR(s->trees, "[0 ip_output 20]\n");
	hops_end(s, 40, ID + 1, SKB2, true); /* never heard of */
	CHECK_INT(s->packets_told, 2);
	CHECK_INT(s->packet[1].fate, FATE_DROPPED);
	hops_end(s, 50, ID + 2, SKB2, false);
	CHECK_INT(s->packets_told, 2);
	hops_free(s);
}

/* TCP frees a SYN that it answers again with kfree_skb(), and that is no drop. */
static void test_freed_by_tcp_is_delivered(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	HOPS_PUT(s, 0, REC_SYMBOL, (struct rec_symbol){.addr = 0x42, .name = "tcp_v4_rcv+0x12"});
	HOPS_PUT(s, 0, REC_REASON, (struct rec_reason){.code = 2, .name = "NOT_SPECIFIED"});
	hops_packet(s, 0, ID, SKB, 0);
	hops_pass(s, 10, F_TCP_RCV, SOFTIRQ, 1, ID, SKB);
	HOPS_PUT(s, 20, REC_PACKET_END,
		(struct rec_packet_end){
			.packet = ID, .skb = SKB, .location = 0x42, .reason = 2, .dropped = 1});
	CHECK_INT(s->packet[0].fate, FATE_DELIVERED);
	CHECK_INT(s->packet[0].drops, 0);
	hops_free(s);
}

/* The socket keeps the original for retransmits; the clone travels. */
static void test_clones_end_one_by_one(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_packet(s, 0, ID, SKB, 0);
	hops_packet(s, 1, ID, SKB2, SKB);
	hops_pass(s, 10, F_XMIT, TASK, 0, ID, SKB2);
	hops_pass(s, 20, F_RECEIVE, SOFTIRQ, 0, ID, SKB2);
	hops_pass(s, 30, F_TCP_RCV, SOFTIRQ, 1, ID, SKB2);
	hops_end(s, 40, ID, SKB2, false);
	CHECK_INT(s->packets_told, 0);
	hops_end(s, 50, ID, SKB, false);
	CHECK_INT(s->packets_told, 1);
	CHECK_INT(s->packet[0].fate, FATE_DELIVERED);
	CHECK_INT(s->packet[0].skbs, 2);
	CHECK_INT(s->packet[0].skb, SKB);
	hops_free(s);
}

/* The first clone is dropped, the retransmit, a clone of the same skb, gets through. */
static void test_drop_and_retransmit_of_one_packet(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_packet(s, 0, ID, SKB, 0);
	hops_packet(s, 1, ID, SKB2, SKB);
	hops_end(s, 10, ID, SKB2, true);
	hops_packet(s, 20, ID, SKB2, SKB);
	hops_pass(s, 30, F_XMIT, TASK, 0, ID, SKB2);
	hops_end(s, 40, ID, SKB2, false);
	hops_end(s, 50, ID, SKB, false);
	CHECK_INT(s->packets_told, 1);
	CHECK_INT(s->packet[0].fate, FATE_TRANSMITTED);
	CHECK_INT(s->packet[0].drops, 1);
	CHECK_INT(s->packet[0].skbs, 3);
	hops_free(s);
}

/* Segments of one big skb: more than are known one by one. */
static void test_many_segments(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_packet(s, 0, ID, SKB, 0);
	hops_pass(s, 5, F_XMIT, TASK, 0, ID, SKB);
	for (unsigned i = 1; i <= 100; i++)
		hops_packet(s, i, ID, SKB + 256 * i, SKB);
	for (unsigned i = 0; i <= 100; i++) {
		CHECK_INT(s->packets_told, 0);
		hops_end(s, 200 + i, ID, SKB + 256 * i, false);
	}
	CHECK_INT(s->packets_told, 1);
	CHECK_INT(s->packet[0].skbs, 101);
	CHECK_INT(s->packet[0].fate, FATE_TRANSMITTED);
	hops_free(s);
}

static void test_nat_changes_the_headers(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});
	struct rec_packet rec = hops_syn(ID, SKB);

	hops_packet(s, 0, ID, SKB, 0);
	rec.tuple = hops_tuple("192.0.2.1", 61000, "10.9.2.2");
	rec.owner.tgid = 0;
	rec.sk = 0;
	HOPS_PUT(s, 10, REC_PACKET, rec);
	hops_end(s, 20, ID, SKB, false);
	CHECK_INT(ntohs(s->first[0].tuple.sport), 40000);
	CHECK_INT(ntohs(s->last[0].tuple.sport), 61000);
	CHECK_INT(s->last[0].owner.tgid, 4242);
	CHECK_INT(s->last[0].sk, SK);
	CHECK_INT(s->last[0].number, 1);
	CHECK_INT(s->packet[0].skbs, 1);
	hops_free(s);
}

/* A SYN-ACK comes in without a socket; the function that takes both tells whose it is. */
static void test_owner_found_on_the_way(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});
	struct rec_packet rec = hops_syn(ID, SKB);
	struct rec_hop hop = hops_entry(F_TCP_RCV, SOFTIRQ, 1);

	rec.owner = (struct rec_owner){.netns = 7};
	rec.sk = 0;
	HOPS_PUT(s, 0, REC_SOCKET,
		(struct rec_socket){.sk = SK,
			.owner = {.tgid = 99, .comm = "nginx"},
			.tuple = hops_tuple("10.9.2.2", 80, "10.9.1.2")});
	HOPS_PUT(s, 1, REC_PACKET, rec);
	hops_pass(s, 10, F_RECEIVE, SOFTIRQ, 0, ID, SKB);
	hop.packet = ID;
	hop.skb = SKB;
	hop.sk = SK;
	HOPS_PUT(s, 20, REC_HOP, hop);
	hops_end(s, 30, ID, SKB, false);
	CHECK(!s->first[0].owner_known);
	CHECK_INT(s->last[0].owner.tgid, 99);
	CHECK_INT(s->last[0].sk, SK);
	hops_free(s);
}

static void test_lost_track(void)
{
	struct hops *s = hops_new((struct paths_cfg){.max_packets = 4, .max_sockets = 4});
	const struct path_counts *n = paths_counts(s->paths);

	for (unsigned i = 0; i < 10; i++) {
		hops_packet(s, i, ID + i, SKB + 256 * i, 0);
		HOPS_PUT(s, i, REC_SOCKET, (struct rec_socket){.sk = SK + 64 * i});
	}
	CHECK_INT(n->evicted_packets, 6);
	CHECK_INT(n->evicted_sockets, 6);
	CHECK_INT(s->packet[0].fate, FATE_LOST_TRACK);
	hops_stop(s, 20);
	CHECK_INT(s->packets_told, 10);
	CHECK_INT(n->packets[FATE_LOST_TRACK], 10);
	hops_free(s);
}

/* REC_PACKET was lost: what the hop says is all that is known. */
static void test_hop_of_an_unknown_packet(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_pass(s, 0, F_XMIT, TASK, 0, ID, SKB);
	hops_end(s, 10, ID, SKB, false);
	CHECK_INT(s->packets_told, 1);
	CHECK_INT(s->packet[0].fate, FATE_TRANSMITTED);
	CHECK_INT(s->first[0].tuple.family, 0);
	hops_free(s);
}

int main(void)
{
	UNIT_RUN(test_fate_delivered);
	UNIT_RUN(test_fate_transmitted_only_without_a_later_receive);
	UNIT_RUN(test_fate_dropped_stands_in_the_tree);
	UNIT_RUN(test_drop_outside_any_tree);
	UNIT_RUN(test_freed_by_tcp_is_delivered);
	UNIT_RUN(test_clones_end_one_by_one);
	UNIT_RUN(test_drop_and_retransmit_of_one_packet);
	UNIT_RUN(test_many_segments);
	UNIT_RUN(test_nat_changes_the_headers);
	UNIT_RUN(test_owner_found_on_the_way);
	UNIT_RUN(test_lost_track);
	UNIT_RUN(test_hop_of_an_unknown_packet);
	return unit_status();
}
