/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.bpf.h - what the function layer's programs share: configuration, maps, one call as the
 * programs of every backend see it.
 */
#ifndef PATHLAG_TRACE_BPF_H
#define PATHLAG_TRACE_BPF_H

#include "bpf/cookie.h"
#include "bpf/skb.bpf.h"
#include "bpf/filter.bpf.h"

#define PACKETS_MAX 16384
#define CALLS_MAX   4096
#define STACKS_MAX  1024
#define CPUS_MAX    1024 /* a power of two */

/* ---- configuration --------------------------------------------------------------------------- */

const volatile bool with_connect = false;  /* follow what the milestone layer follows */
const volatile bool scope_on = false;      /* alone: whose sockets are wanted */
const volatile bool judge_anew = false;    /* --no-follow */
const volatile bool with_context = false;  /* there are functions without a packet of their own */
const volatile bool with_cookies = false;  /* each attachment has its own; else by address */
const volatile bool with_stacks = false;   /* a stack trace with each entry */
const volatile __u32 only_ifindex = 0;     /* 0 = any */
const volatile __u32 print_more = 0;       /* enum print_more (cookie.h) */
const volatile bool with_programs = false; /* BPF programs may be traced */
const volatile bool only_programs = false; /* and no functions: not every packet is seen to end */

/* ---- state ----------------------------------------------------------------------------------- */

__u32 following = 0; /* entries of `packets`: while there are none, none is looked up */

/* An skb that the filter let through, or that was made from one. */
struct followed {
	__u64 id;
	__u64 sk;
	__u64 parent;
	__u64 sum;              /* of its headers when they were last looked at (recent.bpf.h) */
	__u64 stamp;            /* of what its headers keep on the way (frames.bpf.h); 0 = none */
	__u64 dev;              /* where it was when last told */
	__u64 l2;               /* of its link-layer header as last told; 0 = not told */
	struct rec_tuple tuple; /* as last told; family 0 = no headers yet */
};

/* A call that has begun to copy an skb. */
struct copying {
	__u64 skb;
	__u64 id;
};

/* The traced calls that are open on one kernel stack, outermost first. */
#define OPEN_MAX 16 /* a power of two; deeper ones count as the deepest kept */

struct open_call {
	__u64 slot;
	__u64 skb;
	__u64 packet;
	__u64 sk;
};

struct open_calls {
	__u32 count;
	__u32 tid; /* that was running when the last of them began */
	struct open_call call[OPEN_MAX];
};

/* The calls that will return to one slot: of a tail call the last comes first. */
#define NOTED_MAX 8 /* a power of two; ip_rcv() to ip_output() are five when forwarding */

struct noted {
	__u32 count;
	__u32 pad;
	__u64 cookie[NOTED_MAX];
};

/* What was last said of a socket, to say it once. */
struct told {
	struct rec_tuple tuple;
	__u32 tgid;
	__u32 pad;
};

HASH_MAP(packets, BPF_MAP_TYPE_HASH, PACKETS_MAX, __u64, struct followed);
HASH_MAP(copies, BPF_MAP_TYPE_LRU_HASH, STACKS_MAX, __u64, struct copying);
HASH_MAP(calls_open, BPF_MAP_TYPE_LRU_HASH, CALLS_MAX, __u64, struct noted); /* by slot */
/* By address: nearly all of them in two places of a table, which costs less than a map. */
struct cookie_slot by_addr[COOKIE_SLOTS] = {};
HASH_MAP(cookies, BPF_MAP_TYPE_HASH, 1, __u64, __u64); /* address -> cookie */
HASH_MAP(stacks_open, BPF_MAP_TYPE_LRU_HASH, STACKS_MAX, __u64, struct open_calls);
HASH_MAP(told_socks, BPF_MAP_TYPE_LRU_HASH, SOCKS_MAX, __u64, struct told);
HASH_MAP(flows, BPF_MAP_TYPE_LRU_HASH, SOCKS_MAX, struct rec_tuple, __u64);

/* ---- one call -------------------------------------------------------------------------------- */

struct hop {
	void *ctx;
	__u64 cookie;
	__u64 slot;
	__u64 stack;
	__u64 skb;
	__u64 sk;         /* the argument; 0 = none */
	__u64 xdp;        /* the xdp_buff of a frame, whose start is `skb`; 0 = it is an skb */
	__u64 detail_arg; /* ROLE_HOOKS: the second argument */
};

#if defined(__TARGET_ARCH_x86)
# define STACK_BYTES (16ull * 1024)
#else
# define STACK_BYTES (16ull * 1024) /* arm64 with 4 KiB pages */
#endif

#endif
