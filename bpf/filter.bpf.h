/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter.bpf.h - how a BPF program asks the user's pcap expression.
 *
 *	if (!filter_tuple(&t))		an event of a socket, whose ends are in a struct rec_tuple
 *		return 0;
 *	if (!filter_skb(skb))		a packet
 *		return 0;
 *	if (!filter_frame(data, size))	an XDP frame
 *		return 0;
 *
 * Ask last, behind the cheap tests (netns, interface, owner, already tracked), and before ring
 * space is reserved. The placeholders are replaced when the object is loaded (filter_splice_*,
 * filters/filter.h). Without an expression `filter_on` stays false: as it lies in read-only data,
 * the verifier removes the calls, the reads in front of them and the placeholders.
 *
 * The placeholders must stay subprograms of their own with all their arguments: `noinline` alone
 * does not stop clang from propagating a constant result, so the result and every argument go
 * through asm. "memory" makes it write what the pointers point at.
 */
#ifndef PATHLAG_FILTER_BPF_H
#define PATHLAG_FILTER_BPF_H

#include "bpf/vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#include "bpf/read.bpf.h"
#include "bpf/record.h"
#include "filters/abi.h"

const volatile bool filter_on;

#define FILTER_TEXT_(x) #x
#define FILTER_TEXT(x)  FILTER_TEXT_(x)
#define FILTER_BODY(mark, ...) \
 ({ \
int r_; \
asm volatile("%0 = " FILTER_TEXT(mark) : "=r"(r_) : __VA_ARGS__ : "memory"); \
r_;     \
 })

static __noinline int filter_stub_l2(const void *data, __u32 caplen, __u32 len, __u32 vlan)
{
	return FILTER_BODY(FILTER_MARK_L2, "r"(data), "r"(caplen), "r"(len), "r"(vlan));
}

static __noinline int filter_stub_l3(const void *data, __u32 caplen, __u32 len)
{
	return FILTER_BODY(FILTER_MARK_L3, "r"(data), "r"(caplen), "r"(len));
}

static __noinline int filter_stub_sock(const struct rec_tuple *t)
{
	return FILTER_BODY(FILTER_MARK_SOCK, "r"(t));
}

/* T lies on the stack or in a map; either orientation, the expression is asked about both. */
static __always_inline bool filter_tuple(const struct rec_tuple *t)
{
	return !filter_on || filter_stub_sock(t);
}

/* A frame without an skb; DATA is a kernel address as a number, not a pointer the verifier knows.
 */
static __always_inline bool filter_frame(const void *data, __u32 size)
{
	return !filter_on || filter_stub_l2(data, size, size, 0);
}

/* ---- skb ------------------------------------------------------------------------------------- */

#define FILTER_ETHERNET 1   /* ARPHRD_ETHER */
#define FILTER_LOOPBACK 772 /* ARPHRD_LOOPBACK: has Ethernet headers too */
#define FILTER_ETH_HLEN 14
#define FILTER_NOT_SET  0xffff
#define FILTER_SPAN     128 /* len ... data, with room to spare */

struct net_device___filter {
	unsigned short type;
} __attribute__((preserve_access_index));

struct sk_buff___filter {
	struct net_device___filter *dev;
	unsigned int len, data_len;
	__be16 vlan_proto;
	__u16 vlan_tci;
	__u16 network_header, mac_header;
	unsigned char *head, *data;
} __attribute__((preserve_access_index));

/* Until 6.2 (354259fa73e2) a bit says whether vlan_proto and vlan_tci mean anything; since then
 * they are zero when there is no tag. */
struct sk_buff___vlan_bit {
	__u8 vlan_present : 1;
} __attribute__((preserve_access_index));

struct filter_view {
	unsigned char *head;
	__u32 data, tail, end; /* offsets from head: first byte, end of the linear part, of all */
	__u16 network, mac;
	__u32 vlan;
};

#define FILTER_OFFSET(member)           \
 ((__u64)__builtin_preserve_field_info( \
	 ((struct sk_buff___filter *)0)->member, BPF_FIELD_BYTE_OFFSET))
#define FILTER_NEAR(member)                      \
 (FILTER_OFFSET(member) >= FILTER_OFFSET(len) && \
	 FILTER_OFFSET(member) + 8 <= FILTER_OFFSET(len) + FILTER_SPAN)

/* RAW + offset of a member: computed apart, as only additions to a stack pointer are allowed. */
static __always_inline void *filter_at(unsigned char *raw, __u64 off)
{
	asm volatile("" : "+r"(off));
	return raw + off;
}

#define FILTER_TAKE(type, raw, member) \
 (*(type *)filter_at(raw, FILTER_OFFSET(member) - FILTER_OFFSET(len)))

static __always_inline bool filter_has_tag(const void *skb)
{
	const struct sk_buff___vlan_bit *old = skb;

	if (bpf_core_field_exists(old->vlan_present))
		return BPF_CORE_READ_BITFIELD_PROBED(old, vlan_present);
	return true;
}

static __always_inline void filter_view_set(struct filter_view *v, const void *skb, __u32 len,
	__u32 data_len, unsigned char *data, __be16 proto, __u16 tci)
{
	v->data = data - v->head;
	v->tail = v->data + (len - data_len);
	v->end = v->data + len;
	v->vlan = 0;
	if (proto && filter_has_tag(skb))
		v->vlan = (__u32)bpf_ntohs(proto) << 16 | tci;
}

/* All of them lie within 128 bytes on every kernel so far: one read. Else they are read singly. */
static __always_inline bool filter_view_read(struct filter_view *v, const void *ptr)
{
	const struct sk_buff___filter *skb = ptr;
	unsigned char raw[FILTER_SPAN] __attribute__((aligned(8)));

	if (FILTER_NEAR(data_len) && FILTER_NEAR(vlan_proto) && FILTER_NEAR(vlan_tci) &&
		FILTER_NEAR(network_header) && FILTER_NEAR(mac_header) && FILTER_NEAR(head) &&
		FILTER_NEAR(data)) {
		if (bpf_probe_read_kernel(raw, sizeof(raw), ptr + FILTER_OFFSET(len)))
			return false;
		v->head = FILTER_TAKE(unsigned char *, raw, head);
		v->network = FILTER_TAKE(__u16, raw, network_header);
		v->mac = FILTER_TAKE(__u16, raw, mac_header);
		filter_view_set(v, ptr, FILTER_TAKE(__u32, raw, len),
			FILTER_TAKE(__u32, raw, data_len), FILTER_TAKE(unsigned char *, raw, data),
			FILTER_TAKE(__be16, raw, vlan_proto), FILTER_TAKE(__u16, raw, vlan_tci));
		return true;
	}
	v->head = BPF_CORE_READ(skb, head);
	v->network = BPF_CORE_READ(skb, network_header);
	v->mac = BPF_CORE_READ(skb, mac_header);
	filter_view_set(v, ptr, BPF_CORE_READ(skb, len), BPF_CORE_READ(skb, data_len),
		BPF_CORE_READ(skb, data), BPF_CORE_READ(skb, vlan_proto),
		BPF_CORE_READ(skb, vlan_tci));
	return true;
}

/* Singly, where a load costs an instruction. */
static __always_inline void filter_view_load(struct filter_view *v, const void *ptr)
{
	const struct sk_buff___filter *skb = DIRECT(sk_buff___filter, ptr);

	v->head = skb->head;
	v->network = skb->network_header;
	v->mac = skb->mac_header;
	filter_view_set(v, ptr, skb->len, skb->data_len, skb->data, skb->vlan_proto, skb->vlan_tci);
}

static __always_inline bool filter_ethernet(const void *ptr)
{
	const struct sk_buff___filter *skb = ptr;
	__u16 type = PEEK2(sk_buff___filter, skb, dev, type);

	return type == FILTER_ETHERNET || type == FILTER_LOOPBACK;
}

/*
 * Where the headers begin. The MAC header counts if it is an Ethernet one in front of the network
 * header. On the way up the network header is not set yet in the first functions: data is behind
 * the MAC header then. On the way down a MAC header appears when the device is reached; where one
 * of an inner packet lies behind the network header, a tunnel has added headers, and data is at
 * the outer one.
 */
static __noinline int filter_ask_skb(const void *skb)
{
	struct filter_view v = {};
	__u32 l3;

	if (!skb)
		return 0;
	if (read_direct)
		filter_view_load(&v, skb);
	else if (!filter_view_read(&v, skb))
		return 0;
	l3 = v.network;
	if (v.mac != FILTER_NOT_SET && l3 < (__u32)v.mac + FILTER_ETH_HLEN)
		l3 = v.data;
	if (v.mac != FILTER_NOT_SET && l3 >= (__u32)v.mac + FILTER_ETH_HLEN && v.mac <= v.tail &&
		filter_ethernet(skb))
		return filter_stub_l2(v.head + v.mac, v.tail - v.mac, v.end - v.mac, v.vlan);
	if (l3 > v.tail)
		return filter_stub_l3(v.head, 0, 0);
	return filter_stub_l3(v.head + l3, v.tail - l3, v.end - l3);
}

static __always_inline bool filter_skb(const struct sk_buff *skb)
{
	return !filter_on || filter_ask_skb(skb);
}

#endif
