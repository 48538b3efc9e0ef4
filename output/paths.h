/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * paths.h - the correlator of the function layer: hop records in; edges, call trees, packets out.
 *
 * Like the tracker (tracker.h) it knows no clock but the events' time stamps. Nesting is found by
 * the rule in record.h: a call belongs to the kernel stack it runs on, and calls on one stack nest
 * by their slot. On each stack time is made monotonic, so that callees never take longer than their
 * caller. Memory is bounded by the cfg; what is given up for want of room is counted.
 *
 * Calls in the order they happen: paths_new, paths_feed for each event (REC_STOP hands out what is
 * still open), paths_counts, paths_free.
 */
#ifndef PATHLAG_PATHS_H
#define PATHLAG_PATHS_H

#include "output/path.h"

struct paths;

struct paths_cfg {
	size_t max_stacks;  /* with open calls at one time; 0 = 2048 */
	size_t max_packets; /* 0 = 8192 */
	size_t max_sockets; /* 0 = 8192 */
	size_t max_calls;   /* kept for trees, all stacks together; 0 = 65536 */
	unsigned max_tree;  /* calls kept of one tree; 0 = 4096 */
	void *arg;
	bool keep_trees; /* for paths_each_call(); with on_tree they are kept anyway */
	/* Each may be NULL. */
	void (*on_hop)(void *arg, const struct hop *h);
	void (*on_missed)(void *arg, const struct call *c); /* it is over, unseen: no edge tells */
	void (*on_tree)(void *arg, const struct call_tree *t);
	void (*on_drop)(void *arg, const struct tree_drop *drop); /* of a packet, or a clone */
	void (*on_packet)(void *arg, const struct packet *p);
};

struct path_counts {
	/* entries = points + returned + missed_returns + open_at_end + too_deep, after REC_STOP */
	__u64 entries, points, returned;
	__u64 missed_returns;  /* calls whose return was not seen, though they are over */
	__u64 open_at_end;     /* calls that had not returned when the stream stopped */
	__u64 lone_returns;    /* returns whose entry was not seen */
	__u64 too_deep;        /* entries that found no room on their stack */
	__u64 calls_left_out;  /* calls counted but not kept in their tree */
	__u64 evicted_stacks;  /* given up for want of room */
	__u64 evicted_packets; /* likewise: FATE_LOST_TRACK */
	__u64 evicted_sockets;
	__u64 packets[PACKET_FATES];
};

/* NULL when out of memory. */
struct paths *paths_new(const struct paths_cfg *cfg);

/* Takes one event of any type; calls back for whatever it tells. Returns 0 or -ENOMEM. */
int paths_feed(struct paths *p, const struct event *ev);

const struct path_counts *paths_counts(const struct paths *p);

/*
 * FN for each call of socket SK in the trees that are growing, also those that have returned; in
 * time order on each stack. Needs trees to be kept.
 */
void paths_each_call(const struct paths *p, __u64 sk,
	void (*fn)(void *arg, __u64 stack, const struct call *c), void *arg);

void paths_free(struct paths *p);

#endif
