/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hook_tail.h - the programs that others jump to (bpf_tail_call): which they are, and a breakpoint
 * of the processor on each, as nothing else sees such a jump. A processor has four of them.
 */
#ifndef PATHLAG_HOOK_TAIL_H
#define PATHLAG_HOOK_TAIL_H

#include <linux/types.h>
#include "bpf/base.h"

#define TAILS_TRACED_MAX 4
#define TAIL_ENTRIES_MAX 256 /* of one array that are looked at */

/* Called for each entry of each program array of the host. */
typedef void (*tail_found_fn)(void *arg, __u32 prog_id);
void tails_find(tail_found_fn found, void *arg);

/* Events of all CPUs; closing them takes the breakpoint away. */
struct tail_break {
	__u64 addr;
	int *event;
	size_t events;
};

/* A breakpoint that runs PROG, of type PERF_EVENT, where jumps enter program FD. 0 or -errno with
 * ERR. */
int tail_break_set(struct tail_break *b, int fd, int prog, struct errbuf *err);
void tail_break_done(struct tail_break *b);

#endif
