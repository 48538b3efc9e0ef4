/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packets.h - what has been told about packets, sockets and devices.
 *
 * The part of the correlator that knows identities and fates, and nothing of nesting. A packet
 * lives as long as any of its skbs: it and its clones, copies, segments. All tables are bounded;
 * whoever was not heard of for longest is given up.
 */
#ifndef PATHLAG_PACKETS_H
#define PATHLAG_PACKETS_H

#include "output/paths.h"
#include "output/subject.h"
#include "output/table.h"

#define PACKET_SKBS 64 /* of one packet that are known one by one; the others are counted */

/* Where an skb has got, as far as it was seen. */
enum skb_place { SKB_INSIDE, SKB_DELIVERED, SKB_TRANSMITTED };

struct packet_skb {
	__u64 addr;
	enum skb_place place;
};

struct packet_entry {
	struct table_node node; /* key: packet id */
	struct packet p;
	__u64 stack; /* of its last hop */
	bool fate_known;
	unsigned skbs, room; /* alive */
	unsigned more;       /* alive too, but which they are is not known */
	struct packet_skb *skb;
};

struct packets {
	const struct paths_cfg *cfg;
	struct path_counts *counts;
	__u64 last_number;
	struct table packets, sockets, devs;
};

/* CFG (where zeros become defaults) and COUNTS stay the caller's. 0 or -ENOMEM. */
int packets_init(struct packets *t, struct paths_cfg *cfg, struct path_counts *counts);
void packets_done(struct packets *t);

/* REC_PACKET, REC_SOCKET. 0 or -ENOMEM. */
int packets_learn(struct packets *t, const struct event *ev);
int packets_learn_socket(struct packets *t, const struct event *ev);

/* The subject of an entry or a point, which its packet has now passed; borrowed. NULL = none. */
struct subject *packets_pass(struct packets *t, const struct event *ev);

/* The name of a device; "" = unknown. */
const char *packets_dev(const struct packets *t, __u32 netns, __u32 ifindex);

/* Not every kfree_skb() is a drop: see drop_names.harmless. */
static inline bool packet_end_is_drop(const struct event *ev)
{
	return ev->packet_end->dropped && !ev->drop_names.harmless;
}

/* The packet that a REC_PACKET_END is about, made if it is a drop; NULL = nothing to be told. */
struct packet_entry *packets_ending(struct packets *t, const struct event *ev);

/* One of its skbs has ended; with the last of them the packet is handed out and gone. */
void packets_end(struct packets *t, struct packet_entry *e, const struct event *ev);

/* packets_known.c */
int packets_known_init(struct packets *t, size_t max_sockets);
void packets_known_done(struct packets *t);
void packets_learn_dev(struct packets *t, const struct rec_dev *dev);
struct subject *packets_socket(struct packets *t, __u64 sk); /* borrowed; NULL = unknown */

/* Whose it is, where the packet does not say but its socket does. */
void packets_take_from_socket(const struct packets *t, struct subject *s);

void packets_stop(struct packets *t); /* what is left is handed out: FATE_LOST_TRACK */

#endif
