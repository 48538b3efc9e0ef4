/* SPDX-License-Identifier: GPL-2.0-only */
/* Verdicts on passive opens that met one thing after the other: each is charged with its own time,
 * and what came last is the cause of a failure. */
#include "tests/unit/unit.h"
#include "tests/unit/verdicts_passive.h"

#define SLOW (100 * MS)

static struct verdict judge(const struct passive *p)
{
	struct verdict v;

	verdict_of_passive(p, SLOW, &v);
	return v;
}

static void check(
	int line, const struct verdict *v, const char *cause, const char *says, const char *also)
{
	unit_check_str(__FILE__, line, "cause", v->cause, cause);
	if (!strstr(v->text, says))
		unit_fail(__FILE__, line, "\"%s\" does not say \"%s\"", v->text, says);
	unit_check_str(__FILE__, line, "also", v->alsos ? v->also[0].cause : "", also);
}

#define SAYS(v, cause, text, also) check(__LINE__, v, cause, text, also)

/*
 * The first SYN is in vain; the one a second later is answered, again and again, so that the last
 * SYN-ACK leaves LAST after that and the client's answer takes RTT more.
 */
static struct passive repeated(unsigned syn_acks, __u64 last, __u64 rtt)
{
	struct passive p = sample_passive();

	p.syns = 2;
	p.syn_acks = syn_acks;
	passive_phase(&p, PASSIVE_IN_SYN_RECV, 1000 * MS + last);
	passive_phase(&p, PASSIVE_IN_NETWORK, rtt);
	passive_moment(&p, 0, AT_SYN_RECEIVED, "eth0");
	passive_moment(&p, 1000 * MS, AT_SYN_RECEIVED, "eth0");
	passive_moment(&p, 0, AT_SYN_ACK_SENT, "eth0");
	for (unsigned i = 1; i < syn_acks; i++)
		passive_moment(&p, last / (syn_acks - 1), AT_SYN_ACK_RETRANSMIT, "eth0");
	return p;
}

static void is_full(struct passive *p, enum overflow queue)
{
	p->overflow = queue;
	p->overflowed = 1;
	p->queue = (struct listen_queue){true, 2, 1, 2};
}

static void stands(struct passive *p)
{
	p->result = PASSIVE_ACCEPTED;
	passive_moment(p, p->phase_ns[PASSIVE_IN_NETWORK], AT_ESTABLISHED, "");
	passive_phase(p, PASSIVE_IN_QUEUE, MS);
	passive_moment(p, MS, AT_ACCEPT, "");
}

/* ---- it failed ---------------------------------------------------------------------------- */

static void test_a_queue_that_had_room_again_is_not_what_failed(void)
{
	struct passive p = repeated(6, 31000 * MS, 32000 * MS);
	struct verdict v;

	p.result = PASSIVE_TIMED_OUT;
	is_full(&p, OVERFLOW_ACCEPT_QUEUE);
	v = judge(&p);
	SAYS(&v, "synack_unanswered", "was sent 6 times and no ACK came", "");
	p.overflow = OVERFLOW_SYN_QUEUE;
	v = judge(&p);
	SAYS(&v, "synack_unanswered", "was sent 6 times and no ACK came", "");
	p.final_acks = 1; /* the last word is the queue's */
	v = judge(&p);
	SAYS(&v, "accept_queue_full", "the accept queue was full: the final ACK of", "");
}

static void test_a_syn_dropped_at_first_is_not_what_failed(void)
{
	struct passive p = repeated(3, 3000 * MS, 4000 * MS);
	struct verdict v;

	p.result = PASSIVE_TIMED_OUT;
	drops(&p, DROP_SYN);
	v = judge(&p);
	SAYS(&v, "synack_unanswered", "was sent 3 times and no ACK came", "syn_dropped_locally");
	p.drop[0].packet = DROP_SYN_ACK;
	v = judge(&p);
	SAYS(&v, "synack_dropped_locally", "our SYN-ACK to", "unknown");
}

/* A rule for what goes out drops each SYN-ACK before a device has it. */
static void test_a_queue_that_had_room_and_answers_dropped_here(void)
{
	struct passive p = sample_passive();
	struct verdict v;

	p.result = PASSIVE_TIMED_OUT;
	p.syn_acks = 0;
	passive_moment(&p, 0, AT_SYN_RECEIVED, "eth0");
	passive_moment(&p, 1000 * MS, AT_SYN_RECEIVED, "eth0");
	drops(&p, DROP_SYN_ACK);
	passive_phase(&p, PASSIVE_IN_SYN_RECV, 7000 * MS);
	is_full(&p, OVERFLOW_ACCEPT_QUEUE);
	v = judge(&p);
	SAYS(&v, "synack_dropped_locally", "our SYN-ACK to", "accept_queue_full");
}

static void test_held_back_after_an_overflow(void)
{
	struct passive p = repeated(3, 3000 * MS, 4000 * MS);
	struct verdict v;

	p.result = PASSIVE_TIMED_OUT;
	p.deferred = true;
	is_full(&p, OVERFLOW_ACCEPT_QUEUE);
	v = judge(&p);
	SAYS(&v, "unknown", "sent no data for 7.00 s, for which", "accept_queue_full");
}

/* ---- it took long ------------------------------------------------------------------------- */

static void test_the_queue_cost_less_than_lost_answers(void)
{
	struct passive p = repeated(4, 7000 * MS, MS);
	struct verdict v;

	stands(&p);
	is_full(&p, OVERFLOW_ACCEPT_QUEUE);
	v = judge(&p);
	SAYS(&v, "synack_unanswered", "was sent 4 times before the final ACK came",
		"accept_queue_full");
	CHECK(v.share > 0.87 && v.share < 0.88);
	CHECK(v.also[0].share > 0.12 && v.also[0].share < 0.13);
}

static void test_the_queue_cost_less_than_the_way(void)
{
	struct passive p = repeated(1, 0, 3000 * MS);
	struct verdict v;

	stands(&p);
	is_full(&p, OVERFLOW_ACCEPT_QUEUE);
	v = judge(&p);
	SAYS(&v, "slow_rtt", "took 3.00 s to answer the SYN-ACK", "accept_queue_full");
	CHECK(v.share > 0.74 && v.share < 0.76);
	p.final_acks = 1; /* the client did answer, and was not heard */
	v = judge(&p);
	SAYS(&v, "accept_queue_full", "the final ACK of", "");
	CHECK(v.share > 0.99);
}

static void test_a_dropped_syn_cost_less_than_lost_answers(void)
{
	struct passive p = repeated(2, 3000 * MS, MS);
	struct verdict v;

	stands(&p);
	drops(&p, DROP_SYN);
	v = judge(&p);
	SAYS(&v, "synack_unanswered", "was sent 2 times before", "syn_dropped_locally");
	p.drop[0].packet = DROP_SYN_ACK;
	v = judge(&p);
	SAYS(&v, "synack_dropped_locally", "our SYN-ACK to", "unknown");
}

/* ---- hints -------------------------------------------------------------------------------- */

static void test_where_to_look_for_who_dropped_the_ack(void)
{
	struct passive p = repeated(2, 3000 * MS, MS);

	stands(&p);
	drops(&p, DROP_ACK);
	CHECK_STR(judge(&p).hint, "look at: nft list ruleset; iptables-save -c");
	strcpy(p.drop[0].reason, "NOT_SPECIFIED");
	CHECK_STR(judge(&p).hint, cause_find("syn_dropped_locally")->hint);
	p.drops = p.drops_kept = 0;
	CHECK_STR(judge(&p).hint, cause_find("synack_unanswered")->hint);
}

static void test_no_time_at_all_is_ok(void)
{
	struct passive p = sample_passive();
	struct verdict v;

	verdict_of_passive(&p, 0, &v);
	SAYS(&v, "ok", "was accepted after", "");
}

int main(void)
{
	UNIT_RUN(test_a_queue_that_had_room_again_is_not_what_failed);
	UNIT_RUN(test_a_syn_dropped_at_first_is_not_what_failed);
	UNIT_RUN(test_a_queue_that_had_room_and_answers_dropped_here);
	UNIT_RUN(test_held_back_after_an_overflow);
	UNIT_RUN(test_the_queue_cost_less_than_lost_answers);
	UNIT_RUN(test_the_queue_cost_less_than_the_way);
	UNIT_RUN(test_a_dropped_syn_cost_less_than_lost_answers);
	UNIT_RUN(test_where_to_look_for_who_dropped_the_ack);
	UNIT_RUN(test_no_time_at_all_is_ok);
	return unit_status();
}
