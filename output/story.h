/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * story.h - what an attempt and a passive open have in common for a sink: what was dropped, and
 * what happened when. Borrows from the one it is made of.
 */
#ifndef PATHLAG_STORY_H
#define PATHLAG_STORY_H

#include "output/passive.h"

struct story {
	__u64 start_ns;
	unsigned drops_kept;
	const struct drop *drop;
	unsigned moments, moments_kept;
	const struct moment *moment;
	unsigned calls, calls_kept;
	const struct attempt_call *call;
};

static inline struct story story_of_attempt(const struct attempt *a)
{
	return (struct story){.start_ns = a->start_ns,
		.drops_kept = a->drops_kept,
		.drop = a->drop,
		.moments = a->moments,
		.moments_kept = a->moments_kept,
		.moment = a->moment,
		.calls = a->calls,
		.calls_kept = a->calls_kept,
		.call = a->call};
}

static inline struct story story_of_passive(const struct passive *p)
{
	return (struct story){.start_ns = p->start_ns,
		.drops_kept = p->drops_kept,
		.drop = p->drop,
		.moments = p->moments,
		.moments_kept = p->moments_kept,
		.moment = p->moment};
}

#endif
