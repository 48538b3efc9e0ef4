/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * judge.bpf.h - is this packet, is this socket wanted?
 *
 * With the milestone layer: if it belongs to an attempt that layer follows. Alone: by process (the
 * socket's owner, or for packets that arrive the socket their tuple leads to) and by expression.
 * Most calls are of packets that nobody wants, the same one through dozens of functions: the last
 * refusal of each CPU is remembered (recent.bpf.h).
 */
#ifndef PATHLAG_JUDGE_BPF_H
#define PATHLAG_JUDGE_BPF_H

#include "bpf/recent.bpf.h"

/* ---- sockets --------------------------------------------------------------------------------- */

#define TCP_TIME_WAIT    6
#define TCP_NEW_SYN_RECV 12

/* Of any socket there is: family 0 where it has no IP addresses. Requests and what waits for its
 * last packets are no whole sockets: their port lies elsewhere. */
static __noinline int any_tuple(const void *sk, struct rec_tuple *t)
{
	struct sock_head h = {};

	if (!t)
		return 0;
	sock_head_read(sk, &h);
	if (h.family != AF_INET && h.family != AF_INET6) {
		__builtin_memset(t, 0, sizeof(*t));
		return 0;
	}
	sock_tuple(sk, t);
	if (h.state == TCP_NEW_SYN_RECV || h.state == TCP_TIME_WAIT)
		t->sport = bpf_htons(PEEK(sock_common, (const struct sock_common *)sk, skc_num));
	else
		t->l4_proto = PEEK(sock, (const struct sock *)sk, sk_protocol);
	return 1;
}

/*
 * HERE is an address on the stack in use. Functions that are not static are verified once, whoever
 * calls them; before 5.12 they take nothing but numbers.
 */

/* A socket that a process in scope uses is followed from then on; not one that it has closed, whose
 * memory will soon be another's. */
__noinline int sock_adopt(__u64 here, __u64 key)
{
	const void *sk = (void *)key;
	struct attempt a = {};
	__u32 netns;

	if (!scope_has_current() || !PEEK(sock, (const struct sock *)sk, sk_socket) ||
		!in_process_at(here))
		return 0;
	netns = sk_netns(sk);
	if (!scope_has_netns(netns))
		return 0;
	owner_fill(&a.owner, netns);
	if (bpf_map_update_elem(&socks, &key, &a, BPF_ANY)) {
		count_lost(LOST_SOCKET_MAP);
		return 0;
	}
	__sync_fetch_and_add(&generation, 1);
	return 1;
}

__noinline int sock_wanted(__u64 here, __u64 key)
{
	const void *sk = (void *)key;
	struct rec_tuple t = {};

	if (with_connect)
		return tracked && attempt_of(sk);
	if (scope_on && !attempt_of(sk) && !sock_adopt(here, key))
		return 0;
	if (scope.by_netns && !scope_on && sk_netns(sk) != scope.netns)
		return 0;
	if (!filter_on)
		return 1;
	return any_tuple(sk, &t) && filter_tuple(&t);
}

/* ---- packets --------------------------------------------------------------------------------- */

static __always_inline __u64 flow_owner(const struct rec_tuple *t)
{
	__u64 *sk = with_connect ? bpf_map_lookup_elem(&tuples, t) : bpf_map_lookup_elem(&flows, t);

	return sk ? *sk : 0;
}

/* The followed socket that sent or will get it, 0 = none. */
static __always_inline __u64 packet_flow(const struct packet *p)
{
	struct rec_tuple back;
	__u64 sk;

	sk = flow_owner(&p->tuple);
	if (sk)
		return sk;
	tuple_reverse(&back, &p->tuple);
	return flow_owner(&back);
}

/* The followed socket that a packet's tuple leads to, 0 = none. */
__noinline __u64 packet_flow_sock(__u64 skb)
{
	struct packet p = {};
	__u64 sk;

	if (!packet_of(&p, (void *)skb))
		return 0;
	sk = packet_flow(&p);
	return attempt_of((void *)sk) ? sk : 0;
}

static __always_inline bool packet_here(const struct net_device *dev)
{
	if (only_ifindex && (!dev || (__u32)PEEK(net_device, dev, ifindex) != only_ifindex))
		return false;
	return !scope.by_netns || !dev || dev_netns(dev) == scope.netns;
}

static __always_inline bool packet_has_ip(const struct sk_buff *skb)
{
	__u16 network = PEEK(sk_buff, skb, network_header);
	const void *head = PEEK(sk_buff, skb, head);
	__u64 first = 0;

	if (!network || network == 0xffff)
		return false;
	words_read(&first, sizeof(first), head + network);
	return (first >> 4 & 15) == 4 || (first >> 4 & 15) == 6;
}

/* Where TCP has not built the IP header yet, the socket says where it will lead. */
static __noinline int packet_leads(const void *sk)
{
	struct rec_tuple t = {};

	if (read_direct && lead_refused((__u64)sk))
		return 0;
	if (any_tuple(sk, &t) && filter_tuple(&t))
		return 1;
	if (read_direct)
		RUN(lead_refuse((__u64)sk));
	return 0;
}

/* What the expression says of a packet; of one that is not built yet, SK. */
static __always_inline int expression_selects(const struct sk_buff *skb, const struct sock *sk)
{
	if (!filter_on)
		return 1;
	if (sk && !packet_has_ip(skb))
		return packet_leads(sk);
	return filter_skb(skb);
}

__noinline int packet_selected(__u64 key)
{
	const struct sk_buff *skb = (void *)key;
	struct skb_refs refs = {};

	skb_refs(skb, &refs);
	if (!packet_here(refs.dev))
		return 0;
	return expression_selects(skb, refs.sk);
}

#endif
