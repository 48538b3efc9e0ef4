/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drops.h - what this host dropped, counted: a row for each combination of reason, function,
 * program, device, namespace and owner.
 *
 * The number of rows is bounded. A drop whose row finds no room is counted in `other`, so that the
 * rows and `other` always add up to `total`.
 */
#ifndef PATHLAG_DROPS_H
#define PATHLAG_DROPS_H

#include "output/path.h"

/* One drop. Borrows from the event it is made of. */
struct dropped {
	__u64 ts_ns;
	__u32 cpu;
	const struct rec_dropped *rec;
	const struct drop_names *names;
	struct subject subject; /* packet 0: not followed */
	unsigned frames;        /* innermost first */
	const struct frame *frame;
};

void dropped_of(struct dropped *d, const struct event *ev); /* of REC_DROPPED */

/* The end of a packet that had done its work, which the kernel frees as if it was dropped. */
bool dropped_is_harmless(const struct dropped *d);

struct drop_key {
	char reason[64];          /* "" = none known */
	char subsys[24];          /* "" = the reason is not the kernel's */
	char place[LOCATION_LEN]; /* "nft_do_chain [nf_tables]": without an offset; "" = unknown */
	char verdict[VERDICT_LEN];
	char program[64];             /* "" = none, or its name is not known */
	__u32 prog_id;                /* 0 = none */
	enum rec_prog_kind prog_kind; /* with a name or an id */
	char dev[REC_IFNAME_LEN + 1]; /* "" = unknown */
	char comm[REC_COMM_LEN + 1];  /* of the owner */
	__u32 tgid;                   /* 0 = unknown */
	__u32 ifindex;                /* 0 = none */
	__u32 netns;                  /* 0 = unknown */
};

struct drop_row {
	struct drop_key key;
	__u64 count;
	__u64 before; /* count when the rates were last taken */
	double per_s;
};

/* The most frequent first; equal ones by their key. */
struct drop_counts {
	struct drop_row *const *row;
	size_t rows;
	__u64 total, other;
	double per_s;   /* of all */
	__u64 start_ns; /* of the run */
	__u64 end_ns;   /* the moment these are of */
};

struct drops;

/* Room for MAX_ROWS (0 = 4096). NULL when out of memory. */
struct drops *drops_new(size_t max_rows, __u64 start_ns);
void drops_free(struct drops *d);

void drops_add(struct drops *d, const struct dropped *drop);

/* Of a frame that an XDP program could not send on the kernel tells first that, then, where the
 * frame lay in an skb, that it frees it. To be asked about each drop, once, in their order. */
bool drops_is_repeat(struct drops *d, const struct dropped *drop);

/* Sorted, with the rates since the last call of this one; and of the whole run. Valid until the
 * next call of any. */
const struct drop_counts *drops_lately(struct drops *d, __u64 now_ns);
const struct drop_counts *drops_overall(struct drops *d, __u64 now_ns);

#endif
