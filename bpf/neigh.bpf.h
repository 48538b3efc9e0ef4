/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * neigh.bpf.h - waiting for ARP or neighbour discovery.
 *
 * The tracepoint does not name the packet that waits, but it is the last of the entry's queue. An
 * answer that comes while the request is still being sent (veth, loopback) leaves nothing waiting
 * by the time neigh_event_send_done fires: then there was no wait to speak of.
 */
#ifndef PATHLAG_NEIGH_BPF_H
#define PATHLAG_NEIGH_BPF_H

#include "bpf/sock.bpf.h"
#include "bpf/skb.bpf.h"
#include "bpf/wait.bpf.h"

static __noinline int neigh_emit(const struct neighbour *n, __u64 sk, __u64 tid_event, __u32 state)
{
	struct rec_neigh *r = rec_start(REC_NEIGH, sizeof(*r));

	if (!r)
		return 0;
	r->neigh = (__u64)n;
	r->sk = sk;
	r->tid = tid_event >> 32;
	r->event = tid_event;
	r->nud_state = state;
	r->probes = BPF_CORE_READ(n, probes.counter);
	__builtin_memset(r->key, 0, sizeof(r->key));
	r->pad = 0;
	if (BPF_CORE_READ(n, tbl, family) == AF_INET6) {
		r->family = 6;
		bpf_core_read(r->key, 16, &n->primary_key);
	} else {
		r->family = 4;
		bpf_core_read(r->key, 4, &n->primary_key);
	}
	dev_fill(&r->dev, BPF_CORE_READ(n, dev));
	rec_end(r);
	return done();
}

SEC("raw_tp/neigh_event_send_done")
int on_neigh_send(struct bpf_raw_tracepoint_args *ctx)
{
	const struct neighbour *n = (void *)ctx->args[0];
	__u64 key = (__u64)n, now, tid = 0;
	struct sk_buff *last;
	struct sock *sk;

	if (!tracked || !(BPF_CORE_READ(n, nud_state) & NUDF_INCOMPLETE) ||
		!BPF_CORE_READ(n, arp_queue.qlen))
		return 0;
	last = BPF_CORE_READ(n, arp_queue.prev);
	sk = BPF_CORE_READ(last, sk);
	if (!attempt_of(sk))
		return 0;
	now = bpf_ktime_get_ns();
	bpf_map_update_elem(&neighs, &key, &now, BPF_ANY);
	if (in_process(ctx))
		tid = bpf_get_current_pid_tgid() << 32;
	return neigh_emit(n, (__u64)sk, tid | NEIGH_WAIT, NUDF_INCOMPLETE);
}

static __always_inline int neigh_changes(const struct neighbour *n, __u32 state)
{
	__u64 key = (__u64)n;

	if (!bpf_map_lookup_elem(&neighs, &key))
		return 0;
	neigh_emit(n, 0, NEIGH_UPDATE, state);
	if (!(state & NUDF_INCOMPLETE))
		bpf_map_delete_elem(&neighs, &key);
	return 0;
}

SEC("raw_tp/neigh_update")
int on_neigh_update(struct bpf_raw_tracepoint_args *ctx)
{
	return neigh_changes((void *)ctx->args[0], (__u8)ctx->args[2]);
}

SEC("raw_tp/neigh_timer_handler")
int on_neigh_timer(struct bpf_raw_tracepoint_args *ctx)
{
	const struct neighbour *n = (void *)ctx->args[0];

	return neigh_changes(n, BPF_CORE_READ(n, nud_state));
}

#endif
