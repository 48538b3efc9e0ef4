/* SPDX-License-Identifier: GPL-2.0-only */
/* record_passive.h - what a listening socket of this host does with a SYN. Part of record.h. */
#ifndef PATHLAG_RECORD_PASSIVE_H
#define PATHLAG_RECORD_PASSIVE_H

#include "bpf/record.h"

enum rec_passive_event {
	PASSIVE_SYN = 0, /* a SYN for a listening socket arrives at a device of this host */
	PASSIVE_SYN_ACK =
		1,       /* its answer is handed to a device's queue, the first or a repeated one */
	PASSIVE_RST = 2, /* the client sends a RST while it is not accepted yet */
	PASSIVE_ESTABLISHED = 3, /* the final ACK is here: the new socket is in the accept queue */
	PASSIVE_CLOSED = 4,      /* the new socket ends, or is reset, before accept() was seen */
	PASSIVE_ACCEPT = 5,      /* accept() has returned it; owner is who called */
	PASSIVE_FORWARDED = 6,   /* the SYN was not for this host (or NAT led it on): forget it */
	PASSIVE_EVENTS
};

enum rec_passive_flags {
	PASSIVE_FOR_CLIENT =
		1 << 0, /* out of scope, told for the sake of a connect of ours: no line */
	PASSIVE_QUEUE_KNOWN = 1 << 1, /* the queue members below are set */
	PASSIVE_COOKIE = 1 << 2,      /* SYN_ACK: a SYN cookie, nothing is kept in the SYN queue */
	PASSIVE_COOKIES_ON =
		1 << 3, /* SYN: net.ipv4.tcp_syncookies lets a full SYN queue answer so */
	PASSIVE_ACKED =
		1 << 4, /* SYN_ACK: the final ACK has come before, and found no room to queue */
	PASSIVE_FASTOPEN = 1 << 5, /* the connection stood before the handshake had ended */
	PASSIVE_TAKEN =
		1 << 6, /* CLOSED: it was accepted, in a way that is not observed (io_uring) */
	PASSIVE_GROUP =
		1 << 7, /* several sockets listen there (SO_REUSEPORT): listener is one of them */
	PASSIVE_DEFERS = 1 << 8, /* TCP_DEFER_ACCEPT: a final ACK without data is held back */
};

struct rec_passive {
	struct rec_hdr hdr;
	__u64 sk;               /* the new socket: ESTABLISHED, CLOSED, ACCEPT; else 0 */
	__u64 listener;         /* 0 = unknown */
	struct rec_owner owner; /* of the listening socket; tgid 0 = unknown. netns is always set */
	struct rec_tuple tuple; /* the initiator's orientation, as this side sees it */
	struct rec_dev dev;     /* SYN, SYN_ACK, RST */
	__u32 event;            /* enum rec_passive_event */
	__u32 flags;            /* enum rec_passive_flags */
	__u32 isn;              /* the client's, in every event; 0 = unknown */
	__s32 err;              /* CLOSED: sk_err */
	/* Of the listening socket, at this moment. A queue of m holds m + 1: full is len > max in
	 * the accept queue (sk_acceptq_is_full), len >= max in the SYN queue (whose max is the
	 * same). */
	__u32 accept_len;
	__u32 accept_max;
	__u32 syn_len;
	__u32 drops; /* sk_drops: every SYN and final ACK it refused counts (tcp_listendrop) */
};

REC_ASSERT(rec_passive, 16 + 16 + 40 + 40 + 24 + 32);

#endif
