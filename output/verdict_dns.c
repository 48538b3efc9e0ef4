/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules for the lookup before an attempt; at most one of them applies. */
#include "output/names.h"
#include "output/verdict_rules.h"

static __u64 dns_ns(const struct attempt *a)
{
	return a->lookup && a->lookup_timed ? a->phase_ns[PHASE_DNS] : 0;
}

/* The name itself took most of it, and came to this. */
static bool dns_ended(const struct attempt *a, enum lookup_result result)
{
	return dns_ns(a) && a->lookup->result == result && !lookup_lost_in_search(a->lookup);
}

static bool dns_answered(const struct attempt *a)
{
	return dns_ended(a, LOOKUP_ANSWERED) || dns_ended(a, LOOKUP_IN_PROGRESS);
}

static bool is_dns_timeout(const struct attempt *a)
{
	return dns_ended(a, LOOKUP_TIMEOUT);
}

static void say_question(struct words *w, const struct lookup *l)
{
	struct name_buf buf;

	if (l->source == LOOKUP_PACKET)
		say(w, "%s ", qtype_name(l->qtype, &buf));
	say(w, "query for ");
	say_name(w, l->name);
}

static void say_dns_timeout(struct words *w, const struct attempt *a)
{
	say(w, "the DNS ");
	say_question(w, a->lookup);
	say(w, a->lookup->late ? " was answered too late by " : " was never answered by ");
	say_address(w, &a->lookup->server);
	say(w, " and held the lookup up for ");
	say_duration(w, dns_ns(a));
	say_lookup_drops(w, a->lookup);
	say_upstream(w, a->lookup);
}

static bool is_dns_error(const struct attempt *a)
{
	return dns_ended(a, LOOKUP_ERROR);
}

static void say_dns_error(struct words *w, const struct attempt *a)
{
	struct name_buf buf;

	say(w, "the DNS ");
	say_question(w, a->lookup);
	say(w, " failed with %s from ", lookup_rcode_name(a->lookup, &buf));
	say_address(w, &a->lookup->server);
	say(w, " and held the lookup up for ");
	say_duration(w, dns_ns(a));
	say_upstream(w, a->lookup);
}

static bool is_dns_retry(const struct attempt *a)
{
	return dns_answered(a) && a->lookup->tries > 1;
}

static void say_dns_retry(struct words *w, const struct attempt *a)
{
	const struct lookup *l = a->lookup;

	say(w, "the first DNS ");
	say_question(w, l);
	say(w, " got no answer from ");
	say_address(w, &l->first_server);
	if (l->drop_by.program) {
		say(w, " (dropped in this host by ");
		say_program(w, &l->drop_by, "");
		say(w, ")");
	} else if (l->drops) {
		say(w, " (dropped in this host");
		if (l->drop_reason[0])
			say(w, ": %s", l->drop_reason);
		say(w, ")");
	}
	if (l->servers > 1) {
		say(w, "; ");
		say_address(w, &l->server);
		say(w, " answered");
	} else {
		say(w, "; try %u was answered", l->tries);
	}
	say(w, ", after ");
	say_duration(w, dns_ns(a));
	say_upstream(w, l);
}

static bool is_dns_search(const struct attempt *a)
{
	return dns_ns(a) && lookup_lost_in_search(a->lookup);
}

static void say_dns_search(struct words *w, const struct attempt *a)
{
	say(w, "the resolver tried %u name%s of its search list before ", a->lookup->search_misses,
		a->lookup->search_misses == 1 ? "" : "s");
	say_name(w, a->lookup->name);
	say(w, ", which cost ");
	say_duration(w, a->lookup->start_ns - a->lookup->chain_start_ns);
}

static bool is_dns_slow(const struct attempt *a)
{
	return dns_answered(a) && a->lookup->tries <= 1;
}

static void say_dns_slow(struct words *w, const struct attempt *a)
{
	const struct lookup *l = a->lookup;

	say(w, "the lookup of ");
	say_name(w, a->name);
	say(w, " took ");
	say_duration(w, dns_ns(a));
	if (l->source == LOOKUP_PACKET) {
		say(w, ": ");
		say_address(w, &l->server);
		say(w, " answered the %s query after ", l->search_misses ? "last" : "only");
		say_duration(w, l->end_ns - l->start_ns);
	} else {
		say(w, " inside getaddrinfo(), with no DNS packet seen");
	}
	say_upstream(w, l);
}

static const struct rule rules[] = {
	{"dns_timeout", is_dns_timeout, say_dns_timeout, TIME_PHASE(DNS), PROOF_DNS, 0},
	{"dns_error", is_dns_error, say_dns_error, TIME_PHASE(DNS), PROOF_DNS, 0},
	{"dns_retry", is_dns_retry, say_dns_retry, TIME_PHASE(DNS), PROOF_DNS, 0},
	{"dns_search_list", is_dns_search, say_dns_search, TIME_PHASE(DNS), PROOF_DNS, 0},
	{"dns_slow", is_dns_slow, say_dns_slow, TIME_PHASE(DNS), PROOF_DNS, 0},
};
const struct rules verdict_dns_delays = {ARRAY_SIZE(rules), rules};
