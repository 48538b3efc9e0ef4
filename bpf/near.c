/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/near.h"

#define NAME_MAX_LEN 64 /* of longer ones the beginning is compared */

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

void near_offer(struct near *n, const char *name)
{
	unsigned distance = distance_of(n->want, strnlen(n->want, NAME_MAX_LEN), name);
	size_t at = n->count;

	if (distance == UINT32_MAX)
		return;
	for (size_t i = 0; i < n->count; i++)
		if (!strcmp(n->best[i].name, name))
			return;
	if (at == NEAR_MAX && n->best[--at].distance <= distance)
		return;
	for (; at && n->best[at - 1].distance > distance; at--)
		n->best[at] = n->best[at - 1];
	n->best[at].name = name;
	n->best[at].distance = distance;
	if (n->count < NEAR_MAX)
		n->count++;
}

void near_text(const struct near *n, char *text, size_t len)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n->count && used < len; i++)
		used += snprintf(text + used, len - used, "%s%s", i ? ", " : "", n->best[i].name);
}
