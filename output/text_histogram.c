// SPDX-License-Identifier: GPL-2.0-only
#include "output/names.h"
#include "output/text_histogram.h"
#include "output/utf8.h"

#define RANGE_COLUMNS 21 /* "8.39 ms .. 16.8 ms   " */
#define BAR_MIN       10
#define BAR_MAX       100
#define CELL_LEN      512

/* ---- histograms --------------------------------------------------------------------------- */

/* "established" is what a connect wants; an accept that came no further was not accepted. */
static enum page_ink ink_of(enum histogram_side side, const char *result)
{
	const char *good = side == SIDE_ACCEPT ? passive_result_name(PASSIVE_ACCEPTED)
					       : attempt_result_name(ATTEMPT_ESTABLISHED);

	if (!strcmp(result, good))
		return INK_GOOD;
	if (!strcmp(result, attempt_result_name(ATTEMPT_IN_PROGRESS)) ||
		!strcmp(result, passive_result_name(PASSIVE_NOT_ACCEPTED)))
		return INK_WARN;
	return INK_BAD;
}

static void draw_by(struct page *p, enum histogram_by by, const struct histogram_group *g)
{
	static const char *const words[] = {
		[BY_PORT] = "port ", [BY_NAME] = "to ", [BY_OWNER] = "by "};

	if (g->other) {
		fputs("all others, ", p->f);
	} else if (by != BY_RESULT) {
		fputs(words[by], p->f);
		page_bytes(p, g->name, sizeof(g->name));
		fputs(", ", p->f);
	}
}

static int digits(__u64 n)
{
	return snprintf(NULL, 0, "%llu", n);
}

/* "    16.8 ms .. 33.6 ms   980  ██████" */
static void draw_bucket(
	struct page *p, const struct histogram *h, unsigned n, int count_columns, __u64 most)
{
	unsigned used = 4 + RANGE_COLUMNS + count_columns + 2;
	unsigned columns = p->width > used + BAR_MIN ? p->width - used - 1 : BAR_MIN;

	fputs("    ", p->f);
	page_duration(p, "", n ? 1ULL << (n - 1) : 0);
	fputs(" .. ", p->f);
	page_duration(p, "", 1ULL << n);
	fprintf(p->f, "   %*llu", count_columns, h->bucket[n]);
	if (h->bucket[n]) {
		fputs("  ", p->f);
		page_bar(p, 0, h->bucket[n], most, columns < BAR_MAX ? columns : BAR_MAX);
	}
	fputc('\n', p->f);
}

/* All of a set with the same columns, so that their bars stand below each other. */
static void draw_histogram(struct page *p, const struct histogram *h, int count_columns)
{
	unsigned first, last;
	struct name_buf mean, sum;
	__u64 most = 0;

	histogram_range(h, &first, &last);
	for (unsigned i = first; i <= last; i++)
		most = h->bucket[i] > most ? h->bucket[i] : most;
	fprintf(p->f, "\n  %-8s  mean %s, sum %s\n", h->phase,
		duration_name(h->sum_ns / h->count, &mean), duration_name(h->sum_ns, &sum));
	for (unsigned i = first; i <= last; i++)
		draw_bucket(p, h, i, count_columns, most);
}

static int draw_set(struct page *p, enum histogram_by by, const struct histogram_set *set)
{
	int err = page_begin(p, SHAPE_BLOCK);

	if (err)
		return err;
	fprintf(p->f, "%llu %s%s, ", set->count, histogram_side_name(set->group->side),
		set->count == 1 ? "" : "s");
	draw_by(p, by, set->group);
	page_word(p, ink_of(set->group->side, set->result), set->result);
	fputc('\n', p->f);
	if (set->total.sum_ns)
		draw_histogram(p, &set->total, digits(set->count));
	for (unsigned i = 0; i < set->phases; i++)
		if (set->phase[i].sum_ns)
			draw_histogram(p, &set->phase[i], digits(set->count));
	return page_end(p);
}

/* ---- the slowest -------------------------------------------------------------------------- */

enum column { SIDE, OWNER, TARGET, CAUSE, COLUMNS };

static void owner_cell(const struct slow_one *s, char cell[CELL_LEN])
{
	const struct rec_owner *o = &s->owner;
	size_t len = utf8_escape(cell, CELL_LEN - 16, o->comm, strnlen(o->comm, REC_COMM_LEN));

	if (o->tgid)
		snprintf(cell + len, CELL_LEN - len, "[%u]", o->tgid);
	else
		strcpy(cell, "-");
}

/* "10.9.0.2:80 (a.test)", "10.9.0.2:80 from 10.9.0.1:40000" */
static void target_cell(const struct slow_one *s, char cell[CELL_LEN])
{
	struct address saddr = address_of(s->tuple.saddr, s->tuple.family);
	struct address daddr = address_of(s->tuple.daddr, s->tuple.family);
	struct name_buf buf;
	size_t len = snprintf(cell, CELL_LEN, "%s", endpoint_name(&daddr, s->tuple.dport, &buf));

	if (s->side == SIDE_ACCEPT)
		snprintf(cell + len, CELL_LEN - len, " from %s",
			endpoint_name(&saddr, s->tuple.sport, &buf));
	if (!s->name[0])
		return;
	len += snprintf(cell + len, CELL_LEN - len, " (");
	len += utf8_escape(cell + len, CELL_LEN - len - 2, s->name, strlen(s->name));
	snprintf(cell + len, CELL_LEN - len, ")");
}

static void cell_of(const struct slow_one *s, enum column c, char cell[CELL_LEN])
{
	switch (c) {
	case SIDE:
		snprintf(cell, CELL_LEN, "%s", histogram_side_name(s->side));
		break;
	case OWNER:
		owner_cell(s, cell);
		break;
	case TARGET:
		target_cell(s, cell);
		break;
	default:
		snprintf(cell, CELL_LEN, "%s", s->cause);
		break;
	}
}

static void measure(const struct histogram_report *r, int width[COLUMNS])
{
	char cell[CELL_LEN];

	for (enum column c = 0; c < COLUMNS; c++) {
		width[c] = 0;
		for (unsigned i = 0; i < r->slowests; i++) {
			int columns;

			cell_of(&r->slowest[i], c, cell);
			columns = (int)utf8_columns(cell, strlen(cell));
			width[c] = columns > width[c] ? columns : width[c];
		}
	}
}

static void draw_slow_one(struct page *p, const struct slow_one *s, const int width[COLUMNS])
{
	char cell[CELL_LEN];

	fputs("  ", p->f);
	page_duration(p, "", s->dur_ns);
	for (enum column c = 0; c < COLUMNS; c++) {
		cell_of(s, c, cell);
		fprintf(p->f, "  %s%*s", cell,
			c == CAUSE ? 0 : width[c] - (int)utf8_columns(cell, strlen(cell)), "");
	}
	fputc('\n', p->f);
}

static int draw_slowest(struct page *p, const struct histogram_report *r)
{
	int err = page_begin(p, SHAPE_BLOCK), width[COLUMNS];

	if (err)
		return err;
	if (r->slowests == 1)
		fputs("the slowest\n", p->f);
	else
		fprintf(p->f, "the slowest %u\n", r->slowests);
	measure(r, width);
	for (unsigned i = 0; i < r->slowests; i++)
		draw_slow_one(p, &r->slowest[i], width);
	return page_end(p);
}

int text_histograms(struct page *p, const struct histogram_report *r)
{
	int err = 0;

	for (size_t i = 0; !err && i < r->sets; i++)
		err = draw_set(p, r->by, r->set[i]);
	return err || !r->slowests ? err : draw_slowest(p, r);
}
