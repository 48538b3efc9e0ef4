// SPDX-License-Identifier: GPL-2.0-only
/* The `connect` line of JSON schema v1. */
#include <arpa/inet.h>

#include "output/community_id.h"
#include "output/json_line.h"
#include "output/names.h"

static void put_tuple(struct json_line *l, const struct rec_tuple *t)
{
	struct address saddr = address_of(t->saddr, t->family);
	struct address daddr = address_of(t->daddr, t->family);
	const char *proto = l4_proto_name(t->l4_proto);
	char id[COMMUNITY_ID_LEN];
	struct json_object *o;

	if (!daddr.family)
		return;
	o = json_line_object(l, l->root, "tuple");
	json_line_text(l, o, "family", daddr.family == 4 ? "ipv4" : "ipv6");
	json_line_known(l, o, "proto", proto);
	/* A connect that found no route never chose a source. */
	if (!address_is_any(&saddr))
		json_line_address(l, o, "saddr", &saddr);
	if (t->sport)
		json_line_uint(l, o, "sport", ntohs(t->sport));
	json_line_address(l, o, "daddr", &daddr);
	json_line_uint(l, o, "dport", ntohs(t->dport));
	if (!address_is_any(&saddr) && community_id(t, id))
		json_line_text(l, l->root, "community_id", id);
}

static void put_isn(struct json_line *l, __u32 isn)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%08x", isn);
	json_line_text(l, l->root, "isn", text);
}

static void put_result(struct json_line *l, const struct attempt *a)
{
	json_line_text(l, l->root, "result", attempt_result_name(a->result));
	if (a->err)
		json_line_text(l, l->root, "errno", errno_name(a->err, &(struct name_buf){0}));
	else
		json_line_null(l, l->root, "errno");
	if (a->blocking_known)
		json_line_bool(l, l->root, "blocking", a->blocking);
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
	json_line_bool(l, o, "cookies", a->syn_cookies);
	json_line_bool(l, o, "fastopen", a->fastopen);
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

static void put_drop(struct json_line *l, struct json_object *list, const struct attempt *a,
	const struct drop *d)
{
	struct json_object *o = json_line_object(l, list, NULL);

	json_line_int(l, o, "t_ns", (__s64)(d->ts_ns - a->start_ns));
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

static void put_drops(struct json_line *l, const struct attempt *a)
{
	struct json_object *list = json_line_array(l, l->root, "drops");

	for (unsigned i = 0; i < a->drops_kept; i++)
		put_drop(l, list, a, &a->drop[i]);
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

static void put_moment(struct json_line *l, struct json_object *list, const struct attempt *a,
	const struct moment *m)
{
	struct json_object *o = json_line_object(l, list, NULL);

	json_line_int(l, o, "t_ns", (__s64)(m->ts_ns - a->start_ns));
	json_line_text(l, o, "at", moment_name(m->at));
	json_line_known(l, o, "dev", m->dev);
	json_line_address(l, o, address_key(m->at), &m->address);
	if (m->at == AT_ICMP) {
		json_line_uint(l, o, "icmp_type", m->icmp_type);
		json_line_uint(l, o, "icmp_code", m->icmp_code);
	}
	if (m->at == AT_DROP && m->drop < a->drops_kept) {
		const struct drop *d = &a->drop[m->drop];

		json_line_known(l, o, "reason", d->reason);
		put_program(l, o, &d->by);
		json_line_known(l, o, "location", d->location);
		json_line_known(l, o, "within", d->within);
		json_line_text(l, o, "packet", drop_packet_name(d->packet));
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

static void put_call(struct json_line *l, struct json_object *list, const struct attempt *a,
	const struct attempt_call *c)
{
	struct json_object *o = json_line_object(l, list, NULL);
	struct call call = attempt_call_view(c);
	char buf[WORDS_LEN];

	json_line_int(l, o, "t_ns", (__s64)(c->start_ns - a->start_ns));
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
static void put_timeline(struct json_line *l, const struct attempt *a)
{
	struct json_object *list = json_line_array(l, l->root, "timeline");
	unsigned call = 0;

	for (unsigned i = 0; i < a->moments_kept; i++) {
		while (call < a->calls_kept && a->call[call].start_ns < a->moment[i].ts_ns)
			put_call(l, list, a, &a->call[call++]);
		put_moment(l, list, a, &a->moment[i]);
	}
	while (call < a->calls_kept)
		put_call(l, list, a, &a->call[call++]);
	if (a->calls)
		json_line_uint(l, l->root, "calls", a->calls);
}

void json_attempt_fill(struct json_line *l, const struct json_out *out, const struct attempt *a,
	const struct verdict *v)
{
	json_line_ts(l, out, a->start_ns);
	json_line_owner(l, &a->owner);
	if (a->sk)
		json_line_hex(l, l->root, "sk", a->sk);
	put_tuple(l, &a->tuple);
	if (a->isn_known)
		put_isn(l, a->isn);
	put_result(l, a);
	put_name(l, a);
	json_line_uint(l, l->root, "dur_ns", attempt_dur_ns(a));
	json_line_uint(l, l->root, "connect_ns", a->end_ns - a->connect_ns);
	put_phases(l, a);
	put_syn(l, a);
	put_drops(l, a);
	put_timeline(l, a);
	json_line_verdict(l, v);
}
