/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wait.bpf.h - what the milestone layer waits for: calls to return, queries to be answered,
 * neighbours to be found.
 */
#ifndef PATHLAG_WAIT_BPF_H
#define PATHLAG_WAIT_BPF_H

#include "bpf/state.bpf.h"

#define FLOWS_MAX 4096
#define NEIGH_MAX 1024

__u32 calls = 0;       /* threads of ours inside connect(2) */
__u32 dns_sent = 0;    /* queries of ours so far, those about to be sent too */
__u32 dns_settled = 0; /* written by the loader: dns_sent when the last one was long ago */

/* A connect(2) that has not returned. */
struct call {
	__u64 ts_ns;
	__u64 sk; /* that entered SYN_SENT in it */
	__u64 user_fd;
	__u8 daddr[16]; /* as the caller gave it, IPv4-mapped already made IPv4 */
	__u16 dport;
	__u8 family; /* 4 or 6; 0 = could not be read */
	__u8 routed;
	__s32 route_err;
	__u32 route_table;
	__u32 route_ifindex;
	__u32 route_family;
	__u32 netns; /* with sk */
	__u8 route_gateway[16];
};

struct dns_flow {
	__u64 sk;
	__u64 skb;   /* of the last query: stacked devices show one packet several times */
	__u64 ts_ns; /* of the last query; 0 = none yet */
	struct rec_owner owner;
	__u32 seq;   /* TCP: of the last segment with queries; UDP: id of the last query */
	__u16 num;   /* UDP: the port the socket was bound to, which NAT may have changed */
	__u16 aside; /* its owner is out of scope, and a resolver that ours may have asked */
};

/* Who is about to send a query from this port to this server. */
struct dns_sender {
	__u8 server[16];
	__u16 sport;
	__u8 family;
	__u8 l4_proto;
};

HASH_MAP(pending, BPF_MAP_TYPE_HASH, SOCKS_MAX, __u32, struct call);
HASH_MAP(dns_flows, BPF_MAP_TYPE_LRU_HASH, FLOWS_MAX, struct rec_tuple, struct dns_flow);
HASH_MAP(dns_senders, BPF_MAP_TYPE_LRU_HASH, FLOWS_MAX, struct dns_sender, struct rec_owner);
HASH_MAP(neighs, BPF_MAP_TYPE_LRU_HASH, NEIGH_MAX, __u64, __u64);

/* Is an answer awaited? A plain load, as `tracked`. */
static __always_inline bool dns_awaited(void)
{
	return dns_sent != dns_settled;
}

#endif
