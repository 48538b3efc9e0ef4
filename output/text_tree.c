// SPDX-License-Identifier: GPL-2.0-only
/* What the function layer tells, as text: trees of calls, single edges, drops. */
#include <time.h>

#include "output/names.h"
#include "output/text_page.h"

#define DURATION_COLUMNS 11 /* two spaces, "41.2 us", two spaces */
#define INDENT           2

/* ---- headers: who, from where to where ---------------------------------------------------- */

/* "04:21:11.603123" */
static void draw_clock(struct page *p, __u64 ts_ns)
{
	__u64 ns = ts_ns + p->realtime_offset;
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	fprintf(p->f, "%02d:%02d:%02d.%06llu", tm.tm_hour, tm.tm_min, tm.tm_sec,
		ns / 1000 % 1000000);
}

/* Whose it is; where that is unknown, who runs, if that has to do with it. */
static void draw_process(struct page *p, const struct call *c)
{
	if (c->subject && c->subject->owner_known) {
		page_bytes(p, c->subject->owner.comm, sizeof(c->subject->owner.comm));
		fprintf(p->f, "[%u]", c->subject->owner.tgid);
	} else if (c->flags & HOP_PROCESS) {
		fprintf(p->f, "pid %u", c->tgid);
	} else {
		fputc('-', p->f);
	}
}

void text_header(struct page *p, const struct call *c)
{
	page_ink(p, INK_DIM);
	draw_clock(p, c->start_ns);
	fprintf(p->f, "  cpu%u  ", c->cpu);
	page_ink(p, INK_PLAIN);
	draw_process(p, c);
	if (c->subject) {
		fputs("  ", p->f);
		text_subject(p, c->subject);
		if (c->subject->number)
			fprintf(p->f, "  packet %llu", c->subject->number);
	}
}

static void draw_header(struct page *p, const struct call *c)
{
	text_header(p, c);
	fputc('\n', p->f);
}

/* ---- one call ----------------------------------------------------------------------------- */

/* " to veth1", " to ifindex 7" */
static void text_redirect(struct page *p, const struct redirect *r)
{
	if (!r->ifindex)
		return;
	fputs(" to ", p->f);
	if (r->dev[0])
		page_bytes(p, r->dev, sizeof(r->dev));
	else
		fprintf(p->f, "ifindex %u", r->ifindex);
}

void text_ret(struct page *p, const struct call *c, bool all)
{
	static const enum page_ink inks[] = {
		[RET_USUAL] = INK_PLAIN, [RET_TELLS] = INK_PLAIN, [RET_BAD] = INK_BAD};
	enum ret_weight weight;
	char buf[WORDS_LEN];
	const char *words = call_ret_words(c, buf, &weight);

	if (!*words || (weight == RET_USUAL && !all))
		return;
	fputs(c->func->prog_kind ? "  " : " = ", p->f);
	page_word(p, inks[weight], words);
	text_redirect(p, &c->redirect);
}

void text_func(struct page *p, const struct func *f)
{
	if (f->prog_kind)
		fprintf(p->f, "%s ", prog_kind_name(f->prog_kind));
	page_bytes(p, f->name, sizeof(f->name));
	if (f->prog_kind) {
		fprintf(p->f, " [id %u%s]", f->prog_id,
			f->flags & FUNC_CALLEE ? ", tail call" : "");
	} else if (f->module[0] && strcmp(f->module, "vmlinux")) {
		fputs(" [", p->f);
		page_bytes(p, f->module, sizeof(f->module));
		fputc(']', p->f);
	}
}

static void draw_name(struct page *p, const struct call *c)
{
	char buf[WORDS_LEN];
	const char *detail = call_detail_words(c, buf);

	text_func(p, c->func);
	if (*detail)
		fprintf(p->f, " %s", detail);
}

static void draw_duration(struct page *p, const struct call *c)
{
	static const char *const words[] = {
		[CALL_OPEN] = "open", [CALL_MISSED] = "?", [CALL_POINT] = ""};

	if (c->end != CALL_RETURNED) {
		fprintf(p->f, "  %7s  ", words[c->end]);
		return;
	}
	fputs("  ", p->f);
	page_duration(p, "", call_dur_ns(c));
	fputs("  ", p->f);
}

static void draw_indent(struct page *p, unsigned depth)
{
	fprintf(p->f, "%*s", (int)(INDENT * depth), "");
}

static void draw_drop(struct page *p, const struct tree_drop *drop)
{
	page_ink(p, INK_BAD);
	fputs("✗ dropped: ", p->f);
	page_bytes(p, drop->reason, sizeof(drop->reason));
	if (drop->location[0]) {
		fputs(drop->reason[0] ? " at " : "", p->f);
		page_bytes(p, drop->location, sizeof(drop->location));
	}
	if (drop->by.program) {
		fputs(" by ", p->f);
		text_func(p, drop->by.program);
	}
	page_ink(p, INK_PLAIN);
	fputc('\n', p->f);
}

static void draw_stack(struct page *p, const struct call *c)
{
	for (unsigned i = 0; i < c->frames; i++) {
		fprintf(p->f, "%*s", DURATION_COLUMNS, "");
		draw_indent(p, c->depth + 2);
		page_ink(p, INK_DIM);
		if (c->frame[i].name)
			page_bytes(p, c->frame[i].name, LOCATION_LEN);
		else
			fprintf(p->f, "0x%llx", c->frame[i].addr);
		page_ink(p, INK_PLAIN);
		fputc('\n', p->f);
	}
}

static void draw_call(struct page *p, const struct call *c, const char *dev)
{
	draw_duration(p, c);
	draw_indent(p, c->depth);
	if (c->resumed)
		fputs("… ", p->f);
	draw_name(p, c);
	text_ret(p, c, false);
	if (c->dev[0] && strcmp(c->dev, dev)) {
		fputs("  ", p->f);
		page_ink(p, INK_DIM);
		page_bytes(p, c->dev, sizeof(c->dev));
		page_ink(p, INK_PLAIN);
	}
	fputc('\n', p->f);
	if (p->stacks)
		draw_stack(p, c);
}

/* ---- trees, edges, drops ------------------------------------------------------------------ */

int text_tree(struct page *p, const struct call_tree *t)
{
	const struct subject *subject = NULL;
	const char *dev = "";
	int err = page_begin(p, SHAPE_BLOCK);

	if (err)
		return err;
	for (unsigned i = 0; i < t->calls_kept; i++) {
		const struct call *c = &t->call[i];

		if (!i || !text_same_subject(subject, c->subject)) {
			draw_header(p, c);
			subject = c->subject;
			dev = "";
		}
		if (c->drop) {
			fprintf(p->f, "%*s", DURATION_COLUMNS, "");
			draw_indent(p, c->depth);
			draw_drop(p, c->drop);
			continue;
		}
		draw_call(p, c, dev);
		if (c->dev[0])
			dev = c->dev;
	}
	if (t->calls > t->calls_kept)
		fprintf(p->f, "  … and %u more call%s\n", t->calls - t->calls_kept,
			t->calls - t->calls_kept == 1 ? "" : "s");
	return page_end(p);
}

/* "04:21:11.603123  1  #3  > ip_output  eth0  10.9.1.2:40000 > 10.9.2.2:80 tcp S" */
int text_hop(struct page *p, const struct hop *h)
{
	static const char *const marks[] = {
		[EDGE_ENTRY] = ">", [EDGE_RETURN] = "<", [EDGE_POINT] = "-"};
	const struct call *c = h->call;
	int err = page_begin(p, SHAPE_LINE);

	if (err)
		return err;
	page_ink(p, INK_DIM);
	draw_clock(p, h->ts_ns);
	fprintf(p->f, "  cpu%u", h->cpu);
	page_ink(p, INK_PLAIN);
	if (c->subject && c->subject->number)
		fprintf(p->f, "  %-4llu  ", c->subject->number);
	else
		fputs("  -     ", p->f);
	draw_indent(p, c->depth);
	fprintf(p->f, "%s ", marks[h->edge]);
	draw_name(p, c);
	if (h->edge == EDGE_RETURN) {
		text_ret(p, c, true);
		fprintf(p->f, "  %s", duration_name(call_dur_ns(c), &(struct name_buf){0}));
	} else {
		if (c->dev[0]) {
			fputs("  ", p->f);
			page_bytes(p, c->dev, sizeof(c->dev));
		}
		fputs("  ", p->f);
		draw_process(p, c);
		if (c->subject) {
			fputs("  ", p->f);
			text_subject(p, c->subject);
		}
	}
	fputc('\n', p->f);
	if (p->stacks && h->edge != EDGE_RETURN)
		draw_stack(p, c);
	return page_end(p);
}

int text_packet(struct page *p, const struct packet *packet)
{
	struct call c = {.subject = packet->last, .start_ns = packet->drop_ns, .cpu = packet->cpu};
	int err;

	if (!packet->drops || packet->shown)
		return 0;
	err = page_begin(p, SHAPE_BLOCK);
	if (err)
		return err;
	draw_header(p, &c);
	fprintf(p->f, "%*s", DURATION_COLUMNS, "");
	draw_drop(p, &packet->drop);
	return page_end(p);
}
