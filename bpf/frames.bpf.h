/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * frames.bpf.h - XDP frames that are followed, and how frames and skbs recognise each other.
 *
 * A frame is known by the start of its memory (data_hard_start). One packet may be an skb first and
 * a frame then (veth, generic XDP), a frame and then an skb (nearly always), or a frame twice
 * (XDP_TX, XDP_REDIRECT). Where the memory stays, it tells: an skb's head is where its frame began.
 * veth copies most skbs for its program; the skb is consumed just before that runs, on the same
 * CPU: there the headers have to be the same as well (the stamp).
 */
#ifndef PATHLAG_FRAMES_BPF_H
#define PATHLAG_FRAMES_BPF_H

#include "bpf/judge.bpf.h"

#define FRAMES_MAX 4096

struct frame {
	__u64 id;
	__u64 sk;
	__u64 stamp;
	__u32 depth; /* programs that are running on it: one may call another */
	__u32 sent;  /* 1 = by XDP_TX or XDP_REDIRECT: the skb around it goes, the frame does not */
};

/* The packet that this CPU was last concerned with. */
struct latest {
	__u64 skb;
	__u64 id;
	__u64 sk;
	__u64 stamp;
	__u32 held; /* consumed, perhaps for a frame's sake: its end is not told yet */
	__u32 pad;
};

__u32 frames_seen = 0; /* while there was none, none is looked up */

HASH_MAP(frames, BPF_MAP_TYPE_LRU_HASH, FRAMES_MAX, __u64, struct frame);
HASH_MAP(heads, BPF_MAP_TYPE_LRU_HASH, PACKETS_MAX, __u64, __u64); /* skb->head -> skb */
HASH_MAP(latest, BPF_MAP_TYPE_PERCPU_ARRAY, 1, __u32, struct latest);

static __always_inline struct followed *packet_followed(__u64 skb)
{
	return following && skb ? bpf_map_lookup_elem(&packets, &skb) : NULL;
}

static __always_inline struct latest *latest_here(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&latest, &zero);
}

static __always_inline __u64 head_of(__u64 skb)
{
	return (__u64)PEEK(sk_buff, (struct sk_buff *)skb, head);
}

/* ---- stamps ---------------------------------------------------------------------------------- */

static __always_inline __u64 stamp_mix(__u64 sum, __u64 word)
{
	return (sum ^ word) * 0x9e3779b97f4a7c15ull ^ sum >> 29;
}

/*
 * What in a packet's headers is its own and stays on the way: no TTL, no checksum, and of TCP,
 * whose sequence numbers are enough, neither addresses nor ports, which NAT changes. 0 = too short.
 */
__noinline __u64 stamp_at(__u64 l3, __u64 end)
{
	__u8 hdr[HDR_BYTES] __attribute__((aligned(8)));
	__u32 *w = (void *)hdr, *l4 = w + 5;
	__u64 sum = 1;
	__u8 proto;

	if (!l3 || l3 + 20 > end || words_read(hdr, sizeof(hdr), (void *)l3))
		return 0;
	if (hdr[0] >> 4 == 6) {
		proto = hdr[6];
		sum = stamp_mix(sum, w[1] & bpf_htonl(0xffffff00));
		l4 = w + 10;
		if (proto != IPPROTO_TCP)
			for (int i = 2; i < 10; i++)
				sum = stamp_mix(sum, w[i]);
	} else if (hdr[0] >> 4 == 4) {
		proto = hdr[9];
		sum = stamp_mix(sum, (__u64)w[0] << 32 | w[1]);
		if (proto != IPPROTO_TCP)
			sum = stamp_mix(sum, (__u64)w[3] << 32 | w[4]);
		if ((hdr[0] & 15) > 5)
			bpf_probe_read_kernel(l4, 16, (void *)(l3 + 4 * (hdr[0] & 15)));
	} else {
		return stamp_mix(
			stamp_mix(sum, (__u64)w[0] << 32 | w[1]), (__u64)w[2] << 32 | w[4]);
	}
	if (proto == IPPROTO_TCP)
		return stamp_mix(stamp_mix(sum, (__u64)l4[1] << 32 | l4[2]), l4[3]);
	if (proto == IPPROTO_UDP)
		return stamp_mix(stamp_mix(sum, l4[0]), (__u64)l4[2] << 32 | l4[3]);
	return stamp_mix(stamp_mix(sum, (__u64)l4[0] << 32 | l4[1]), (__u64)l4[2] << 32 | l4[3]);
}

static __always_inline __u64 stamp_of(__u64 skb)
{
	struct skb_place at;

	if (skb_place((void *)skb, &at) || !at.network || at.network == 0xffff)
		return 0;
	return stamp_at((__u64)at.head + at.network, (__u64)at.head + at.tail);
}

/* ---- where the headers of a frame are -------------------------------------------------------- */

#define ETH_HLEN   14
#define VLAN_BYTES 4

struct frame_place {
	__u64 start;
	__u64 data;
	__u64 end;
	__u64 l3;
	__be16 protocol;
};

static __always_inline bool is_vlan(__be16 protocol)
{
	return protocol == bpf_htons(ETH_P_VLAN) || protocol == bpf_htons(ETH_P_QINQ);
}

static __always_inline void frame_place(struct frame_place *at, __u64 key)
{
	const struct xdp_buff *xdp = (void *)key;
	__u16 raw[12] = {};

	at->start = (__u64)BPF_CORE_READ(xdp, data_hard_start);
	at->data = (__u64)BPF_CORE_READ(xdp, data);
	at->end = (__u64)BPF_CORE_READ(xdp, data_end);
	bpf_probe_read_kernel(raw, sizeof(raw), (void *)at->data);
	at->l3 = at->data + ETH_HLEN;
	at->protocol = raw[6];
	if (is_vlan(at->protocol)) {
		at->l3 += VLAN_BYTES;
		at->protocol = raw[8];
	}
	if (is_vlan(at->protocol)) {
		at->l3 += VLAN_BYTES;
		at->protocol = raw[10];
	}
}

static __always_inline const struct net_device *frame_dev(__u64 xdp)
{
	return BPF_CORE_READ((struct xdp_buff *)xdp, rxq, dev);
}

static __always_inline bool frame_packet(struct packet *p, const struct frame_place *at)
{
	if (at->protocol != bpf_htons(ETH_P_IP) && at->protocol != bpf_htons(ETH_P_IPV6))
		return false;
	return packet_read(p, at->l3, at->end);
}

#endif
