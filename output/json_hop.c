// SPDX-License-Identifier: GPL-2.0-only
/* The `hop` and `packet` lines of JSON schema v1. */
#include <arpa/inet.h>

#include "output/json_hop.h"
#include "output/names.h"

static void put_tuple(struct fast_line *f, const char *key, const struct rec_tuple *t)
{
	static const __u8 mapped[12] = {[10] = 0xff, [11] = 0xff};
	const char *proto = l4_proto_name(t->l4_proto);
	bool v4 = t->family == 4 || !memcmp(t->saddr, mapped, sizeof(mapped));

	fast_bytes(f, key, v4 ? "ipv4" : "ipv6", 4);
	if (proto)
		fast_bytes(f, ",\"proto\":", proto, 8);
	fast_address(f, ",\"saddr\":", t->saddr, t->family);
	if (t->sport || t->dport)
		fast_uint(f, ",\"sport\":", ntohs(t->sport));
	fast_address(f, ",\"daddr\":", t->daddr, t->family);
	if (t->sport || t->dport)
		fast_uint(f, ",\"dport\":", ntohs(t->dport));
	FAST_RAW(f, "}");
}

static bool has_tuple(const struct subject *s)
{
	return s->tuple.family == 4 || s->tuple.family == 6;
}

static void put_tcp(struct fast_line *f, const struct subject *s)
{
	char flags[TCP_FLAGS_LEN];

	if (!*tcp_flags_words(s, flags))
		return;
	fast_bytes(f, ",\"tcp\":{\"flags\":", flags, sizeof(flags));
	fast_uint(f, ",\"seq\":", s->seq);
	fast_uint(f, ",\"ack\":", s->ack);
	FAST_RAW(f, "}");
}

static void put_owner(struct fast_line *f, const struct rec_owner *owner)
{
	fast_uint(f, ",\"owner\":{\"pid\":", owner->tgid);
	fast_uint(f, ",\"tid\":", owner->tid);
	fast_bytes(f, ",\"comm\":", owner->comm, sizeof(owner->comm));
	FAST_RAW(f, "}");
}

void json_subject_write(struct fast_line *f, const struct subject *s)
{
	if (has_tuple(s))
		put_tuple(f, ",\"tuple\":{\"family\":", &s->tuple);
	json_frame_put(f, s, has_tuple(s));
	put_tcp(f, s);
	if (s->owner_known)
		put_owner(f, &s->owner);
}

/* A packet passes some hundred functions. Its number stands for a subject only until NAT comes by,
 * hence all of it is the key, but for the references. */
static void put_subject(struct fast_line *f, const struct subject *s)
{
	size_t skip = offsetof(struct subject, packet), from = f->len;
	const char *key = (const char *)s + skip;

	_Static_assert(sizeof(*s) - offsetof(struct subject, packet) <= sizeof(f->memo->key),
		"a subject is written anew for each hop");
	if (fast_again(f, key, sizeof(*s) - skip))
		return;
	json_subject_write(f, s);
	fast_keep(f, key, sizeof(*s) - skip, from);
}

static void put_probe(struct fast_line *f, const char *kind, const struct func *func)
{
	bool program = func->prog_kind != PROG_NONE;

	fast_bytes(
		f, ",\"probe\":{\"kind\":", program ? prog_kind_name(func->prog_kind) : kind, 16);
	fast_bytes(f, ",\"func\":", func->name, sizeof(func->name));
	if (func->module[0])
		fast_bytes(f, ",\"module\":", func->module, sizeof(func->module));
	if (program)
		fast_uint(f, ",\"prog_id\":", func->prog_id);
	if (func->flags & FUNC_CALLEE)
		FAST_RAW(f, ",\"callee\":true");
	FAST_RAW(f, "}");
}

static bool is_plain_number(const char *words)
{
	words += *words == '-';
	return !words[strspn(words, "0123456789")];
}

/* The number as it is, and what it means where that is more than the number. */
static void put_ret(struct fast_line *f, const struct call *c)
{
	bool number = c->func->returns == RETURNS_INT || c->func->returns == RETURNS_UNSIGNED;
	char buf[WORDS_LEN];
	const char *words;

	if (number && c->ret >= 0) {
		fast_int(f, ",\"ret\":", c->ret);
		return;
	}
	words = call_ret_words(c, buf, NULL);
	if (!*words)
		return;
	if (c->func->returns != RETURNS_POINTER)
		fast_int(f, ",\"ret\":", c->ret);
	if (!is_plain_number(words))
		fast_bytes(f, ",\"ret_name\":", words, WORDS_LEN);
}

static void put_redirect(struct fast_line *f, const struct redirect *r)
{
	if (!r->ifindex)
		return;
	fast_uint(f, ",\"redirect\":{\"ifindex\":", r->ifindex);
	if (r->dev[0])
		fast_bytes(f, ",\"name\":", r->dev, sizeof(r->dev));
	if (r->netns)
		fast_uint(f, ",\"netns\":", r->netns);
	FAST_RAW(f, "}");
}

static void put_identity(struct fast_line *f, const struct call *c)
{
	if (c->skb)
		fast_hex(f, ",\"skb\":", c->skb);
	if (c->flags & HOP_FRAME)
		FAST_RAW(f, ",\"frame\":true");
	if (c->packet)
		fast_hex(f, ",\"packet_id\":", c->packet);
	if (c->sk)
		fast_hex(f, ",\"sk\":", c->sk);
	if (c->netns)
		fast_uint(f, ",\"netns\":", c->netns);
	if (c->ifindex) {
		fast_uint(f, ",\"dev\":{\"ifindex\":", c->ifindex);
		if (c->dev[0])
			fast_bytes(f, ",\"name\":", c->dev, sizeof(c->dev));
		FAST_RAW(f, "}");
	}
	if (c->packet || c->skb) {
		fast_uint(f, ",\"len\":", c->len);
		fast_uint(f, ",\"mark\":", c->mark);
	}
}

/* The process that runs, which in softirq has nothing to do with the packet. */
static void put_proc(struct fast_line *f, const struct call *c)
{
	if (!(c->flags & HOP_PROCESS))
		return;
	fast_uint(f, ",\"proc\":{\"pid\":", c->tgid);
	fast_uint(f, ",\"tid\":", c->tid);
	FAST_RAW(f, "}");
}

static void put_stack(struct fast_line *f, const struct call *c)
{
	FAST_RAW(f, ",\"stack\":[");
	for (unsigned i = 0; i < c->frames; i++) {
		const char *before = i ? "," : "";

		if (c->frame[i].name)
			fast_bytes(f, before, c->frame[i].name, LOCATION_LEN);
		else
			fast_hex(f, before, c->frame[i].addr);
	}
	FAST_RAW(f, "]");
}

int json_hop_write(struct fast_line *f, const char *kind, bool stacks, const struct hop *h)
{
	const struct call *c = h->call;
	char buf[WORDS_LEN];
	const char *detail = call_detail_words(c, buf);

	fast_begin(f, "hop", h->ts_ns);
	fast_uint(f, ",\"cpu\":", h->cpu);
	put_probe(f, kind, c->func);
	fast_bytes(f, ",\"edge\":", hop_edge_name(h->edge), 8);
	fast_uint(f, ",\"depth\":", c->depth);
	if (h->edge == EDGE_RETURN) {
		fast_uint(f, ",\"dur_ns\":", call_dur_ns(c));
		put_ret(f, c);
		put_redirect(f, &c->redirect);
	}
	if (*detail)
		fast_bytes(f, ",\"detail\":", detail, WORDS_LEN);
	put_identity(f, c);
	if (c->subject)
		put_subject(f, c->subject);
	put_proc(f, c);
	if (stacks && c->frames && h->edge != EDGE_RETURN)
		put_stack(f, c);
	return fast_end(f);
}

static void put_program(struct fast_line *f, const struct program_verdict *by)
{
	char buf[WORDS_LEN];

	fast_bytes(f, ",\"program\":{\"kind\":", prog_kind_name(by->program->prog_kind), 16);
	fast_bytes(f, ",\"name\":", by->program->name, sizeof(by->program->name));
	fast_uint(f, ",\"id\":", by->program->prog_id);
	fast_bytes(f, "},\"verdict\":", program_verdict_words(by, buf, NULL), WORDS_LEN);
}

static void put_drop(struct fast_line *f, const struct packet *p)
{
	fast_int(f, ",\"drop\":{\"t_ns\":", (__s64)(p->drop_ns - p->start_ns));
	if (p->drop.reason[0])
		fast_bytes(f, ",\"reason\":", p->drop.reason, sizeof(p->drop.reason));
	if (p->drop.location[0])
		fast_bytes(f, ",\"location\":", p->drop.location, sizeof(p->drop.location));
	if (p->drop.by.program)
		put_program(f, &p->drop.by);
	fast_uint(f, ",\"count\":", p->drops);
	FAST_RAW(f, "}");
}

int json_packet_write(struct fast_line *f, const struct packet *p)
{
	const struct subject *first = p->first, *last = p->last;

	fast_begin(f, "packet", p->start_ns);
	fast_hex(f, ",\"packet_id\":", first->packet);
	fast_hex(f, ",\"skb\":", p->skb);
	if (p->frame)
		FAST_RAW(f, ",\"frame\":true");
	if (last->sk)
		fast_hex(f, ",\"sk\":", last->sk);
	if (last->owner.netns)
		fast_uint(f, ",\"netns\":", last->owner.netns);
	if (has_tuple(first))
		put_tuple(f, ",\"tuple\":{\"family\":", &first->tuple);
	json_frame_put(f, first->l2.eth || first->l2.content ? first : last, has_tuple(first));
	if (has_tuple(last) && memcmp(&first->tuple, &last->tuple, sizeof(first->tuple)))
		put_tuple(f, ",\"tuple_last\":{\"family\":", &last->tuple);
	put_tcp(f, first);
	if (last->owner_known)
		put_owner(f, &last->owner);
	fast_uint(f, ",\"hops\":", p->hops);
	fast_uint(f, ",\"skbs\":", p->skbs);
	fast_bytes(f, ",\"fate\":", packet_fate_name(p->fate), 16);
	if (p->drops)
		put_drop(f, p);
	fast_uint(f, ",\"dur_ns\":", p->end_ns - p->start_ns);
	return fast_end(f);
}
