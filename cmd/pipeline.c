/* SPDX-License-Identifier: GPL-2.0-only */
#include <net/if.h>
#include <sys/ioctl.h>

#include "cmd/pipeline.h"
#include "output/lines.h"
#include "output/sink.h"
#include "output/tracker.h"

#define DEFAULT_WIDTH 100

struct pipeline {
	const struct opts *opts;
	const struct filter *filter;
	FILE *out; /* ours to close unless it is stdout */
	struct decoder *decoder;
	struct tracker *tracker;
	struct sink *sink;
	struct summary summary;
	uint64_t slow_ns;
	uint64_t printed;
	int result; /* of the callbacks, which cannot return one: first error, or 1 */
};

/* ---- what the correlator hands out -------------------------------------------------------- */

static void count_drop(struct summary *sum, const char *reason)
{
	unsigned i = 0;

	if (!*reason)
		reason = "unknown";
	while (i < sum->reasons && strcmp(sum->drop_reason[i].name, reason))
		i++;
	if (i == SUMMARY_REASONS)
		return;
	if (i == sum->reasons)
		snprintf(sum->drop_reason[sum->reasons++].name, sizeof(sum->drop_reason[i].name),
			"%s", reason);
	sum->drop_reason[i].count++;
}

/* The kernel side knew the tuple only as far as the socket did when it set out. */
static bool matches(const struct pipeline *p, const struct rec_tuple *tuple)
{
	return filter_is_empty(p->filter) ||
	       (tuple->family && filter_match_sock(p->filter, tuple) > 0);
}

static bool is_selected(const struct opts *o, const struct attempt *a)
{
	if (o->failed && a->result == ATTEMPT_ESTABLISHED)
		return false;
	if (attempt_dur_ns(a) <= o->slower_than_ns && o->slower_than_ns)
		return false;
	return !o->iface || !strcmp(a->dev, o->iface);
}

static void keep_result(struct pipeline *p, int result)
{
	if (result && !p->result)
		p->result = result;
}

static void on_attempt(void *arg, const struct attempt *a)
{
	struct pipeline *p = arg;
	struct verdict v;

	if (p->result || !is_selected(p->opts, a) || !matches(p, &a->tuple))
		return;
	p->summary.results[a->result]++;
	verdict_of_attempt(a, p->slow_ns, &v);
	keep_result(p, p->sink->ops->connect(p->sink, a, &v));
	if (++p->printed == p->opts->count)
		keep_result(p, 1);
}

static void on_lookup(void *arg, const struct lookup *l)
{
	struct pipeline *p = arg;
	const struct opts *o = p->opts;
	struct verdict v;

	if (p->result || !matches(p, &l->tuple) || (o->failed && l->result == LOOKUP_ANSWERED) ||
		(o->slower_than_ns && l->end_ns - l->start_ns <= o->slower_than_ns))
		return;
	verdict_of_lookup(l, p->slow_ns, &v);
	keep_result(p, p->sink->ops->lookup(p->sink, l, &v));
}

/* ---- one record --------------------------------------------------------------------------- */

static int on_meta(struct pipeline *p, const struct event *ev)
{
	p->slow_ns = p->opts->slow_ns ? p->opts->slow_ns : ev->run.rec->slow_ns;
	return p->sink->ops->meta(p->sink, &ev->run);
}

static int on_lost(struct pipeline *p, const struct event *ev)
{
	p->summary.lost += ev->lost->count;
	return p->sink->ops->lost(p->sink, ev->ts_ns, ev->lost->count, ev->lost->where);
}

static int on_stop(struct pipeline *p, __u64 ts_ns)
{
	p->summary.ts_ns = ts_ns;
	p->summary.evicted = tracker_evicted(p->tracker);
	return p->sink->ops->summary(p->sink, &p->summary);
}

int pipeline_feed(struct pipeline *p, const void *rec, size_t len)
{
	struct event ev;
	int err = decoder_read(p->decoder, rec, len, &ev);

	if (err <= 0)
		return err;
	if (ev.type == REC_META)
		return on_meta(p, &ev);
	if (ev.type == REC_LOST)
		return on_lost(p, &ev);
	if (ev.type >= REC_KERNEL_FIRST)
		p->summary.events++;
	if (ev.type == REC_DROP && !ev.drop_names.harmless)
		count_drop(&p->summary, ev.drop_names.reason);
	err = tracker_feed(p->tracker, &ev);
	if (!err && ev.type == REC_TICK && p->sink->ops->tick)
		err = p->sink->ops->tick(p->sink, ev.ts_ns);
	if (err)
		return err;
	/* --count is reached, or the reader has gone: what is open is of no interest any more */
	if (ev.type == REC_STOP && p->result >= 0)
		return on_stop(p, ev.ts_ns);
	return p->result;
}

int pipeline_flush(struct pipeline *p)
{
	return lines_flush(p->out);
}

/* ---- set-up ------------------------------------------------------------------------------- */

static unsigned out_width(FILE *f)
{
	struct winsize size;

	if (isatty(fileno(f)) && !ioctl(fileno(f), TIOCGWINSZ, &size) && size.ws_col >= 40)
		return size.ws_col;
	return DEFAULT_WIDTH;
}

static bool wants_color(const struct opts *o, FILE *f)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (o->color != COLOR_AUTO)
		return o->color == COLOR_ALWAYS;
	return isatty(fileno(f)) && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
}

static struct sink *make_sink(const struct opts *o, FILE *f)
{
	struct sink_cfg cfg = {
		.out = f,
		.color = wants_color(o, f),
		.quiet = o->quiet,
		.verbose = o->verbose,
		.width = out_width(f),
		.slow_ns = o->slow_ns,
	};

	return o->format == FORMAT_JSON ? sink_json_new(&cfg) : sink_text_new(&cfg);
}

struct pipeline *pipeline_new(const struct opts *o, const struct filter *filter, struct errbuf *err)
{
	struct pipeline *p = calloc(1, sizeof(*p));
	struct tracker_cfg cfg = {.arg = p, .on_lookup = on_lookup, .on_attempt = on_attempt};

	if (!p)
		goto nomem;
	p->opts = o;
	p->filter = filter;
	p->slow_ns = o->slow_ns ? o->slow_ns : SLOW_DEFAULT_NS;
	p->out = o->output_path ? fopen(o->output_path, "we") : stdout;
	if (!p->out) {
		err_set(err, -errno, "cannot write %s: %s", o->output_path, strerror(errno));
		pipeline_free(p);
		return NULL;
	}
	p->decoder = decoder_new();
	p->tracker = tracker_new(&cfg);
	p->sink = make_sink(o, p->out);
	if (p->decoder && p->tracker && p->sink)
		return p;
	pipeline_free(p);
nomem:
	err_set(err, -ENOMEM, "out of memory");
	return NULL;
}

const struct decoder *pipeline_decoder(const struct pipeline *p)
{
	return p->decoder;
}

uint64_t pipeline_lost(const struct pipeline *p)
{
	return p->summary.lost + tracker_evicted(p->tracker);
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	sink_free(p->sink);
	tracker_free(p->tracker);
	decoder_free(p->decoder);
	if (p->out && p->out != stdout)
		fclose(p->out);
	free(p);
}
