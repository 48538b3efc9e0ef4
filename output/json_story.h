/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json_story.h - what `connect` and `accept` lines share. Inside the JSON sink only.
 */
#ifndef PATHLAG_JSON_STORY_H
#define PATHLAG_JSON_STORY_H

#include "output/json_line.h"
#include "output/story.h"

/* "tuple"; absent where the destination is unknown. */
void json_story_tuple(struct json_line *l, struct json_object *parent, const struct rec_tuple *t);

/* The same and what is made of it, "community_id"; "isn". */
void json_story_flow(struct json_line *l, const struct rec_tuple *t, bool isn_known, __u32 isn);

/* "overflow", "final_ack" and "inferred" where there was one, "overflowed" always. */
void json_story_overflow(struct json_line *l, struct json_object *o, enum overflow overflow,
	unsigned overflowed, bool final_ack, bool inferred);

/* "accept_len", "accept_max", "syn_len", where they are known. */
void json_story_queue(struct json_line *l, struct json_object *o, const struct listen_queue *q);

/* "drops", "timeline", "calls", and "verdict" with its evidence. */
void json_story_end(struct json_line *l, const struct story *s, const struct verdict *v);

#endif
