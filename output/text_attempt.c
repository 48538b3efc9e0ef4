// SPDX-License-Identifier: GPL-2.0-only
/* One connection attempt as text: headline, verdict, waterfall, timeline. */
#include "output/names.h"
#include "output/text_page.h"

struct status {
	const char *word;
	enum page_ink ink;
};

static struct status status_of(
	const struct page *p, const struct attempt *a, const struct verdict *v)
{
	switch (a->result) {
	case ATTEMPT_ESTABLISHED:
		if (!strcmp(v->cause, "ok") || attempt_dur_ns(a) < p->slow_ns)
			return (struct status){"OK", INK_GOOD};
		return (struct status){"SLOW", INK_WARN};
	case ATTEMPT_IN_PROGRESS:
		return (struct status){"OPEN", INK_WARN};
	case ATTEMPT_ABANDONED:
		return (struct status){"ABANDONED", INK_WARN};
	default:
		return (struct status){"FAILED", INK_BAD};
	}
}

/* "10.9.0.1:40000 → 10.9.0.2:80 (a.test)  ECONNREFUSED" */
static void draw_target(struct page *p, const struct attempt *a)
{
	const struct rec_tuple *t = &a->tuple;
	struct address saddr = address_of(t->saddr, t->family);
	struct address daddr = address_of(t->daddr, t->family);
	struct name_buf buf;

	if (!address_is_any(&saddr))
		fprintf(p->f, "%s ", endpoint_name(&saddr, t->sport, &buf));
	fprintf(p->f, "→ %s", endpoint_name(&daddr, t->dport, &buf));
	if (a->name[0]) {
		fputs(" (", p->f);
		page_bytes(p, a->name, sizeof(a->name));
		fputc(')', p->f);
	}
	if (a->err)
		fprintf(p->f, "  %s", errno_name(a->err, &buf));
	if (a->mptcp)
		fputs("  MPTCP", p->f);
	if (a->fastopen)
		fputs("  TCP Fast Open", p->f);
	if (a->seeded)
		fputs("  already under way when tracing began", p->f);
	fputc('\n', p->f);
}

static void draw_waterfall(struct page *p, const struct attempt *a, enum page_ink ink)
{
	struct text_phase phase[PHASE_COUNT];

	for (enum phase i = 0; i < PHASE_COUNT; i++)
		phase[i] = (struct text_phase){phase_name(i), a->phase_ns[i]};
	text_waterfall(p, phase, PHASE_COUNT, ink);
}

static const char *plural(unsigned n)
{
	return n == 1 ? "" : "s";
}

static void say_overflow(FILE *f, const struct server_side *s)
{
	unsigned syns = s->overflowed - s->final_acks;

	fputs("; ", f);
	if (syns)
		fprintf(f, "%u SYN%s%s", syns, plural(syns), s->final_acks ? " and " : "");
	if (s->final_acks)
		fprintf(f, "%u final ACK%s", s->final_acks, plural(s->final_acks));
	fprintf(f, " found its %s queue full",
		s->overflow == OVERFLOW_SYN_QUEUE ? "SYN" : "accept");
	if (s->queue.known)
		fprintf(f, ", %u of %u",
			s->overflow == OVERFLOW_SYN_QUEUE ? s->queue.syn_len : s->queue.accept_len,
			s->queue.accept_max);
	if (s->inferred)
		fputs(" (inferred)", f);
}

/* "nginx[7] of db1 received 3 SYNs, sent 1 SYN-ACK; 2 SYNs found its accept queue full, 2 of 1" */
static void say_server(FILE *f, const struct server_side *s)
{
	struct name_buf buf;

	if (s->owner.tgid)
		fprintf(f, "%.*s[%u]", REC_COMM_LEN, s->owner.comm, s->owner.tgid);
	else
		fputs("unknown process", f);
	if (s->hostname[0])
		fprintf(f, " of %s", s->hostname);
	fprintf(f, " received %u SYN%s, sent %u SYN-ACK%s", s->syns, plural(s->syns), s->syn_acks,
		plural(s->syn_acks));
	if (s->overflow)
		say_overflow(f, s);
	if (s->accepted)
		fprintf(f, "; accepted after %s in the queue",
			duration_name(s->accept_wait_ns, &buf));
}

/* The other side, where it has more to say than that it answered. */
static int draw_server(struct page *p, const struct server_side *s)
{
	_cleanup_(freep) char *text = NULL;
	size_t len;
	FILE *f;

	if (!s->known || !(s->overflow || s->hostname[0] || p->verbose))
		return 0;
	f = open_memstream(&text, &len);
	if (!f)
		return -ENOMEM;
	say_server(f, s);
	if (fclose(f))
		return -ENOMEM;
	page_wrap(p, "server: ", text);
	return 0;
}

static int draw_block(
	struct page *p, const struct attempt *a, const struct verdict *v, enum page_ink ink)
{
	struct story story = story_of_attempt(a);
	int err;

	page_verdict(p, v);
	err = draw_server(p, &a->server);
	if (p->quiet || err)
		return err;
	draw_waterfall(p, a, ink);
	text_timeline(p, &story, v, ink);
	return 0;
}

int text_attempt(struct page *p, const struct attempt *a, const struct verdict *v)
{
	struct status status = status_of(p, a, v);
	bool plain = a->result == ATTEMPT_ESTABLISHED && !strcmp(v->cause, "ok") && !p->verbose;
	int err = page_begin(p, plain ? SHAPE_LINE : SHAPE_BLOCK);

	if (err)
		return err;
	page_headline(p, status.word, status.ink, attempt_dur_ns(a), &a->owner);
	draw_target(p, a);
	if (!plain)
		err = draw_block(p, a, v, status.ink);
	return page_end(p) ?: err;
}
