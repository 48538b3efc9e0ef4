/* SPDX-License-Identifier: GPL-2.0-only */
/* The verdict on one passive open, by the rules of verdict_passive_rules.c. */
#include "output/verdict_rules.h"

static bool is_answer(const struct passive *p, const struct moment *m)
{
	if (m->at == AT_DROP)
		return m->drop < p->drops_kept && p->drop[m->drop].packet == DROP_SYN_ACK;
	return m->at == AT_SYN_ACK_SENT || m->at == AT_SYN_ACK_RETRANSMIT;
}

/* Of SYN_RECV the time before the first SYN-ACK, seen to leave or to be dropped. */
static __u64 refused_ns(const struct passive *p)
{
	__u64 syn_recv_ns = p->phase_ns[PASSIVE_IN_SYN_RECV];

	for (unsigned i = 0; i < p->moments_kept; i++) {
		const struct moment *m = &p->moment[i];

		if (is_answer(p, m))
			return m->ts_ns < p->start_ns + syn_recv_ns ? m->ts_ns - p->start_ns
								    : syn_recv_ns;
	}
	return p->syn_acks > 1 ? 0 : syn_recv_ns;
}

__u64 passive_time_ns(const struct passive *p, __u32 time)
{
	__u64 sum = 0, refused = refused_ns(p);

	for (enum passive_phase i = 0; i < PASSIVE_PHASES; i++)
		if (time & 1u << i)
			sum += p->phase_ns[i];
	if (time & TIME_REFUSED)
		sum += refused;
	if (time & TIME_REPEATED)
		sum += p->phase_ns[PASSIVE_IN_SYN_RECV] - refused;
	return sum;
}

static __u64 charge(const struct passive_rule *rule, const struct passive *p)
{
	return rule->applies(p) ? passive_time_ns(p, rule->time) : 0;
}

static void point_at_evidence(
	struct verdict *v, const struct passive_rule *rule, const struct passive *p)
{
	for (unsigned i = 0; i < p->moments_kept; i++)
		if (verdict_proves(
			    &p->moment[i], p->drop, p->drops_kept, rule->proof, rule->dropped))
			verdict_evidence(v, i);
}

static void apply(struct verdict *v, const struct passive_rule *rule, const struct passive *p)
{
	const struct drop *d = rule->dropped ? passive_blamed_drop(p, rule->dropped) : NULL;
	struct words w = verdict_words(v);

	verdict_set(v, rule->cause, charge(rule, p), passive_dur_ns(p));
	if (verdict_hint_drop(v, d))
		;
	else if (d && rule->dropped == DROP_ACK)
		verdict_hint(v, "syn_dropped_locally"); /* the client's ACK did come */
	else if (strcmp(rule->cause, "unknown"))
		verdict_hint(v, rule->cause);
	point_at_evidence(v, rule, p);
	rule->say(&w, p);
}

static const struct passive_rule *first_fault(const struct passive *p)
{
	for (size_t i = 0; i < verdict_passive_faults.count; i++)
		if (verdict_passive_faults.rule[i].applies(p))
			return &verdict_passive_faults.rule[i];
	return NULL;
}

static unsigned collect_delays(struct candidate c[VERDICT_CANDIDATES],
	const struct passive_rule *main, const struct passive *p)
{
	unsigned n = 0;

	for (size_t i = 0; i < verdict_passive_delays.count; i++) {
		const struct passive_rule *rule = &verdict_passive_delays.rule[i];

		if (!main || !(rule->time & main->time))
			c[n++] = (struct candidate){charge(rule, p), rule};
	}
	return n;
}

static const struct passive_rule *worst_delay(const struct passive *p)
{
	struct candidate c[VERDICT_CANDIDATES];

	return verdict_costliest(c, collect_delays(c, NULL, p), 1) ? c[0].rule : NULL;
}

static void name_others(
	struct verdict *v, const struct passive_rule *main, const struct passive *p, __u64 slow_ns)
{
	__u64 least = verdict_least_ns(passive_dur_ns(p), slow_ns);
	struct candidate c[VERDICT_CANDIDATES];
	unsigned n = verdict_costliest(c, collect_delays(c, main, p), least);

	for (unsigned i = 0; i < n; i++) {
		const struct passive_rule *rule = c[i].rule;
		struct words w = verdict_also(v, rule->cause, c[i].ns, passive_dur_ns(p));

		rule->say(&w, p);
	}
}

static void judge_ok(struct verdict *v, const struct passive *p)
{
	struct words w = verdict_words(v);

	verdict_set(v, "ok", 0, 1);
	say(&w, "the connection of ");
	say_client(&w, p);
	if (p->accept_unseen)
		say(&w, " stood after ");
	else
		say(&w, p->result == PASSIVE_ACCEPTED ? " was accepted after "
						      : " was not accepted yet after ");
	say_duration(&w, passive_dur_ns(p));
	if (p->accept_unseen)
		say(&w, ", and was accepted in a way that is not observed (io_uring)");
}

static void judge_unknown(struct verdict *v, const struct passive *p)
{
	struct words w = verdict_words(v);

	verdict_set(v, "unknown", 0, 1);
	if (p->result == PASSIVE_IN_PROGRESS) {
		say(&w, "the handshake with ");
		say_client(&w, p);
		say(&w, " was still under way when tracing ended");
	} else if (p->accept_unseen) {
		say(&w, "the connection of ");
		say_client(&w, p);
		say(&w, " was accepted in a way that is not observed (io_uring): how long it "
			"waited "
			"is not known");
	} else {
		say_client(&w, p);
		say(&w, " did not become a connection, and nothing observed says why");
	}
}

/* How long it took as far as that was seen. */
static __u64 seen_ns(const struct passive *p)
{
	return passive_dur_ns(p) - (p->accept_unseen ? p->phase_ns[PASSIVE_IN_QUEUE] : 0);
}

void verdict_of_passive(const struct passive *p, __u64 slow_ns, struct verdict *ret)
{
	bool up = passive_is_up(p);
	bool open = p->result == PASSIVE_IN_PROGRESS;
	const struct passive_rule *main = NULL;

	*ret = (struct verdict){0};
	if (!up && !open)
		main = first_fault(p);
	else if (seen_ns(p) >= slow_ns)
		main = worst_delay(p);
	if (main)
		apply(ret, main, p);
	else if (up && (passive_dur_ns(p) < slow_ns || !passive_dur_ns(p)))
		judge_ok(ret, p);
	else
		judge_unknown(ret, p);
	if (strcmp(ret->cause, "ok"))
		name_others(ret, main, p, slow_ns);
}
