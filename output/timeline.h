/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timeline.h - what attempts and passive opens have in common while they go on: bounded arrays of
 * what happened, ordered at the end.
 *
 * Part of the correlator.
 */
#ifndef PATHLAG_TIMELINE_H
#define PATHLAG_TIMELINE_H

#include "output/attempt.h"
#include "output/event.h"

/* Room for one more element: NULL at the limit or without memory, which both mean "not kept". */
void *timeline_grow(void *array, unsigned used, unsigned *room, unsigned limit, size_t size);

/* Stable: what happened in the same nanosecond stays as it was told. */
void timeline_sort(struct moment *moment, unsigned count);

/* What a REC_DROP says, as a value. */
struct drop timeline_drop(const struct event *ev);

/*
 * A SYN of a connection that a socket of this host has answered already is answered again and
 * freed. Kernels without reasons free one they drop at the same place: only the answer tells them
 * apart.
 */
bool timeline_may_be_answered(const struct drop *d);

void timeline_set_dev(char to[REC_IFNAME_LEN + 1], const struct rec_dev *dev);

#endif
