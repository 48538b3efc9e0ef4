/* SPDX-License-Identifier: GPL-2.0-only */
#include "output/timeline.h"

void *timeline_grow(void *array, unsigned used, unsigned *room, unsigned limit, size_t size)
{
	unsigned want = *room ? *room * 2 : 8;
	void *bigger;

	if (used < *room)
		return array;
	if (used >= limit)
		return NULL;
	if (want > limit)
		want = limit;
	bigger = realloc(array, want * size);
	if (bigger)
		*room = want;
	return bigger;
}

/*
 * Records of two CPUs may arrive a little out of order, and DNS is known before connect: a timeline
 * is nearly sorted, so insertion sort.
 */
void timeline_sort(struct moment *moment, unsigned count)
{
	for (unsigned i = 1; i < count; i++) {
		struct moment m = moment[i];
		unsigned j = i;

		for (; j && moment[j - 1].ts_ns > m.ts_ns; j--)
			moment[j] = moment[j - 1];
		moment[j] = m;
	}
}

struct drop timeline_drop(const struct event *ev)
{
	const struct drop_names *names = &ev->drop_names;
	const struct rec_drop *rec = ev->drop;
	struct drop d = {.ts_ns = ev->ts_ns,
		.code = rec->reason,
		.by = names->by,
		.egress = rec->egress,
		.packet = rec->packet,
		.netns = rec->dev.netns};

	snprintf(d.reason, sizeof(d.reason), "%s", names->reason);
	snprintf(d.subsys, sizeof(d.subsys), "%s", names->subsys);
	snprintf(d.location, sizeof(d.location), "%s", names->location);
	timeline_set_dev(d.dev, &rec->dev);
	return d;
}

bool timeline_may_be_answered(const struct drop *d)
{
	return d->packet == DROP_SYN && !d->reason[0] &&
	       (!strncmp(d->location, "tcp_v4_rcv+", 11) ||
		       !strncmp(d->location, "tcp_v6_rcv+", 11));
}

void timeline_set_dev(char to[REC_IFNAME_LEN + 1], const struct rec_dev *dev)
{
	memcpy(to, dev->name, sizeof(dev->name));
	to[sizeof(dev->name)] = '\0';
}
