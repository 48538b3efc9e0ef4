/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packets.bpf.h - packets that are followed: from the first function they are wanted in, over
 * clones, copies and segments, to the end of the last skb.
 */
#ifndef PATHLAG_PACKETS_BPF_H
#define PATHLAG_PACKETS_BPF_H

#include "bpf/bytes.bpf.h"
#include "bpf/frames.bpf.h"

#define SEGMENTS_MAX 64 /* of one skb_segment(): 64 KiB in pieces of 1 KiB */

/* The time, told apart by CPU. Unique, as no CPU starts two within a nanosecond. */
static __always_inline __u64 packet_id_new(void)
{
	return bpf_ktime_get_ns() << 10 | (bpf_get_smp_processor_id() & 1023);
}

/* ---- telling about them ---------------------------------------------------------------------- */

static __always_inline void packet_owner(struct rec_owner *o, __u64 sk)
{
	struct attempt *a = attempt_of((void *)sk);

	if (a)
		*o = a->owner;
	else
		__builtin_memset(o, 0, sizeof(*o));
}

static __always_inline __u32 skb_netns(const struct skb_refs *refs, __u64 sk)
{
	if (refs->dev)
		return dev_netns(refs->dev);
	return sk ? sk_netns((void *)sk) : 0;
}

static __always_inline int packet_tell(
	const struct sk_buff *skb, struct followed *f, const struct packet *p)
{
	struct skb_refs refs = {};
	struct rec_packet *r;

	r = rec_start(REC_PACKET, sizeof(*r));
	if (!r)
		return 0;
	skb_refs(skb, &refs);
	r->packet = f->id;
	r->skb = (__u64)skb;
	r->parent = f->parent;
	r->sk = f->sk;
	packet_owner(&r->owner, f->sk);
	r->tuple = f->tuple;
	dev_fill(&r->dev, refs.dev);
	f->dev = (__u64)refs.dev;
	if (!refs.dev && f->sk)
		r->dev.netns = sk_netns((void *)f->sk);
	if (!r->owner.netns)
		r->owner.netns = r->dev.netns;
	r->len = PEEK(sk_buff, skb, len);
	r->seq = p->seq;
	r->ack = p->ack;
	r->ethertype = bpf_ntohs(PEEK(sk_buff, skb, protocol));
	r->tcp_flags = p->tcp_flags;
	r->frame = 0;
	rec_end(r);
	return done();
}

static __always_inline int end_tell(
	__u64 packet, __u64 skb, __u64 location, __u32 reason, __u32 dropped)
{
	struct rec_packet_end *r = rec_start(REC_PACKET_END, sizeof(*r));

	if (!r)
		return 0;
	r->packet = packet;
	r->skb = skb;
	r->location = location;
	r->reason = reason;
	r->dropped = dropped;
	rec_end(r);
	return done();
}

/* Headers appear on the way down, and NAT and tunnels change them: said again where they do. */
__noinline int packet_refresh(__u64 key)
{
	const struct sk_buff *skb = (void *)key;
	struct followed *f = packet_followed(key);
	struct packet p = {};

	if (!f || !packet_of(&p, skb) || tuple_same(&p.tuple, &f->tuple))
		return 0;
	f->tuple = p.tuple;
	if (with_programs)
		f->stamp = stamp_of(key);
	if (scope_on && f->sk) {
		__u64 sk = f->sk;

		bpf_map_update_elem(&flows, &p.tuple, &sk, BPF_ANY);
	}
	return packet_tell(skb, f, &p);
}

/* ---- the end --------------------------------------------------------------------------------- */

/* The end that was held back for a frame that has not come. */
static __always_inline void latest_release(struct latest *l)
{
	if (!l->held)
		return;
	l->held = 0;
	end_tell(l->id, l->skb, 0, 0, 0);
}

/* SKB is what this CPU is concerned with now. */
static __noinline int packet_latest(__u64 skb)
{
	struct followed *f = packet_followed(skb);
	struct latest *l = latest_here();

	if (!l || !f)
		return 0;
	latest_release(l);
	l->skb = skb;
	l->id = f->id;
	l->sk = f->sk;
	l->stamp = f->stamp;
	return done();
}

#define XDP_MODE_DRIVER 1

/* A device's own program will get a copy of this one. */
static __always_inline bool has_program(__u64 skb)
{
	struct net_device___xdp *dev = (void *)PEEK(sk_buff, (struct sk_buff *)skb, dev);

	return dev && BPF_CORE_READ(dev, xdp_state[XDP_MODE_DRIVER].prog);
}

/* Its memory was a frame's. */
static __noinline int frame_freed(__u64 skb, __u64 location, __u32 reason, __u32 dropped)
{
	__u64 head = head_of(skb);
	struct frame *f = bpf_map_lookup_elem(&frames, &head);

	if (!f || f->depth)
		return 0;
	if (f->sent && !dropped) {
		f->sent = 0;
		return 0;
	}
	end_tell(f->id, head, location, reason, dropped);
	bpf_map_delete_elem(&frames, &head);
	return done();
}

__noinline int packet_end(__u64 skb, __u64 location, __u32 reason, __u32 dropped)
{
	struct followed *f = packet_followed(skb);

	if (!f)
		return with_programs && frames_seen ? frame_freed(skb, location, reason, dropped)
						    : 0;
	if (with_programs && !dropped && has_program(skb)) {
		struct latest *l = latest_here();

		RUN(packet_latest(skb));
		if (l) {
			l->stamp = stamp_of(skb);
			l->held = 1;
		}
	} else {
		end_tell(f->id, skb, location, reason, dropped);
	}
	if (!bpf_map_delete_elem(&packets, &skb))
		__sync_fetch_and_add(&following, -1);
	return 0;
}

/* Where no functions are traced, the end of some is not seen: is another packet in this skb now? */
static __noinline int packet_replaced(__u64 skb)
{
	struct followed *f = packet_followed(skb);
	__u64 stamp = stamp_of(skb);

	if (!f || !f->stamp || !stamp || f->stamp == stamp)
		return 0;
	packet_end(skb, 0, 0, 0);
	return 1;
}

/* Said again where it has come to another device, for the sake of that one's name. */
__noinline int packet_moved(__u64 key)
{
	struct followed *f = packet_followed(key);
	struct packet p = {};

	if (!f || f->dev == (__u64)PEEK(sk_buff, (struct sk_buff *)key, dev))
		return 0;
	packet_of(&p, (void *)key);
	return packet_tell((void *)key, f, &p);
}

/* ---- beginning ------------------------------------------------------------------------------- */

static const struct followed followed_none;

/* A new entry, to be filled where it lies: the stack has no room for it. NULL = no room. */
static __always_inline struct followed *packet_keep(__u64 skb)
{
	if (bpf_map_update_elem(&packets, &skb, &followed_none, BPF_NOEXIST)) {
		count_lost(LOST_PACKET_MAP);
		return NULL;
	}
	__sync_fetch_and_add(&following, 1);
	if (with_programs) {
		__u64 head = head_of(skb);

		bpf_map_update_elem(&heads, &head, &skb, BPF_ANY);
	}
	return bpf_map_lookup_elem(&packets, &skb);
}

/* SKB is followed from now on. SK: the socket it belongs to, 0 = unknown. */
__noinline int packet_follow(__u64 key, __u64 sk)
{
	const struct sk_buff *skb = (void *)key;
	struct followed *f = packet_keep(key);
	struct packet p = {};

	if (!f)
		return 0;
	packet_of(&p, skb);
	f->id = packet_id_new();
	f->sk = sk;
	f->tuple = p.tuple;
	if (scope_on && sk && p.tuple.family)
		bpf_map_update_elem(&flows, &p.tuple, &sk, BPF_ANY);
	if (with_programs)
		f->stamp = stamp_of(key);
	packet_tell(skb, f, &p);
	return 1;
}

/* The skb that a followed frame has become. */
__noinline int packet_from_frame(__u64 key)
{
	__u64 head = head_of(key), stamp = stamp_of(key);
	struct frame *from = bpf_map_lookup_elem(&frames, &head);
	struct packet p = {};
	struct followed *f;

	if (!from || from->depth || (stamp && from->stamp && stamp != from->stamp))
		return 0;
	f = packet_keep(key);
	if (!f)
		return 0;
	packet_of(&p, (void *)key);
	f->id = from->id;
	f->sk = from->sk;
	f->parent = head;
	f->stamp = from->stamp;
	f->tuple = p.tuple;
	packet_tell((void *)key, f, &p);
	end_tell(f->id, head, 0, 0, 0);
	bpf_map_delete_elem(&frames, &head);
	return 1;
}

/* The followed socket it belongs to, 0 = none: its own, which is followed from now on where its
 * process is wanted, or the one that its tuple leads to. */
static __always_inline __u64 packet_sock(__u64 here, __u64 skb, __u64 sk)
{
	if (sk && (attempt_of((void *)sk) || (!with_connect && sock_adopt(here, sk))))
		return sk;
	return packet_flow_sock(skb);
}

static __always_inline __u64 packet_own_sock(__u64 skb)
{
	return (__u64)BPF_CORE_READ((struct sk_buff *)skb, sk);
}

/* Seen for the first time: true = it is wanted. */
static __always_inline bool packet_first(__u64 here, __u64 skb)
{
	__u64 sk = 0;

	if (with_programs && frames_seen && packet_from_frame(skb))
		return true;
	if (with_connect || scope_on) {
		sk = packet_sock(here, skb, packet_own_sock(skb));
		if (!sk)
			return false;
	}
	if (!with_connect && !packet_selected(skb))
		return false;
	return packet_follow(skb, sk ? sk : packet_own_sock(skb));
}

static __noinline int packet_renew(__u64 skb)
{
	packet_refresh(skb);
	return with_connect ? done() : packet_bytes(skb);
}

/* Is it followed, or to be from now on? */
static __always_inline bool packet_judge(__u64 here, __u64 skb)
{
	struct followed *f = packet_followed(skb);
	__u64 sum;

	if (f && only_programs && packet_replaced(skb))
		f = NULL;
	if (!f) {
		if (packet_first(here, skb)) {
			if (!with_connect)
				packet_bytes(skb);
			return true;
		}
		if (read_direct)
			RUN(packet_refuse(skb));
		return false;
	}
	if (judge_anew && !packet_selected(skb))
		return false;
	sum = read_direct ? packet_sum(skb) : 0;
	if (!sum || sum != f->sum) {
		f->sum = sum;
		RUN(packet_renew(skb));
	}
	if (with_programs)
		RUN(packet_latest(skb));
	return true;
}

/* A packet leaves: answers to it, which have no socket for long, will be known by its tuple. */
__noinline int flow_learn(__u64 here, __u64 skb)
{
	__u64 sk = packet_own_sock(skb);
	struct packet p = {};

	if (!sk || (!attempt_of((void *)sk) && !sock_adopt(here, sk)))
		return 0;
	if (packet_of(&p, (void *)skb))
		bpf_map_update_elem(&flows, &p.tuple, &sk, BPF_ANY);
	return 0;
}

/* ---- copies ---------------------------------------------------------------------------------- */

/* SKB, new, holds the packet that PARENT holds. */
__noinline int packet_copied(__u64 skb, __u64 from, __u64 id)
{
	struct followed *f, *old;
	struct packet p = {};

	if (!skb || skb >= (__u64)-4095)
		return 0;
	old = packet_followed(skb);
	if (old && old->id == id)
		return 0;
	f = packet_keep(skb);
	if (!f)
		return 0;
	f->id = id;
	f->parent = from;
	old = packet_followed(from);
	if (old) {
		f->sk = old->sk;
		f->tuple = old->tuple;
		f->stamp = old->stamp;
	}
	packet_of(&p, (void *)skb);
	return packet_tell((void *)skb, f, &p);
}

__noinline int packet_segmented(__u64 first, __u64 from, __u64 id)
{
	__u64 skb = first;

	for (int i = 0; i < SEGMENTS_MAX; i++) {
		if (!skb || skb >= (__u64)-4095)
			break;
		packet_copied(skb, from, id);
		skb = (__u64)BPF_CORE_READ((struct sk_buff *)skb, next);
	}
	return 0;
}

#endif
