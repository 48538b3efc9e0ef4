// SPDX-License-Identifier: GPL-2.0-only
/* The text sink: verdict first, then the evidence, for a reader in a hurry. */
#include "output/names.h"
#include "output/sink.h"
#include "output/text_drops.h"
#include "output/text_held.h"
#include "output/text_histogram.h"

#define WIDTH_DEFAULT 80
#define WIDTH_MIN     40

struct text_sink {
	struct sink sink;
	struct sink_ops ops; /* either trees or hops */
	struct page page;
	struct held held;
	bool no_records; /* of lookups, connects and accepts: they would be noise around histograms
			  */
	__u64 slow_given_ns; /* 0 = as each run has it */
	unsigned height;     /* of the terminal */
	unsigned drawn;      /* lines of the table that stands there, to be drawn again */
};

static struct page *page_of(struct sink *s)
{
	return &((struct text_sink *)s)->page;
}

static void draw_field(struct page *p, const char *before, const char *s, size_t len)
{
	fputs(before, p->f);
	page_bytes(p, s, len);
}

static int text_meta(struct sink *s, const struct run_info *run)
{
	const struct rec_meta *rec = run->rec;
	struct page *p = page_of(s);
	int err;

	p->realtime_offset = rec->realtime_offset_ns;
	p->slow_ns = ((struct text_sink *)s)->slow_given_ns;
	if (!p->slow_ns)
		p->slow_ns = rec->slow_ns;
	if (!p->verbose)
		return 0;
	err = page_begin(p, SHAPE_LINE);
	if (err)
		return err;
	draw_field(p, "pathlag ", rec->tool_version, sizeof(rec->tool_version));
	draw_field(p, " ", rec->command, sizeof(rec->command));
	draw_field(p, ": ", rec->hostname, sizeof(rec->hostname));
	draw_field(p, ", Linux ", rec->kernel, sizeof(rec->kernel));
	draw_field(p, " ", rec->arch, sizeof(rec->arch));
	fprintf(p->f, ", %u probes", rec->probes_attached);
	if (rec->probes_skipped)
		fprintf(p->f, " (%u skipped)", rec->probes_skipped);
	fputs(", ", p->f);
	page_time(p, rec->hdr.ts_ns);
	fputc('\n', p->f);
	return page_end(p);
}

static int text_on_lookup(struct sink *s, const struct lookup *l, const struct verdict *v)
{
	struct text_sink *ts = (struct text_sink *)s;

	if (ts->no_records)
		return 0;
	if (ts->page.verbose || !strcmp(v->cause, "ok"))
		return text_lookup(&ts->page, l, v);
	return held_add(&ts->held, &ts->page, l, v);
}

static int text_tick(struct sink *s, __u64 now_ns)
{
	struct text_sink *ts = (struct text_sink *)s;

	return held_release(&ts->held, &ts->page, now_ns);
}

static int text_on_connect(struct sink *s, const struct attempt *a, const struct verdict *v)
{
	struct text_sink *ts = (struct text_sink *)s;

	if (ts->no_records)
		return 0;
	held_told(&ts->held, a);
	return text_attempt(&ts->page, a, v);
}

static int text_on_accept(struct sink *s, const struct passive *p, const struct verdict *v)
{
	struct text_sink *ts = (struct text_sink *)s;

	return ts->no_records ? 0 : text_passive(&ts->page, p, v);
}

static int text_on_tree(struct sink *s, const struct call_tree *t)
{
	return text_tree(page_of(s), t);
}

static int text_on_hop(struct sink *s, const struct hop *h)
{
	return text_hop(page_of(s), h);
}

static int text_on_packet(struct sink *s, const struct packet *packet)
{
	return text_packet(page_of(s), packet);
}

/* ---- drops -------------------------------------------------------------------------------- */

/* Takes the table away, from where the cursor stands below it. */
static void erase(struct text_sink *ts)
{
	if (ts->drawn)
		fprintf(ts->page.out, "\x1b[%uA\x1b[J", ts->drawn);
	ts->drawn = 0;
}

static int text_on_drop(struct sink *s, const struct dropped *d)
{
	return text_drop(page_of(s), d);
}

static int text_on_table(struct sink *s, const struct drop_counts *n)
{
	struct text_sink *ts = (struct text_sink *)s;

	erase(ts);
	return text_drop_table(&ts->page, n, ts->height - 1, &ts->drawn);
}

/* ---- losses, the end ---------------------------------------------------------------------- */

/* What was lost: one of them, several, and what that means for the reader. */
struct loss {
	const char *one, *many, *means;
};

static const struct loss *loss_of(enum rec_lost_where where)
{
	static const struct loss losses[] = {
		[LOST_RINGBUF] = {"record", "records",
			"the ring buffer was full; what is shown around here may be incomplete"},
		[LOST_SOCKET_MAP] = {"connect", "connects", "no room to follow more; not shown"},
		[LOST_PACKET_MAP] = {"packet", "packets", "no room to follow more; not shown"},
	};
	_Static_assert(ARRAY_SIZE(losses) == LOST_KINDS, "a kind of loss has no words");

	return &losses[where < LOST_KINDS ? where : LOST_RINGBUF];
}

static int text_lost(struct sink *s, __u64 ts_ns, __u64 count, enum rec_lost_where where)
{
	const struct loss *loss = loss_of(where);
	struct page *p = page_of(s);
	int err;

	erase((struct text_sink *)s);
	err = page_begin(p, SHAPE_LINE);
	if (err)
		return err;
	page_word(p, INK_BAD, "LOST");
	fprintf(p->f, " %llu %s: %s\n", count, count == 1 ? loss->one : loss->many, loss->means);
	return page_end(p);
}

static __u64 all_connects(const struct summary *sum)
{
	__u64 all = 0;

	for (unsigned i = 0; i < ATTEMPT_RESULTS; i++)
		all += sum->results[i];
	return all;
}

static void draw_results(struct page *p, const struct summary *sum)
{
	__u64 all = all_connects(sum);
	const char *before = ": ";

	if (!all) {
		fputs("no connects seen\n", p->f);
		return;
	}
	fprintf(p->f, "%llu %s", all, all == 1 ? "connect" : "connects");
	for (unsigned i = 1; i <= ATTEMPT_RESULTS; i++) {
		enum attempt_result r = i % ATTEMPT_RESULTS;

		if (!sum->results[r])
			continue;
		fprintf(p->f, "%s%llu %s", before, sum->results[r],
			r == ATTEMPT_IN_PROGRESS ? "still open" : attempt_result_name(r));
		before = ", ";
	}
	fputc('\n', p->f);
}

static int text_on_histograms(struct sink *s, const struct histogram_report *r)
{
	return text_histograms(page_of(s), r);
}

static void draw_accepts(struct page *p, const struct summary *sum)
{
	const char *before = ": ";
	__u64 all = 0;

	for (unsigned i = 0; i < PASSIVE_RESULTS; i++)
		all += sum->accepts[i];
	if (!all)
		return;
	fprintf(p->f, "%llu %s", all, all == 1 ? "accept" : "accepts");
	for (unsigned i = 1; i <= PASSIVE_RESULTS; i++) {
		enum passive_result r = i % PASSIVE_RESULTS;

		if (!sum->accepts[r])
			continue;
		fprintf(p->f, "%s%llu %s", before, sum->accepts[r],
			r == PASSIVE_IN_PROGRESS    ? "still open"
			: r == PASSIVE_NOT_ACCEPTED ? "not seen to be accepted"
						    : passive_result_name(r));
		before = ", ";
	}
	fputc('\n', p->f);
}

static void draw_connects(struct page *p, const struct summary *sum)
{
	draw_results(p, sum);
	draw_accepts(p, sum);
}

static void draw_reasons(struct page *p, const struct summary *sum)
{
	unsigned rows = sum->reasons < SUMMARY_REASONS ? sum->reasons : SUMMARY_REASONS;

	for (unsigned i = 0; i < rows; i++) {
		const char *name = sum->drop_reason[i].name;

		fprintf(p->f, "%s%llu ", i ? ", " : "drops: ", sum->drop_reason[i].count);
		page_bytes(p, *name ? name : "unknown", sizeof(sum->drop_reason[i].name));
	}
	if (rows)
		fputc('\n', p->f);
}

static void draw_packets(struct page *p, const struct path_counts *n)
{
	const char *before = ": ";
	__u64 all = 0;

	for (enum packet_fate fate = 0; fate < PACKET_FATES; fate++)
		all += n->packets[fate];
	fprintf(p->f, "%llu %s", all, all == 1 ? "packet" : "packets");
	for (enum packet_fate fate = 0; fate < PACKET_FATES; fate++) {
		if (!n->packets[fate])
			continue;
		fprintf(p->f, "%s%llu %s", before, n->packets[fate],
			fate == FATE_LOST_TRACK ? "not seen to their end" : packet_fate_name(fate));
		before = ", ";
	}
	fprintf(p->f, "; %llu %s", n->entries, n->entries == 1 ? "call" : "calls");
	if (n->missed_returns)
		fprintf(p->f, ", the return of %llu not seen", n->missed_returns);
	fputc('\n', p->f);
}

static int text_summary(struct sink *s, const struct summary *sum)
{
	struct text_sink *ts = (struct text_sink *)s;
	struct page *p = &ts->page;
	int err = held_release(&ts->held, p, UINT64_MAX);

	erase(ts);
	if (!err && sum->drops)
		err = text_drop_table(p, sum->drops, 0, &(unsigned){0});
	if (err || (sum->drops && !sum->lost))
		return err;
	if (!err)
		err = page_begin(p, p->last == SHAPE_NONE || sum->drops ? SHAPE_LINE : SHAPE_BLOCK);
	if (err)
		return err;
	if (sum->paths)
		draw_packets(p, sum->paths);
	else if (!sum->drops)
		draw_connects(p, sum);
	if (!sum->drops)
		draw_reasons(p, sum);
	if (sum->lost) {
		page_word(p, INK_BAD, "lost: ");
		fprintf(p->f, "%llu; what is shown above may be incomplete\n", sum->lost);
	}
	return page_end(p);
}

static void text_free(struct sink *s)
{
	free(s);
}

struct sink *sink_text_new(const struct sink_cfg *cfg)
{
	static const struct sink_ops ops = {
		.meta = text_meta,
		.lookup = text_on_lookup,
		.connect = text_on_connect,
		.accept = text_on_accept,
		.tree = text_on_tree,
		.packet = text_on_packet,
		.drop = text_on_drop,
		.lost = text_lost,
		.histograms = text_on_histograms,
		.tick = text_tick,
		.summary = text_summary,
		.free = text_free,
	};
	struct text_sink *ts = calloc(1, sizeof(*ts));

	if (!ts)
		return NULL;
	ts->ops = ops;
	if (cfg->flat) {
		ts->ops.tree = NULL;
		ts->ops.hop = text_on_hop;
	}
	ts->no_records = cfg->histograms && !cfg->verbose;
	/* Of drops either lines or, where nobody keeps them, a table. */
	if (cfg->live)
		ts->ops.drop_table = text_on_table;
	if (cfg->live || cfg->quiet)
		ts->ops.drop = NULL;
	ts->height = cfg->height > 4 ? cfg->height : 24;
	ts->sink.ops = &ts->ops;
	ts->page.out = cfg->out;
	ts->page.color = cfg->color;
	ts->page.quiet = cfg->quiet;
	ts->page.verbose = cfg->verbose;
	ts->page.stacks = cfg->stack;
	ts->slow_given_ns = cfg->slow_ns;
	ts->page.width = cfg->width ? cfg->width : WIDTH_DEFAULT;
	if (ts->page.width < WIDTH_MIN)
		ts->page.width = WIDTH_MIN;
	return &ts->sink;
}
