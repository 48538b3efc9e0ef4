/* SPDX-License-Identifier: GPL-2.0-only */
/* The names that a resolver makes of the one it was asked for: the search list, resolv.conf(5). */
#include <arpa/nameser.h>

#include "output/lookup_table.h"

#define SEARCH_GAP_NS 100000000ULL /* a search list goes on at once after NXDOMAIN */

/* It keeps what the user typed in front: "a.test.corp.example", then "a.test". */
static bool same_first_label(const char *a, const char *b)
{
	size_t n = strcspn(a, ".");

	return n && n == strcspn(b, ".") && !strncmp(a, b, n);
}

/* A resolver that asks for A and AAAA together goes on when both are answered. */
static __u64 answered_ns(const struct lookups *t, const struct entry *miss)
{
	__u64 ns = miss->l.end_ns;
	const struct entry *e;

	TAILQ_FOREACH(e, &t->all, link)
	if (!e->open && !e->call && e->l.end_ns > ns && e->l.owner.tgid == miss->l.owner.tgid &&
		!strcmp(e->l.name, miss->l.name))
		ns = e->l.end_ns;
	return ns;
}

/*
 * Two calls of getaddrinfo() are two searches. Inside one, what follows a miss is the next name
 * however late it comes: on a busy host the thread that waited for the answer does not run at once.
 */
static bool follows(const struct lookups *t, const struct entry *e, const struct entry *miss)
{
	if (miss == e || miss->open || miss->call || miss->l.rcode != ns_r_nxdomain)
		return false;
	if (miss->l.owner.tgid != e->l.owner.tgid || miss->call_id != e->call_id ||
		miss->l.qtype != e->l.qtype)
		return false;
	if (!strcmp(miss->l.name, e->l.name) || !same_first_label(miss->l.name, e->l.name))
		return false;
	return e->call_id || e->l.start_ns <= answered_ns(t, miss) + SEARCH_GAP_NS;
}

void lookup_join_search(const struct lookups *t, struct entry *e)
{
	const struct entry *miss;

	TAILQ_FOREACH_REVERSE(miss, &t->all, entries, link)
	{
		if (!follows(t, e, miss))
			continue;
		e->l.search_misses = miss->l.search_misses + 1;
		e->l.chain_start_ns = miss->l.chain_start_ns;
		return;
	}
}
