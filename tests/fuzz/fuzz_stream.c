/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as a record stream: decode -> correlate -> judge -> JSON and text, as `connect`,
 * `trace` and `drops` do it. Nothing may crash, leak or read outside its input; and whatever the
 * stream, the phases of every attempt and passive open sum to its duration and its timeline is in
 * order, callees take no longer than their caller, and every call and every drop is accounted for.
 * The input is a recording without its magic.
 */
#include "output/event.h"
#include "output/sink.h"
#include "output/tracker.h"

struct judge {
	struct sink *json, *text, *flat;
	struct drops *dropped;
	struct histograms *histograms;
	__u64 ended; /* connects and accepts */
	__u64 drops, drops_of_packets;
};

static void check_order(const struct moment *moment, unsigned count)
{
	for (unsigned i = 1; i < count; i++)
		if (moment[i].ts_ns < moment[i - 1].ts_ns)
			abort();
}

static void on_attempt(void *arg, const struct attempt *a)
{
	struct judge *j = arg;
	struct verdict v;
	__u64 sum = 0;

	for (int i = 0; i < PHASE_COUNT; i++)
		sum += a->phase_ns[i];
	if (sum != attempt_dur_ns(a) || a->connect_ns > a->end_ns)
		abort();
	check_order(a->moment, a->moments_kept);
	for (unsigned i = 1; i < a->calls_kept; i++)
		if (a->call[i].start_ns < a->call[i - 1].start_ns)
			abort();
	verdict_of_attempt(a, 100000000, &v);
	j->json->ops->connect(j->json, a, &v);
	j->text->ops->connect(j->text, a, &v);
	histograms_attempt(j->histograms, a, &v);
	j->ended++;
}

static void on_passive(void *arg, const struct passive *p)
{
	struct judge *j = arg;
	struct verdict v;
	__u64 sum = 0;

	for (int i = 0; i < PASSIVE_PHASES; i++) {
		sum += p->phase_ns[i];
		if (p->phase_ns[i] && !(p->phase_seen & 1u << i))
			abort();
	}
	if (sum != passive_dur_ns(p))
		abort();
	check_order(p->moment, p->moments_kept);
	verdict_of_passive(p, 100000000, &v);
	j->json->ops->accept(j->json, p, &v);
	j->text->ops->accept(j->text, p, &v);
	histograms_passive(j->histograms, p, &v);
	j->ended++;
}

static void on_lookup(void *arg, const struct lookup *l)
{
	struct judge *j = arg;
	struct verdict v;

	if (l->start_ns > l->end_ns || l->upstream.dur_ns > l->end_ns - l->start_ns)
		abort();
	verdict_of_lookup(l, 100000000, &v);
	j->json->ops->lookup(j->json, l, &v);
	j->text->ops->lookup(j->text, l, &v);
}

static void on_hop(void *arg, const struct hop *h)
{
	struct judge *j = arg;

	if (h->edge == EDGE_RETURN && h->call->end_ns < h->call->start_ns)
		abort();
	j->json->ops->hop(j->json, h);
	j->flat->ops->hop(j->flat, h);
}

static void on_tree(void *arg, const struct call_tree *t)
{
	__u64 of_callees[512] = {0}; /* by depth, of the call that was met last there */
	struct judge *j = arg;

	for (unsigned i = t->calls_kept; i--;) {
		const struct call *c = &t->call[i];

		if (c->depth > 256)
			abort();
		if (c->end == CALL_RETURNED && !c->resumed &&
			of_callees[c->depth + 1] > call_dur_ns(c))
			abort();
		of_callees[c->depth + 1] = 0;
		if (!c->resumed)
			of_callees[c->depth] += call_dur_ns(c);
	}
	j->text->ops->tree(j->text, t);
}

static void on_drop(void *arg, const struct tree_drop *drop)
{
	struct judge *j = arg;

	(void)drop;
	j->drops++;
}

static void on_packet(void *arg, const struct packet *p)
{
	struct judge *j = arg;

	if (p->end_ns < p->start_ns)
		abort();
	if (p->fate == FATE_DROPPED && !p->drops)
		abort();
	j->drops_of_packets += p->drops;
	j->json->ops->packet(j->json, p);
	j->text->ops->packet(j->text, p);
}

static void check_accounts(const struct path_counts *n)
{
	if (n->entries !=
		n->points + n->returned + n->missed_returns + n->open_at_end + n->too_deep)
		abort();
}

static void on_dropped(struct judge *j, const struct event *ev)
{
	struct dropped d;

	dropped_of(&d, ev);
	if (dropped_is_harmless(&d) || drops_is_repeat(j->dropped, &d))
		return;
	drops_add(j->dropped, &d);
	j->json->ops->drop(j->json, &d);
	j->text->ops->drop(j->text, &d);
}

static void check_rows(struct judge *j)
{
	struct summary sum = {.ts_ns = UINT64_MAX};
	const struct drop_counts *n = sum.drops = drops_overall(j->dropped, sum.ts_ns);
	__u64 counted = n->other;

	for (size_t i = 0; i < n->rows; i++)
		counted += n->row[i]->count;
	if (counted != n->total)
		abort();
	j->json->ops->summary(j->json, &sum);
	j->text->ops->summary(j->text, &sum);
}

static void check_histograms(struct judge *j)
{
	const struct histogram_report *r = histograms_report(j->histograms);
	__u64 counted = 0;

	for (size_t i = 0; i < r->sets; i++)
		counted += r->set[i]->count;
	if (counted != j->ended)
		abort();
	j->json->ops->histograms(j->json, r);
	j->text->ops->histograms(j->text, r);
}

/* Records are cut from the input by their own length, copied so that ASan sees every overrun. */
static void feed(struct judge *j, struct decoder *d, struct tracker *t, struct paths *p,
	const uint8_t *data, size_t size)
{
	struct rec_hdr hdr;
	struct event ev;

	while (size >= sizeof(hdr)) {
		_cleanup_(freep) void *rec = NULL;
		size_t len;

		memcpy(&hdr, data, sizeof(hdr));
		len = hdr.len < sizeof(hdr) ? sizeof(hdr) : hdr.len > size ? size : hdr.len;
		rec = malloc(len);
		memcpy(rec, data, len);
		if (decoder_read(d, rec, len, &ev) == 1 && ev.type != REC_META) {
			tracker_feed(t, &ev);
			paths_feed(p, &ev);
			if (ev.type == REC_DROPPED)
				on_dropped(j, &ev);
		}
		data += len;
		size -= len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rec_hdr stop = {.type = REC_STOP, .len = sizeof(stop), .ts_ns = UINT64_MAX};
	FILE *null = fopen("/dev/null", "we");
	struct sink_cfg cfg = {.out = null, .verbose = true, .stack = true, .width = 80};
	struct sink_cfg flat = {.out = null, .flat = true, .stack = true};
	struct judge j = {.json = sink_json_new(&cfg),
		.text = sink_text_new(&cfg),
		.flat = sink_text_new(&flat),
		.dropped = drops_new(8, 1),
		.histograms = histograms_new(size % 4)};
	struct tracker_cfg tcfg = {.max_attempts = 16,
		.max_lookups = 16,
		.max_passives = 16,
		.arg = &j,
		.on_attempt = on_attempt,
		.on_lookup = on_lookup,
		.on_passive = on_passive};
	struct paths_cfg pcfg = {.max_stacks = 8,
		.max_packets = 8,
		.max_sockets = 8,
		.max_calls = 1000,
		.arg = &j,
		.on_hop = on_hop,
		.on_tree = on_tree,
		.on_drop = on_drop,
		.on_packet = on_packet};
	struct decoder *d = decoder_new();
	struct tracker *t = tracker_new(&tcfg);
	struct paths *p = paths_new(&pcfg);
	struct event ev;

	feed(&j, d, t, p, data, size);
	if (decoder_read(d, &stop, sizeof(stop), &ev) == 1) {
		tracker_feed(t, &ev);
		paths_feed(p, &ev);
	}
	check_accounts(paths_counts(p));
	if (j.drops != j.drops_of_packets)
		abort();
	check_rows(&j);
	check_histograms(&j);
	histograms_free(j.histograms);
	drops_free(j.dropped);
	paths_free(p);
	tracker_free(t);
	decoder_free(d);
	sink_free(j.json);
	sink_free(j.text);
	sink_free(j.flat);
	fclose(null);
	return 0;
}
