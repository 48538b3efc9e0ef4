/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cookie.h - all that a program of the function layer must know of the function it was called for,
 * in 64 bits: as BPF cookie of the attachment, found by the function's address, or put into the
 * program itself (hook_link.c).
 *
 *	bit 0..23   number of the function (rec_hop.func)
 *	    24..26  skb_pos, 1 to 6, 0 = none      27..29  skb_kind, enum func_arg
 *	    30..32  sk_pos                         33..35  sk_kind
 *	    36..39  enum cookie_role
 *	    40      COOKIE_SILENT                  41      COOKIE_NO_RETURN
 *	    42..45  parameters in registers (fexit finds the return value behind them)
 *	    46..49  enum rec_prog_kind: it is a BPF program
 */
#ifndef PATHLAG_COOKIE_H
#define PATHLAG_COOKIE_H

#ifndef __bpf__
# include <linux/types.h>
#endif

/* What a call means for the packets that are followed, besides being shown. */
enum cookie_role {
	ROLE_NONE,
	ROLE_CONTEXT, /* has no packet of its own: takes that of the call around it */
	ROLE_COPY,    /* returns another skb with the same packet */
	ROLE_SEGMENT, /* returns a list of them */
	ROLE_FREE,    /* ends the skb without a word of the tracepoints */
	ROLE_END,     /* part of an skb's end: no packet begins here */
	ROLE_OPEN,    /* begins a socket: what is known of it is another's */
	ROLE_CLOSE,   /* ends the socket */
	ROLE_HOOKS,   /* nf_hook_slow(): says which hook */
};

#define COOKIE_SILENT    (1ull << 40) /* not shown: there for its role */
#define COOKIE_NO_RETURN (1ull << 41)

#define COOKIE_FUNC(c)     ((__u32)((c)&0xffffff))
#define COOKIE_SKB_POS(c)  ((__u32)((c) >> 24 & 7))
#define COOKIE_SKB_KIND(c) ((__u32)((c) >> 27 & 7))
#define COOKIE_SK_POS(c)   ((__u32)((c) >> 30 & 7))
#define COOKIE_SK_KIND(c)  ((__u32)((c) >> 33 & 7))
#define COOKIE_ROLE(c)     ((__u32)((c) >> 36 & 15))
#define COOKIE_PARAMS(c)   ((__u32)((c) >> 42 & 15))
#define COOKIE_PROG(c)     ((__u32)((c) >> 46 & 15))

#define COOKIE_PROG_SHIFT 46

/* Takes an skb, and means nothing else for it. */
#define COOKIE_IS_PLAIN(c) (((c) & (7ull << 27 | 15ull << 36)) == (__u64)KIND_SKB << 27)

#define COOKIE(func, skb_pos, skb_kind, sk_pos, sk_kind, role, params)                       \
 ((__u64)(func) | (__u64)(skb_pos) << 24 | (__u64)(skb_kind) << 27 | (__u64)(sk_pos) << 30 | \
	 (__u64)(sk_kind) << 33 | (__u64)(role) << 36 | (__u64)(params) << 42)

/* Stands for the cookie in programs that are to be cloned. */
#define COOKIE_MARK 0x504c434f4f4b4945ull

/* Where the cookie of a function is looked for, by its address: here or in the neighbour of it. */
#define COOKIE_SLOTS      16384                              /* a power of two */
#define COOKIE_SLOT(addr) ((addr) >> 4 & (COOKIE_SLOTS - 1)) /* functions are aligned to 16 */

struct cookie_slot {
	__u64 addr;
	__u64 cookie;
};

/* On what, besides its headers, it depends whether a packet is wanted (recent.bpf.h). */
enum print_more {
	PRINT_LEN = 1 << 0,   /* the expression asks for its length */
	PRINT_TAG = 1 << 1,   /* and for the VLAN tag beside the data */
	PRINT_DEV = 1 << 2,   /* the device, or its namespace */
	PRINT_SCOPE = 1 << 3, /* the process */
};

/* enum func_arg of functions.h, which BPF programs cannot include. */
enum cookie_kind {
	KIND_NONE,
	KIND_SKB,
	KIND_SKB_REF,
	KIND_SOCK,
	KIND_SOCKET,
	KIND_REQUEST,
	KIND_XDP_BUFF,
	KIND_XDP_FRAME,
	KIND_NF_CTX, /* what a netfilter program gets: not one of functions.h */
};

#endif
