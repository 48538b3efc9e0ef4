/* SPDX-License-Identifier: GPL-2.0-only */
/* gai.bpf.h - getaddrinfo(): what was asked, how long it took, what came out. Any libc's. */
#ifndef PATHLAG_GAI_BPF_H
#define PATHLAG_GAI_BPF_H

#include "bpf/hold.bpf.h"
#include "bpf/owner.bpf.h"
#include "bpf/wait.bpf.h"
#include <bpf/bpf_tracing.h>

#define GAI_NEST  4
#define GAI_NODES 48 /* list entries looked at: libcs repeat an address once a socket type */

/* Result pointers of the calls a thread is in, innermost last. */
struct gai_stack {
	__u32 depth;
	__u32 pad;
	__u64 res[GAI_NEST];
};

HASH_MAP(gai_calls, BPF_MAP_TYPE_LRU_HASH, FLOWS_MAX, __u32, struct gai_stack);

/* struct addrinfo of 64-bit glibc and musl alike */
struct addrinfo {
	__s32 flags, family, socktype, protocol;
	__u32 addrlen, pad;
	__u64 addr, canonname, next;
};

static __always_inline void gai_call(struct pt_regs *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	const char *node = (void *)PT_REGS_PARM1(ctx);
	struct gai_stack fresh = {}, *st;
	struct rec_gai_call *r;
	__u32 netns;

	if (!armed || !scope_has_current())
		return;
	netns = task_netns();
	if (!scope_has_netns(netns))
		return;
	st = bpf_map_lookup_elem(&gai_calls, &tid);
	if (!st) {
		bpf_map_update_elem(&gai_calls, &tid, &fresh, BPF_ANY);
		st = bpf_map_lookup_elem(&gai_calls, &tid);
		if (!st)
			return;
	}
	if (st->depth < GAI_NEST)
		st->res[st->depth] = PT_REGS_PARM4(ctx);
	st->depth++;
	r = rec_start(REC_GAI_CALL, sizeof(*r));
	if (!r)
		return;
	owner_fill(&r->owner, netns);
	if (!node || bpf_probe_read_user_str(r->node, sizeof(r->node), node) < 0)
		r->node[0] = 0;
	rec_end(r);
}

SEC("uprobe")
int on_gai_call(struct pt_regs *ctx)
{
	cpu_hold();
	gai_call(ctx);
	cpu_release();
	return 0;
}

/*
 * Fills r->addr; an address repeated for several socket types is kept once. The body has no branch
 * but the ones that leave: with two ways through it the verifier would walk 2^GAI_NODES of them.
 * Bit 3 is what tells AF_INET6 (10) from AF_INET (2).
 */
static __always_inline void gai_addrs(struct rec_gai_return *r, __u64 list)
{
	__u64 last[2] = {-1, -1}, one[2], differs;
	struct addrinfo ai;
	__u64 count = 0, v6;

	for (int i = 0; i < GAI_NODES && list; i++) {
		if (bpf_probe_read_user(&ai, sizeof(ai), (void *)list))
			break;
		list = ai.next;
		v6 = (ai.family >> 3) & 1;
		one[0] = one[1] = 0;
		bpf_probe_read_user(one, 4 + v6 * 12, (void *)ai.addr + 4 + v6 * 4);
		differs = (one[0] ^ last[0]) | (one[1] ^ last[1]);
		differs |= -differs;
		asm volatile("" : "+r"(differs)); /* or clang makes a branch of it */
		count += differs >> 63;
		if (count > REC_ADDR_MAX)
			break;
		struct rec_gai_addr *to = &r->addr[(count - 1) & (REC_ADDR_MAX - 1)];

		__builtin_memcpy(to->addr, one, sizeof(to->addr));
		to->family = 4 + v6 * 2;
		last[0] = one[0];
		last[1] = one[1];
	}
	r->count = count < REC_ADDR_MAX ? count : REC_ADDR_MAX;
}

static __always_inline void gai_return(struct pt_regs *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct gai_stack *st = bpf_map_lookup_elem(&gai_calls, &tid);
	struct rec_gai_return *r;
	__u64 resp = 0, list = 0;
	__u32 depth;

	if (!st || !st->depth)
		return;
	depth = --st->depth;
	if (depth < GAI_NEST)
		resp = st->res[depth];
	if (!depth)
		bpf_map_delete_elem(&gai_calls, &tid);
	r = rec_start(REC_GAI_RETURN, sizeof(*r));
	if (!r)
		return;
	owner_fill(&r->owner, task_netns());
	r->ret = (__s32)PT_REGS_RC(ctx);
	r->count = 0;
	__builtin_memset(r->addr, 0, sizeof(r->addr));
	if (!r->ret && resp && !bpf_probe_read_user(&list, sizeof(list), (void *)resp))
		gai_addrs(r, list);
	rec_end(r);
}

SEC("uretprobe")
int on_gai_return(struct pt_regs *ctx)
{
	cpu_hold();
	gai_return(ctx);
	cpu_release();
	return 0;
}

#endif
