/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * passives.h - what the kernel side says of a listening socket, added to the streams of stream.h.
 * A listener says how full its queues are; the client is 10.9.0.1:40000, as in stream.h.
 */
#ifndef PATHLAG_UNIT_PASSIVES_H
#define PATHLAG_UNIT_PASSIVES_H

#include "tests/unit/stream.h"

#define ISN 0x1a2b3c4d /* as stream.h has it */

struct listener {
	__u32 accept_len, accept_max, syn_len, drops;
	__u32 flags; /* of every record */
};

static inline struct rec_owner server_owner(void)
{
	return (struct rec_owner){.tgid = 7, .tid = 7, .netns = 8, .comm = "server"};
}

static inline struct rec_passive passive_record(const struct listener *l,
	enum rec_passive_event event, __u32 flags, const struct rec_tuple *tuple, __u32 isn)
{
	bool has_sk = event >= PASSIVE_ESTABLISHED;

	return (struct rec_passive){
		.sk = has_sk ? 0xffff888000009000ULL : 0,
		.listener = 0xffff888000008000ULL,
		.owner = server_owner(),
		.tuple = *tuple,
		.dev = {.ifindex = has_sk ? 0 : 3, .netns = 8, .name = "eth1"},
		.event = event,
		.flags = PASSIVE_QUEUE_KNOWN | l->flags | flags,
		.isn = isn,
		.accept_len = l->accept_len,
		.accept_max = l->accept_max,
		.syn_len = l->syn_len,
		.drops = l->drops,
	};
}

static inline void put_passive(struct stream *s, double ms, const struct listener *l,
	enum rec_passive_event event, __u32 flags)
{
	struct rec_tuple tuple = stream_tuple("10.9.0.2", 80, 40000);

	PUT(s, ms, REC_PASSIVE, passive_record(l, event, flags, &tuple, ISN));
}

static inline void put_passive_drop(
	struct stream *s, double ms, enum rec_drop_packet packet, __u32 reason)
{
	PUT(s, ms, REC_DROP,
		(struct rec_drop){.location = 0xffffffff81000000,
			.reason = reason,
			.packet = packet,
			.tuple = stream_tuple("10.9.0.2", 80, 40000),
			.dev = {.ifindex = 3, .netns = 8, .name = "eth1"},
			.seq = packet == DROP_SYN ? ISN : 0});
}

static inline unsigned passive_moments(const struct stream *s, enum moment_kind at)
{
	return stream_moments(s->passive_moment, s->passive[s->passives - 1].moments_kept, at);
}

/* The Nth moment of that kind of the passive open handed out last. */
static inline const struct moment *passive_moment(
	const struct stream *s, enum moment_kind at, unsigned nth)
{
	const struct passive *p = &s->passive[s->passives - 1];

	for (unsigned i = 0; i < p->moments_kept; i++)
		if (s->passive_moment[i].at == at && !nth--)
			return &s->passive_moment[i];
	unit_fail(__FILE__, __LINE__, "there is no such moment");
	return &s->passive_moment[0];
}

#endif
