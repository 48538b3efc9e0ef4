/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drops_sample.h - drops made by hand: records as the kernel side writes them, through the decoder.
 */
#ifndef PATHLAG_DROPS_SAMPLE_H
#define PATHLAG_DROPS_SAMPLE_H

#include "output/drops.h"
#include "tests/unit/sample.h"
#include "tests/unit/unit.h"

enum { NOT_SPECIFIED = 2, NO_SOCKET, NETFILTER_DROP = 12 };

#define IN_UDP     0xffffffff81000010ULL /* two places of one function */
#define IN_UDP_TOO 0xffffffff81000020ULL
#define IN_NFT     0xffffffffc0000010ULL
#define IN_TCP     0xffffffff81000030ULL
#define IN_PURGE   0xffffffff81000040ULL
#define IN_PING    0xffffffff81000050ULL
#define IN_XDP     0xffffffff81000060ULL
#define BY_XDP     5 /* a program */

struct drops_sample {
	struct decoder *decoder;
	struct event ev;
	struct dropped drop; /* the last one */
	struct {
		struct rec_dropped rec;
		__u64 stack[4];
	} bytes;
};

static inline int sample_put(struct drops_sample *s, void *rec, enum rec_type type, size_t len)
{
	struct rec_hdr *hdr = rec;

	hdr->type = type;
	hdr->len = (__u16)len;
	return decoder_read(s->decoder, rec, len, &s->ev);
}

static inline void sample_symbol(struct drops_sample *s, __u64 addr, const char *name)
{
	struct rec_symbol rec = {.addr = addr};

	snprintf(rec.name, sizeof(rec.name), "%s", name);
	CHECK_INT(sample_put(s, &rec, REC_SYMBOL, sizeof(rec)), 0);
}

static inline void sample_reason(struct drops_sample *s, __u32 code, const char *name)
{
	struct rec_reason rec = {.code = code, .subsys = "core"};

	snprintf(rec.name, sizeof(rec.name), "%s", name);
	CHECK_INT(sample_put(s, &rec, REC_REASON, sizeof(rec)), 0);
}

static inline void drops_sample_init(struct drops_sample *s)
{
	struct rec_func program = {.id = BY_XDP,
		.returns = RETURNS_XDP,
		.ret_bytes = 4,
		.name = "xdp_drop81",
		.module = "bpf",
		.prog_kind = PROG_XDP,
		.prog_id = 42};

	memset(s, 0, sizeof(*s));
	s->decoder = decoder_new();
	sample_symbol(s, IN_UDP, "__udp4_lib_rcv+0x4bc");
	sample_symbol(s, IN_UDP_TOO, "__udp4_lib_rcv+0x20");
	sample_symbol(s, IN_NFT, "nft_do_chain+0x40e [nf_tables]");
	sample_symbol(s, IN_TCP, "tcp_v4_rcv+0x62");
	sample_symbol(s, IN_PURGE, "sk_stream_kill_queues+0x57");
	sample_symbol(s, IN_PING, "ping_rcv+0xab");
	sample_symbol(s, IN_XDP, "do_xdp_generic+0x284");
	sample_reason(s, NOT_SPECIFIED, "NOT_SPECIFIED");
	sample_reason(s, NO_SOCKET, "NO_SOCKET");
	sample_reason(s, NETFILTER_DROP, "NETFILTER_DROP");
	CHECK_INT(sample_put(s, &program, REC_FUNC, sizeof(program)), 0);
}

static inline void drops_sample_done(struct drops_sample *s)
{
	decoder_free(s->decoder);
}

/* A datagram that arrived, 28 bytes from its UDP header on. */
static inline struct rec_dropped sample_dropped(__u32 reason, __u64 location)
{
	struct rec_dropped rec = {.skb = 0xffff888000005000,
		.location = location,
		.reason = reason,
		.owner = sample_owner(),
		.tuple = sample_tuple("10.9.1.2", 40000, "10.9.2.2", 53),
		.dev = {.ifindex = 2, .netns = 4026531840, .name = "eth0"},
		.len = 28,
		.ethertype = 0x800};

	rec.tuple.l4_proto = IPPROTO_UDP;
	return rec;
}

/* Decodes REC, told at NS after the start; a stack of FRAMES follows it. */
static inline const struct dropped *sample_told(
	struct drops_sample *s, const struct rec_dropped *rec, __u64 ns, unsigned frames)
{
	s->bytes.rec = *rec;
	s->bytes.rec.stack_len = frames;
	s->bytes.rec.hdr.ts_ns = SAMPLE_START + ns;
	CHECK_INT(sample_put(s, &s->bytes, REC_DROPPED, sizeof(s->bytes)), 1);
	dropped_of(&s->drop, &s->ev);
	return &s->drop;
}

#endif
