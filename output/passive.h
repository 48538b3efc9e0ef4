/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * passive.h - the other side of a connect: what a listening socket did with a SYN, finished.
 *
 * A plain value like those of attempt.h, made by passives.h. Times are CLOCK_MONOTONIC nanoseconds.
 */
#ifndef PATHLAG_PASSIVE_H
#define PATHLAG_PASSIVE_H

#include "output/attempt.h"

/* Where the time goes, in this order, without gap or overlap. */
enum passive_phase {
	PASSIVE_IN_SYN_RECV, /* first SYN -> the SYN-ACK that the client answered, or the last one
			      */
	PASSIVE_IN_NETWORK,  /* that SYN-ACK -> the final ACK */
	PASSIVE_IN_QUEUE,    /* the final ACK -> accept() returned it */
	PASSIVE_PHASES
};
const char *passive_phase_name(enum passive_phase phase); /* "syn_recv", as in JSON */

enum passive_result {
	PASSIVE_IN_PROGRESS, /* the handshake was under way when tracing ended */
	PASSIVE_ACCEPTED,
	PASSIVE_NOT_ACCEPTED, /* "established": nobody was seen to accept() it */
	PASSIVE_OVERFLOWED,   /* a queue was full, and the client has given up */
	PASSIVE_RESET,        /* by the client, before accept() */
	PASSIVE_TIMED_OUT,    /* no final ACK: the kernel has given up repeating the SYN-ACK */
	PASSIVE_RESULTS
};
const char *passive_result_name(enum passive_result result); /* "accepted", as in JSON */

/* Who connects, where that side was seen as well: it is on this host, or its recording was read
 * too. */
struct client_side {
	bool known;
	struct rec_owner owner;
	char hostname[64]; /* "" = this host; else of the other recording */
};

struct passive {
	__u64 id;
	__u64 sk;       /* the new socket; 0 = there never was one */
	__u64 listener; /* 0 = unknown */
	__u64 start_ns; /* the first SYN */
	__u64 end_ns;
	struct rec_owner owner; /* who accepted it; else whose the listening socket is; tgid 0 =
				   unknown */
	struct rec_tuple tuple; /* the initiator's orientation, as this side sees it */
	bool isn_known;
	__u32 isn; /* the client's */
	enum passive_result result;

	__u64 phase_ns[PASSIVE_PHASES]; /* sums to end_ns - start_ns exactly */
	__u32 phase_seen;               /* bit n: phase n was observable */

	unsigned syns, syn_acks; /* of syn_acks the first is none of the retransmits */
	bool cookies, fastopen;
	bool accept_unseen; /* it was accepted in a way that is not observed: how long it waited is
			       not known */
	bool deferred;   /* TCP_DEFER_ACCEPT: an ACK without data is held back, so when the client
			    answered is not known */
	bool unanswered; /* a SYN-ACK was repeated because nothing had come back */
	enum overflow overflow;
	unsigned overflowed; /* SYNs, or final ACKs, that found the queue full */
	unsigned final_acks; /* so many of these were final ACKs: the client believes that it is
				connected */
	bool inferred;       /* from the queue's length and the silence, not seen itself */
	struct listen_queue queue; /* when it overflowed first; else when it entered the accept
				      queue, else at the first SYN */
	char dev[REC_IFNAME_LEN + 1];
	struct client_side client;

	unsigned drops; /* all of them; drops_kept lie in drop[] */
	unsigned drops_kept;
	struct drop *drop;
	unsigned moments; /* likewise, ordered by time */
	unsigned moments_kept;
	struct moment *moment;
};

static inline __u64 passive_dur_ns(const struct passive *p)
{
	return p->end_ns - p->start_ns;
}

#endif
