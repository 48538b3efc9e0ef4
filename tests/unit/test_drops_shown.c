// SPDX-License-Identifier: GPL-2.0-only
/* Drops as JSON and as text. */
#include "tests/unit/drops_sample.h"
#include "tests/unit/tape.h"

/* ---- JSON --------------------------------------------------------------------------------- */

static void test_json_line(void)
{
	struct rec_dropped rec = sample_dropped(NETFILTER_DROP, IN_NFT);
	struct drops_sample s;
	struct tape t = tape_new();
	struct json_object *o;

	drops_sample_init(&s);
	rec.packet = 7;
	rec.sk = 0xffff888000001000;
	rec.egress = 1;
	strcpy(rec.owner.comm, "a\"b\x1b");
	CHECK_INT(t.sink->ops->drop(t.sink, sample_told(&s, &rec, 5, 0)), 0);
	o = tape_last(&t);
	KEYS(o, "v type ts_ns time cpu skb packet_id sk netns dev len tuple owner drop");
	KEYS(at(o, "dev"), "ifindex name");
	KEYS(at(o, "owner"), "pid tid comm");
	KEYS(at(o, "drop"), "direction reason subsys code location");
	CHECK_STR(text_at(o, "type"), "drop");
	CHECK_INT(int_at(o, "ts_ns"), SAMPLE_START + 5);
	CHECK_INT(int_at(o, "netns"), 4026531840);
	CHECK_INT(int_at(o, "len"), 28);
	CHECK_STR(text_at(at(o, "owner"), "comm"), "a\"b\x1b");
	CHECK_STR(text_at(at(o, "tuple"), "proto"), "udp");
	CHECK_STR(text_at(at(o, "drop"), "direction"), "egress");
	CHECK_STR(text_at(at(o, "drop"), "reason"), "NETFILTER_DROP");
	CHECK_STR(text_at(at(o, "drop"), "subsys"), "core");
	CHECK_INT(int_at(at(o, "drop"), "code"), 12);
	CHECK_STR(text_at(at(o, "drop"), "location"), "nft_do_chain+0x40e [nf_tables]");
	json_object_put(o);
	tape_free(&t);
	drops_sample_done(&s);
}

/* What is not known is absent. */
static void test_json_little_known(void)
{
	struct rec_dropped rec = {.what = DROPPED_XDP_REDIRECT,
		.verdict = -ENXIO,
		.prog_id = 43,
		.dev = {.ifindex = 2, .netns = 4026531840}};
	struct drops_sample s;
	struct tape t = tape_new();
	struct json_object *o;

	drops_sample_init(&s);
	rec.owner.netns = rec.dev.netns;
	CHECK_INT(t.sink->ops->drop(t.sink, sample_told(&s, &rec, 5, 0)), 0);
	o = tape_last(&t);
	KEYS(o, "v type ts_ns time cpu netns dev len drop");
	KEYS(at(o, "dev"), "ifindex");
	KEYS(at(o, "drop"), "direction reason program");
	KEYS(at(at(o, "drop"), "program"), "kind id");
	CHECK_STR(text_at(at(o, "drop"), "reason"), "XDP_REDIRECT_ERROR");
	json_object_put(o);
	tape_free(&t);
	drops_sample_done(&s);
}

static void test_json_program_and_stack(void)
{
	struct rec_dropped rec = sample_dropped(0, 0);
	struct sink_cfg cfg = {.out = tmpfile(), .stack = true};
	struct tape t = {.f = cfg.out, .sink = sink_json_new(&cfg)};
	struct drops_sample s;
	struct json_object *o, *stack;

	drops_sample_init(&s);
	rec.what = DROPPED_FRAME;
	rec.func = BY_XDP;
	rec.verdict = 1;
	s.bytes.stack[0] = IN_XDP;
	s.bytes.stack[1] = 0x10;
	CHECK_INT(t.sink->ops->drop(t.sink, sample_told(&s, &rec, 5, 2)), 0);
	o = tape_last(&t);
	KEYS(o, "v type ts_ns time cpu skb netns dev len tuple owner drop stack");
	KEYS(at(o, "drop"), "direction reason program verdict");
	KEYS(at(at(o, "drop"), "program"), "kind name id");
	CHECK_STR(text_at(at(at(o, "drop"), "program"), "name"), "xdp_drop81");
	CHECK_STR(text_at(at(o, "drop"), "verdict"), "XDP_DROP");
	stack = at(o, "stack");
	CHECK_INT(json_object_array_length(stack), 2);
	CHECK_STR(json_object_get_string(json_object_array_get_idx(stack, 1)), "0x10");
	json_object_put(o);
	tape_free(&t);
	drops_sample_done(&s);
}

static void test_json_counts(void)
{
	struct rec_dropped rec = sample_dropped(NO_SOCKET, IN_UDP);
	struct drops *drops = drops_new(1, SAMPLE_START);
	struct summary sum = {.ts_ns = SAMPLE_START + 4000 * MS};
	struct drops_sample s;
	struct tape t = tape_new();
	struct json_object *o, *row;

	drops_sample_init(&s);
	for (int i = 0; i < 9; i++)
		drops_add(drops, sample_told(&s, &rec, 0, 0));
	rec.reason = NETFILTER_DROP;
	drops_add(drops, sample_told(&s, &rec, 0, 0));
	sum.drops = drops_overall(drops, sum.ts_ns);
	CHECK_INT(t.sink->ops->summary(t.sink, &sum), 0);
	o = tape_last(&t);
	CHECK_INT(int_at(o, "drop_total"), 10);
	CHECK_INT(int_at(o, "drop_counts_other"), 1);
	CHECK_INT(int_at(o, "dur_ns"), 4000 * MS);
	CHECK_INT(json_object_array_length(at(o, "drop_counts")), 1);
	row = json_object_array_get_idx(at(o, "drop_counts"), 0);
	KEYS(row, "reason subsys location netns dev owner count rate_per_s");
	CHECK_INT(int_at(row, "count"), 9);
	CHECK_STR(json_object_to_json_string(at(row, "rate_per_s")), "2.25");
	CHECK_STR(text_at(row, "location"), "__udp4_lib_rcv");
	CHECK_STR(text_at(at(row, "owner"), "comm"), "curl");
	json_object_put(o);
	tape_free(&t);
	drops_free(drops);
	drops_sample_done(&s);
}

/* ---- text --------------------------------------------------------------------------------- */

struct paper {
	FILE *f;
	struct sink *sink;
	char text[4096];
};

static struct paper paper_new(struct sink_cfg cfg)
{
	struct paper p = {.f = tmpfile()};
	struct rec_meta rec;
	struct run_info run = sample_run(&rec);

	cfg.out = p.f;
	p.sink = sink_text_new(&cfg);
	CHECK_INT(p.sink->ops->meta(p.sink, &run), 0);
	return p;
}

static const char *paper_text(struct paper *p)
{
	size_t len;

	rewind(p->f);
	len = fread(p->text, 1, sizeof(p->text) - 1, p->f);
	p->text[len] = '\0';
	return p->text;
}

static void paper_free(struct paper *p)
{
	sink_free(p->sink);
	fclose(p->f);
}

static void test_text_line(void)
{
	struct rec_dropped rec = sample_dropped(NETFILTER_DROP, IN_NFT);
	struct paper p = paper_new((struct sink_cfg){.stack = true});
	struct drops_sample s;

	drops_sample_init(&s);
	strcpy(rec.owner.comm, "a\x1b[2J");
	s.bytes.stack[0] = IN_NFT;
	s.bytes.stack[1] = 0x10;
	CHECK_INT(p.sink->ops->drop(p.sink, sample_told(&s, &rec, 5, 2)), 0);
	rec = sample_dropped(0, 0);
	rec.what = DROPPED_FRAME;
	rec.func = BY_XDP;
	rec.verdict = 1;
	CHECK_INT(p.sink->ops->drop(p.sink, sample_told(&s, &rec, 6, 0)), 0);
	CHECK_STR(paper_text(&p),
		"01:35:00.123456  cpu0  a\\x1b[2J[4242]  10.9.1.2:40000 > 10.9.2.2:53 udp  eth0  "
		"✗ NETFILTER_DROP at nft_do_chain+0x40e [nf_tables]\n"
		"                 nft_do_chain+0x40e [nf_tables]\n"
		"                 0x10\n"
		"01:35:00.123456  cpu0  curl[4242]  10.9.1.2:40000 > 10.9.2.2:53 udp  eth0  "
		"✗ XDP_DROP by xdp xdp_drop81[42]\n");
	paper_free(&p);
	drops_sample_done(&s);
}

static struct drops *three_rows(struct drops_sample *s)
{
	struct rec_dropped rec = sample_dropped(NO_SOCKET, IN_UDP);
	struct drops *drops = drops_new(0, SAMPLE_START);

	drops_sample_init(s);
	for (int i = 0; i < 100; i++)
		drops_add(drops, sample_told(s, &rec, 0, 0));
	rec = sample_dropped(NETFILTER_DROP, IN_NFT);
	rec.owner.tgid = 0;
	drops_add(drops, sample_told(s, &rec, 0, 0));
	rec = sample_dropped(0, 0);
	rec.what = DROPPED_FRAME;
	rec.func = BY_XDP;
	rec.verdict = 1;
	rec.dev.name[0] = '\0';
	for (int i = 0; i < 2; i++)
		drops_add(drops, sample_told(s, &rec, 0, 0));
	return drops;
}

static void test_text_table(void)
{
	struct paper p = paper_new((struct sink_cfg){.quiet = true});
	struct summary sum = {.ts_ns = SAMPLE_START + 4000 * MS};
	struct drops_sample s;
	struct drops *drops = three_rows(&s);

	CHECK(!p.sink->ops->drop);
	sum.drops = drops_overall(drops, sum.ts_ns);
	CHECK_INT(p.sink->ops->summary(p.sink, &sum), 0);
	CHECK_STR(paper_text(&p), "103 drops in 4.00 s, 25.8 per s\n"
				  "count  per s  reason          function                  program "
				  "            dev   owner\n"
				  "  100   25.0  NO_SOCKET       __udp4_lib_rcv            -       "
				  "            eth0  curl[4242]\n"
				  "    2    0.5  XDP_DROP        -                         xdp "
				  "xdp_drop81[42]  if2   curl[4242]\n"
				  "    1    0.2  NETFILTER_DROP  nft_do_chain [nf_tables]  -       "
				  "            eth0  -\n");
	paper_free(&p);
	drops_free(drops);
	drops_sample_done(&s);
}

#define ERASE "\x1b[5A\x1b[J"
#define TABLE_40                              \
 "103 drops in 1.00 s, 103.0 per s\n"         \
 "count  per s  reason          function\n"   \
 "  100    100  NO_SOCKET       __udp4_lib\n" \
 "    2    2.0  XDP_DROP        -\n"          \
 "    1    1.0  NETFILTER_DROP  nft_do_cha\n"

#define TABLE_LOW                            \
 "103 drops in 1.00 s, 103.0 per s\n"        \
 "count  per s  reason     function\n"       \
 "  100    100  NO_SOCKET  __udp4_lib_rcv\n" \
 "and 3 in more rows\n"

/* On a terminal: drawn again in its place, cut to its size; a loss stays above it. */
static void test_text_terminal(void)
{
	struct sink_cfg cfg = {.live = true, .width = 40, .height = 9};
	struct paper p = paper_new(cfg);
	struct drops_sample s;
	struct drops *drops = three_rows(&s);
	const struct drop_counts *n = drops_lately(drops, SAMPLE_START + 1000 * MS);

	CHECK(!p.sink->ops->drop);
	CHECK_INT(p.sink->ops->drop_table(p.sink, n), 0);
	CHECK_INT(p.sink->ops->lost(p.sink, SAMPLE_START, 1, LOST_RINGBUF), 0);
	CHECK_INT(p.sink->ops->drop_table(p.sink, n), 0);
	CHECK_STR(paper_text(&p), TABLE_40 ERASE
		"LOST 1 record: the ring buffer was full; what is shown around here may "
		"be incomplete\n" TABLE_40);
	paper_free(&p);
	cfg.height = 5; /* too low for all */
	p = paper_new(cfg);
	CHECK_INT(p.sink->ops->drop_table(p.sink, n), 0);
	CHECK_INT(p.sink->ops->drop_table(p.sink, n), 0);
	CHECK_STR(paper_text(&p), TABLE_LOW "\x1b[4A\x1b[J" TABLE_LOW);
	paper_free(&p);
	drops_free(drops);
	drops_sample_done(&s);
}

int main(void)
{
	UNIT_RUN(test_json_line);
	UNIT_RUN(test_json_little_known);
	UNIT_RUN(test_json_program_and_stack);
	UNIT_RUN(test_json_counts);
	UNIT_RUN(test_text_line);
	UNIT_RUN(test_text_table);
	UNIT_RUN(test_text_terminal);
	return unit_status();
}
