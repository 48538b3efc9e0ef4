// SPDX-License-Identifier: GPL-2.0-only
/* packets.h, the end of an skb, and with the last one of its packet. */
#include "output/packets.h"

struct packet_entry *packets_ending(struct packets *t, const struct event *ev)
{
	const struct rec_packet_end *rec = ev->packet_end;
	struct packet_entry *e = packets_find(t, rec->packet);
	struct subject like = {.packet = rec->packet};

	/* A drop is told even of a packet of which all else was lost; not a frame's, which nobody
	 * freed: its program's verdict has told. */
	if (!e && packet_end_is_drop(ev) && rec->location)
		e = packets_add(t, &like, rec->skb, false, ev);
	if (e && rec->skb == e->left_frame && !packets_find_skb(e, rec->skb)) {
		e->left_frame = 0;
		return NULL;
	}
	return e;
}

void packets_note_drop(struct packets *t, struct packet_entry *e, const struct event *ev,
	const struct tree_drop *drop)
{
	struct packet *p = &e->p;

	p->drops++;
	p->drop_ns = ev->ts_ns;
	p->cpu = ev->hdr->cpu;
	p->drop = *drop;
	if (t->cfg->on_drop)
		t->cfg->on_drop(t->cfg->arg, drop);
}

/* Does a program's verdict explain the end that EV tells? */
static bool was_decided(const struct packet_entry *e, const struct event *ev)
{
	const struct decision *d = &e->decision;

	return d->by.program && d->cpu == ev->hdr->cpu &&
	       (d->frame || d->skb == ev->packet_end->skb);
}

bool packets_drop(
	struct packets *t, struct packet_entry *e, const struct event *ev, struct tree_drop *ret)
{
	const struct drop_names *names = &ev->drop_names;
	bool decided = was_decided(e, ev);
	char buf[WORDS_LEN];

	if (!packet_end_is_drop(ev))
		return false;
	*ret = (struct tree_drop){0};
	snprintf(ret->reason, sizeof(ret->reason), "%s", names->reason);
	snprintf(ret->location, sizeof(ret->location), "%s", names->location);
	if (decided)
		ret->by = e->decision.by;
	if (decided && (!*names->reason || !strcmp(names->reason, "NOT_SPECIFIED")))
		snprintf(ret->reason, sizeof(ret->reason), "%.63s",
			program_verdict_words(&ret->by, buf, NULL));
	if (decided && e->decision.frame) {
		e->p.drop = *ret;
		return false;
	}
	packets_note_drop(t, e, ev, ret);
	return true;
}

/* A clone that was freed for no other reason than that it was done says nothing about the packet.
 */
static void note_fate(struct packet_entry *e, enum packet_fate fate)
{
	if (fate == FATE_CONSUMED && e->fate_known)
		return;
	e->p.fate = fate;
	e->fate_known = fate != FATE_CONSUMED;
}

static enum packet_fate fate_of(
	const struct packet_entry *e, const struct packet_skb *skb, const struct event *ev)
{
	if (packet_end_is_drop(ev) || (e->decision.frame && was_decided(e, ev)))
		return FATE_DROPPED;
	if (!skb || skb->place == SKB_INSIDE)
		return FATE_CONSUMED;
	return skb->place == SKB_DELIVERED ? FATE_DELIVERED : FATE_TRANSMITTED;
}

void packets_end(struct packets *t, struct packet_entry *e, const struct event *ev)
{
	const struct rec_packet_end *rec = ev->packet_end;
	struct packet_skb *skb = packets_find_skb(e, rec->skb);

	packets_note_event(t, e, ev->ts_ns);
	note_fate(e, fate_of(e, skb, ev));
	if (was_decided(e, ev))
		e->decision = (struct decision){0};
	if (skb)
		packets_remove_skb(e, skb);
	else if (e->more)
		e->more--;
	if (!e->skbs && !e->more)
		packets_hand_out(t, e);
}

void packets_stop(struct packets *t)
{
	struct packet_entry *e;

	while ((e = (struct packet_entry *)table_oldest(&t->packets))) {
		e->p.fate = packets_fate_unseen(e);
		packets_hand_out(t, e);
	}
}
