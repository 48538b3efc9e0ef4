/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hops.h - records of the function layer written by hand, fed through decoder and correlator. What
 * comes out is kept: edges as one line of text each, trees likewise, packets as they are. Times are
 * in nanoseconds from HOPS_START on.
 */
#ifndef PATHLAG_TEST_HOPS_H
#define PATHLAG_TEST_HOPS_H

#include <arpa/inet.h>

#include "output/names.h"
#include "output/paths.h"
#include "output/sink.h"
#include "tests/unit/unit.h"

#define HOPS_START 1000000000ULL
#define HOPS_KEEP  16
#define HOPS_TEXT  8192

/* Two kernel stacks and slots on them: what is called has the lower slot. */
#define TASK         0xffffc90000010000ULL
#define SOFTIRQ      0xffffc900000a0000ULL
#define SLOT(st, up) ((st) + 0x3f00 - 0x40 * (__u64)(up))

enum { F_OUTPUT = 1, F_HOOK, F_XMIT, F_RECEIVE, F_TCP_RCV, F_REASON, F_VETH, F_VOID };

struct hops {
	struct decoder *decoder;
	struct paths *paths;
	struct sink *sink; /* hears all of it too; may be NULL */
	__u32 cpu;
	char edges[HOPS_TEXT]; /* ">1 ip_output", "<1 ip_output 20": depth, name, duration */
	char trees[HOPS_TEXT]; /* "[0 ip_output 20][1 nf_hook_slow ?] ": a line a tree */
	unsigned hops_told, trees_told, packets_told;
	struct packet packet[HOPS_KEEP];
	struct subject first[HOPS_KEEP], last[HOPS_KEEP];
};

_printf_(3, 4) static inline void hops_say(char *text, size_t size, const char *fmt, ...)
{
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, size - len, fmt, ap);
	va_end(ap);
}

static inline void hops_on_hop(void *arg, const struct hop *h)
{
	static const char *const marks[] = {
		[EDGE_ENTRY] = ">", [EDGE_RETURN] = "<", [EDGE_POINT] = "-"};
	struct hops *s = arg;

	s->hops_told++;
	hops_say(s->edges, HOPS_TEXT, "%s%u %s", marks[h->edge], h->call->depth,
		h->call->func->name);
	if (h->edge == EDGE_RETURN)
		hops_say(s->edges, HOPS_TEXT, " %llu", call_dur_ns(h->call));
	hops_say(s->edges, HOPS_TEXT, "\n");
	if (s->sink && s->sink->ops->hop)
		CHECK_INT(s->sink->ops->hop(s->sink, h), 0);
}

static inline void hops_on_tree(void *arg, const struct call_tree *t)
{
	struct hops *s = arg;

	s->trees_told++;
	for (unsigned i = 0; i < t->calls_kept; i++) {
		const struct call *c = &t->call[i];

		hops_say(s->trees, HOPS_TEXT, "[%u %s", c->depth,
			c->drop ? c->drop->location : c->func->name);
		if (c->end == CALL_RETURNED)
			hops_say(s->trees, HOPS_TEXT, " %llu]", call_dur_ns(c));
		else
			hops_say(s->trees, HOPS_TEXT, "%s]",
				c->drop                ? " dropped"
				: c->end == CALL_OPEN  ? " open"
				: c->end == CALL_POINT ? ""
						       : " ?");
	}
	hops_say(s->trees, HOPS_TEXT, "%s\n", t->complete ? "" : " cut");
	if (s->sink && s->sink->ops->tree)
		CHECK_INT(s->sink->ops->tree(s->sink, t), 0);
}

static inline void hops_on_packet(void *arg, const struct packet *p)
{
	struct hops *s = arg;

	if (s->packets_told < HOPS_KEEP) {
		s->packet[s->packets_told] = *p;
		s->first[s->packets_told] = *p->first;
		s->last[s->packets_told] = *p->last;
	}
	s->packets_told++;
	if (s->sink && s->sink->ops->packet)
		CHECK_INT(s->sink->ops->packet(s->sink, p), 0);
}

static inline void hops_put(struct hops *s, void *rec, enum rec_type type, size_t len, __u64 ns)
{
	struct rec_hdr *hdr = rec;
	struct event ev;
	int n;

	*hdr = (struct rec_hdr){
		.type = type, .len = (__u16)len, .cpu = s->cpu, .ts_ns = HOPS_START + ns};
	n = decoder_read(s->decoder, rec, len, &ev);
	if (n < 0)
		unit_fail(__FILE__, __LINE__, "record type %d is refused", type);
	if (n == 1 && paths_feed(s->paths, &ev))
		unit_fail(__FILE__, __LINE__, "record type %d is not taken", type);
}

#define HOPS_PUT(s, ns, type, ...)                  \
 do {                                               \
  __typeof__(__VA_ARGS__) put_rec = __VA_ARGS__;    \
  hops_put(s, &put_rec, type, sizeof(put_rec), ns); \
 } while (0)

static inline void hops_func(struct hops *s, __u32 id, const char *name, const char *module,
	enum rec_func_returns returns, __u32 bytes)
{
	struct rec_func rec = {.id = id, .returns = returns, .ret_bytes = bytes};

	snprintf(rec.name, sizeof(rec.name), "%s", name);
	snprintf(rec.module, sizeof(rec.module), "%s", module);
	HOPS_PUT(s, 0, REC_FUNC, rec);
}

static inline void hops_names(struct hops *s)
{
	hops_func(s, F_OUTPUT, "ip_output", "vmlinux", RETURNS_INT, 4);
	hops_func(s, F_HOOK, "nf_hook_slow", "vmlinux", RETURNS_NF_SLOW, 4);
	hops_func(s, F_XMIT, "dev_hard_start_xmit", "vmlinux", RETURNS_POINTER, 8);
	hops_func(s, F_RECEIVE, "__netif_receive_skb_core", "vmlinux", RETURNS_RX, 4);
	hops_func(s, F_TCP_RCV, "tcp_v4_rcv", "vmlinux", RETURNS_INT, 4);
	hops_func(s, F_REASON, "tcp_rcv_state_process", "vmlinux", RETURNS_DROP_REASON, 4);
	hops_func(s, F_VETH, "veth_xmit", "veth", RETURNS_XMIT, 4);
	hops_func(s, F_VOID, "tcp_ack_update_rtt", "vmlinux", RETURNS_VOID, 0);
	HOPS_PUT(s, 0, REC_SYMBOL,
		(struct rec_symbol){.addr = 0xffffffff81000000, .name = "nf_hook_slow+0x5c"});
	HOPS_PUT(s, 0, REC_REASON,
		(struct rec_reason){.code = 12, .subsys = "core", .name = "NETFILTER_DROP"});
}

static inline void hops_program(
	struct hops *s, __u32 id, enum rec_prog_kind kind, const char *name, __u32 flags)
{
	static const enum rec_func_returns returns[PROG_KINDS] = {
		[PROG_XDP] = RETURNS_XDP,
		[PROG_TC] = RETURNS_TC,
		[PROG_CGROUP_SKB] = RETURNS_CGROUP_SKB,
		[PROG_SK_SKB] = RETURNS_SK_SKB,
		[PROG_LWT] = RETURNS_LWT,
		[PROG_NETFILTER] = RETURNS_NF,
	};
	struct rec_func rec = {.id = id,
		.flags = flags,
		.returns = returns[kind],
		.ret_bytes = 4,
		.module = "bpf",
		.prog_kind = kind,
		.prog_id = id};

	snprintf(rec.name, sizeof(rec.name), "%s", name);
	HOPS_PUT(s, 0, REC_FUNC, rec);
}

/* CFG's callbacks are set here. */
static inline struct hops *hops_new(struct paths_cfg cfg)
{
	struct hops *s = calloc(1, sizeof(*s));

	cfg.arg = s;
	cfg.on_hop = hops_on_hop;
	cfg.on_tree = hops_on_tree;
	cfg.on_packet = hops_on_packet;
	s->decoder = decoder_new();
	s->paths = paths_new(&cfg);
	hops_names(s);
	return s;
}

static inline void hops_free(struct hops *s)
{
	paths_free(s->paths);
	decoder_free(s->decoder);
	free(s);
}

/* ---- the usual records -------------------------------------------------------------------- */

static inline struct rec_hop hops_entry(__u32 func, __u64 stack, unsigned up)
{
	return (struct rec_hop){.func = func, .stack = stack, .slot = SLOT(stack, up)};
}

static inline void hops_enter(struct hops *s, __u64 ns, __u32 func, __u64 stack, unsigned up)
{
	HOPS_PUT(s, ns, REC_HOP, hops_entry(func, stack, up));
}

static inline void hops_return(
	struct hops *s, __u64 ns, __u32 func, __u64 stack, unsigned up, __u64 ret)
{
	HOPS_PUT(s, ns, REC_HOP_RETURN,
		(struct rec_hop_return){
			.func = func, .stack = stack, .slot = SLOT(stack, up), .ret = ret});
}

/* An entry with a packet. */
static inline void hops_pass(
	struct hops *s, __u64 ns, __u32 func, __u64 stack, unsigned up, __u64 packet, __u64 skb)
{
	struct rec_hop rec = hops_entry(func, stack, up);

	rec.packet = packet;
	rec.skb = skb;
	rec.len = 60;
	rec.netns = 7;
	rec.ifindex = 2;
	HOPS_PUT(s, ns, REC_HOP, rec);
}

static inline struct rec_tuple hops_tuple(const char *saddr, __u16 sport, const char *daddr)
{
	struct rec_tuple t = {
		.family = 4, .l4_proto = 6, .sport = htons(sport), .dport = htons(80)};

	inet_pton(AF_INET, saddr, t.saddr);
	inet_pton(AF_INET, daddr, t.daddr);
	return t;
}

static inline struct rec_packet hops_syn(__u64 packet, __u64 skb)
{
	return (struct rec_packet){.packet = packet,
		.skb = skb,
		.sk = 0xffff888000001000,
		.owner = {.tgid = 4242, .tid = 4243, .netns = 7, .comm = "curl"},
		.tuple = hops_tuple("10.9.1.2", 40000, "10.9.2.2"),
		.dev = {.ifindex = 2, .netns = 7, .name = "eth0"},
		.len = 60,
		.seq = 17,
		.ethertype = 0x0800,
		.tcp_flags = TCPF_SYN};
}

static inline void hops_packet(struct hops *s, __u64 ns, __u64 packet, __u64 skb, __u64 parent)
{
	struct rec_packet rec = hops_syn(packet, skb);

	rec.parent = parent;
	HOPS_PUT(s, ns, REC_PACKET, rec);
}

static inline void hops_end(struct hops *s, __u64 ns, __u64 packet, __u64 skb, bool dropped)
{
	HOPS_PUT(s, ns, REC_PACKET_END,
		(struct rec_packet_end){.packet = packet,
			.skb = skb,
			.location = 0xffffffff81000000,
			.reason = dropped ? 12 : 0,
			.dropped = dropped});
}

static inline void hops_stop(struct hops *s, __u64 ns)
{
	HOPS_PUT(s, ns, REC_STOP, (struct rec_hdr){0});
}

static inline void hops_tick(struct hops *s, __u64 ns)
{
	HOPS_PUT(s, ns, REC_TICK, (struct rec_hdr){0});
}

#endif
