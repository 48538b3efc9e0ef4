/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sink.h - something that renders: text for people, JSON lines for jq.
 *
 * The callbacks are listed in the order in which they are called over a run: meta once, then
 * lookups, attempts, passive opens, hops, trees, packets, drops and losses as they finish, with
 * ticks in between, histograms and summary once, free. Each writes whole lines to the FILE it was
 * made with and returns 0 or -errno
 * (-EPIPE: the reader has gone, the run ends quietly). The FILE's owner flushes it (lines.h), and
 * soon: lines that become known together leave together. A sink keeps no pointer into what it is
 * given.
 */
#ifndef PATHLAG_SINK_H
#define PATHLAG_SINK_H

#include "output/attempt.h"
#include "output/drops.h"
#include "output/event.h"
#include "output/histogram.h"
#include "output/paths.h"
#include "output/verdict.h"

#define SUMMARY_REASONS 64

struct summary {
	__u64 ts_ns;
	__u64 events; /* records read */
	__u64 lost;
	__u64 missed;  /* events that may not have been seen, at most; not counted in lost */
	__u64 evicted; /* attempts and lookups given up for want of room, and counted in lost */
	__u64 results[ATTEMPT_RESULTS];
	__u64 accepts[PASSIVE_RESULTS];
	unsigned reasons; /* rows of drop_reason that are used */
	struct {
		char name[64];
		__u64 count;
	} drop_reason[SUMMARY_REASONS];
	const struct path_counts *paths;           /* of `trace`, borrowed; NULL = of another */
	const struct drop_counts *drops;           /* of `drops`, likewise */
	const struct histogram_report *histograms; /* of `connect --hist`, likewise */
};

struct sink;

struct sink_ops {
	int (*meta)(struct sink *s, const struct run_info *run);
	int (*lookup)(struct sink *s, const struct lookup *l, const struct verdict *v);
	int (*connect)(struct sink *s, const struct attempt *a, const struct verdict *v);
	int (*accept)(struct sink *s, const struct passive *p, const struct verdict *v);
	/* Of `trace`. NULL = of no interest, and need not be made: paths_cfg without that callback.
	 */
	int (*hop)(struct sink *s, const struct hop *h);
	int (*tree)(struct sink *s, const struct call_tree *t);
	int (*packet)(struct sink *s, const struct packet *p);
	int (*drop)(struct sink *s, const struct dropped *d);
	/* Of `drops`, once a second; NULL = of no interest. */
	int (*drop_table)(struct sink *s, const struct drop_counts *n);
	int (*lost)(struct sink *s, __u64 ts_ns, __u64 count, enum rec_lost_where where);
	int (*histograms)(
		struct sink *s, const struct histogram_report *r); /* once, if asked for */
	int (*tick)(struct sink *s, __u64 now_ns); /* time passes; NULL = of no interest */
	int (*summary)(struct sink *s, const struct summary *sum);
	void (*free)(struct sink *s);
};

struct sink {
	const struct sink_ops *ops;
};

struct sink_cfg {
	FILE *out;       /* borrowed */
	bool color;      /* text: ANSI colours */
	bool quiet;      /* text: verdict lines only, no waterfall and timeline */
	bool verbose;    /* text: lookups and fast connects in full too */
	bool histograms; /* text: those at the end and, unless verbose, no lookup, connect, accept
			  */
	bool flat;       /* text: a line for each entry and return, as they happen, not trees */
	bool live;       /* text: FILE is a terminal, and time passes as it does for the reader */
	bool stack;      /* show stack traces where the records have them */
	unsigned width;  /* text: columns */
	unsigned height; /* text: lines, with `live` */
	__u64 slow_ns;   /* text: SLOW from here on; 0 = as the run has it */
};

/* NULL when out of memory. */
struct sink *sink_json_new(const struct sink_cfg *cfg);
struct sink *sink_text_new(const struct sink_cfg *cfg);

static inline void sink_free(struct sink *s)
{
	if (s)
		s->ops->free(s);
}

#endif
