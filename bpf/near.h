/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * near.h - what somebody may have meant by a name that is not there.
 *
 *	struct near near = {.want = "tcp_v4_conect"};
 *
 *	near_offer(&near, "tcp_v4_connect");	each name that there is
 *	near_text(&near, text, sizeof(text));	"tcp_v4_connect", the nearest first
 *
 * The names are borrowed.
 */
#ifndef PATHLAG_NEAR_H
#define PATHLAG_NEAR_H

#include "bpf/base.h"

#define NEAR_MAX 5

struct near {
	const char *want;
	size_t count;
	struct {
		const char *name;
		unsigned distance;
	} best[NEAR_MAX];
};

void near_offer(struct near *n, const char *name);

/* "ip_rcv, ip6_rcv"; empty where there is none. */
void near_text(const struct near *n, char *text, size_t len);

#endif
