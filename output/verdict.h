/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict.h - one cause for one attempt: what cost most, and the sentence that says so.
 *
 * The rules are tables (verdict_*.c): each row is a cause, a condition on the finished attempt, the
 * time it is charged with and the text. The first kind of failure, or the costliest slow phase,
 * wins; what failed beats what was slow.
 */
#ifndef PATHLAG_VERDICT_H
#define PATHLAG_VERDICT_H

#include "output/attempt.h"
#include "output/passive.h"

#define VERDICT_ALSO     4 /* further causes that are named */
#define VERDICT_EVIDENCE 8 /* moments that are pointed at */

/* Something else that went wrong, or took long, and cost less than the cause. */
struct verdict_also {
	const char *cause;
	double share;
	char text[256];
};

struct verdict {
	const char *cause; /* static: "ok", "dns_slow", ... as in design.md */
	double share;      /* of dur_ns, 0..1; of family_fallback, of the group's time, so that
			      it and those beside it may be more than 1 */
	char text[512];    /* one sentence, UTF-8, control bytes escaped */
	char hint[256];    /* what to do about it; "" = nothing */
	unsigned alsos;    /* the costliest first */
	struct verdict_also also[VERDICT_ALSO];
	unsigned evidences; /* indexes into the attempt's kept moments, ascending */
	unsigned evidence[VERDICT_EVIDENCE];
};

/* SLOW_NS: below it an attempt that did not fail is "ok". */
void verdict_of_attempt(const struct attempt *a, __u64 slow_ns, struct verdict *ret);
void verdict_of_passive(const struct passive *p, __u64 slow_ns, struct verdict *ret);
void verdict_of_lookup(const struct lookup *l, __u64 slow_ns, struct verdict *ret);

#endif
