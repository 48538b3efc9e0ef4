/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * progress.h - what each event means to the one attempt it is about.
 *
 * Part of the correlator: tracker.c finds the attempt, these move it on. Each returns true when
 * nothing more is to come and the attempt can be handed out (after progress_finish).
 */
#ifndef PATHLAG_PROGRESS_H
#define PATHLAG_PROGRESS_H

#include "output/event.h"
#include "output/open.h"

/* A new attempt, from REC_CONNECT or from a REC_RETURN of a connect() that never got a socket. */
struct open *progress_start(const struct event *ev);

/* LINK is what was looked up before; its time counts where it says so. */
void progress_link(struct open *o, const struct lookup_link *link);

bool progress_feed(struct open *o, const struct event *ev);

/* It was put off until now, TS_NS: nobody has waited for it yet. */
void progress_restart(struct open *o, __u64 ts_ns);

/* The neighbour entry it waits for changed. */
void progress_neigh(struct open *o, const struct rec_neigh *rec);

/* Judges how it ended, as of END_NS, and divides the time. */
void progress_finish(struct open *o, __u64 end_ns);

/* BYTES as an address of FAMILY; all zero = none. */
void progress_address(struct address *to, __u32 family, const __u8 *bytes);

/* The time at which an attempt ended whose last records were lost; 0 = it may still go on. */
__u64 progress_overdue(const struct open *o, __u64 now_ns);

/*
 * The kernel may skip our programs while it sends a SYN again, all of them in one interrupt; the
 * socket knows, and what it says with an answer or at its end is TRANSMISSION. When it was sent is
 * not known, only that nothing had answered the ones before: all that was waited counts as that,
 * and how long the last one was on its way is not known. Returns whether there was such a one.
 */
bool progress_sent_unseen(struct open *o, __u32 transmission);

/* progress_end.c: it leaves SYN_SENT, connect() returns; as progress_feed() */
bool progress_state(struct open *o, const struct rec_state *rec);
bool progress_return(struct open *o, const struct rec_return *rec);

#endif
