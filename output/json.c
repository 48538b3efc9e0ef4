// SPDX-License-Identifier: GPL-2.0-only
/* The JSON lines sink: schema v1, one object a line, meta first, summary last. */
#include "output/json_drop.h"
#include "output/json_histogram.h"
#include "output/json_hop.h"
#include "output/json_line.h"
#include "output/names.h"
#include "output/sink.h"

struct json_sink {
	struct sink sink;
	struct json_out out;
	struct fast_line fast; /* for what comes by the million */
	bool stacks;
	char kind[16]; /* backend of the function layer */
};

static struct json_out *out_of(struct sink *s)
{
	return &((struct json_sink *)s)->out;
}

static void put_cmdline(struct json_line *l, const struct run_info *run)
{
	struct json_object *list = json_line_array(l, l->root, "cmdline");

	for (size_t at = 0; at < run->cmdline_len;) {
		size_t len = strnlen(run->cmdline + at, run->cmdline_len - at);

		json_line_bytes(l, list, NULL, run->cmdline + at, len);
		at += len + 1;
	}
}

static void put_machine(struct json_line *l, const struct rec_meta *rec)
{
	struct json_object *o;

	json_line_bytes(l, l->root, "kernel", rec->kernel, sizeof(rec->kernel));
	json_line_bytes(l, l->root, "arch", rec->arch, sizeof(rec->arch));
	json_line_bytes(l, l->root, "hostname", rec->hostname, sizeof(rec->hostname));
	o = json_line_object(l, l->root, "backend");
	json_line_bytes(l, o, "milestone", rec->milestone, sizeof(rec->milestone));
	json_line_bytes(l, o, "function", rec->function, sizeof(rec->function));
	json_line_bytes(l, o, "program", rec->program, sizeof(rec->program));
	o = json_line_object(l, l->root, "probes");
	json_line_uint(l, o, "attached", rec->probes_attached);
	json_line_uint(l, o, "skipped", rec->probes_skipped);
}

static int json_meta(struct sink *s, const struct run_info *run)
{
	const struct rec_meta *rec = run->rec;
	struct json_sink *js = (struct json_sink *)s;
	struct json_out *out = &js->out;
	struct json_line l;

	out->realtime_offset = rec->realtime_offset_ns;
	js->fast.realtime_offset = rec->realtime_offset_ns;
	memcpy(js->kind, rec->function, sizeof(js->kind));
	json_line_begin(&l, "meta");
	json_line_text(&l, l.root, "tool", "pathlag");
	json_line_bytes(&l, l.root, "version", rec->tool_version, sizeof(rec->tool_version));
	json_line_bytes(&l, l.root, "command", rec->command, sizeof(rec->command));
	put_cmdline(&l, run);
	put_machine(&l, rec);
	json_line_bytes(&l, l.root, "filter", run->filter, strlen(run->filter));
	json_line_stamp(&l, l.root, "start_ts_ns", rec->hdr.ts_ns);
	json_line_time(&l, out, "start_time", rec->hdr.ts_ns);
	return json_line_write(&l, out);
}

/* The transport is a fact of packets: a getaddrinfo() that asked a file has none. */
static void put_transport(struct json_line *l, struct json_object *o, const struct lookup *lk)
{
	if (lk->source == LOOKUP_PACKET)
		json_line_text(l, o, "transport", lk->tcp ? "tcp" : "udp");
}

static void put_upstream(struct json_line *l, struct json_object *parent, const struct upstream *up)
{
	struct json_object *o;

	if (!up->owner.tgid)
		return;
	o = json_line_object(l, parent, "upstream");
	json_line_owner(l, o, &up->owner);
	json_line_address(l, o, "server", &up->server);
	json_line_uint(l, o, "tries", up->tries);
	json_line_bool(l, o, "answered", up->answered);
	json_line_uint(l, o, "dur_ns", up->dur_ns);
}

static void put_lookup(struct json_line *l, const struct lookup *lk)
{
	struct json_object *o = json_line_object(l, l->root, "dns");
	unsigned kept = lk->answers < LOOKUP_ANSWERS ? lk->answers : LOOKUP_ANSWERS;
	struct json_object *list;
	struct name_buf buf;

	json_line_text(l, o, "name", lk->name);
	if (lk->qtype)
		json_line_text(l, o, "qtype", qtype_name(lk->qtype, &buf));
	json_line_known(l, o, "rcode", lookup_rcode_name(lk, &buf));
	list = json_line_array(l, o, "answers");
	for (unsigned i = 0; i < kept; i++)
		json_line_address(l, list, NULL, &lk->answer[i]);
	json_line_address(l, o, "server", &lk->server);
	put_transport(l, o, lk);
	json_line_text(l, o, "source", lookup_source_name(lk->source));
	json_line_uint(l, o, "tries", lk->tries);
	json_line_uint(l, o, "search_misses", lk->search_misses);
	json_line_uint(l, o, "drops", lk->drops);
	put_upstream(l, o, &lk->upstream);
}

static int json_lookup(struct sink *s, const struct lookup *lk, const struct verdict *v)
{
	struct json_out *out = out_of(s);
	struct json_line l;

	json_line_begin(&l, "dns");
	json_line_ts(&l, out, lk->start_ns);
	json_line_owner(&l, l.root, &lk->owner);
	put_lookup(&l, lk);
	json_line_text(&l, l.root, "result", lookup_result_name(lk->result));
	json_line_uint(&l, l.root, "dur_ns", lk->end_ns - lk->start_ns);
	json_line_verdict(&l, v);
	return json_line_write(&l, out);
}

static int json_connect(struct sink *s, const struct attempt *a, const struct verdict *v)
{
	struct json_out *out = out_of(s);
	struct json_line l;

	json_line_begin(&l, "connect");
	json_attempt_fill(&l, out, a, v);
	return json_line_write(&l, out);
}

static int json_accept(struct sink *s, const struct passive *p, const struct verdict *v)
{
	struct json_out *out = out_of(s);
	struct json_line l;

	json_line_begin(&l, "accept");
	json_passive_fill(&l, out, p, v);
	return json_line_write(&l, out);
}

static int json_hop(struct sink *s, const struct hop *h)
{
	struct json_sink *js = (struct json_sink *)s;

	return json_hop_write(&js->fast, js->kind, js->stacks, h);
}

static int json_packet(struct sink *s, const struct packet *p)
{
	return json_packet_write(&((struct json_sink *)s)->fast, p);
}

static int json_drop(struct sink *s, const struct dropped *d)
{
	struct json_sink *js = (struct json_sink *)s;

	return json_drop_write(&js->fast, js->stacks, d);
}

static int json_lost(struct sink *s, __u64 ts_ns, __u64 count, enum rec_lost_where where)
{
	struct json_line l;

	json_line_begin(&l, "lost");
	json_line_stamp(&l, l.root, "ts_ns", ts_ns);
	json_line_uint(&l, l.root, "count", count);
	json_line_text(&l, l.root, "where", lost_where_name(where));
	return json_line_write(&l, out_of(s));
}

static void put_results(struct json_line *l, const struct summary *sum)
{
	struct json_object *o = json_line_object(l, l->root, "connects");

	/* ATTEMPT_IN_PROGRESS is the first of the enum and the last for the reader */
	for (unsigned i = 1; i <= ATTEMPT_RESULTS; i++) {
		enum attempt_result result = i % ATTEMPT_RESULTS;

		json_line_uint(l, o, attempt_result_name(result), sum->results[result]);
	}
}

static void put_accepts(struct json_line *l, const struct summary *sum)
{
	struct json_object *o = json_line_object(l, l->root, "accepts");

	for (unsigned i = 1; i <= PASSIVE_RESULTS; i++) {
		enum passive_result result = i % PASSIVE_RESULTS;

		json_line_uint(l, o, passive_result_name(result), sum->accepts[result]);
	}
}

static void put_reasons(struct json_line *l, const struct summary *sum)
{
	struct json_object *o = json_line_object(l, l->root, "drops");
	unsigned rows = sum->reasons < SUMMARY_REASONS ? sum->reasons : SUMMARY_REASONS;

	for (unsigned i = 0; i < rows; i++) {
		const char *name = sum->drop_reason[i].name;

		json_line_count(l, o, *name ? name : "unknown", sum->drop_reason[i].count);
	}
}

static void put_paths(struct json_line *l, const struct path_counts *n)
{
	struct json_object *o = json_line_object(l, l->root, "packets");

	for (enum packet_fate fate = 0; fate < PACKET_FATES; fate++)
		json_line_uint(l, o, packet_fate_name(fate), n->packets[fate]);
	o = json_line_object(l, l->root, "calls");
	json_line_uint(l, o, "entries", n->entries);
	json_line_uint(l, o, "points", n->points);
	json_line_uint(l, o, "returned", n->returned);
	json_line_uint(l, o, "missed_returns", n->missed_returns);
	json_line_uint(l, o, "lone_returns", n->lone_returns);
	json_line_uint(l, o, "open_at_end", n->open_at_end);
	json_line_uint(l, o, "too_deep", n->too_deep);
	o = json_line_object(l, l->root, "evicted");
	json_line_uint(l, o, "stacks", n->evicted_stacks);
	json_line_uint(l, o, "packets", n->evicted_packets);
	json_line_uint(l, o, "sockets", n->evicted_sockets);
}

static int json_histograms(struct sink *s, const struct histogram_report *r)
{
	return json_histograms_write(out_of(s), r);
}

static int json_summary(struct sink *s, const struct summary *sum)
{
	struct json_out *out = out_of(s);
	struct json_line l;

	json_line_begin(&l, "summary");
	json_line_ts(&l, out, sum->ts_ns);
	json_line_uint(&l, l.root, "events", sum->events);
	json_line_uint(&l, l.root, "lost", sum->lost);
	if (sum->missed)
		json_line_uint(&l, l.root, "missed", sum->missed);
	put_results(&l, sum);
	if (!sum->paths && !sum->drops)
		put_accepts(&l, sum);
	put_reasons(&l, sum);
	if (sum->paths)
		put_paths(&l, sum->paths);
	if (sum->drops)
		json_drop_counts(&l, sum->drops);
	if (sum->histograms)
		json_slowest(&l, sum->histograms);
	return json_line_write(&l, out);
}

static void json_free(struct sink *s)
{
	free(out_of(s)->buf);
	fast_done(&((struct json_sink *)s)->fast);
	free(s);
}

struct sink *sink_json_new(const struct sink_cfg *cfg)
{
	static const struct sink_ops ops = {
		.meta = json_meta,
		.lookup = json_lookup,
		.connect = json_connect,
		.accept = json_accept,
		.hop = json_hop,
		.packet = json_packet,
		.drop = json_drop,
		.lost = json_lost,
		.histograms = json_histograms,
		.summary = json_summary,
		.free = json_free,
	};
	struct json_sink *js = calloc(1, sizeof(*js));

	if (!js || fast_init(&js->fast, cfg->out)) {
		free(js);
		return NULL;
	}
	/* Keys are ours, all but a few drop reasons: the hash need not resist anybody. */
	json_global_set_string_hash(JSON_C_STR_HASH_PERLLIKE);
	js->sink.ops = &ops;
	js->out.out = cfg->out;
	js->stacks = cfg->stack;
	return &js->sink;
}
