/* SPDX-License-Identifier: GPL-2.0-only */
/* hop.bpf.h - a traced function is entered, and left. */
#ifndef PATHLAG_HOP_BPF_H
#define PATHLAG_HOP_BPF_H

#include "bpf/packets.bpf.h"

/* ---- sockets are introduced ------------------------------------------------------------------ */

__noinline int sock_tell(__u64 key, __u32 process)
{
	const void *sk = (void *)key;
	struct told now = {}, *before;
	struct attempt *a = attempt_of(sk);
	struct rec_socket *r;

	any_tuple(sk, &now.tuple);
	before = bpf_map_lookup_elem(&told_socks, &key);
	if (before && before->tgid && tuple_same(&before->tuple, &now.tuple))
		return 0;
	if (a)
		now.tgid = a->owner.tgid;
	else if (!with_connect && process)
		now.tgid = bpf_get_current_pid_tgid() >> 32;
	if (before && before->tgid == now.tgid && tuple_same(&before->tuple, &now.tuple))
		return 0;
	bpf_map_update_elem(&told_socks, &key, &now, BPF_ANY);
	r = rec_start(REC_SOCKET, sizeof(*r));
	if (!r)
		return 0;
	r->sk = key;
	if (a)
		r->owner = a->owner;
	else if (now.tgid)
		owner_fill(&r->owner, sk_netns(sk));
	else
		__builtin_memset(&r->owner, 0, sizeof(r->owner));
	r->owner.netns = sk_netns(sk);
	r->tuple = now.tuple;
	rec_end(r);
	return done();
}

/* ---- the calls open on a stack --------------------------------------------------------------- */

/* N as an index: the compiler must not see that it is in bounds, for then it leaves out the mask
 * that shows it to the verifier. */
static __always_inline __u32 open_index(__u32 n)
{
	asm volatile("" : "+r"(n));
	return n & (OPEN_MAX - 1);
}

/* How many of them are still open when a call at SLOT begins: the stack grows down. None where the
 * stack, or the interrupt on it, is another task's now: calls whose return was missed are left
 * behind. */
static __always_inline __u32 open_above(const struct open_calls *o, __u64 slot)
{
	__u32 n = o->count;

	if (o->tid != (__u32)bpf_get_current_pid_tgid())
		return 0;
	if (n > OPEN_MAX)
		n = OPEN_MAX;
	for (int i = 0; i < OPEN_MAX; i++) {
		if (!n || o->call[open_index(n - 1)].slot > slot)
			break;
		n--;
	}
	return n;
}

static __noinline int open_push(const struct hop *h, __u64 packet)
{
	static const struct open_calls none;
	struct open_calls *o;
	__u64 stack;
	__u32 n;

	if (!h)
		return 0;
	stack = h->stack;
	o = bpf_map_lookup_elem(&stacks_open, &stack);
	if (!o) {
		bpf_map_update_elem(&stacks_open, &stack, &none, BPF_NOEXIST);
		o = bpf_map_lookup_elem(&stacks_open, &stack);
		if (!o)
			return 0;
	}
	n = open_above(o, h->slot);
	if (n >= OPEN_MAX)
		n = OPEN_MAX - 1;
	o->call[open_index(n)] = (struct open_call){h->slot, h->skb, packet, h->sk};
	o->count = n + 1;
	o->tid = bpf_get_current_pid_tgid();
	return done();
}

static __noinline int open_pop(__u64 slot)
{
	__u64 stack = slot & ~(STACK_BYTES - 1);
	struct open_calls *o;

	o = bpf_map_lookup_elem(&stacks_open, &stack);
	if (o)
		o->count = open_above(o, slot);
	return done();
}

/* The innermost traced call around this one lends it its packet. */
static __noinline int open_around(struct hop *h, __u64 *packet)
{
	struct open_call *c;
	struct open_calls *o;
	__u64 stack;
	__u32 n;

	if (!h || !packet)
		return 0;
	stack = h->stack;
	o = bpf_map_lookup_elem(&stacks_open, &stack);
	if (!o)
		return 0;
	n = open_above(o, h->slot);
	if (!n)
		return 0;
	c = &o->call[open_index(n - 1)];
	h->skb = c->skb;
	h->sk = c->sk;
	*packet = c->packet;
	return 1;
}

/* ---- records --------------------------------------------------------------------------------- */

struct nf_hook_state {
	u8 hook; /* an unsigned int in 5.10: its low byte comes first */
	u8 pf;
} __attribute__((preserve_access_index));

static __always_inline __u32 hop_detail(const struct hop *h)
{
	const struct nf_hook_state *state = (void *)h->detail_arg;

	if (COOKIE_ROLE(h->cookie) != ROLE_HOOKS)
		return 0;
	return BPF_CORE_READ(state, hook) | (__u32)BPF_CORE_READ(state, pf) << 8;
}

static __always_inline void hop_skb(struct rec_hop *r, const struct sk_buff *skb)
{
	const struct net_device *dev;
	struct skb_refs refs = {};

	skb_refs(skb, &refs);
	dev = refs.dev;
	r->len = PEEK(sk_buff, skb, len);
	r->mark = PEEK(sk_buff___mark, (struct sk_buff___mark *)skb, mark);
	r->ifindex = dev ? PEEK(net_device, dev, ifindex) : 0;
	r->netns = skb_netns(&refs, r->sk);
}

static __always_inline void hop_frame(struct rec_hop *r, __u64 key)
{
	const struct xdp_buff *xdp = (void *)key;
	const struct net_device *dev = frame_dev(key);

	r->flags |= HOP_FRAME;
	r->len = BPF_CORE_READ(xdp, data_end) - BPF_CORE_READ(xdp, data);
	r->mark = 0;
	r->ifindex = PEEK(net_device, dev, ifindex);
	r->netns = dev_netns(dev);
}

static __always_inline void hop_fill(
	struct rec_hop *r, const struct hop *h, __u64 packet, bool process)
{
	__u64 id = process ? bpf_get_current_pid_tgid() : 0;

	r->func = COOKIE_FUNC(h->cookie);
	r->flags = process ? HOP_PROCESS : 0;
	if (h->cookie & COOKIE_NO_RETURN)
		r->flags |= HOP_POINT;
	if (COOKIE_ROLE(h->cookie) == ROLE_CONTEXT)
		r->flags |= HOP_CONTEXT;
	r->stack = h->stack;
	r->slot = h->slot;
	r->skb = h->skb;
	r->packet = packet;
	r->sk = h->sk;
	r->tgid = id >> 32;
	r->tid = id;
	r->detail = hop_detail(h);
	if (with_programs && h->xdp) {
		hop_frame(r, h->xdp);
		return;
	}
	if (packet) {
		hop_skb(r, (void *)h->skb);
		return;
	}
	r->len = r->mark = r->ifindex = 0;
	r->netns = h->sk ? sk_netns((void *)h->sk) : 0;
}

struct hop_with_stack {
	struct rec_hop hop;
	__u64 trace[REC_STACK_MAX];
};

static __noinline int hop_tell(const struct hop *h, __u64 packet, bool process)
{
	struct rec_hop *r;

	if (!h)
		return 0;
	if (with_stacks) {
		struct hop_with_stack *w = rec_start(REC_HOP, sizeof(*w));
		long n;

		if (!w)
			return 0;
		hop_fill(&w->hop, h, packet, process);
		n = bpf_get_stack(h->ctx, w->trace, sizeof(w->trace), 0);
		w->hop.stack_len = n > 0 ? (__u32)n / 8 : 0;
		rec_end(w);
		return done();
	}
	r = rec_start(REC_HOP, sizeof(*r));
	if (!r)
		return 0;
	hop_fill(r, h, packet, process);
	r->stack_len = 0;
	rec_end(r);
	return done();
}

/* ---- entry ----------------------------------------------------------------------------------- */

/* The last function of the same packet was not wanted either: nearly all calls end here. */
static __always_inline bool hop_refused_plain(__u64 skb)
{
	return read_direct && !with_connect && skb && packet_refused(skb);
}

/*
 * Likewise, of functions that mean something for a packet, or are about a socket. What takes a
 * packet that is not followed apart is not of interest, whoever's it is.
 */
static __always_inline bool hop_refused(__u64 cookie, __u64 skb, __u64 sk)
{
	__u32 role = COOKIE_ROLE(cookie);

	if (!read_direct || with_connect || role == ROLE_OPEN || role == ROLE_CLOSE)
		return false;
	if (COOKIE_SKB_KIND(cookie)) {
		if (COOKIE_SKB_KIND(cookie) != KIND_SKB)
			return false;
		if (role == ROLE_END || role == ROLE_FREE)
			return !following;
		return skb && packet_refused(skb);
	}
	if (COOKIE_SK_KIND(cookie) == KIND_SOCKET && sk)
		sk = (__u64)DIRECT(socket, (void *)sk)->sk;
	return sk && sk == recent_here()->refused_socket.of && socket_refused(sk);
}

static __always_inline bool hop_packet(__u64 cookie, __u64 slot, __u64 skb)
{
	__u32 role = COOKIE_ROLE(cookie);

	if (with_connect && !tracked)
		return false;
	if ((role == ROLE_END || role == ROLE_FREE) && !packet_followed(skb))
		return false;
	return packet_judge(slot, skb);
}

static __always_inline bool hop_socket(__u64 slot, __u64 sk)
{
	if (sock_wanted(slot, sk))
		return true;
	if (read_direct)
		RUN(socket_refuse(sk));
	return false;
}

static __always_inline void hop_copies(const struct hop *h, __u64 packet)
{
	struct copying c = {.skb = h->skb, .id = packet};
	__u64 slot = h->slot;

	bpf_map_update_elem(&copies, &slot, &c, BPF_ANY);
}

static __always_inline void hop_show(const struct hop *h, __u64 packet)
{
	bool process = in_process_at(h->slot);

	/* A socket is introduced before the first call that is about it, and when it has changed.
	 */
	if (h->sk && (!with_connect || !packet) && !(read_direct && socket_told(h->sk, process)))
		sock_tell(h->sk, process);
	RUN(hop_tell(h, packet, process));
	if (with_context)
		RUN(open_push(h, packet));
}

/* Its memory will soon be another socket, or is one now. */
static __always_inline void sock_forget(__u64 sk)
{
	if (with_connect)
		return;
	bpf_map_delete_elem(&told_socks, &sk);
	bpf_map_delete_elem(&socks, &sk);
	__sync_fetch_and_add(&generation, 1);
}

/* The packet and the socket of the call; false where there are none any more. */
static __always_inline bool hop_subjects(struct hop *h, __u64 *packet)
{
	struct followed *f;

	if (with_context && COOKIE_ROLE(h->cookie) == ROLE_CONTEXT)
		return open_around(h, packet);
	if (!h->skb)
		return true;
	f = packet_followed(h->skb);
	if (!f)
		return false;
	*packet = f->id;
	if (!h->sk)
		h->sk = f->sk;
	else if (!f->sk)
		f->sk = h->sk;
	return true;
}

/* 0 = its return is of interest, 1 = it is not. */
static __noinline int hop_accept(void *ctx, __u64 cookie, __u64 slot, __u64 skb, __u64 sk)
{
	__u32 role = COOKIE_ROLE(cookie);
	struct hop h = {.ctx = ctx, .cookie = cookie, .slot = slot, .skb = skb};
	__u64 packet = 0;

	h.stack = slot & ~(STACK_BYTES - 1);
	if (role == ROLE_HOOKS)
		h.detail_arg = sk;
	else
		h.sk = sk;
	if (!hop_subjects(&h, &packet))
		return 1;
	if (role == ROLE_COPY || role == ROLE_SEGMENT)
		hop_copies(&h, packet);
	if (!(cookie & COOKIE_SILENT))
		hop_show(&h, packet);
	if (role == ROLE_FREE)
		packet_end(skb, 0, 0, 0);
	if (role == ROLE_CLOSE)
		sock_forget(sk);
	if (role == ROLE_COPY || role == ROLE_SEGMENT)
		return 0;
	return cookie & (COOKIE_SILENT | COOKIE_NO_RETURN) ? 1 : 0;
}

/*
 * SKB and SK are the arguments that the cookie tells of; with ROLE_HOOKS, which takes no socket, SK
 * is the hook's state. First what needs much of the programs' stack, the judgement, then what needs
 * the rest of it. Returns as hop_accept().
 */
static __noinline int hop_enter(void *ctx, __u64 cookie, __u64 slot, __u64 skb, __u64 sk)
{
	__u32 role = COOKIE_ROLE(cookie);

	if (COOKIE_SKB_KIND(cookie) == KIND_SKB_REF)
		bpf_probe_read_kernel(&skb, sizeof(skb), (void *)skb);
	else if (COOKIE_SKB_KIND(cookie) != KIND_SKB)
		skb = 0;
	if (COOKIE_SK_KIND(cookie) == KIND_SOCKET && sk)
		sk = (__u64)BPF_CORE_READ((struct socket *)sk, sk);
	if (role == ROLE_OPEN)
		sock_forget(sk);
	if (role != ROLE_CONTEXT) {
		if (skb ? !hop_packet(cookie, slot, skb)
			: !sk || role == ROLE_HOOKS || !hop_socket(slot, sk)) {
			if (role == ROLE_CLOSE)
				sock_forget(sk);
			return 1;
		}
	}
	return hop_accept(ctx, cookie, slot, skb, sk);
}

/* ---- return ---------------------------------------------------------------------------------- */

static __always_inline void hop_copied(__u64 cookie, __u64 slot, __u64 ret)
{
	struct copying *c = bpf_map_lookup_elem(&copies, &slot);

	if (!c)
		return;
	if (COOKIE_ROLE(cookie) == ROLE_SEGMENT)
		packet_segmented(ret, c->skb, c->id);
	else
		packet_copied(ret, c->skb, c->id);
	bpf_map_delete_elem(&copies, &slot);
}

/* Where a program has asked for the packet to go; 0 = nowhere else. */
struct redirect {
	__u32 ifindex;
	__u32 netns;
};

static __always_inline int return_tell(
	__u64 cookie, __u64 slot, __u64 ret, const struct redirect *to)
{
	struct rec_hop_return *r = rec_start(REC_HOP_RETURN, sizeof(*r));

	if (!r)
		return 0;
	r->func = COOKIE_FUNC(cookie);
	r->pad = 0;
	r->stack = slot & ~(STACK_BYTES - 1);
	r->slot = slot;
	r->ret = ret;
	r->target = to->ifindex;
	r->target_netns = to->netns;
	rec_end(r);
	return done();
}

static __noinline int hop_leave(__u64 cookie, __u64 slot, __u64 ret)
{
	__u32 role = COOKIE_ROLE(cookie);
	const struct redirect nowhere = {};

	if (role == ROLE_COPY || role == ROLE_SEGMENT)
		hop_copied(cookie, slot, ret);
	if (cookie & COOKIE_SILENT)
		return 0;
	if (with_context)
		RUN(open_pop(slot));
	return return_tell(cookie, slot, ret, &nowhere);
}

#endif
