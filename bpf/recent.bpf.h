/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * recent.bpf.h - what a CPU has just judged, so that the next function of the same packet or socket
 * costs a few loads. Only where loads cost an instruction each (read_direct).
 *
 * A print says whether it is still the same: where the packet's headers and its end are, and the
 * words that hold addresses, ports and checksums, which NAT rewrites; of a socket its addresses,
 * ports and state. What depends on
 * processes or on which sockets are followed goes stale with `generation`.
 */
#ifndef PATHLAG_RECENT_BPF_H
#define PATHLAG_RECENT_BPF_H

#include "bpf/trace.bpf.h"

__u32 generation = 0; /* counts sockets that came to be followed, or ended */

struct print {
	__u64 of; /* the skb or the socket */
	__u64 words;
	__u64 where;
	__u64 whose;
};

struct recent {
	struct print refused_packet, refused_socket, told_socket;
};

static struct recent recent[CPUS_MAX];

static __always_inline struct recent *recent_here(void)
{
	return &recent[bpf_get_smp_processor_id() & (CPUS_MAX - 1)];
}

static __always_inline __u64 print_whose(void)
{
	return (bpf_get_current_pid_tgid() & 0xffffffff00000000ull) | generation;
}

#define PRINT_NOT_SET 0xffff /* a header's offset */
#define PRINT_ETH     14     /* bytes of an Ethernet header */

/* The filter looks at the packet from its IP header on, or from the Ethernet header in front of it
 * (filter_ask_skb()): pulling and pushing move the data, and change nothing of that. */
static __always_inline void print_packet(struct print *p, const struct sk_buff *ptr)
{
	const struct sk_buff *skb = DIRECT(sk_buff, ptr);
	__u64 head = (__u64)skb->head, data = (__u64)skb->data, at = data, w[4];
	__u32 network = skb->network_header, mac = skb->mac_header;

	if (network && network != PRINT_NOT_SET &&
		(mac == PRINT_NOT_SET || network >= mac + PRINT_ETH))
		at = head + network;
	words_load(w, (void *)at + 8, 4);
	p->of = (__u64)ptr;
	p->where = (__u32)(data - head + skb->len) | (__u64)network << 32 | (__u64)mac << 48;
	p->words = w[0] + 3 * w[1] + 5 * w[2] + 7 * w[3] + 11ull * skb->tail;
	if (at == data)
		p->words += 13 * data;
	p->whose = scope_on ? print_whose() : 0;
}

static __always_inline void print_socket(struct print *p, const void *sk)
{
	__u64 w[3];

	words_load(w, sk, 3);
	p->of = (__u64)sk;
	p->where = 0;
	p->words = w[0] + 3 * w[1] + 5 * w[2];
	p->whose = scope_on ? print_whose() : generation;
}

static __always_inline bool print_same(const struct print *a, const struct print *b)
{
	return a->of == b->of && a->words == b->words && a->where == b->where &&
	       a->whose == b->whose;
}

/* ---- questions, each with a stack frame of its own ------------------------------------------- */

static __noinline int packet_refused(__u64 skb)
{
	struct print now;

	print_packet(&now, (void *)skb);
	return print_same(&now, &recent_here()->refused_packet);
}

static __noinline int socket_refused(__u64 sk)
{
	struct print now;

	print_socket(&now, (void *)sk);
	return print_same(&now, &recent_here()->refused_socket);
}

static __noinline int packet_refuse(__u64 skb)
{
	struct print now;

	print_packet(&now, (void *)skb);
	recent_here()->refused_packet = now;
	return done();
}

static __noinline int socket_refuse(__u64 sk)
{
	struct print now;

	print_socket(&now, (void *)sk);
	recent_here()->refused_socket = now;
	return done();
}

/* All that tells whether its headers are still the same, in one word. */
static __noinline __u64 packet_sum(__u64 skb)
{
	struct print now;

	print_packet(&now, (void *)skb);
	return now.words + now.where;
}

/* Was this socket what this CPU told of last, in the same context? It is from now on. */
static __noinline int socket_told(__u64 sk, __u32 process)
{
	struct print *last = &recent_here()->told_socket, now;

	print_socket(&now, (void *)sk);
	now.where = process;
	if (print_same(&now, last))
		return 1;
	*last = now;
	return 0;
}

#endif
