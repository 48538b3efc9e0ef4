/* SPDX-License-Identifier: GPL-2.0-only */
/* subject.h - struct subject (path.h) is shared by all calls about it, and counts them. */
#ifndef PATHLAG_SUBJECT_H
#define PATHLAG_SUBJECT_H

#include "output/path.h"

/* Of REC_PACKET or REC_DROPPED: both say it in members of the same names. */
#define SUBJECT_TOLD(rec)                                                             \
 {                                                                                    \
  .packet = (rec)->packet, .sk = (rec)->sk, .owner_known = (rec)->owner.tgid != 0,    \
  .owner = (rec)->owner, .tuple = (rec)->tuple, .dev = (rec)->dev, .len = (rec)->len, \
  .seq = (rec)->seq, .ack = (rec)->ack, .ethertype = (rec)->ethertype,                \
  .tcp_flags = (rec)->tcp_flags                                                       \
 }

/* Whom a call works for: const for those who are told, counted by us. */
static inline struct subject *subject_of(const struct call *call)
{
	return (struct subject *)call->subject;
}

/* With one reference. NULL when out of memory. */
static inline struct subject *subject_new(const struct subject *like)
{
	struct subject *s = malloc(sizeof(*s));

	if (s) {
		*s = *like;
		s->refs = 1;
	}
	return s;
}

static inline struct subject *subject_ref(struct subject *s)
{
	if (s)
		s->refs++;
	return s;
}

static inline void subject_unref(struct subject *s)
{
	if (s && !--s->refs)
		free(s);
}

#endif
