/* SPDX-License-Identifier: GPL-2.0-only */
#include <net/if.h>
#include <sys/ioctl.h>

#include "cmd/pipeline_kind.h"
#include "output/lines.h"

#define DEFAULT_WIDTH 100

/* Of stdout or a file, up to the end of the program. stdio's own takes eight lines of `trace`. */
static char out_buffer[65536];

void pipeline_count_drop(struct pipeline *p, const char *reason)
{
	struct summary *sum = &p->summary;
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

/* ---- one record --------------------------------------------------------------------------- */

enum subcommand pipeline_recorded_by(const struct rec_meta *meta)
{
	if (!strncmp(meta->command, "trace", sizeof(meta->command)))
		return CMD_TRACE;
	return strncmp(meta->command, "drops", sizeof(meta->command)) ? CMD_CONNECT : CMD_DROPS;
}

static const struct pipeline_kind *kind_of(enum subcommand recorded_by)
{
	switch (recorded_by) {
	case CMD_TRACE:
		return &pipeline_trace;
	case CMD_DROPS:
		return &pipeline_drops;
	default:
		return &pipeline_connect;
	}
}

static int on_meta(struct pipeline *p, const struct event *ev)
{
	int err;

	if (p->kind) /* it stands at the beginning */
		return -EBADMSG;
	p->kind = kind_of(pipeline_recorded_by(ev->run.rec));
	err = p->kind->open(p, ev->ts_ns);
	if (err)
		return err;
	p->slow_ns = p->opts->slow_ns ? p->opts->slow_ns : ev->run.rec->slow_ns;
	return p->sink->ops->meta(p->sink, &ev->run);
}

static int on_lost(struct pipeline *p, const struct event *ev)
{
	if (ev->lost->where == LOST_MISSED) {
		p->summary.missed += ev->lost->count;
		return 0;
	}
	p->summary.lost += ev->lost->count;
	return p->sink->ops->lost(p->sink, ev->ts_ns, ev->lost->count, ev->lost->where);
}

static int on_stop(struct pipeline *p, __u64 ts_ns)
{
	int err = 0;

	p->summary.ts_ns = ts_ns;
	p->kind->complete(p);
	if (p->summary.histograms)
		err = p->sink->ops->histograms(p->sink, p->summary.histograms);
	return err ? err : p->sink->ops->summary(p->sink, &p->summary);
}

static int on_tick(struct pipeline *p, __u64 now_ns)
{
	return p->sink->ops->tick ? p->sink->ops->tick(p->sink, now_ns) : 0;
}

int pipeline_feed(struct pipeline *p, const void *rec, size_t len)
{
	struct event ev;
	int err = decoder_read(p->decoder, rec, len, &ev);

	if (err <= 0)
		return err;
	if (ev.type == REC_META)
		return on_meta(p, &ev);
	if (!p->kind)
		return -EBADMSG;
	if (ev.type == REC_LOST)
		return on_lost(p, &ev);
	if (ev.type >= REC_KERNEL_FIRST)
		p->summary.events++;
	err = p->kind->feed(p, &ev);
	if (!err && ev.type == REC_TICK)
		return on_tick(p, ev.ts_ns);
	/* --count is reached, or the reader has gone: what is open is of no interest any more */
	if (ev.type == REC_STOP && err >= 0)
		return on_stop(p, ev.ts_ns);
	return err;
}

int pipeline_flush(struct pipeline *p)
{
	return lines_flush(p->out);
}

/* ---- for every kind ----------------------------------------------------------------------- */

bool pipeline_selects(const struct pipeline *p, const struct subject *s)
{
	const struct opts *o = p->opts;

	if (o->subcommand != CMD_REPLAY || (filter_is_empty(p->filter) && !o->iface))
		return true;
	if (!s || (o->iface && strncmp(s->dev.name, o->iface, sizeof(s->dev.name))))
		return false;
	return filter_is_empty(p->filter) ||
	       (s->tuple.family && filter_match_sock(p->filter, &s->tuple) > 0);
}

/* ---- set-up ------------------------------------------------------------------------------- */

static struct winsize out_size(FILE *f)
{
	struct winsize size = {0};

	if (!isatty(fileno(f)) || ioctl(fileno(f), TIOCGWINSZ, &size) || size.ws_col < 40)
		size.ws_col = DEFAULT_WIDTH;
	return size;
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
	struct winsize size = out_size(f);
	struct sink_cfg cfg = {
		.out = f,
		.color = wants_color(o, f),
		.quiet = o->quiet,
		.verbose = o->verbose,
		.histograms = o->hist,
		.flat = o->flat,
		.stack = o->stack,
		.live = o->subcommand == CMD_DROPS && !o->quiet && isatty(fileno(f)),
		.width = size.ws_col,
		.height = size.ws_row,
		.slow_ns = o->slow_ns,
	};

	return o->format == FORMAT_JSON ? sink_json_new(&cfg) : sink_text_new(&cfg);
}

struct pipeline *pipeline_new(const struct opts *o, const struct filter *filter, struct errbuf *err)
{
	struct pipeline *p = calloc(1, sizeof(*p));

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
	if (!isatty(fileno(p->out)))
		setvbuf(p->out, out_buffer, _IOFBF, sizeof(out_buffer));
	p->decoder = decoder_new();
	p->sink = make_sink(o, p->out);
	if (p->decoder && p->sink)
		return p;
	pipeline_free(p);
nomem:
	err_set(err, -ENOMEM, "out of memory");
	return NULL;
}

int pipeline_next(struct pipeline *p)
{
	if (p->kind)
		p->kind->close(p);
	decoder_free(p->decoder);
	p->decoder = decoder_new();
	p->kind = NULL;
	p->summary = (struct summary){0};
	p->counted = p->full_ns = 0;
	p->result = 0;
	return p->decoder ? 0 : -ENOMEM;
}

void pipeline_join(struct pipeline *p, const struct peers *peers, unsigned self)
{
	p->peers = peers;
	p->self = self;
}

const struct decoder *pipeline_decoder(const struct pipeline *p)
{
	return p->decoder;
}

uint64_t pipeline_missed(const struct pipeline *p)
{
	return p->summary.missed;
}

uint64_t pipeline_lost(const struct pipeline *p)
{
	return p->summary.lost + p->summary.evicted;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	if (p->kind)
		p->kind->close(p);
	sink_free(p->sink);
	decoder_free(p->decoder);
	if (p->out && p->out != stdout)
		fclose(p->out);
	free(p);
}
