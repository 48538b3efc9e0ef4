/* SPDX-License-Identifier: GPL-2.0-only */
#include "output/names.h"
#include "output/verdict_rules.h"

/* ---- what all judges share ---------------------------------------------------------------- */

struct words verdict_words(struct verdict *v)
{
	v->text[0] = '\0';
	return (struct words){.text = v->text, .cap = sizeof(v->text)};
}

static double share_of(__u64 part_ns, __u64 whole_ns)
{
	return whole_ns && part_ns < whole_ns ? (double)part_ns / whole_ns : 1;
}

void verdict_set(struct verdict *v, const char *cause, __u64 part_ns, __u64 whole_ns)
{
	v->cause = cause;
	v->share = share_of(part_ns, whole_ns);
	v->hint[0] = '\0';
}

struct words verdict_also(struct verdict *v, const char *cause, __u64 part_ns, __u64 whole_ns)
{
	struct verdict_also *also = &v->also[v->alsos++];

	also->cause = cause;
	also->share = share_of(part_ns, whole_ns);
	also->text[0] = '\0';
	return (struct words){.text = also->text, .cap = sizeof(also->text)};
}

void verdict_hint(struct verdict *v, const char *cause)
{
	const struct cause *c = cause_find(cause);

	if (c && c->hint)
		snprintf(v->hint, sizeof(v->hint), "%s", c->hint);
}

/* bpftool asks the network namespace it runs in; in which one the drop was, the sentence says. */
void verdict_hint_program(struct verdict *v, const struct func *program)
{
	const char *where =
		program->prog_kind == PROG_CGROUP_SKB ? "bpftool cgroup tree" : "bpftool net";

	snprintf(v->hint, sizeof(v->hint),
		"look at that program: bpftool prog show id %u; where it is attached: %s",
		program->prog_id, where);
}

bool verdict_hint_drop(struct verdict *v, const struct drop *d)
{
	const struct cause *reason = d ? cause_of_reason(d->reason) : NULL;

	if (d && d->by.program)
		verdict_hint_program(v, d->by.program);
	else if (reason && reason->who)
		snprintf(v->hint, sizeof(v->hint), "look at: %s%s%s", reason->look_at[0],
			reason->look_at[1] ? "; " : "",
			reason->look_at[1] ? reason->look_at[1] : "");
	return v->hint[0];
}

bool verdict_blames_lookup(const char *cause)
{
	return !strcmp(cause, "dns_retry") || !strcmp(cause, "dns_timeout");
}

bool verdict_proves(const struct moment *m, const struct drop *drop, unsigned drops_kept,
	__u32 proof, enum rec_drop_packet dropped)
{
	if (m->at != AT_DROP)
		return proof & 1u << m->at;
	return m->drop < drops_kept && drop[m->drop].packet == dropped &&
	       drop_explains_silence(&drop[m->drop]);
}

/* Where there are too many, the last one takes the place of those before it. */
void verdict_evidence(struct verdict *v, unsigned moment)
{
	unsigned i = v->evidences < VERDICT_EVIDENCE ? v->evidences++ : VERDICT_EVIDENCE - 1;

	v->evidence[i] = moment;
}

__u64 verdict_least_ns(__u64 dur_ns, __u64 slow_ns)
{
	return dur_ns / 10 > slow_ns ? dur_ns / 10 : slow_ns;
}

unsigned verdict_costliest(struct candidate *c, unsigned n, __u64 least_ns)
{
	unsigned chosen = 0;

	for (; chosen < n && chosen < VERDICT_ALSO; chosen++) {
		unsigned most = chosen;
		struct candidate best;

		for (unsigned i = chosen + 1; i < n; i++)
			if (c[i].ns > c[most].ns)
				most = i;
		if (!c[most].ns || c[most].ns < least_ns)
			break;
		best = c[most];
		memmove(&c[chosen + 1], &c[chosen], (most - chosen) * sizeof(*c));
		c[chosen] = best;
	}
	return chosen;
}

/* ---- the other address family came first --------------------------------------------------- */

/* The time that went into the other family before this attempt could begin. */
static __u64 fallback_ns(const struct attempt *a)
{
	if (!a->group_other_family_failed || a->result != ATTEMPT_ESTABLISHED)
		return 0;
	return a->connect_ns > a->group_start_ns ? a->connect_ns - a->group_start_ns : 0;
}

static void say_fallback(struct words *w, const struct attempt *a)
{
	const char *other = a->tuple.family == 6 ? "IPv4" : "IPv6";
	struct address addr = address_of(a->group_first.daddr, a->group_first.family);

	say(w, "%s to ", other);
	say_name(w, a->name);
	if (addr.family != a->tuple.family) {
		say(w, " (");
		say_address(w, &addr);
		say(w, ")");
	}
	say(w, " did not connect; the application fell back to %s ",
		a->tuple.family == 6 ? "IPv6" : "IPv4");
	say_duration(w, fallback_ns(a));
	say(w, " later");
}

static const struct rule fallback = {
	"family_fallback", NULL, say_fallback, 0, PROOF(CONNECT) | PROOF(ESTABLISHED), 0};

/* ---- attempts ------------------------------------------------------------------------------ */

static __u64 charge(const struct rule *rule, const struct attempt *a)
{
	if (rule == &fallback)
		return fallback_ns(a);
	return rule->applies && !rule->applies(a) ? 0 : attempt_time_ns(a, rule->time);
}

static __u64 whole_ns(const struct rule *rule, const struct attempt *a)
{
	return rule == &fallback ? a->end_ns - a->group_start_ns : attempt_dur_ns(a);
}

static void collect_evidence(
	struct verdict *v, const struct attempt *a, __u32 proof, enum rec_drop_packet dropped)
{
	for (unsigned i = 0; i < a->moments_kept; i++)
		if (verdict_proves(&a->moment[i], a->drop, a->drops_kept, proof, dropped))
			verdict_evidence(v, i);
}

static void point_at_evidence(struct verdict *v, const struct rule *rule, const struct attempt *a)
{
	static const __u32 any = PROOF(CONNECT) | PROOF(SYN) | PROOF(SYN_SENT) |
				 PROOF(SYN_RETRANSMIT) | PROOF(CLOSED) | PROOF(RETURN);

	collect_evidence(v, a, rule->proof, rule->dropped);
	if (!v->evidences)
		collect_evidence(v, a, any, 0);
}

/* The drop that the rule is about; NULL = it is not about one. */
static const struct drop *drop_of_rule(const struct rule *rule, const struct attempt *a)
{
	if (!strcmp(rule->cause, "syn_dropped_locally"))
		return blamed_drop(a, DROP_SYN);
	if (!strcmp(rule->cause, "synack_dropped_locally"))
		return blamed_drop(a, DROP_SYN_ACK);
	return NULL;
}

/* Only the function layer can tell more about what is not known: no hint where it was there. */
static void give_hint(struct verdict *v, const struct rule *rule, const struct attempt *a)
{
	const char *other = a->tuple.family == 6 ? "IPv4" : "IPv6";

	if (verdict_hint_drop(v, drop_of_rule(rule, a)))
		return;
	if (verdict_blames_lookup(rule->cause) && a->lookup->drop_by.program)
		verdict_hint_program(v, a->lookup->drop_by.program);
	else if (rule == &fallback)
		snprintf(v->hint, sizeof(v->hint),
			"repair %s to that host, or take its address out of DNS", other);
	else if (strcmp(rule->cause, "unknown") || !a->calls)
		verdict_hint(v, rule->cause);
}

static void say_seeded(struct words *w, const struct attempt *a)
{
	if (!a->seeded)
		return;
	say(w, "; it was under way when tracing began, so it took at least ");
	say_duration(w, attempt_dur_ns(a));
}

static void apply(struct verdict *v, const struct rule *rule, const struct attempt *a)
{
	struct words w = verdict_words(v);

	verdict_set(v, rule->cause, charge(rule, a), whole_ns(rule, a));
	give_hint(v, rule, a);
	point_at_evidence(v, rule, a);
	rule->say(&w, a);
	say_seeded(&w, a);
}

static const struct rule *first_fault(const struct attempt *a)
{
	for (size_t i = 0; i < verdict_faults.count; i++)
		if (verdict_faults.rule[i].applies(a))
			return &verdict_faults.rule[i];
	return NULL;
}

/* All that took time, besides what MAIN tells of. */
static unsigned collect_delays(
	struct candidate c[VERDICT_CANDIDATES], const struct rule *main, const struct attempt *a)
{
	static const struct rules *const tables[] = {
		&verdict_dns_delays, &verdict_syn_delays, &verdict_other_delays};
	unsigned n = 0;

	if (main != &fallback)
		c[n++] = (struct candidate){fallback_ns(a), &fallback};
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (size_t i = 0; i < tables[t]->count && n < VERDICT_CANDIDATES; i++) {
			const struct rule *rule = &tables[t]->rule[i];

			if (!main || !(rule->time & main->time))
				c[n++] = (struct candidate){charge(rule, a), rule};
		}
	return n;
}

/* The costliest delay of the attempt's own time. */
static const struct rule *worst_delay(const struct attempt *a)
{
	struct candidate c[VERDICT_CANDIDATES];
	unsigned n = collect_delays(c, &fallback, a);

	return verdict_costliest(c, n, 1) ? c[0].rule : NULL;
}

static void name_others(
	struct verdict *v, const struct rule *main, const struct attempt *a, __u64 slow_ns)
{
	__u64 least = verdict_least_ns(attempt_dur_ns(a), slow_ns);
	struct candidate c[VERDICT_CANDIDATES];
	unsigned n = verdict_costliest(c, collect_delays(c, main, a), least);

	for (unsigned i = 0; i < n; i++) {
		const struct rule *rule = c[i].rule;
		struct words w = verdict_also(v, rule->cause, c[i].ns, whole_ns(rule, a));

		rule->say(&w, a);
	}
}

static void judge_ok(struct verdict *v, const struct attempt *a)
{
	struct words w = verdict_words(v);

	verdict_set(v, "ok", 0, 1);
	say(&w, "connected to ");
	say_peer(&w, a);
	if (!a->seeded) {
		say(&w, " in ");
		say_duration(&w, attempt_dur_ns(a));
	}
	say_seeded(&w, a);
}

static void judge_unknown(struct verdict *v, const struct attempt *a)
{
	struct words w = verdict_words(v);
	struct name_buf buf;

	verdict_set(v, "unknown", 0, 1);
	if (a->result == ATTEMPT_IN_PROGRESS)
		say(&w, "still connecting when tracing ended");
	else
		say(&w,
			"connect failed with %s, and no drop, RST, ICMP error or route was "
			"observed "
			"that says why",
			errno_name(a->err, &buf));
	say_seeded(&w, a);
}

void verdict_of_attempt(const struct attempt *a, __u64 slow_ns, struct verdict *ret)
{
	bool up = a->result == ATTEMPT_ESTABLISHED, open = a->result == ATTEMPT_IN_PROGRESS;
	const struct rule *main = NULL;

	*ret = (struct verdict){0};
	if (!up && !open)
		main = first_fault(a);
	else if (fallback_ns(a) >= slow_ns && fallback_ns(a) > attempt_dur_ns(a) / 2)
		main = &fallback;
	else if (attempt_dur_ns(a) >= slow_ns)
		main = worst_delay(a);
	if (main)
		apply(ret, main, a);
	else if (up && (attempt_dur_ns(a) < slow_ns || !attempt_dur_ns(a)))
		judge_ok(ret, a);
	else
		judge_unknown(ret, a);
	if (strcmp(ret->cause, "ok"))
		name_others(ret, main, a, slow_ns);
}
