/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict_rules.h - the rules behind verdict.h, as data.
 *
 * A rule charges an attempt with the time its cause cost; 0 means that it does not apply. Among
 * the faults (the attempt did not succeed) the first that applies wins, so they are listed from
 * the best evidence to the weakest. Among the delays the costliest wins.
 */
#ifndef PATHLAG_VERDICT_RULES_H
#define PATHLAG_VERDICT_RULES_H

#include "output/verdict.h"

/* The sentence being written; what does not fit is cut. */
struct words {
	char *text;
	size_t cap, len;
};

struct rule {
	const char *cause;
	__u64 (*charge)(const struct attempt *a);
	void (*say)(struct words *w, const struct attempt *a);
	const char *hint;
};

extern const struct rule verdict_faults[];
extern const size_t verdict_faults_count;
extern const struct rule verdict_delays[];
extern const size_t verdict_delays_count;

_printf_(2, 3) void say(struct words *w, const char *fmt, ...);
void say_duration(struct words *w, __u64 ns);
void say_address(struct words *w, const struct address *a);
void say_peer(struct words *w, const struct attempt *a); /* "10.9.0.2:80" */
void say_name(struct words *w, const char *name);        /* escaped */

/* " by netfilter (NETFILTER_DROP in nf_hook_slow)", as far as known */
void say_drop(struct words *w, const struct attempt *a, const struct drop *d);

/* "the XDP program drop81 (id 12, XDP_DROP on veth1)"; without the device where DEV is "" */
void say_program(struct words *w, const struct program_verdict *by, const char *dev);

/* "; 2 of its packets dropped in this host (TC_EGRESS in ...)"; nothing where none was */
void say_lookup_drops(struct words *w, const struct lookup *l);

/* ", most of it (412 ms) in __dev_queue_xmit" where the function layer knows; else ELSE_SAY. */
void say_phase_call(
	struct words *w, const struct attempt *a, enum phase phase, const char *else_say);

/* The hint of what only the function layer can tell: of no use where it was there. */
extern const char verdict_needs_functions[];

/* How a fault ended: "; connect() failed with ETIMEDOUT after 3.05 s" */
void say_end(struct words *w, const struct attempt *a);

/*
 * The first drop of such a packet that explains silence: not the kernel's note that nobody listens
 * on a port (a RST answers that one), nor a neighbour's failure. NULL = none.
 */
const struct drop *blamed_drop(const struct attempt *a, enum rec_drop_packet packet);
unsigned blamed_drops(const struct attempt *a, enum rec_drop_packet packet);

#endif
