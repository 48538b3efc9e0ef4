/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring.bpf.h - what all our programs share: the numbers of the kernel, whose traffic is wanted, the
 * way of a record to the ring.
 */
#ifndef PATHLAG_RING_BPF_H
#define PATHLAG_RING_BPF_H

#include "bpf/vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "bpf/read.bpf.h"
#include "bpf/record.h"
#include "filters/scope.h"

#define AF_INET  2
#define AF_INET6 10

#define TCP_ESTABLISHED  1
#define TCP_SYN_SENT     2
#define TCP_SYN_RECV     3
#define TCP_FIN_WAIT1    4
#define TCP_CLOSE        7
#define TCP_LAST_ACK     9
#define TCP_LISTEN       10
#define TCP_NEW_SYN_RECV 12 /* not a socket yet: a struct request_sock */

#define IPPROTO_ICMP   1
#define IPPROTO_TCP    6
#define IPPROTO_UDP    17
#define IPPROTO_ICMPV6 58
#define IPPROTO_MPTCP  262

/* ---- configuration: fixed at load, so the verifier drops what is off ------------------------- */

const volatile struct scope scope = {};
const volatile __u64 ring_wakeup_bytes = 0; /* wake the reader from this fill level on */
const volatile __u32 reason_consumed = 0;   /* SKB_CONSUMED of this kernel; 0 = it has none */

/* ---- shared with the loader ------------------------------------------------------------------ */

__u32 armed = 0;             /* nothing is recorded before the loader sets it */
__u64 lost[LOST_KINDS] = {}; /* records and entries that found no room */

#define HASH_MAP(name, kind, max, k, v) \
 struct {                               \
  __uint(type, kind);                   \
  __uint(max_entries, max);             \
  __type(key, k);                       \
  __type(value, v);                     \
 } name SEC(".maps")

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

/* Calls a function of its own for what it does: were the value of none of its calls used, clang
 * would leave it away, too. */
#define RUN(call)             \
 do {                         \
  int r_ = (call);            \
  asm volatile("" ::"r"(r_)); \
 } while (0)

/* The 0 that a function of its own ends with. Where clang sees that it never returns anything else
 * it returns nothing, and the verifier finds in r0 what was last there. */
static __always_inline int done(void)
{
	int zero = 0;

	asm volatile("" : "+r"(zero));
	return zero;
}

#endif
