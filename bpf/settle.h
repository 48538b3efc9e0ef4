/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * settle.h - nothing is awaited any more: programs that look for what belongs to a query, or to a
 * connect to a listener here, are told so and cost nearly nothing again.
 *
 * Included by BPF programs after vmlinux.h and by user space.
 */
#ifndef PATHLAG_SETTLE_H
#define PATHLAG_SETTLE_H

#include "bpf/record.h"

struct passive_key {
	struct rec_tuple tuple; /* the initiator's orientation, as the listener sees it */
	__u32 netns;            /* the listener's */
	__u32 pad;
};

/* A SYN that is told, and what came of it, until accept() or its end. */
struct passive_open {
	__u64 listener; /* 0 = not known which one */
	__u64 skb;      /* of its last SYN, which came at syn_ns */
	__u64 syn_ns;
	__u32 isn;
	__u32 flags; /* of enum rec_passive_flags those that hold for all that follows */
	__u32 established;
	__u32 pad;
};

#ifndef __bpf__

struct settle {
	__u32 dns_sent; /* at dns_sent_ns, to see when queries have stopped */
	__u64 dns_sent_ns;
	__u64 aged_ns; /* when half-open connects were looked through last */
};

/* The programs' own counters and map. */
struct settle_state {
	const __u32 *dns_sent;
	__u32 *dns_settled;
	__u32 *opening;
	int passives;
};

/* To be called often. NOW_NS: CLOCK_MONOTONIC. */
void settle(struct settle *s, const struct settle_state *of, __u64 now_ns);

/* Forgets the half-open connects whose last SYN is too old, as their client has gone away without
 * a word, or an attacker it was; of what a full map has made room of, `opening` is set right. */
void settle_passives(const struct settle_state *of, __u64 now_ns);

#endif
#endif
