/* SPDX-License-Identifier: GPL-2.0-only */
/* hop.bpf.h - a traced function is entered, and left. */
#ifndef PATHLAG_HOP_BPF_H
#define PATHLAG_HOP_BPF_H

#include "bpf/packets.bpf.h"

/* ---- sockets are introduced ------------------------------------------------------------------ */

__noinline int sock_tell(__u64 here, __u64 key)
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
	else if (!with_connect && in_process_at(here))
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

/* How many of them are still open when a call at SLOT begins: the stack grows down. */
static __always_inline __u32 open_above(const struct open_calls *o, __u64 slot)
{
	__u32 n = o->count;

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
	return done();
}

static __noinline int open_pop(const struct hop *h)
{
	struct open_calls *o;
	__u64 stack;

	if (!h)
		return 0;
	stack = h->stack;
	o = bpf_map_lookup_elem(&stacks_open, &stack);
	if (o)
		o->count = open_above(o, h->slot);
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

static __always_inline void hop_fill(struct rec_hop *r, const struct hop *h, __u64 packet)
{
	r->func = COOKIE_FUNC(h->cookie);
	r->flags = h->cookie & COOKIE_NO_RETURN ? HOP_POINT : 0;
	if (COOKIE_ROLE(h->cookie) == ROLE_CONTEXT)
		r->flags |= HOP_CONTEXT;
	r->stack = h->stack;
	r->slot = h->slot;
	r->skb = h->skb;
	r->packet = packet;
	r->sk = h->sk;
	r->tgid = r->tid = 0;
	if (in_process_at(h->slot)) {
		__u64 id = bpf_get_current_pid_tgid();

		r->flags |= HOP_PROCESS;
		r->tgid = id >> 32;
		r->tid = id;
	}
	r->detail = hop_detail(h);
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

static __noinline int hop_tell(const struct hop *h, __u64 packet)
{
	struct rec_hop *r;

	if (!h)
		return 0;
	if (with_stacks) {
		struct hop_with_stack *w = rec_start(REC_HOP, sizeof(*w));
		long n;

		if (!w)
			return 0;
		hop_fill(&w->hop, h, packet);
		n = bpf_get_stack(h->ctx, w->trace, sizeof(w->trace), 0);
		w->hop.stack_len = n > 0 ? (__u32)n / 8 : 0;
		rec_end(w);
		return done();
	}
	r = rec_start(REC_HOP, sizeof(*r));
	if (!r)
		return 0;
	hop_fill(r, h, packet);
	r->stack_len = 0;
	rec_end(r);
	return done();
}

/* ---- entry ----------------------------------------------------------------------------------- */

static __always_inline bool hop_ends(const struct hop *h)
{
	__u32 role = COOKIE_ROLE(h->cookie);

	return role == ROLE_END || role == ROLE_FREE;
}

/* The packet or socket the call is about, wanted or not. */
static __always_inline bool hop_wanted(struct hop *h, __u64 *packet)
{
	struct followed *f;

	if (with_context && COOKIE_ROLE(h->cookie) == ROLE_CONTEXT)
		return open_around(h, packet);
	if (h->skb) {
		if (hop_ends(h) && !packet_followed(h->skb))
			return false;
		f = packet_judge(h->slot, (void *)h->skb);
		if (!f)
			return false;
		*packet = f->id;
		if (!h->sk)
			h->sk = f->sk;
		else if (!f->sk)
			f->sk = h->sk;
		return true;
	}
	return h->sk && sock_wanted(h->slot, h->sk);
}

static __always_inline void hop_copies(const struct hop *h, __u64 packet)
{
	struct copying c = {.skb = h->skb, .id = packet};
	__u64 slot = h->slot;

	bpf_map_update_elem(&copies, &slot, &c, BPF_ANY);
}

static __always_inline void hop_show(const struct hop *h, __u64 packet)
{
	if (h->sk && (!with_connect || !packet))
		sock_tell(h->slot, h->sk);
	RUN(hop_tell(h, packet));
	if (with_context)
		RUN(open_push(h, packet));
}

/* Its memory will soon be another socket. */
static __always_inline void sock_closed(__u64 sk)
{
	if (with_connect)
		return;
	bpf_map_delete_elem(&told_socks, &sk);
	bpf_map_delete_elem(&socks, &sk);
}

/* 0 = its return is of interest, 1 = it is not. */
static __noinline int hop_enter(struct hop *h)
{
	__u64 packet = 0;
	__u32 role;

	if (!h)
		return 1;
	role = COOKIE_ROLE(h->cookie);
	if (role == ROLE_CLOSE)
		sock_closed(h->sk);
	if (!hop_wanted(h, &packet))
		return 1;
	if (role == ROLE_COPY || role == ROLE_SEGMENT)
		hop_copies(h, packet);
	if (!(h->cookie & COOKIE_SILENT))
		hop_show(h, packet);
	if (role == ROLE_FREE)
		packet_end(h->skb, 0, 0, 0);
	if (role == ROLE_COPY || role == ROLE_SEGMENT)
		return 0;
	return h->cookie & (COOKIE_SILENT | COOKIE_NO_RETURN) ? 1 : 0;
}

/* ---- return ---------------------------------------------------------------------------------- */

static __always_inline void hop_copied(const struct hop *h, __u64 ret)
{
	__u64 slot = h->slot;
	struct copying *c = bpf_map_lookup_elem(&copies, &slot);

	if (!c)
		return;
	if (COOKIE_ROLE(h->cookie) == ROLE_SEGMENT)
		packet_segmented(ret, c->skb, c->id);
	else
		packet_copied(ret, c->skb, c->id);
	bpf_map_delete_elem(&copies, &slot);
}

static __noinline int hop_leave(struct hop *h, __u64 ret)
{
	struct rec_hop_return *r;
	__u32 role;

	if (!h)
		return 0;
	role = COOKIE_ROLE(h->cookie);
	if (role == ROLE_COPY || role == ROLE_SEGMENT)
		hop_copied(h, ret);
	if (h->cookie & COOKIE_SILENT)
		return 0;
	if (with_context)
		RUN(open_pop(h));
	r = rec_start(REC_HOP_RETURN, sizeof(*r));
	if (!r)
		return 0;
	r->func = COOKIE_FUNC(h->cookie);
	r->pad = 0;
	r->stack = h->stack;
	r->slot = h->slot;
	r->ret = ret;
	rec_end(r);
	return done();
}

#endif
