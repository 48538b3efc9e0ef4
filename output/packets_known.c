// SPDX-License-Identifier: GPL-2.0-only
/* packets.h, what packets lean on: devices by number, sockets by address. */
#include "output/packets.h"

#define DEVS_MAX 1024

struct socket_entry {
	struct table_node node; /* key: sk */
	struct subject *subject;
};

struct dev_entry {
	struct table_node node; /* key: netns and ifindex */
	char name[REC_IFNAME_LEN + 1];
};

static __u64 dev_key(__u32 netns, __u32 ifindex)
{
	return (__u64)netns << 32 | ifindex;
}

void packets_learn_dev(struct packets *t, const struct rec_dev *dev)
{
	__u64 key = dev_key(dev->netns, dev->ifindex);
	struct dev_entry *d = (struct dev_entry *)table_find(&t->devs, key);

	if (!dev->ifindex || !dev->name[0])
		return;
	if (!d) {
		if (t->devs.count >= DEVS_MAX) {
			d = (struct dev_entry *)table_oldest(&t->devs);
			table_remove(&t->devs, &d->node);
		} else {
			d = calloc(1, sizeof(*d));
		}
		if (!d)
			return;
		table_add(&t->devs, &d->node, key);
	}
	memcpy(d->name, dev->name, sizeof(dev->name));
}

const char *packets_dev(const struct packets *t, __u32 netns, __u32 ifindex)
{
	const struct table_node *node = NULL;

	if (ifindex)
		node = table_find(&t->devs, dev_key(netns, ifindex));
	return node ? ((const struct dev_entry *)node)->name : "";
}

static struct socket_entry *find_socket(const struct packets *t, __u64 sk)
{
	return sk ? (struct socket_entry *)table_find(&t->sockets, sk) : NULL;
}

static void socket_free(struct packets *t, struct socket_entry *s)
{
	table_remove(&t->sockets, &s->node);
	subject_unref(s->subject);
	free(s);
}

int packets_learn_socket(struct packets *t, const struct event *ev)
{
	const struct rec_socket *rec = ev->socket;
	struct socket_entry *s = find_socket(t, rec->sk);
	struct subject *subject = subject_new(&(struct subject){.sk = rec->sk,
		.owner_known = rec->owner.tgid,
		.owner = rec->owner,
		.tuple = rec->tuple});

	if (subject && !s) {
		if (t->sockets.count >= t->cfg->max_sockets) {
			t->counts->evicted_sockets++;
			socket_free(t, (struct socket_entry *)table_oldest(&t->sockets));
		}
		s = calloc(1, sizeof(*s));
		if (s)
			table_add(&t->sockets, &s->node, rec->sk);
	}
	if (!subject || !s) {
		subject_unref(subject);
		return -ENOMEM;
	}
	subject_unref(s->subject);
	s->subject = subject;
	table_touch(&t->sockets, &s->node);
	return 0;
}

void packets_take_from_socket(const struct packets *t, struct subject *s)
{
	const struct socket_entry *socket = find_socket(t, s->sk);

	if (!socket)
		return;
	/* What has no headers yet is on its way out: it will go where the socket leads. */
	if (!s->tuple.family && !s->ethertype)
		s->tuple = socket->subject->tuple;
	if (s->owner_known || !socket->subject->owner_known)
		return;
	s->owner = socket->subject->owner;
	s->owner_known = true;
}

int packets_known_init(struct packets *t, size_t max_sockets)
{
	if (table_init(&t->sockets, max_sockets) || table_init(&t->devs, DEVS_MAX))
		return -ENOMEM;
	return 0;
}

void packets_known_done(struct packets *t)
{
	struct table_node *node;

	while (t->sockets.bucket && (node = table_oldest(&t->sockets)))
		socket_free(t, (struct socket_entry *)node);
	while (t->devs.bucket && (node = table_oldest(&t->devs))) {
		table_remove(&t->devs, node);
		free(node);
	}
	table_done(&t->sockets);
	table_done(&t->devs);
}

struct subject *packets_socket(struct packets *t, __u64 sk)
{
	struct socket_entry *s = find_socket(t, sk);

	if (!s)
		return NULL;
	table_touch(&t->sockets, &s->node);
	return s->subject;
}
