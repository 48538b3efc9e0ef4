/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * programs.h - BPF programs, and the XDP frames they get, in streams of hops.h.
 */
#ifndef PATHLAG_TEST_PROGRAMS_H
#define PATHLAG_TEST_PROGRAMS_H

#include "tests/unit/hops.h"

#define SKB   0xffff888000005000ULL
#define FRAME 0xffff888000006000ULL
#define ID    0x1234567800000001ULL

enum { P_XDP = 12, P_TC, P_TAIL, P_CGROUP, P_SK, P_LWT, P_NF };
enum { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT };

static inline void programs_name_all(struct hops *s)
{
	hops_program(s, P_XDP, PROG_XDP, "drop81", 0);
	hops_program(s, P_TC, PROG_TC, "drop82", 0);
	hops_program(s, P_TAIL, PROG_TC, "drop_all", FUNC_CALLEE);
	hops_program(s, P_CGROUP, PROG_CGROUP_SKB, "egress", 0);
	hops_program(s, P_SK, PROG_SK_SKB, "verdict", 0);
	hops_program(s, P_LWT, PROG_LWT, "encap", 0);
	hops_program(s, P_NF, PROG_NETFILTER, "nf", 0);
}

static inline struct hops *programs_hear(struct sink *sink)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	s->sink = sink;
	programs_name_all(s);
	return s;
}

static inline void programs_put_frame(struct hops *s, __u64 ns)
{
	struct rec_packet rec = hops_syn(ID, FRAME);

	rec.frame = 1;
	HOPS_PUT(s, ns, REC_PACKET, rec);
}

static inline void programs_enter_frame(struct hops *s, __u64 ns, __u32 program, unsigned up)
{
	struct rec_hop rec = hops_entry(program, SOFTIRQ, up);

	rec.flags = HOP_FRAME;
	rec.packet = ID;
	rec.skb = FRAME;
	rec.len = 60;
	rec.netns = 7;
	rec.ifindex = 2;
	HOPS_PUT(s, ns, REC_HOP, rec);
}

/* An XDP program alone: a frame comes, it says VERDICT. */
static inline void programs_play_frame(struct hops *s, __u32 verdict)
{
	programs_put_frame(s, 0);
	programs_enter_frame(s, 1000, P_XDP, 0);
	hops_return(s, 2000, P_XDP, SOFTIRQ, 0, verdict);
}

#endif
