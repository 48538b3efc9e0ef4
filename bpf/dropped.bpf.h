/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dropped.bpf.h - `drops`: every packet that this host throws away, one record each.
 *
 *	kfree_skb               packets; what the kernel consumed normally does not come here
 *	xdp_exception and kin   frames that an XDP program could not send on
 *	dropped_frame()         frames that an XDP program let fall: called where it returns
 *
 * Whose a packet is tells its tuple: what processes send is noted where it leaves (net_dev_queue),
 * or where it is dropped before that. Sockets would tell as well, but nothing says when one ends
 *and another takes its memory.
 */
#ifndef PATHLAG_DROPPED_BPF_H
#define PATHLAG_DROPPED_BPF_H

#include "bpf/judge.bpf.h"
#include "bpf/place.bpf.h"
#include "bpf/verdict.bpf.h"

const volatile bool with_drops = false; /* this run is `drops` */

#define SENDERS_MAX 16384

/* The process that sends packets with these addresses. */
HASH_MAP(senders, BPF_MAP_TYPE_LRU_HASH, SENDERS_MAX, struct rec_tuple, struct rec_owner);

struct bpf_prog_aux___dropped {
	u32 id;
} __attribute__((preserve_access_index));

struct bpf_prog___dropped {
	struct bpf_prog_aux___dropped *aux;
} __attribute__((preserve_access_index));

/* Means "no drop" since 5.18 (f8d9d938514f), where 0 meant "not specified" before. */
enum skb_drop_reason___none {
	SKB_NOT_DROPPED_YET = 0,
};

/* ---- whose ----------------------------------------------------------------------------------- */

/* As in its headers; where they are not written yet, where its socket leads. */
static __always_inline bool dropped_tuple(
	struct packet *p, const struct sk_buff *skb, const void *own_sk)
{
	if (packet_of(p, skb) || p->tuple.family)
		return true;
	return own_sk && any_tuple(own_sk, &p->tuple);
}

/* The running process sends it, if it is one in scope: a packet of a socket, in process context,
 * that did not come in by a device. HERE is an address on the stack in use. */
__noinline int sender_learn(__u64 here, __u64 key)
{
	const struct sk_buff *skb = (void *)key;
	const struct sock *sk = PEEK(sk_buff, skb, sk);
	struct rec_owner *known, now;
	struct packet p = {};

	if (!sk || PEEK(sk_buff___place, (const struct sk_buff___place *)skb, skb_iif))
		return 0;
	if (!in_process_at(here) || !scope_has_current() || !PEEK(sock, sk, sk_socket))
		return 0;
	if (!dropped_tuple(&p, skb, sk))
		return 0;
	known = bpf_map_lookup_elem(&senders, &p.tuple);
	if (known && known->tgid == bpf_get_current_pid_tgid() >> 32)
		return 0;
	owner_fill(&now, sk_netns(sk));
	bpf_map_update_elem(&senders, &p.tuple, &now, BPF_ANY);
	return 0;
}

SEC("raw_tp/net_dev_queue")
int on_send(struct bpf_raw_tracepoint_args *ctx)
{
	return sender_learn(address_of(ctx), ctx->args[0]);
}

/* Who sends it, else who would answer it; NULL = nobody that is known. */
static __always_inline struct rec_owner *sender_of(const struct rec_tuple *t)
{
	struct rec_owner *o = bpf_map_lookup_elem(&senders, t);
	struct rec_tuple back;

	if (o)
		return o;
	tuple_reverse(&back, t);
	return bpf_map_lookup_elem(&senders, &back);
}

/* ---- telling --------------------------------------------------------------------------------- */

struct dropped_with_stack {
	struct rec_dropped dropped;
	__u64 trace[REC_STACK_MAX];
};

/* Room for a record, with the stack in it where stacks are wanted. */
static __always_inline struct rec_dropped *dropped_start(void *ctx)
{
	struct dropped_with_stack *w;
	struct rec_dropped *r;
	long n;

	if (!with_stacks) {
		r = rec_start(REC_DROPPED, sizeof(*r));
		if (r)
			r->stack_len = 0;
		return r;
	}
	w = rec_start(REC_DROPPED, sizeof(*w));
	if (!w)
		return NULL;
	n = bpf_get_stack(ctx, w->trace, sizeof(w->trace), 0);
	w->dropped.stack_len = n > 0 ? (__u32)n / 8 : 0;
	return &w->dropped;
}

static __always_inline void dropped_headers(
	struct rec_dropped *r, const struct packet *p, const struct rec_owner *o, __u32 netns)
{
	if (o)
		r->owner = *o;
	else
		__builtin_memset(&r->owner, 0, sizeof(r->owner));
	r->owner.netns = netns;
	r->tuple = p->tuple;
	r->seq = p->seq;
	r->ack = p->ack;
	r->tcp_flags = p->tcp_flags;
}

/* ---- packets --------------------------------------------------------------------------------- */

struct dropping {
	void *ctx;
	__u64 skb;
	__u64 rx_sk; /* the socket that was to have it, 0 = the kernel does not say */
	__u64 location;
	__u32 reason;
	__u32 func; /* of the program that decided it, 0 = none */
	__s32 verdict;
};

static __always_inline const void *dropping_sk(const struct dropping *d, const struct sock *own)
{
	return own ? own : (void *)d->rx_sk;
}

/* The cheap tests, then the expression. */
static __noinline int dropped_selected(const struct dropping *d)
{
	struct skb_refs refs = {};
	struct place at = {};
	const struct sk_buff *skb;

	if (!d)
		return 0;
	skb = (void *)d->skb;
	skb_refs(skb, &refs);
	place_of(&at, skb, dropping_sk(d, refs.sk));
	if (!place_wanted(&at))
		return 0;
	return expression_selects(skb, refs.sk);
}

static __noinline int dropped_tell(const struct dropping *d)
{
	const struct rec_owner *owner = NULL;
	const struct sk_buff *skb;
	struct skb_refs refs = {};
	struct packet p = {};
	struct place at = {};
	struct rec_dropped *r;

	if (!d)
		return 0;
	skb = (void *)d->skb;
	skb_refs(skb, &refs);
	place_of(&at, skb, dropping_sk(d, refs.sk));
	if (dropped_tuple(&p, skb, refs.sk))
		owner = sender_of(&p.tuple);
	if (scope_on && !owner)
		return 0;
	r = dropped_start(d->ctx);
	if (!r)
		return 0;
	r->skb = d->skb;
	r->packet = 0;
	r->sk = (__u64)dropping_sk(d, refs.sk);
	r->location = d->location;
	r->reason = d->reason;
	r->what = DROPPED_SKB;
	r->func = d->func;
	r->verdict = d->verdict;
	dropped_headers(r, &p, owner, at.netns);
	place_fill(&r->dev, &at);
	r->len = PEEK(sk_buff, skb, len);
	r->ethertype = bpf_ntohs(PEEK(sk_buff, skb, protocol));
	r->egress = place_egress(&at, refs.sk);
	r->prog_id = 0;
	rec_end(r);
	return done();
}

/* Takes the verdict that it is dropped for. False: it was told as a frame. */
static __always_inline bool dropped_verdict(struct dropping *d)
{
	const struct verdict *v;
	bool told;

	if (!with_programs)
		return true;
	v = verdict_of((void *)d->skb);
	if (!v)
		return true;
	d->func = v->func;
	d->verdict = v->value;
	told = v->told;
	verdict_forget(v->of);
	return !told;
}

static __always_inline int dropped_skb(
	struct bpf_raw_tracepoint_args *ctx, __u32 reason, __u64 rx_sk)
{
	struct dropping d = {.ctx = ctx,
		.skb = ctx->args[0],
		.rx_sk = rx_sk,
		.location = ctx->args[1],
		.reason = reason};

	if (!armed || !dropped_verdict(&d) || !dropped_selected(&d))
		return 0;
	sender_learn(address_of(ctx), d.skb);
	return dropped_tell(&d);
}

/* Neither: it was a drop, and why is a number of this kernel. */
static __always_inline bool is_no_drop(__u32 reason)
{
	if (reason_consumed && reason == reason_consumed)
		return true;
	return bpf_core_enum_value_exists(enum skb_drop_reason___none, SKB_NOT_DROPPED_YET) &&
	       reason == 0;
}

/* Since 6.11 (c53795d48ee8): for which socket. */
SEC("raw_tp/kfree_skb")
int on_dropped_sock(struct bpf_raw_tracepoint_args *ctx)
{
	return is_no_drop(ctx->args[2]) ? 0 : dropped_skb(ctx, ctx->args[2], ctx->args[3]);
}

/* Since 5.17 (c504e5c2f964): why. */
SEC("raw_tp/kfree_skb")
int on_dropped_reason(struct bpf_raw_tracepoint_args *ctx)
{
	return is_no_drop(ctx->args[2]) ? 0 : dropped_skb(ctx, ctx->args[2], 0);
}

SEC("raw_tp/kfree_skb")
int on_dropped(struct bpf_raw_tracepoint_args *ctx)
{
	return dropped_skb(ctx, 0, 0);
}

/* ---- frames ---------------------------------------------------------------------------------- */

#define ETH_BYTES  14
#define VLAN_BYTES 4

/* A frame that an XDP program let fall. */
struct dropping_frame {
	void *ctx;     /* for the stack */
	__u64 start;   /* data_hard_start: what tells the frame */
	__u64 data;    /* the Ethernet header */
	__u64 end;     /* behind the last byte in one piece */
	__u64 dev;     /* struct net_device */
	__u32 func;    /* REC_FUNC's id of the program */
	__s32 verdict; /* XDP_DROP, XDP_ABORTED */
};

/* The type behind at most two VLAN tags; *L3 becomes the address of what follows. */
static __always_inline __u16 frame_type(const struct dropping_frame *f, __u64 *l3)
{
	__u64 at = f->data + ETH_BYTES - 2;
	__u16 type = 0;

	for (int i = 0; i < 3; i++) {
		if (at + 2 > f->end || bpf_probe_read_kernel(&type, sizeof(type), (void *)at))
			return 0;
		*l3 = at + 2;
		if (type != bpf_htons(ETH_P_VLAN) && type != bpf_htons(ETH_P_QINQ))
			break;
		at += VLAN_BYTES;
	}
	return bpf_ntohs(type);
}

/*
 * Where an XDP program returns XDP_DROP or XDP_ABORTED and with_drops is set (program.bpf.h; then
 * XDP_ABORTED is told there, not by xdp_exception). Needs neither an skb
 * nor a followed packet; asks scope and expression itself. Where the frame is an skb's memory
 * (generic XDP, veth), the kernel frees that next: verdict_note() keeps it from being told again.
 */
static __noinline int dropped_frame(const struct dropping_frame *f)
{
	const struct rec_owner *owner = NULL;
	struct packet p = {};
	struct place at = {};
	struct rec_dropped *r;
	__u16 type;
	__u64 l3 = 0;

	if (!f || !armed || !place_set(&at, (void *)f->dev) || !place_wanted(&at))
		return 0;
	if (!filter_frame((void *)f->data, f->end - f->data))
		return 0;
	type = frame_type(f, &l3);
	if ((type == ETH_P_IP || type == ETH_P_IPV6) && packet_read(&p, l3, f->end))
		owner = sender_of(&p.tuple);
	if (scope_on && !owner)
		return 0;
	r = dropped_start(f->ctx);
	if (!r)
		return 0;
	r->skb = f->start;
	r->packet = r->sk = r->location = 0;
	r->reason = 0;
	r->what = DROPPED_FRAME;
	r->func = f->func;
	r->verdict = f->verdict;
	dropped_headers(r, &p, owner, at.netns);
	place_fill(&r->dev, &at);
	r->len = f->end - f->data;
	r->ethertype = type;
	r->egress = 0;
	r->prog_id = 0;
	rec_end(r);
	return done();
}

/* ---- frames that could not be sent on: the kernel says which program and device, not which packet
 */

static __always_inline int dropped_by_xdp(void *ctx, __u64 dev, __u64 prog, __u32 what, __s32 why)
{
	struct place at = {};
	struct packet p = {};
	struct rec_dropped *r;

	if (!armed || filter_on || scope_on || !place_set(&at, (void *)dev) || !place_wanted(&at))
		return 0;
	r = dropped_start(ctx);
	if (!r)
		return 0;
	r->skb = r->packet = r->sk = r->location = 0;
	r->reason = 0;
	r->what = what;
	r->func = 0;
	r->verdict = why;
	dropped_headers(r, &p, NULL, at.netns);
	place_fill(&r->dev, &at);
	r->len = 0;
	r->ethertype = 0;
	r->egress = 0;
	r->prog_id = BPF_CORE_READ((struct bpf_prog___dropped *)prog, aux, id);
	rec_end(r);
	return 0;
}

#define XDP_ABORTED 0

SEC("raw_tp/xdp_exception")
int on_xdp_exception(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 act = ctx->args[2];

	if (with_programs && act == XDP_ABORTED)
		return 0;
	return dropped_by_xdp(ctx, ctx->args[0], ctx->args[1], DROPPED_XDP_EXCEPTION, act);
}

SEC("raw_tp/xdp_redirect_err")
int on_xdp_redirect_err(struct bpf_raw_tracepoint_args *ctx)
{
	return dropped_by_xdp(ctx, ctx->args[0], ctx->args[1], DROPPED_XDP_REDIRECT, ctx->args[3]);
}

SEC("raw_tp/xdp_redirect_map_err")
int on_xdp_redirect_map_err(struct bpf_raw_tracepoint_args *ctx)
{
	return dropped_by_xdp(ctx, ctx->args[0], ctx->args[1], DROPPED_XDP_REDIRECT, ctx->args[3]);
}

#endif
