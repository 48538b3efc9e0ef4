/* SPDX-License-Identifier: GPL-2.0-only */
/* sock.bpf.h - what a socket tells: its addresses, its state, whose it is. */
#ifndef PATHLAG_SOCK_BPF_H
#define PATHLAG_SOCK_BPF_H

#include "bpf/owner.bpf.h"

/* The start of every kind of sock, request and timewait ones too, read in one go. */
struct sock_head {
	__be32 daddr;
	__be32 saddr;
	__be16 dport;
	__u16 family;
	__u8 state;
};

#define HEAD_BYTES 24

#define SKC_OFFSET(member) \
 (__builtin_preserve_field_info(((struct sock_common *)0)->member, BPF_FIELD_BYTE_OFFSET))

/* RAW + OFF with OFF computed first: the verifier lets a constant be added to a stack pointer, but
 * nothing be subtracted from it. */
static __always_inline void *raw_at(__u8 *raw, __u64 off)
{
	asm volatile("" : "+r"(off));
	return raw + off;
}

/* All of them lie in the first 24 bytes on every kernel so far; if not, they are read singly. */
static __always_inline void sock_head_read(const void *sk, struct sock_head *h)
{
	const struct sock_common *skc = sk;
	__u8 raw[HEAD_BYTES] __attribute__((aligned(8)));

	if (SKC_OFFSET(skc_state) < HEAD_BYTES && SKC_OFFSET(skc_family) < HEAD_BYTES - 1 &&
		SKC_OFFSET(skc_dport) < HEAD_BYTES - 1 && SKC_OFFSET(skc_daddr) < HEAD_BYTES - 3 &&
		SKC_OFFSET(skc_rcv_saddr) < HEAD_BYTES - 3) {
		if (words_read(raw, sizeof(raw), sk))
			__builtin_memset(raw, 0, sizeof(raw));
		h->daddr = *(__u32 *)raw_at(raw, SKC_OFFSET(skc_daddr));
		h->saddr = *(__u32 *)raw_at(raw, SKC_OFFSET(skc_rcv_saddr));
		h->dport = *(__u16 *)raw_at(raw, SKC_OFFSET(skc_dport));
		h->family = *(__u16 *)raw_at(raw, SKC_OFFSET(skc_family));
		h->state = *(__u8 *)raw_at(raw, SKC_OFFSET(skc_state));
		return;
	}
	h->daddr = BPF_CORE_READ(skc, skc_daddr);
	h->saddr = BPF_CORE_READ(skc, skc_rcv_saddr);
	h->dport = BPF_CORE_READ(skc, skc_dport);
	h->family = BPF_CORE_READ(skc, skc_family);
	h->state = BPF_CORE_READ(skc, skc_state);
}

static __always_inline bool addr_is_mapped(const __u8 *addr)
{
	const __u32 *a = (const void *)addr;

	return !a[0] && !a[1] && a[2] == bpf_htonl(0xffff);
}

static __always_inline bool addr_same(const void *a, const void *b)
{
	const __u32 *x = a, *y = b;

	return x[0] == y[0] && x[1] == y[1] && x[2] == y[2] && x[3] == y[3];
}

static __always_inline bool tuple_same(const struct rec_tuple *a, const struct rec_tuple *b)
{
	return a->sport == b->sport && a->dport == b->dport && a->family == b->family &&
	       addr_same(a->saddr, b->saddr) && addr_same(a->daddr, b->daddr);
}

/* IPv4-mapped IPv6 is IPv4 on the wire and for the user. */
static __always_inline void addr_unmap(__u8 *addr)
{
	__u32 *a = (void *)addr;

	a[0] = a[3];
	a[1] = a[2] = a[3] = 0;
}

/* SPORT: of this end. */
static __always_inline void sock_tuple_at(const void *skp, __be16 sport, struct rec_tuple *t)
{
	const struct sock *sk = skp;
	struct sock_head h = {};

	sock_head_read(sk, &h);
	__builtin_memset(t, 0, sizeof(*t));
	t->l4_proto = IPPROTO_TCP;
	t->sport = sport;
	t->dport = h.dport;
	t->family = 4;
	if (h.family == AF_INET6) {
		BPF_CORE_READ_INTO(&t->daddr, sk, __sk_common.skc_v6_daddr);
		BPF_CORE_READ_INTO(&t->saddr, sk, __sk_common.skc_v6_rcv_saddr);
		if (addr_is_mapped(t->daddr)) {
			addr_unmap(t->daddr);
			addr_unmap(t->saddr);
		} else {
			t->family = 6;
		}
		return;
	}
	*(__u32 *)t->daddr = h.daddr;
	*(__u32 *)t->saddr = h.saddr;
}

/* inet_sport is valid where skc_num is not any more: at the end of a failed attempt. */
static __always_inline void sock_tuple(const void *sk, struct rec_tuple *t)
{
	sock_tuple_at(sk, PEEK(inet_sock, (const struct inet_sock *)sk, inet_sport), t);
}

/* 0 = the first SYN is the last one sent, n = the nth retransmit is. */
static __always_inline __u32 sock_transmission(const void *sk)
{
	const struct tcp_sock *tp = sk;

	return PEEK(tcp_sock, tp, total_retrans);
}

static __always_inline struct attempt *attempt_of(const void *sk)
{
	__u64 key = (__u64)sk;

	return sk ? bpf_map_lookup_elem(&socks, &key) : NULL;
}

/* The socket whose SYN had this tuple. */
static __always_inline __u64 sock_by_tuple(const struct rec_tuple *t)
{
	__u64 *sk = bpf_map_lookup_elem(&tuples, t);

	return sk ? *sk : 0;
}

#endif
