/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * passives.h - the correlator of the listening side: REC_PASSIVE and REC_DROP in, finished passive
 * opens out; and, for attempts, what the other side did about them.
 *
 * Part of the tracker. A passive open is known by its namespace and tuple until it is handed out,
 * and some seconds longer, so that the client's attempt finds it. Memory is bounded by MAX: the
 * oldest is handed out as it stands and counted.
 */
#ifndef PATHLAG_PASSIVES_H
#define PATHLAG_PASSIVES_H

#include "output/event.h"
#include "output/passive.h"

struct passives;

/* MAX 0 = 16384. ON_PASSIVE may be NULL. NULL when out of memory. */
struct passives *passives_new(
	size_t max, void (*on_passive)(void *arg, const struct passive *p), void *arg);

/* 0 or -ENOMEM. Events of other types are ignored. */
int passives_feed(struct passives *t, const struct event *ev);

/* Time has come to NOW_NS: what can go no further is handed out. */
void passives_tick(struct passives *t, __u64 now_ns);
void passives_stop(struct passives *t, __u64 now_ns);

/*
 * What the listening side has done so far about the attempt whose SYN has this ISN and, as its
 * socket has it, this tuple (NAT may have changed the addresses). False where it was not seen.
 * A SYN of it that was not answered yet is judged now. ON_OVERFLOW is called for each AT_OVERFLOW.
 */
bool passives_server(struct passives *t, const struct rec_tuple *tuple, __u32 isn,
	struct server_side *ret, void (*on_overflow)(void *arg, const struct moment *m), void *arg);

/* The attempt of OWNER has this ISN: the passive open of it names its client. */
void passives_client(struct passives *t, const struct rec_tuple *tuple, __u32 isn,
	const struct rec_owner *owner);

/* That attempt has failed at END_NS: no further SYN will come. */
void passives_client_gone(
	struct passives *t, const struct rec_tuple *tuple, __u32 isn, __u64 end_ns);

/* What a finished passive open means to the attempt of its client. */
void passive_server_side(const struct passive *p, struct server_side *ret);

__u64 passives_evicted(const struct passives *t);
void passives_free(struct passives *t);

/* From the same address and port to the same. */
static inline bool passives_same_flow(const struct rec_tuple *a, const struct rec_tuple *b)
{
	return a->family == b->family && a->sport == b->sport && a->dport == b->dport &&
	       !memcmp(a->saddr, b->saddr, sizeof(a->saddr)) &&
	       !memcmp(a->daddr, b->daddr, sizeof(a->daddr));
}

#endif
