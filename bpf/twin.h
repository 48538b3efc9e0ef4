/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * twin.h - second programs for tracepoints whose first one the kernel may skip (twin.bpf.h).
 *
 *	twins_choose()  which programs are to be loaded, before they are
 *	twins_attach()  those that raw tracepoints do not take
 *	twins_missed()  events that neither of two programs can have seen, at the end
 *
 * Linux 7.0 (a46023d5616e) guards a tracepoint's programs by SRCU and no longer by preemption being
 * off; perf's it still runs with preemption off (16718274ee75). On kernels before that nothing of
 * this is used.
 */
#ifndef PATHLAG_TWIN_H
#define PATHLAG_TWIN_H

#include <bpf/libbpf.h>
#include "bpf/base.h"
#include "bpf/kernel.h"

#define TWIN_EVENTS 5

struct twins {
	bool on;                /* programs are preempted here */
	int event[TWIN_EVENTS]; /* of perf; -1 = none, or its link has it */
};

/* Before the load: the second programs of OBJ are to be loaded where the first ones are. 0, or
 * -errno where perf cannot be used for all of them: those that need it are not loaded then. */
int twins_choose(struct twins *t, struct bpf_object *obj, const struct kernel *k);

/* Attaches the next program, from *I on, that raw tracepoints do not take, and names it; NULL with
 * *WHAT set: it failed with errno; *WHAT NULL: there is none left. */
struct bpf_link *twins_attach(
	struct twins *t, struct bpf_object *obj, size_t *i, const char **what);

/*
 * Events at which a program of OBJ was skipped, and its twin as well: at most so many, as two
 * programs may have been skipped at different events. 0 on kernels before 5.12, which do not count.
 */
uint64_t twins_missed(const struct bpf_object *obj);

/* How often the kernel has skipped a program of OBJ. */
uint64_t programs_skipped(const struct bpf_object *obj);

void twins_done(struct twins *t);

#endif
