/* SPDX-License-Identifier: GPL-2.0-only */
#include "output/join.h"

void join_client(struct passives *t, const struct attempt *a)
{
	if (a->isn_known)
		passives_client(t, &a->tuple, a->isn, &a->owner);
}

static void add_overflow(void *arg, const struct moment *m)
{
	struct open *o = arg;

	if (m->ts_ns >= o->a.start_ns && m->ts_ns <= o->a.end_ns)
		*open_moment(o, m->ts_ns, AT_OVERFLOW) = *m;
}

void join_server(struct passives *t, struct open *o, __u64 end_ns)
{
	struct attempt *a = &o->a;

	if (!a->isn_known)
		return;
	a->end_ns = end_ns;
	if (!passives_server(t, &a->tuple, a->isn, &a->server, add_overflow, o))
		return;
	join_client(t, a);
	/* Nothing is on its way that it might have waited for. */
	if (a->server.overflow != OVERFLOW_NONE && !a->answered && !o->established)
		open_relabel_wait(o, PHASE_RTO_WAIT);
}

void join_gone(struct passives *t, const struct attempt *a)
{
	if (a->server.known && a->result != ATTEMPT_ESTABLISHED && a->result != ATTEMPT_IN_PROGRESS)
		passives_client_gone(t, &a->tuple, a->isn, a->end_ns);
}
