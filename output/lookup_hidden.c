/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lookups that cannot be seen: DNS over TLS or HTTPS, and streams whose messages were not found.
 *
 * An address that no lookup of the process gave may have come out of one of these, or the process
 * knew it beforehand. So the rule only says what is possible. Port 443 stands for HTTPS of any
 * kind: what it is used for, nobody but its two ends can tell.
 */
#include <arpa/inet.h>

#include "output/lookup_table.h"

#define TLS_PORT   853 /* RFC 7858 */
#define HTTPS_PORT 443 /* RFC 8484 */

void lookups_note_connect(struct lookups *t, const struct attempt *a)
{
	unsigned port = ntohs(a->tuple.dport);
	struct channel *c;

	if (a->result != ATTEMPT_ESTABLISHED || (port != TLS_PORT && port != HTTPS_PORT))
		return;
	c = &t->channel[t->channels++ % CHANNELS];
	*c = (struct channel){.tgid = a->owner.tgid,
		.resolver = lookup_by_resolver(&a->owner),
		.peer.family = a->tuple.family,
		.since_ns = a->end_ns};
	memcpy(c->peer.bytes, a->tuple.daddr, c->peer.family == 4 ? 4 : 16);
}

/*
 * The process has had such a connection to another host; what it asks over it is not seen. Or a
 * resolver of this host has just made one: there are ways to ask that one without a query and
 * without getaddrinfo(), over D-Bus for example.
 */
static bool asks_over(const struct channel *c, __u32 tgid, const struct address *addr, __u64 now_ns)
{
	if (c->tgid == tgid)
		return tgid && !lookup_same_address(&c->peer, addr);
	return c->resolver && now_ns - c->since_ns <= LOOKUP_TIMED_NS;
}

/* A question of the process went over TCP, and its answer was not found in the stream. */
static bool answer_was_missed(const struct entry *e, __u32 tgid)
{
	return e->open && !e->call && e->l.owner.tgid == tgid && e->l.tcp;
}

bool lookup_may_hide(const struct lookups *t, __u32 tgid, const struct address *addr, __u64 now_ns)
{
	const struct entry *e;

	for (size_t i = 0; i < CHANNELS; i++)
		if (asks_over(&t->channel[i], tgid, addr, now_ns))
			return true;
	TAILQ_FOREACH(e, &t->all, link)
	if (answer_was_missed(e, tgid))
		return true;
	return false;
}
