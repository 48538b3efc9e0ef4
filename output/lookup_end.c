/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions that nobody waits for any more, and the end of the stream. */
#include "output/lookup_table.h"

bool lookup_in_call(const struct lookups *t, const struct entry *question)
{
	const struct entry *e;

	if (!question->call_id)
		return false;
	TAILQ_FOREACH(e, &t->all, link)
	if (e->call && e->l.id == question->call_id)
		return e->open;
	return false;
}

void lookups_tick(struct lookups *t, __u64 now_ns)
{
	struct entry *e;

	TAILQ_FOREACH(e, &t->all, link)
	{
		if (!e->open || e->call || lookup_in_call(t, e))
			continue;
		if (e->error_ns && now_ns > e->error_ns + LOOKUP_ERROR_GRACE_NS)
			lookup_finish(t, e, LOOKUP_ERROR, e->error_ns);
		else if (now_ns > e->last_query_ns + LOOKUP_SILENCE_NS)
			lookup_finish(t, e, LOOKUP_TIMEOUT, now_ns);
	}
}

void lookups_stop(struct lookups *t, __u64 now_ns)
{
	struct entry *e;

	TAILQ_FOREACH(e, &t->all, link)
	{
		if (!e->open)
			continue;
		if (e->error_ns)
			lookup_finish(t, e, LOOKUP_ERROR, e->error_ns);
		else if (!e->call && (e->l.tries > 1 || now_ns - e->l.start_ns > 1000000000ULL))
			lookup_finish(t, e, LOOKUP_TIMEOUT, now_ns);
		else
			lookup_finish(t, e, LOOKUP_IN_PROGRESS, now_ns);
	}
}
