/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hook_program.h - other people's BPF programs, traced by fentry and fexit: copies of two of ours,
 * made for each.
 *
 *	program_hooks_new()		before the object is opened: it takes our two programs out
 *of the load, as the kernel could only verify them for a program to trace program_hooks_scan()
 *attach to what has been loaded since the last time program_hooks_free()	detach
 *
 * What is traced stays in the kernel until then, even if its owner takes it away.
 */
#ifndef PATHLAG_HOOK_PROGRAM_H
#define PATHLAG_HOOK_PROGRAM_H

#include "bpf/base.h"
#include "bpf/kernel.h"
#include "bpf/programs.h"
#include "filters/filter.h"

struct program_hooks;

#define PROGRAMS_TRACED_MAX 1024

/* SPLICE, or NULL, must stay until the object is loaded. */
int program_hooks_new(struct program_hooks **ret, const struct kernel *k,
	struct filter_splice *splice, struct errbuf *err);

/* What of the loaded object is written to. */
struct program_maps {
	int tail_targets;
	__u32 *tails_watched, *asks_watched;
};

/* The object is loaded: its handlers are not needed any more. FIRST: number of the first program.
 */
void program_hooks_loaded(struct program_hooks *p, __u32 first, const struct program_maps *maps);

/* Called for each that cannot be traced. */
typedef void (*program_skip_fn)(void *arg, const struct program *p, const char *why);

/* How many were added. One system call where there is nothing new. */
size_t program_hooks_scan(struct program_hooks *p, program_skip_fn skip, void *arg);

size_t program_hooks_count(const struct program_hooks *p);

/* By its number in records; NULL = none. */
const struct program *program_hooks_get(const struct program_hooks *p, __u32 func);

void program_hooks_free(struct program_hooks *p);

#endif
