/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * peers.h - what other recordings know about the same connections: `replay CLIENT SERVER`.
 *
 * Two hosts share no clock and no kernel addresses. What both saw of a connection is the SYN: its
 * ISN, and its tuple as far as no NAT lies between them. Everything here is found by these.
 */
#ifndef PATHLAG_PEERS_H
#define PATHLAG_PEERS_H

#include "output/passive.h"

struct peers;

/* NULL when out of memory. */
struct peers *peers_new(void);

/*
 * Remembers what recording FROM (a number), made on HOSTNAME, says of a connect or of a passive
 * open. 0 or -ENOMEM; one without an ISN is of no use, and left out. There is
 * room for 262144: what comes later is left out and counted.
 */
int peers_add_attempt(
	struct peers *t, unsigned from, const char *hostname, const struct attempt *a);
int peers_add_passive(
	struct peers *t, unsigned from, const char *hostname, const struct passive *p);

__u64 peers_left_out(const struct peers *t);

/* What a recording other than SELF says of the other side; false where none does. */
bool peers_server(
	const struct peers *t, unsigned self, const struct attempt *a, struct server_side *ret);
bool peers_client(
	const struct peers *t, unsigned self, const struct passive *p, struct client_side *ret);

void peers_free(struct peers *t);
void peers_freep(struct peers **t);

#endif
