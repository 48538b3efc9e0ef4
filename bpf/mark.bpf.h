/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mark.bpf.h - what the first of two programs at one tracepoint tells the second: "this one I have
 * seen". For events that leave no other trace (twin.bpf.h).
 *
 * One firing hands both programs the same arguments at the same place of the stack; that place is
 * the key, as the task may go on on another CPU in between. A mark that the second program was not
 * run to take away is put over by the next event there, or differs in its object.
 */
#ifndef PATHLAG_MARK_BPF_H
#define PATHLAG_MARK_BPF_H

#include "bpf/owner.bpf.h"

#define MARKS_MAX 1024 /* between two programs at a time; probe.c makes it 1 where none is used */

const volatile bool twinned = false; /* some tracepoints have two programs */

HASH_MAP(marks, BPF_MAP_TYPE_LRU_HASH, MARKS_MAX, __u64, __u64);

/* OBJECT: what the event is about. */
static __always_inline void mark_seen(void *ctx, __u64 object)
{
	__u64 place;

	if (!twinned)
		return;
	place = address_of(ctx);
	bpf_map_update_elem(&marks, &place, &object, BPF_ANY);
}

/* Has the first program seen it? Asked once: the mark is gone then. */
static __always_inline bool mark_take(void *ctx, __u64 object)
{
	__u64 place = address_of(ctx), *seen = bpf_map_lookup_elem(&marks, &place);

	if (!seen || *seen != object)
		return false;
	bpf_map_delete_elem(&marks, &place);
	return true;
}

#endif
