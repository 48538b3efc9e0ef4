/* SPDX-License-Identifier: GPL-2.0-only */
/* json_drop.h - the JSON of `drops`. Inside the JSON sink only. */
#ifndef PATHLAG_JSON_DROP_H
#define PATHLAG_JSON_DROP_H

#include "output/drops.h"
#include "output/json_fast.h"
#include "output/json_line.h"

/* The `drop` line. 0 or -errno. */
int json_drop_write(struct fast_line *f, bool stacks, const struct dropped *d);

/* Members of `summary`: the rows, and what found no row. */
void json_drop_counts(struct json_line *l, const struct drop_counts *n);

#endif
