// SPDX-License-Identifier: GPL-2.0-only
#include "output/packets.h"

#define DEFAULT_PACKETS 8192
#define DEFAULT_SOCKETS 8192

static struct subject *subject_mutable(const struct subject *s)
{
	return (struct subject *)s;
}

/* ---- packets ------------------------------------------------------------------------------ */

struct packet_entry *packets_find(const struct packets *t, __u64 id)
{
	return id ? (struct packet_entry *)table_find(&t->packets, id) : NULL;
}

static void packet_free(struct packets *t, struct packet_entry *e)
{
	table_remove(&t->packets, &e->node);
	subject_unref(subject_mutable(e->p.first));
	subject_unref(subject_mutable(e->p.last));
	free(e->skb);
	free(e);
}

void packets_hand_out(struct packets *t, struct packet_entry *e)
{
	t->counts->packets[e->p.fate]++;
	if (t->cfg->on_packet)
		t->cfg->on_packet(t->cfg->arg, &e->p);
	packet_free(t, e);
}

static void lose_oldest(struct packets *t)
{
	struct packet_entry *e = (struct packet_entry *)table_oldest(&t->packets);

	e->p.fate = packets_fate_unseen(e);
	t->counts->evicted_packets++;
	packets_hand_out(t, e);
}

struct packet_skb *packets_find_skb(struct packet_entry *e, __u64 addr)
{
	for (unsigned i = 0; i < e->skbs; i++)
		if (e->skb[i].addr == addr)
			return &e->skb[i];
	return NULL;
}

void packets_remove_skb(struct packet_entry *e, struct packet_skb *skb)
{
	e->frames -= skb->frame;
	*skb = e->skb[--e->skbs];
}

/* What an skb is made of: what it was cloned from, or else the frame that it now goes around. */
static struct packet_skb *origin_of(struct packet_entry *e, __u64 parent)
{
	struct packet_skb *from = packets_find_skb(e, parent);

	for (unsigned i = 0; !from && e->frames && i < e->skbs; i++)
		if (e->skb[i].frame)
			from = &e->skb[i];
	return from;
}

/* A clone has got as far as what it was cloned from. */
static void add_skb(struct packet_entry *e, __u64 addr, __u64 parent, bool frame)
{
	struct packet_skb *bigger, *from = frame ? NULL : origin_of(e, parent);
	enum skb_place place = from ? from->place : SKB_INSIDE;

	if (packets_find_skb(e, addr))
		return;
	if (from && from->frame)
		packets_remove_skb(e, from);
	e->p.skbs += !frame;
	if (e->skbs == e->room) {
		unsigned room = e->room ? e->room * 2 : 4;

		bigger = room <= PACKET_SKBS ? reallocarray(e->skb, room, sizeof(*bigger)) : NULL;
		if (!bigger) {
			e->more++;
			return;
		}
		e->skb = bigger;
		e->room = room;
	}
	e->skb[e->skbs++] = (struct packet_skb){addr, place, frame};
	e->frames += frame;
}

struct packet_entry *packets_add(struct packets *t, const struct subject *like, __u64 skb,
	bool frame, const struct event *ev)
{
	struct packet_entry *e = calloc(1, sizeof(*e));
	struct subject *s = subject_new(like);

	if (!e || !s) {
		free(e);
		subject_unref(s);
		return NULL;
	}
	if (t->packets.count >= t->cfg->max_packets)
		lose_oldest(t);
	s->number = ++t->last_number;
	e->p = (struct packet){.first = s,
		.last = subject_ref(s),
		.skb = skb,
		.frame = frame,
		.start_ns = ev->ts_ns,
		.end_ns = ev->ts_ns,
		.fate = FATE_LOST_TRACK};
	table_add(&t->packets, &e->node, like->packet);
	add_skb(e, skb, 0, frame);
	return e;
}

void packets_note_event(struct packets *t, struct packet_entry *e, __u64 ts_ns)
{
	if (ts_ns < e->p.start_ns)
		e->p.start_ns = ts_ns;
	if (ts_ns > e->p.end_ns)
		e->p.end_ns = ts_ns;
	table_touch(&t->packets, &e->node);
}

static void set_last(struct packet_entry *e, struct subject *s)
{
	s->number = e->p.first->number;
	subject_unref(subject_mutable(e->p.last));
	e->p.last = s;
}

static struct subject subject_told(const struct packets *t, const struct rec_packet *rec)
{
	struct subject s = SUBJECT_TOLD(rec);

	packets_take_from_socket(t, &s);
	return s;
}

/* News about a packet replace what was known; only an owner, once known, stays, and the link
 * layer's headers, which have news of their own. */
static int update(struct packet_entry *e, const struct subject *told)
{
	struct subject *s = subject_new(told);
	const struct subject *old = e->p.last;

	if (!s)
		return -ENOMEM;
	if (!s->sk)
		s->sk = old->sk;
	if (!s->owner_known && old->owner_known) {
		s->owner_known = true;
		s->owner = old->owner;
	}
	s->l2 = old->l2;
	set_last(e, s);
	return 0;
}

static bool tells_news(const struct subject *told, const struct subject *old)
{
	return memcmp(&told->tuple, &old->tuple, sizeof(old->tuple)) ||
	       (told->owner_known && !old->owner_known) || (told->sk && told->sk != old->sk) ||
	       told->ethertype != old->ethertype || told->tcp_flags != old->tcp_flags ||
	       told->seq != old->seq;
}

int packets_learn(struct packets *t, const struct event *ev)
{
	const struct rec_packet *rec = ev->packet;
	struct packet_entry *e = packets_find(t, rec->packet);
	struct subject told = subject_told(t, rec);

	packets_learn_dev(t, &rec->dev);
	if (!e)
		return packets_add(t, &told, rec->skb, rec->frame, ev) ? 0 : -ENOMEM;
	packets_note_event(t, e, ev->ts_ns);
	add_skb(e, rec->skb, rec->parent, rec->frame);
	return tells_news(&told, e->p.last) ? update(e, &told) : 0;
}

/* A packet on its way out has no link-layer header for a while: the last one is what it had. */
int packets_learn_frame(struct packets *t, const struct event *ev)
{
	struct packet_entry *e = packets_find(t, ev->frame->packet);
	struct l2_headers l2;
	struct subject *s;

	if (!e)
		return 0;
	s = subject_mutable(e->p.last);
	frame_read(ev->frame, &l2);
	if (!l2.eth) {
		l2.eth = s->l2.eth;
		memcpy(l2.src, s->l2.src, sizeof(l2.src));
		memcpy(l2.dst, s->l2.dst, sizeof(l2.dst));
	}
	if (!memcmp(&l2, &s->l2, sizeof(l2)))
		return 0;
	if (e->p.first != s || s->refs > 2) { /* calls have it as it was */
		s = subject_new(s);
		if (!s)
			return -ENOMEM;
		set_last(e, s);
	}
	s->l2 = l2;
	return 0;
}

/* ---- on its way --------------------------------------------------------------------------- */

static void note_role(struct packet_entry *e, const struct event *ev)
{
	enum func_role role = ev->hop_names.func->role;
	struct packet_skb *skb;

	if (role == ROLE_NONE || role == ROLE_HOOK)
		return;
	skb = packets_find_skb(e, ev->hop->skb);
	if (!skb)
		return;
	skb->place = role == ROLE_DELIVER    ? SKB_DELIVERED
		     : role == ROLE_TRANSMIT ? SKB_TRANSMITTED
					     : SKB_INSIDE;
}

/* A received packet finds its socket late, by the function that takes both. */
static void take_socket(const struct packets *t, struct packet_entry *e, __u64 sk)
{
	const struct subject *last = e->p.last;
	struct subject s;

	if (!sk || last->owner_known || (last->sk && last->sk != sk))
		return;
	s = *last;
	s.sk = sk;
	packets_take_from_socket(t, &s);
	if (s.owner_known || s.sk != last->sk)
		update(e, &s);
}

struct subject *packets_pass(struct packets *t, const struct event *ev)
{
	const struct rec_hop *rec = ev->hop;
	struct packet_entry *e = packets_find(t, rec->packet);
	bool frame = rec->flags & HOP_FRAME;

	if (rec->packet && !e) { /* its REC_PACKET was lost */
		struct subject like = {.packet = rec->packet, .sk = rec->sk, .len = rec->len};

		packets_take_from_socket(t, &like);
		e = packets_add(t, &like, rec->skb, frame, ev);
	}
	if (e) {
		packets_note_event(t, e, ev->ts_ns);
		if (frame)
			add_skb(e, rec->skb, 0, true);
		e->p.hops++;
		e->stack = rec->stack;
		take_socket(t, e, rec->sk);
		note_role(e, ev);
		return subject_mutable(e->p.last);
	}
	return packets_socket(t, rec->sk);
}

int packets_init(struct packets *t, struct paths_cfg *cfg, struct path_counts *counts)
{
	if (!cfg->max_packets)
		cfg->max_packets = DEFAULT_PACKETS;
	if (!cfg->max_sockets)
		cfg->max_sockets = DEFAULT_SOCKETS;
	t->cfg = cfg;
	t->counts = counts;
	if (table_init(&t->packets, cfg->max_packets) || packets_known_init(t, cfg->max_sockets))
		return -ENOMEM;
	return 0;
}

void packets_done(struct packets *t)
{
	struct table_node *node;

	while (t->packets.bucket && (node = table_oldest(&t->packets)))
		packet_free(t, (struct packet_entry *)node);
	table_done(&t->packets);
	packets_known_done(t);
}
