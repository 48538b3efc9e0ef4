/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/pipeline_kind.h"

#define TABLE_NS 1000000000ULL /* from one table to the next */

static int drops_feed(struct pipeline *p, const struct event *ev)
{
	const struct sink_ops *ops = p->sink->ops;
	struct dropped d;
	int err;

	if (ev->type == REC_TICK && ops->drop_table && ev->ts_ns >= p->table_ns + TABLE_NS) {
		p->table_ns = ev->ts_ns;
		return ops->drop_table(p->sink, drops_lately(p->drops, ev->ts_ns));
	}
	if (p->opts->count && p->counted == p->opts->count)
		return 1; /* what comes behind the last one is not shown */
	if (ev->type != REC_DROPPED)
		return 0;
	dropped_of(&d, ev);
	if (dropped_is_harmless(&d) || drops_is_repeat(p->drops, &d) ||
		!pipeline_selects(p, &d.subject))
		return 0;
	pipeline_count_drop(p, ev->drop_names.reason);
	drops_add(p->drops, &d);
	err = ops->drop ? ops->drop(p->sink, &d) : 0;
	return err ? err : ++p->counted == p->opts->count;
}

static int drops_open(struct pipeline *p, __u64 start_ns)
{
	p->drops = drops_new(0, start_ns);
	p->table_ns = start_ns;
	return p->drops ? 0 : -ENOMEM;
}

static void drops_complete(struct pipeline *p)
{
	p->summary.drops = drops_overall(p->drops, p->summary.ts_ns);
}

static void drops_close(struct pipeline *p)
{
	drops_free(p->drops);
	p->drops = NULL;
}

const struct pipeline_kind pipeline_drops = {
	.command = CMD_DROPS,
	.open = drops_open,
	.feed = drops_feed,
	.complete = drops_complete,
	.close = drops_close,
};
