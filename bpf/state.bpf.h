/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * state.bpf.h - what the milestone programs share: configuration, maps, the way to the ring.
 *
 * Two questions make nearly every program free for traffic that is not ours: is any tracked socket
 * in SYN_SENT (`tracked`), is any DNS answer awaited (dns_awaited()). Both are plain loads; only
 * then is a packet looked at.
 */
#ifndef PATHLAG_STATE_BPF_H
#define PATHLAG_STATE_BPF_H

#include "bpf/vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "bpf/read.bpf.h"
#include "bpf/record.h"
#include "filters/scope.h"

#define AF_INET  2
#define AF_INET6 10

#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT    2
#define TCP_CLOSE       7

#define IPPROTO_ICMP   1
#define IPPROTO_TCP    6
#define IPPROTO_UDP    17
#define IPPROTO_ICMPV6 58

#define SOCKS_MAX 16384
#define FLOWS_MAX 4096
#define NEIGH_MAX 1024

/* ---- configuration: fixed at load, so the verifier drops what is off ------------------------- */

const volatile struct scope scope = {};
const volatile __u64 ring_wakeup_bytes = 0; /* wake the reader from this fill level on */
const volatile __u32 reason_consumed = 0;   /* SKB_CONSUMED of this kernel; 0 = it has none */

/* ---- shared with the loader ------------------------------------------------------------------ */

__u32 armed = 0;             /* nothing is recorded before the loader sets it */
__u64 lost[LOST_KINDS] = {}; /* records and entries that found no room */
__u32 tracked = 0;           /* sockets of ours in SYN_SENT */
__u32 calls = 0;             /* threads of ours inside connect(2) */
__u32 dns_sent = 0;          /* queries of ours so far, those about to be sent too */
__u32 dns_settled = 0;       /* written by the loader: dns_sent when the last one was long ago */
__u64 dns_last_ns = 0;

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

/* A socket of ours in SYN_SENT. */
struct attempt {
	struct rec_owner owner;
	struct rec_tuple wire; /* of its last SYN; family 0 = none sent yet */
	__u64 dev;             /* the device it left by first, 0 = none yet */
	struct rec_dev dev_is;
};

struct dns_flow {
	__u64 sk;
	__u64 skb;   /* of the last query: stacked devices show one packet several times */
	__u64 ts_ns; /* of the last query; 0 = none yet */
	struct rec_owner owner;
	__u32 seq; /* TCP: of the last segment with queries; UDP: id of the last query */
	__u32 pad;
};

/* Who is about to send a query from this port to this server. */
struct dns_sender {
	__u8 server[16];
	__u16 sport;
	__u8 family;
	__u8 l4_proto;
};

#define HASH_MAP(name, kind, max, k, v) \
 struct {                               \
  __uint(type, kind);                   \
  __uint(max_entries, max);             \
  __type(key, k);                       \
  __type(value, v);                     \
 } name SEC(".maps")

HASH_MAP(pending, BPF_MAP_TYPE_HASH, SOCKS_MAX, __u32, struct call);
HASH_MAP(socks, BPF_MAP_TYPE_HASH, SOCKS_MAX, __u64, struct attempt);
HASH_MAP(tuples, BPF_MAP_TYPE_HASH, SOCKS_MAX, struct rec_tuple, __u64);
HASH_MAP(dns_flows, BPF_MAP_TYPE_LRU_HASH, FLOWS_MAX, struct rec_tuple, struct dns_flow);
HASH_MAP(dns_senders, BPF_MAP_TYPE_LRU_HASH, FLOWS_MAX, struct dns_sender, struct rec_owner);
HASH_MAP(neighs, BPF_MAP_TYPE_LRU_HASH, NEIGH_MAX, __u64, __u64);
HASH_MAP(scope_tgids, BPF_MAP_TYPE_HASH, SOCKS_MAX, __u32, __u32);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} ring SEC(".maps");

static __always_inline void count_lost(__u32 where)
{
	__sync_fetch_and_add(&lost[where], 1);
}

/* Room for one record of TYPE with its header filled, or NULL (counted). Not cleared: the caller
 * writes every member. */
static __always_inline void *rec_start(__u16 type, __u16 len)
{
	struct rec_hdr *hdr = bpf_ringbuf_reserve(&ring, len, 0);

	if (!hdr) {
		count_lost(LOST_RINGBUF);
		return NULL;
	}
	hdr->type = type;
	hdr->len = len;
	hdr->cpu = bpf_get_smp_processor_id();
	hdr->ts_ns = bpf_ktime_get_ns();
	return hdr;
}

/* The reader polls on its own; it is woken only when the ring fills up in between. */
static __always_inline __u64 rec_wakeup(void)
{
	if (bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) < ring_wakeup_bytes)
		return BPF_RB_NO_WAKEUP;
	return 0;
}

static __always_inline void rec_end(void *rec)
{
	bpf_ringbuf_submit(rec, rec_wakeup());
}

/* The 0 that a function of its own ends with. Where clang sees that it never returns anything else
 * it returns nothing, and the verifier finds in r0 what was last there. */
static __always_inline int done(void)
{
	int zero = 0;

	asm volatile("" : "+r"(zero));
	return zero;
}

static __always_inline bool dns_awaited(void)
{
	return dns_sent != dns_settled;
}

#endif
