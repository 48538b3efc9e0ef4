/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * open_calls.h - the calls of the function layer that belong to an attempt.
 *
 * They illustrate what the milestones say and change nothing of it: neither phases nor milestones
 * depend on them, and they have a bound of their own. Part of the correlator, like open.h.
 */
#ifndef PATHLAG_OPEN_CALLS_H
#define PATHLAG_OPEN_CALLS_H

#include "output/open.h"

/* A call is made, or was made before the attempt was known (then with its end, if it has one). */
void open_call_add(struct open *o, const struct call *c);

/* A call has returned; one that was not kept is of no interest. */
void open_call_return(struct open *o, const struct call *c);

/* Notes in D the call around it, where that tells more than the place of the drop or its program.
 */
void open_call_around(const struct open *o, __u32 cpu, struct drop *d);

/* At the end: orders them; and the longest stretch of a phase: in which call was it spent? */
void open_calls_sort(struct open *o);
void open_calls_blame(struct attempt *a, enum phase phase, __u64 from_ns, __u64 to_ns);

#endif
