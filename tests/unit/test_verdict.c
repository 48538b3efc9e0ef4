/* SPDX-License-Identifier: GPL-2.0-only */
/* Each rule of a connect's verdict: the attempt it is for gives its cause, a sentence, a hint, and
 * the moments that prove it. */
#include "tests/unit/verdicts.h"

static const struct {
	struct attempt (*make)(void);
	const char *cause, *says;
	enum moment_kind shows; /* is among the evidence */
} cases[] = {
	{dns_slow, "dns_slow", "answered the only query after 400 ms", AT_DNS_ANSWER},
	{dns_retry, "dns_retry", "got no answer from 10.9.0.53", AT_DNS_QUERY},
	{dns_timeout, "dns_timeout", "was never answered by 10.9.0.53", AT_DNS_QUERY},
	{dns_error, "dns_error", "failed with SERVFAIL", AT_DNS_ANSWER},
	{dns_error_retried, "dns_error", "failed with SERVFAIL", AT_DNS_ANSWER},
	{dns_search, "dns_search_list", "3 names of its search list", AT_DNS_ANSWER},
	{think, "slow_application", "let 300 ms pass", AT_CONNECT},
	{neighbour_slow, "neighbour_slow", "10.9.0.254, the next hop, took 1.00 s", AT_NEIGH_DONE},
	{egress, "egress_queueing", "waited 500 ms in this host", AT_SYN_SENT},
	{egress_unseen, "unknown",
		"took 500 ms in this host to come to a device; what for was not observed", AT_SYN},
	{syn_held, "syn_held", "500 ms before it came to a device; firewalld[33] let it go",
		AT_SYN},
	{rtt, "slow_rtt", "took 250 ms to answer the SYN, without a retransmit", AT_SYN_ACK},
	{wakeup, "slow_wakeup", "ran only 500 ms later", AT_RETURN},
	{route, "unknown", "what for was not observed", AT_CONNECT},
	{ingress, "unknown", "why was not observed", AT_ESTABLISHED},
	{synack_held, "synack_held",
		"the answer of 10.9.0.2:80 was held in this host for 500 ms; firewalld[33] let it "
		"go",
		AT_ESTABLISHED},
	{sample_drop, "syn_dropped_locally", "the retransmit 1.02 s later got through", AT_DROP},
	{synack_drop, "synack_dropped_locally", "which cost 1.00 s", AT_DROP},
	{unanswered, "syn_unanswered", "left this host and got no answer", AT_SYN_RETRANSMIT},
	{accept_queue, "accept_queue_full",
		"the server's accept queue was full (2 of 1): SYNs to 10.9.0.2:80 were thrown "
		"away; "
		"nginx[12] accepts too slowly; the retransmit 1.00 s later got through",
		AT_SYN_RETRANSMIT},
	{syn_queue, "syn_queue_full",
		"the server's SYN queue was full (1 of 1): SYNs to 10.9.0.2:80 were thrown away "
		"(inferred, as its queue was full then and no SYN-ACK followed)",
		AT_SYN_RETRANSMIT},
	{refusal_survived, "rejected_icmp", "was said to be out of reach", AT_ICMP},
	{fallback, "family_fallback", "fell back to IPv4 250 ms later", AT_CONNECT},
	{never_let_go, "syn_held", "the SYN to 10.9.0.2:80 never came to a device",
		AT_SYN_RETRANSMIT_FAILED},
	{timed_out, "timeout", "3 SYNs were sent to 10.9.0.2:80 and nothing came back", AT_SYN},
	{abandoned, "abandoned", "closed the socket 200 ms after connect", AT_CLOSED},
	{unreachable, "no_route", "the route to 10.9.0.2:80 failed with EHOSTUNREACH", AT_CLOSED},
	{sample_no_route, "no_route", "has no route to 192.0.2.1:80", AT_ROUTE},
	{local_error, "local_error", "no free source port", AT_RETURN},
	{refused, "refused", "answered with a RST", AT_RST},
	{rejected, "rejected_icmp", "rejected by", AT_ICMP},
	{neighbour_failed, "neighbour_failed", "no answer to ARP requests for 10.9.0.99",
		AT_NEIGH_FAILED},
	{all_syns_dropped, "syn_dropped_locally", "the SYN was dropped in this host by netfilter",
		AT_DROP},
	{all_synacks_dropped, "synack_dropped_locally", "its SYN-ACK was dropped", AT_DROP},
	{accept_queue_timeout, "accept_queue_full", "connect failed with ETIMEDOUT after 7.00 s",
		AT_SYN_RETRANSMIT},
	{syn_queue_timeout, "syn_queue_full", "too many handshakes are half open",
		AT_SYN_RETRANSMIT},
};

static void check_case(size_t i)
{
	struct attempt a = cases[i].make();
	bool shown = false;
	struct verdict v;

	verdict_of_attempt(&a, SLOW, &v);
	CHECK_STR(v.cause, cases[i].cause);
	if (!strstr(v.text, cases[i].says))
		unit_fail(__FILE__, __LINE__, "%s: \"%s\"", cases[i].cause, v.text);
	CHECK(v.hint[0]);
	CHECK(v.share >= 0 && v.share <= 1);
	CHECK_INT(v.alsos, 0);
	if (!v.evidences)
		unit_fail(__FILE__, __LINE__, "%s (%zu) proves nothing", v.cause, i);
	for (unsigned e = 0; e < v.evidences; e++) {
		CHECK(v.evidence[e] < a.moments_kept);
		CHECK(!e || v.evidence[e] > v.evidence[e - 1]);
		shown |= a.moment[v.evidence[e]].at == cases[i].shows;
	}
	if (!shown)
		unit_fail(__FILE__, __LINE__, "%s (%zu) does not show its moment", v.cause, i);
}

static void test_each_rule(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_case(i);
}

/* The rule gives that case its verdict: the sentence is its own. */
static bool judges(const struct rule *rule, size_t i)
{
	struct attempt a = cases[i].make();
	struct verdict said = {0}, v;
	struct words w = verdict_words(&said);

	if (strcmp(cases[i].cause, rule->cause) || (rule->applies && !rule->applies(&a)))
		return false;
	rule->say(&w, &a);
	verdict_of_attempt(&a, SLOW, &v);
	return !strcmp(v.text, said.text);
}

/* A rule that no case above is for would be one without a test. */
static void check_covered(const struct rules *rules)
{
	for (size_t r = 0; r < rules->count; r++) {
		bool found = false;

		for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
			found |= judges(&rules->rule[r], i);
		if (!found)
			unit_fail(__FILE__, __LINE__, "no case for rule %zu, %s", r,
				rules->rule[r].cause);
		if (!cause_find(rules->rule[r].cause))
			unit_fail(__FILE__, __LINE__, "%s is not explained", rules->rule[r].cause);
	}
}

static void test_all_rules_have_a_case(void)
{
	check_covered(&verdict_faults);
	check_covered(&verdict_dns_delays);
	check_covered(&verdict_syn_delays);
	check_covered(&verdict_other_delays);
}

int main(void)
{
	UNIT_RUN(test_each_rule);
	UNIT_RUN(test_all_rules_have_a_case);
	return unit_status();
}
