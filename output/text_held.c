/* SPDX-License-Identifier: GPL-2.0-only */
#include "output/text_held.h"

static void held_remove(struct held *h, unsigned i)
{
	h->count--;
	memmove(&h->row[i], &h->row[i + 1], (h->count - i) * sizeof(h->row[0]));
}

static int held_print_first(struct held *h, struct page *p)
{
	int err = text_lookup(p, &h->row[0].lookup, &h->row[0].verdict);

	held_remove(h, 0);
	return err;
}

int held_add(struct held *h, struct page *p, const struct lookup *l, const struct verdict *v)
{
	int err = 0;

	if (h->count == HELD_MAX)
		err = held_print_first(h, p);
	h->row[h->count].lookup = *l;
	h->row[h->count].verdict = *v;
	h->count++;
	return err;
}

void held_told(struct held *h, const struct attempt *a)
{
	for (unsigned i = 0; i < h->count;) {
		const struct lookup *l = &h->row[i].lookup;

		if (a->lookup_timed && l->owner.tgid == a->owner.tgid &&
			l->start_ns >= a->start_ns && l->start_ns <= a->connect_ns)
			held_remove(h, i);
		else
			i++;
	}
}

int held_release(struct held *h, struct page *p, __u64 now_ns)
{
	int err = 0;

	while (!err && h->count && now_ns >= h->row[0].lookup.end_ns + HELD_NS)
		err = held_print_first(h, p);
	return err;
}
