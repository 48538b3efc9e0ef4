/* SPDX-License-Identifier: GPL-2.0-only */
#include "output/group.h"

#define GROUPS_KEPT 256 /* a race is over in seconds; the oldest slot is reused */

struct group {
	__u64 id;
	__u32 tgid;
	char name[NAME_LEN];
	__u64 start_ns, active_ns; /* of its first attempt; the latest start or end */
	unsigned size;
	struct rec_tuple first;
	/* By family, 0 = IPv4 and 1 = IPv6: still going on, and ended without success. */
	unsigned pending[2], failed[2];
};

struct groups {
	__u64 next_id;
	struct group slot[GROUPS_KEPT];
};

struct groups *groups_new(void)
{
	return calloc(1, sizeof(struct groups));
}

void groups_free(struct groups *g)
{
	free(g);
}

static int family_index(const struct attempt *a)
{
	return a->tuple.family == 6;
}

/* The first attempt may still be on its way when a browser starts the second, a little later. */
static bool races(const struct group *slot, __u64 start_ns)
{
	bool pending = slot->pending[0] || slot->pending[1];

	return start_ns < slot->active_ns + (pending ? GROUP_RACE_NS : GROUP_GAP_NS);
}

static struct group *find(struct groups *g, const struct attempt *a)
{
	for (size_t i = 0; i < GROUPS_KEPT; i++) {
		struct group *slot = &g->slot[i];

		if (slot->id && slot->tgid == a->owner.tgid && !strcmp(slot->name, a->name) &&
			races(slot, a->connect_ns))
			return slot;
	}
	return NULL;
}

static struct group *create(struct groups *g, const struct attempt *a)
{
	struct group *slot = &g->slot[g->next_id++ % GROUPS_KEPT];

	*slot = (struct group){.id = g->next_id,
		.tgid = a->owner.tgid,
		.start_ns = a->start_ns,
		.first = a->tuple};
	snprintf(slot->name, sizeof(slot->name), "%s", a->name);
	return slot;
}

void groups_join(struct groups *g, struct attempt *a)
{
	struct group *slot;
	int other = !family_index(a);

	if (!a->name[0])
		return;
	slot = find(g, a);
	if (!slot)
		slot = create(g, a);
	a->group = slot->id;
	a->group_size = ++slot->size;
	a->group_start_ns = slot->start_ns;
	a->group_first = slot->first;
	a->group_other_family_failed = slot->pending[other] || slot->failed[other];
	slot->pending[family_index(a)]++;
	slot->active_ns = a->connect_ns;
}

void groups_leave(struct groups *g, const struct attempt *a)
{
	struct group *slot = a->group ? &g->slot[(a->group - 1) % GROUPS_KEPT] : NULL;

	if (!slot || slot->id != a->group)
		return;
	if (slot->pending[family_index(a)])
		slot->pending[family_index(a)]--;
	if (a->result != ATTEMPT_ESTABLISHED)
		slot->failed[family_index(a)]++;
	slot->active_ns = a->end_ns;
}
