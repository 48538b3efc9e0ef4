/* SPDX-License-Identifier: GPL-2.0-only */
/* program.bpf.h - a BPF program of the host begins and ends: XDP's gets a frame, others an skb. */
#ifndef PATHLAG_PROGRAM_BPF_H
#define PATHLAG_PROGRAM_BPF_H

#include "bpf/dropped.bpf.h"
#include "bpf/tail.bpf.h"

#define TC_ACT_SHOT     2
#define TC_ACT_REDIRECT 7
#define LWT_DROP        2
#define LWT_REDIRECT    7

#define MAP_DEVMAP      14 /* BPF_MAP_TYPE_* */
#define MAP_DEVMAP_HASH 25

static __always_inline __u64 program_skb(__u64 cookie, __u64 arg)
{
	if (COOKIE_SKB_KIND(cookie) == KIND_NF_CTX)
		return (__u64)BPF_CORE_READ((struct bpf_nf_ctx *)arg, skb);
	return arg;
}

static __noinline int skb_enter(void *ctx, __u64 cookie, __u64 slot, __u64 skb)
{
	if (!skb || !hop_packet(cookie, slot, skb))
		return 1;
	packet_moved(skb);
	return hop_accept(ctx, cookie, slot, skb, 0);
}

/* ARG: what the program is called with. Returns as hop_accept(). */
static __always_inline int program_enter(void *ctx, __u64 cookie, __u64 slot, __u64 arg)
{
	if (COOKIE_SKB_KIND(cookie) == KIND_XDP_BUFF)
		return frame_enter(ctx, cookie, slot, arg);
	return skb_enter(ctx, cookie, slot, program_skb(cookie, arg));
}

/* ---- verdicts -------------------------------------------------------------------------------- */

/* Will the kernel free the skb for it? */
static __always_inline bool verdict_drops(__u32 kind, __u32 ret)
{
	switch (kind) {
	case PROG_TC:
		return ret == TC_ACT_SHOT;
	case PROG_CGROUP_SKB:
		return !(ret & 1);
	case PROG_SK_SKB:
	case PROG_NETFILTER:
		return ret == 0;
	case PROG_LWT:
		return ret == LWT_DROP;
	}
	return false;
}

static __always_inline bool verdict_redirects(__u32 kind, __u32 ret)
{
	switch (kind) {
	case PROG_XDP:
		return ret == XDP_REDIRECT;
	case PROG_TC:
		return ret == TC_ACT_REDIRECT;
	case PROG_LWT:
		return ret == LWT_REDIRECT;
	}
	return false;
}

static __always_inline const struct bpf_redirect_info *redirect_info(void)
{
	struct task_struct___net *task = (void *)bpf_get_current_task();
	struct bpf_net_context *context;

	if (!bpf_core_field_exists(task->bpf_net_context))
		return NULL;
	context = BPF_CORE_READ(task, bpf_net_context);
	return context ? __builtin_preserve_access_index(&context->ri) : NULL;
}

static __always_inline bool is_devmap(const struct bpf_redirect_info *ri)
{
	__u32 type = 0;

	if (bpf_core_field_exists(ri->map_type))
		type = BPF_CORE_READ(ri, map_type);
	return type == MAP_DEVMAP || type == MAP_DEVMAP_HASH;
}

/* Before that a program that wants it finds the CPU's only in kernels that show where their
 * variables are: so the functions are traced that programs call for it. */
__u32 asks_watched = 0;

HASH_MAP(asked, BPF_MAP_TYPE_PERCPU_ARRAY, 1, __u32, __u64); /* the last ifindex */

static __always_inline __u64 asked_set(__u64 ifindex)
{
	__u32 zero = 0;
	__u64 *a = asks_watched ? bpf_map_lookup_elem(&asked, &zero) : NULL, before;

	if (!a)
		return 0;
	before = *a;
	*a = ifindex;
	return before;
}

/* What bpf_redirect() and its kin have noted for the kernel to do behind the program. */
static __noinline int redirect_find(struct redirect *to)
{
	const struct bpf_redirect_info *ri = redirect_info();
	const struct bpf_dtab_netdev *entry;
	const struct net_device *dev;
	__u64 index = 0;

	if (!to)
		return 0;
	if (!ri) {
		to->ifindex = asked_set(0);
		return done();
	}
	if (is_devmap(ri)) {
		entry = BPF_CORE_READ(ri, tgt_value);
		dev = BPF_CORE_READ(entry, dev);
		to->ifindex = PEEK(net_device, dev, ifindex);
		to->netns = dev_netns(dev);
		return 0;
	}
	bpf_core_read(&index, bpf_core_field_size(ri->tgt_index), &ri->tgt_index);
	to->ifindex = index;
	return done();
}

static __always_inline void verdict_keep(__u64 cookie, __u64 skb, __u32 ret)
{
	if (verdict_drops(COOKIE_PROG(cookie), ret))
		verdict_note(skb, COOKIE_FUNC(cookie), ret, 0);
	else
		verdict_forget(skb);
}

/* A program may have changed the headers. */
static __noinline int program_left_skb(__u64 cookie, __u64 skb, __u32 ret)
{
	struct followed *f = packet_followed(skb);

	if (f)
		f->stamp = stamp_of(skb);
	verdict_keep(cookie, skb, ret);
	return done();
}

/* Of a packet that is not followed: a DNS message, whose drop the milestone layer tells. */
static __noinline int program_verdict(__u64 cookie, __u64 arg, __u32 ret)
{
	const struct xdp_buff *xdp = (void *)arg;
	__u64 start;

	if (COOKIE_SKB_KIND(cookie) != KIND_XDP_BUFF) {
		verdict_keep(cookie, program_skb(cookie, arg), ret);
		return done();
	}
	start = (__u64)BPF_CORE_READ(xdp, data_hard_start);
	if (xdp_drops(ret))
		verdict_note(start, COOKIE_FUNC(cookie), ret, 0);
	else
		verdict_forget(start);
	return done();
}

/* `drops` is concerned with nothing else, whosever packet it is. */
static __noinline int program_drop(void *ctx, __u64 cookie, __u64 arg, __u32 ret)
{
	struct dropping_frame d = {.ctx = ctx, .func = COOKIE_FUNC(cookie), .verdict = ret};
	struct frame_place at;

	if (COOKIE_SKB_KIND(cookie) != KIND_XDP_BUFF) {
		if (verdict_drops(COOKIE_PROG(cookie), ret))
			verdict_note(program_skb(cookie, arg), d.func, ret, 0);
		return done();
	}
	frame_place(&at, arg);
	if (!xdp_drops(ret)) {
		verdict_forget(at.start);
		return 0;
	}
	d.start = at.start;
	d.data = at.data;
	d.end = at.end;
	d.dev = (__u64)frame_dev(arg);
	RUN(dropped_frame(&d));
	verdict_note(at.start, d.func, ret, 1);
	return done();
}

static __always_inline int program_leave(__u64 cookie, __u64 slot, __u64 arg, __u64 ret)
{
	struct redirect to = {};

	if (verdict_redirects(COOKIE_PROG(cookie), ret))
		RUN(redirect_find(&to));
	RUN(chain_leave(slot, ret));
	RUN(return_tell(cookie, slot, ret, &to));
	if (COOKIE_SKB_KIND(cookie) == KIND_XDP_BUFF)
		return frame_leave(arg, COOKIE_FUNC(cookie), ret);
	return program_left_skb(cookie, program_skb(cookie, arg), ret);
}

#endif
