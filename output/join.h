/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * join.h - an attempt meets the passive open on the other side, where both are on this host.
 *
 * The server's overflowed SYNs get into the timeline of the client that waited for an answer to
 * them. Part of the correlator: only tracker.c uses it.
 */
#ifndef PATHLAG_JOIN_H
#define PATHLAG_JOIN_H

#include "output/open.h"
#include "output/passives.h"

/* Something came back to A: its passive open learns who its client is. */
void join_client(struct passives *t, const struct attempt *a);

/* It ends at END_NS: learns what the other side did. Before progress_finish(). */
void join_server(struct passives *t, struct open *o, __u64 end_ns);

/* It has been handed out. */
void join_gone(struct passives *t, const struct attempt *a);

#endif
