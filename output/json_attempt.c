// SPDX-License-Identifier: GPL-2.0-only
/* The `connect` line of JSON schema v1. */
#include "output/json_story.h"
#include "output/names.h"

static void put_result(struct json_line *l, const struct attempt *a)
{
	json_line_text(l, l->root, "result", attempt_result_name(a->result));
	if (a->err)
		json_line_text(l, l->root, "errno", errno_name(a->err, &(struct name_buf){0}));
	else
		json_line_null(l, l->root, "errno");
	if (a->blocking_known)
		json_line_bool(l, l->root, "blocking", a->blocking);
	if (a->seeded)
		json_line_bool(l, l->root, "seeded", true);
}

static void put_name(struct json_line *l, const struct attempt *a)
{
	char group[24];

	json_line_known(l, l->root, "name", a->name);
	json_line_text(l, l->root, "dns_link", dns_link_name(a->dns_link));
	if (!a->group)
		return;
	snprintf(group, sizeof(group), "%llu", a->group);
	json_line_text(l, l->root, "group", group);
}

static void put_phases(struct json_line *l, const struct attempt *a)
{
	struct json_object *o = json_line_object(l, l->root, "phase_ns");

	for (enum phase p = 0; p < PHASE_COUNT; p++)
		if (a->phase_seen & 1U << p)
			json_line_uint(l, o, phase_name(p), a->phase_ns[p]);
}

static void put_syn(struct json_line *l, const struct attempt *a)
{
	struct json_object *o = json_line_object(l, l->root, "syn");

	json_line_uint(l, o, "sent", a->syn_sent);
	json_line_uint(l, o, "retransmits", a->syn_retransmits);
	if (a->server.known)
		json_line_bool(l, o, "cookies", a->server.cookies);
	json_line_bool(l, o, "fastopen", a->fastopen);
	json_line_bool(l, o, "mptcp", a->mptcp);
}

/* What the other side did, where that was seen as well. */
static void put_server(struct json_line *l, const struct server_side *s)
{
	struct json_object *o;

	if (!s->known)
		return;
	o = json_line_object(l, l->root, "server");
	json_line_owner(l, o, &s->owner);
	json_line_known(l, o, "hostname", s->hostname);
	json_line_uint(l, o, "syns", s->syns);
	json_line_uint(l, o, "syn_acks", s->syn_acks);
	json_story_overflow(l, o, s->overflow, s->overflowed, s->final_acks, s->inferred);
	json_story_queue(l, o, &s->queue);
	json_line_bool(l, o, "accepted", s->accepted);
	json_line_uint(l, o, "accept_wait_ns", s->accept_wait_ns);
}

static void put_holder(struct json_line *l, const char *key, const struct rec_owner *by)
{
	struct json_object *o;

	if (!by->tgid)
		return;
	o = json_line_object(l, l->root, key);
	json_line_uint(l, o, "pid", by->tgid);
	json_line_uint(l, o, "tid", by->tid);
	json_line_bytes(l, o, "comm", by->comm, sizeof(by->comm));
}

void json_attempt_fill(struct json_line *l, const struct json_out *out, const struct attempt *a,
	const struct verdict *v)
{
	struct story story = story_of_attempt(a);

	json_line_ts(l, out, a->start_ns);
	json_line_owner(l, l->root, &a->owner);
	if (a->sk)
		json_line_hex(l, l->root, "sk", a->sk);
	json_story_flow(l, &a->tuple, a->isn_known, a->isn);
	put_result(l, a);
	put_name(l, a);
	json_line_uint(l, l->root, "dur_ns", attempt_dur_ns(a));
	json_line_uint(l, l->root, "connect_ns", a->end_ns - a->connect_ns);
	put_phases(l, a);
	put_syn(l, a);
	put_holder(l, "syn_held_by", &a->syn_held_by);
	put_holder(l, "synack_held_by", &a->synack_held_by);
	put_server(l, &a->server);
	json_story_end(l, &story, v);
}
