/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text_held.h - slow and failed lookups that wait a moment for the connect that tells their story.
 *
 * A lookup followed by a connect is part of that connect's block; one that is not (dig, a name that
 * does not exist) gets a block of its own once HELD_NS have passed. Part of the text sink.
 */
#ifndef PATHLAG_TEXT_HELD_H
#define PATHLAG_TEXT_HELD_H

#include "output/text_page.h"

#define HELD_NS  1500000000ULL /* a connect counts a lookup's time for one second */
#define HELD_MAX 16

struct held {
	unsigned count;
	struct {
		struct lookup lookup;
		struct verdict verdict;
	} row[HELD_MAX];
};

/* Takes a lookup; prints the oldest where there is no room. 0 or -errno. */
int held_add(struct held *h, struct page *p, const struct lookup *l, const struct verdict *v);

/* Forgets the lookups whose time is part of A. */
void held_told(struct held *h, const struct attempt *a);

/* Prints those that have waited long enough by NOW_NS. 0 or -errno. */
int held_release(struct held *h, struct page *p, __u64 now_ns);

#endif
