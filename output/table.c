// SPDX-License-Identifier: GPL-2.0-only
#include "output/table.h"

#define BUCKETS_MIN 64
#define BUCKETS_MAX 8192

/* Multiplication by 2^64 divided by the golden ratio: kernel addresses differ in a few bits. */
static struct table_node **bucket_of(const struct table *t, __u64 key)
{
	return &t->bucket[(key * 0x9e3779b97f4a7c15ULL >> 40) & t->mask];
}

int table_init(struct table *t, size_t entries)
{
	size_t buckets = BUCKETS_MIN;

	while (buckets < entries && buckets < BUCKETS_MAX)
		buckets *= 2;
	TAILQ_INIT(&t->used);
	t->count = 0;
	t->mask = buckets - 1;
	t->bucket = calloc(buckets, sizeof(*t->bucket));
	return t->bucket ? 0 : -ENOMEM;
}

void table_done(struct table *t)
{
	free(t->bucket);
	t->bucket = NULL;
}

struct table_node *table_find(const struct table *t, __u64 key)
{
	struct table_node *node = *bucket_of(t, key);

	while (node && node->key != key)
		node = node->next;
	return node;
}

void table_add(struct table *t, struct table_node *node, __u64 key)
{
	struct table_node **bucket = bucket_of(t, key);

	node->key = key;
	node->next = *bucket;
	*bucket = node;
	TAILQ_INSERT_TAIL(&t->used, node, used);
	t->count++;
}

void table_remove(struct table *t, struct table_node *node)
{
	struct table_node **at = bucket_of(t, node->key);

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	TAILQ_REMOVE(&t->used, node, used);
	t->count--;
}
