/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * skb.bpf.h - reading packets: where their headers lie, what is in them, which device has them.
 *
 * Reads are few and wide: every bpf_probe_read_kernel() costs about as much as the program around
 * it. Nothing beyond the linear part is read here.
 */
#ifndef PATHLAG_SKB_BPF_H
#define PATHLAG_SKB_BPF_H

#include "bpf/sock.bpf.h"

#define ETH_P_IP   0x0800
#define ETH_P_ARP  0x0806
#define ETH_P_IPV6 0x86DD
#define ETH_P_VLAN 0x8100
#define ETH_P_QINQ 0x88A8

#define PACKET_OTHERHOST 3

#define HDR_BYTES   64 /* IPv6 and TCP header without options, and a little */
#define PLACE_BYTES 48

/* Where the bytes of an skb lie. */
struct skb_place {
	__u8 *head;
	__u8 *data;
	__u32 tail; /* from head */
	__be16 protocol;
	__u16 network; /* from head, 0 = not set */
};

#define SKB_OFFSET(member) \
 ((__u64)__builtin_preserve_field_info(((struct sk_buff *)0)->member, BPF_FIELD_BYTE_OFFSET))
/* The block read begins at an address aligned as the stack copy is. */
#define SKB_BLOCK (SKB_OFFSET(protocol) & ~7ull)
#define SKB_NEAR(member) \
 (SKB_OFFSET(member) >= SKB_BLOCK && SKB_OFFSET(member) + 8 <= SKB_BLOCK + PLACE_BYTES)
#define SKB_TAKE(type, raw, member) (*(type *)raw_at(raw, SKB_OFFSET(member) - SKB_BLOCK))

/* protocol ... data are neighbours on every kernel so far; if not, they are read singly. */
static __always_inline int skb_place(const struct sk_buff *skb, struct skb_place *p)
{
	__u8 raw[PLACE_BYTES] __attribute__((aligned(8)));

	if (SKB_NEAR(network_header) && SKB_NEAR(tail) && SKB_NEAR(head) && SKB_NEAR(data)) {
		int err = words_read(raw, sizeof(raw), (const void *)skb + SKB_BLOCK);

		p->protocol = SKB_TAKE(__u16, raw, protocol);
		p->network = SKB_TAKE(__u16, raw, network_header);
		p->tail = SKB_TAKE(__u32, raw, tail);
		p->head = SKB_TAKE(__u8 *, raw, head);
		p->data = SKB_TAKE(__u8 *, raw, data);
		return err;
	}
	p->protocol = BPF_CORE_READ(skb, protocol);
	p->network = BPF_CORE_READ(skb, network_header);
	p->tail = BPF_CORE_READ(skb, tail);
	p->head = BPF_CORE_READ(skb, head);
	p->data = BPF_CORE_READ(skb, data);
	return 0;
}

/* A packet's headers, copied, and what they say. Addresses as in the packet. */
struct packet {
	struct rec_tuple tuple;
	__u64 l4;  /* address of the transport header */
	__u64 end; /* of the linear part */
	__u32 seq;
	__u32 ack;
	__u8 tcp_flags; /* enum rec_tcp_flags */
	__u8 icmp_type; /* of either family's ICMP */
	__u8 icmp_code;
	__u8 tcp_header; /* its length */
	__u16 udp_len;   /* as the header says */
	__u16 dns_id;    /* first two bytes behind the UDP header */
};

static __always_inline void packet_l4(struct packet *p, const __u8 *l4)
{
	switch (p->tuple.l4_proto) {
	case IPPROTO_TCP:
		p->seq = bpf_ntohl(*(__u32 *)(l4 + 4));
		p->ack = bpf_ntohl(*(__u32 *)(l4 + 8));
		p->tcp_header = l4[12] >> 4 << 2;
		p->tcp_flags = l4[13] & (TCPF_FIN | TCPF_SYN | TCPF_RST | TCPF_ACK);
		break;
	case IPPROTO_UDP:
		p->udp_len = bpf_ntohs(*(__u16 *)(l4 + 4));
		p->dns_id = bpf_ntohs(*(__u16 *)(l4 + 8));
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		p->icmp_type = l4[0];
		p->icmp_code = l4[1];
		return;
	default:
		return;
	}
	p->tuple.sport = *(__u16 *)l4;
	p->tuple.dport = *(__u16 *)(l4 + 2);
}

/* HDR holds HDR_BYTES from the network header on. True if it is IP with a first fragment of TCP,
 * UDP or ICMP. `end` bounds what may be believed. */
static __always_inline bool packet_parse(struct packet *p, __u8 *hdr, __u64 l3, __u64 end)
{
	__u32 *w = (void *)hdr;
	__u32 ihl;

	__builtin_memset(&p->tuple, 0, sizeof(p->tuple));
	p->end = end;
	if (hdr[0] >> 4 == 6) {
		p->tuple.family = 6;
		p->tuple.l4_proto = hdr[6];
		__builtin_memcpy(p->tuple.saddr, hdr + 8, 16);
		__builtin_memcpy(p->tuple.daddr, hdr + 24, 16);
		p->l4 = l3 + 40;
		if (p->l4 + 8 > end)
			return false;
		packet_l4(p, hdr + 40);
		return true;
	}
	ihl = (hdr[0] & 15) * 4;
	if (hdr[0] >> 4 != 4 || ihl < 20 || *(__u16 *)(hdr + 6) & bpf_htons(0x1fff))
		return false;
	p->tuple.family = 4;
	p->tuple.l4_proto = hdr[9];
	*(__u32 *)p->tuple.saddr = w[3];
	*(__u32 *)p->tuple.daddr = w[4];
	p->l4 = l3 + ihl;
	if (p->l4 + 8 > end)
		return false;
	if (ihl != 20)
		bpf_probe_read_kernel(hdr + 20, 20, (void *)p->l4);
	packet_l4(p, hdr + 20);
	return true;
}

static __always_inline bool packet_read(struct packet *p, __u64 l3, __u64 end)
{
	__u8 hdr[HDR_BYTES] __attribute__((aligned(8)));

	if (l3 + 20 > end || words_read(hdr, sizeof(hdr), (void *)l3))
		return false;
	return packet_parse(p, hdr, l3, end);
}

/* A packet inside the stack, whose network header is set. */
static __always_inline bool packet_of(struct packet *p, const struct sk_buff *skb)
{
	struct skb_place at;

	if (skb_place(skb, &at) || !at.network || at.network == 0xffff)
		return false;
	return packet_read(p, (__u64)at.head + at.network, (__u64)at.head + at.tail);
}

static __always_inline void tuple_reverse(struct rec_tuple *r, const struct rec_tuple *t)
{
	__builtin_memcpy(r->saddr, t->daddr, 16);
	__builtin_memcpy(r->daddr, t->saddr, 16);
	r->sport = t->dport;
	r->dport = t->sport;
	r->family = t->family;
	r->l4_proto = t->l4_proto;
	r->pad[0] = r->pad[1] = 0;
}

static __always_inline __u32 dev_netns(const struct net_device *dev)
{
	return PEEK2(net_device, dev, nd_net.net, ns.inum);
}

static __always_inline void dev_fill(struct rec_dev *d, const struct net_device *dev)
{
	if (!dev) {
		__builtin_memset(d, 0, sizeof(*d));
		return;
	}
	d->ifindex = PEEK(net_device, dev, ifindex);
	d->netns = dev_netns(dev);
	BPF_CORE_READ_INTO(&d->name, dev, name);
}

/*
 * The device of an attempt's packet. The first one it leaves by is remembered, as nearly all its
 * packets, and the answers, pass that one: set once, before anything else can happen to the
 * attempt.
 */
static __always_inline void attempt_dev(
	struct attempt *a, struct rec_dev *d, const struct net_device *dev)
{
	if (dev && a->dev == (__u64)dev) {
		*d = a->dev_is;
		return;
	}
	dev_fill(d, dev);
	if (a->dev || !dev)
		return;
	a->dev_is = *d;
	barrier();
	a->dev = (__u64)dev;
}

static __always_inline __u32 attempt_dev_netns(
	const struct attempt *a, const struct net_device *dev)
{
	return a->dev == (__u64)dev ? a->dev_is.netns : dev_netns(dev);
}

/* A bridge shows the same packet at its port and at itself, to other hosts' owners at the port. */
static __always_inline bool for_other_host(const struct sk_buff *skb)
{
	return BPF_CORE_READ_BITFIELD_PROBED(skb, pkt_type) == PACKET_OTHERHOST;
}

/* dev and sk of an skb lie together on every kernel so far. */
struct skb_refs {
	struct net_device *dev;
	struct sock *sk;
};

static __always_inline void skb_refs(const struct sk_buff *skb, struct skb_refs *r)
{
	if (SKB_OFFSET(sk) == SKB_OFFSET(dev) + 8) {
		words_read(r, sizeof(*r), (const void *)skb + SKB_OFFSET(dev));
		return;
	}
	r->dev = BPF_CORE_READ(skb, dev);
	r->sk = BPF_CORE_READ(skb, sk);
}

#endif
