/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * passive_open.h - a passive open that is still going on, and what each event means to it.
 *
 * A SYN for which a queue of the listening socket has no room is taken and forgotten without a
 * word: what tells is that the queue was full when it arrived, and that no SYN-ACK followed. So
 * each SYN waits for its answer until the next one arrives or some time has passed, and is judged
 * then.
 *
 * Part of the correlator: only passives*.c use it.
 */
#ifndef PATHLAG_PASSIVE_OPEN_H
#define PATHLAG_PASSIVE_OPEN_H

#include <sys/queue.h>

#include "output/event.h"
#include "output/passive.h"

/* A SYN, as the listening socket was when it arrived. */
struct awaited_syn {
	__u64 ts_ns; /* 0 = none waits for its SYN-ACK */
	struct listen_queue queue;
	bool cookies_on;
	__u32 drops; /* sk_drops */
};

struct passive_open {
	struct passive p;
	__u32 netns;                        /* of the listening socket */
	bool for_client;                    /* told for the sake of a connect only */
	bool finished;                      /* handed out, kept for the join */
	__u64 finished_ns;                  /* when, in stream time */
	TAILQ_ENTRY(passive_open) link;     /* open: by start; finished: by finished_ns */
	LIST_ENTRY(passive_open) same_flow; /* buckets of passives.c */
	LIST_ENTRY(passive_open) same_isn;
	struct awaited_syn awaited;
	struct listen_queue last_queue; /* as told last */
	__u32 last_drops;
	bool ack_refused; /* since the last SYN-ACK, for want of room */
	/* 0 = not seen */
	__u64 syn_ns, syn_ack_ns, ack_ns, accept_ns, rst_ns, closed_ns;
	__u32 syn_ifindex, syn_ack_ifindex; /* of the last ones */
	int err;                            /* of CLOSED, positive */
	unsigned drops_room, moments_room;
	struct moment spare_moment; /* where what is not kept is written */
};

/* A new one from its first event; NULL when out of memory. */
struct passive_open *passive_open_new(const struct rec_passive *first);
void passive_open_free(struct passive_open *o);

/* True when nothing more is to come: hand it out (after passive_open_finish). */
bool passive_open_feed(struct passive_open *o, const struct rec_passive *rec);
void passive_open_drop(struct passive_open *o, const struct event *ev);

/* No SYN-ACK will follow the last SYN any more: was a queue full? */
void passive_open_judge(struct passive_open *o);

/* When it ended without a further event, as far as is known at NOW_NS; 0 = it may still go on. */
__u64 passive_open_overdue(struct passive_open *o, __u64 now_ns);

/*
 * How it came, and how it is to be called; orders the timeline and divides the time. GIVEN_UP:
 * nothing more would come, else tracing ends and it is in progress.
 */
void passive_open_finish(struct passive_open *o, __u64 end_ns, bool given_up);

#endif
