/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pipeline.h - records in, lines out: decode -> correlate -> judge -> select -> sink.
 *
 * The same for a live run and for a replay: they differ only in where the records come from. Which
 * correlator it is (attempts of `connect`, paths of `trace`) is decided by REC_META, the first
 * record.
 */
#ifndef PATHLAG_PIPELINE_H
#define PATHLAG_PIPELINE_H

#include "cmd/opts.h"
#include "filters/filter.h"
#include "output/event.h"
#include "output/peers.h"

struct pipeline;

/* Opens the output that O asks for; FILTER is its expression, which judges whole tuples (but for a
 * live trace, where the kernel side has judged whole packets). NULL with
 * ERR on failure. */
struct pipeline *pipeline_new(
	const struct opts *o, const struct filter *filter, struct errbuf *err);

/*
 * Takes one record. Returns 0; 1 when enough has been printed (--count); -EPIPE when the reader
 * has gone; -EBADMSG for a record that makes no sense; or another -errno.
 */
int pipeline_feed(struct pipeline *p, const void *rec, size_t len);

/* After REC_STOP: another stream may come, to the same output. 0 or -ENOMEM. */
int pipeline_next(struct pipeline *p);

/* This stream is the recording number SELF of those that PEERS knows; the other side of its
 * connections may be in another one. PEERS must stay until the stream ends. */
void pipeline_join(struct pipeline *p, const struct peers *peers, unsigned self);

/* Shows what has been said so far: before every wait for more records. 0 or -errno. */
int pipeline_flush(struct pipeline *p);

/* The decoder, to ask what names the stream still lacks. */
const struct decoder *pipeline_decoder(const struct pipeline *p);

/* Which subcommand wrote this stream. */
enum subcommand pipeline_recorded_by(const struct rec_meta *meta);

/* What is told on stderr after REC_STOP: lost and evicted records. */
uint64_t pipeline_lost(const struct pipeline *p);

/* With -v: events that may have been missed, at most. */
uint64_t pipeline_missed(const struct pipeline *p);

void pipeline_free(struct pipeline *p);

#endif
