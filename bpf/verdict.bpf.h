/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict.bpf.h - what a BPF program has decided about a packet, for whoever sees the kernel free
 * it for that a moment later, on the same CPU.
 */
#ifndef PATHLAG_VERDICT_BPF_H
#define PATHLAG_VERDICT_BPF_H

#include "bpf/skb.bpf.h"

/* From the program's return to the free: one function call, which an interrupt or, of a guest, its
 * host may stretch. */
#define VERDICT_NS 500000000

static __always_inline void verdict_note(__u64 of, __u32 func, __s32 value, __u32 told)
{
	__u32 zero = 0;
	struct verdict *v = bpf_map_lookup_elem(&verdicts, &zero);

	if (!v)
		return;
	v->of = of;
	v->ts_ns = bpf_ktime_get_ns();
	v->func = func;
	v->value = value;
	v->told = told;
}

/* The verdict that SKB is freed for; NULL = none. */
static __always_inline const struct verdict *verdict_of(const struct sk_buff *skb)
{
	__u32 zero = 0;
	const struct verdict *v = bpf_map_lookup_elem(&verdicts, &zero);

	if (!v || !v->of || bpf_ktime_get_ns() - v->ts_ns > VERDICT_NS)
		return NULL;
	return v->of == (__u64)skb || v->of == (__u64)PEEK(sk_buff, skb, head) ? v : NULL;
}

/* It is over: the memory will soon be another packet's. */
static __always_inline void verdict_forget(__u64 of)
{
	__u32 zero = 0;
	struct verdict *v = bpf_map_lookup_elem(&verdicts, &zero);

	if (v && v->of == of)
		v->of = 0;
}

#endif
