// SPDX-License-Identifier: GPL-2.0-only
/* Events to the two halves of the correlator: calls nest (calls.h), packets live (packets.h). */
#include "output/calls.h"
#include "output/packets.h"

#define TICK_NS 1000000000ULL /* how often the slow checks are made, in stream time */

struct paths {
	struct paths_cfg cfg;
	struct path_counts counts;
	struct calls calls;
	struct packets packets;
	__u64 ticked_ns;
};

static int on_hop(struct paths *p, const struct event *ev)
{
	const struct rec_hop *rec = ev->hop;
	const struct func *func = ev->hop_names.func;
	bool point = rec->flags & HOP_POINT || func->flags & FUNC_NO_RETURN;
	const char *dev = packets_dev(&p->packets, rec->netns, rec->ifindex);
	struct call call = {
		.func = func,
		.subject = packets_pass(&p->packets, ev),
		.end = point ? CALL_POINT : CALL_OPEN,
		.cpu = rec->hdr.cpu,
		.ret_reason = "",
		.slot = rec->slot,
		.skb = rec->skb,
		.packet = rec->packet,
		.sk = rec->sk,
		.flags = rec->flags,
		.len = rec->len,
		.mark = rec->mark,
		.ifindex = rec->ifindex,
		.netns = rec->netns,
		.tgid = rec->tgid,
		.tid = rec->tid,
		.detail = rec->detail,
	};

	memcpy(call.dev, dev, strlen(dev) + 1);
	return calls_enter(&p->calls, ev, &call);
}

static void show_drop(struct paths *p, struct packet_entry *e, const struct event *ev,
	const struct tree_drop *drop)
{
	e->p.shown = calls_drop(&p->calls, e->stack, ev, drop, (struct subject *)e->p.last);
}

static void note_redirect(
	const struct paths *p, struct call *call, const struct rec_hop_return *rec)
{
	__u32 netns = rec->target_netns ? rec->target_netns : call->netns;
	struct redirect *r = &call->redirect;
	const char *dev = packets_dev(&p->packets, netns, rec->target);

	r->ifindex = rec->target;
	r->netns = rec->target_netns;
	memcpy(r->dev, dev, strlen(dev) + 1);
}

/* A program's verdict may be the end of its packet, or send it elsewhere. */
static void on_verdict(struct paths *p, struct call *call, bool outermost, const struct event *ev)
{
	struct packet_entry *e = packets_decide(&p->packets, call, ev);
	struct tree_drop drop;

	note_redirect(p, call, ev->hop_return);
	if (!e || !outermost || !(call->flags & HOP_FRAME))
		return;
	if (packets_drop_frame(&p->packets, e, ev, &drop))
		show_drop(p, e, ev, &drop);
	packets_leave_xdp(&p->packets, e, call, ev);
}

static int on_return(struct paths *p, const struct event *ev)
{
	struct call *call = NULL;
	bool outermost;

	if (ev->hop_names.func->prog_kind)
		call = calls_returning(&p->calls, ev, &outermost);
	if (call)
		on_verdict(p, call, outermost, ev);
	return calls_return(&p->calls, ev);
}

static void on_packet_end(struct paths *p, const struct event *ev)
{
	struct packet_entry *e = packets_ending(&p->packets, ev);
	struct tree_drop drop;

	if (!e)
		return;
	if (packets_drop(&p->packets, e, ev, &drop))
		show_drop(p, e, ev, &drop);
	packets_end(&p->packets, e, ev);
}

static void tick(struct paths *p, __u64 now_ns)
{
	if (now_ns < p->ticked_ns || now_ns - p->ticked_ns < TICK_NS)
		return;
	p->ticked_ns = now_ns;
	calls_tick(&p->calls, now_ns);
	packets_tick(&p->packets, now_ns);
}

int paths_feed(struct paths *p, const struct event *ev)
{
	int err = 0;

	switch (ev->type) {
	case REC_HOP:
		err = on_hop(p, ev);
		break;
	case REC_HOP_RETURN:
		err = on_return(p, ev);
		break;
	case REC_PACKET:
		err = packets_learn(&p->packets, ev);
		break;
	case REC_FRAME:
		err = packets_learn_frame(&p->packets, ev);
		break;
	case REC_PACKET_END:
		on_packet_end(p, ev);
		break;
	case REC_SOCKET:
		err = packets_learn_socket(&p->packets, ev);
		break;
	case REC_STOP:
		calls_stop(&p->calls);
		packets_stop(&p->packets);
		return 0;
	case REC_META:
		return 0;
	default:
		break;
	}
	tick(p, ev->ts_ns);
	return err;
}

const struct path_counts *paths_counts(const struct paths *p)
{
	return &p->counts;
}

void paths_each_call(const struct paths *p, __u64 sk,
	void (*fn)(void *arg, __u64 stack, const struct call *c), void *arg)
{
	const struct table_node *node;

	TAILQ_FOREACH(node, &p->calls.stacks.used, used)
	{
		const struct stack *s = (const struct stack *)node;

		for (unsigned i = 0; i < s->items; i++)
			if (s->item[i].sk == sk && !s->item[i].drop)
				fn(arg, node->key, &s->item[i]);
	}
}

struct paths *paths_new(const struct paths_cfg *cfg)
{
	struct paths *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->cfg = *cfg;
	if (calls_init(&p->calls, &p->cfg, &p->counts) ||
		packets_init(&p->packets, &p->cfg, &p->counts)) {
		paths_free(p);
		return NULL;
	}
	return p;
}

void paths_free(struct paths *p)
{
	if (!p)
		return;
	calls_done(&p->calls);
	packets_done(&p->packets);
	free(p);
}
