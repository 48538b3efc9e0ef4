// SPDX-License-Identifier: GPL-2.0-only
/*
 * Call sequences made at random, on several stacks at once, with records lost at random: whatever
 * is lost, callees never take longer than their caller, depths fit, and every entry is accounted
 * for. Without losses the correlator must find exactly what was made.
 */
#include "tests/unit/hops.h"
#include "tests/unit/random.h"

#define STACKS 4
#define DEEP   12
#define STEPS  4000

struct maker {
	struct paths *paths;
	struct decoder *decoder;
	__u32 seed, lose; /* of 100 records, this many */
	__u64 ns;
	unsigned depth[STACKS];
	struct {
		__u32 func;
		unsigned up;
		__u64 start_ns;
	} open[STACKS][DEEP];
	unsigned put_entries, put_returns, made_returns;
	__u64 made_ns, told_ns; /* durations of all calls, as made and as told */
};

static void put(struct maker *m, void *rec, enum rec_type type, size_t len, unsigned *count)
{
	struct event ev;

	*(struct rec_hdr *)rec =
		(struct rec_hdr){.type = type, .len = (__u16)len, .ts_ns = HOPS_START + m->ns};
	if (any(&m->seed, 100) < m->lose)
		return;
	++*count;
	CHECK_INT(decoder_read(m->decoder, rec, len, &ev), 1);
	CHECK_INT(paths_feed(m->paths, &ev), 0);
}

static void enter(struct maker *m, unsigned stack)
{
	unsigned d = m->depth[stack]++;
	bool tail = d && any(&m->seed, 5) == 0;
	struct rec_hop rec = {.stack = TASK + 0x8000 * (__u64)stack};

	/* A tail call has its caller's slot and is another function. */
	m->open[stack][d].up =
		d ? m->open[stack][d - 1].up + (tail ? 0 : 1 + any(&m->seed, 3)) : any(&m->seed, 3);
	m->open[stack][d].func = tail ? 100 + d : 1 + any(&m->seed, 8);
	m->open[stack][d].start_ns = m->ns;
	rec.func = m->open[stack][d].func;
	rec.slot = SLOT(rec.stack, m->open[stack][d].up);
	put(m, &rec, REC_HOP, sizeof(rec), &m->put_entries);
}

static void leave(struct maker *m, unsigned stack)
{
	unsigned d = --m->depth[stack];
	struct rec_hop_return rec = {
		.func = m->open[stack][d].func, .stack = TASK + 0x8000 * (__u64)stack};

	rec.slot = SLOT(rec.stack, m->open[stack][d].up);
	m->made_ns += m->ns - m->open[stack][d].start_ns;
	m->made_returns++;
	put(m, &rec, REC_HOP_RETURN, sizeof(rec), &m->put_returns);
}

static void on_hop(void *arg, const struct hop *h)
{
	struct maker *m = arg;

	CHECK(h->call->depth < 256);
	if (h->edge != EDGE_RETURN)
		return;
	CHECK(call_dur_ns(h->call) <= m->ns);
	m->told_ns += call_dur_ns(h->call);
}

/* The direct callees of call I take no longer than it does, and lie within it. */
static void check_callees(const struct call_tree *t, unsigned i)
{
	const struct call *c = &t->call[i];
	__u64 sum = 0;

	for (unsigned j = i + 1; j < t->calls_kept && t->call[j].depth > c->depth; j++) {
		const struct call *callee = &t->call[j];

		if (callee->depth != c->depth + 1)
			continue;
		sum += call_dur_ns(callee);
		CHECK(callee->start_ns >= c->start_ns);
		if (c->end_ns && callee->end_ns)
			CHECK(callee->end_ns <= c->end_ns);
	}
	if (c->end == CALL_RETURNED)
		CHECK(sum <= call_dur_ns(c));
}

static void on_tree(void *arg, const struct call_tree *t)
{
	(void)arg;
	CHECK_INT(t->call[0].depth, 0);
	CHECK_INT(t->calls, t->calls_kept);
	for (unsigned i = 0; i < t->calls_kept; i++) {
		if (i)
			CHECK(t->call[i].depth <= t->call[i - 1].depth + 1);
		check_callees(t, i);
	}
}

static void run(__u32 seed, __u32 lose)
{
	struct maker m = {.seed = seed, .lose = lose};
	struct paths_cfg cfg = {.arg = &m, .on_hop = on_hop, .on_tree = on_tree};
	struct rec_hdr stop = {.type = REC_STOP, .len = sizeof(stop), .ts_ns = UINT64_MAX};
	const struct path_counts *n;
	struct event ev;

	m.paths = paths_new(&cfg);
	m.decoder = decoder_new();
	for (unsigned i = 0; i < STEPS; i++) {
		unsigned stack = any(&m.seed, STACKS);

		m.ns += any(&m.seed, 50);
		if (!m.depth[stack] || (m.depth[stack] < DEEP && any(&m.seed, 2)))
			enter(&m, stack);
		else
			leave(&m, stack);
	}
	for (unsigned stack = 0; stack < STACKS; stack++)
		while (m.depth[stack])
			leave(&m, stack);
	CHECK_INT(decoder_read(m.decoder, &stop, sizeof(stop), &ev), 1);
	CHECK_INT(paths_feed(m.paths, &ev), 0);
	n = paths_counts(m.paths);
	CHECK_INT(n->entries, m.put_entries);
	CHECK_INT(n->entries, n->returned + n->missed_returns + n->open_at_end);
	CHECK_INT(m.put_returns, n->returned + n->lone_returns);
	if (!lose) {
		CHECK_INT(n->missed_returns + n->lone_returns + n->open_at_end, 0);
		CHECK_INT(m.told_ns, m.made_ns);
		CHECK_INT(n->returned, m.made_returns);
	}
	paths_free(m.paths);
	decoder_free(m.decoder);
}

static void test_nothing_lost(void)
{
	for (__u32 seed = 1; seed <= 50; seed++)
		run(seed, 0);
}

static void test_some_lost(void)
{
	for (__u32 seed = 1; seed <= 200; seed++)
		run(seed, 1 + seed % 30);
}

static void test_most_lost(void)
{
	for (__u32 seed = 1; seed <= 50; seed++)
		run(seed, 70);
}

int main(void)
{
	UNIT_RUN(test_nothing_lost);
	UNIT_RUN(test_some_lost);
	UNIT_RUN(test_most_lost);
	return unit_status();
}
