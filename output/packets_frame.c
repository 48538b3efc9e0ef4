// SPDX-License-Identifier: GPL-2.0-only
/* packets.h, programs: their verdicts, and the frames that they see before there is an skb. */
#include "output/packets.h"

#define GONE_NS \
 1000000000ULL /* of a frame that was sent on or passed, nothing more will be heard */

/* XDP's verdicts (enum xdp_action) */
enum { VERDICT_PASS = 2, VERDICT_TX = 3, VERDICT_REDIRECT = 4 };

/* A callee's verdict that its caller repeats is the callee's. */
static bool is_repeated(const struct decision *d, const struct call *call, __s64 ret)
{
	return d->by.program && d->by.ret == ret && d->skb == call->skb &&
	       d->start_ns >= call->start_ns;
}

struct packet_entry *packets_decide(
	struct packets *t, const struct call *call, const struct event *ev)
{
	struct packet_entry *e = packets_find(t, call->packet);
	struct program_verdict by = {call->func, ev->hop_names.ret};
	enum ret_weight weight;
	char buf[WORDS_LEN];

	if (!e)
		return NULL;
	program_verdict_words(&by, buf, &weight);
	if (weight != RET_BAD)
		e->decision = (struct decision){0};
	else if (!is_repeated(&e->decision, call, by.ret))
		e->decision = (struct decision){.by = by,
			.start_ns = call->start_ns,
			.skb = call->skb,
			.cpu = ev->hdr->cpu};
	return e;
}

bool packets_drop_frame(
	struct packets *t, struct packet_entry *e, const struct event *ev, struct tree_drop *ret)
{
	char buf[WORDS_LEN];

	if (!e->decision.by.program)
		return false;
	e->decision.frame = true;
	*ret = (struct tree_drop){.by = e->decision.by};
	snprintf(ret->reason, sizeof(ret->reason), "%.63s",
		program_verdict_words(&ret->by, buf, NULL));
	packets_note_drop(t, e, ev, ret);
	e->p.fate = FATE_DROPPED;
	e->fate_known = true;
	return true;
}

void packets_leave_xdp(
	struct packets *t, struct packet_entry *e, const struct call *call, const struct event *ev)
{
	struct packet_skb *frame = packets_find_skb(e, call->skb);
	bool alone = e->frames == e->skbs && !e->more, dropped = e->decision.by.program;
	__s64 ret = ev->hop_names.ret;

	e->p.end_ns = ev->ts_ns > e->p.end_ns ? ev->ts_ns : e->p.end_ns;
	if (!frame || !frame->frame)
		return;
	if (dropped || (ret == VERDICT_PASS && !alone)) {
		e->left_frame = frame->addr;
		packets_remove_skb(e, frame);
	} else if (ret == VERDICT_TX || ret == VERDICT_REDIRECT) {
		frame->place = SKB_TRANSMITTED;
	}
	if (!e->skbs && !e->more)
		packets_hand_out(t, e);
}

static bool is_only_frames(const struct packet_entry *e)
{
	return e->frames && e->frames == e->skbs && !e->more;
}

enum packet_fate packets_fate_unseen(const struct packet_entry *e)
{
	if (!is_only_frames(e))
		return FATE_LOST_TRACK;
	for (unsigned i = 0; i < e->skbs; i++)
		if (e->skb[i].place != SKB_TRANSMITTED)
			return FATE_LOST_TRACK;
	return FATE_TRANSMITTED;
}

void packets_tick(struct packets *t, __u64 now_ns)
{
	struct table_node *node, *next;

	for (node = table_oldest(&t->packets); node; node = next) {
		struct packet_entry *e = (struct packet_entry *)node;

		next = TAILQ_NEXT(node, used);
		if (now_ns < e->p.end_ns || now_ns - e->p.end_ns < GONE_NS)
			return;
		if (!is_only_frames(e))
			continue;
		if (!e->fate_known)
			e->p.fate = packets_fate_unseen(e);
		packets_hand_out(t, e);
	}
}
