/* SPDX-License-Identifier: GPL-2.0-only */
/* passive_packet.bpf.h - the packets of connects to listeners here: SYNs, what answers them, RSTs.
 */
#ifndef PATHLAG_PASSIVE_PACKET_BPF_H
#define PATHLAG_PASSIVE_PACKET_BPF_H

#include "bpf/passive.bpf.h"

#define SAME_PACKET_NS    500000000  /* a bridge, then the host: sooner than any retransmit */
#define COOKIE_ANSWER_NS  1000000000 /* by then the SYN is sent again */
#define SYNCOOKIES_ALWAYS 2
#define SYN_WINDOW_MAX    65535 /* it is not scaled (RFC 7323, 2.2) */

__u64 cookies_until = 0; /* SYN-ACKs without a socket may be cookies until then; 0 = not expected */

/* The SYN that this CPU has seen arrive last. Where it leaves again it was not for us. */
struct passive_arrival {
	__u64 skb;
	struct passive_key key;
};

HASH_MAP(arrivals, BPF_MAP_TYPE_PERCPU_ARRAY, 1, __u32, struct passive_arrival);

/* Does the kernel answer a SYN that comes now with a cookie? */
static __always_inline __u32 cookies_judge(const struct sock *listener)
{
	const struct inet_connection_sock *icsk = (void *)listener;
	__u8 mode = PEEK2(sock, listener, __sk_common.skc_net.net, ipv4.sysctl_tcp_syncookies);

	if (!mode)
		return 0;
	if (mode == SYNCOOKIES_ALWAYS ||
		PEEK(inet_connection_sock, icsk, icsk_accept_queue.qlen.counter) >=
			(int)PEEK(sock, listener, sk_max_ack_backlog))
		cookies_until = bpf_ktime_get_ns() + COOKIE_ANSWER_NS;
	return PASSIVE_COOKIES_ON;
}

static __always_inline void arrival_note(const struct sk_buff *skb, const struct passive_key *k)
{
	__u32 zero = 0;
	struct passive_arrival *a = bpf_map_lookup_elem(&arrivals, &zero);

	if (!a)
		return;
	a->skb = (__u64)skb;
	a->key = *k;
}

/* The SYN that SKB was, if it was one: its memory may be another packet's by now. */
static __always_inline struct passive_arrival *arrival_of(const struct sk_buff *skb)
{
	__u32 zero = 0;
	struct passive_arrival *a = bpf_map_lookup_elem(&arrivals, &zero);

	return a && a->skb == (__u64)skb ? a : NULL;
}

/* A SYN arrives. */
static __noinline int passive_syn(const struct sk_buff *skb, const struct packet *p)
{
	struct passive_news n = {.event = PASSIVE_SYN};
	struct passive_key k = {};
	struct passive_open o = {}, *there;
	const struct sock *listener;
	struct port *port;
	int wanted;

	if (!p)
		return 0;
	n.dev = PEEK(sk_buff, skb, dev);
	k.tuple = p->tuple;
	k.netns = dev_netns(n.dev);
	port = port_for(&k.tuple, k.netns);
	if (!port || !port->sk || for_other_host(skb))
		return 0;
	listener = (void *)port->sk;
	if (PEEK(sock, listener, __sk_common.skc_state) != TCP_LISTEN)
		return listener_drop((__u64)listener); /* its end was missed */
	there = bpf_map_lookup_elem(&passives, &k);
	o.syn_ns = bpf_ktime_get_ns();
	if (there && there->isn == p->seq) {
		if (there->skb == (__u64)skb && o.syn_ns - there->syn_ns < SAME_PACKET_NS)
			return 0;
		wanted = there->flags;
	} else {
		wanted = passive_wanted(&k, (__u64)listener);
	}
	if (wanted < 0)
		return 0;
	o.listener = (__u64)listener;
	o.skb = (__u64)skb;
	o.isn = p->seq;
	o.flags = wanted;
	passive_put(&k, &o);
	arrival_note(skb, &k);
	n.flags = cookies_judge(listener) | (port->count > 1 ? PASSIVE_GROUP : 0);
	return passive_emit(&k, &o, &n);
}

/* The client takes it back. */
static __noinline int passive_rst(const struct sk_buff *skb, const struct packet *p)
{
	struct passive_news n = {.event = PASSIVE_RST};
	struct passive_key k = {};
	struct passive_open *there, was;

	if (!p)
		return 0;
	n.dev = PEEK(sk_buff, skb, dev);
	k.tuple = p->tuple;
	k.netns = dev_netns(n.dev);
	there = bpf_map_lookup_elem(&passives, &k);
	if (!there)
		return 0;
	was = *there;
	if (!was.established) {
		/* For an older connection with the same addresses and ports: that one ends. */
		if (p->seq - was.isn - 1 > SYN_WINDOW_MAX)
			return 0;
		/* Then the kernel believes it, and the request for a connection is no more. */
		if (p->seq == was.isn + 1)
			passive_forget(&k);
	}
	return passive_emit(&k, &was, &n);
}

static __always_inline void request_key(const struct sock *req, struct passive_key *k)
{
	struct rec_tuple t;

	sock_tuple_at(req, bpf_htons(PEEK(sock, req, __sk_common.skc_num)), &t);
	tuple_reverse(&k->tuple, &t);
	k->netns = sk_netns(req);
}

/* An answer leaves. REQ: what stands for the new socket (a struct request_sock). Where the SYN was
 * not seen, as NAT has changed it since, it is known from here on. */
static __noinline int passive_syn_ack(const struct sock *req, const struct net_device *dev)
{
	const struct inet_request_sock *ireq = (void *)req;
	const struct tcp_request_sock *treq = (void *)req;
	struct passive_news n = {.event = PASSIVE_SYN_ACK, .dev = dev};
	struct passive_key k = {};
	struct passive_open o = {}, *there;
	int wanted;

	request_key(req, &k);
	o.isn = PEEK(tcp_request_sock, treq, rcv_isn);
	o.listener = (__u64)PEEK(sock, req, __sk_common.skc_listener);
	if (BPF_CORE_READ_BITFIELD_PROBED(ireq, acked))
		n.flags = PASSIVE_ACKED;
	there = bpf_map_lookup_elem(&passives, &k);
	if (there && there->isn == o.isn) {
		there->listener = o.listener; /* of several now the right one */
		o.flags = there->flags;
	} else {
		port_mend(o.listener);
		wanted = passive_wanted(&k, o.listener);
		if (wanted < 0)
			return 0;
		o.flags = wanted;
		o.syn_ns = bpf_ktime_get_ns();
		passive_put(&k, &o);
	}
	return passive_emit(&k, &o, &n);
}

/* The SYN P, which came in a moment ago, goes on to another host or namespace. N and K are empty:
 * the caller's, as the stack is short. */
static __always_inline int passive_forwarded(const struct sk_buff *skb, const struct packet *p,
	struct passive_news *n, struct passive_key *k)
{
	struct passive_arrival *a = arrival_of(skb);
	struct passive_open *there, was;

	/* On its way to another namespace a SYN that is sent again may lie where the first one did
	 * that has arrived there. */
	if (!a || a->key.netns != dev_netns(PEEK(sk_buff, skb, dev)))
		return 0;
	a->skb = 0;
	*k = a->key;
	there = bpf_map_lookup_elem(&passives, k);
	if (!there || there->isn != p->seq)
		return 0;
	was = *there;
	n->event = PASSIVE_FORWARDED;
	return passive_forget(k) ? passive_emit(k, &was, n) : 0;
}

/* What leaves without a request's socket: SYN-ACKs of a CHILD, with TCP Fast Open; with none, as
 * cookies; SYNs that are forwarded. */
static __noinline int passive_answer(const struct sk_buff *skb, __u64 child)
{
	struct passive_news n = {.event = PASSIVE_SYN_ACK, .sk = child};
	struct passive_key k = {};
	struct packet p = {};
	struct passive_open *there;

	if (!packet_of(&p, skb) || p.tuple.l4_proto != IPPROTO_TCP || !(p.tcp_flags & TCPF_SYN))
		return 0;
	if (!(p.tcp_flags & TCPF_ACK))
		return child ? 0 : passive_forwarded(skb, &p, &n, &k);
	n.dev = PEEK(sk_buff, skb, dev);
	tuple_reverse(&k.tuple, &p.tuple);
	k.netns = child ? sk_netns((void *)child) : dev_netns(n.dev);
	there = bpf_map_lookup_elem(&passives, &k);
	/* with Fast Open it may acknowledge data, too */
	if (!there || (!child && there->isn + 1 != p.ack))
		return 0;
	if (child)
		there->flags |= PASSIVE_FASTOPEN;
	else
		n.flags = PASSIVE_COOKIE;
	return passive_emit(&k, there, &n);
}

static __always_inline bool cookie_expected(void)
{
	if (!cookies_until)
		return false;
	if (bpf_ktime_get_ns() < cookies_until)
		return true;
	cookies_until = 0;
	return false;
}

#endif
