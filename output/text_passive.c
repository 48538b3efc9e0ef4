// SPDX-License-Identifier: GPL-2.0-only
/* One passive open as text: a connect as the side that listens has seen it. */
#include "output/names.h"
#include "output/text_page.h"

struct status {
	const char *word;
	enum page_ink ink;
};

/* Also where only that is known, not when. */
static bool is_accepted(const struct passive *p)
{
	return p->result == PASSIVE_ACCEPTED || p->accept_unseen;
}

static struct status status_of(
	const struct page *page, const struct passive *p, const struct verdict *v)
{
	if (is_accepted(p)) {
		if (!strcmp(v->cause, "ok") || passive_dur_ns(p) < page->slow_ns)
			return (struct status){"OK", INK_GOOD};
		return (struct status){"SLOW", INK_WARN};
	}
	switch (p->result) {
	case PASSIVE_IN_PROGRESS:
	case PASSIVE_NOT_ACCEPTED:
		return (struct status){"OPEN", INK_WARN};
	case PASSIVE_RESET:
		return (struct status){"RESET", INK_WARN};
	case PASSIVE_TIMED_OUT:
		return (struct status){"TIMEOUT", INK_BAD};
	default:
		return (struct status){"OVERFLOW", INK_BAD};
	}
}

static void draw_client(struct page *page, const struct client_side *c)
{
	if (c->owner.tgid) {
		fputs("  from ", page->f);
		page_bytes(page, c->owner.comm, sizeof(c->owner.comm));
		fprintf(page->f, "[%u]", c->owner.tgid);
	}
	if (c->hostname[0]) {
		fputs(" of ", page->f);
		page_bytes(page, c->hostname, sizeof(c->hostname));
	}
}

/* "accept 10.9.1.2:40904 → 10.9.2.2:80  from curl[42]": as the initiator has it */
static void draw_flow(struct page *page, const struct passive *p)
{
	struct address saddr = address_of(p->tuple.saddr, p->tuple.family);
	struct address daddr = address_of(p->tuple.daddr, p->tuple.family);
	struct name_buf buf;

	fprintf(page->f, "accept %s", endpoint_name(&saddr, p->tuple.sport, &buf));
	fprintf(page->f, " → %s", endpoint_name(&daddr, p->tuple.dport, &buf));
	draw_client(page, &p->client);
	if (p->cookies)
		fputs("  SYN cookie", page->f);
	if (p->fastopen)
		fputs("  TCP Fast Open", page->f);
	fputc('\n', page->f);
}

static void draw_block(
	struct page *page, const struct passive *p, const struct verdict *v, enum page_ink ink)
{
	struct text_phase phase[PASSIVE_PHASES];
	struct story story = story_of_passive(p);

	page_verdict(page, v);
	if (page->quiet)
		return;
	for (enum passive_phase i = 0; i < PASSIVE_PHASES; i++)
		phase[i] = (struct text_phase){passive_phase_name(i), p->phase_ns[i]};
	text_waterfall(page, phase, PASSIVE_PHASES, ink);
	text_timeline(page, &story, v, ink);
}

int text_passive(struct page *page, const struct passive *p, const struct verdict *v)
{
	struct status status = status_of(page, p, v);
	bool plain = is_accepted(p) && !strcmp(v->cause, "ok") && !page->verbose;
	int err = page_begin(page, plain ? SHAPE_LINE : SHAPE_BLOCK);

	if (err)
		return err;
	page_headline(page, status.word, status.ink, passive_dur_ns(p), &p->owner);
	draw_flow(page, p);
	if (!plain)
		draw_block(page, p, v, status.ink);
	return page_end(page);
}
