/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sock_decide.c - from branches of which both ways may be taken to tests that decide alone.
 *
 * The state of the deterministic graph is the set of branches the run may be at. The earliest one
 * in the program is tested; where the outcome leads replaces it in the set. A set that holds an
 * accepting end accepts, an empty one rejects. Tests are numbered children first.
 */
#include "filters/sock.h"

enum {
	SUBSET_MAX = 128,
	DEPTH_MAX = 4096,
};

struct subset {
	node_t nodes[SUBSET_MAX]; /* ascending */
	uint16_t n;
	bool accepts;
};

struct memo {
	uint64_t hash;
	node_t *nodes;
	uint16_t n;
	node_t result;
};

struct decider {
	struct sock_graph *g;
	struct memo *memos;
	size_t n_memos, cap_memos;
	uint32_t *seen; /* for each branch the round of subset_enter() that met it last */
	uint32_t round;
	int depth;
};

/* ---- sets ------------------------------------------------------------------------------------ */

static void subset_add(struct decider *d, struct subset *s, node_t node)
{
	size_t i = s->n;

	while (i > 0 && s->nodes[i - 1] > node)
		i--;
	if (i > 0 && s->nodes[i - 1] == node)
		return;
	if (s->n == SUBSET_MAX) {
		d->g->too_involved = true;
		return;
	}
	memmove(&s->nodes[i + 1], &s->nodes[i], (s->n - i) * sizeof(*s->nodes));
	s->nodes[i] = node;
	s->n++;
}

static void subset_remove(struct subset *s, size_t i)
{
	s->n--;
	memmove(&s->nodes[i], &s->nodes[i + 1], (s->n - i) * sizeof(*s->nodes));
}

/*
 * Adds a branch; one whose outcome nobody can tell is replaced by what lies behind it both ways.
 * Chains of such forks are as long as the expression, so they must not fill the set.
 */
static void subset_enter(struct decider *d, struct subset *s, node_t first)
{
	const struct node *nodes = d->g->nodes;
	node_t todo[SOCK_LIMIT + 2];
	size_t n = 0;

	d->round++;
	todo[n++] = first;
	while (n && !s->accepts && !d->g->too_involved) {
		node_t node = todo[--n];

		if (node == NODE_ACCEPT)
			s->accepts = true;
		if (node < NODE_FIRST || d->seen[node] == d->round)
			continue;
		d->seen[node] = d->round;
		if (nodes[node].op) {
			subset_add(d, s, node);
			continue;
		}
		sock_node_expand(d->g, node);
		if (n + 2 > SOCK_LIMIT) {
			d->g->too_involved = true;
			return;
		}
		todo[n++] = nodes[node].no;
		todo[n++] = nodes[node].yes;
	}
}

/* ---- sets already decided -------------------------------------------------------------------- */

static uint64_t subset_hash(const struct subset *s)
{
	uint64_t hash = 14695981039346656037ull; /* FNV-1a */

	for (size_t i = 0; i < s->n; i++)
		hash = (hash ^ s->nodes[i]) * 1099511628211ull;
	return hash;
}

static const struct memo *memo_find(const struct decider *d, const struct subset *s, uint64_t hash)
{
	for (size_t i = d->n_memos; i-- > 0;) {
		const struct memo *m = &d->memos[i];

		if (m->hash == hash && m->n == s->n &&
			!memcmp(m->nodes, s->nodes, s->n * sizeof(*s->nodes)))
			return m;
	}
	return NULL;
}

static void memo_add(struct decider *d, const struct subset *s, uint64_t hash, node_t result)
{
	struct memo *m;

	if (d->n_memos == d->cap_memos) {
		size_t cap = d->cap_memos ? 2 * d->cap_memos : 64;
		struct memo *more = realloc(d->memos, cap * sizeof(*more));

		if (!more) {
			d->g->no_memory = true;
			return;
		}
		d->memos = more;
		d->cap_memos = cap;
	}
	m = &d->memos[d->n_memos];
	*m = (struct memo){.hash = hash, .n = s->n, .result = result};
	m->nodes = malloc(s->n * sizeof(*s->nodes));
	if (!m->nodes) {
		d->g->no_memory = true;
		return;
	}
	memcpy(m->nodes, s->nodes, s->n * sizeof(*s->nodes));
	d->n_memos++;
}

/* ---- the construction ------------------------------------------------------------------------ */

static node_t test_add(struct decider *d, const struct node *from, node_t yes, node_t no)
{
	struct sock_graph *g = d->g;
	struct test test = {
		.op = from->op, .lhs = from->lhs, .rhs = from->rhs, .yes = yes, .no = no};

	if (yes == no)
		return yes;
	for (size_t i = NODE_FIRST; i < g->n_tests; i++) {
		const struct test *t = &g->tests[i];

		if (t->op == test.op && t->lhs == test.lhs && t->rhs == test.rhs && t->yes == yes &&
			t->no == no)
			return i;
	}
	if (g->n_tests == SOCK_LIMIT) {
		g->too_involved = true;
		return NODE_ACCEPT;
	}
	g->tests[g->n_tests] = test;
	return g->n_tests++;
}

static size_t earliest(const struct decider *d, const struct subset *s)
{
	size_t best = 0;

	for (size_t i = 1; i < s->n; i++) {
		if (d->g->nodes[s->nodes[i]].pc < d->g->nodes[s->nodes[best]].pc)
			best = i;
	}
	return best;
}

static node_t decide(struct decider *d, const struct subset *set);

/* The verdict once branch I of SET has led to NEXT. */
static node_t decide_after(struct decider *d, const struct subset *set, size_t i, node_t next)
{
	struct subset after = *set;

	subset_remove(&after, i);
	subset_enter(d, &after, next);
	if (after.accepts)
		return NODE_ACCEPT;
	return decide(d, &after);
}

static node_t decide(struct decider *d, const struct subset *set)
{
	uint64_t hash = subset_hash(set);
	const struct memo *known = memo_find(d, set, hash);
	node_t node, yes, no, result;
	size_t i;

	if (known)
		return known->result;
	if (d->g->too_involved || d->g->no_memory || d->depth == DEPTH_MAX) {
		d->g->too_involved = true;
		return NODE_ACCEPT;
	}
	if (!set->n)
		return NODE_REJECT;
	d->depth++;
	i = earliest(d, set);
	node = set->nodes[i];
	sock_node_expand(d->g, node);
	yes = decide_after(d, set, i, d->g->nodes[node].yes);
	no = decide_after(d, set, i, d->g->nodes[node].no);
	result = test_add(d, &d->g->nodes[node], yes, no);
	memo_add(d, set, hash, result);
	d->depth--;
	return result;
}

node_t sock_decide(struct sock_graph *g, node_t start)
{
	struct decider d = {.g = g};
	struct subset set = {};
	node_t result = NODE_ACCEPT;

	d.seen = calloc(SOCK_LIMIT, sizeof(*d.seen));
	if (!d.seen) {
		g->no_memory = true;
		return result;
	}
	subset_enter(&d, &set, start);
	if (!set.accepts)
		result = decide(&d, &set);
	for (size_t i = 0; i < d.n_memos; i++)
		free(d.memos[i].nodes);
	free(d.memos);
	free(d.seen);
	return result;
}
