// SPDX-License-Identifier: GPL-2.0-only
/* The `accept` line of JSON schema v1. */
#include "output/json_story.h"
#include "output/names.h"

static void put_client(struct json_line *l, const struct client_side *client)
{
	struct json_object *o;

	if (!client->known)
		return;
	o = json_line_object(l, l->root, "client");
	json_line_owner(l, o, &client->owner);
	json_line_known(l, o, "hostname", client->hostname);
}

static void put_phases(struct json_line *l, const struct passive *p)
{
	struct json_object *o = json_line_object(l, l->root, "phase_ns");

	for (enum passive_phase i = 0; i < PASSIVE_PHASES; i++)
		if (p->phase_seen & 1U << i)
			json_line_uint(l, o, passive_phase_name(i), p->phase_ns[i]);
}

static void put_handshake(struct json_line *l, const struct passive *p)
{
	struct json_object *o = json_line_object(l, l->root, "syn");

	json_line_uint(l, o, "received", p->syns);
	o = json_line_object(l, l->root, "syn_ack");
	json_line_uint(l, o, "sent", p->syn_acks);
	json_line_uint(l, o, "retransmits", p->syn_acks ? p->syn_acks - 1 : 0);
	json_line_bool(l, o, "cookies", p->cookies);
	json_line_bool(l, o, "fastopen", p->fastopen);
}

static void put_queue(struct json_line *l, const struct passive *p)
{
	struct json_object *o = json_line_object(l, l->root, "queue");

	json_story_queue(l, o, &p->queue);
	json_story_overflow(l, o, p->overflow, p->overflowed, p->final_acks, p->inferred);
}

void json_passive_fill(struct json_line *l, const struct json_out *out, const struct passive *p,
	const struct verdict *v)
{
	struct story story = story_of_passive(p);

	json_line_ts(l, out, p->start_ns);
	json_line_owner(l, l->root, &p->owner);
	if (p->sk)
		json_line_hex(l, l->root, "sk", p->sk);
	json_story_flow(l, &p->tuple, p->isn_known, p->isn);
	json_line_text(l, l->root, "result", passive_result_name(p->result));
	if (p->accept_unseen)
		json_line_bool(l, l->root, "accept_unseen", true);
	json_line_known(l, l->root, "dev", p->dev);
	put_client(l, &p->client);
	json_line_uint(l, l->root, "dur_ns", passive_dur_ns(p));
	put_phases(l, p);
	put_handshake(l, p);
	put_queue(l, p);
	json_story_end(l, &story, v);
}
