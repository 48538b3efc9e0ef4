/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/pipeline_kind.h"

#include <arpa/inet.h>

/* The first and the last port that the kernel gives by default (net.ipv4.ip_local_port_range). */
#define PORT_FIRST 32768
#define PORT_LAST  60999

static bool matches_from(const struct pipeline *p, const struct rec_tuple *tuple, uint16_t sport)
{
	struct rec_tuple t = *tuple;

	t.sport = htons(sport);
	return filter_match_sock(p->filter, &t) > 0;
}

/* The kernel side knew the tuple only as far as the socket did when it set out. One that failed
 * before it had a port matches if it would have whichever it had got. */
static bool matches(const struct pipeline *p, const struct rec_tuple *tuple)
{
	if (filter_is_empty(p->filter))
		return true;
	if (!tuple->family)
		return false;
	if (tuple->sport)
		return filter_match_sock(p->filter, tuple) > 0;
	return matches_from(p, tuple, PORT_FIRST) && matches_from(p, tuple, PORT_LAST);
}

static bool is_selected(const struct opts *o, const struct attempt *a)
{
	if (o->failed && a->result == ATTEMPT_ESTABLISHED)
		return false;
	if (attempt_dur_ns(a) <= o->slower_than_ns && o->slower_than_ns)
		return false;
	return !o->iface || !strcmp(a->dev, o->iface);
}

/* With what the recording of the other side says, where this one does not know that side. */
static const struct attempt *with_server(
	const struct pipeline *p, const struct attempt *a, struct attempt *joined)
{
	if (!p->peers || a->server.known)
		return a;
	*joined = *a;
	return peers_server(p->peers, p->self, a, &joined->server) ? joined : a;
}

static const struct passive *with_client(
	const struct pipeline *p, const struct passive *passive, struct passive *joined)
{
	if (!p->peers || passive->client.known)
		return passive;
	*joined = *passive;
	return peers_client(p->peers, p->self, passive, &joined->client) ? joined : passive;
}

/* Of what listens here: as above, accept() standing for what the caller waits for. */
static bool is_passive_selected(const struct opts *o, const struct passive *p)
{
	if (o->no_accept || (o->failed && (p->result == PASSIVE_ACCEPTED || p->accept_unseen)))
		return false;
	if (passive_dur_ns(p) <= o->slower_than_ns && o->slower_than_ns)
		return false;
	return !o->iface || !strcmp(p->dev, o->iface);
}

/* A connect or an accept has been shown. */
static void count_one(struct pipeline *p)
{
	if (++p->counted == p->opts->count)
		pipeline_keep(p, 1);
}

static void on_attempt(void *arg, const struct attempt *a)
{
	struct pipeline *p = arg;
	struct attempt joined;
	struct verdict v;

	if (p->result || !is_selected(p->opts, a) || !matches(p, &a->tuple))
		return;
	p->summary.results[a->result]++;
	a = with_server(p, a, &joined);
	verdict_of_attempt(a, p->slow_ns, &v);
	pipeline_keep(p, p->sink->ops->connect(p->sink, a, &v));
	if (p->histograms)
		pipeline_keep(p, histograms_attempt(p->histograms, a, &v));
	count_one(p);
}

static void on_passive(void *arg, const struct passive *passive)
{
	struct pipeline *p = arg;
	struct passive joined;
	struct verdict v;

	if (p->result || !is_passive_selected(p->opts, passive) || !matches(p, &passive->tuple))
		return;
	p->summary.accepts[passive->result]++;
	passive = with_client(p, passive, &joined);
	verdict_of_passive(passive, p->slow_ns, &v);
	pipeline_keep(p, p->sink->ops->accept(p->sink, passive, &v));
	if (p->histograms)
		pipeline_keep(p, histograms_passive(p->histograms, passive, &v));
	count_one(p);
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
	pipeline_keep(p, p->sink->ops->lookup(p->sink, l, &v));
}

static int connect_open(struct pipeline *p, __u64 start_ns)
{
	struct tracker_cfg cfg = {.arg = p,
		.on_lookup = on_lookup,
		.on_attempt = on_attempt,
		.on_passive = on_passive};

	if (p->opts->hist) {
		p->histograms = histograms_new(p->opts->by);
		if (!p->histograms)
			return -ENOMEM;
	}
	p->tracker = tracker_new(&cfg);
	return p->tracker ? 0 : -ENOMEM;
}

static int connect_feed(struct pipeline *p, const struct event *ev)
{
	int err = tracker_feed(p->tracker, ev);

	/* What the function layer tells of the same drop does not count again. */
	if (ev->type == REC_DROP && !ev->drop_names.harmless)
		pipeline_count_drop(p, ev->drop_names.reason);
	return err ? err : p->result;
}

static void connect_complete(struct pipeline *p)
{
	p->summary.evicted = tracker_evicted(p->tracker);
	if (p->histograms)
		p->summary.histograms = histograms_report(p->histograms);
}

static void connect_close(struct pipeline *p)
{
	tracker_free(p->tracker);
	histograms_free(p->histograms);
	p->tracker = NULL;
	p->histograms = NULL;
}

const struct pipeline_kind pipeline_connect = {
	.command = CMD_CONNECT,
	.open = connect_open,
	.feed = connect_feed,
	.complete = connect_complete,
	.close = connect_close,
};
