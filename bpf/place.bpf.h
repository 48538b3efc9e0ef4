/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * place.bpf.h - where a packet is when the kernel gives it up: device, namespace, direction. Some
 * of that the packet has forgotten by then.
 */
#ifndef PATHLAG_PLACE_BPF_H
#define PATHLAG_PLACE_BPF_H

#include "bpf/owner.bpf.h"
#include "bpf/trace.bpf.h"

struct sk_buff___place {
	int skb_iif;
	unsigned long _skb_refdst;
} __attribute__((preserve_access_index));

struct dst_entry {
	struct net_device *dev;
} __attribute__((preserve_access_index));

/* Numbers of namespaces begin here: what is none shows that a pointer was none, either. */
#define NETNS_FIRST 0xefffff00

struct place {
	const struct net_device *dev; /* NULL = unknown */
	__u32 netns;
	__u32 iif; /* the device it came in by, 0 = it began in this host */
};

/* What came in last on each CPU, and by which device: TCP and UDP forget it. */
struct arrival {
	__u64 skb;
	__u64 dev;
};

static struct arrival arrivals[CPUS_MAX];

static __always_inline struct arrival *arrival_here(void)
{
	return &arrivals[bpf_get_smp_processor_id() & (CPUS_MAX - 1)];
}

SEC("raw_tp/netif_receive_skb")
int on_arrival(struct bpf_raw_tracepoint_args *ctx)
{
	const struct sk_buff *skb = (void *)ctx->args[0];
	struct arrival *a = arrival_here();

	a->skb = (__u64)skb;
	a->dev = (__u64)PEEK(sk_buff, skb, dev);
	return 0;
}

/* UDP and TCP keep other things in the place of the device once a packet is theirs: numbers, which
 * no pointer of the kernel looks like, or pointers to what has no namespace. */
static __always_inline bool place_set(struct place *at, const struct net_device *dev)
{
	__u32 netns;

	if ((__s64)dev >= 0)
		return false;
	netns = dev_netns(dev);
	if (netns < NETNS_FIRST)
		return false;
	at->dev = dev;
	at->netns = netns;
	return true;
}

static __always_inline __u32 netns_by_route(const struct sk_buff___place *skb)
{
	__u64 dst = PEEK(sk_buff___place, skb, _skb_refdst) & ~1ull;
	struct place at = {};

	if ((__s64)dst < 0)
		place_set(&at, BPF_CORE_READ((struct dst_entry *)dst, dev));
	return at.netns;
}

/* SK: the packet's, or the one that was to have it. */
static __noinline int place_of(struct place *at, const struct sk_buff *skb, const void *sk)
{
	const struct arrival *a = arrival_here();

	if (!at)
		return 0;
	at->iif = PEEK(sk_buff___place, (const struct sk_buff___place *)skb, skb_iif);
	if (place_set(at, PEEK(sk_buff, skb, dev)))
		return done();
	if (at->iif && a->skb == (__u64)skb && place_set(at, (void *)a->dev))
		return done();
	at->netns = sk ? sk_netns(sk) : 0;
	if (at->netns < NETNS_FIRST)
		at->netns = netns_by_route((const void *)skb);
	return done();
}

static __always_inline __u32 place_ifindex(const struct place *at)
{
	const struct net_device *dev = at->dev;

	return dev ? (__u32)PEEK(net_device, dev, ifindex) : at->iif;
}

/* A device other than the one it came in by, or none of those: it was on its way out. */
static __always_inline bool place_egress(const struct place *at, const void *own_sk)
{
	if (!at->iif)
		return own_sk != NULL;
	return at->dev && place_ifindex(at) != at->iif;
}

static __always_inline bool place_wanted(const struct place *at)
{
	if (only_ifindex && place_ifindex(at) != only_ifindex)
		return false;
	return !scope.by_netns || at->netns == scope.netns;
}

static __always_inline void place_fill(struct rec_dev *d, const struct place *at)
{
	const struct net_device *dev = at->dev;

	__builtin_memset(d, 0, sizeof(*d));
	d->ifindex = place_ifindex(at);
	d->netns = at->netns;
	if (dev)
		BPF_CORE_READ_INTO(&d->name, dev, name);
}

#endif
