/* SPDX-License-Identifier: GPL-2.0-only */
/* route.bpf.h - the way that a connect() looks up for itself, and that a DNS query is about to
 * take.
 */
#ifndef PATHLAG_ROUTE_BPF_H
#define PATHLAG_ROUTE_BPF_H

#include "bpf/dns.bpf.h"

#define EAGAIN       11
#define EACCES       13
#define EINVAL       22
#define ENETUNREACH  101
#define EHOSTUNREACH 113

#define RTF_REJECT    0x0200
#define RTN_BLACKHOLE 6
#define RTN_PROHIBIT  8
#define RTN_THROW     9

/* The connect(2) that the current thread is in. */
static __always_inline struct call *call_current(void)
{
	__u32 tid = bpf_get_current_pid_tgid();

	return calls ? bpf_map_lookup_elem(&pending, &tid) : NULL;
}

/* A lookup that found nothing says so only until one finds something. */
static __always_inline void route_note(
	struct call *c, __u32 table, const struct fib_nh_common *nhc, int err)
{
	__u8 gw_family = 0;

	if (err == -EAGAIN && c->routed)
		return;
	c->routed = 1;
	c->route_err = err == -EAGAIN ? -ENETUNREACH : err;
	c->route_table = table;
	c->route_family = 0;
	c->route_ifindex = 0;
	__builtin_memset(c->route_gateway, 0, sizeof(c->route_gateway));
	if (err || !nhc)
		return;
	c->route_ifindex = PEEK(fib_nh_common, nhc, nhc_oif);
	gw_family = PEEK(fib_nh_common, nhc, nhc_gw_family);
	if (gw_family == AF_INET) {
		c->route_family = 4;
		BPF_CORE_READ_INTO((__u32 *)c->route_gateway, nhc, nhc_gw.ipv4);
	} else if (gw_family == AF_INET6) {
		c->route_family = 6;
		BPF_CORE_READ_INTO(&c->route_gateway, nhc, nhc_gw.ipv6);
	}
}

static __always_inline bool addr_unset(const __u8 *addr)
{
	const __u64 *a = (const void *)addr;

	return !a[0] && !a[1];
}

/* Softirqs borrow our thread for other packets' lookups: the destination must be the caller's. */
static __always_inline bool call_looks_up(const struct call *c, const void *daddr, int family)
{
	if (c->sk || (c->family && c->family != family))
		return false;
	if (!c->family || addr_unset(c->daddr))
		return true;
	if (family == 4)
		return *(__u32 *)c->daddr == *(__u32 *)daddr;
	return addr_same(c->daddr, daddr);
}

static __always_inline int lookup4(struct bpf_raw_tracepoint_args *ctx)
{
	const struct flowi4 *fl = (void *)ctx->args[1];
	__u8 proto = PEEK(flowi4, fl, __fl_common.flowic_proto);
	struct call *c;
	__u32 daddr;

	if (proto == IPPROTO_UDP)
		return dns_expect4(ctx, fl);
	c = call_current();
	if (!c)
		return 0;
	daddr = PEEK(flowi4, fl, daddr);
	if (call_looks_up(c, &daddr, 4))
		route_note(c, ctx->args[0], (void *)ctx->args[2], (int)ctx->args[3]);
	return 0;
}

SEC("raw_tp/fib_table_lookup")
int on_fib_table_lookup(struct bpf_raw_tracepoint_args *ctx)
{
	return lookup4(ctx);
}

/* What ip6_rt_type_to_error() makes of it; the entry that stands for "no route" is its own case. */
static __always_inline int route6_err(const struct net *net, const struct fib6_result *res)
{
	if (!(BPF_CORE_READ(res, fib6_flags) & RTF_REJECT))
		return 0;
	if (BPF_CORE_READ(res, f6i) == BPF_CORE_READ(net, ipv6.fib6_null_entry))
		return -EAGAIN;
	switch (BPF_CORE_READ(res, fib6_type)) {
	case RTN_BLACKHOLE:
		return -EINVAL;
	case RTN_PROHIBIT:
		return -EACCES;
	case RTN_THROW:
		return -EAGAIN;
	}
	return -EHOSTUNREACH;
}

static __always_inline int lookup6(struct bpf_raw_tracepoint_args *ctx)
{
	const struct fib6_result *res = (void *)ctx->args[1];
	const struct fib6_table *table = (void *)ctx->args[2];
	const struct flowi6 *fl = (void *)ctx->args[3];
	__u8 proto = PEEK(flowi6, fl, __fl_common.flowic_proto);
	struct in6_addr daddr;
	struct call *c;
	int err;

	if (proto == IPPROTO_UDP)
		return dns_expect6(ctx, fl);
	c = call_current();
	if (!c)
		return 0;
	BPF_CORE_READ_INTO(&daddr, fl, daddr);
	if (!call_looks_up(c, &daddr, 6))
		return 0;
	err = route6_err((void *)ctx->args[0], res);
	route_note(c, BPF_CORE_READ(table, tb6_id), (void *)BPF_CORE_READ(res, nh), err);
	return 0;
}

SEC("raw_tp/fib6_table_lookup")
int on_fib6_table_lookup(struct bpf_raw_tracepoint_args *ctx)
{
	return lookup6(ctx);
}

#endif
