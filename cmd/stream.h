/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stream.h - the record stream of a live run: what the kernel wrote, and what user space adds (who
 * and where we are, names before they are needed, the passing of time, losses, the end).
 *
 * Every record goes to the recording, when there is one, and into the pipeline, in this order.
 *
 * To render a record takes longer than the kernel needs to write one, and its ring is small. So a
 * record is rendered at once only while that keeps up with the ring. When it does not, the records
 * are moved to a queue (spool.h), which is rendered in slices between the polls; until it is empty
 * every record joins its end.
 */
#ifndef PATHLAG_STREAM_H
#define PATHLAG_STREAM_H

#include <time.h>

#include "cmd/pipeline.h"
#include "cmd/source.h"
#include "cmd/spool.h"

struct stream {
	struct pipeline *pipeline;
	struct source *source;
	FILE *recording; /* NULL = none */
	bool verbose;
	struct spool *spool;
	bool spool_told;   /* that it had no room */
	unsigned batch;    /* records of this poll */
	uint64_t batch_ns; /* when its first came */
	bool batch_late;   /* to render them would take too long */
	uint64_t ticked_ns;
	uint64_t lost[LOST_KINDS]; /* told so far */
	int result;                /* of the pipeline: 1 = enough, or -errno */
};

/* Call before the others. 0 or -ENOMEM. */
int stream_open(struct stream *s);

/* The first record; tracing is armed. */
void stream_meta(struct stream *s, const struct opts *o);

/*
 * Takes what the kernel side has written, waiting for it up to TIMEOUT_MS unless there is something
 * to render; tells time and losses, renders a slice, and shows all that is known by now.
 */
void stream_poll(struct stream *s, int timeout_ms);

/* The end, nothing is recorded any more: renders all that is left, then the last record. */
void stream_stop(struct stream *s);

void stream_done(struct stream *s);

static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

#endif
