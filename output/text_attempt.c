// SPDX-License-Identifier: GPL-2.0-only
/* One connection attempt as text: headline, verdict, waterfall, timeline. */
#include "output/names.h"
#include "output/text_page.h"
#include "output/utf8.h"

#define PHASE_COLUMNS 8  /* "rto_wait" */
#define CALLS_SHOWN   64 /* in the timeline, without -v */
#define BAR_MIN       20
#define BAR_MAX       100 /* a longer bar says no more */

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
	fputc('\n', p->f);
}

static enum phase longest_phase(const struct attempt *a)
{
	enum phase longest = 0;

	for (enum phase i = 0; i < PHASE_COUNT; i++)
		if (a->phase_ns[i] > a->phase_ns[longest])
			longest = i;
	return longest;
}

/* Phases that took no time would only be noise; the longest one gets the status's colour. */
static void draw_waterfall(struct page *p, const struct attempt *a, enum page_ink ink)
{
	unsigned used = 2 + PHASE_COLUMNS + 2 + 7 + 2;
	unsigned columns = p->width > used + BAR_MIN ? p->width - used - 1 : BAR_MIN;
	enum phase longest = longest_phase(a);
	__u64 at = 0;

	if (!attempt_dur_ns(a))
		return;
	if (columns > BAR_MAX)
		columns = BAR_MAX;
	fputc('\n', p->f);
	for (enum phase i = 0; i < PHASE_COUNT; i++) {
		if (!a->phase_ns[i])
			continue;
		fprintf(p->f, "  %-*s  ", PHASE_COLUMNS, phase_name(i));
		page_duration(p, "", a->phase_ns[i]);
		fputs("  ", p->f);
		if (i == longest)
			page_ink(p, ink);
		page_bar(p, at, at + a->phase_ns[i], attempt_dur_ns(a), columns);
		if (i == longest)
			page_ink(p, INK_PLAIN);
		fputc('\n', p->f);
		at += a->phase_ns[i];
	}
}

static void draw_bytes_after(struct page *p, const char *word, const char *s, size_t len)
{
	if (!*s)
		return;
	fputs(word, p->f);
	page_bytes(p, s, len);
}

static void draw_address_after(struct page *p, const char *word, const struct address *a)
{
	struct name_buf buf;

	if (a->family)
		fprintf(p->f, "%s%s", word, address_name(a, &buf));
}

/* " syn, NETFILTER_DROP in nf_hook_slow+0x5c on eth0" */
static void draw_drop(struct page *p, const struct attempt *a, const struct moment *m)
{
	const struct drop *d;

	if (m->drop >= a->drops_kept)
		return;
	d = &a->drop[m->drop];
	fprintf(p->f, "  %s", drop_packet_name(d->packet));
	draw_bytes_after(p, ", ", d->reason, sizeof(d->reason));
	if (d->by.program) {
		fputs(" by ", p->f);
		text_func(p, d->by.program);
	}
	draw_bytes_after(p, " in ", d->location, sizeof(d->location));
	if (d->within[0] && drop_own_detail(d))
		fprintf(p->f, " %s", drop_own_detail(d));
	else
		draw_bytes_after(p, " inside ", d->within, sizeof(d->within));
	draw_bytes_after(p, " on ", d->dev, sizeof(d->dev));
}

static void draw_icmp(struct page *p, const struct moment *m)
{
	const char *name = icmp_name(m->address.family, m->icmp_type, m->icmp_code);

	fprintf(p->f, "  %s%stype %u code %u", name, *name ? ", " : "", m->icmp_type, m->icmp_code);
	draw_address_after(p, ", from ", &m->address);
}

/* What the moment's address stands for. */
static const char *address_word(enum moment_kind at)
{
	switch (at) {
	case AT_DNS_QUERY:
		return "  to ";
	case AT_DNS_ANSWER:
		return "  from ";
	case AT_ROUTE:
		return "  via ";
	default:
		return "  ";
	}
}

static void draw_detail(struct page *p, const struct attempt *a, const struct moment *m)
{
	struct name_buf buf;

	if (m->at == AT_DROP) {
		draw_drop(p, a, m);
	} else if (m->at == AT_ICMP) {
		draw_icmp(p, m);
	} else {
		draw_address_after(p, address_word(m->at), &m->address);
		draw_bytes_after(p, m->address.family ? " on " : "  ", m->dev, sizeof(m->dev));
	}
	if (m->err)
		fprintf(p->f, "  %s", errno_name(m->err, &buf));
}

static bool has_detail(const struct attempt *a, const struct moment *m)
{
	return m->address.family || m->dev[0] || m->err || m->at == AT_ICMP ||
	       (m->at == AT_DROP && m->drop < a->drops_kept);
}

static bool is_bad(const struct moment *m)
{
	return m->at == AT_DROP || m->at == AT_ICMP || m->at == AT_RST || m->at == AT_RST_SENT ||
	       m->at == AT_NEIGH_FAILED || m->at == AT_SYN_RETRANSMIT_FAILED;
}

static void draw_moment(struct page *p, const struct attempt *a, const struct moment *m,
	__u64 since, int name_columns)
{
	const char *name = moment_name(m->at);

	fputs("  ", p->f);
	page_duration(p, "+", m->ts_ns > since ? m->ts_ns - since : 0);
	fputs("  ", p->f);
	page_word(p, is_bad(m) ? INK_BAD : INK_PLAIN, name);
	if (has_detail(a, m)) {
		fprintf(p->f, "%*s", name_columns - (int)strlen(name), "");
		draw_detail(p, a, m);
	}
	fputc('\n', p->f);
}

/* "+1.20 us  hop   ip_output  41.2 us = -EPERM", as deep as it was called */
static void draw_call(struct page *p, const struct attempt_call *c, __u64 since, int name_columns)
{
	struct call call = attempt_call_view(c);
	char buf[WORDS_LEN];
	struct name_buf dur;
	const char *detail = call_detail_words(&call, buf);

	fputs("  ", p->f);
	page_duration(p, "+", c->start_ns > since ? c->start_ns - since : 0);
	fputs("  ", p->f);
	page_ink(p, INK_DIM);
	fprintf(p->f, "%-*s  %*s", name_columns, "hop", 2 * c->depth, "");
	if (c->func->prog_kind) {
		text_func(p, c->func);
		draw_bytes_after(p, " on ", c->dev, sizeof(c->dev));
	} else {
		page_bytes(p, c->func->name, sizeof(c->func->name));
	}
	if (*detail)
		fprintf(p->f, " %s", detail);
	if (c->end == CALL_RETURNED)
		fprintf(p->f, "  %s", duration_name(c->end_ns - c->start_ns, &dur));
	page_ink(p, INK_PLAIN);
	text_ret(p, &call, false);
	fputc('\n', p->f);
}

static int timeline_columns(const struct attempt *a)
{
	int columns = 0;

	for (unsigned i = 0; i < a->moments_kept; i++) {
		int len = (int)strlen(moment_name(a->moment[i].at));

		columns = len > columns ? len : columns;
	}
	return columns;
}

/* How many calls are shown: a reader in a hurry has enough of them soon. */
static unsigned calls_shown(const struct page *p, const struct attempt *a)
{
	return a->calls_kept > CALLS_SHOWN && !p->verbose ? CALLS_SHOWN : a->calls_kept;
}

/* Milestones and the calls between them, in one order. */
static void draw_timeline(struct page *p, const struct attempt *a)
{
	unsigned kept = a->moments_kept, calls = calls_shown(p, a), call = 0;
	int columns = timeline_columns(a);
	__u64 since;

	if (!kept)
		return;
	fputs("\n  ", p->f);
	page_ink(p, INK_DIM);
	page_time(p, a->moment[0].ts_ns);
	page_ink(p, INK_PLAIN);
	fputc('\n', p->f);
	since = a->moment[0].ts_ns;
	for (unsigned i = 0; i <= kept; i++) {
		for (; call < calls && (i == kept || a->call[call].start_ns < a->moment[i].ts_ns);
			call++) {
			draw_call(p, &a->call[call], since, columns);
			since = a->call[call].start_ns;
		}
		if (i == kept)
			break;
		draw_moment(p, a, &a->moment[i], since, columns);
		since = a->moment[i].ts_ns;
	}
	if (a->moments > kept)
		fprintf(p->f, "  … and %u more\n", a->moments - kept);
	if (a->calls > calls)
		fprintf(p->f, "  … and %u more call%s\n", a->calls - calls,
			a->calls - calls == 1 ? "" : "s");
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
		page_verdict(p, v);
	if (!plain && !p->quiet) {
		draw_waterfall(p, a, status.ink);
		draw_timeline(p, a);
	}
	return page_end(p);
}
