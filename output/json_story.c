// SPDX-License-Identifier: GPL-2.0-only
/* What `connect` and `accept` lines share: who talks to whom, drops, timeline, verdict. */
#include <arpa/inet.h>

#include "output/community_id.h"
#include "output/json_story.h"
#include "output/names.h"

void json_story_tuple(struct json_line *l, struct json_object *parent, const struct rec_tuple *t)
{
	struct address saddr = address_of(t->saddr, t->family);
	struct address daddr = address_of(t->daddr, t->family);
	struct json_object *o;

	if (!daddr.family)
		return;
	o = json_line_object(l, parent, "tuple");
	json_line_text(l, o, "family", daddr.family == 4 ? "ipv4" : "ipv6");
	json_line_known(l, o, "proto", l4_proto_name(t->l4_proto));
	/* A connect that found no route never chose a source. */
	if (!address_is_any(&saddr))
		json_line_address(l, o, "saddr", &saddr);
	if (t->sport)
		json_line_uint(l, o, "sport", ntohs(t->sport));
	json_line_address(l, o, "daddr", &daddr);
	json_line_uint(l, o, "dport", ntohs(t->dport));
}

void json_story_flow(struct json_line *l, const struct rec_tuple *t, bool isn_known, __u32 isn)
{
	struct address saddr = address_of(t->saddr, t->family);
	char id[COMMUNITY_ID_LEN], text[16];

	json_story_tuple(l, l->root, t);
	if (saddr.family && !address_is_any(&saddr) && community_id(t, id))
		json_line_text(l, l->root, "community_id", id);
	if (!isn_known)
		return;
	snprintf(text, sizeof(text), "0x%08x", isn);
	json_line_text(l, l->root, "isn", text);
}

void json_story_overflow(struct json_line *l, struct json_object *o, enum overflow overflow,
	unsigned overflowed, bool final_ack, bool inferred)
{
	if (overflow)
		json_line_text(l, o, "overflow", overflow_name(overflow));
	json_line_uint(l, o, "overflowed", overflowed);
	if (!overflow)
		return;
	json_line_bool(l, o, "final_ack", final_ack);
	json_line_bool(l, o, "inferred", inferred);
}

void json_story_queue(struct json_line *l, struct json_object *o, const struct listen_queue *q)
{
	if (!q->known)
		return;
	json_line_uint(l, o, "accept_len", q->accept_len);
	json_line_uint(l, o, "accept_max", q->accept_max);
	json_line_uint(l, o, "syn_len", q->syn_len);
}

static void put_program(
	struct json_line *l, struct json_object *parent, const struct program_verdict *by)
{
	struct json_object *o;
	char buf[WORDS_LEN];

	if (!by->program)
		return;
	o = json_line_object(l, parent, "program");
	json_line_text(l, o, "kind", prog_kind_name(by->program->prog_kind));
	json_line_text(l, o, "name", by->program->name);
	json_line_uint(l, o, "id", by->program->prog_id);
	json_line_text(l, parent, "verdict", program_verdict_words(by, buf, NULL));
}

static void put_drop(
	struct json_line *l, struct json_object *list, const struct story *s, const struct drop *d)
{
	struct json_object *o = json_line_object(l, list, NULL);

	json_line_int(l, o, "t_ns", (__s64)(d->ts_ns - s->start_ns));
	json_line_known(l, o, "reason", d->reason);
	json_line_known(l, o, "subsys", d->subsys);
	if (d->subsys[0] || (d->code && !d->reason[0]))
		json_line_uint(l, o, "code", d->code);
	put_program(l, o, &d->by);
	json_line_known(l, o, "location", d->location);
	json_line_known(l, o, "within", d->within);
	json_line_text(l, o, "direction", d->egress ? "egress" : "ingress");
	json_line_text(l, o, "packet", drop_packet_name(d->packet));
	json_line_known(l, o, "dev", d->dev);
	if (d->netns)
		json_line_uint(l, o, "netns", d->netns);
}

static void put_drops(struct json_line *l, const struct story *s)
{
	struct json_object *list = json_line_array(l, l->root, "drops");

	for (unsigned i = 0; i < s->drops_kept; i++)
		put_drop(l, list, s, &s->drop[i]);
}

/* What a moment's address stands for. */
static const char *address_key(enum moment_kind at)
{
	switch (at) {
	case AT_DNS_QUERY:
	case AT_DNS_ANSWER:
		return "server";
	case AT_ROUTE:
		return "gateway";
	case AT_ICMP:
		return "from";
	default:
		return "address";
	}
}

static void put_moment(struct json_line *l, struct json_object *list, const struct story *s,
	const struct moment *m)
{
	struct json_object *o = json_line_object(l, list, NULL);

	json_line_int(l, o, "t_ns", (__s64)(m->ts_ns - s->start_ns));
	json_line_text(l, o, "at", moment_name(m->at));
	json_line_known(l, o, "dev", m->dev);
	json_line_address(l, o, address_key(m->at), &m->address);
	if (m->at == AT_ICMP) {
		json_line_uint(l, o, "icmp_type", m->icmp_type);
		json_line_uint(l, o, "icmp_code", m->icmp_code);
	}
	if (m->at == AT_DROP && m->drop < s->drops_kept) {
		const struct drop *d = &s->drop[m->drop];

		json_line_known(l, o, "reason", d->reason);
		put_program(l, o, &d->by);
		json_line_known(l, o, "location", d->location);
		json_line_known(l, o, "within", d->within);
		json_line_text(l, o, "packet", drop_packet_name(d->packet));
	}
	if (m->queue_known) {
		json_line_uint(l, o, m->syn_queue ? "syn_len" : "accept_len", m->queue_len);
		json_line_uint(l, o, "accept_max", m->queue_max);
	}
	if (m->err)
		json_line_text(l, o, "err", errno_name(m->err, &(struct name_buf){0}));
}

static void put_call_program(
	struct json_line *l, struct json_object *o, const struct attempt_call *c)
{
	struct json_object *to;

	json_line_text(l, o, "kind", prog_kind_name(c->func->prog_kind));
	json_line_uint(l, o, "prog_id", c->func->prog_id);
	if (c->func->flags & FUNC_CALLEE)
		json_line_bool(l, o, "callee", true);
	json_line_known(l, o, "dev", c->dev);
	if (!c->redirect.ifindex)
		return;
	to = json_line_object(l, o, "redirect");
	json_line_uint(l, to, "ifindex", c->redirect.ifindex);
	json_line_known(l, to, "name", c->redirect.dev);
	if (c->redirect.netns)
		json_line_uint(l, to, "netns", c->redirect.netns);
}

static void put_call(struct json_line *l, struct json_object *list, const struct story *s,
	const struct attempt_call *c)
{
	struct json_object *o = json_line_object(l, list, NULL);
	struct call call = attempt_call_view(c);
	char buf[WORDS_LEN];

	json_line_int(l, o, "t_ns", (__s64)(c->start_ns - s->start_ns));
	json_line_text(l, o, "at", "hop");
	json_line_text(l, o, "func", c->func->name);
	if (c->func->prog_kind)
		put_call_program(l, o, c);
	json_line_known(l, o, "detail", call_detail_words(&call, buf));
	json_line_uint(l, o, "depth", c->depth);
	if (c->end == CALL_RETURNED)
		json_line_uint(l, o, "dur_ns", c->end_ns - c->start_ns);
	json_line_known(l, o, "ret", call_ret_words(&call, buf, NULL));
}

/* Milestones and calls in one order; what happened in the same nanosecond: the milestone first. */
static void put_timeline(struct json_line *l, const struct story *s)
{
	struct json_object *list = json_line_array(l, l->root, "timeline");
	unsigned call = 0;

	for (unsigned i = 0; i < s->moments_kept; i++) {
		while (call < s->calls_kept && s->call[call].start_ns < s->moment[i].ts_ns)
			put_call(l, list, s, &s->call[call++]);
		put_moment(l, list, s, &s->moment[i]);
	}
	while (call < s->calls_kept)
		put_call(l, list, s, &s->call[call++]);
	if (s->calls)
		json_line_uint(l, l->root, "calls", s->calls);
}

/* Where moment N stands in the timeline, calls being in there too. */
static unsigned timeline_index(const struct story *s, unsigned n)
{
	unsigned call = 0;

	while (call < s->calls_kept && s->call[call].start_ns < s->moment[n].ts_ns)
		call++;
	return n + call;
}

static void put_verdict(struct json_line *l, const struct story *s, const struct verdict *v)
{
	struct json_object *list = json_line_array(l, json_line_verdict(l, v), "evidence");

	for (unsigned i = 0; i < v->evidences; i++)
		if (v->evidence[i] < s->moments_kept)
			json_line_uint(l, list, NULL, timeline_index(s, v->evidence[i]));
}

void json_story_end(struct json_line *l, const struct story *s, const struct verdict *v)
{
	put_drops(l, s);
	put_timeline(l, s);
	put_verdict(l, s, v);
}
