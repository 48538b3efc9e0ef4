/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * open.h - an attempt that is still going on, and how its time is divided.
 *
 * Time is divided by marks: "from here on, it waits for this". Phases are the stretches between
 * marks in time order, clamped to the attempt, so they partition it by construction: no gap, no
 * overlap, the sum is the duration. What a stretch was is sometimes known only later (a SYN that
 * waits for its answer turns out to have got none), hence open_relabel_wait().
 *
 * Part of the correlator: only tracker*.c, progress*.c and join.c use it.
 */
#ifndef PATHLAG_OPEN_H
#define PATHLAG_OPEN_H

#include <sys/queue.h>

#include "output/attempt.h"
#include "output/lookup.h"

#define MAX_ERRNO  4095 /* of what the kernel returns; more is no error number */
#define OPEN_MARKS 256  /* marks that are kept; later ones extend the last */

struct mark {
	__u64 ts_ns;
	enum phase phase;
};

struct open {
	__u64 key;              /* a.sk; first, so that a tree can be asked with a bare number */
	TAILQ_ENTRY(open) link; /* by start, oldest first */
	struct attempt a;
	struct lookup lookup; /* a.lookup points here when there is one */
	bool in_syscall;      /* a REC_RETURN is to come */
	bool deferred;        /* connect() is done, and the SYN waits for the first data */
	bool crossed;         /* the peer's SYN came before an answer to ours */
	bool established, closed;
	__u64 established_ns, closed_ns;
	int transmission; /* of the SYN seen, or heard of, last; -1 = none yet */
	bool transmission_left;
	__u64 neigh; /* the entry it waits or waited for */
	bool neigh_waiting;
	bool rst_noted;
	unsigned marks, marks_room;
	struct mark *mark;
	unsigned drops_room, moments_room, calls_room;
	struct moment spare_moment; /* where what is not kept is written */
	struct drop spare_drop;
};

TAILQ_HEAD(opens, open);

struct open *open_new(void);
void open_free(struct open *o);

/* From TS_NS on the attempt waits for PHASE. */
void open_mark(struct open *o, __u64 ts_ns, enum phase phase);

/* What it waits for as of the last mark. */
enum phase open_phase(const struct open *o);

/* How long it has waited for PHASE until TS_NS. */
__u64 open_waited_ns(const struct open *o, __u64 ts_ns, enum phase phase);

/* The stretches since the last SYN was built that were spent on an answer become PHASE. */
void open_relabel_wait(struct open *o, enum phase phase);

/* Adds a point to the timeline; the caller fills in what the kind carries. Never NULL. */
struct moment *open_moment(struct open *o, __u64 ts_ns, enum moment_kind at);

/* Adds a drop; never NULL. */
struct drop *open_drop(struct open *o, __u64 ts_ns);

/* The drop that the timeline ends with, NULL where it ends otherwise; and that one undone. */
const struct drop *open_last_drop(const struct open *o);
void open_undo_drop(struct open *o);

/* Closes the books at a.end_ns: orders the timeline and divides the time. A part of PHASE_EGRESS is
 * a.held_ns, all of it where no SYN came to a device. */
void open_settle(struct open *o);

#endif
