/* SPDX-License-Identifier: GPL-2.0-only */
#include "output/open_calls.h"
#include "output/timeline.h"

struct open *open_new(void)
{
	struct open *o = calloc(1, sizeof(*o));

	if (o)
		o->transmission = -1;
	return o;
}

void open_free(struct open *o)
{
	if (!o)
		return;
	free(o->mark);
	free(o->a.drop);
	free(o->a.moment);
	free(o->a.call);
	free(o);
}

void open_mark(struct open *o, __u64 ts_ns, enum phase phase)
{
	struct mark *mark;

	if (o->marks && o->mark[o->marks - 1].phase == phase)
		return;
	mark = timeline_grow(o->mark, o->marks, &o->marks_room, OPEN_MARKS, sizeof(*mark));
	if (!mark)
		return;
	o->mark = mark;
	o->mark[o->marks++] = (struct mark){ts_ns, phase};
}

enum phase open_phase(const struct open *o)
{
	return o->marks ? o->mark[o->marks - 1].phase : PHASE_ROUTE;
}

__u64 open_waited_ns(const struct open *o, __u64 ts_ns, enum phase phase)
{
	__u64 sum = 0;

	for (unsigned i = 0; i < o->marks; i++) {
		__u64 to_ns = i + 1 < o->marks ? o->mark[i + 1].ts_ns : ts_ns;

		if (o->mark[i].phase == phase && to_ns > o->mark[i].ts_ns)
			sum += to_ns - o->mark[i].ts_ns;
	}
	return sum;
}

static bool waits_for_answer(enum phase phase)
{
	return phase == PHASE_NETWORK || phase == PHASE_INGRESS || phase == PHASE_RTO_WAIT;
}

void open_relabel_wait(struct open *o, enum phase phase)
{
	for (unsigned i = o->marks; i-- && waits_for_answer(o->mark[i].phase);)
		o->mark[i].phase = phase;
}

struct moment *open_moment(struct open *o, __u64 ts_ns, enum moment_kind at)
{
	struct attempt *a = &o->a;
	struct moment *moment;

	a->moments++;
	moment = timeline_grow(
		a->moment, a->moments_kept, &o->moments_room, ATTEMPT_MOMENTS, sizeof(*moment));
	if (moment) {
		a->moment = moment;
		moment += a->moments_kept++;
	} else {
		moment = &o->spare_moment;
	}
	*moment = (struct moment){.ts_ns = ts_ns, .at = at, .drop = ATTEMPT_DROPS};
	return moment;
}

struct drop *open_drop(struct open *o, __u64 ts_ns)
{
	struct attempt *a = &o->a;
	struct drop *drop;

	a->drops++;
	drop = timeline_grow(a->drop, a->drops_kept, &o->drops_room, ATTEMPT_DROPS, sizeof(*drop));
	if (drop) {
		a->drop = drop;
		drop += a->drops_kept++;
	} else {
		drop = &o->spare_drop;
	}
	*drop = (struct drop){.ts_ns = ts_ns};
	return drop;
}

const struct drop *open_last_drop(const struct open *o)
{
	const struct attempt *a = &o->a;
	const struct moment *last;

	if (!a->moments_kept || a->moments_kept != a->moments)
		return NULL;
	last = &a->moment[a->moments_kept - 1];
	return last->at == AT_DROP && last->drop < a->drops_kept ? &a->drop[last->drop] : NULL;
}

void open_undo_drop(struct open *o)
{
	struct attempt *a = &o->a;

	a->drops = --a->drops_kept;
	a->moments = --a->moments_kept;
}

/* Like timeline_sort(). */
static void sort_marks(struct open *o)
{
	for (unsigned i = 1; i < o->marks; i++) {
		struct mark m = o->mark[i];
		unsigned j = i;

		for (; j && o->mark[j - 1].ts_ns > m.ts_ns; j--)
			o->mark[j] = o->mark[j - 1];
		o->mark[j] = m;
	}
}

static __u64 clamp(__u64 ts_ns, const struct attempt *a)
{
	return ts_ns < a->start_ns ? a->start_ns : ts_ns > a->end_ns ? a->end_ns : ts_ns;
}

/* The longest time in one piece that an attempt was in a phase. */
struct stretch {
	__u64 from_ns, to_ns;
};

static void add_stretch(struct attempt *a, struct stretch longest[PHASE_COUNT], enum phase phase,
	__u64 from_ns, __u64 to_ns)
{
	struct stretch *s = &longest[phase];

	a->phase_ns[phase] += to_ns - from_ns;
	a->phase_seen |= 1u << phase;
	if (to_ns - from_ns > s->to_ns - s->from_ns)
		*s = (struct stretch){from_ns, to_ns};
}

void open_settle(struct open *o)
{
	struct stretch longest[PHASE_COUNT] = {0};
	struct attempt *a = &o->a;
	__u64 from = a->start_ns;
	enum phase phase;

	if (a->end_ns < a->start_ns)
		a->end_ns = a->start_ns;
	if (a->connect_ns > a->end_ns)
		a->connect_ns = a->end_ns;
	sort_marks(o);
	timeline_sort(a->moment, a->moments_kept);
	open_calls_sort(o);
	phase = o->marks ? o->mark[0].phase : PHASE_ROUTE;
	for (unsigned i = 0; i < o->marks; i++) {
		__u64 to = clamp(o->mark[i].ts_ns, a);

		add_stretch(a, longest, phase, from, to);
		phase = o->mark[i].phase;
		from = to;
	}
	add_stretch(a, longest, phase, from, a->end_ns);
	if (a->held_ns > a->phase_ns[PHASE_EGRESS] || (o->transmission < 0 && !o->deferred))
		a->held_ns = a->phase_ns[PHASE_EGRESS];
	for (phase = 0; phase < PHASE_COUNT; phase++)
		open_calls_blame(a, phase, longest[phase].from_ns, longest[phase].to_ns);
}
