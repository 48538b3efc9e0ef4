/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * causes.h - every cause that a verdict can name and the kernel's drop reasons, explained.
 *
 * The one place where such texts live: `pathlag explain` prints them, the verdicts take their
 * hints from here. All is static.
 */
#ifndef PATHLAG_CAUSES_H
#define PATHLAG_CAUSES_H

#include "bpf/base.h"

#define CAUSE_LOOK_MAX 5

struct cause {
	const char *name;  /* "accept_queue_full"; "NETFILTER_DROP", without SKB_DROP_REASON_ */
	const char *means; /* one sentence each */
	const char *comes_about;
	const char *look_at[CAUSE_LOOK_MAX]; /* commands and places; NULL behind the last */
	const char *hint; /* of a verdict: what to do about it; NULL = nothing, and of a reason */
	const char *who;  /* of a reason: who drops, as a verdict says it: "netfilter"; NULL */
};

struct causes {
	size_t count;
	const struct cause *cause;
};

/* Causes of verdicts; what BPF programs return to drop; the kernel's drop reasons, by theme. */
extern const struct causes causes_of_verdicts, causes_of_programs;
extern const struct causes *const causes_of_drops[];
extern const size_t causes_of_drops_count;

/* NULL = there is none. NAME exactly as in the table. */
const struct cause *cause_find(const char *name);
const struct cause *cause_of_reason(const char *name);

#endif
