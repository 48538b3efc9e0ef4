/* SPDX-License-Identifier: GPL-2.0-only */
#include "output/names.h"
#include "output/utf8.h"
#include "output/verdict_rules.h"

void say(struct words *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(w->text + w->len, w->cap - w->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		w->len += (size_t)n < w->cap - w->len ? (size_t)n : w->cap - w->len - 1;
}

void say_duration(struct words *w, __u64 ns)
{
	struct name_buf buf;

	say(w, "%s", duration_name(ns, &buf));
}

void say_address(struct words *w, const struct address *a)
{
	struct name_buf buf;

	say(w, "%s", address_name(a, &buf));
}

void say_peer(struct words *w, const struct attempt *a)
{
	struct address peer = address_of(a->tuple.daddr, a->tuple.family);
	struct name_buf buf;

	say(w, "%s", endpoint_name(&peer, a->tuple.dport, &buf));
}

void say_name(struct words *w, const char *name)
{
	char safe[2 * NAME_LEN];

	utf8_escape(safe, sizeof(safe), name, strlen(name));
	say(w, "%s", safe);
}

/* ---- drops -------------------------------------------------------------------------------- */

static void say_function(struct words *w, const char *location)
{
	int len = (int)strcspn(location, "+");

	if (!strncmp(location, "0x", 2))
		say(w, "at %s", location);
	else
		say(w, "in %.*s", len, location);
}

/* A verdict that does not drop was given, and could not be carried out. */
static void say_verdict(struct words *w, const struct program_verdict *by)
{
	enum ret_weight weight;
	char buf[WORDS_LEN];
	const char *words = program_verdict_words(by, buf, &weight);

	if (by->program->prog_kind == PROG_XDP && by->ret < 0)
		say(w, ", XDP_REDIRECT failed with %s", words + 1);
	else if (by->program->prog_kind && by->program->prog_kind != PROG_CGROUP_SKB)
		say(w, ", %s%s", words, weight == RET_BAD ? "" : " failed");
}

void say_program(struct words *w, const struct program_verdict *by, const char *dev)
{
	static const char *const kinds[] = {
		[PROG_NONE] = "BPF",
		[PROG_XDP] = "XDP",
		[PROG_TC] = "tc",
		[PROG_CGROUP_SKB] = "cgroup",
		[PROG_SK_SKB] = "sk_skb",
		[PROG_LWT] = "LWT",
		[PROG_NETFILTER] = "netfilter",
	};
	_Static_assert(ARRAY_SIZE(kinds) == PROG_KINDS, "a kind of program has no words");

	say(w, "the %s program ", kinds[by->program->prog_kind]);
	say_name(w, by->program->name);
	say(w, " (id %u", by->program->prog_id);
	say_verdict(w, by);
	if (*dev) {
		say(w, " on ");
		say_name(w, dev);
	}
	say(w, ")");
}

void say_lookup_drops(struct words *w, const struct lookup *l)
{
	if (!l->drops)
		return;
	say(w, "; %u of its packets dropped in this host ", l->drops);
	if (l->drop_by.program) {
		say(w, "by ");
		say_program(w, &l->drop_by, "");
		return;
	}
	say(w, "(%s%sin ", l->drop_reason, l->drop_reason[0] ? " " : "");
	say_name(w, l->drop_location);
	say(w, ")");
}

void say_upstream(struct words *w, const struct lookup *l)
{
	const struct upstream *up = &l->upstream;
	char comm[REC_COMM_LEN + 1];

	if (!up->owner.tgid || up->dur_ns * 2 < l->end_ns - l->start_ns)
		return;
	snprintf(comm, sizeof(comm), "%.*s", REC_COMM_LEN, up->owner.comm);
	say(w, "; ");
	say_address(w, &up->server);
	say(w, ", asked by ");
	say_name(w, comm);
	say(w, "[%u], %s ", up->owner.tgid, up->answered ? "took" : "did not answer in");
	say_duration(w, up->dur_ns);
	if (up->tries > 1)
		say(w, " and %u tries", up->tries);
}

void say_drop(struct words *w, __u32 netns, const struct drop *d)
{
	const struct cause *reason = cause_of_reason(d->reason);

	if (d->netns && netns && d->netns != netns)
		say(w, ", in another network namespace (%u)", d->netns);
	if (d->by.program) {
		say(w, " by ");
		say_program(w, &d->by, d->dev);
		return;
	}
	if (reason && reason->who)
		say(w, " by %s", reason->who);
	say(w, " (");
	if (d->reason[0])
		say(w, "%s ", d->reason);
	say_function(w, d->location);
	if (d->within[0] && drop_own_detail(d)) {
		say(w, " %s", drop_own_detail(d));
	} else if (d->within[0]) {
		say(w, ", inside ");
		say_name(w, d->within);
	}
	if (d->dev[0]) {
		say(w, ", device ");
		say_name(w, d->dev);
	}
	say(w, ")");
}

void say_phase_call(
	struct words *w, const struct attempt *a, enum phase phase, const char *else_say)
{
	const struct phase_call *c = &a->phase_call[phase];

	if (!c->func) {
		say(w, "%s", else_say);
		return;
	}
	say(w, ", most of it (");
	say_duration(w, c->ns);
	say(w, ") in ");
	say_name(w, c->func->name);
}

/* Kernels without reasons tell it only by the place: the TCP receive function itself. */
bool drop_explains_silence(const struct drop *d)
{
	if (!drop_is_loss(d))
		return false;
	if (d->reason[0])
		return strcmp(d->reason, "NO_SOCKET") && strncmp(d->reason, "NEIGH_", 6);
	return strncmp(d->location, "tcp_v4_rcv", 10) && strncmp(d->location, "tcp_v6_rcv", 10) &&
	       strncmp(d->location, "neigh_", 6) && strncmp(d->location, "arp_error_report", 16) &&
	       strncmp(d->location, "ndisc_error_report", 18);
}

const struct drop *first_blamed(const struct drop *drop, unsigned kept, enum rec_drop_packet packet)
{
	for (unsigned i = 0; i < kept; i++)
		if (drop[i].packet == packet && drop_explains_silence(&drop[i]))
			return &drop[i];
	return NULL;
}

const struct drop *blamed_drop(const struct attempt *a, enum rec_drop_packet packet)
{
	return first_blamed(a->drop, a->drops_kept, packet);
}

unsigned blamed_drops(const struct attempt *a, enum rec_drop_packet packet)
{
	unsigned n = 0;

	for (unsigned i = 0; i < a->drops_kept; i++)
		n += a->drop[i].packet == packet && drop_explains_silence(&a->drop[i]);
	return n;
}

void say_end(struct words *w, const struct attempt *a)
{
	struct name_buf buf;

	if (a->result == ATTEMPT_ABANDONED)
		say(w, "; the application gave up after ");
	else if (a->result == ATTEMPT_IN_PROGRESS)
		say(w, "; still unanswered after ");
	else if (a->err)
		say(w, "; connect failed with %s after ", errno_name(a->err, &buf));
	else
		return;
	say_duration(w, a->end_ns - a->connect_ns);
}
