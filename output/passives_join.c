/* SPDX-License-Identifier: GPL-2.0-only */
/* passives.h, for attempts: both sides of one connection, on one host. */
#include "output/passives_table.h"

/* NAT may have changed either end or both: what is the same speaks for it. */
static int likeness(const struct rec_tuple *a, const struct rec_tuple *b)
{
	return 2 * (a->dport == b->dport) + 2 * (a->sport == b->sport) + passives_same_flow(a, b);
}

/* The passive open of the attempt with this ISN; NULL = not seen. */
static struct passive_open *find(struct passives *t, const struct rec_tuple *tuple, __u32 isn)
{
	struct passive_open *o, *best = NULL;
	int most = -1;

	LIST_FOREACH(o, passives_isn(t, isn), same_isn)
	if (o->p.isn == isn && likeness(&o->p.tuple, tuple) > most) {
		best = o;
		most = likeness(&o->p.tuple, tuple);
	}
	return best;
}

void passive_server_side(const struct passive *p, struct server_side *ret)
{
	*ret = (struct server_side){
		.known = true,
		.owner = p->owner,
		.syns = p->syns,
		.syn_acks = p->syn_acks,
		.overflow = p->overflow,
		.overflowed = p->overflowed,
		.final_acks = p->final_acks,
		.inferred = p->inferred,
		.queue = p->queue,
		.cookies = p->cookies,
		.accepted = p->result == PASSIVE_ACCEPTED,
		.accept_wait_ns = p->phase_ns[PASSIVE_IN_QUEUE],
	};
}

bool passives_server(struct passives *t, const struct rec_tuple *tuple, __u32 isn,
	struct server_side *ret, void (*on_overflow)(void *arg, const struct moment *m), void *arg)
{
	struct passive_open *o = find(t, tuple, isn);

	if (!o)
		return false;
	if (!o->finished)
		passive_open_judge(o);
	passive_server_side(&o->p, ret);
	if (!o->finished && o->ack_ns && t->now_ns > o->ack_ns)
		ret->accept_wait_ns = t->now_ns - o->ack_ns;
	for (unsigned i = 0; i < o->p.moments_kept; i++)
		if (o->p.moment[i].at == AT_OVERFLOW)
			on_overflow(arg, &o->p.moment[i]);
	return true;
}

void passives_client(
	struct passives *t, const struct rec_tuple *tuple, __u32 isn, const struct rec_owner *owner)
{
	struct passive_open *o = find(t, tuple, isn);

	if (!o)
		return;
	o->p.client.known = true;
	o->p.client.owner = *owner;
}

void passives_client_gone(
	struct passives *t, const struct rec_tuple *tuple, __u32 isn, __u64 end_ns)
{
	struct passive_open *o = find(t, tuple, isn);

	if (!o || o->finished || o->ack_ns)
		return;
	passive_open_judge(o);
	if (o->p.overflow != OVERFLOW_NONE && o->syn_ns > o->syn_ack_ns)
		passives_finish(t, o, end_ns, true);
}
