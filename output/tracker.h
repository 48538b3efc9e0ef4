/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracker.h - the correlator: events in, finished lookups, attempts and passive opens out.
 *
 * It knows no kernel and no clock but the events' own time stamps, so a saved stream gives the same
 * results as the live one. An attempt is handed out once, when nothing more can be said about it:
 * the connect returned, a non-blocking socket left SYN_SENT, or the stream stopped. Memory is
 * bounded by the `max_*` below: the oldest is handed out as it stands (ATTEMPT_IN_PROGRESS) and
 * counted. An attempt and the passive open on its other side know of each other where both are
 * seen.
 */
#ifndef PATHLAG_TRACKER_H
#define PATHLAG_TRACKER_H

#include "output/attempt.h"
#include "output/event.h"
#include "output/passive.h"

struct tracker;

struct tracker_cfg {
	size_t max_attempts; /* open at one time; 0 = 16384 */
	size_t max_lookups;  /* kept for linking; 0 = 2048 */
	size_t max_passives; /* open at one time; 0 = 16384 */
	void *arg;
	void (*on_lookup)(void *arg, const struct lookup *l);
	void (*on_attempt)(void *arg, const struct attempt *a);
	void (*on_passive)(void *arg, const struct passive *p); /* NULL = of no interest */
};

/* NULL when out of memory. */
struct tracker *tracker_new(const struct tracker_cfg *cfg);

/* Takes one event; calls back for whatever is finished by it. Returns 0 or -ENOMEM. */
int tracker_feed(struct tracker *t, const struct event *ev);

/* Attempts, lookups and passive opens given up early for want of room. */
__u64 tracker_evicted(const struct tracker *t);

void tracker_free(struct tracker *t);

#endif
