/* SPDX-License-Identifier: GPL-2.0-only */
/* Verdicts on names that were found by way of a search list: what took the time is the cause. */
#include "tests/unit/verdicts.h"

/* MISSES names of the search list took BEFORE together, then the name itself took ITSELF. */
static struct attempt searched(unsigned misses, __u64 before, __u64 itself)
{
	struct attempt a = looked_up(before + itself);

	lookup.search_misses = misses;
	lookup.chain_start_ns = lookup.start_ns;
	lookup.start_ns += before;
	connects(&a, MS);
	return a;
}

/* Exactly one rule for lookups applies, so the time is told once. */
static void check(int line, struct attempt a, const char *cause, const char *says)
{
	unsigned applied = 0;
	struct verdict v;

	verdict_of_attempt(&a, SLOW, &v);
	unit_check_str(__FILE__, line, "cause", v.cause, cause);
	if (!strstr(v.text, says))
		unit_fail(__FILE__, line, "\"%s\" does not say \"%s\"", v.text, says);
	for (size_t i = 0; i < verdict_dns_delays.count; i++)
		applied += verdict_dns_delays.rule[i].applies(&a);
	unit_check_int(__FILE__, line, "rules that apply", applied, 1);
}

#define SAYS(a, cause, text) check(__LINE__, a, cause, text)

static void check_lookup(int line, const char *cause)
{
	struct verdict v;

	verdict_of_lookup(&lookup, SLOW, &v);
	unit_check_str(__FILE__, line, "cause of the lookup", v.cause, cause);
}

static void test_a_cached_miss_costs_nothing(void)
{
	SAYS(searched(1, 2 * MS, 400 * MS), "dns_slow", "answered the last query after 400 ms");
	check_lookup(__LINE__, "dns_slow");
}

static void test_the_search_list_is_told_with_its_own_time(void)
{
	SAYS(searched(3, 450 * MS, 150 * MS), "dns_search_list",
		"tried 3 names of its search list before a.test, which cost 450 ms");
	check_lookup(__LINE__, "dns_search_list");
}

static void test_an_error_after_a_miss(void)
{
	struct attempt a = searched(1, 2 * MS, 700 * MS);

	lookup.result = LOOKUP_ERROR;
	lookup.rcode = 2;
	SAYS(a, "dns_error", "failed with SERVFAIL");
	check_lookup(__LINE__, "dns_error");
}

static void test_silence_after_a_miss(void)
{
	struct attempt a = searched(1, 2 * MS, 5000 * MS);

	lookup.result = LOOKUP_TIMEOUT;
	SAYS(a, "dns_timeout", "was never answered by 10.9.0.53");
	lookup.late = true;
	SAYS(a, "dns_timeout", "was answered too late by 10.9.0.53 and held the lookup up for");
	check_lookup(__LINE__, "dns_timeout");
}

/* The first server is dead: each name of the list waited for it, and that is not the list's. */
static void test_a_dead_server_before_a_search_list(void)
{
	struct attempt a = searched(3, 15000 * MS, 5000 * MS);

	lookup.tries = 2;
	SAYS(a, "dns_retry", "got no answer from 10.9.0.53");
	check_lookup(__LINE__, "dns_retry");
}

int main(void)
{
	UNIT_RUN(test_a_cached_miss_costs_nothing);
	UNIT_RUN(test_the_search_list_is_told_with_its_own_time);
	UNIT_RUN(test_an_error_after_a_miss);
	UNIT_RUN(test_silence_after_a_miss);
	UNIT_RUN(test_a_dead_server_before_a_search_list);
	return unit_status();
}
