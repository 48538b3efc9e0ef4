/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tail.bpf.h - programs that others jump to (bpf_tail_call). The jump goes behind the place where
 * fentry is; a breakpoint on the instruction it goes to sees it. Such a program ends where the one
 * ends that the kernel has called, and what it returns is what that returns.
 */
#ifndef PATHLAG_TAIL_BPF_H
#define PATHLAG_TAIL_BPF_H

#include "bpf/frame.bpf.h"
#include "bpf/tail.h"
#include <bpf/bpf_tracing.h>

#define TAILS_MAX 8 /* a power of two; of one chain */

__u32 tails_watched = 0; /* breakpoints there are */

/* What a CPU is in: programs are not moved to another. */
struct chain {
	__u32 direct; /* the program that was called, not jumped to, and has not begun yet */
	__u32 called; /* traced ones that have not returned */
	__u32 count;  /* jumped to since */
	__u32 pad;
	__u64 slot[TAILS_MAX];
	__u64 cookie[TAILS_MAX];
};

HASH_MAP(chains, BPF_MAP_TYPE_PERCPU_ARRAY, 1, __u32, struct chain);
HASH_MAP(tail_targets, BPF_MAP_TYPE_HASH, TAIL_TARGETS_MAX, __u64, struct tail_target);

static __always_inline struct chain *chain_here(void)
{
	__u32 zero = 0;

	return tails_watched ? bpf_map_lookup_elem(&chains, &zero) : NULL;
}

static __always_inline __u32 chain_index(__u32 n)
{
	asm volatile("" : "+r"(n));
	return n & (TAILS_MAX - 1);
}

/* The kernel calls a program: the breakpoint that follows is no jump. */
static __always_inline void chain_call(__u64 cookie)
{
	struct chain *c = chain_here();

	if (c)
		c->direct = COOKIE_FUNC(cookie);
}

/* Was the last one jumped to below SLOT? The stack grows down. */
static __always_inline bool chain_below(const struct chain *c, __u64 slot)
{
	__u64 last = c->slot[chain_index(c->count - 1)];

	return c->count && last / STACK_BYTES == slot / STACK_BYTES && last < slot;
}

/* A traced program is called at SLOT: what is below on this stack has ended unseen. */
static __noinline int chain_enter(__u64 slot)
{
	struct chain *c = chain_here();

	if (!c)
		return 0;
	c->called++;
	for (int i = 0; i < TAILS_MAX && chain_below(c, slot); i++)
		c->count--;
	return done();
}

/* It returns, and with it those that were jumped to, the last first. */
static __noinline int chain_leave(__u64 slot, __u64 ret)
{
	const struct redirect nowhere = {};
	struct chain *c = chain_here();

	if (!c)
		return 0;
	if (c->called)
		c->called--;
	for (int i = 0; i < TAILS_MAX && chain_below(c, slot); i++) {
		__u32 last = chain_index(--c->count);

		return_tell(c->cookie[last], c->slot[last], ret, &nowhere);
	}
	return done();
}

/* Which packet it is about; false: none that is followed. */
static __always_inline bool tail_subject(struct hop *h, __u64 cookie, __u64 arg, __u64 *packet)
{
	if (COOKIE_SKB_KIND(cookie) == KIND_XDP_BUFF) {
		struct frame *f;

		h->xdp = arg;
		h->skb = (__u64)BPF_CORE_READ((struct xdp_buff *)arg, data_hard_start);
		f = bpf_map_lookup_elem(&frames, &h->skb);
		if (!f)
			return false;
		h->sk = f->sk;
		*packet = f->id;
	} else {
		struct followed *f = packet_followed(arg);

		if (!f)
			return false;
		h->skb = arg;
		h->sk = f->sk;
		*packet = f->id;
	}
	return true;
}

static __always_inline int tail_enter(struct pt_regs *regs)
{
	__u64 ip = PT_REGS_IP(regs), packet = 0, cookie;
	struct hop h = {.ctx = regs, .slot = PT_REGS_SP(regs)};
	struct tail_target *t = bpf_map_lookup_elem(&tail_targets, &ip);
	struct chain *c = chain_here();

	if (!t || !c)
		return 0;
	if (c->direct == t->direct) {
		c->direct = 0;
		return 0;
	}
	cookie = t->cookie;
	if (!c->called || !tail_subject(&h, cookie, PT_REGS_PARM1(regs), &packet))
		return 0;
	h.cookie = cookie;
	h.stack = h.slot & ~(STACK_BYTES - 1);
	if (c->count < TAILS_MAX) {
		c->slot[chain_index(c->count)] = h.slot;
		c->cookie[chain_index(c->count)] = cookie;
		c->count++;
	} else {
		h.cookie |= COOKIE_NO_RETURN;
	}
	return hop_tell(&h, packet, false);
}

#endif
