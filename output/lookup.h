/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lookup.h - name lookups: DNS messages and getaddrinfo() calls in, finished lookups out, and the
 * answer to "which lookup led to this connect?".
 *
 * A question (process, name, type) lives from its first query to its accepted answer. It can end
 * without one: when getaddrinfo() gives up, when an error answer is not followed by another query,
 * when nothing happens for LOOKUP_SILENCE_NS. Finished lookups are kept for linking, the oldest go
 * first. Part of the correlator: only tracker.c uses it.
 */
#ifndef PATHLAG_LOOKUP_H
#define PATHLAG_LOOKUP_H

#include "output/attempt.h"
#include "output/event.h"

/* glibc waits 5 s for an answer, c-ares and others less: silence beyond that is a timeout. */
#define LOOKUP_SILENCE_NS 6000000000ULL
/* After SERVFAIL or REFUSED a resolver asks the next server at once, if it asks at all. */
#define LOOKUP_ERROR_GRACE_NS 100000000ULL

struct lookups;

/* NULL when out of memory. */
struct lookups *lookups_new(
	size_t max, void (*on_lookup)(void *arg, const struct lookup *l), void *arg);

/* REC_DNS, REC_GAI_CALL, REC_GAI_RETURN, and REC_DROP of a DNS message. 0 or -ENOMEM. */
int lookups_feed(struct lookups *t, const struct event *ev);

/* Time has come to NOW_NS: hands out the questions nobody waits for any more. */
void lookups_tick(struct lookups *t, __u64 now_ns);

/* The stream ends: hands out all open questions. */
void lookups_stop(struct lookups *t, __u64 now_ns);

struct lookup_link {
	enum dns_link link;
	bool timed;             /* first connect within a second of it */
	__u64 start_ns, end_ns; /* of the whole resolution: every question, the call around it */
	bool getaddrinfo;       /* start and end are those of the call */
	char name[NAME_LEN];    /* as the application asked */
	struct lookup lookup;   /* the question that explains the time */
};

/* Finds what told process TGID about ADDR before NOW_NS. A timed link is given only once. */
void lookups_link(struct lookups *t, __u32 tgid, const struct address *addr, __u64 now_ns,
	struct lookup_link *ret);

/* A has ended: where it was established, further lookups may go over that connection. */
void lookups_note_connect(struct lookups *t, const struct attempt *a);

__u64 lookups_evicted(const struct lookups *t);
void lookups_free(struct lookups *t);

#endif
