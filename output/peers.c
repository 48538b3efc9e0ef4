/* SPDX-License-Identifier: GPL-2.0-only */
#include <search.h>

#include "output/passives.h"
#include "output/peers.h"

#define PEERS_MAX (1u << 18) /* about 100 MB */
#define CHAIN_MAX 64         /* of one ISN are asked */

/* One side of a connection, as one recording has it. */
struct peer {
	__u32 isn; /* first, so that the tree can be asked with a bare number */
	unsigned from;
	struct rec_tuple tuple;
	bool listens;
	struct server_side server; /* of the side that listens */
	struct client_side client; /* of the other one */
	struct peer *next;         /* of the same ISN */
};

struct peers {
	void *by_isn; /* tsearch() tree of chains */
	size_t count;
	__u64 left_out;
};

static int isn_compare(const void *a, const void *b)
{
	__u32 x = *(const __u32 *)a, y = *(const __u32 *)b;

	return x < y ? -1 : x > y;
}

struct peers *peers_new(void)
{
	return calloc(1, sizeof(struct peers));
}

static void free_chain(void *node)
{
	struct peer *next, *p;

	for (p = node; p; p = next) {
		next = p->next;
		free(p);
	}
}

void peers_free(struct peers *t)
{
	if (!t)
		return;
	tdestroy(t->by_isn, free_chain);
	free(t);
}

void peers_freep(struct peers **t)
{
	peers_free(*t);
}

static int add(struct peers *t, const struct peer *like)
{
	struct peer *p, **node;

	if (t->count == PEERS_MAX) {
		t->left_out++;
		return 0;
	}
	p = malloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	*p = *like;
	p->next = NULL;
	node = tsearch(p, &t->by_isn, isn_compare);
	if (!node) {
		free(p);
		return -ENOMEM;
	}
	if (*node != p) {
		p->next = (*node)->next;
		(*node)->next = p;
	}
	t->count++;
	return 0;
}

int peers_add_attempt(struct peers *t, unsigned from, const char *hostname, const struct attempt *a)
{
	struct peer p = {.isn = a->isn, .from = from, .tuple = a->tuple};

	if (!a->isn_known)
		return 0;
	p.client.known = true;
	p.client.owner = a->owner;
	snprintf(p.client.hostname, sizeof(p.client.hostname), "%s", hostname);
	return add(t, &p);
}

int peers_add_passive(
	struct peers *t, unsigned from, const char *hostname, const struct passive *passive)
{
	struct peer p = {
		.isn = passive->isn, .from = from, .tuple = passive->tuple, .listens = true};

	if (!passive->isn_known)
		return 0;
	passive_server_side(passive, &p.server);
	snprintf(p.server.hostname, sizeof(p.server.hostname), "%s", hostname);
	return add(t, &p);
}

__u64 peers_left_out(const struct peers *t)
{
	return t->left_out;
}

/* The same tuple if there is one; else one of which NAT has left a port as it was. */
static const struct peer *find(const struct peers *t, unsigned self, __u32 isn,
	const struct rec_tuple *tuple, bool listens)
{
	void *node = tfind(&isn, &t->by_isn, isn_compare);
	const struct peer *near = NULL, *p = node ? *(struct peer **)node : NULL;

	for (unsigned asked = 0; p && asked < CHAIN_MAX; p = p->next, asked++) {
		if (p->from == self || p->listens != listens)
			continue;
		if (passives_same_flow(&p->tuple, tuple))
			return p;
		if (p->tuple.sport == tuple->sport || p->tuple.dport == tuple->dport)
			near = p;
	}
	return near;
}

bool peers_server(
	const struct peers *t, unsigned self, const struct attempt *a, struct server_side *ret)
{
	const struct peer *p = a->isn_known ? find(t, self, a->isn, &a->tuple, true) : NULL;

	if (p)
		*ret = p->server;
	return p != NULL;
}

bool peers_client(const struct peers *t, unsigned self, const struct passive *passive,
	struct client_side *ret)
{
	const struct peer *p =
		passive->isn_known ? find(t, self, passive->isn, &passive->tuple, false) : NULL;

	if (p)
		*ret = p->client;
	return p != NULL;
}
