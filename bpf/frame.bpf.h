/* SPDX-License-Identifier: GPL-2.0-only */
/* frame.bpf.h - an XDP program gets a frame, and gives it back. */
#ifndef PATHLAG_FRAME_BPF_H
#define PATHLAG_FRAME_BPF_H

#include "bpf/hop.bpf.h"
#include "bpf/verdict.bpf.h"
#include "bpf/victim.bpf.h"

/* Names of the kernel's interface. */
#define XDP_ABORTED  0
#define XDP_DROP     1
#define XDP_PASS     2
#define XDP_TX       3
#define XDP_REDIRECT 4

/* ---- telling about it ------------------------------------------------------------------------ */

/* PARENT: the skb it was a moment ago, or lies in; 0 = none. */
__noinline int frame_tell(__u64 xdp, __u64 parent)
{
	struct frame_place at;
	struct packet p = {};
	struct rec_packet *r;
	struct frame *f;
	__u64 start;

	frame_place(&at, xdp);
	start = at.start;
	f = bpf_map_lookup_elem(&frames, &start);
	if (!f)
		return 0;
	frame_packet(&p, &at);
	r = rec_start(REC_PACKET, sizeof(*r));
	if (!r)
		return 0;
	r->packet = f->id;
	r->skb = start;
	r->parent = parent;
	r->sk = f->sk;
	packet_owner(&r->owner, f->sk);
	r->tuple = p.tuple;
	dev_fill(&r->dev, frame_dev(xdp));
	if (!r->owner.netns)
		r->owner.netns = r->dev.netns;
	r->len = at.end - at.data;
	r->seq = p.seq;
	r->ack = p.ack;
	r->ethertype = bpf_ntohs(at.protocol);
	r->tcp_flags = p.tcp_flags;
	r->frame = 1;
	rec_end(r);
	return 0;
}

__noinline int frame_bytes_tell(__u64 xdp, __u64 id)
{
	struct frame_place at;
	struct rec_frame *r = rec_start(REC_FRAME, sizeof(*r));

	if (!r)
		return 0;
	frame_place(&at, xdp);
	r->packet = id;
	r->skb = at.start;
	r->protocol = 0;
	r->vlan = r->has_vlan = 0;
	r->layer = 2;
	frame_bytes(r, at.data, at.end);
	rec_end(r);
	return 0;
}

/* ---- beginning ------------------------------------------------------------------------------- */

static const struct frame frame_none;

static __always_inline int frame_begin(
	const struct frame_place *at, __u64 xdp, __u64 id, __u64 sk, __u64 stamp, __u64 parent)
{
	struct frame *f;
	__u64 start = at->start;

	bpf_map_update_elem(&frames, &start, &frame_none, BPF_ANY);
	f = bpf_map_lookup_elem(&frames, &start);
	if (!f)
		return 0;
	f->id = id;
	f->sk = sk;
	f->stamp = stamp;
	f->depth = 1;
	frames_seen = 1;
	frame_tell(xdp, parent);
	if (!with_connect)
		frame_bytes_tell(xdp, id);
	return 1;
}

/* The followed skb that a frame lies in; 0 = none. */
static __always_inline __u64 frame_skb(__u64 start)
{
	struct latest *l = latest_here();
	__u64 *skb = bpf_map_lookup_elem(&heads, &start);

	if (skb && packet_followed(*skb) && head_of(*skb) == start)
		return *skb;
	if (l && l->id && !l->held && packet_followed(l->skb) && head_of(l->skb) == start)
		return l->skb;
	return 0;
}

/* It was followed when it was something else. */
__noinline int frame_known(__u64 xdp)
{
	struct frame_place at;
	struct latest *l = latest_here();
	struct followed *f;
	struct frame *same;
	__u64 start, stamp, skb;

	frame_place(&at, xdp);
	start = at.start;
	stamp = stamp_at(at.l3, at.end);
	same = bpf_map_lookup_elem(&frames, &start);
	if (same && same->stamp == stamp) {
		same->depth++;
		return 1;
	}
	if (same)
		end_tell(same->id, start, 0, 0, 0);
	skb = frame_skb(start);
	f = packet_followed(skb);
	if (f)
		return frame_begin(&at, xdp, f->id, f->sk, stamp, skb);
	if (!l || !l->held || !stamp || l->stamp != stamp)
		return 0;
	frame_begin(&at, xdp, l->id, l->sk, stamp, l->skb);
	latest_release(l);
	return 1;
}

/* The socket it leads to, 1 = none, and none is asked for; 0 = it is not wanted. */
__noinline __u64 frame_wanted(__u64 xdp)
{
	const struct net_device *dev = frame_dev(xdp);
	struct frame_place at;
	struct packet p = {};
	__u64 sk = 0;

	frame_place(&at, xdp);
	if (with_connect || scope_on) {
		sk = frame_packet(&p, &at) ? packet_flow(&p) : 0;
		if (!sk || !attempt_of((void *)sk))
			return 0;
	}
	if (!with_connect &&
		(!packet_here(dev) || !filter_frame((void *)at.data, at.end - at.data)))
		return 0;
	return sk ? sk : 1;
}

__noinline int frame_first(__u64 xdp)
{
	__u64 sk = frame_wanted(xdp);
	struct frame_place at;

	if (!sk)
		return 0;
	frame_place(&at, xdp);
	return frame_begin(&at, xdp, packet_id_new(), sk == 1 ? 0 : sk, stamp_at(at.l3, at.end), 0);
}

/* Returns as hop_accept(). */
static __noinline int frame_enter(void *ctx, __u64 cookie, __u64 slot, __u64 xdp)
{
	struct hop h = {.ctx = ctx, .cookie = cookie, .slot = slot, .xdp = xdp};
	struct frame *f;
	__u64 start;

	if (with_connect && !tracked)
		return 1;
	if (!frame_known(xdp) && !frame_first(xdp))
		return 1;
	start = (__u64)BPF_CORE_READ((struct xdp_buff *)xdp, data_hard_start);
	f = bpf_map_lookup_elem(&frames, &start);
	if (!f)
		return 1;
	h.stack = slot & ~(STACK_BYTES - 1);
	h.skb = start;
	h.sk = f->sk;
	RUN(hop_tell(&h, f->id, false));
	return cookie & COOKIE_NO_RETURN ? 1 : 0;
}

/* ---- what was decided ------------------------------------------------------------------------ */

/* An attempt's packet has gone, and nobody else may see it. */
__noinline int frame_dropped(__u64 xdp, __u32 func, __u32 verdict)
{
	struct frame_place at;
	struct packet p = {};
	struct victim v = {};
	struct rec_drop *r;

	frame_place(&at, xdp);
	if (!frame_packet(&p, &at) || p.tuple.l4_proto != IPPROTO_TCP || !victim_tcp(&v, &p))
		return 0;
	r = rec_start(REC_DROP, sizeof(*r));
	if (!r)
		return 0;
	r->sk = v.sk;
	r->skb = at.start;
	r->location = 0;
	r->reason = 0;
	r->packet = v.packet;
	r->tuple = v.tuple;
	dev_fill(&r->dev, frame_dev(xdp));
	r->seq = p.seq;
	r->transmission = sock_transmission((void *)v.sk);
	r->egress = v.egress;
	r->dns_id = 0;
	r->func = func;
	r->verdict = verdict;
	rec_end(r);
	return 1;
}

static __always_inline bool xdp_drops(__u32 verdict)
{
	return verdict < XDP_PASS || verdict > XDP_REDIRECT;
}

__noinline int frame_leave(__u64 xdp, __u32 func, __u32 verdict)
{
	struct frame_place at;
	struct frame *f;
	__u64 start;
	bool dropped = xdp_drops(verdict);

	frame_place(&at, xdp);
	start = at.start;
	f = bpf_map_lookup_elem(&frames, &start);
	if (!f)
		return 0;
	if (f->depth)
		f->depth--;
	if (f->depth)
		return 0;
	if (!dropped)
		verdict_forget(start);
	else if (with_connect)
		verdict_note(start, func, verdict, frame_dropped(xdp, func, verdict));
	/* An skb around it tells of its own end. */
	if (dropped || frame_skb(start)) {
		end_tell(f->id, start, 0, 0, dropped);
		bpf_map_delete_elem(&frames, &start);
		return 0;
	}
	f->stamp = stamp_at(at.l3, at.end);
	f->sent = verdict != XDP_PASS;
	return 0;
}

#endif
