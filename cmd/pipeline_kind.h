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
#include "output/paths.h"
#include "output/sink.h"
#include "output/tracker.h"

struct pipeline_kind {
	enum subcommand command;
	int (*open)(struct pipeline *p); /* makes the correlator: 0 or -ENOMEM */
	/* Any event but REC_META and REC_LOST. Returns 0; 1 = enough; -errno. */
	int (*feed)(struct pipeline *p, const struct event *ev);
	void (*complete)(struct pipeline *p); /* what only it knows, into p->summary */
	void (*close)(struct pipeline *p);
};

extern const struct pipeline_kind pipeline_connect, pipeline_trace;

struct pipeline {
	const struct opts *opts;
	const struct filter *filter;
	FILE *out; /* ours to close unless it is stdout */
	struct decoder *decoder;
	struct sink *sink;
	const struct pipeline_kind *kind; /* NULL before REC_META */
	struct tracker *tracker;          /* of connect */
	struct paths *paths;              /* of trace */
	struct summary summary;
	uint64_t slow_ns;
	uint64_t counted; /* towards --count */
	uint64_t full_ns; /* trace: when --count was reached; 0 = not yet */
	int result;       /* of the callbacks, which cannot return one: first error, or 1 */
};

static inline void pipeline_keep(struct pipeline *p, int result)
{
	if (result && !p->result)
		p->result = result;
}

#endif
