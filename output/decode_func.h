/* SPDX-License-Identifier: GPL-2.0-only */
/* decode_func.h - the decoder's table of traced functions (REC_FUNC), by number. */
#ifndef PATHLAG_DECODE_FUNC_H
#define PATHLAG_DECODE_FUNC_H

#include "output/event.h"

struct func_table {
	struct func **func;
	size_t room;
	struct func beyond; /* stands for numbers that no program of ours gives */
};

void func_table_init(struct func_table *t);
void func_table_done(struct func_table *t);

/* Names a function; what had that number before keeps its place, and is now this one. */
void func_table_put(struct func_table *t, const struct rec_func *rec);

bool func_table_has(const struct func_table *t, __u32 id);

/* Never NULL: a number that was not named gets "func#12". */
const struct func *func_table_get(struct func_table *t, __u32 id);

/* The register RET as the function meant it. */
__s64 func_ret(const struct func *f, __u64 ret);

#endif
