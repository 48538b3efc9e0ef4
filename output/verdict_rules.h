/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict_rules.h - the rules behind verdict.h, as data.
 *
 * A rule that applies charges an attempt with the time its cause cost: the stretches of `time`.
 * Among the faults (the attempt did not succeed) the first that applies wins, so they are listed
 * from the best evidence to the weakest. Among the delays the costliest wins; each has a time of
 * its own, so that no nanosecond is told twice. A fault's `time` is what it explains: a delay in it
 * is not told beside it.
 */
#ifndef PATHLAG_VERDICT_RULES_H
#define PATHLAG_VERDICT_RULES_H

#include "output/causes.h"
#include "output/verdict.h"

/* The sentence being written; what does not fit is cut. */
struct words {
	char *text;
	size_t cap, len;
};

/* Why a SYN got no answer: what PHASE_RTO_WAIT is divided into. */
enum silence {
	SILENCE_SYN_DROP,     /* it was dropped in this host */
	SILENCE_SYN_ACK_DROP, /* its answer was */
	SILENCE_QUEUE,        /* the listening socket had no room for it */
	SILENCE_REFUSAL,      /* there was one, RST or ICMP, and it did not end the attempt */
	SILENCE_UNKNOWN,
	SILENCES
};

/* Bits of rule.time: the phases, but RTO_WAIT and EGRESS in their parts. */
#define TIME_PHASE(name)   (1u << PHASE_##name)
#define TIME_SILENCE(name) (1u << (PHASE_COUNT + SILENCE_##name))
#define TIME_SILENT        (((1u << SILENCES) - 1) << PHASE_COUNT)
#define TIME_HELD          (1u << (PHASE_COUNT + SILENCES)) /* held_ns: no part of TIME_PHASE(EGRESS) */

/* Bits of rule.proof. */
#define PROOF(at) (1u << AT_##at)
_Static_assert(AT_KINDS <= 32 && PHASE_COUNT + SILENCES < 32, "more than bits in a word");

#define PROOF_DNS \
 (PROOF(DNS_QUERY) | PROOF(DNS_ANSWER) | PROOF(GETADDRINFO) | PROOF(GETADDRINFO_RETURN))

struct rule {
	const char *cause;                        /* is in causes.h, which has the hint */
	bool (*applies)(const struct attempt *a); /* NULL = always */
	void (*say)(struct words *w, const struct attempt *a);
	__u32 time;                   /* TIME_* */
	__u32 proof;                  /* moments that prove it, PROOF() */
	enum rec_drop_packet dropped; /* and the drops of that packet; 0 = none */
};

struct rules {
	size_t count;
	const struct rule *rule;
};

extern const struct rules verdict_faults;
extern const struct rules verdict_dns_delays, verdict_syn_delays, verdict_other_delays;

/* Bits of a passive rule's time: the phases, but SYN_RECV in two parts. */
#define TIME_IN(name) (1u << PASSIVE_IN_##name)
#define TIME_REFUSED  (1u << PASSIVE_PHASES)       /* until a SYN was answered */
#define TIME_REPEATED (1u << (PASSIVE_PHASES + 1)) /* from then on: the answer was repeated */

struct passive_rule {
	const char *cause;
	bool (*applies)(const struct passive *p);
	void (*say)(struct words *w, const struct passive *p);
	__u32 time; /* TIME_IN(NETWORK), TIME_IN(QUEUE), TIME_REFUSED, TIME_REPEATED */
	__u32 proof;
	enum rec_drop_packet dropped;
};

struct passive_rules {
	size_t count;
	const struct passive_rule *rule;
};

extern const struct passive_rules verdict_passive_faults, verdict_passive_delays;

/* verdict_passive.c: the time of TIME_* bits together */
__u64 passive_time_ns(const struct passive *p, __u32 time);

/* verdict_passive_rules.c: the first drop of such a packet that explains silence, NULL = none; and
 * "10.9.0.1:40000 (curl[42] on this host)" */
const struct drop *passive_blamed_drop(const struct passive *p, enum rec_drop_packet packet);
void say_client(struct words *w, const struct passive *p);
bool passive_is_up(const struct passive *p); /* it became a connection */

/* verdict.c: what the judges of attempts, passive opens and lookups share */
struct words verdict_words(struct verdict *v);
void verdict_set(struct verdict *v, const char *cause, __u64 part_ns, __u64 whole_ns);
struct words verdict_also(struct verdict *v, const char *cause, __u64 part_ns, __u64 whole_ns);
bool verdict_blames_lookup(const char *cause);
void verdict_hint(struct verdict *v, const char *cause);
void verdict_hint_program(struct verdict *v, const struct func *program);

/* Where to look for who dropped it. Returns false where that is not known, or D is NULL. */
bool verdict_hint_drop(struct verdict *v, const struct drop *d);

/* Does this moment prove what PROOF and DROPPED say? */
bool verdict_proves(const struct moment *m, const struct drop *drop, unsigned drops_kept,
	__u32 proof, enum rec_drop_packet dropped);
void verdict_evidence(struct verdict *v, unsigned moment);

/* Something that took NS, as RULE tells. */
struct candidate {
	__u64 ns;
	const void *rule;
};

#define VERDICT_CANDIDATES 32

/* The costliest first, no more than VERDICT_ALSO of those that took LEAST_NS. Returns how many. */
unsigned verdict_costliest(struct candidate *c, unsigned n, __u64 least_ns);

/* What it must have cost to be named beside the cause: SLOW_NS, and a tenth of it all. */
__u64 verdict_least_ns(__u64 dur_ns, __u64 slow_ns);

/* verdict_silence.c: the time of TIME_* bits together; of what kind most of the silence was */
__u64 attempt_time_ns(const struct attempt *a, __u32 time);
enum silence attempt_silence(const struct attempt *a);

/* verdict_lookup.c: did most of its time go into names of the search list before it? */
bool lookup_lost_in_search(const struct lookup *l);

/* verdict_server.c: what the listening side did */
bool syn_overflowed(const struct attempt *a, enum overflow queue);
void say_syn_overflow(struct words *w, const struct attempt *a);
void say_lost_where(struct words *w, const struct attempt *a);

/* "nginx[12]" */
void say_process(struct words *w, const struct rec_owner *owner);

/* "the server's accept queue was full (2 of 1)" */
void say_queue(
	struct words *w, const char *whose, enum overflow overflow, const struct listen_queue *q);

_printf_(2, 3) void say(struct words *w, const char *fmt, ...);
void say_duration(struct words *w, __u64 ns);
void say_address(struct words *w, const struct address *a);
void say_peer(struct words *w, const struct attempt *a); /* "10.9.0.2:80" */
void say_name(struct words *w, const char *name);        /* escaped */

/* " by netfilter (NETFILTER_DROP in nf_hook_slow)", as far as known; NETNS: the asking process's */
void say_drop(struct words *w, __u32 netns, const struct drop *d);

/* "the XDP program drop81 (id 12, XDP_DROP on veth1)"; without the device where DEV is "" */
void say_program(struct words *w, const struct program_verdict *by, const char *dev);

/* "; 2 of its packets dropped in this host (TC_EGRESS in ...)"; nothing where none was */
void say_lookup_drops(struct words *w, const struct lookup *l);

/* "; 10.9.2.53, asked by systemd-resolve[12], took 400 ms", where that explains the time */
void say_upstream(struct words *w, const struct lookup *l);

/* ", most of it (412 ms) in __dev_queue_xmit" where the function layer knows; else ELSE_SAY. */
void say_phase_call(
	struct words *w, const struct attempt *a, enum phase phase, const char *else_say);

/* How a fault ended: "; connect() failed with ETIMEDOUT after 3.05 s" */
void say_end(struct words *w, const struct attempt *a);

/* Does this drop explain silence? Not one that is no loss, nor the kernel's note that nobody
 * listens on a port (a RST answers that one), nor a neighbour's failure. */
bool drop_explains_silence(const struct drop *d);

/* The first drop of such a packet that does; NULL = none. And how many there are. */
const struct drop *first_blamed(
	const struct drop *drop, unsigned kept, enum rec_drop_packet packet);
const struct drop *blamed_drop(const struct attempt *a, enum rec_drop_packet packet);
unsigned blamed_drops(const struct attempt *a, enum rec_drop_packet packet);

#endif
