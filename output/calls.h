/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * calls.h - open calls, stack by stack, and the trees they grow into.
 *
 * The part of the correlator that knows how calls nest (the rule stands in record.h) and nothing of
 * packets. On each stack time never runs backwards: records of one stack are in order, but their
 * stamps may be off by the length of an interrupt.
 */
#ifndef PATHLAG_CALLS_H
#define PATHLAG_CALLS_H

#include "output/paths.h"
#include "output/subject.h"
#include "output/table.h"

#define CALLS_DEPTH_MAX 256 /* open calls of one stack; a kernel stack has no room for more */

struct open_call {
	struct call call;    /* holds a reference on its subject */
	int item;            /* its place in the tree; -1 = it has none */
	struct frame *frame; /* owned, unless its item has it */
};

struct stack {
	struct table_node node; /* key: rec_hop.stack */
	__u64 now_ns;           /* of its last event; never goes back */
	__u64 quiet_ns;         /* stream time of its last event, or since it was given up */
	__u32 cpu;              /* of its last event */
	unsigned depth, room;
	struct open_call *open; /* outermost first */
	unsigned items, items_room;
	unsigned calls; /* of the tree, also those that are not kept */
	struct call *item;
};

struct calls {
	const struct paths_cfg *cfg;
	struct path_counts *counts;
	struct table stacks; /* only those with an open call or a tree that grows */
	size_t kept;         /* items of all stacks */
};

/* CFG (where zeros become defaults) and COUNTS stay the caller's. 0 or -ENOMEM. */
int calls_init(struct calls *c, struct paths_cfg *cfg, struct path_counts *counts);
void calls_done(struct calls *c);

/* An entry or a point. CALL is what is known of it; its subject is borrowed. 0 or -ENOMEM. */
int calls_enter(struct calls *c, const struct event *ev, const struct call *call);

/*
 * The open call that a REC_HOP_RETURN ends, to be told more about; NULL = it is not known. And
 * whether it is the outermost of its kind of program that has its packet.
 */
struct call *calls_returning(struct calls *c, const struct event *ev, bool *ret_outermost);

/* 0 or -ENOMEM */
int calls_return(struct calls *c, const struct event *ev);

/*
 * A packet was dropped on a CPU that last ran STACK: notes it in the tree there, on behalf of
 * SUBJECT. False where no call is open there.
 */
bool calls_drop(struct calls *c, __u64 stack, const struct event *ev, const struct tree_drop *drop,
	struct subject *subject);

/*
 * calls_tree.c. The place of CALL in the tree that grows on S, or -1: there is no room, or nobody
 * wants trees. Its frames and drop are then the tree's.
 */
int calls_add_item(struct calls *c, struct stack *s, const struct call *call);
bool calls_keep_trees(const struct calls *c);
void calls_drop_items(struct calls *c, struct stack *s);

/* Whoever wants trees gets this one, and the next one begins empty. */
void calls_hand_over(struct calls *c, struct stack *s);

void calls_tick(struct calls *c, __u64 now_ns); /* gives up what was quiet for long */
void calls_stop(struct calls *c);               /* all that is open is handed over as it stands */

#endif
