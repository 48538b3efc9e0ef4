/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dns.bpf.h - DNS messages, and whose they are.
 *
 * A query usually passes net_dev_queue in its sender's own context. Where it first waits for its
 * neighbour it passes later, in a softirq; so the route lookup, which always runs in the sender,
 * notes who is about to ask (dns_expect*). The source port is chosen by then.
 *
 * Over TCP a query is known by its stream: whose it is was noted when it was connected, or is the
 * process that sends. A message that begins in the middle of a segment behind another is found, one
 * whose length prefix came in a segment of its own is not.
 */
#ifndef PATHLAG_DNS_BPF_H
#define PATHLAG_DNS_BPF_H

#include "bpf/page.bpf.h"
#include "bpf/verdict.bpf.h"

#define DNS_PORT     53
#define DNS_HEADER   12
#define DNS_SAME_NS  10000000   /* one skb seen again within this is one message */
#define DNS_PREFIX   2          /* length of a message in a TCP stream */
#define DNS_BATCH    4          /* messages taken out of one segment */
#define DNS_MAC_NONE 0xffff     /* skb->mac_header of what has not reached a device */
#define DNS_UNSENT   (1u << 31) /* beside enum rec_dns_flags: it was dropped before it did */

/* What the programs' stack has no room for. */
struct dns_scratch {
	struct rec_dns rec; /* the payload behind it */
	/* Twice: the verifier bounds the two pieces of a message one by one. */
	__u8 payload[2 * REC_DNS_MAX];
	struct bytes left;    /* from the message on */
	struct dns_flow flow; /* of the query at hand */
	struct dns_sender sender;
	struct packet packet;
};

/* Queries are sent and answers received with bottom halves off: one user a CPU at a time. A filter
 * drops with them on: the second entry is for what it drops. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
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
	/* From here on it may be dropped. */
	__sync_fetch_and_add(&dns_sent, 1);
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

static const char resolvers[][REC_COMM_LEN] __attribute__((aligned(8))) = REC_RESOLVERS;

/* The process: its threads may have names of their own (BIND's). */
static __noinline int resolver_runs(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 comm[REC_COMM_LEN / 8];

	comm_read((char *)comm, PEEK(task_struct, task, group_leader));
	for (int i = 0; i < (int)(sizeof(resolvers) / sizeof(resolvers[0])); i++) {
		const __u64 *known = (const void *)resolvers[i];

		if (comm[0] == known[0] && comm[1] == known[1])
			return 1;
	}
	return 0;
}

/* What a resolver asks while one of ours waits for an answer may be asked for its sake. */
static __always_inline bool dns_asked_aside(void)
{
	return dns_awaited() && resolver_runs();
}

/* Whose query S is about; false: nobody's we want. Sockets belong to a namespace, tasks may not. */
static __always_inline bool dns_owner(
	void *ctx, struct dns_scratch *s, const struct rec_tuple *t, __u32 netns)
{
	struct rec_owner *noted, *owner = &s->flow.owner;

	s->flow.aside = 0;
	if (!scope_has_netns(netns))
		return false;
	if (in_process(ctx)) {
		s->flow.aside = !scope_has_current();
		if (s->flow.aside && !dns_asked_aside())
			return false;
		owner_fill(owner, netns);
		return true;
	}
	__builtin_memcpy(s->sender.server, t->daddr, 16);
	s->sender.sport = t->sport;
	s->sender.family = t->family;
	s->sender.l4_proto = t->l4_proto;
	noted = bpf_map_lookup_elem(&dns_senders, &s->sender);
	if (noted) {
		*owner = *noted;
		owner->netns = netns;
		return true;
	}
	__builtin_memset(owner, 0, sizeof(*owner));
	owner->netns = netns;
	return !scope.by_pid && !scope.by_comm && !scope.by_cgroup;
}

static __always_inline struct dns_scratch *dns_scratch_get(__u32 flags)
{
	__u32 entry = flags & DNS_UNSENT ? 1 : 0;

	return bpf_map_lookup_elem(&dns_scratch, &entry);
}

/* The first KEEP bytes of what is left; KEEP is at most REC_DNS_MAX. */
static __always_inline bool dns_copy(struct dns_scratch *s, __u64 keep)
{
	__u64 first = s->left.len < keep ? s->left.len : keep, rest = keep - first;

	/* so that the bounds hold for these registers */
	asm volatile("" : "+r"(first), "+r"(rest));
	if (first > REC_DNS_MAX || rest > REC_DNS_MAX)
		return false;
	if (bpf_probe_read_kernel(s->payload, first, (void *)s->left.addr))
		return false;
	return !rest || !bpf_probe_read_kernel(s->payload + first, rest, (void *)s->left.more_addr);
}

/* The message of WIRE_LEN bytes that what is left begins with. Global: verified once, not once a
 * way that leads here. */
__noinline int dns_emit(__u32 wire_len, __u32 flags)
{
	struct dns_scratch *s = dns_scratch_get(flags);
	__u64 keep;

	if (!s)
		return 0;
	keep = (__u64)s->left.len + s->left.more_len;
	if (keep > wire_len)
		keep = wire_len;
	asm volatile("" : "+r"(keep)); /* so that the bound below holds for the register used */
	if (keep > REC_DNS_MAX)
		keep = REC_DNS_MAX;
	if (!dns_copy(s, keep))
		return 0;
	s->rec.hdr.type = REC_DNS;
	s->rec.hdr.len = sizeof(s->rec) + keep;
	s->rec.hdr.cpu = bpf_get_smp_processor_id();
	s->rec.hdr.ts_ns = bpf_ktime_get_ns();
	s->rec.flags = (flags & ~DNS_UNSENT) | (keep < wire_len ? DNS_CUT : 0);
	s->rec.wire_len = wire_len;
	s->rec.payload_len = keep;
	s->rec.pad = 0;
	if (bpf_ringbuf_output(&ring, &s->rec, sizeof(s->rec) + keep, rec_wakeup()))
		count_lost(LOST_RINGBUF);
	return 0;
}

/* How a message in a stream begins. */
struct dns_start {
	__be16 len;
	__be16 id;
	__u8 flags;
	__u8 rcode;
	__be16 questions;
};

/* Bytes from the middle of a longer message, or of something else, do not pass for its start. */
static __always_inline bool dns_starts(const struct bytes *b, __u32 flags, __u32 *len)
{
	struct dns_start start = {};

	if (b->len < DNS_PREFIX + DNS_HEADER ||
		bpf_probe_read_kernel(&start, sizeof(start), (void *)b->addr))
		return false;
	*len = bpf_ntohs(start.len);
	return *len >= DNS_HEADER && start.questions == bpf_htons(1) &&
	       !!(start.flags & 0x80) == !!(flags & DNS_RECEIVED);
}

/* The messages of a segment: glibc asks for A and AAAA in one. */
__noinline int dns_emit_stream(__u32 flags)
{
	struct dns_scratch *s = dns_scratch_get(flags);
	__u32 len = 0;

	if (!s)
		return 0;
	for (int i = 0; i < DNS_BATCH && dns_starts(&s->left, flags, &len); i++) {
		bytes_skip(&s->left, DNS_PREFIX);
		dns_emit(len, flags);
		bytes_skip(&s->left, len);
	}
	return 0;
}

/* What is left is of FLOW; T is oriented from the asker. */
static __always_inline void dns_report(struct dns_scratch *s, const struct dns_flow *flow,
	const struct rec_tuple *t, __u32 wire_len, __u32 flags)
{
	s->rec.sk = flow->sk;
	s->rec.owner = flow->owner;
	s->rec.tuple = *t;
	if (flow->aside)
		flags |= DNS_ASIDE;
	if (flags & DNS_TCP)
		dns_emit_stream(flags);
	else
		dns_emit(wire_len, flags);
}

static __always_inline void dns_await(const struct dns_flow *flow, const struct rec_tuple *t)
{
	bpf_map_update_elem(&dns_flows, t, flow, BPF_ANY);
	/* Nobody waits for what is asked aside: then a busy resolver would keep us awake. */
	if (!flow->aside)
		__sync_fetch_and_add(&dns_sent, 1);
}

/* ---- UDP ------------------------------------------------------------------------------------ */

static __always_inline bool dns_udp_payload(
	struct bytes *b, const struct sk_buff *skb, const struct packet *p)
{
	__u64 from = p->l4 + 8;

	if (p->udp_len < 8 + DNS_HEADER || p->end < from)
		return false;
	bytes_from(b, skb, from, p->end);
	return b->len + b->more_len >= DNS_HEADER;
}

static __always_inline __u32 dns_bound_to(__u64 sk)
{
	return PEEK(sock, (const struct sock *)sk, __sk_common.skc_num);
}

/* A socket that is closed is bound to nothing, and its memory may be another socket by now. */
static __always_inline bool dns_unheard(const struct dns_flow *flow)
{
	return flow->num && dns_bound_to(flow->sk) != flow->num;
}

/* A UDP packet to port 53 leaves a socket of this host, or (UNSENT) is dropped before it can. */
static __noinline int dns_query_udp(
	void *ctx, const struct sk_buff *skb, const void *sk, const struct packet *p, bool unsent)
{
	__u32 flags = unsent ? DNS_UNSENT : 0;
	struct dns_scratch *s = dns_scratch_get(flags);
	__u64 now = bpf_ktime_get_ns();
	struct dns_flow *seen;

	if (!s || !p)
		return 0;
	if (!dns_udp_payload(&s->left, skb, p))
		return 0;
	seen = bpf_map_lookup_elem(&dns_flows, &p->tuple);
	if (!unsent && seen && seen->skb == (__u64)skb && seen->seq == p->dns_id &&
		now - seen->ts_ns < DNS_SAME_NS)
		return 0;
	if (!dns_owner(ctx, s, &p->tuple, sk_netns(sk)))
		return 0;
	s->flow.sk = (__u64)sk;
	s->flow.skb = unsent ? 0 : (__u64)skb; /* the next packet may get the same memory */
	s->flow.ts_ns = now;
	s->flow.seq = p->dns_id;
	s->flow.num = dns_bound_to((__u64)sk);
	dns_await(&s->flow, &p->tuple);
	dns_report(s, &s->flow, &p->tuple, p->udp_len - 8, flags);
	return 0;
}

/* A UDP packet from port 53 arrives at DEV. */
static __noinline int dns_answer_udp(
	const struct sk_buff *skb, const struct net_device *dev, const struct packet *p)
{
	struct dns_scratch *s = dns_scratch_get(0);
	struct rec_tuple asked;
	struct dns_flow *flow;

	if (!s || !p || !dns_udp_payload(&s->left, skb, p))
		return 0;
	tuple_reverse(&asked, &p->tuple);
	flow = bpf_map_lookup_elem(&dns_flows, &asked);
	if (!flow || dev_netns(dev) != flow->owner.netns)
		return 0;
	dns_report(s, flow, &asked, p->udp_len - 8,
		DNS_RECEIVED | (dns_unheard(flow) ? DNS_UNHEARD : 0));
	return 0;
}

/* A query that a filter, a tc program, or a neighbour that stays silent, kept from its device was
 * sent all the same: without it nobody would know of the try. */
static __always_inline void dns_query_unsent(
	void *ctx, const struct sk_buff *skb, const void *sk, const struct packet *p)
{
	if (p->tuple.l4_proto == IPPROTO_UDP && p->tuple.dport == bpf_htons(DNS_PORT) && sk &&
		(BPF_CORE_READ(skb, mac_header) == DNS_MAC_NONE || verdict_of(skb)))
		dns_query_udp(ctx, skb, sk, p, true);
}

/* The id of a message that begins behind the linear part. */
static __always_inline void dns_id_paged(const struct sk_buff *skb, struct packet *p)
{
	struct bytes payload;
	__be16 id = 0;

	if (p->end >= p->l4 + 10 || !dns_udp_payload(&payload, skb, p))
		return;
	bpf_probe_read_kernel(&id, sizeof(id), (void *)payload.addr);
	p->dns_id = bpf_ntohs(id);
}

/* ---- TCP ------------------------------------------------------------------------------------ */

/* A stream to port 53 is there: its messages come when the attempt is not tracked any more. */
static __always_inline void dns_stream(const void *sk, const struct attempt *a)
{
	struct dns_flow flow = {.sk = (__u64)sk, .owner = a->owner};

	if (a->wire.dport == bpf_htons(DNS_PORT))
		bpf_map_update_elem(&dns_flows, &a->wire, &flow, BPF_ANY);
}

static __always_inline bool dns_tcp_payload(
	struct bytes *b, const struct sk_buff *skb, const struct packet *p)
{
	__u64 from = p->l4 + p->tcp_header;

	if (p->tcp_header < 20 || p->end < from)
		return false;
	bytes_from(b, skb, from, p->end);
	return b->len >= DNS_PREFIX + DNS_HEADER;
}

/* A segment to port 53 leaves a socket of this host. */
static __noinline int dns_query_tcp(
	void *ctx, const struct sk_buff *skb, const void *sk, const struct packet *p)
{
	struct dns_scratch *s = dns_scratch_get(0);
	struct dns_flow *seen;

	if (!s || !p)
		return 0;
	if (!dns_tcp_payload(&s->left, skb, p))
		return 0;
	seen = bpf_map_lookup_elem(&dns_flows, &p->tuple);
	/* On a second device, or once more from the retransmit timer: not a query of its own. */
	if (seen && seen->ts_ns && (__s32)(p->seq - seen->seq) <= 0)
		return 0;
	if (seen) {
		s->flow.owner = seen->owner;
		s->flow.aside = seen->aside;
	} else if (!dns_owner(ctx, s, &p->tuple, sk_netns(sk))) {
		return 0;
	}
	s->flow.sk = (__u64)sk;
	s->flow.skb = 0;
	s->flow.ts_ns = bpf_ktime_get_ns();
	s->flow.seq = p->seq;
	s->flow.num = 0;
	dns_await(&s->flow, &p->tuple);
	dns_report(s, &s->flow, &p->tuple, 0, DNS_TCP);
	return 0;
}

/* A segment from port 53 arrives at DEV. */
static __noinline int dns_answer_tcp(
	const struct sk_buff *skb, const struct net_device *dev, const struct packet *p)
{
	struct dns_scratch *s = dns_scratch_get(0);
	struct rec_tuple asked;
	struct dns_flow *flow;

	if (!s || !p || !dns_tcp_payload(&s->left, skb, p))
		return 0;
	tuple_reverse(&asked, &p->tuple);
	flow = bpf_map_lookup_elem(&dns_flows, &asked);
	if (!flow || dev_netns(dev) != flow->owner.netns)
		return 0;
	dns_report(s, flow, &asked, 0, DNS_TCP | DNS_RECEIVED);
	return 0;
}

#endif
