/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * state.bpf.h - the sockets and processes that are followed.
 *
 * The milestone layer fills them; the function layer shares them (hook.c) or, where it runs alone,
 * has its own. `tracked` makes nearly every program free for traffic that is not ours: a plain load
 * tells that there is nothing to look for.
 */
#ifndef PATHLAG_STATE_BPF_H
#define PATHLAG_STATE_BPF_H

#include "bpf/ring.bpf.h"

#define SOCKS_MAX 16384

__u32 tracked SEC(".data.shared") = 0; /* entries of `socks` */

/* A socket of ours in SYN_SENT or, where the SYNs have crossed, SYN_RECV. */
struct attempt {
	struct rec_owner owner;
	struct rec_tuple wire; /* of its last SYN; family 0 = none sent yet */
	__u64 dev;             /* the device it left by first, 0 = none yet */
	struct rec_dev dev_is;
	__u32 crossed; /* the peer's SYN came instead of an answer: it is in SYN_RECV */
	__u32 pad;
};

/*
 * What a BPF program on this CPU has just decided against: the kernel is about to free that packet.
 * Written by the program layer, read where packets are seen freed (verdict.bpf.h).
 */
struct verdict {
	__u64 of; /* the skb; of XDP the start of the frame's memory. 0 = none */
	__u64 ts_ns;
	__u32 func; /* REC_FUNC's id */
	__s32 value;
	__u32 told; /* 1 = the drop is told already: of a frame, which there may be no skb around */
	__u32 pad;
};

HASH_MAP(verdicts, BPF_MAP_TYPE_PERCPU_ARRAY, 1, __u32, struct verdict);
HASH_MAP(socks, BPF_MAP_TYPE_HASH, SOCKS_MAX, __u64, struct attempt);
HASH_MAP(tuples, BPF_MAP_TYPE_HASH, SOCKS_MAX, struct rec_tuple, __u64);
HASH_MAP(scope_tgids, BPF_MAP_TYPE_HASH, SOCKS_MAX, __u32, __u32);

#endif
