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
	__u8 pad;
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
	__u64 slot; /* of the entry */
	__u64 ret;  /* the register: only the lowest ret_bytes of it mean anything */
};

REC_ASSERT(rec_packet, 16 + 32 + 40 + 40 + 24 + 16);
REC_ASSERT(rec_packet_end, 48);
REC_ASSERT(rec_socket, 104);
REC_ASSERT(rec_hop, 96);
REC_ASSERT(rec_hop_return, 48);

#endif
