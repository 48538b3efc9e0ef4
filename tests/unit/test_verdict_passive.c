/* SPDX-License-Identifier: GPL-2.0-only */
/* Verdicts on passive opens: what a listening socket did, and when that is no cause for alarm. */
#include <math.h>

#include "tests/unit/unit.h"
#include "tests/unit/verdicts_passive.h"

#define SLOW (100 * MS)

static const struct passive_rules *const tables[] = {
	&verdict_passive_faults, &verdict_passive_delays};
static bool tested[ARRAY_SIZE(tables)][VERDICT_CANDIDATES]; /* their rules */

/* The share of the rule's own time, as verdict.h has it. */
static double share_of(const struct passive_rule *rule, const struct passive *p)
{
	return (double)passive_time_ns(p, rule->time) / passive_dur_ns(p);
}

/* The rule has given that verdict: cause, sentence and share are its own. */
static bool judges(
	const struct passive_rule *rule, const struct passive *p, const struct verdict *v)
{
	struct verdict said = {0};
	struct words w = verdict_words(&said);

	if (strcmp(v->cause, rule->cause) || !rule->applies(p))
		return false;
	rule->say(&w, p);
	return !strcmp(v->text, said.text) && fabs(v->share - share_of(rule, p)) < 1e-9;
}

/* What came to nothing is judged by the faults, all else by the delays. */
static void note_rule(const struct passive *p, const struct verdict *v)
{
	bool failed = p->result != PASSIVE_ACCEPTED && p->result != PASSIVE_NOT_ACCEPTED &&
		      p->result != PASSIVE_IN_PROGRESS;
	size_t t = failed ? 0 : 1;

	for (size_t r = 0; r < tables[t]->count; r++)
		tested[t][r] |= judges(&tables[t]->rule[r], p, v);
}

static struct verdict judge(struct passive p)
{
	struct verdict v;

	verdict_of_passive(&p, SLOW, &v);
	note_rule(&p, &v);
	if (strcmp(v.cause, "ok") && strcmp(v.cause, "unknown")) {
		CHECK(v.evidences);
		CHECK(v.hint[0]);
		CHECK(cause_find(v.cause));
	}
	for (unsigned i = 0; i < v.evidences; i++)
		CHECK(v.evidence[i] < p.moments_kept && (!i || v.evidence[i] > v.evidence[i - 1]));
	return v;
}

static void check_says(int line, const struct verdict *v, const char *cause, const char *says)
{
	unit_check_str(__FILE__, line, "cause", v->cause, cause);
	if (!strstr(v->text, says))
		unit_fail(__FILE__, line, "\"%s\" does not say \"%s\"", v->text, says);
}

#define SAYS(v, cause, text) check_says(__LINE__, v, cause, text)

/* ---- no alarm ----------------------------------------------------------------------------- */

static void test_fast_is_ok(void)
{
	struct verdict v = judge(sample_accepted());

	SAYS(&v, "ok", "the connection of 10.9.0.1:40000 was accepted after 412 us");
	CHECK_INT(v.alsos, 0);
	CHECK_INT(v.evidences, 0);
}

static void test_not_accepted_yet_is_ok(void)
{
	struct passive p = accepted(300 * US, 20 * MS);
	struct verdict v;

	p.result = PASSIVE_NOT_ACCEPTED;
	v = judge(p);
	SAYS(&v, "ok", "not accepted yet");
}

static void test_accepted_unseen_is_no_slow_accept(void)
{
	struct passive p = accepted(300 * US, 5000 * MS);
	struct verdict v;

	p.accept_unseen = true;
	v = judge(p);
	SAYS(&v, "unknown", "accepted in a way that is not observed");
	CHECK_INT(v.alsos, 0);
	p = accepted(300 * US, 20 * MS);
	p.accept_unseen = true;
	v = judge(p);
	SAYS(&v, "ok", "and was accepted in a way that is not observed");
	p = accepted(400 * MS, 5000 * MS); /* but what was seen of it was slow */
	p.accept_unseen = true;
	v = judge(p);
	SAYS(&v, "slow_rtt", "took 400 ms to answer the SYN-ACK");
	CHECK_INT(v.alsos, 0);
}

static void test_under_way_at_the_end(void)
{
	struct passive p = sample_passive();
	struct verdict v;

	p.result = PASSIVE_IN_PROGRESS;
	passive_moment(&p, 0, AT_SYN_RECEIVED, "eth0");
	passive_moment(&p, 10 * US, AT_SYN_ACK_SENT, "eth0");
	passive_phase(&p, PASSIVE_IN_SYN_RECV, 10 * US);
	passive_phase(&p, PASSIVE_IN_NETWORK, 300 * MS);
	v = judge(p);
	SAYS(&v, "unknown", "still under way when tracing ended");
}

/* ---- slow --------------------------------------------------------------------------------- */

static void test_slow_accept(void)
{
	struct passive p = accepted(300 * US, 700 * MS);
	struct verdict v = judge(p);

	SAYS(&v, "slow_accept",
		"the connection of 10.9.0.1:40000 stood, but nginx[7] accepted it only 700 ms "
		"later");
	CHECK(v.share > 0.99);
	CHECK_INT(v.evidences, 2);
	p.result = PASSIVE_NOT_ACCEPTED;
	p.queue = (struct listen_queue){.known = true, .accept_len = 2, .accept_max = 128};
	v = judge(p);
	SAYS(&v, "slow_accept",
		"was still not accepted after 700 ms by nginx[7]; the queue held 2 "
		"of 128 when it came");
}

static void test_slow_client(void)
{
	struct passive p = accepted(400 * MS, 200 * MS);
	struct verdict v = judge(p);

	SAYS(&v, "slow_rtt", "10.9.0.1:40000 took 400 ms to answer the SYN-ACK");
	CHECK_INT(v.alsos, 1);
	CHECK_STR(v.also[0].cause, "slow_accept");
}

static void test_the_client_is_named(void)
{
	struct passive p = accepted(400 * MS, 0);
	struct verdict v;

	p.client = (struct client_side){.known = true, .owner = sample_owner()};
	v = judge(p);
	SAYS(&v, "slow_rtt", "10.9.0.1:40000 (curl[4242] on this host) took");
	strcpy(p.client.hostname, "laptop");
	v = judge(p);
	SAYS(&v, "slow_rtt", "10.9.0.1:40000 (curl[4242] on laptop) took");
}

/* ---- full queues -------------------------------------------------------------------------- */

static void test_final_ack_finds_no_room(void)
{
	struct verdict v = judge(sample_overflow());

	SAYS(&v, "accept_queue_full",
		"the accept queue was full (2 of 1): the final ACK of 10.9.0.1:40000 (curl[4242] "
		"on this host) was thrown away, which believes that it is connected (inferred");
	CHECK(strstr(v.text, "nginx[7] accepts too slowly"));
}

static void test_a_syn_and_the_final_ack_find_no_room(void)
{
	struct passive p = sample_overflow();
	struct verdict v;

	p.final_acks = 1;
	v = judge(p);
	SAYS(&v, "accept_queue_full",
		"1 SYN and the final ACK of 10.9.0.1:40000 (curl[4242] on this host) were thrown "
		"away, which believes that it is connected");
}

static void test_syns_find_no_room(void)
{
	struct verdict v = judge(sample_refused_syns());

	SAYS(&v, "syn_queue_full",
		"the SYN queue was full (8 of 8): 3 SYNs of 10.9.0.1:40000 were "
		"thrown away; nothing came of it in 7.00 s");
}

static void test_room_for_the_second_syn(void)
{
	struct passive p = second_try(AT_SYN_ACK_SENT);
	struct verdict v;

	p.overflow = OVERFLOW_ACCEPT_QUEUE;
	p.overflowed = 1;
	p.queue = (struct listen_queue){true, 2, 1, 0};
	v = judge(p);
	SAYS(&v, "accept_queue_full", "1 SYN of 10.9.0.1:40000 was thrown away");
	CHECK(strstr(v.text, "the connection stood 1.00 s after the first SYN"));
	p.overflow = OVERFLOW_SYN_QUEUE;
	v = judge(p);
	SAYS(&v, "syn_queue_full", "the SYN queue was full (0 of 1): 1 SYN of 10.9.0.1:40000 was");
	CHECK(strstr(v.text, "the connection stood 1.00 s after the first SYN"));
}

/* ---- packets dropped or not answered ------------------------------------------------------- */

static void test_dropped_here(void)
{
	struct passive p = second_try(AT_SYN_ACK_SENT);
	struct verdict v;

	drops(&p, DROP_SYN);
	v = judge(p);
	SAYS(&v, "syn_dropped_locally",
		"the SYN of 10.9.0.1:40000 was dropped in this host by "
		"netfilter (NETFILTER_DROP in nf_hook_slow)");
	p = second_try(AT_SYN_ACK_RETRANSMIT);
	drops(&p, DROP_SYN_ACK);
	v = judge(p);
	SAYS(&v, "synack_dropped_locally", "our SYN-ACK to 10.9.0.1:40000 was dropped");
	p.drop[0].packet = DROP_ACK;
	v = judge(p);
	SAYS(&v, "synack_unanswered", "the ACK of 10.9.0.1:40000 was dropped in this host");
}

static void test_all_dropped_here(void)
{
	struct passive p = sample_passive();
	struct verdict v;

	p.result = PASSIVE_TIMED_OUT;
	p.syn_acks = 0;
	passive_moment(&p, 0, AT_SYN_RECEIVED, "eth0");
	drops(&p, DROP_SYN);
	passive_phase(&p, PASSIVE_IN_SYN_RECV, 3000 * MS);
	v = judge(p);
	SAYS(&v, "syn_dropped_locally", "the SYN of 10.9.0.1:40000 was dropped in this host by");
	CHECK(strstr(v.text, "; nothing came of it in 3.00 s"));
	CHECK_INT(v.evidences, 1);
	p.syn_acks = 1;
	p.drop[0].packet = DROP_SYN_ACK;
	v = judge(p);
	SAYS(&v, "synack_dropped_locally", "our SYN-ACK to 10.9.0.1:40000 was dropped in this");
	CHECK(strstr(v.text, "; nothing came of it in 3.00 s"));
	CHECK_INT(v.evidences, 1);
}

static void test_syn_ack_repeated(void)
{
	struct passive p = second_try(AT_SYN_ACK_RETRANSMIT);
	struct verdict v;

	v = judge(p);
	SAYS(&v, "synack_unanswered",
		"the SYN-ACK to 10.9.0.1:40000 was sent 2 times before the final ACK came");
	p.result = PASSIVE_TIMED_OUT;
	p.moments_kept = p.moments = 3;
	v = judge(p);
	SAYS(&v, "synack_unanswered", "was sent 2 times and no ACK came; nothing came of it in");
}

/* TCP_DEFER_ACCEPT: that the client has nothing to say is neither distance nor loss. */
static void test_deferred_accept(void)
{
	struct passive p = accepted(400 * MS, MS);
	struct verdict v;

	p.deferred = true;
	v = judge(p);
	SAYS(&v, "unknown", "10.9.0.1:40000 sent no data for 400 ms, for which the server waits");
	CHECK(v.evidences && !v.hint[0]);
	p = second_try(AT_SYN_ACK_RETRANSMIT);
	p.deferred = true;
	v = judge(p);
	SAYS(&v, "unknown", "sent no data for 1.00 s");
	p.result = PASSIVE_TIMED_OUT;
	v = judge(p);
	SAYS(&v, "unknown", "TCP_DEFER_ACCEPT");
	p.unanswered = true;
	v = judge(p);
	SAYS(&v, "synack_unanswered", "was sent 2 times");
}

static void test_late_for_no_known_reason(void)
{
	struct passive p = second_try(AT_SYN_ACK_SENT);
	struct verdict v;

	v = judge(p);
	SAYS(&v, "unknown",
		"came 2 times; it was answered only after 1.00 s; what kept it was not "
		"observed");
}

/* The records of our SYN-ACKs were lost. */
static void test_a_handshake_that_was_not_seen(void)
{
	struct passive p = sample_passive();
	struct verdict v;

	p.syn_acks = 0;
	passive_moment(&p, 0, AT_SYN_RECEIVED, "eth0");
	passive_moment(&p, 300 * MS, AT_ESTABLISHED, "");
	passive_moment(&p, 50 * US, AT_ACCEPT, "");
	passive_phase(&p, PASSIVE_IN_SYN_RECV, 300 * MS);
	passive_phase(&p, PASSIVE_IN_QUEUE, 50 * US);
	v = judge(p);
	SAYS(&v, "unknown",
		"the handshake with 10.9.0.1:40000 took 300 ms; what kept it was not observed");
	CHECK_INT(v.alsos, 0);
}

/* ---- reset -------------------------------------------------------------------------------- */

static void test_reset_by_client(void)
{
	struct passive p = accepted(300 * US, 20 * MS);
	struct verdict v;

	p.result = PASSIVE_RESET;
	p.moment[3].at = AT_RST;
	v = judge(p);
	SAYS(&v, "reset_by_client", "10.9.0.1:40000 sent a RST 20.3 ms after its SYN");
	CHECK_INT(v.alsos, 0);
	p = accepted(300 * US, 3000 * MS);
	p.result = PASSIVE_RESET;
	p.moment[3].at = AT_RST;
	v = judge(p);
	SAYS(&v, "reset_by_client", "before it was accepted");
	CHECK_STR(v.also[0].cause, "slow_accept"); /* what it has tired of, perhaps */
}

static void test_reset_while_half_open(void)
{
	struct passive p = sample_passive();
	struct verdict v;

	p.result = PASSIVE_RESET;
	passive_phase(&p, PASSIVE_IN_SYN_RECV, 10 * MS);
	passive_phase(&p, PASSIVE_IN_NETWORK, 190 * MS);
	passive_moment(&p, 0, AT_SYN_RECEIVED, "eth0");
	passive_moment(&p, 10 * MS, AT_SYN_ACK_SENT, "eth0");
	passive_moment(&p, 190 * MS, AT_RST, "");
	v = judge(p);
	SAYS(&v, "reset_by_client", "10.9.0.1:40000 sent a RST 200 ms after its SYN");
	CHECK(v.share > 0.949 && v.share < 0.951);
	CHECK_INT(v.alsos, 0); /* that it took its time is the cause already */
}

/* It found no room, then it stood, and the client went away: three things, one cause. */
static void test_reset_after_an_overflow(void)
{
	struct passive p = second_try(AT_SYN_ACK_SENT);
	struct verdict v;

	p.overflow = OVERFLOW_ACCEPT_QUEUE;
	p.overflowed = 1;
	p.result = PASSIVE_RESET;
	p.moment[3].at = AT_RST;
	passive_phase(&p, PASSIVE_IN_QUEUE, 4000 * MS);
	v = judge(p);
	SAYS(&v, "reset_by_client", "before it was accepted");
	CHECK_INT(v.alsos, 2);
	CHECK_STR(v.also[0].cause, "slow_accept");
	CHECK_STR(v.also[1].cause, "accept_queue_full");
	p.end_ns -= p.phase_ns[PASSIVE_IN_QUEUE];
	p.phase_ns[PASSIVE_IN_QUEUE] = 0; /* it never stood here: the final ACK found no room */
	p.final_acks = p.overflowed;
	v = judge(p);
	SAYS(&v, "accept_queue_full", "the client has reset it after");
}

/* Comes last: a rule that has given none of the verdicts above is one without a test. */
static void test_all_rules_were_tested(void)
{
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (size_t r = 0; r < tables[t]->count; r++)
			if (!tested[t][r])
				unit_fail(__FILE__, __LINE__, "no case for %s %zu, %s",
					t ? "delay" : "fault", r, tables[t]->rule[r].cause);
}

int main(void)
{
	UNIT_RUN(test_fast_is_ok);
	UNIT_RUN(test_not_accepted_yet_is_ok);
	UNIT_RUN(test_accepted_unseen_is_no_slow_accept);
	UNIT_RUN(test_under_way_at_the_end);
	UNIT_RUN(test_slow_accept);
	UNIT_RUN(test_slow_client);
	UNIT_RUN(test_the_client_is_named);
	UNIT_RUN(test_final_ack_finds_no_room);
	UNIT_RUN(test_a_syn_and_the_final_ack_find_no_room);
	UNIT_RUN(test_syns_find_no_room);
	UNIT_RUN(test_room_for_the_second_syn);
	UNIT_RUN(test_dropped_here);
	UNIT_RUN(test_all_dropped_here);
	UNIT_RUN(test_syn_ack_repeated);
	UNIT_RUN(test_deferred_accept);
	UNIT_RUN(test_late_for_no_known_reason);
	UNIT_RUN(test_a_handshake_that_was_not_seen);
	UNIT_RUN(test_reset_by_client);
	UNIT_RUN(test_reset_while_half_open);
	UNIT_RUN(test_reset_after_an_overflow);
	UNIT_RUN(test_all_rules_were_tested);
	return unit_status();
}
