/* SPDX-License-Identifier: GPL-2.0-only */
/* lookup_table.h - the table behind lookup.h, shared by lookup.c (fills) and lookup_link.c (asks).
 */
#ifndef PATHLAG_LOOKUP_TABLE_H
#define PATHLAG_LOOKUP_TABLE_H

#include <sys/queue.h>

#include "output/lookup.h"

struct entry {
	TAILQ_ENTRY(entry) link;
	struct lookup l;
	bool open;
	bool call;           /* a getaddrinfo(), not a question */
	bool used;           /* its time has been charged to a connect */
	bool cut;            /* more addresses in the answer than we know */
	__u64 call_id;       /* question: the getaddrinfo() around it; 0 = none seen */
	unsigned questions;  /* call: questions seen inside */
	__u64 last_query_ns; /* question: its latest repetition */
	__u64 error_ns;      /* question: a SERVFAIL-like answer came then; 0 = none */
	__u16 id[LOOKUP_QUERIES];
	unsigned ids; /* ids used so far; the last LOOKUP_QUERIES are kept */
};

TAILQ_HEAD(entries, entry);

struct lookups {
	struct entries all; /* by start, oldest first */
	size_t count, max;
	__u64 next_id, evicted;
	void (*on_lookup)(void *arg, const struct lookup *l);
	void *arg;
};

#endif
