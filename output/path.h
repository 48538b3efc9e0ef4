/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * path.h - what the function layer tells: calls, call trees, packets.
 *
 * Plain values, made by the correlator (paths.h) and rendered by the sinks. All times are
 * CLOCK_MONOTONIC nanoseconds. What a callback is given is valid until it returns; functions and
 * names of stack frames live as long as the decoder.
 */
#ifndef PATHLAG_PATH_H
#define PATHLAG_PATH_H

#include "output/event.h"
#include "output/frame.h"

/*
 * Whom a call works for: a packet, or a socket without one. It never changes: when NAT gives a
 * packet other headers there is another subject of the same number.
 */
struct subject {
	unsigned refs;    /* the correlator's */
	__u64 packet;     /* id; 0 = a socket */
	__u64 number;     /* of the packet: 1, 2, 3 in the order they appear; 0 = a socket */
	__u64 sk;         /* 0 = unknown */
	bool owner_known; /* of owner, netns may be known without */
	struct rec_owner owner;
	struct rec_tuple tuple; /* a packet's: saddr sent it; a socket's: saddr is its own side */
	struct rec_dev dev;
	__u32 len, seq, ack;
	__u16 ethertype; /* host order; 0 = unknown */
	__u8 tcp_flags;  /* the whole byte */
	struct l2_headers l2;
};

enum hop_edge { EDGE_ENTRY, EDGE_RETURN, EDGE_POINT, HOP_EDGES };
const char *hop_edge_name(enum hop_edge edge); /* "entry", as in JSON */

/* How a call came to its end. */
enum call_end {
	CALL_OPEN,     /* it has not yet */
	CALL_RETURNED, /* end_ns and ret are known */
	CALL_MISSED,   /* its return was not seen; end_ns: when that was found out */
	CALL_POINT,    /* only its entry is traced */
};

/* A packet was dropped at this place of a tree. */
struct tree_drop {
	char reason[64];    /* as in struct drop_names */
	char location[128]; /* "nf_hook_slow+0x5c"; "" = an XDP frame, of which none is told */
	struct program_verdict by;
};

/* Where a program has sent a packet. */
struct redirect {
	__u32 ifindex; /* 0 = nowhere, or unknown */
	__u32 netns;   /* 0 = that of the device the packet came in by */
	char dev[REC_IFNAME_LEN + 1];
};

/* One call of a traced function; or, with `drop`, the drop of a packet in the call around it. */
struct call {
	const struct func *func;       /* NULL with drop */
	const struct subject *subject; /* NULL = nothing known */
	const struct tree_drop *drop;
	__u64 start_ns, end_ns; /* end_ns 0 while CALL_OPEN */
	enum call_end end;
	unsigned depth; /* 0 = outermost */
	bool resumed;   /* begun in a tree that was given up: only its return belongs here */
	__u32 cpu;      /* of the entry */
	__s64 ret;
	const char *ret_reason; /* RETURNS_DROP_REASON: the name, else "" */
	__u64 slot, skb, packet, sk;
	__u32 flags; /* enum rec_hop_flags */
	__u32 len, mark, ifindex, netns, tgid, tid, detail;
	char dev[REC_IFNAME_LEN + 1]; /* "" = none or unknown */
	struct redirect redirect;     /* of a program that has returned */
	unsigned frames;
	const struct frame *frame;
};

/* An entry, a return or a point, as it happens. */
struct hop {
	__u64 ts_ns;
	__u32 cpu; /* of this edge */
	enum hop_edge edge;
	const struct call *call; /* a return: with end_ns and ret */
};

/* An outermost call with all that happened in it, in time order: a caller, then its callees. */
struct call_tree {
	__u64 stack;
	__u64 start_ns, end_ns;
	bool complete;  /* the outermost call returned; else it was given up as it stands */
	unsigned calls; /* all of them; calls_kept lie in call[] */
	unsigned calls_kept;
	const struct call *call;
};

enum packet_fate {
	FATE_DELIVERED,   /* consumed by the receive function of a socket, or of ARP or ND */
	FATE_TRANSMITTED, /* consumed after a driver got it; or XDP sent the frame on */
	FATE_CONSUMED,    /* consumed, by whom is not known */
	FATE_DROPPED,
	FATE_LOST_TRACK, /* its end was not seen */
	PACKET_FATES
};
const char *packet_fate_name(enum packet_fate fate); /* "delivered", as in JSON */

/* A packet with all its clones, at its end. */
struct packet {
	const struct subject *first; /* as it was when it appeared */
	const struct subject *last;  /* and at the end; the same where nothing changed it */
	__u64 skb;                   /* the first */
	bool frame;                  /* which was the memory of an XDP frame */
	__u64 start_ns, end_ns;      /* first and last record about it */
	__u64 hops;                  /* entries and points */
	unsigned skbs;               /* it and its clones, copies, segments; 0 = only a frame */
	unsigned drops;              /* of them */
	enum packet_fate fate;       /* the last of its skbs that arrived or was dropped decides */
	__u32 cpu;                   /* of the last drop, like the following */
	__u64 drop_ns;
	struct tree_drop drop; /* what dropped it, with drops; fate may be another all the same */
	bool shown;            /* its drop stands in a tree */
};

/* Bytes enough for the longest return value in words, and for the longest detail. */
#define WORDS_LEN 96

enum ret_weight {
	RET_USUAL, /* says nothing: success, a plain number, a pointer */
	RET_TELLS, /* a verdict, true or false, "try again" */
	RET_BAD,   /* an error, a drop */
};

/*
 * A call's return value in words: "-ECONNREFUSED", "NETDEV_TX_BUSY", "NF_DROP", "NETFILTER_DROP",
 * "false", "17", "0xffff888000001000"; "" where it has none. *RET_WEIGHT may be NULL.
 */
const char *call_ret_words(const struct call *c, char buf[WORDS_LEN], enum ret_weight *ret_weight);

/* What a program returned, likewise: "XDP_DROP", "TC_ACT_SHOT"; "" without a program. */
const char *program_verdict_words(
	const struct program_verdict *v, char buf[WORDS_LEN], enum ret_weight *ret_weight);

const char *prog_kind_name(enum rec_prog_kind kind); /* "xdp", as in JSON; "bpf" = unknown */

/* What rec_hop.detail means: "OUTPUT" of nf_hook_slow(); "" = nothing. */
const char *call_detail_words(const struct call *c, char buf[WORDS_LEN]);

#define TCP_FLAGS_LEN 9

/* SYN and ACK as tcpdump has them: "S."; "" where TCP plays no part. */
const char *tcp_flags_words(const struct subject *s, char buf[TCP_FLAGS_LEN]);

static inline __u64 call_dur_ns(const struct call *c)
{
	return c->end == CALL_RETURNED ? c->end_ns - c->start_ns : 0;
}

#endif
