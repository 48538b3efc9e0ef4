// SPDX-License-Identifier: GPL-2.0-only
#include "output/names.h"
#include "output/text_drops.h"
#include "output/utf8.h"

#define CELL_LEN 256
#define HEAD     2 /* lines above the rows: the sum, the names of the columns */

/* ---- a drop ------------------------------------------------------------------------------- */

static void draw_program(struct page *p, const struct dropped *d)
{
	const struct func *program = d->names->by.program;

	if (program) {
		fprintf(p->f, " by %s ", prog_kind_name(program->prog_kind));
		page_bytes(p, program->name, sizeof(program->name));
		if (program->prog_id)
			fprintf(p->f, "[%u]", program->prog_id);
	} else if (d->rec->prog_id) {
		fprintf(p->f, " by xdp program %u", d->rec->prog_id);
	}
	if (d->names->verdict[0] && strcmp(d->names->verdict, d->names->reason))
		fprintf(p->f, " = %s", d->names->verdict);
}

static void draw_why(struct page *p, const struct dropped *d)
{
	page_ink(p, INK_BAD);
	fputs("✗ ", p->f);
	page_bytes(p, d->names->reason[0] ? d->names->reason : "dropped", 64);
	if (d->names->location[0]) {
		fputs(" at ", p->f);
		page_bytes(p, d->names->location, sizeof(d->names->location));
	}
	draw_program(p, d);
	page_ink(p, INK_PLAIN);
	fputc('\n', p->f);
}

static void draw_stack(struct page *p, const struct dropped *d)
{
	page_ink(p, INK_DIM);
	for (unsigned i = 0; i < d->frames; i++) {
		fprintf(p->f, "%*s", 17, "");
		if (d->frame[i].name)
			page_bytes(p, d->frame[i].name, LOCATION_LEN);
		else
			fprintf(p->f, "0x%llx", d->frame[i].addr);
		fputc('\n', p->f);
	}
	page_ink(p, INK_PLAIN);
}

int text_drop(struct page *p, const struct dropped *d)
{
	struct call call = {.subject = &d->subject, .start_ns = d->ts_ns, .cpu = d->cpu};
	int err = page_begin(p, SHAPE_LINE);

	if (err)
		return err;
	text_header(p, &call);
	fputs("  ", p->f);
	if (d->rec->dev.name[0]) {
		page_bytes(p, d->rec->dev.name, sizeof(d->rec->dev.name));
		fputs("  ", p->f);
	}
	draw_why(p, d);
	if (p->stacks)
		draw_stack(p, d);
	return page_end(p);
}

/* ---- the table ---------------------------------------------------------------------------- */

enum column { COUNT, RATE, REASON, FUNCTION, PROGRAM, DEV, NETNS, OWNER, COLUMNS };

static const char *const titles[COLUMNS] = {
	[COUNT] = "count",
	[RATE] = "per s",
	[REASON] = "reason",
	[FUNCTION] = "function",
	[PROGRAM] = "program",
	[DEV] = "dev",
	[NETNS] = "netns",
	[OWNER] = "owner",
};

static size_t safe(char *to, size_t cap, const char *s)
{
	return utf8_escape(to, cap, s, strlen(s));
}

static void program_cell(const struct drop_key *k, char cell[CELL_LEN])
{
	char name[CELL_LEN / 2];

	safe(name, sizeof(name), k->program[0] ? k->program : "?");
	if (k->program[0] || k->prog_id)
		snprintf(cell, CELL_LEN, "%s %s[%u]", prog_kind_name(k->prog_kind), name,
			k->prog_id);
}

static void dev_cell(const struct drop_key *k, char cell[CELL_LEN])
{
	if (k->dev[0])
		safe(cell, CELL_LEN, k->dev);
	else if (k->ifindex)
		snprintf(cell, CELL_LEN, "if%u", k->ifindex);
}

static void owner_cell(const struct drop_key *k, char cell[CELL_LEN])
{
	size_t len = k->tgid ? safe(cell, CELL_LEN - 16, k->comm) : 0;

	if (k->tgid)
		snprintf(cell + len, CELL_LEN - len, "[%u]", k->tgid);
}

/* What stands there, "-" where nothing is known. */
static void cell_of(const struct drop_row *row, enum column c, char cell[CELL_LEN])
{
	const struct drop_key *k = &row->key;

	strcpy(cell, "-");
	switch (c) {
	case COUNT:
		snprintf(cell, CELL_LEN, "%llu", row->count);
		break;
	case RATE:
		snprintf(cell, CELL_LEN, row->per_s < 99.95 ? "%.1f" : "%.0f", row->per_s);
		break;
	case REASON:
		if (k->reason[0])
			safe(cell, CELL_LEN, k->reason);
		break;
	case FUNCTION:
		if (k->place[0])
			safe(cell, CELL_LEN, k->place);
		break;
	case PROGRAM:
		program_cell(k, cell);
		break;
	case DEV:
		dev_cell(k, cell);
		break;
	case NETNS:
		if (k->netns)
			snprintf(cell, CELL_LEN, "%u", k->netns);
		break;
	case OWNER:
		owner_cell(k, cell);
		break;
	case COLUMNS:
		break;
	}
}

/* 0 = nothing to say: no row knows it, or, of the namespace, all rows say the same. */
static void measure(const struct drop_counts *n, size_t rows, size_t width[COLUMNS])
{
	bool differ = false;
	char cell[CELL_LEN];

	memset(width, 0, COLUMNS * sizeof(*width));
	for (size_t i = 0; i < rows; i++) {
		differ |= n->row[i]->key.netns != n->row[0]->key.netns;
		for (enum column c = 0; c < COLUMNS; c++) {
			size_t columns;

			cell_of(n->row[i], c, cell);
			columns = utf8_columns(cell, strlen(cell));
			if (strcmp(cell, "-") && columns > width[c])
				width[c] = columns;
		}
	}
	if (!differ)
		width[NETNS] = 0;
	for (enum column c = 0; c < COLUMNS; c++)
		if (width[c] && width[c] < strlen(titles[c]))
			width[c] = strlen(titles[c]);
}

struct line {
	char text[COLUMNS * (CELL_LEN + 2)];
	size_t len, limit; /* limit: columns, 0 = none */
};

static void put_cell(struct line *l, enum column c, const char *cell, size_t width)
{
	size_t pad = width - utf8_columns(cell, strlen(cell));
	const char *gap = l->len ? "  " : "";

	if (!width)
		return;
	l->len += c <= RATE ? snprintf(l->text + l->len, sizeof(l->text) - l->len, "%s%*s%s", gap,
				      (int)pad, "", cell)
			    : snprintf(l->text + l->len, sizeof(l->text) - l->len, "%s%s%*s", gap,
				      cell, (int)pad, "");
}

static void put_line(struct page *p, struct line *l)
{
	/* Cut between characters, not in one. */
	while (l->limit && utf8_columns(l->text, l->len) > l->limit)
		do
			l->len--;
		while (((__u8)l->text[l->len] & 0xc0) == 0x80);
	while (l->len && l->text[l->len - 1] == ' ')
		l->len--;
	fprintf(p->f, "%.*s\n", (int)l->len, l->text);
	l->len = 0;
}

static void draw_sum(struct page *p, const struct drop_counts *n)
{
	struct name_buf buf;

	fprintf(p->f, "%llu %s in %s, %.1f per s\n", n->total, n->total == 1 ? "drop" : "drops",
		duration_name(n->end_ns - n->start_ns, &buf), n->per_s);
}

static void draw_rows(struct page *p, const struct drop_counts *n, size_t rows, size_t limit)
{
	struct line l = {.limit = limit};
	size_t width[COLUMNS];
	char cell[CELL_LEN];

	measure(n, rows, width);
	for (enum column c = 0; c < COLUMNS; c++)
		put_cell(&l, c, titles[c], width[c]);
	page_ink(p, INK_DIM);
	put_line(p, &l);
	page_ink(p, INK_PLAIN);
	for (size_t i = 0; i < rows; i++) {
		for (enum column c = 0; c < COLUMNS; c++) {
			cell_of(n->row[i], c, cell);
			put_cell(&l, c, cell, width[c]);
		}
		put_line(p, &l);
	}
}

int text_drop_table(
	struct page *p, const struct drop_counts *n, unsigned lines, unsigned *ret_drawn)
{
	size_t most = lines > HEAD + 1 ? lines - HEAD - 1 : 1;
	size_t rows = lines && n->rows > most ? most : n->rows;
	__u64 shown = 0;
	int err = page_begin(p, p->last == SHAPE_NONE || lines ? SHAPE_LINE : SHAPE_BLOCK);

	if (err)
		return err;
	draw_sum(p, n);
	if (rows)
		draw_rows(p, n, rows, lines ? p->width : 0);
	for (size_t i = 0; i < rows; i++)
		shown += n->row[i]->count;
	if (shown < n->total)
		fprintf(p->f, "and %llu in %s\n", n->total - shown,
			n->other ? "more rows than are kept" : "more rows");
	*ret_drawn = 1 + (rows ? 1 + rows : 0) + (shown < n->total);
	return page_end(p);
}
