/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packets.h - what has been told about packets, sockets and devices.
 *
 * The part of the correlator that knows identities and fates, and nothing of nesting. A packet
 * lives as long as any of its skbs: it and its clones, copies, segments. An XDP frame counts as one
 * until its program drops it, or an skb is made of it; where it was only the inside of an skb that
 * is known, that one goes on. All tables are bounded; whoever was not heard of for longest is given
 * up.
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
	__u64 addr; /* or the start of a frame's memory */
	enum skb_place place;
	bool frame;
};

/* A program has said that the packet is to be dropped; the kernel does that next. */
struct decision {
	struct program_verdict by; /* without a program: nothing was decided */
	__u64 start_ns;            /* of the program's call */
	__u64 skb;
	__u32 cpu;
	bool frame; /* told as a drop already: of frames the kernel says nothing */
};

struct packet_entry {
	struct table_node node; /* key: packet id */
	struct packet p;
	__u64 stack; /* of its last hop */
	bool fate_known;
	struct decision decision;
	__u64 left_frame; /* ended here, by its program's verdict: its REC_PACKET_END is no news */
	unsigned skbs, room; /* alive */
	unsigned frames;     /* of them */
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

/* REC_PACKET, REC_FRAME, REC_SOCKET. 0 or -ENOMEM. */
int packets_learn(struct packets *t, const struct event *ev);
int packets_learn_frame(struct packets *t, const struct event *ev);
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

/* packets_end.c */

/* The packet that a REC_PACKET_END is about, made if it is a drop; NULL = nothing to be told. */
struct packet_entry *packets_ending(struct packets *t, const struct event *ev);

/* True: this end is a drop that was not told yet. It is noted; RET: what there is to say. */
bool packets_drop(
	struct packets *t, struct packet_entry *e, const struct event *ev, struct tree_drop *ret);

/* One of its skbs has ended; with the last of them the packet is handed out and gone. */
void packets_end(struct packets *t, struct packet_entry *e, const struct event *ev);

void packets_stop(struct packets *t); /* what is left is handed out: FATE_LOST_TRACK */

/* packets_frame.c: what programs decide, and frames, whose end that may be. */

/* CALL, of a program, returns with EV: notes its verdict. NULL = its packet is not known. */
struct packet_entry *packets_decide(
	struct packets *t, const struct call *call, const struct event *ev);

/* True: a program has said that the frame is to be dropped. It is noted, as in packets_drop(). */
bool packets_drop_frame(
	struct packets *t, struct packet_entry *e, const struct event *ev, struct tree_drop *ret);

/* CALL, of the outermost XDP program, returns: the frame is gone, sent on, or becomes an skb. */
void packets_leave_xdp(
	struct packets *t, struct packet_entry *e, const struct call *call, const struct event *ev);

/* Hands out packets of which only frames were left, when no more is to be heard of them. */
void packets_tick(struct packets *t, __u64 now_ns);

/* Of a packet whose end was not seen. */
enum packet_fate packets_fate_unseen(const struct packet_entry *e);

/* Between these files. LIKE: what is known of it; takes no reference. NULL when out of memory. */
struct packet_entry *packets_add(struct packets *t, const struct subject *like, __u64 skb,
	bool frame, const struct event *ev);
struct packet_entry *packets_find(const struct packets *t, __u64 id);
void packets_note_event(struct packets *t, struct packet_entry *e, __u64 ts_ns);
struct packet_skb *packets_find_skb(struct packet_entry *e, __u64 addr);
void packets_remove_skb(struct packet_entry *e, struct packet_skb *skb);
void packets_note_drop(struct packets *t, struct packet_entry *e, const struct event *ev,
	const struct tree_drop *drop);
void packets_hand_out(struct packets *t, struct packet_entry *e);

/* packets_known.c */
int packets_known_init(struct packets *t, size_t max_sockets);
void packets_known_done(struct packets *t);
void packets_learn_dev(struct packets *t, const struct rec_dev *dev);
struct subject *packets_socket(struct packets *t, __u64 sk); /* borrowed; NULL = unknown */

/* Whose it is, where the packet does not say but its socket does. */
void packets_take_from_socket(const struct packets *t, struct subject *s);

#endif
