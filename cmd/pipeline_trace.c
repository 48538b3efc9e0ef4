/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/pipeline_kind.h"

/* When the last packet of --count has ended, the functions it went through have yet to return. */
#define GRACE_NS 100000000ULL

/* Of what began after the last packet of --count nothing is shown. */
static bool is_over(const struct pipeline *p, __u64 start_ns)
{
	return p->result || (p->full_ns && start_ns > p->full_ns);
}

static void on_hop(void *arg, const struct hop *h)
{
	struct pipeline *p = arg;

	if (!is_over(p, h->call->start_ns) && pipeline_selects(p, h->call->subject))
		pipeline_keep(p, p->sink->ops->hop(p->sink, h));
}

static void on_tree(void *arg, const struct call_tree *t)
{
	struct pipeline *p = arg;
	unsigned i = 0;

	while (i < t->calls_kept && !pipeline_selects(p, t->call[i].subject))
		i++;
	if (i < t->calls_kept && !is_over(p, t->start_ns))
		pipeline_keep(p, p->sink->ops->tree(p->sink, t));
}

static void on_drop(void *arg, const struct tree_drop *drop)
{
	pipeline_count_drop(arg, drop->reason);
}

static void on_packet(void *arg, const struct packet *packet)
{
	struct pipeline *p = arg;

	if (p->full_ns || p->result ||
		(!pipeline_selects(p, packet->first) && !pipeline_selects(p, packet->last)))
		return;
	if (p->sink->ops->packet)
		pipeline_keep(p, p->sink->ops->packet(p->sink, packet));
	if (++p->counted == p->opts->count)
		p->full_ns = packet->end_ns;
}

static int trace_open(struct pipeline *p, __u64 start_ns)
{
	const struct sink_ops *ops = p->sink->ops;
	struct paths_cfg cfg = {
		.arg = p,
		.on_hop = ops->hop ? on_hop : NULL,
		.on_tree = ops->tree ? on_tree : NULL,
		.on_drop = on_drop,
		.on_packet = on_packet,
	};

	p->paths = paths_new(&cfg);
	return p->paths ? 0 : -ENOMEM;
}

static int trace_feed(struct pipeline *p, const struct event *ev)
{
	int err = paths_feed(p->paths, ev);

	if (err || p->result)
		return err ? err : p->result;
	return p->full_ns && ev->ts_ns > p->full_ns + GRACE_NS;
}

static void trace_complete(struct pipeline *p)
{
	const struct path_counts *counts = paths_counts(p->paths);

	p->summary.paths = counts;
	p->summary.evicted =
		counts->evicted_stacks + counts->evicted_packets + counts->evicted_sockets;
}

static void trace_close(struct pipeline *p)
{
	paths_free(p->paths);
	p->paths = NULL;
}

const struct pipeline_kind pipeline_trace = {
	.command = CMD_TRACE,
	.open = trace_open,
	.feed = trace_feed,
	.complete = trace_complete,
	.close = trace_close,
};
