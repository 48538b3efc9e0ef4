// SPDX-License-Identifier: GPL-2.0-only
#include <time.h>

#include "output/lines.h"
#include "output/names.h"
#include "output/text_page.h"
#include "output/utf8.h"

#define INDENT 2

int page_begin(struct page *p, enum page_shape shape)
{
	p->f = open_memstream(&p->text, &p->len);
	if (!p->f)
		return -ENOMEM;
	if (p->last == SHAPE_BLOCK || (p->last == SHAPE_LINE && shape == SHAPE_BLOCK))
		fputc('\n', p->f);
	p->last = shape;
	return 0;
}

int page_end(struct page *p)
{
	_cleanup_(freep) char *text = NULL;
	bool bad = ferror(p->f);

	bad |= fclose(p->f) != 0;
	text = TAKE_PTR(p->text);
	p->f = NULL;
	if (bad)
		return -ENOMEM;
	return lines_write(p->out, text, p->len);
}

void page_ink(struct page *p, enum page_ink ink)
{
	static const char *const codes[INKS] = {
		[INK_PLAIN] = "\x1b[0m",
		[INK_GOOD] = "\x1b[1;32m",
		[INK_WARN] = "\x1b[1;33m",
		[INK_BAD] = "\x1b[1;31m",
		[INK_DIM] = "\x1b[2m",
	};

	if (p->color)
		fputs(codes[ink], p->f);
}

void page_word(struct page *p, enum page_ink ink, const char *word)
{
	if (ink != INK_PLAIN)
		page_ink(p, ink);
	fputs(word, p->f);
	if (ink != INK_PLAIN)
		page_ink(p, INK_PLAIN);
}

void page_bytes(struct page *p, const char *s, size_t len)
{
	utf8_print(p->f, s, strnlen(s, len));
}

/* The next line of TEXT that fits in COLUMNS, broken at a space; a longer word stays whole. */
static size_t line_length(const char *text, size_t columns)
{
	size_t fits = 0;

	for (size_t at = 0;; at++) {
		if (text[at] && text[at] != ' ')
			continue;
		if (fits && utf8_columns(text, at) > columns)
			return fits;
		fits = at;
		if (!text[at])
			return fits;
	}
}

void page_wrap(struct page *p, const char *label, const char *text)
{
	size_t left = INDENT + utf8_columns(label, strlen(label));
	size_t columns = p->width > left + 20 ? p->width - left : 20;
	char safe[2048]; /* a verdict, each byte of it escaped */
	const char *at = safe;

	utf8_escape(safe, sizeof(safe), text, strlen(text));
	fprintf(p->f, "%*s%s", INDENT, "", label);
	while (*at) {
		size_t len = line_length(at, columns);

		fprintf(p->f, "%*s%.*s\n", at == safe ? 0 : (int)left, "", (int)len, at);
		at += len;
		at += strspn(at, " ");
	}
}

void page_bar(struct page *p, __u64 start, __u64 end, __u64 total, unsigned columns)
{
	static const char *const eighth[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	double scale = total ? 8.0 * columns / (double)total : 0;
	unsigned left = (unsigned)((double)start * scale) / 8;
	unsigned len = (unsigned)((double)(end - start) * scale + 0.5);

	if (left >= columns)
		left = columns - 1; /* what happens at the very end is still to be seen */
	if (len < 1)
		len = 1;
	if (len > (columns - left) * 8)
		len = (columns - left) * 8;
	fprintf(p->f, "%*s", (int)left, "");
	for (unsigned i = 0; i < len / 8; i++)
		fputs("█", p->f);
	fputs(eighth[len % 8], p->f);
}

void page_duration(struct page *p, const char *sign, __u64 ns)
{
	struct name_buf buf;
	char number[80], *unit;

	duration_name(ns, &buf);
	unit = strchr(buf.text, ' ');
	*unit++ = '\0';
	snprintf(number, sizeof(number), "%s%s", sign, buf.text);
	fprintf(p->f, "%*s %-2s", (int)(4 + strlen(sign)), number, unit);
}

void page_time(struct page *p, __u64 ts_ns)
{
	__u64 ns = ts_ns + p->realtime_offset;
	time_t seconds = (time_t)(ns / 1000000000);
	char text[40];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(p->f, "%s.%03llu UTC", text, ns / 1000000 % 1000);
}

void page_headline(struct page *p, const char *word, enum page_ink ink, __u64 dur_ns,
	const struct rec_owner *owner)
{
	page_word(p, ink, word);
	fprintf(p->f, "%*s", strlen(word) < 4 ? (int)(5 - strlen(word)) : 1, "");
	page_duration(p, "", dur_ns);
	fputs("  ", p->f);
	if (owner->tgid) {
		page_bytes(p, owner->comm, sizeof(owner->comm));
		fprintf(p->f, "[%u]", owner->tgid);
	} else {
		fputs("unknown process", p->f);
	}
	fputs("  ", p->f);
}

void page_verdict(struct page *p, const struct verdict *v)
{
	if (v->text[0])
		page_wrap(p, "", v->text);
	if (v->hint[0])
		page_wrap(p, "hint: ", v->hint);
	for (unsigned i = 0; i < v->alsos; i++)
		page_wrap(p, "also: ", v->also[i].text);
}
