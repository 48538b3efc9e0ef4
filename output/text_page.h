/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text_page.h - what the text sink draws with: colours, wrapped sentences, bars to scale.
 *
 * A page collects one block in memory, so that it reaches the reader whole. It belongs to
 * the text sink: page_begin, the drawing calls, page_end, for each block again.
 */
#ifndef PATHLAG_TEXT_PAGE_H
#define PATHLAG_TEXT_PAGE_H

#include "output/attempt.h"
#include "output/path.h"
#include "output/story.h"
#include "output/verdict.h"

enum page_ink { INK_PLAIN, INK_GOOD, INK_WARN, INK_BAD, INK_DIM, INKS };

/* What the last thing on the page was: blocks stand apart, single lines stand together. */
enum page_shape { SHAPE_NONE, SHAPE_LINE, SHAPE_BLOCK };

struct page {
	FILE *out; /* borrowed */
	bool color, quiet, verbose, stacks;
	unsigned width;
	__u64 realtime_offset, slow_ns; /* of REC_META */
	enum page_shape last;

	FILE *f; /* the block that is being drawn */
	char *text;
	size_t len;
};

/* 0 or -ENOMEM. Nothing may be drawn after a failure. */
int page_begin(struct page *p, enum page_shape shape);

/* Writes the block. 0 or -errno. */
int page_end(struct page *p);

void page_ink(struct page *p, enum page_ink ink); /* INK_PLAIN ends the others */
void page_word(struct page *p, enum page_ink ink, const char *word);

/* Bytes up to a NUL or LEN, with what would act on a terminal escaped. */
void page_bytes(struct page *p, const char *s, size_t len);

/* LABEL and TEXT from column 2 on, wrapped at the page's width, continued under TEXT's start. */
void page_wrap(struct page *p, const char *label, const char *text);

/* Spaces, then a bar for START..END of TOTAL in COLUMNS columns. */
void page_bar(struct page *p, __u64 start, __u64 end, __u64 total, unsigned columns);

/* SIGN and NS in 7 columns and SIGN's, digits to the right, unit to the left. */
void page_duration(struct page *p, const char *sign, __u64 ns);

/* "2026-11-21 01:35:00.123 UTC" */
void page_time(struct page *p, __u64 ts_ns);

/* "SLOW 1.03 s   curl[4242]  " */
void page_headline(struct page *p, const char *word, enum page_ink ink, __u64 dur_ns,
	const struct rec_owner *owner);

/* The sentence, the hint where there is one, and what else went wrong. */
void page_verdict(struct page *p, const struct verdict *v);

/* text_attempt.c */
int text_attempt(struct page *p, const struct attempt *a, const struct verdict *v);
/* text_passive.c */
int text_passive(struct page *page, const struct passive *p, const struct verdict *v);
/* text_lookup.c */
int text_lookup(struct page *p, const struct lookup *l, const struct verdict *v);
/* text_tree.c */
int text_tree(struct page *p, const struct call_tree *t);
int text_hop(struct page *p, const struct hop *h);
int text_packet(struct page *p, const struct packet *packet); /* only drops that are in no tree */
/* "04:21:11.603123  cpu1  curl[270]  10.9.1.2:40904 > 10.9.2.2:80 tcp S  packet 1" */
void text_header(struct page *p, const struct call *c);
/* " = -EPERM", or of a program "  XDP_DROP", coloured by its weight; nothing where it says nothing,
 * but for ALL */
void text_ret(struct page *p, const struct call *c, bool all);

void text_func(struct page *p, const struct func *f); /* "veth_xmit [veth]", "xdp drop81 [id 12]" */

/* text_story.c: phases to scale, the longest one in INK; moments and calls, INK on what V points at
 */
struct text_phase {
	const char *name;
	__u64 ns;
};
void text_waterfall(
	struct page *p, const struct text_phase *phase, unsigned phases, enum page_ink ink);
void text_timeline(
	struct page *p, const struct story *s, const struct verdict *v, enum page_ink ink);

/* text_subject.c: "10.9.1.2:40000 > 10.9.2.2:80 tcp S"; and whether B is shown as A is */
void text_subject(struct page *p, const struct subject *s);
bool text_same_subject(const struct subject *a, const struct subject *b);

#endif
