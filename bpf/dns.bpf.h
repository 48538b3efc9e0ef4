/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dns.bpf.h - DNS messages, and whose they are.
 *
 * A query usually passes net_dev_queue in its sender's own context. Where it first waits for its
 * neighbour it passes later, in a softirq; so the route lookup, which always runs in the sender,
 * notes who is about to ask (dns_expect*). The source port is chosen by then.
 */
#ifndef PATHLAG_DNS_BPF_H
#define PATHLAG_DNS_BPF_H

#include "bpf/skb.bpf.h"

#define DNS_PORT    53
#define DNS_HEADER  12
#define DNS_SAME_NS 10000000 /* one skb seen again within this is one message */

struct dns_scratch {
	struct rec_dns rec;
	__u8 payload[REC_DNS_MAX];
};

/* Queries are sent and answers received with bottom halves off: one user a CPU at a time. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dns_scratch);
} dns_scratch SEC(".maps");

static __noinline int dns_note_sender(struct dns_sender *key)
{
	struct rec_owner owner = {};

	if (!scope_has_current())
		return 0;
	owner_fill(&owner, task_netns());
	bpf_map_update_elem(&dns_senders, key, &owner, BPF_ANY);
	return 0;
}

static __always_inline int dns_expect4(void *ctx, const struct flowi4 *fl)
{
	struct dns_sender key = {.family = 4, .l4_proto = IPPROTO_UDP};

	if (!armed || BPF_CORE_READ(fl, uli.ports.dport) != bpf_htons(DNS_PORT) || !in_process(ctx))
		return 0;
	*(__u32 *)key.server = BPF_CORE_READ(fl, daddr);
	key.sport = BPF_CORE_READ(fl, uli.ports.sport);
	return dns_note_sender(&key);
}

static __always_inline int dns_expect6(void *ctx, const struct flowi6 *fl)
{
	struct dns_sender key = {.family = 6, .l4_proto = IPPROTO_UDP};

	if (!armed || BPF_CORE_READ(fl, uli.ports.dport) != bpf_htons(DNS_PORT) || !in_process(ctx))
		return 0;
	BPF_CORE_READ_INTO(&key.server, fl, daddr);
	key.sport = BPF_CORE_READ(fl, uli.ports.sport);
	return dns_note_sender(&key);
}

/* Whose query this is; false: nobody's we want. Sockets belong to a namespace, tasks may not. */
static __always_inline bool dns_owner(
	void *ctx, const struct rec_tuple *t, __u32 netns, struct rec_owner *owner)
{
	struct dns_sender key = {};
	struct rec_owner *noted;

	if (!scope_has_netns(netns))
		return false;
	if (t->l4_proto == IPPROTO_UDP && in_process(ctx)) {
		if (!scope_has_current())
			return false;
		owner_fill(owner, netns);
		return true;
	}
	__builtin_memcpy(key.server, t->daddr, 16);
	key.sport = t->sport;
	key.family = t->family;
	key.l4_proto = t->l4_proto;
	noted = bpf_map_lookup_elem(&dns_senders, &key);
	if (noted) {
		*owner = *noted;
		owner->netns = netns;
		return true;
	}
	__builtin_memset(owner, 0, sizeof(*owner));
	owner->netns = netns;
	return !scope.by_pid && !scope.by_comm && !scope.by_cgroup;
}

/* A message inside a packet. */
struct dns_body {
	__u64 addr;
	__u32 wire_len; /* of the message */
	__u32 have;     /* bytes at addr that can be read */
};

static __noinline int dns_emit(const struct dns_flow *flow, const struct rec_tuple *t,
	const struct dns_body *body, __u32 flags)
{
	__u32 zero = 0;
	struct dns_scratch *s = bpf_map_lookup_elem(&dns_scratch, &zero);
	__u64 keep;

	if (!s || !flow || !t || !body)
		return 0;
	keep = body->have < body->wire_len ? body->have : body->wire_len;
	asm volatile("" : "+r"(keep)); /* so that the bound below holds for the register used */
	if (keep > REC_DNS_MAX)
		keep = REC_DNS_MAX;
	if (bpf_probe_read_kernel(s->payload, keep, (void *)body->addr))
		return 0;
	s->rec.hdr.type = REC_DNS;
	s->rec.hdr.len = sizeof(s->rec) + keep;
	s->rec.hdr.cpu = bpf_get_smp_processor_id();
	s->rec.hdr.ts_ns = bpf_ktime_get_ns();
	s->rec.sk = flow->sk;
	s->rec.owner = flow->owner;
	s->rec.tuple = *t;
	s->rec.flags = flags | (keep < body->wire_len ? DNS_CUT : 0);
	s->rec.wire_len = body->wire_len;
	s->rec.payload_len = keep;
	s->rec.pad = 0;
	if (bpf_ringbuf_output(&ring, s, sizeof(s->rec) + keep, rec_wakeup()))
		count_lost(LOST_RINGBUF);
	return 0;
}

static __always_inline bool dns_udp_body(struct dns_body *b, const struct packet *p)
{
	b->addr = p->l4 + 8;
	if (p->udp_len < 8 + DNS_HEADER || p->end < b->addr + DNS_HEADER)
		return false;
	b->wire_len = p->udp_len - 8;
	b->have = p->end - b->addr;
	return true;
}

/* A UDP packet to port 53 leaves a socket of this host. */
static __noinline int dns_query_udp(
	void *ctx, const struct sk_buff *skb, const void *sk, const struct packet *p)
{
	struct dns_flow flow = {.sk = (__u64)sk, .skb = (__u64)skb, .ts_ns = bpf_ktime_get_ns()};
	struct dns_flow *seen;
	struct dns_body body;

	if (!p || p->tuple.dport != bpf_htons(DNS_PORT) || !dns_udp_body(&body, p))
		return 0;
	seen = bpf_map_lookup_elem(&dns_flows, &p->tuple);
	if (seen && seen->skb == flow.skb && flow.ts_ns - seen->ts_ns < DNS_SAME_NS)
		return 0;
	if (!dns_owner(ctx, &p->tuple, sk_netns(sk), &flow.owner))
		return 0;
	bpf_map_update_elem(&dns_flows, &p->tuple, &flow, BPF_ANY);
	dns_last_ns = flow.ts_ns;
	__sync_fetch_and_add(&dns_sent, 1);
	return dns_emit(&flow, &p->tuple, &body, 0);
}

/* A UDP packet from port 53 arrives at DEV. */
static __noinline int dns_answer_udp(const struct net_device *dev, const struct packet *p)
{
	struct rec_tuple asked;
	struct dns_flow *flow;
	struct dns_body body;

	if (!p || !dns_udp_body(&body, p))
		return 0;
	tuple_reverse(&asked, &p->tuple);
	flow = bpf_map_lookup_elem(&dns_flows, &asked);
	if (!flow || dev_netns(dev) != flow->owner.netns)
		return 0;
	return dns_emit(flow, &asked, &body, DNS_RECEIVED);
}

#endif
