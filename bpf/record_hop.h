/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record_hop.h - the records of the function layer: packets and sockets that are followed, the
 * functions they pass. Part of record.h, which is what to include.
 */
#ifndef PATHLAG_RECORD_HOP_H
#define PATHLAG_RECORD_HOP_H

#include "bpf/record.h"

/*
 * A packet is followed from the first traced function that the filter lets it through: its id stays
 * the same over clones, copies and segments, and after NAT has changed its headers. A second
 * REC_PACKET with the same id and skb tells new headers; one with another skb a clone (or copy, or
 * segment) of the packet, made from `parent`.
 */
struct rec_packet {
	struct rec_hdr hdr;
	__u64 packet;           /* its id, never 0 */
	__u64 skb;              /* or the start of an XDP frame */
	__u64 parent;           /* the skb it was cloned from, 0 = none */
	__u64 sk;               /* the socket it belongs to or answers, 0 = unknown */
	struct rec_owner owner; /* tgid 0 = unknown; netns is always that of the device or socket */
	struct rec_tuple tuple; /* as in its headers: saddr sent this packet; family 0 = not IP */
	struct rec_dev dev;
	__u32 len;
	__u32 seq;
	__u32 ack;
	__u16 ethertype; /* host order, 0 = unknown */
	__u8 tcp_flags;  /* the whole byte: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32 */
	__u8 frame;      /* 1 = `skb` is the start of an XDP frame's memory: there is no skb yet */
};

#define REC_FRAME_MAX 96 /* Ethernet, two VLAN tags, IPv6, a neighbour solicitation with option */

/*
 * The headers of a packet as bytes, for what is not in REC_PACKET: MAC addresses, VLAN tags, ARP,
 * neighbour discovery. Behind the REC_PACKET of the same id; again when the bytes before the IP
 * header have changed. A tag that the device took out of the frame is in `vlan`.
 */
struct rec_frame {
	struct rec_hdr hdr;
	__u64 packet;
	__u64 skb;      /* as in REC_PACKET */
	__u16 protocol; /* skb->protocol, host order; 0 = unknown, an XDP frame */
	__u16 vlan;     /* the tag, in the lowest 12 bits */
	__u8 has_vlan;
	__u8 layer;   /* the bytes begin with: 2 = the Ethernet header, 3 = what follows it */
	__u16 caplen; /* of bytes */
	__u8 bytes[REC_FRAME_MAX];
};

struct rec_packet_end {
	struct rec_hdr hdr;
	__u64 packet;
	__u64 skb;
	__u64 location; /* return address of who freed it, 0 = unknown */
	__u32 reason;   /* enum skb_drop_reason; 0 = consumed, or a kernel without reasons */
	__u32 dropped;  /* 1 = kfree_skb, 0 = consume_skb or the like */
};

/* tuple: the socket's own side is saddr. */
struct rec_socket {
	struct rec_hdr hdr;
	__u64 sk;
	struct rec_owner owner; /* tgid 0 = unknown */
	struct rec_tuple tuple;
};

enum rec_hop_flags {
	HOP_CONTEXT = 1 << 0, /* packet and sk are those of the traced function around it */
	HOP_POINT = 1 << 1,   /* no REC_HOP_RETURN will follow */
	HOP_PROCESS = 1 << 2, /* in process context: tgid and tid are meant */
	HOP_FRAME = 1 << 3,   /* `skb` is the start of an XDP frame's memory */
};

#define REC_STACK_MAX 24 /* addresses of one stack trace */

/*
 * A call is known by `slot`, the address on the kernel stack where its return address lies: no two
 * open calls share it but a function and the one it jumps to at its end (a tail call), which then
 * return in the opposite order. The kernel stack grows down: what a function calls has a lower slot
 * on the same `stack`. An open call on the same stack with a lower slot than a new one has ended
 * unseen. Each task has a stack, and each CPU one for softirqs.
 */
struct rec_hop {
	struct rec_hdr hdr;
	__u32 func;  /* REC_FUNC's id */
	__u32 flags; /* enum rec_hop_flags */
	__u64 stack; /* which stack: its lowest address */
	__u64 slot;
	__u64 skb;    /* 0 = none */
	__u64 packet; /* id, 0 = none: an event of a socket */
	__u64 sk;     /* the argument, or the packet's; 0 = none */
	__u32 len;    /* of the packet now */
	__u32 mark;
	__u32 ifindex;
	__u32 netns;
	__u32 tgid; /* the running process, with HOP_PROCESS */
	__u32 tid;
	__u32 detail;    /* of some functions: nf_hook_slow: the hook, and the family << 8 */
	__u32 stack_len; /* addresses that follow, at most REC_STACK_MAX */
			 /* __u64 stack_trace[]: innermost first, with --stack */
};

struct rec_hop_return {
	struct rec_hdr hdr;
	__u32 func;
	__u32 pad;
	__u64 stack;
	__u64 slot;   /* of the entry */
	__u64 ret;    /* the register: only the lowest ret_bytes of it mean anything */
	__u32 target; /* of a program that redirects: the ifindex where to; 0 = unknown, or none */
	__u32 target_netns; /* 0 = that of the device the packet came in by */
};

/*
 * `drops`: one packet that this host threw away, whoever it belonged to. A program's verdict is
 * told once: where the kernel frees the skb for it, or, of XDP frames, at the program's return.
 */
enum rec_dropped_what {
	DROPPED_SKB = 0,           /* kfree_skb() */
	DROPPED_FRAME = 1,         /* an XDP program said XDP_DROP or XDP_ABORTED */
	DROPPED_XDP_EXCEPTION = 2, /* xdp_exception: XDP_TX failed, or a verdict nobody knows */
	DROPPED_XDP_REDIRECT = 3,  /* xdp_redirect_err: XDP_REDIRECT failed; `verdict` is -errno */
};

struct rec_dropped {
	struct rec_hdr hdr;
	__u64 skb;              /* or the start of an XDP frame's memory */
	__u64 packet;           /* its id where it is followed, 0 = none */
	__u64 sk;               /* the socket it belongs to or answers, 0 = unknown */
	__u64 location;         /* return address of who freed it, 0 = unknown */
	__u32 reason;           /* enum skb_drop_reason; 0 = none given */
	__u32 what;             /* enum rec_dropped_what */
	__u32 func;             /* the program that decided it: REC_FUNC's id; 0 = none */
	__s32 verdict;          /* what it returned */
	struct rec_owner owner; /* of the socket; tgid 0 = unknown; netns is always set */
	struct rec_tuple tuple; /* as in its headers; family 0 = not IP */
	struct rec_dev dev;
	__u32 len;
	__u32 seq;
	__u32 ack;
	__u16 ethertype; /* host order, 0 = unknown */
	__u8 tcp_flags;
	__u8 egress;     /* 1 = on its way out of this namespace, 0 = on its way in or unknown */
	__u32 prog_id;   /* with DROPPED_XDP_*: the kernel's number of the program */
	__u32 stack_len; /* addresses that follow, at most REC_STACK_MAX */
			 /* __u64 stack_trace[]: innermost first, with --stack */
};

REC_ASSERT(rec_packet, 16 + 32 + 40 + 40 + 24 + 16);
REC_ASSERT(rec_packet_end, 48);
REC_ASSERT(rec_socket, 104);
REC_ASSERT(rec_hop, 96);
REC_ASSERT(rec_hop_return, 56);
REC_ASSERT(rec_frame, 16 + 24 + 96);
REC_ASSERT(rec_dropped, 16 + 48 + 40 + 40 + 24 + 24);

#endif
