/* SPDX-License-Identifier: GPL-2.0-only */
/* random.h - numbers that are the same everywhere for a seed, as a failure must come again. */
#ifndef PATHLAG_UNIT_RANDOM_H
#define PATHLAG_UNIT_RANDOM_H

#include <linux/types.h>

static inline __u32 any(__u32 *seed, __u32 below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

#endif
