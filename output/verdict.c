/* SPDX-License-Identifier: GPL-2.0-only */
#include "output/names.h"
#include "output/verdict_rules.h"

static struct words words_for(struct verdict *v)
{
	v->text[0] = '\0';
	return (struct words){.text = v->text, .cap = sizeof(v->text)};
}

static void set_cause(struct verdict *v, const char *cause, __u64 part_ns, __u64 whole_ns)
{
	v->cause = cause;
	v->share = whole_ns && part_ns < whole_ns ? (double)part_ns / whole_ns : 1;
	v->hint[0] = '\0';
}

/* bpftool asks the network namespace it runs in; in which one the drop was, the sentence says. */
static void hint_program(struct verdict *v, const struct func *program)
{
	const char *where =
		program->prog_kind == PROG_CGROUP_SKB ? "bpftool cgroup tree" : "bpftool net";

	snprintf(v->hint, sizeof(v->hint),
		"look at that program: bpftool prog show id %u; where it is attached: %s",
		program->prog_id, where);
}

static bool blames_dns_drop(const char *cause)
{
	return !strcmp(cause, "dns_retry") || !strcmp(cause, "dns_timeout");
}

/* The program that dropped what the rule is about; NULL = none did. */
static const struct func *blamed_program(const struct rule *rule, const struct attempt *a)
{
	const struct drop *d = NULL;

	if (blames_dns_drop(rule->cause))
		return a->lookup->drop_by.program;
	if (!strcmp(rule->cause, "syn_dropped_locally"))
		d = blamed_drop(a, DROP_SYN);
	else if (!strcmp(rule->cause, "synack_dropped_locally"))
		d = blamed_drop(a, DROP_SYN_ACK);
	return d ? d->by.program : NULL;
}

static void apply(struct verdict *v, const struct rule *rule, const struct attempt *a, __u64 charge)
{
	const struct func *program = blamed_program(rule, a);
	struct words w = words_for(v);

	set_cause(v, rule->cause, charge, attempt_dur_ns(a));
	if (program)
		hint_program(v, program);
	else if (rule->hint != verdict_needs_functions || !a->calls)
		snprintf(v->hint, sizeof(v->hint), "%s", rule->hint);
	rule->say(&w, a);
}

static bool judge_fault(struct verdict *v, const struct attempt *a)
{
	for (size_t i = 0; i < verdict_faults_count; i++) {
		__u64 charge = verdict_faults[i].charge(a);

		if (!charge)
			continue;
		apply(v, &verdict_faults[i], a, charge);
		return true;
	}
	return false;
}

static void judge_delay(struct verdict *v, const struct attempt *a)
{
	const struct rule *worst = &verdict_delays[verdict_delays_count - 1];
	__u64 most = 0;

	for (size_t i = 0; i < verdict_delays_count; i++) {
		__u64 charge = verdict_delays[i].charge(a);

		if (charge <= most)
			continue;
		most = charge;
		worst = &verdict_delays[i];
	}
	apply(v, worst, a, most);
}

static const char *family_words(const struct attempt *a)
{
	return a->tuple.family == 6 ? "IPv6" : "IPv4";
}

/* The time that went into the other family before this attempt could begin. */
static __u64 fallback_ns(const struct attempt *a)
{
	if (!a->group_other_family_failed || a->result != ATTEMPT_ESTABLISHED)
		return 0;
	return a->connect_ns > a->group_start_ns ? a->connect_ns - a->group_start_ns : 0;
}

static void judge_fallback(struct verdict *v, const struct attempt *a)
{
	const char *other = a->tuple.family == 6 ? "IPv4" : "IPv6";
	struct address addr = address_of(a->group_first.daddr, a->group_first.family);
	struct words w = words_for(v);

	set_cause(v, "family_fallback", fallback_ns(a), a->end_ns - a->group_start_ns);
	say(&w, "%s to ", other);
	say_name(&w, a->name);
	if (addr.family != a->tuple.family) {
		say(&w, " (");
		say_address(&w, &addr);
		say(&w, ")");
	}
	say(&w, " did not connect; the application fell back to %s ", family_words(a));
	say_duration(&w, fallback_ns(a));
	say(&w, " later");
	snprintf(v->hint, sizeof(v->hint), "repair %s to that host, or take its address out of DNS",
		other);
}

static void judge_ok(struct verdict *v, const struct attempt *a)
{
	struct words w = words_for(v);

	set_cause(v, "ok", 0, 1);
	say(&w, "connected to ");
	say_peer(&w, a);
	say(&w, " in ");
	say_duration(&w, attempt_dur_ns(a));
}

static void judge_unknown(struct verdict *v, const struct attempt *a)
{
	struct words w = words_for(v);
	struct name_buf buf;

	set_cause(v, "unknown", 0, 1);
	if (a->result == ATTEMPT_IN_PROGRESS)
		say(&w, "still connecting when tracing ended");
	else
		say(&w, "connect failed with %s and nothing observed says why",
			errno_name(a->err, &buf));
}

void verdict_of_attempt(const struct attempt *a, __u64 slow_ns, struct verdict *ret)
{
	bool up = a->result == ATTEMPT_ESTABLISHED, open = a->result == ATTEMPT_IN_PROGRESS;

	*ret = (struct verdict){0};
	if (!up && !open) {
		if (!judge_fault(ret, a))
			judge_unknown(ret, a);
		return;
	}
	if (fallback_ns(a) >= slow_ns && fallback_ns(a) > attempt_dur_ns(a) / 2)
		judge_fallback(ret, a);
	else if (attempt_dur_ns(a) >= slow_ns)
		judge_delay(ret, a);
	else if (up)
		judge_ok(ret, a);
	else
		judge_unknown(ret, a);
}

/* ---- lookups ------------------------------------------------------------------------------ */

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
	if (l->tries > 1)
		return "dns_retry";
	return l->search_misses ? "dns_search_list" : "dns_slow";
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
	say_lookup_drops(w, l);
}

static void hint_lookup(struct verdict *v, const struct lookup *l, const struct rule *rule)
{
	if (blames_dns_drop(rule->cause) && l->drop_by.program)
		hint_program(v, l->drop_by.program);
	else
		snprintf(v->hint, sizeof(v->hint), "%s", rule->hint);
}

void verdict_of_lookup(const struct lookup *l, __u64 slow_ns, struct verdict *ret)
{
	struct words w;

	*ret = (struct verdict){0};
	w = words_for(ret);
	set_cause(ret, lookup_cause(l, slow_ns), 0, 1);
	ret->share = strcmp(ret->cause, "ok") ? 1 : 0;
	say_lookup(&w, l);
	say_lookup_outcome(&w, l);
	for (size_t i = 0; i < verdict_delays_count; i++)
		if (!strcmp(verdict_delays[i].cause, ret->cause) && strcmp(ret->cause, "unknown"))
			hint_lookup(ret, l, &verdict_delays[i]);
}
