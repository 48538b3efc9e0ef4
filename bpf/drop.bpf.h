/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drop.bpf.h - packets of ours, answers, and packets to or from listeners here, that this host
 * throws away. Not the copies that a bridge floods to other hosts' owners.
 *
 * Found by socket (a SYN that never reached a device) or by tuple (anywhere else on this host,
 * other namespaces included). What the kernel consumed normally does not come here, except on
 * kernels without drop reasons, which trace a few ordinary frees as well.
 */
#ifndef PATHLAG_DROP_BPF_H
#define PATHLAG_DROP_BPF_H

#include "bpf/mark.bpf.h"
#include "bpf/packet.bpf.h"
#include "bpf/verdict.bpf.h"
#include "bpf/victim.bpf.h"

static __always_inline bool victim_dns(struct victim *v, const struct packet *p)
{
	struct dns_flow *flow;

	if (p->tuple.dport == bpf_htons(DNS_PORT)) {
		v->tuple = p->tuple;
		v->packet = DROP_DNS_QUERY;
		v->egress = 1;
	} else if (p->tuple.sport == bpf_htons(DNS_PORT)) {
		tuple_reverse(&v->tuple, &p->tuple);
		v->packet = DROP_DNS_ANSWER;
		v->egress = 0;
	} else {
		return false;
	}
	flow = bpf_map_lookup_elem(&dns_flows, &v->tuple);
	if (!flow)
		return false;
	v->sk = flow->sk;
	return true;
}

static __always_inline bool victim_icmp(struct victim *v, const struct packet *p)
{
	struct packet in = {};

	if (!icmp_quoted(&in, p))
		return false;
	v->tuple = in.tuple;
	v->packet = DROP_ICMP;
	v->egress = 0;
	v->sk = sock_by_tuple(&v->tuple);
	return v->sk != 0;
}

/* Of somebody else's connect to a listener here, by tuple: no socket of ours. */
static __noinline int victim_passive(
	struct victim *v, const struct packet *p, const struct sk_buff *skb)
{
	struct skb_refs refs = {};
	struct passive_key k = {};

	if (!v || !p || p->tuple.l4_proto != IPPROTO_TCP)
		return 0;
	skb_refs(skb, &refs);
	k.netns = refs.sk ? sk_netns(refs.sk) : dev_netns(refs.dev);
	k.tuple = p->tuple;
	v->egress = 1;
	if (!bpf_map_lookup_elem(&passives, &k)) {
		tuple_reverse(&k.tuple, &p->tuple);
		v->egress = 0;
		if (!bpf_map_lookup_elem(&passives, &k))
			return 0;
	}
	v->sk = 0;
	v->packet = tcp_kind(p->tcp_flags);
	v->tuple = k.tuple;
	return 1;
}

static __always_inline bool victim_of(struct victim *v, const struct packet *p)
{
	switch (p->tuple.l4_proto) {
	case IPPROTO_TCP:
		return tracked && victim_tcp(v, p);
	case IPPROTO_UDP:
		return dns_awaited() && victim_dns(v, p);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return tracked && victim_icmp(v, p);
	}
	return false;
}

/*
 * By socket: headers below TCP's may not be written yet, so the socket itself says where to. What
 * leaves it is SYNs and, where the SYNs have crossed, SYN-ACKs; anything else came to it (early
 * demux has set skb->sk).
 */
static __always_inline bool victim_own(
	struct victim *v, struct packet *p, const struct sock *sk, bool parsed)
{
	const struct attempt *a = tracked ? attempt_of(sk) : NULL;

	if (!a)
		return false;
	v->sk = (__u64)sk;
	v->packet = parsed ? tcp_kind(p->tcp_flags) : DROP_SYN;
	v->egress =
		v->packet == DROP_SYN || (parsed && a->crossed && tuple_same(&a->wire, &p->tuple));
	if (!parsed)
		sock_tuple(sk, &v->tuple);
	else if (v->egress)
		v->tuple = p->tuple;
	else
		tuple_reverse(&v->tuple, &p->tuple);
	return true;
}

/* Namespace numbers start here; a dev pointer whose field holds something else fails this. */
#define NETNS_MIN 0xefffff00

/* In a map, not on the stack: there the verifier does not follow each value it may have, which made
 * loading slow. One for each of two programs: where they are preempted (twin.h), one may run while
 * the other does. */
struct drop_scratch {
	struct packet p;
	struct victim v;
};

HASH_MAP(drop_scratch, BPF_MAP_TYPE_PERCPU_ARRAY, 2, __u32, struct drop_scratch);

/* AGAIN: 1 = by the second program. */
static __noinline int drop_emit(
	void *ctx, const struct sk_buff *skb, __u64 location, __u32 reason, __u32 again)
{
	struct drop_scratch *d = bpf_map_lookup_elem(&drop_scratch, &again);
	struct skb_refs refs = {};
	const struct verdict *verdict;
	struct rec_drop *r;
	bool parsed;

	if (!d)
		return 0;
	__builtin_memset(d, 0, sizeof(*d));
	parsed = packet_of(&d->p, skb);
	skb_refs(skb, &refs);
	if (parsed)
		dns_query_unsent(ctx, skb, refs.sk, &d->p);
	if (!victim_own(&d->v, &d->p, refs.sk, parsed) && !(parsed && victim_of(&d->v, &d->p)) &&
		!(parsed && opening && victim_passive(&d->v, &d->p, skb)))
		return 0;
	verdict = verdict_of(skb);
	if ((verdict && verdict->told) || for_other_host(skb))
		return 0;
	if (d->v.packet == DROP_DNS_QUERY || d->v.packet == DROP_DNS_ANSWER)
		dns_id_paged(skb, &d->p);
	r = rec_start(REC_DROP, sizeof(*r));
	if (!r)
		return 0;
	r->sk = d->v.sk;
	r->skb = (__u64)skb;
	r->location = location;
	r->reason = reason;
	r->packet = d->v.packet;
	r->tuple = d->v.tuple;
	dev_fill(&r->dev, refs.dev);
	if (r->dev.netns < NETNS_MIN)
		__builtin_memset(&r->dev, 0, sizeof(r->dev));
	r->seq = d->p.seq;
	r->transmission = 0;
	if (d->v.packet <= DROP_ACK && d->v.sk)
		r->transmission = sock_transmission((void *)d->v.sk);
	r->egress = d->v.egress;
	r->dns_id = d->p.dns_id;
	r->func = verdict ? verdict->func : 0;
	r->verdict = verdict ? verdict->value : 0;
	rec_end(r);
	if (verdict)
		verdict_forget(verdict->of);
	return done();
}

/* Is there nothing whose loss would be told? */
static __always_inline bool drops_nothing(void)
{
	return !tracked && !opening && !dns_awaited();
}

/* Since 5.17 (c504e5c2f964): why. */
SEC("raw_tp/kfree_skb")
int on_kfree_skb_reason(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 reason = ctx->args[2];

	if (drops_nothing() || (reason_consumed && reason == reason_consumed))
		return 0;
	mark_seen(ctx, ctx->args[0]);
	return drop_emit(ctx, (void *)ctx->args[0], ctx->args[1], reason, 0);
}

SEC("raw_tp/kfree_skb")
int on_kfree_skb(struct bpf_raw_tracepoint_args *ctx)
{
	if (drops_nothing())
		return 0;
	return drop_emit(ctx, (void *)ctx->args[0], ctx->args[1], 0, 0);
}

#endif
