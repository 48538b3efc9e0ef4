/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * table.h - a hash table of things known by a 64-bit number, with the order they were used in.
 *
 * The things are the caller's: each has a struct table_node as its first member, and stays where
 * it is. Bounding is the caller's too: table_oldest() names whom to give up.
 */
#ifndef PATHLAG_TABLE_H
#define PATHLAG_TABLE_H

#include <sys/queue.h>

#include "bpf/base.h"
#include "bpf/record.h"

struct table_node {
	__u64 key;
	struct table_node *next; /* in its bucket */
	TAILQ_ENTRY(table_node) used;
};

struct table {
	TAILQ_HEAD(, table_node) used; /* least recently used first */
	size_t count, mask;
	struct table_node **bucket;
};

/* For about ENTRIES things. 0 or -ENOMEM. */
int table_init(struct table *t, size_t entries);

/* Frees the table, not the things in it. */
void table_done(struct table *t);

struct table_node *table_find(const struct table *t, __u64 key);
void table_add(struct table *t, struct table_node *node, __u64 key); /* which is not there yet */
void table_remove(struct table *t, struct table_node *node);

/* NODE is now the most recently used. */
static inline void table_touch(struct table *t, struct table_node *node)
{
	TAILQ_REMOVE(&t->used, node, used);
	TAILQ_INSERT_TAIL(&t->used, node, used);
}

/* NULL = empty. */
static inline struct table_node *table_oldest(const struct table *t)
{
	return TAILQ_FIRST(&t->used);
}

#endif
