/* SPDX-License-Identifier: GPL-2.0-only */
/* bytes.bpf.h - the headers of packets that are followed, as bytes (REC_FRAME): what they say below
 * IP, and of what is not IP. */
#ifndef PATHLAG_BYTES_BPF_H
#define PATHLAG_BYTES_BPF_H

#include "bpf/frames.bpf.h"

#define MAC_NOT_SET 0xffff
#define ND_FIRST    133 /* router solicitation ... redirect */
#define ND_LAST     137

struct sk_buff___frame {
	__be16 vlan_proto;
	__u16 vlan_tci;
} __attribute__((preserve_access_index));

static __always_inline void frame_bytes(struct rec_frame *r, __u64 at, __u64 end)
{
	__u64 len = end > at ? end - at : 0;

	__builtin_memset(r->bytes, 0, sizeof(r->bytes));
	if (len > REC_FRAME_MAX)
		len = REC_FRAME_MAX;
	r->caplen = len;
	asm volatile("" : "+r"(len));
	if (len <= REC_FRAME_MAX)
		bpf_probe_read_kernel(r->bytes, len, (void *)at);
}

static __noinline int bytes_tell(__u64 key, __u64 id, __u64 at, __u64 end, __u32 layer)
{
	const struct sk_buff___frame *skb = (void *)key;
	struct rec_frame *r = rec_start(REC_FRAME, sizeof(*r));

	if (!r)
		return 0;
	r->packet = id;
	r->skb = key;
	r->protocol = bpf_ntohs(PEEK(sk_buff, (struct sk_buff *)key, protocol));
	r->vlan = BPF_CORE_READ(skb, vlan_tci);
	r->has_vlan = BPF_CORE_READ(skb, vlan_proto) && filter_has_tag(skb);
	r->layer = layer;
	frame_bytes(r, at, end);
	rec_end(r);
	return done();
}

/* Without a link-layer header only ARP and neighbour discovery say more than REC_PACKET does. */
static __always_inline bool bytes_matter(const struct skb_place *at, __u64 l3)
{
	__u64 w[6] = {};
	__u8 *hdr = (void *)w;

	if (at->protocol == bpf_htons(ETH_P_ARP))
		return true;
	if (words_read(w, sizeof(w), (void *)l3))
		return false;
	return hdr[0] >> 4 == 6 && hdr[6] == IPPROTO_ICMPV6 && hdr[40] >= ND_FIRST &&
	       hdr[40] <= ND_LAST;
}

/* The headers of a followed packet, where they have not been told, or others lie before IP's. */
__noinline int packet_bytes(__u64 key)
{
	struct followed *f = packet_followed(key);
	__u32 mac = PEEK(sk_buff, (struct sk_buff *)key, mac_header);
	struct skb_place at;
	__u64 end, l3, w[2], sum = 1;

	if (!f || skb_place((void *)key, &at) || !at.network || at.network == 0xffff)
		return 0;
	end = (__u64)at.head + at.tail;
	l3 = (__u64)at.head + at.network;
	if (mac != MAC_NOT_SET && mac + ETH_HLEN <= at.network && filter_ethernet((void *)key)) {
		if (words_read(w, sizeof(w), at.head + mac))
			return 0;
		sum += w[0] * 3 + (w[1] & 0xffffffffffff) * 5;
		if (sum == f->l2)
			return 0;
		f->l2 = sum;
		return bytes_tell(key, f->id, (__u64)at.head + mac, end, 2);
	}
	if (f->l2 || !bytes_matter(&at, l3))
		return 0;
	f->l2 = sum;
	return bytes_tell(key, f->id, l3, end, 3);
}

#endif
