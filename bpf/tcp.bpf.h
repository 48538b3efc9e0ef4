/* SPDX-License-Identifier: GPL-2.0-only */
/* tcp.bpf.h - what TCP itself says about an attempt: retransmits, resets, errors. */
#ifndef PATHLAG_TCP_BPF_H
#define PATHLAG_TCP_BPF_H

#include "bpf/packet.bpf.h"

static __always_inline int retransmit_emit(const void *sk, int err)
{
	struct rec_retransmit *r;

	if (!tracked || !attempt_of(sk))
		return 0;
	r = rec_start(REC_RETRANSMIT, sizeof(*r));
	if (!r)
		return 0;
	r->sk = (__u64)sk;
	r->transmission = sock_transmission(sk);
	r->err = err;
	rec_end(r);
	return 0;
}

SEC("raw_tp/tcp_retransmit_skb")
int on_retransmit(struct bpf_raw_tracepoint_args *ctx)
{
	return retransmit_emit((void *)ctx->args[0], 0);
}

/* Since 6.16: failed tries too, and why. */
SEC("raw_tp/tcp_retransmit_skb")
int on_retransmit_err(struct bpf_raw_tracepoint_args *ctx)
{
	return retransmit_emit((void *)ctx->args[0], ctx->args[2]);
}

static __always_inline int reset_emit(__u64 sk, __u32 kind, __u32 reason, __u32 netns)
{
	struct rec_reset *r = rec_start(REC_RESET, sizeof(*r));

	if (!r)
		return 0;
	r->sk = sk;
	r->kind = kind;
	r->reason = reason;
	r->netns = netns;
	r->transmission = sock_transmission((void *)sk);
	rec_end(r);
	return 0;
}

SEC("raw_tp/tcp_receive_reset")
int on_receive_reset(struct bpf_raw_tracepoint_args *ctx)
{
	const void *sk = (void *)ctx->args[0];

	if (!tracked || !attempt_of(sk))
		return 0;
	return reset_emit((__u64)sk, RESET_RECEIVED, 0, sk_netns(sk));
}

/* The packet is the peer's; sk is NULL where no socket wanted it. */
static __always_inline int reset_sent(const struct sk_buff *skb, __u32 reason)
{
	struct packet p = {};
	__u64 sk;

	if (!tracked || !skb || !packet_of(&p, skb) || p.tuple.l4_proto != IPPROTO_TCP)
		return 0;
	sk = sock_by_tuple(&p.tuple);
	if (!sk)
		return 0;
	return reset_emit(sk, RESET_SENT, reason, dev_netns(BPF_CORE_READ(skb, dev)));
}

SEC("raw_tp/tcp_send_reset")
int on_send_reset(struct bpf_raw_tracepoint_args *ctx)
{
	return reset_sent((void *)ctx->args[1], 0);
}

/* Since 6.10 or 6.11: why. */
SEC("raw_tp/tcp_send_reset")
int on_send_reset_reason(struct bpf_raw_tracepoint_args *ctx)
{
	return reset_sent((void *)ctx->args[1], ctx->args[2]);
}

/* Since 5.14. */
SEC("raw_tp/inet_sk_error_report")
int on_error_report(struct bpf_raw_tracepoint_args *ctx)
{
	const struct sock *sk = (void *)ctx->args[0];
	struct rec_sock_error *r;
	int err, soft;

	if (!tracked || !attempt_of(sk))
		return 0;
	/* An ICMP error is first queued for the socket (45af29ca761c), then becomes its error. */
	err = BPF_CORE_READ(sk, sk_err);
	soft = BPF_CORE_READ(sk, sk_err_soft);
	if (!err && !soft)
		return 0;
	r = rec_start(REC_SOCK_ERROR, sizeof(*r));
	if (!r)
		return 0;
	r->sk = (__u64)sk;
	r->sk_err = err;
	r->sk_err_soft = soft;
	rec_end(r);
	/* That is the end, before TCP_CLOSE (timers up to 6.10) or behind it. */
	return err ? attempt_leaves(sk, TCP_SYN_SENT, TCP_CLOSE, 0) : 0;
}

#endif
