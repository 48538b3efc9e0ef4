/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * recent.bpf.h - what a CPU has just judged, so that the next function of the same packet or socket
 * costs a few loads. Only where loads cost an instruction each (read_direct).
 *
 * A print says whether it is still the same: where the packet's headers and its end are, and the
 * words that hold addresses and ports, which NAT rewrites; of a socket its addresses, ports and
 * state. A load costs some six instructions, for each function that a packet passes. What depends
 * on processes or on which sockets are followed goes stale with `generation`.
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
	struct print packet; /* looked at last */
	struct print refused_packet, refused_socket, told_socket;
	struct print refused_lead; /* a socket whose packets the expression does not want */
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

/* Addresses and ports; of IPv4 without the checksum between them, which is written late. What NAT
 * does shows in them. */
static __always_inline __u64 print_headers(__u64 l3)
{
	__u64 w[4], first;

	words_load(&first, (void *)l3, 1);
	words_load(w, (void *)l3 + 8, 4);
	if ((first & 0xf0) == 0x40)
		return (w[0] & 0xffffffff0000ffffull) + 3 * w[1];
	return w[0] + 3 * w[1] + 5 * w[2] + 7 * w[3];
}

/* As a number: the verifier lets no other be added to a pointer. */
static __always_inline __u64 print_dev(const struct sk_buff *skb)
{
	__u64 dev;

	words_load(&dev, &skb->dev, 1);
	return dev;
}

/* What only some runs ask for. */
static __always_inline __u64 print_extra(const struct sk_buff *ptr)
{
	__u64 extra = 0;

	if (print_more & PRINT_LEN)
		extra += (__u64)DIRECT(sk_buff, ptr)->len << 32;
	if (print_more & PRINT_TAG)
		extra += 17ull * DIRECT(sk_buff___filter, ptr)->vlan_tci;
	if (print_more & PRINT_DEV)
		extra += print_dev(ptr);
	if (print_more & PRINT_SCOPE)
		extra += print_whose();
	return extra;
}

/*
 * The filter looks at the packet from its IP header on, or from the Ethernet header in front of it
 * (filter_ask_skb()): pulling and pushing move the data, and change nothing of that. The linear
 * part's end bounds what it sees.
 */
static __always_inline void print_packet(struct print *p, const struct sk_buff *ptr)
{
	const struct sk_buff *skb = DIRECT(sk_buff, ptr);
	__u64 network = skb->network_header, mac = skb->mac_header, words = 0, l3;

	l3 = (__u64)skb->head + network;
	if (!network || network == PRINT_NOT_SET ||
		(mac != PRINT_NOT_SET && network < mac + PRINT_ETH))
		words = 13 * (l3 = (__u64)skb->data);
	p->of = (__u64)ptr;
	p->where = skb->tail | network << 32 | mac << 48;
	p->words = words + print_headers(l3);
	p->whose = print_more ? print_extra(ptr) : 0;
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
	struct recent *r = recent_here();

	print_packet(&r->packet, (void *)skb);
	return print_same(&r->packet, &r->refused_packet);
}

static __noinline int socket_refused(__u64 sk)
{
	struct print now;

	print_socket(&now, (void *)sk);
	return print_same(&now, &recent_here()->refused_socket);
}

/* After packet_refused(): nothing has changed the packet since. */
static __noinline int packet_refuse(__u64 skb)
{
	struct recent *r = recent_here();

	if (r->packet.of == skb)
		r->refused_packet = r->packet;
	return done();
}

static __noinline int socket_refuse(__u64 sk)
{
	struct print now;

	print_socket(&now, (void *)sk);
	recent_here()->refused_socket = now;
	return done();
}

/* Would the packets of this socket be refused by the expression? As long as they have no header of
 * their own that is all there is to be asked. */
static __noinline int lead_refused(__u64 sk)
{
	struct print now;

	print_socket(&now, (void *)sk);
	return print_same(&now, &recent_here()->refused_lead);
}

static __noinline int lead_refuse(__u64 sk)
{
	print_socket(&recent_here()->refused_lead, (void *)sk);
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
