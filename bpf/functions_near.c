/* SPDX-License-Identifier: GPL-2.0-only */
/* functions_near.c - what somebody may have meant by a name that is not there. */
#include "bpf/functions_scan.h"

#define NEAR_MAX     5
#define NAME_MAX_LEN 64 /* of longer ones the beginning is compared */

struct near {
	const char *name;
	unsigned distance;
};

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein: letters to insert, delete or change. */
static unsigned edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned row[NAME_MAX_LEN + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_len];
}

/* How far NAME is from WANT; a name that holds the other counts by what it has more, after all that
 * are a slip of the finger away. Above WANT's length: not near. */
static unsigned distance_of(const char *want, size_t want_len, const char *name)
{
	size_t len = strnlen(name, NAME_MAX_LEN), slips = want_len / 3 > 2 ? want_len / 3 : 2;
	size_t more = len > want_len ? len - want_len : want_len - len;

	if (more <= slips) {
		unsigned distance = edit_distance(want, want_len, name, len);

		if (distance <= slips)
			return distance;
	}
	if (len >= 4 && want_len >= 4 && (strstr(name, want) || strstr(want, name)))
		return slips + more;
	return UINT32_MAX;
}

static void near_add(struct near *near, size_t *count, const struct near *candidate)
{
	size_t at = *count;

	for (size_t i = 0; i < *count; i++)
		if (!strcmp(near[i].name, candidate->name))
			return;
	if (at == NEAR_MAX && near[--at].distance <= candidate->distance)
		return;
	for (; at && near[at - 1].distance > candidate->distance; at--)
		near[at] = near[at - 1];
	near[at] = *candidate;
	if (*count < NEAR_MAX)
		++*count;
}

void functions_near(const struct functions *f, const char *name, char *text, size_t len)
{
	size_t want_len = strnlen(name, NAME_MAX_LEN), count = 0, used = 0;
	struct near near[NEAR_MAX];

	text[0] = 0;
	for (size_t i = 0; i < f->count; i++) {
		struct near candidate = {f->list[i].name, 0};

		candidate.distance = distance_of(name, want_len, candidate.name);
		if (candidate.distance != UINT32_MAX)
			near_add(near, &count, &candidate);
	}
	for (size_t i = 0; i < count && used < len; i++)
		used += snprintf(text + used, len - used, "%s%s", i ? ", " : "", near[i].name);
}
