// SPDX-License-Identifier: GPL-2.0-only
/* What the blocks of a connect and of an accept share: the waterfall and the timeline. */
#include "output/names.h"
#include "output/text_page.h"
#include "output/utf8.h"

#define PHASE_COLUMNS 8  /* "rto_wait" */
#define CALLS_SHOWN   64 /* in the timeline, without -v */
#define BAR_MIN       20
#define BAR_MAX       100 /* a longer bar says no more */

static unsigned longest_of(const struct text_phase *phase, unsigned phases)
{
	unsigned longest = 0;

	for (unsigned i = 0; i < phases; i++)
		if (phase[i].ns > phase[longest].ns)
			longest = i;
	return longest;
}

static __u64 sum_of(const struct text_phase *phase, unsigned phases)
{
	__u64 sum = 0;

	for (unsigned i = 0; i < phases; i++)
		sum += phase[i].ns;
	return sum;
}

/* Phases that took no time would only be noise; the longest one gets the status's colour. */
void text_waterfall(
	struct page *p, const struct text_phase *phase, unsigned phases, enum page_ink ink)
{
	unsigned used = 2 + PHASE_COLUMNS + 2 + 7 + 2;
	unsigned columns = p->width > used + BAR_MIN ? p->width - used - 1 : BAR_MIN;
	unsigned longest = longest_of(phase, phases);
	__u64 at = 0, sum = sum_of(phase, phases);

	if (!sum)
		return;
	if (columns > BAR_MAX)
		columns = BAR_MAX;
	fputc('\n', p->f);
	for (unsigned i = 0; i < phases; i++) {
		if (!phase[i].ns)
			continue;
		fprintf(p->f, "  %-*s  ", PHASE_COLUMNS, phase[i].name);
		page_duration(p, "", phase[i].ns);
		fputs("  ", p->f);
		if (i == longest)
			page_ink(p, ink);
		page_bar(p, at, at + phase[i].ns, sum, columns);
		if (i == longest)
			page_ink(p, INK_PLAIN);
		fputc('\n', p->f);
		at += phase[i].ns;
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
static void draw_drop(struct page *p, const struct story *s, const struct moment *m)
{
	const struct drop *d;

	if (m->drop >= s->drops_kept)
		return;
	d = &s->drop[m->drop];
	fprintf(p->f, "  %s", drop_packet_name(d->packet));
	draw_bytes_after(p, ", ", d->reason, sizeof(d->reason));
	if (d->by.program) {
		fputs(" by ", p->f);
		text_func(p, d->by.program);
	}
	draw_bytes_after(p, " in ", d->location, sizeof(d->location));
	if (d->within[0] && drop_own_detail(d))
		draw_bytes_after(p, " ", drop_own_detail(d), sizeof(d->within));
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

static void draw_detail(struct page *p, const struct story *s, const struct moment *m)
{
	struct name_buf buf;

	if (m->at == AT_DROP) {
		draw_drop(p, s, m);
	} else if (m->at == AT_ICMP) {
		draw_icmp(p, m);
	} else {
		draw_address_after(p, address_word(m->at), &m->address);
		draw_bytes_after(p, m->address.family ? " on " : "  ", m->dev, sizeof(m->dev));
	}
	if (m->queue_known)
		fprintf(p->f, "  queue %u of %u", m->queue_len, m->queue_max);
	if (m->err)
		fprintf(p->f, "  %s", errno_name(m->err, &buf));
}

static bool has_detail(const struct story *s, const struct moment *m)
{
	return m->address.family || m->dev[0] || m->err || m->at == AT_ICMP || m->queue_known ||
	       (m->at == AT_DROP && m->drop < s->drops_kept);
}

static bool is_bad(const struct moment *m)
{
	return m->at == AT_DROP || m->at == AT_ICMP || m->at == AT_RST || m->at == AT_RST_SENT ||
	       m->at == AT_NEIGH_FAILED || m->at == AT_SYN_RETRANSMIT_FAILED ||
	       m->at == AT_OVERFLOW;
}

static void draw_moment(struct page *p, const struct story *s, const struct moment *m, __u64 since,
	int name_columns)
{
	const char *name = moment_name(m->at);

	fputs("  ", p->f);
	page_duration(p, "+", m->ts_ns > since ? m->ts_ns - since : 0);
	fputs("  ", p->f);
	page_word(p, is_bad(m) ? INK_BAD : INK_PLAIN, name);
	if (has_detail(s, m)) {
		fprintf(p->f, "%*s", name_columns - (int)strlen(name), "");
		draw_detail(p, s, m);
	}
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

static int timeline_columns(const struct story *s)
{
	int columns = 0;

	for (unsigned i = 0; i < s->moments_kept; i++) {
		int len = (int)strlen(moment_name(s->moment[i].at));

		columns = len > columns ? len : columns;
	}
	return columns;
}

/* How many calls are shown: a reader in a hurry has enough of them soon. */
static unsigned calls_shown(const struct page *p, const struct story *s)
{
	return s->calls_kept > CALLS_SHOWN && !p->verbose ? CALLS_SHOWN : s->calls_kept;
}

static bool is_evidence(const struct verdict *v, unsigned moment)
{
	for (unsigned i = 0; i < v->evidences; i++)
		if (v->evidence[i] == moment)
			return true;
	return false;
}

/* Milestones and the calls between them, in one order. */
void text_timeline(
	struct page *p, const struct story *s, const struct verdict *v, enum page_ink ink)
{
	unsigned kept = s->moments_kept, calls = calls_shown(p, s), call = 0;
	int columns = timeline_columns(s);
	__u64 since;

	if (!kept)
		return;
	fputs("\n  ", p->f);
	page_ink(p, INK_DIM);
	page_time(p, s->moment[0].ts_ns);
	page_ink(p, INK_PLAIN);
	fputc('\n', p->f);
	since = s->moment[0].ts_ns;
	for (unsigned i = 0; i <= kept; i++) {
		for (; call < calls && (i == kept || s->call[call].start_ns < s->moment[i].ts_ns);
			call++) {
			draw_call(p, &s->call[call], since, columns);
			since = s->call[call].start_ns;
		}
		if (i == kept)
			break;
		draw_moment(p, s, &s->moment[i], since, columns);
		if (is_evidence(v, i))
			page_word(p, ink, "  ◄");
		fputc('\n', p->f);
		since = s->moment[i].ts_ns;
	}
	if (s->moments > kept)
		fprintf(p->f, "  … and %u more\n", s->moments - kept);
	if (s->calls > calls)
		fprintf(p->f, "  … and %u more call%s\n", s->calls - calls,
			s->calls - calls == 1 ? "" : "s");
}
