/* SPDX-License-Identifier: GPL-2.0-only */
/* A query inside a query: a resolver of this host asks another one, to be able to answer. */
#include "output/lookup_table.h"

bool lookup_by_resolver(const struct rec_owner *owner)
{
	static const char known[][REC_COMM_LEN] = REC_RESOLVERS;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strncmp(owner->comm, known[i], sizeof(owner->comm)))
			return true;
	/* BIND's threads, since 9.16 and since 9.19 */
	return !strncmp(owner->comm, "isc-net-", 8) || !strncmp(owner->comm, "isc-loop-", 9);
}

static bool is_loopback(const struct address *a)
{
	static const __u8 one[16] = {[15] = 1};

	return a->family == 4 ? a->bytes[0] == 127 : a->family == 6 && !memcmp(a->bytes, one, 16);
}

static bool share_answer(const struct lookup *a, const struct lookup *b)
{
	for (unsigned i = 0; i < a->answers; i++)
		for (unsigned k = 0; k < b->answers; k++)
			if (lookup_same_address(&a->answer[i], &b->answer[k]))
				return true;
	return false;
}

/* Its queries stay in its network namespace: only to itself a host speaks from the same address. */
static bool asks_own_host(const struct lookup *l)
{
	return is_loopback(&l->server) ||
	       !memcmp(l->tuple.saddr, l->tuple.daddr, sizeof(l->tuple.saddr));
}

/* May E's asker have asked the one that asks Q? In another network namespace (a container's bridge)
 * only what both were told makes it likely. */
static bool can_reach(const struct entry *q, const struct entry *e)
{
	/* A call that asks nobody in DNS's ways may ask a resolver in others: D-Bus, a socket. */
	if (q->l.owner.netns == e->l.owner.netns)
		return e->call ? !e->questions : asks_own_host(&e->l);
	return !e->call && !is_loopback(&e->l.server) && !q->open && share_answer(&q->l, &e->l);
}

/* Q was asked while E was open, for the same name, by a resolver that E's asker may have asked. */
static bool asked_for(const struct entry *q, const struct entry *e)
{
	if (q->call || q->l.owner.tgid == e->l.owner.tgid || q->l.start_ns > e->l.end_ns)
		return false;
	if (strcmp(q->l.name, e->l.name) || (!e->call && q->l.qtype != e->l.qtype))
		return false;
	/* One that asks the same server is another client of it. */
	if (!e->call && lookup_same_address(&q->l.server, &e->l.server))
		return false;
	return lookup_by_resolver(&q->l.owner) && can_reach(q, e);
}

static __u64 ended_ns(const struct entry *q, const struct entry *e)
{
	return q->open || q->l.end_ns > e->l.end_ns ? e->l.end_ns : q->l.end_ns;
}

/* All that was asked for E, from the first query to the last answer. */
void lookup_find_upstream(const struct lookups *t, struct entry *e)
{
	struct upstream *up = &e->l.upstream;
	__u64 last_ns = 0;
	const struct entry *q;

	TAILQ_FOREACH_REVERSE(q, &t->all, entries, link)
	{
		if (q->l.start_ns < e->l.start_ns)
			return;
		if (!asked_for(q, e))
			continue;
		if (ended_ns(q, e) > last_ns) {
			last_ns = ended_ns(q, e);
			up->owner = q->l.owner;
			up->server = q->l.server;
			up->answered = !q->open && q->l.rcode >= 0;
		}
		up->tries += q->l.tries;
		up->dur_ns = last_ns - q->l.start_ns;
	}
}
