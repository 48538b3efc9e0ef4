/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pipeline_kind.h - what differs between the pipelines: which correlator stands in the middle, and
 * what is asked of what it hands out. The first record of a stream says which one it needs.
 *
 * Part of the pipeline: only pipeline*.c use it.
 */
#ifndef PATHLAG_PIPELINE_KIND_H
#define PATHLAG_PIPELINE_KIND_H

#include "cmd/pipeline.h"
#include "output/drops.h"
#include "output/paths.h"
#include "output/sink.h"
#include "output/tracker.h"

struct pipeline_kind {
	enum subcommand command;
	/* Makes the correlator; the run began at START_NS. 0 or -ENOMEM. */
	int (*open)(struct pipeline *p, __u64 start_ns);
	/* Any event but REC_META and REC_LOST. Returns 0; 1 = enough; -errno. */
	int (*feed)(struct pipeline *p, const struct event *ev);
	void (*complete)(struct pipeline *p); /* what only it knows, into p->summary */
	void (*close)(struct pipeline *p);
};

extern const struct pipeline_kind pipeline_connect, pipeline_trace, pipeline_drops;

struct pipeline {
	const struct opts *opts;
	const struct filter *filter;
	FILE *out; /* ours to close unless it is stdout */
	struct decoder *decoder;
	struct sink *sink;
	const struct pipeline_kind *kind; /* NULL before REC_META */
	struct tracker *tracker;          /* of connect */
	struct histograms *histograms;    /* likewise, with --hist; else NULL */
	struct paths *paths;              /* of trace */
	struct drops *drops;              /* of drops */
	const struct peers *peers;        /* what other recordings know; NULL = there are none */
	unsigned self;                    /* which of them this is */
	struct summary summary;
	uint64_t slow_ns;
	uint64_t counted;  /* towards --count */
	uint64_t full_ns;  /* trace: when --count was reached; 0 = not yet */
	uint64_t table_ns; /* drops: when the table was last shown */
	int result;        /* of the callbacks, which cannot return one: first error, or 1 */
};

/*
 * Does a replay show what is about S? A live run judged each packet by all its bytes, and follows
 * one whose headers no longer match: it shows what it recorded. A replay can only select by what
 * the recording says.
 */
bool pipeline_selects(const struct pipeline *p, const struct subject *s);

/* Into the summary's count of reasons. */
void pipeline_count_drop(struct pipeline *p, const char *reason);

static inline void pipeline_keep(struct pipeline *p, int result)
{
	if (result && !p->result)
		p->result = result;
}

#endif
