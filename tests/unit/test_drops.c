// SPDX-License-Identifier: GPL-2.0-only
/* Drops are counted by what they have in common; what is none is told apart. */
#include "tests/unit/drops_sample.h"

#define COUNT(s, drops, rec) drops_add(drops, sample_told(s, rec, 0, 0))

static void test_rows(void)
{
	struct rec_dropped rec = sample_dropped(NO_SOCKET, IN_UDP);
	struct drops *drops = drops_new(0, SAMPLE_START);
	const struct drop_counts *n;
	struct drops_sample s;

	drops_sample_init(&s);
	COUNT(&s, drops, &rec);
	rec.skb++; /* another packet, elsewhere in the same function */
	rec.location = IN_UDP_TOO;
	rec.tuple.dport = 7;
	COUNT(&s, drops, &rec);
	rec.owner.tgid++;
	COUNT(&s, drops, &rec);
	rec = sample_dropped(NETFILTER_DROP, IN_NFT);
	for (int i = 0; i < 3; i++)
		COUNT(&s, drops, &rec);
	rec.dev.netns++; /* as the namespace the drop is in */
	rec.owner.netns++;
	COUNT(&s, drops, &rec);
	n = drops_overall(drops, SAMPLE_START + 2000 * MS);
	CHECK_INT(n->rows, 4);
	CHECK_INT(n->total, 7);
	CHECK_INT(n->other, 0);
	CHECK_INT(n->row[0]->count, 3);
	CHECK_STR(n->row[0]->key.reason, "NETFILTER_DROP");
	CHECK_STR(n->row[0]->key.place, "nft_do_chain [nf_tables]");
	CHECK_INT(n->row[1]->count, 2);
	CHECK_STR(n->row[1]->key.place, "__udp4_lib_rcv");
	CHECK_STR(n->row[1]->key.dev, "eth0");
	CHECK_STR(n->row[1]->key.comm, "curl");
	CHECK_INT(n->row[1]->key.tgid, 4242);
	CHECK(n->row[0]->per_s == 1.5 && n->per_s == 3.5);
	drops_free(drops);
	drops_sample_done(&s);
}

static void test_rates(void)
{
	struct rec_dropped rec = sample_dropped(NO_SOCKET, IN_UDP);
	struct drops *drops = drops_new(0, SAMPLE_START);
	struct drops_sample s;

	drops_sample_init(&s);
	CHECK(drops_lately(drops, SAMPLE_START)->per_s == 0);
	for (int i = 0; i < 10; i++)
		COUNT(&s, drops, &rec);
	CHECK(drops_lately(drops, SAMPLE_START + 1000 * MS)->row[0]->per_s == 10);
	CHECK(drops_lately(drops, SAMPLE_START + 2000 * MS)->row[0]->per_s == 0);
	COUNT(&s, drops, &rec);
	CHECK(drops_lately(drops, SAMPLE_START + 2500 * MS)->per_s == 2);
	CHECK(drops_overall(drops, SAMPLE_START + 4000 * MS)->row[0]->per_s == 2.75);
	drops_free(drops);
	drops_sample_done(&s);
}

/* The table is bounded, and what it has no room for is still counted. */
static void test_bound(void)
{
	struct rec_dropped rec = sample_dropped(NO_SOCKET, IN_UDP);
	struct drops *drops = drops_new(100, SAMPLE_START);
	const struct drop_counts *n;
	struct drops_sample s;
	__u64 in_rows = 0;

	drops_sample_init(&s);
	for (int round = 0; round < 2; round++)
		for (rec.owner.tgid = 1; rec.owner.tgid <= 130; rec.owner.tgid++)
			COUNT(&s, drops, &rec);
	n = drops_overall(drops, SAMPLE_START + MS);
	CHECK_INT(n->rows, 100);
	CHECK_INT(n->total, 260);
	CHECK_INT(n->other, 60);
	for (size_t i = 0; i < n->rows; i++)
		in_rows += n->row[i]->count;
	CHECK_INT(in_rows + n->other, n->total);
	drops_free(drops);
	drops_sample_done(&s);
}

static void test_programs_have_rows(void)
{
	struct rec_dropped rec = sample_dropped(0, 0);
	struct drops *drops = drops_new(0, SAMPLE_START);
	const struct drop_counts *n;
	struct drops_sample s;

	drops_sample_init(&s);
	rec.what = DROPPED_FRAME;
	rec.func = BY_XDP;
	rec.verdict = 1;
	COUNT(&s, drops, &rec);
	COUNT(&s, drops, &rec);
	rec.what = DROPPED_XDP_EXCEPTION;
	rec.func = 0;
	rec.prog_id = 43;
	COUNT(&s, drops, &rec);
	n = drops_overall(drops, SAMPLE_START + MS);
	CHECK_INT(n->rows, 2);
	CHECK_STR(n->row[0]->key.program, "xdp_drop81");
	CHECK_STR(n->row[0]->key.verdict, "XDP_DROP");
	CHECK_STR(n->row[0]->key.reason, "XDP_DROP");
	CHECK_INT(n->row[0]->key.prog_id, 42);
	CHECK_STR(n->row[1]->key.reason, "XDP_EXCEPTION");
	CHECK_INT(n->row[1]->key.prog_kind, PROG_XDP);
	CHECK_INT(n->row[1]->key.prog_id, 43);
	drops_free(drops);
	drops_sample_done(&s);
}

static bool is_harmless(__u32 reason, __u64 location, __u32 len)
{
	struct rec_dropped rec = sample_dropped(reason, location);
	struct drops_sample s;
	bool harmless;

	drops_sample_init(&s);
	rec.len = len;
	harmless = dropped_is_harmless(sample_told(&s, &rec, 0, 0));
	drops_sample_done(&s);
	return harmless;
}

static void test_what_is_no_drop(void)
{
	CHECK(is_harmless(NOT_SPECIFIED, IN_TCP, 40));
	CHECK(is_harmless(0, IN_TCP, 40)); /* a kernel without reasons */
	CHECK(!is_harmless(NO_SOCKET, IN_TCP, 40));
	CHECK(is_harmless(NO_SOCKET, IN_PING, 64));
	CHECK(!is_harmless(NETFILTER_DROP, IN_PING, 64));
	CHECK(is_harmless(NOT_SPECIFIED, IN_PURGE, 0));  /* a FIN; */
	CHECK(!is_harmless(NOT_SPECIFIED, IN_PURGE, 1)); /* a byte that nobody has read */
	CHECK(!is_harmless(NO_SOCKET, IN_UDP, 28));
	CHECK(!is_harmless(NOT_SPECIFIED, IN_UDP, 28));
	CHECK(!is_harmless(NOT_SPECIFIED, 0, 28));
}

/* Of a frame that XDP could not send on the kernel tells twice where it was an skb. */
static void test_repeats(void)
{
	struct rec_dropped frame = sample_dropped(0, 0);
	struct rec_dropped skb = sample_dropped(NOT_SPECIFIED, IN_XDP);
	struct rec_dropped other = sample_dropped(NO_SOCKET, IN_UDP);
	struct drops *drops = drops_new(0, SAMPLE_START);
	struct drops_sample s;

	drops_sample_init(&s);
	frame.what = DROPPED_XDP_EXCEPTION;
	frame.prog_id = 43;
	CHECK(!drops_is_repeat(drops, sample_told(&s, &skb, 0, 0)));
	CHECK(!drops_is_repeat(drops, sample_told(&s, &frame, 1000, 0)));
	CHECK(drops_is_repeat(drops, sample_told(&s, &skb, 2000, 0)));
	CHECK(!drops_is_repeat(drops, sample_told(&s, &skb, 3000, 0))); /* once */
	CHECK(!drops_is_repeat(drops, sample_told(&s, &frame, 4000, 0)));
	CHECK(!drops_is_repeat(drops, sample_told(&s, &other, 5000, 0)));
	skb.hdr.cpu = 1;
	CHECK(!drops_is_repeat(drops, sample_told(&s, &skb, 6000, 0)));
	skb.hdr.cpu = 0;
	skb.dev.ifindex++;
	CHECK(!drops_is_repeat(drops, sample_told(&s, &skb, 7000, 0)));
	skb.dev.ifindex--;
	CHECK(!drops_is_repeat(drops, sample_told(&s, &skb, 4000 + 30 * MS, 0)));
	drops_free(drops);
	drops_sample_done(&s);
}

/* A stack begins where the packet was dropped, not in what took the trace. */
static void test_stack(void)
{
	struct rec_dropped rec = sample_dropped(NO_SOCKET, IN_UDP);
	const struct dropped *d;
	struct drops_sample s;

	drops_sample_init(&s);
	s.bytes.stack[0] = 1;
	s.bytes.stack[1] = IN_UDP;
	s.bytes.stack[2] = IN_XDP;
	d = sample_told(&s, &rec, 0, 3);
	CHECK_INT(d->frames, 2);
	CHECK_STR(d->frame[0].name, "__udp4_lib_rcv+0x4bc");
	rec.location = IN_NFT; /* nowhere in it */
	d = sample_told(&s, &rec, 0, 3);
	CHECK_INT(d->frames, 3);
	drops_sample_done(&s);
}

int main(void)
{
	UNIT_RUN(test_rows);
	UNIT_RUN(test_rates);
	UNIT_RUN(test_bound);
	UNIT_RUN(test_programs_have_rows);
	UNIT_RUN(test_what_is_no_drop);
	UNIT_RUN(test_repeats);
	UNIT_RUN(test_stack);
	return unit_status();
}
