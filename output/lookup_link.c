/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/nameser.h>

#include "output/lookup_table.h"

#define SECOND_NS      1000000000ULL
#define LEAST_TTL      30 /* seconds an application may keep an answer with a shorter one */
#define HOST_CACHE_NS  (10 * SECOND_NS)
#define HEURISTIC_NS   (SECOND_NS / 10)
#define SIBLING_GAP_NS (SECOND_NS / 10) /* A and AAAA are asked together */

/* How good a proof is this entry that ADDR came from it? The enum's order is best first. */
static enum dns_link entry_proves(
	const struct entry *e, __u32 tgid, const struct address *addr, __u64 now_ns)
{
	__u64 age = now_ns - e->l.end_ns;
	__u64 ttl = e->l.min_ttl > LEAST_TTL ? e->l.min_ttl : LEAST_TTL;

	if (e->open || e->l.end_ns > now_ns || e->l.result != LOOKUP_ANSWERED)
		return DNS_LINK_NONE;
	if (lookup_answers(&e->l, addr)) {
		if (e->l.owner.tgid != tgid)
			return lookup_by_resolver(&e->l.owner) && age < HOST_CACHE_NS
				       ? DNS_LINK_HOST_CACHE
				       : DNS_LINK_NONE;
		if (age < ttl * SECOND_NS)
			return e->call ? DNS_LINK_GETADDRINFO : DNS_LINK_ANSWER;
		return DNS_LINK_NONE;
	}
	/* The address may be among those that we did not keep. */
	return e->cut && e->l.owner.tgid == tgid && age < HEURISTIC_NS ? DNS_LINK_HEURISTIC
								       : DNS_LINK_NONE;
}

static struct entry *best_proof_in(struct lookups *t, __u32 tgid, const struct address *addr,
	__u64 now_ns, bool in_call, enum dns_link *ret_link)
{
	struct entry *e, *best = NULL;

	*ret_link = DNS_LINK_NONE;
	TAILQ_FOREACH_REVERSE(e, &t->all, entries, link)
	{
		enum dns_link link = entry_proves(e, tgid, addr, now_ns);

		if (link == DNS_LINK_NONE || (best && link >= *ret_link))
			continue;
		/* A thread that is still in getaddrinfo() has told nobody. */
		if (lookup_in_call(t, e) != in_call)
			continue;
		best = e;
		*ret_link = link;
		if (link == DNS_LINK_ANSWER)
			break;
	}
	return best;
}

/* Where the return of a call was missed, its questions prove it all the same. */
static struct entry *best_proof(struct lookups *t, __u32 tgid, const struct address *addr,
	__u64 now_ns, enum dns_link *ret_link)
{
	struct entry *e = best_proof_in(t, tgid, addr, now_ns, false, ret_link);

	return e ? e : best_proof_in(t, tgid, addr, now_ns, true, ret_link);
}

/* Questions of one resolution: inside the same call, or the same name asked at the same time. */
static bool is_sibling(const struct entry *a, const struct entry *b)
{
	__u64 gap = a->l.start_ns > b->l.start_ns ? a->l.start_ns - b->l.start_ns
						  : b->l.start_ns - a->l.start_ns;

	if (a->call || b->call)
		return false;
	if (a->call_id || b->call_id)
		return a->call_id == b->call_id;
	return a->l.owner.tgid == b->l.owner.tgid && gap < SIBLING_GAP_NS &&
	       !strcmp(a->l.name, b->l.name);
}

static const struct entry *call_around(struct lookups *t, const struct entry *e)
{
	struct entry *call;

	if (e->call)
		return e;
	TAILQ_FOREACH(call, &t->all, link)
	if (call->call && call->l.id == e->call_id)
		return call;
	return NULL;
}

/* Widens the resolution over all its questions that ended in time. */
static void join_siblings(
	struct lookups *t, const struct entry *e, __u64 now_ns, struct lookup_link *ret)
{
	struct entry *s;

	TAILQ_FOREACH(s, &t->all, link)
	{
		if (s->open || s->l.end_ns > now_ns || !is_sibling(s, e))
			continue;
		if (s->l.chain_start_ns < ret->start_ns)
			ret->start_ns = s->l.chain_start_ns;
		if (s->l.end_ns > ret->end_ns)
			ret->end_ns = s->l.end_ns;
	}
}

/*
 * The question that explains the time: the one that gave the address, unless it was done in less
 * than half of it; then the longest of the others.
 */
static void blame_sibling(
	struct lookups *t, const struct entry *e, __u64 now_ns, struct lookup_link *ret)
{
	__u64 longest = ret->lookup.end_ns - ret->lookup.chain_start_ns;
	struct entry *s;

	if (longest * 2 >= ret->end_ns - ret->start_ns)
		return;
	TAILQ_FOREACH(s, &t->all, link)
	{
		if (s->open || s->l.end_ns > now_ns || !is_sibling(s, e))
			continue;
		/* A name of the search list that does not exist is no fault of its own. */
		if (s->l.rcode == ns_r_nxdomain || s->l.end_ns - s->l.chain_start_ns <= longest)
			continue;
		longest = s->l.end_ns - s->l.chain_start_ns;
		ret->lookup = s->l;
	}
}

static void mark_used(struct lookups *t, struct entry *e, const struct entry *call)
{
	struct entry *s;

	e->used = true;
	TAILQ_FOREACH(s, &t->all, link)
	if (s == call || is_sibling(s, e))
		s->used = true;
}

void lookups_link(struct lookups *t, __u32 tgid, const struct address *addr, __u64 now_ns,
	struct lookup_link *ret)
{
	struct entry *e = best_proof(t, tgid, addr, now_ns, &ret->link);
	const struct entry *call;

	if (!e) {
		if (lookup_may_hide(t, tgid, addr, now_ns))
			ret->link = DNS_LINK_NOT_OBSERVED;
		return;
	}
	call = call_around(t, e);
	ret->lookup = e->l;
	ret->start_ns = e->l.chain_start_ns;
	ret->end_ns = e->l.end_ns;
	ret->getaddrinfo = false;
	snprintf(ret->name, sizeof(ret->name), "%s", e->l.name);
	join_siblings(t, e, now_ns, ret);
	if (call && !call->open && call->l.end_ns <= now_ns) {
		ret->getaddrinfo = true;
		ret->start_ns = call->l.start_ns;
		ret->end_ns = call->l.end_ns;
		snprintf(ret->name, sizeof(ret->name), "%s", call->l.name);
	}
	blame_sibling(t, e, now_ns, ret);
	ret->timed = !e->used && ret->link != DNS_LINK_HOST_CACHE &&
		     now_ns - ret->end_ns <= LOOKUP_TIMED_NS;
	if (ret->timed)
		mark_used(t, e, call);
}
