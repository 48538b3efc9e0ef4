// SPDX-License-Identifier: GPL-2.0-only
#include "output/open_calls.h"

struct call attempt_call_view(const struct attempt_call *c)
{
	return (struct call){.func = c->func,
		.start_ns = c->start_ns,
		.end_ns = c->end_ns,
		.end = c->end,
		.depth = c->depth,
		.cpu = c->cpu,
		.ret = c->ret,
		.ret_reason = c->ret_reason,
		.slot = c->slot,
		.detail = c->detail,
		.redirect = c->redirect};
}

static struct attempt_call *make_room(struct open *o)
{
	struct attempt *a = &o->a;
	unsigned room = o->calls_room ? o->calls_room * 2 : 16;
	struct attempt_call *bigger;

	if (a->calls_kept < o->calls_room)
		return a->call + a->calls_kept++;
	if (room > ATTEMPT_CALLS)
		return NULL;
	bigger = reallocarray(a->call, room, sizeof(*bigger));
	if (!bigger)
		return NULL;
	a->call = bigger;
	o->calls_room = room;
	return a->call + a->calls_kept++;
}

void open_call_add(struct open *o, const struct call *c)
{
	struct attempt_call *kept;

	if (c->end == CALL_MISSED)
		return;
	o->a.calls++;
	kept = make_room(o);
	if (!kept)
		return;
	*kept = (struct attempt_call){.func = c->func,
		.start_ns = c->start_ns,
		.end_ns = c->end_ns,
		.slot = c->slot,
		.ret = c->ret,
		.ret_reason = c->ret_reason,
		.detail = c->detail,
		.cpu = c->cpu,
		.depth = (__u16)c->depth,
		.end = c->end,
		.redirect = c->redirect};
	memcpy(kept->dev, c->dev, sizeof(kept->dev));
}

void open_call_return(struct open *o, const struct call *c)
{
	for (unsigned i = o->a.calls_kept; i--;) {
		struct attempt_call *kept = &o->a.call[i];

		if (kept->end != CALL_OPEN || kept->slot != c->slot || kept->func != c->func ||
			kept->start_ns != c->start_ns)
			continue;
		kept->end = c->end;
		kept->end_ns = c->end_ns;
		kept->ret = c->ret;
		kept->ret_reason = c->ret_reason;
		kept->redirect = c->redirect;
		return;
	}
}

void open_call_around(const struct open *o, __u32 cpu, struct drop *d)
{
	const struct attempt_call *around = NULL;
	size_t len = strcspn(d->location, "+ ");
	const char *detail;
	char buf[WORDS_LEN];
	struct call call;

	for (unsigned i = o->a.calls_kept; i-- && !around;)
		if (o->a.call[i].end == CALL_OPEN && o->a.call[i].cpu == cpu)
			around = &o->a.call[i];
	if (!around || d->by.program)
		return;
	call = attempt_call_view(around);
	detail = call_detail_words(&call, buf);
	if (!*detail && !strncmp(around->func->name, d->location, len) && !around->func->name[len])
		return;
	snprintf(d->within, sizeof(d->within), "%.80s%s%.40s", around->func->name,
		*detail ? " " : "", detail);
}

/* Nearly sorted, like marks and moments; a caller before its callees. */
void open_calls_sort(struct open *o)
{
	struct attempt_call *call = o->a.call;

	for (unsigned i = 1; i < o->a.calls_kept; i++) {
		struct attempt_call c = call[i];
		unsigned j = i;

		for (; j && call[j - 1].start_ns > c.start_ns; j--)
			call[j] = call[j - 1];
		call[j] = c;
	}
}

static __u64 overlap_ns(const struct attempt_call *c, __u64 from_ns, __u64 to_ns)
{
	__u64 from = c->start_ns > from_ns ? c->start_ns : from_ns;
	__u64 to = c->end_ns && c->end_ns < to_ns ? c->end_ns : to_ns;

	return to > from ? to - from : 0;
}

/* A call that lasts from before the phase until after it says nothing: a blocking connect(). */
static bool encloses(const struct attempt_call *c, __u64 from_ns, __u64 to_ns)
{
	return c->start_ns <= from_ns && (!c->end_ns || c->end_ns >= to_ns);
}

void open_calls_blame(struct attempt *a, enum phase phase, __u64 from_ns, __u64 to_ns)
{
	const struct attempt_call *best = NULL;
	__u64 best_ns = 0;

	for (unsigned i = 0; i < a->calls_kept; i++) {
		const struct attempt_call *c = &a->call[i];
		__u64 ns = overlap_ns(c, from_ns, to_ns);

		if (!ns || ns < a->phase_ns[phase] / 2 || encloses(c, from_ns, to_ns))
			continue;
		if (best && (c->depth < best->depth || (c->depth == best->depth && ns <= best_ns)))
			continue;
		best = c;
		best_ns = ns;
	}
	if (best)
		a->phase_call[phase] = (struct phase_call){best->func, best_ns};
}
