/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * group.h - attempts of one process to the addresses of one name, close together in time: the race
 * of Happy Eyeballs (RFC 8305) or a plain walk down the list. They are one story for the user.
 *
 * Part of the correlator: only tracker.c uses it.
 */
#ifndef PATHLAG_GROUP_H
#define PATHLAG_GROUP_H

#include "output/attempt.h"

/* An attempt joins when it starts this soon after the one before started or ended. */
#define GROUP_GAP_NS 300000000ULL
/* ... or this soon after the start of one that is still undecided. */
#define GROUP_RACE_NS 1000000000ULL

struct groups;

struct groups *groups_new(void);

/* A named attempt starts: sets its group members. */
void groups_join(struct groups *g, struct attempt *a);

/* It has ended. */
void groups_leave(struct groups *g, const struct attempt *a);

void groups_free(struct groups *g);

#endif
