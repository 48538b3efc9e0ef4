/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stream.h - the record stream of a live run: what the kernel wrote, and what user space adds (who
 * and where we are, names before they are needed, the passing of time, losses, the end).
 *
 * Every record goes to the recording, when there is one, and into the pipeline, in this order.
 */
#ifndef PATHLAG_STREAM_H
#define PATHLAG_STREAM_H

#include <time.h>

#include "cmd/pipeline.h"
#include "cmd/source.h"

struct stream {
	struct pipeline *pipeline;
	const struct source *source;
	FILE *recording; /* NULL = none */
	uint64_t ticked_ns;
	uint64_t lost[LOST_KINDS]; /* told so far */
	int result;                /* of the pipeline: 1 = enough, or -errno */
};

/* The first record; tracing is armed. */
void stream_meta(struct stream *s, const struct opts *o);

/* A probes_record_fn: a record of the kernel side; ARG is the stream. */
int stream_record(void *arg, const void *rec, size_t len);

/* Between polls: tells time and losses, then shows all that is known by now. */
void stream_pause(struct stream *s);

/* The last record. */
void stream_stop(struct stream *s);

static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

#endif
