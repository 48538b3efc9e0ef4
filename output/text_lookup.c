// SPDX-License-Identifier: GPL-2.0-only
/* One name lookup as text: a line, and the verdict where something was wrong. */
#include "output/names.h"
#include "output/text_page.h"

static const char *status_word(const struct lookup *l, bool ok, enum page_ink *ret_ink)
{
	*ret_ink = INK_WARN;
	if (l->result == LOOKUP_IN_PROGRESS)
		return "OPEN";
	if (l->result != LOOKUP_ANSWERED) {
		*ret_ink = INK_BAD;
		return "FAILED";
	}
	if (!ok)
		return "SLOW";
	*ret_ink = INK_GOOD;
	return "OK";
}

static void draw_answers(struct page *p, const struct lookup *l)
{
	unsigned kept = l->answers < LOOKUP_ANSWERS ? l->answers : LOOKUP_ANSWERS;
	unsigned shown = kept > 2 && !p->verbose ? 2 : kept;
	struct name_buf buf;

	for (unsigned i = 0; i < shown; i++)
		fprintf(p->f, "%s%s", i ? ", " : " → ", address_name(&l->answer[i], &buf));
	if (l->answers > shown)
		fprintf(p->f, ", %u more", l->answers - shown);
	if (!l->answers && l->result != LOOKUP_IN_PROGRESS) {
		const char *rcode = lookup_rcode_name(l, &buf);

		fprintf(p->f, " → %s", *rcode ? rcode : "no answer");
	}
}

/* "  server 10.9.0.53, 2 queries" */
static void draw_server(struct page *p, const struct lookup *l)
{
	struct name_buf buf;

	if (l->server.family)
		fprintf(p->f, "  %s %s", l->rcode < 0 ? "asked" : "from",
			address_name(&l->server, &buf));
	if (l->tries > 1)
		fprintf(p->f, ", %u queries", l->tries);
	if (l->servers > 1)
		fprintf(p->f, " to %u servers", l->servers);
}

static void draw_question(struct page *p, const struct lookup *l)
{
	struct name_buf buf;

	fputs(l->source == LOOKUP_GETADDRINFO ? "getaddrinfo " : "dns ", p->f);
	page_bytes(p, l->name, sizeof(l->name));
	if (l->qtype)
		fprintf(p->f, " %s", qtype_name(l->qtype, &buf));
}

int text_lookup(struct page *p, const struct lookup *l, const struct verdict *v)
{
	bool ok = !strcmp(v->cause, "ok");
	enum page_ink ink;
	const char *word = status_word(l, ok, &ink);
	int err;

	if (ok && l->result == LOOKUP_ANSWERED && !p->verbose)
		return 0;
	err = page_begin(p, ok ? SHAPE_LINE : SHAPE_BLOCK);
	if (err)
		return err;
	page_headline(p, word, ink, l->end_ns - l->start_ns, &l->owner);
	draw_question(p, l);
	draw_answers(p, l);
	draw_server(p, l);
	fputc('\n', p->f);
	if (!ok)
		page_verdict(p, v);
	return page_end(p);
}
