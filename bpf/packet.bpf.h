/* SPDX-License-Identifier: GPL-2.0-only */
/* packet.bpf.h - our packets leave, answers arrive, and some of either are dropped. */
#ifndef PATHLAG_PACKET_BPF_H
#define PATHLAG_PACKET_BPF_H

#include "bpf/attempt.bpf.h"
#include "bpf/passive_packet.bpf.h"

/* ---- leaving -------------------------------------------------------------------------------- */

/* The tuple on the wire leads back to the socket; NAT or a new source may change it. */
static __always_inline void wire_learn(struct attempt *a, const void *sk, const struct rec_tuple *t)
{
	__u64 key = (__u64)sk;

	if (a->wire.family) {
		if (tuple_same(&a->wire, t))
			return;
		bpf_map_delete_elem(&tuples, &a->wire);
	}
	a->wire = *t;
	if (bpf_map_update_elem(&tuples, t, &key, BPF_ANY))
		count_lost(LOST_SOCKET_MAP);
}

/* HERE: at the device's queue, an address on the stack in use, which tells who sends it on; else 0.
 */
static __noinline int syn_emit(
	const struct sk_buff *skb, const struct skb_refs *refs, __u32 point, __u64 here)
{
	struct packet p = {};
	struct attempt *a;
	struct rec_syn *r;
	struct sock *sk;

	if (!refs)
		return 0;
	sk = refs->sk;
	a = attempt_of(sk);
	if (!a || !packet_of(&p, skb) || !(p.tcp_flags & TCPF_SYN))
		return 0;
	if (point == SYN_QUEUE)
		wire_learn(a, sk, &p.tuple);
	if (!sock_transmission(sk))
		reinject_emit(sk, a, false, here);
	r = rec_start(REC_SYN, sizeof(*r));
	if (!r)
		return 0;
	r->sk = (__u64)sk;
	r->skb = (__u64)skb;
	r->seq = p.seq;
	r->transmission = sock_transmission(sk);
	r->tuple = p.tuple;
	attempt_dev(a, &r->dev, refs->dev);
	r->point = point;
	r->pad = 0;
	rec_end(r);
	return done();
}

/* The packet lies in a map: on the stack the verifier would follow each value it may have. */
static __always_inline int maybe_dns(void *ctx, const struct sk_buff *skb, const void *sk)
{
	struct dns_scratch *s = dns_scratch_get(0);
	struct packet *p = s ? &s->packet : NULL;

	if (!p || !packet_of(p, skb) || p->tuple.dport != bpf_htons(DNS_PORT))
		return 0;
	page_learn((__u64)sk);
	switch (p->tuple.l4_proto) {
	case IPPROTO_UDP:
		return dns_query_udp(ctx, skb, sk, p, false);
	case IPPROTO_TCP:
		return dns_query_tcp(ctx, skb, sk, p);
	}
	return 0;
}

SEC("raw_tp/net_dev_queue")
int on_dev_queue(struct bpf_raw_tracepoint_args *ctx)
{
	const struct sk_buff *skb = (void *)ctx->args[0];
	struct skb_refs refs = {};
	struct sock_head h = {};

	if (!armed)
		return 0;
	skb_refs(skb, &refs);
	if (refs.sk)
		sock_head_read(refs.sk, &h);
	else if (!opening || (!cookie_expected() && !arrival_of(skb)))
		return 0;
	switch (h.state) {
	case TCP_SYN_SENT:
		return tracked ? syn_emit(skb, &refs, SYN_QUEUE, address_of(ctx)) : 0;
	case TCP_NEW_SYN_RECV:
		if (!listening && !opening)
			return 0;
		return passive_syn_ack(refs.sk, refs.dev);
	case 0: /* no socket */
	case TCP_SYN_RECV:
		return opening ? passive_answer(skb, (__u64)refs.sk) : 0;
	}
	if (h.state == TCP_ESTABLISHED)
		attempt_was_missed(refs.sk);
	/* A connected socket says where it sends; of the others only datagram sockets send. */
	if (h.dport == bpf_htons(DNS_PORT) || (h.state == TCP_CLOSE && !h.dport))
		return maybe_dns(ctx, skb, refs.sk);
	return 0;
}

/*
 * net_dev_xmit, which tells whether the driver took it, is left alone: by then the packet may be
 * gone, a refused one comes here again, and every packet of the host would pay for it.
 */
SEC("raw_tp/net_dev_start_xmit")
int on_dev_start_xmit(struct bpf_raw_tracepoint_args *ctx)
{
	const struct sk_buff *skb = (void *)ctx->args[0];
	struct skb_refs refs = {};

	if (!tracked)
		return 0;
	skb_refs(skb, &refs);
	return refs.sk ? syn_emit(skb, &refs, SYN_XMIT, 0) : 0;
}

/* ---- arriving ------------------------------------------------------------------------------- */

static __noinline int reply_emit(
	const struct sk_buff *skb, const struct net_device *dev, const struct packet *p)
{
	struct rec_tuple asked;
	struct rec_reply *r;
	struct attempt *a;
	__u64 sk;

	if (!p)
		return 0;
	tuple_reverse(&asked, &p->tuple);
	sk = sock_by_tuple(&asked);
	a = attempt_of((void *)sk);
	if (!a || attempt_dev_netns(a, dev) != a->owner.netns)
		return 0;
	r = rec_start(REC_REPLY, sizeof(*r));
	if (!r)
		return 0;
	r->sk = sk;
	r->skb = (__u64)skb;
	r->seq = p->seq;
	r->ack = p->ack;
	r->tuple = asked;
	attempt_dev(a, &r->dev, dev);
	r->tcp_flags = p->tcp_flags;
	r->transmission = sock_transmission((void *)sk);
	rec_end(r);
	return done();
}

/* The packet an ICMP error quotes: ours, as it left. Only its ports are sure to be there. */
static __always_inline bool icmp_quoted(struct packet *in, const struct packet *p)
{
	if (p->tuple.family == 4) {
		if (p->icmp_type != 3 && p->icmp_type != 11 && p->icmp_type != 12)
			return false;
	} else if (!p->icmp_type || p->icmp_type > 4) {
		return false;
	}
	return packet_read(in, p->l4 + 8, p->end);
}

static __noinline int icmp_emit(const struct net_device *dev, const struct packet *p)
{
	struct packet in = {};
	struct rec_icmp *r;
	struct attempt *a;
	__u64 sk;

	if (!p || !icmp_quoted(&in, p))
		return 0;
	sk = sock_by_tuple(&in.tuple);
	a = attempt_of((void *)sk);
	if (!a || dev_netns(dev) != a->owner.netns)
		return 0;
	r = rec_start(REC_ICMP, sizeof(*r));
	if (!r)
		return 0;
	r->sk = sk;
	__builtin_memcpy(r->from, p->tuple.saddr, 16);
	r->family = p->tuple.family;
	r->icmp_type = p->icmp_type;
	r->icmp_code = p->icmp_code;
	__builtin_memset(r->pad, 0, sizeof(r->pad));
	dev_fill(&r->dev, dev);
	rec_end(r);
	return done();
}

/* Of TCP, as most packets' headers lie; true for the others. */
static __always_inline bool may_open(const __u8 *hdr)
{
	switch (hdr[0] >> 4) {
	case 6:
		return hdr[6] != IPPROTO_TCP || hdr[53] & (TCPF_SYN | TCPF_RST);
	case 4:
		if (hdr[9] != IPPROTO_TCP)
			return false;
		return (hdr[0] & 15) != 5 || hdr[33] & (TCPF_SYN | TCPF_RST);
	}
	return false;
}

/* Here skb->data is the network header; skb->network_header may not be set yet. */
static __always_inline bool arriving(struct packet *p, const struct sk_buff *skb)
{
	__u8 hdr[HDR_BYTES] __attribute__((aligned(8)));
	struct skb_place at;
	__u64 l3, end;

	if (skb_place(skb, &at))
		return false;
	l3 = (__u64)at.data;
	switch (at.protocol) {
	case bpf_htons(ETH_P_IP):
	case bpf_htons(ETH_P_IPV6):
		break;
	case bpf_htons(ETH_P_VLAN):
	case bpf_htons(ETH_P_QINQ):
		l3 += 4; /* the tag is taken off only after this point */
		break;
	default:
		return false;
	}
	end = (__u64)at.head + at.tail;
	if (l3 + 20 > end || words_read(hdr, sizeof(hdr), (void *)l3))
		return false;
	/* With nothing of ours under way it is only about SYNs of others. */
	if (!tracked && !dns_awaited() && !may_open(hdr))
		return false;
	return packet_parse(p, hdr, l3, end);
}

static __always_inline int segment_arrives(const struct sk_buff *skb, const struct packet *p)
{
	switch (p->tcp_flags & (TCPF_SYN | TCPF_ACK | TCPF_RST)) {
	case TCPF_SYN:
		return listening || tracked ? passive_syn(skb, p) : 0;
	case TCPF_RST:
	case TCPF_RST | TCPF_ACK:
		if (opening)
			RUN(passive_rst(skb, p));
	}
	if ((p->tcp_flags & TCPF_RST) ||
		(p->tcp_flags & (TCPF_SYN | TCPF_ACK)) == (TCPF_SYN | TCPF_ACK))
		return reply_emit(skb, PEEK(sk_buff, skb, dev), p);
	if (p->tuple.sport == bpf_htons(DNS_PORT))
		return dns_answer_tcp(skb, PEEK(sk_buff, skb, dev), p);
	return 0;
}

SEC("raw_tp/netif_receive_skb")
int on_receive(struct bpf_raw_tracepoint_args *ctx)
{
	const struct sk_buff *skb = (void *)ctx->args[0];
	struct packet p = {};

	if ((!tracked && !listening && !dns_awaited()) || !arriving(&p, skb))
		return 0;
	switch (p.tuple.l4_proto) {
	case IPPROTO_TCP:
		return segment_arrives(skb, &p);
	case IPPROTO_UDP:
		if (p.tuple.sport == bpf_htons(DNS_PORT))
			return dns_answer_udp(skb, PEEK(sk_buff, skb, dev), &p);
		return 0;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return icmp_emit(PEEK(sk_buff, skb, dev), &p);
	}
	return 0;
}

#endif
