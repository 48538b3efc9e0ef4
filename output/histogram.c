// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>

#include "output/histogram.h"
#include "output/names.h"
#include "output/table.h"

#define RESULTS_MAX ATTEMPT_RESULTS

_Static_assert((int)PASSIVE_RESULTS <= (int)RESULTS_MAX, "no room for a result of an accept");

struct group {
	struct table_node node; /* by side and name */
	struct histogram_group known;
	struct histogram_set *set[RESULTS_MAX]; /* NULL = none ended so */
};

struct histograms {
	struct table groups;        /* of both sides */
	unsigned known[2];          /* of each, how many */
	struct group *other[2];     /* of each side, NULL = not needed yet */
	struct histogram_set **set; /* all of them, the groups' too */
	size_t sets, cap;
	struct slow_one slowest[HISTOGRAM_SLOWEST];
	unsigned slowests;
	enum histogram_by by;
	struct histogram_report report;
};

/* One connect or accept, as all of them are counted. */
struct sample {
	enum histogram_side side;
	unsigned result, results;
	const char *result_name;
	__u64 dur_ns;
	unsigned phases;
	__u32 phase_seen;
	const __u64 *phase_ns;
	const char *(*phase_name)(unsigned phase);
};

const char *histogram_side_name(enum histogram_side side)
{
	return side == SIDE_ACCEPT ? "accept" : "connect";
}

/* ---- one histogram ------------------------------------------------------------------------ */

static unsigned bucket_of(__u64 ns)
{
	unsigned n = ns > 1 ? 64 - __builtin_clzll(ns - 1) : 0;

	return n < HISTOGRAM_BUCKETS ? n : HISTOGRAM_BUCKETS - 1;
}

static void add(struct histogram *h, __u64 ns)
{
	h->count++;
	h->bucket[bucket_of(ns)]++;
	if (__builtin_add_overflow(h->sum_ns, ns, &h->sum_ns))
		h->sum_ns = UINT64_MAX;
}

void histogram_range(const struct histogram *h, unsigned *ret_first, unsigned *ret_last)
{
	unsigned first = 0, last = HISTOGRAM_BUCKETS - 1;

	while (first < last && !h->bucket[first])
		first++;
	while (last > first && !h->bucket[last])
		last--;
	*ret_first = first;
	*ret_last = last;
}

/* ---- groups ------------------------------------------------------------------------------- */

/* FNV-1a, to find it again: two names that share one are told apart below. */
static __u64 key_of(enum histogram_side side, const char *name)
{
	/* A step of its own, or "80" of one side is "90" of the other. */
	__u64 key = (0xcbf29ce484222325ULL ^ side) * 0x100000001b3ULL;

	for (; *name; name++)
		key = (key ^ (__u8)*name) * 0x100000001b3ULL;
	return key;
}

static struct group *group_make(enum histogram_side side, const char *name)
{
	struct group *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->known.side = side;
	snprintf(g->known.name, sizeof(g->known.name), "%s", name);
	return g;
}

static struct group *other_of(struct histograms *h, enum histogram_side side)
{
	if (!h->other[side])
		h->other[side] = group_make(side, "other");
	if (h->other[side])
		h->other[side]->known.other = true;
	return h->other[side];
}

static struct group *group_of(struct histograms *h, enum histogram_side side, const char *name)
{
	__u64 key = key_of(side, name);
	struct group *g = (struct group *)table_find(&h->groups, key);

	if (g)
		return strcmp(g->known.name, name) ? other_of(h, side) : g;
	if (h->known[side] == HISTOGRAM_GROUPS)
		return other_of(h, side);
	g = group_make(side, name);
	if (!g)
		return NULL;
	table_add(&h->groups, &g->node, key);
	h->known[side]++;
	return g;
}

static int grow(struct histograms *h)
{
	size_t cap = h->cap ? 2 * h->cap : 16;
	struct histogram_set **set;

	if (h->sets < h->cap)
		return 0;
	set = realloc(h->set, cap * sizeof(struct histogram_set *));
	if (!set)
		return -ENOMEM;
	h->set = set;
	h->cap = cap;
	return 0;
}

static struct histogram_set *set_of(struct histograms *h, struct group *g, const struct sample *s)
{
	struct histogram_set *set = g->set[s->result];

	if (set)
		return set;
	if (grow(h))
		return NULL;
	set = calloc(1, sizeof(*set) + s->phases * sizeof(set->phase[0]));
	if (!set)
		return NULL;
	set->group = &g->known;
	/* What is in progress is the first of both enums, and the last for the reader. */
	set->order = s->result ? s->result : s->results;
	set->result = s->result_name;
	set->total.phase = "total";
	set->phases = s->phases;
	for (unsigned i = 0; i < s->phases; i++)
		set->phase[i].phase = s->phase_name(i);
	g->set[s->result] = h->set[h->sets++] = set;
	return set;
}

static int count(struct histograms *h, const char *name, const struct sample *s)
{
	struct group *g = group_of(h, s->side, name);
	struct histogram_set *set = g ? set_of(h, g, s) : NULL;

	if (!set)
		return -ENOMEM;
	g->known.count++;
	set->count++;
	add(&set->total, s->dur_ns);
	for (unsigned i = 0; i < s->phases; i++)
		if (s->phase_seen & 1U << i)
			add(&set->phase[i], s->phase_ns[i]);
	return 0;
}

/* ---- the slowest -------------------------------------------------------------------------- */

/* Where one of DUR_NS belongs; NULL = nowhere. To be filled. */
static struct slow_one *slow_place(struct histograms *h, __u64 dur_ns)
{
	unsigned at = h->slowests;

	while (at && h->slowest[at - 1].dur_ns < dur_ns)
		at--;
	if (at == HISTOGRAM_SLOWEST)
		return NULL;
	if (h->slowests < HISTOGRAM_SLOWEST)
		h->slowests++;
	memmove(&h->slowest[at + 1], &h->slowest[at],
		(h->slowests - 1 - at) * sizeof(h->slowest[0]));
	return &h->slowest[at];
}

/* ---- connects and accepts ----------------------------------------------------------------- */

static const char *group_name(enum histogram_by by, const struct rec_tuple *t, const char *name,
	const struct rec_owner *owner, const char *result, char buf[NAME_LEN])
{
	struct address daddr = address_of(t->daddr, t->family);
	struct name_buf text;

	switch (by) {
	case BY_PORT:
		snprintf(buf, NAME_LEN, "%u", ntohs(t->dport));
		break;
	case BY_NAME:
		snprintf(buf, NAME_LEN, "%s", *name ? name : address_name(&daddr, &text));
		break;
	case BY_OWNER:
		snprintf(
			buf, NAME_LEN, "%.*s", REC_COMM_LEN, owner->tgid ? owner->comm : "unknown");
		break;
	case BY_RESULT:
		snprintf(buf, NAME_LEN, "%s", result);
		break;
	}
	return buf;
}

static const char *connect_phase(unsigned phase)
{
	return phase_name(phase);
}

static const char *accept_phase(unsigned phase)
{
	return passive_phase_name(phase);
}

int histograms_attempt(struct histograms *h, const struct attempt *a, const struct verdict *v)
{
	struct sample s = {.side = SIDE_CONNECT,
		.result = a->result,
		.results = ATTEMPT_RESULTS,
		.result_name = attempt_result_name(a->result),
		.dur_ns = attempt_dur_ns(a),
		.phases = PHASE_COUNT,
		.phase_seen = a->phase_seen,
		.phase_ns = a->phase_ns,
		.phase_name = connect_phase};
	struct slow_one *slow = slow_place(h, s.dur_ns);
	char buf[NAME_LEN];

	if (slow) {
		*slow = (struct slow_one){
			SIDE_CONNECT, s.dur_ns, a->start_ns, a->owner, a->tuple, .cause = v->cause};
		memcpy(slow->name, a->name, sizeof(slow->name));
	}
	return count(h, group_name(h->by, &a->tuple, a->name, &a->owner, s.result_name, buf), &s);
}

int histograms_passive(struct histograms *h, const struct passive *p, const struct verdict *v)
{
	struct sample s = {.side = SIDE_ACCEPT,
		.result = p->result,
		.results = PASSIVE_RESULTS,
		.result_name = passive_result_name(p->result),
		.dur_ns = passive_dur_ns(p),
		.phases = PASSIVE_PHASES,
		.phase_seen = p->phase_seen,
		.phase_ns = p->phase_ns,
		.phase_name = accept_phase};
	struct slow_one *slow = slow_place(h, s.dur_ns);
	char buf[NAME_LEN];

	if (slow)
		*slow = (struct slow_one){
			SIDE_ACCEPT, s.dur_ns, p->start_ns, p->owner, p->tuple, .cause = v->cause};
	return count(h, group_name(h->by, &p->tuple, "", &p->owner, s.result_name, buf), &s);
}

/* ---- the report --------------------------------------------------------------------------- */

static int by_reading_order(const void *x, const void *y)
{
	const struct histogram_set *a = *(struct histogram_set *const *)x;
	const struct histogram_set *b = *(struct histogram_set *const *)y;
	int diff;

	if (a->group->side != b->group->side)
		return a->group->side < b->group->side ? -1 : 1;
	if (a->group->other != b->group->other)
		return a->group->other ? 1 : -1;
	if (a->group->count != b->group->count)
		return a->group->count > b->group->count ? -1 : 1;
	diff = strcmp(a->group->name, b->group->name);
	return diff ? diff : (int)a->order - (int)b->order;
}

const struct histogram_report *histograms_report(struct histograms *h)
{
	if (h->sets)
		qsort(h->set, h->sets, sizeof(struct histogram_set *), by_reading_order);
	h->report = (struct histogram_report){.by = h->by,
		.set = h->set,
		.sets = h->sets,
		.slowest = h->slowest,
		.slowests = h->slowests};
	return &h->report;
}

struct histograms *histograms_new(enum histogram_by by)
{
	struct histograms *h = calloc(1, sizeof(*h));

	if (!h || table_init(&h->groups, 2 * HISTOGRAM_GROUPS)) {
		free(h);
		return NULL;
	}
	h->by = by;
	return h;
}

void histograms_free(struct histograms *h)
{
	struct table_node *node;

	if (!h)
		return;
	while ((node = table_oldest(&h->groups))) {
		table_remove(&h->groups, node);
		free(node);
	}
	table_done(&h->groups);
	free(h->other[SIDE_CONNECT]);
	free(h->other[SIDE_ACCEPT]);
	for (size_t i = 0; i < h->sets; i++)
		free(h->set[i]);
	free(h->set);
	free(h);
}
