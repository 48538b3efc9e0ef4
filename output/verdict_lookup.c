/* SPDX-License-Identifier: GPL-2.0-only */
/* The verdict on one name lookup, which may not have led to a connect. */
#include "output/names.h"
#include "output/verdict_rules.h"

/* Where the name itself was asked for again, the names before it met the same silence. */
bool lookup_lost_in_search(const struct lookup *l)
{
	__u64 before_ns = l->start_ns - l->chain_start_ns;

	return l->search_misses && l->tries <= 1 && before_ns * 2 >= l->end_ns - l->chain_start_ns;
}

static const char *lookup_cause(const struct lookup *l, __u64 slow_ns)
{
	if (l->result == LOOKUP_TIMEOUT)
		return "dns_timeout";
	if (l->result == LOOKUP_ERROR)
		return "dns_error";
	if (l->end_ns - l->chain_start_ns < slow_ns)
		return l->result == LOOKUP_IN_PROGRESS ? "unknown" : "ok";
	if (l->result == LOOKUP_IN_PROGRESS)
		return "dns_timeout";
	if (lookup_lost_in_search(l))
		return "dns_search_list";
	return l->tries > 1 ? "dns_retry" : "dns_slow";
}

static void say_lookup(struct words *w, const struct lookup *l)
{
	struct name_buf buf;

	if (l->source == LOOKUP_GETADDRINFO)
		say(w, "getaddrinfo() for ");
	else
		say(w, "the %s query for ", qtype_name(l->qtype, &buf));
	say_name(w, l->name);
	if (l->source == LOOKUP_PACKET) {
		say(w, " to ");
		say_address(w, &l->server);
	}
}

static void say_lookup_outcome(struct words *w, const struct lookup *l)
{
	struct name_buf buf;

	switch (l->result) {
	case LOOKUP_TIMEOUT:
		say(w, " was not answered in ");
		break;
	case LOOKUP_ERROR:
		say(w, " failed with %s after ", lookup_rcode_name(l, &buf));
		break;
	case LOOKUP_IN_PROGRESS:
		say(w, " was still unanswered after ");
		break;
	case LOOKUP_ANSWERED:
		say(w, " was answered after ");
		break;
	}
	say_duration(w, l->end_ns - l->start_ns);
	if (l->tries > 1)
		say(w, " and %u tries", l->tries);
	if (l->search_misses)
		say(w, ", after %u other name%s of the search list", l->search_misses,
			l->search_misses == 1 ? "" : "s");
	if (l->late)
		say(w, ", when the answer came and nobody waited for it any more");
	say_lookup_drops(w, l);
	say_upstream(w, l);
}

void verdict_of_lookup(const struct lookup *l, __u64 slow_ns, struct verdict *ret)
{
	struct words w;

	*ret = (struct verdict){0};
	w = verdict_words(ret);
	verdict_set(ret, lookup_cause(l, slow_ns), 0, 1);
	ret->share = strcmp(ret->cause, "ok") ? 1 : 0;
	say_lookup(&w, l);
	say_lookup_outcome(&w, l);
	if (verdict_blames_lookup(ret->cause) && l->drop_by.program)
		verdict_hint_program(ret, l->drop_by.program);
	else if (strcmp(ret->cause, "unknown"))
		verdict_hint(ret, ret->cause);
}
