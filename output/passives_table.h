/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * passives_table.h - the passive opens that are known: open ones, and for some seconds finished
 * ones. Part of passives.h: passives.c feeds them, passives_join.c asks for them.
 */
#ifndef PATHLAG_PASSIVES_TABLE_H
#define PATHLAG_PASSIVES_TABLE_H

#include "output/passive_open.h"
#include "output/passives.h"

#define PASSIVES_BUCKETS 4096
#define PASSIVES_EMPTY   1024

LIST_HEAD(passive_bucket, passive_open);
TAILQ_HEAD(passive_list, passive_open);

/* When a listening socket's accept queue was seen empty last. */
struct empty_queue {
	__u64 listener, ts_ns;
};

struct passives {
	size_t max, count, finished_count;
	void (*on_passive)(void *arg, const struct passive *p);
	void *arg;
	__u64 next_id, evicted, now_ns;
	struct passive_list open;     /* oldest first */
	struct passive_list finished; /* likewise */
	/* The latest first; by ISN only where that is known. */
	struct passive_bucket flow[PASSIVES_BUCKETS], isn[PASSIVES_BUCKETS];
	struct empty_queue empty[PASSIVES_EMPTY]; /* by listener; of two the latter */
};

struct passive_bucket *passives_isn(struct passives *t, __u32 isn);

/* It is over: hands it out, and keeps it for the join. */
void passives_finish(struct passives *t, struct passive_open *o, __u64 end_ns, bool given_up);

#endif
