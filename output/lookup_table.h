/* SPDX-License-Identifier: GPL-2.0-only */
/* lookup_table.h - the table behind lookup.h, shared by the files lookup*.c. */
#ifndef PATHLAG_LOOKUP_TABLE_H
#define PATHLAG_LOOKUP_TABLE_H

#include <sys/queue.h>

#include "output/lookup.h"

struct entry {
	TAILQ_ENTRY(entry) link;
	struct lookup l;
	bool open;
	bool call;           /* a getaddrinfo(), not a question */
	bool aside;          /* of a resolver out of scope: explains, is not shown */
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

/* A connection over which names can be looked up without our seeing it. */
struct channel {
	__u32 tgid; /* 0 = free */
	bool resolver;
	struct address peer;
	__u64 since_ns;
};
#define CHANNELS 256 /* the oldest goes first */

struct lookups {
	struct entries all; /* by start, oldest first */
	size_t count, max;
	__u64 next_id, evicted;
	struct channel channel[CHANNELS];
	size_t channels; /* so far */
	void (*on_lookup)(void *arg, const struct lookup *l);
	void *arg;
};

/* A connect this soon after an answer waited for it. */
#define LOOKUP_TIMED_NS 1000000000ULL

/* lookup.c: closes an entry and hands it out. A call with questions inside is told by those. */
void lookup_finish(struct lookups *t, struct entry *e, enum lookup_result result, __u64 end_ns);

/* lookup_end.c: is the getaddrinfo() around it still waiting? */
bool lookup_in_call(const struct lookups *t, const struct entry *question);

bool lookup_same_address(const struct address *a, const struct address *b);

/* Is ADDR among the answers that were kept? */
bool lookup_answers(const struct lookup *l, const struct address *addr);

/* lookup_search.c: E has just been asked for the first time. Where it is the next name of a search
 * list, it takes over the misses before it and the time they began. */
void lookup_join_search(const struct lookups *t, struct entry *e);

/* lookup_upstream.c: resolvers on this host that ask on behalf of others */
bool lookup_by_resolver(const struct rec_owner *owner);
/* E has just ended: notes what was asked for it meanwhile. */
void lookup_find_upstream(const struct lookups *t, struct entry *e);

/* lookup_hidden.c: may TGID have looked ADDR up where it cannot be seen? */
bool lookup_may_hide(const struct lookups *t, __u32 tgid, const struct address *addr, __u64 now_ns);

#endif
