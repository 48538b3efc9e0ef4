/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attempt.h - what pathlag knows: name lookups and connection attempts, finished.
 *
 * These are plain values, made by the correlator (tracker.h), judged by verdict.h and rendered by
 * the sinks. Nobody after the correlator changes them. All times are CLOCK_MONOTONIC nanoseconds.
 */
#ifndef PATHLAG_ATTEMPT_H
#define PATHLAG_ATTEMPT_H

#include "bpf/base.h"
#include "bpf/record.h"
#include "output/path.h"

#define NAME_LEN        256 /* a DNS name in presentation form, escaped, with its NUL */
#define LOOKUP_QUERIES  8   /* repetitions of one question that are kept; all are counted */
#define LOOKUP_ANSWERS  16  /* addresses of one answer that are kept */
#define ATTEMPT_DROPS   16  /* drops that are kept; all are counted */
#define ATTEMPT_MOMENTS 96  /* points of a timeline that are kept; all are counted */
#define ATTEMPT_CALLS   256 /* calls of the function layer that are kept; all are counted */

/* Where the time of an attempt goes. In this order, without gap or overlap. */
enum phase {
	PHASE_DNS,
	PHASE_THINK,
	PHASE_ROUTE,
	PHASE_NEIGH,
	PHASE_EGRESS,
	PHASE_RTO_WAIT,
	PHASE_NETWORK,
	PHASE_INGRESS,
	PHASE_WAKEUP,
	PHASE_COUNT
};
const char *phase_name(enum phase phase); /* "dns", as in JSON */

struct address {
	__u8 family; /* 4 or 6; 0 = none */
	__u8 bytes[16];
};

enum lookup_result { LOOKUP_ANSWERED, LOOKUP_TIMEOUT, LOOKUP_ERROR, LOOKUP_IN_PROGRESS };
enum lookup_source { LOOKUP_PACKET, LOOKUP_GETADDRINFO };

/* What a resolver of this host asked in turn, to be able to answer. */
struct upstream {
	struct rec_owner owner; /* that resolver; tgid 0 = none seen */
	struct address server;  /* that answered last; of the last try while none did */
	unsigned tries;         /* queries, whatever their type */
	bool answered;
	__u64 dur_ns; /* first query to last answer, or to the end of what they were asked for */
};

/* One question (name and type) of one process, with all its repetitions; or one getaddrinfo(). */
struct lookup {
	__u64 id;
	__u64 start_ns; /* first query, or the call */
	__u64 end_ns;   /* accepted answer, return, or when it was given up */
	struct rec_owner owner;
	char name[NAME_LEN];
	__u16 qtype; /* ns_t_a = 1, ns_t_aaaa = 28, ...; 0 = any (getaddrinfo) */
	int rcode;   /* DNS rcode, -1 = no answer; with LOOKUP_GETADDRINFO the EAI_* value */
	enum lookup_result result;
	enum lookup_source source;
	struct address server; /* that answered; of the last try while none did */
	struct address first_server;
	struct rec_tuple tuple; /* of its last query; family 0 = no packet seen */
	bool tcp;               /* its last query went over TCP */
	bool truncated;         /* a UDP answer had TC set, so TCP followed */
	unsigned tries;         /* queries sent for this question; 0 = none seen */
	unsigned servers;       /* different servers asked */
	unsigned search_misses; /* NXDOMAIN answers of the search list before this name */
	__u64 chain_start_ns;   /* start of the first search-list miss; else start_ns */
	unsigned tries_kept;    /* of tries, the first ones, in order */
	struct {
		__u64 ts_ns;
		struct address server;
	} query[LOOKUP_QUERIES];
	unsigned answers;
	struct address answer[LOOKUP_ANSWERS];
	__u32 min_ttl;        /* seconds */
	unsigned drops;       /* of its packets, in this host */
	char drop_reason[64]; /* of the last one, like the following */
	char drop_location[128];
	struct program_verdict drop_by;
	bool late; /* with LOOKUP_TIMEOUT: the answer came at end_ns, its asker had given up */
	struct upstream upstream;
};

enum attempt_result {
	ATTEMPT_IN_PROGRESS,
	ATTEMPT_ESTABLISHED,
	ATTEMPT_REFUSED,
	ATTEMPT_TIMEOUT,
	ATTEMPT_UNREACHABLE,
	ATTEMPT_ABANDONED,
	ATTEMPT_FAILED,
	ATTEMPT_RESULTS
};
const char *attempt_result_name(enum attempt_result result); /* "established", as in JSON */

/*
 * How the name was found; the best proof first. NOT_OBSERVED: a lookup may have been made where it
 * cannot be seen, so there is no dns phase, not one of 0. NONE: nothing suggests that there was
 * one.
 */
enum dns_link {
	DNS_LINK_ANSWER,
	DNS_LINK_GETADDRINFO,
	DNS_LINK_HOST_CACHE,
	DNS_LINK_HEURISTIC,
	DNS_LINK_NOT_OBSERVED,
	DNS_LINK_NONE
};
const char *dns_link_name(enum dns_link link);

enum moment_kind {
	AT_DNS_QUERY, /* address: the server */
	AT_DNS_ANSWER,
	AT_GETADDRINFO,
	AT_GETADDRINFO_RETURN,
	AT_CONNECT,
	AT_ROUTE,      /* dev, address: the gateway, err */
	AT_NEIGH_WAIT, /* dev, address: the next hop */
	AT_NEIGH_DONE,
	AT_NEIGH_FAILED,
	AT_SYN,                   /* dev; handed to the device's queue */
	AT_SYN_SENT,              /* dev; handed to the driver */
	AT_SYN_RETRANSMIT,        /* dev */
	AT_SYN_RETRANSMIT_FAILED, /* err */
	AT_DROP,                  /* text: reason, location, packet */
	AT_ICMP,                  /* address: who sent it; code */
	AT_RST,                   /* a RST arrives */
	AT_RST_SENT,              /* this host answers with a RST */
	AT_SYN_ACK,               /* dev */
	AT_SOCKET_ERROR,          /* err */
	AT_ESTABLISHED,
	AT_CLOSED,
	AT_RETURN, /* err: 0 or -errno */
	/* on the side that listens; with the queue's length and size */
	AT_SYN_RECEIVED,       /* dev */
	AT_SYN_ACK_SENT,       /* dev */
	AT_SYN_ACK_RETRANSMIT, /* dev */
	AT_OVERFLOW,           /* the SYN, or the final ACK, found a queue full */
	AT_ACCEPT,
	AT_KINDS
};
const char *moment_name(enum moment_kind at); /* "dns_query", as in JSON */

struct moment {
	__u64 ts_ns;
	enum moment_kind at;
	int err;       /* 0 or -errno; -EINPROGRESS for AT_RETURN of a non-blocking connect */
	unsigned drop; /* AT_DROP: index into attempt.drop, or ATTEMPT_DROPS if not kept */
	__u8 icmp_type, icmp_code;
	bool queue_known; /* of the listening side */
	bool syn_queue;   /* its SYN queue's; else its accept queue's */
	__u32 queue_len, queue_max;
	struct address address;       /* family 0 = none */
	char dev[REC_IFNAME_LEN + 1]; /* "" = none */
};

struct drop {
	__u64 ts_ns;
	char reason[64]; /* as in struct drop_names */
	char subsys[24];
	__u32 code;
	char location[128]; /* "" = an XDP frame, of which none is told */
	struct program_verdict by;
	bool egress;
	bool own_answer; /* the SYN-ACK of who connects: its SYN and the peer's have crossed */
	enum rec_drop_packet packet;
	__u32 netns; /* where */
	char dev[REC_IFNAME_LEN + 1];
	char within[128]; /* the traced call it happened in: "nf_hook_slow OUTPUT"; "" = unknown */
};
/* "OUTPUT" where it happened in that call's own code, NULL where in what that had called. */
const char *drop_own_detail(const struct drop *d);
const char *drop_packet_name(enum rec_drop_packet packet); /* "syn", as in JSON */
/* Is what the attempt waits for lost with it? Not with a copy, where a bridge floods or a sniffer
 * listens; nor with its own answer to the peer's SYN: it waits for the peer's. */
bool drop_is_loss(const struct drop *d);

/* A call of a traced function for the attempt's socket. Functions live as long as the decoder. */
struct attempt_call {
	const struct func *func;
	__u64 start_ns, end_ns; /* end_ns 0: it had not ended when the attempt did */
	__u64 slot;
	__s64 ret;
	const char *ret_reason;
	__u32 detail, cpu;
	__u16 depth;
	__u8 end;                     /* enum call_end */
	char dev[REC_IFNAME_LEN + 1]; /* "" = none or unknown */
	struct redirect redirect;
};

/* For call_ret_words() and its like. */
struct call attempt_call_view(const struct attempt_call *c);

/* The innermost call in which a phase spent at least half of its time. */
struct phase_call {
	const struct func *func; /* NULL = none, or not traced */
	__u64 ns;                /* its part of the phase */
};

/* How the peer's side, or a box on the way, said no. */
struct refusal {
	bool rst_received;
	bool rst_sent_here; /* this very host made the RST: nobody listens */
	bool icmp;
	__u8 icmp_type, icmp_code;
	struct address icmp_from;
};

struct neighbour {
	struct address key; /* the next hop */
	bool waited, failed;
	bool done; /* it answered the last wait */
	char dev[REC_IFNAME_LEN + 1];
};

struct route {
	bool known;
	__u32 table, ifindex;
	int err;
	struct address gateway;
};

/* Which queue of a listening socket had no room. */
enum overflow { OVERFLOW_NONE, OVERFLOW_ACCEPT_QUEUE, OVERFLOW_SYN_QUEUE };
const char *overflow_name(enum overflow overflow); /* "accept_queue" */

/* Of a listening socket, at one moment. A queue of m holds m + 1 connections. */
struct listen_queue {
	bool known;
	__u32 accept_len, accept_max, syn_len; /* the SYN queue's size is accept_max too */
};

/* What the listening side did about an attempt, where that side was seen as well: it is on this
 * host, or its recording was read too. */
struct server_side {
	bool known;
	struct rec_owner owner; /* of the listening socket; tgid 0 = unknown */
	char hostname[64];      /* "" = this host; else of the other recording */
	unsigned syns;          /* SYNs that reached it */
	unsigned syn_acks;      /* that it handed to a device */
	enum overflow overflow;
	unsigned overflowed; /* SYNs, or final ACKs, that found that queue full */
	unsigned final_acks; /* so many of these were final ACKs: the client believes that it is
				connected */
	bool inferred;       /* from the queue's length and the silence, not seen itself */
	struct listen_queue queue; /* when it overflowed first; else when the connection entered the
				      accept queue */
	bool cookies;              /* a SYN-ACK was one */
	bool accepted;
	__u64 accept_wait_ns; /* in the accept queue, so far */
};

struct attempt {
	__u64 id;
	__u64 sk;
	__u64 start_ns;   /* first moment that counts into dur_ns */
	__u64 connect_ns; /* connect(), or SYN_SENT where the call was not seen */
	__u64 end_ns;
	struct rec_owner owner;
	struct rec_tuple tuple; /* as the socket has it */
	bool isn_known;
	__u32 isn;
	enum attempt_result result;
	int err;             /* 0 or a positive errno */
	bool blocking_known; /* else whether it blocks was not observable */
	bool blocking;
	char name[NAME_LEN]; /* "" = unknown */
	enum dns_link dns_link;
	const struct lookup *lookup; /* the linked one, NULL = none; valid during the sink call */
	bool lookup_timed;           /* its dns and think phases count into this attempt */
	__u64 group;                 /* 0 = none; else shared by attempts that race (RFC 8305) */
	unsigned group_size;         /* attempts of the group so far */
	__u64 group_start_ns;
	bool group_other_family_failed; /* an earlier one, of the other family, failed or was late
					 */
	struct rec_tuple group_first;   /* tuple of the group's first attempt */

	__u64 phase_ns[PHASE_COUNT]; /* sums to end_ns - start_ns exactly */
	__u32 phase_seen;            /* bit n: phase n was observable */

	unsigned syn_sent, syn_retransmits;
	bool fastopen, mptcp;
	bool seeded; /* under way when tracing began: it started before start_ns */
	bool syn_ack_seen;
	bool answered;      /* anything at all came back: SYN-ACK, RST or ICMP */
	unsigned syns_left; /* SYNs that were handed to the driver */
	bool syn_unseen;    /* the last one, or one before it, was not seen on its way */
	char dev[REC_IFNAME_LEN + 1];
	__u32 ifindex; /* of the SYN; else of the route; 0 = unknown */
	__u64 held_ns; /* of PHASE_EGRESS: before the first SYN came to a device, if one did */
	bool held_on;  /* the kernel did not repeat it then, as it was still in this host */
	struct rec_owner syn_held_by, synack_held_by; /* who let it go; tgid 0 = not seen */

	struct route route;
	struct neighbour neigh;
	struct refusal refusal;
	struct server_side server;

	unsigned drops; /* all of them; drops_kept lie in drop[] */
	unsigned drops_kept;
	struct drop *drop;
	unsigned moments; /* likewise, ordered by time */
	unsigned moments_kept;
	struct moment *moment;
	unsigned calls; /* likewise; 0 = no function layer */
	unsigned calls_kept;
	struct attempt_call *call;
	struct phase_call phase_call[PHASE_COUNT];
};

static inline __u64 attempt_dur_ns(const struct attempt *a)
{
	return a->end_ns - a->start_ns;
}

#endif
