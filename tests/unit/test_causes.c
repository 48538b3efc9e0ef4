/* SPDX-License-Identifier: GPL-2.0-only */
/* Every cause that a rule can give is explained, and every explanation is whole. */
#include <ctype.h>

#include "output/verdict_rules.h"
#include "tests/unit/unit.h"

static void check_sentence(const char *name, const char *text)
{
	size_t len = strlen(text);

	if (len < 10 || text[len - 1] != '.')
		unit_fail(__FILE__, __LINE__, "%s: \"%s\" is no sentence", name, text);
}

static void check_whole(const struct cause *c)
{
	check_sentence(c->name, c->means);
	check_sentence(c->name, c->comes_about);
	if (!c->look_at[0] && strcmp(c->name, "ok"))
		unit_fail(__FILE__, __LINE__, "%s: nothing to look at", c->name);
}

static void check_table(const struct causes *t, int (*in_case)(int))
{
	for (size_t i = 0; i < t->count; i++) {
		const struct cause *c = &t->cause[i];

		check_whole(c);
		for (const char *p = c->name; *p; p++)
			CHECK(in_case((unsigned char)*p) || isdigit((unsigned char)*p) ||
				*p == '_');
		for (size_t j = 0; j < i; j++)
			if (!strcmp(t->cause[j].name, c->name))
				unit_fail(__FILE__, __LINE__, "%s is there twice", c->name);
	}
}

static void test_explanations_are_whole(void)
{
	check_table(&causes_of_verdicts, islower);
	check_table(&causes_of_programs, isupper);
	for (size_t i = 0; i < causes_of_drops_count; i++)
		check_table(causes_of_drops[i], isupper);
}

static void test_found_by_name(void)
{
	for (size_t t = 0; t < causes_of_drops_count; t++)
		for (size_t i = 0; i < causes_of_drops[t]->count; i++)
			CHECK(cause_of_reason(causes_of_drops[t]->cause[i].name) ==
				&causes_of_drops[t]->cause[i]); /* in one table only */
	CHECK_STR(cause_find("slow_accept")->name, "slow_accept");
	CHECK(!cause_find("NETFILTER_DROP"));
	CHECK(!cause_of_reason("slow_accept"));
	CHECK_STR(cause_of_reason("NETFILTER_DROP")->who, "netfilter");
}

static void check_explained(const char *cause)
{
	const struct cause *c = cause_find(cause);

	if (!c)
		unit_fail(__FILE__, __LINE__, "%s is not explained", cause);
	else if (!c->hint)
		unit_fail(__FILE__, __LINE__, "%s has no hint", cause);
}

static void check_rules(const struct rules *r)
{
	for (size_t i = 0; i < r->count; i++)
		check_explained(r->rule[i].cause);
}

static void check_passive_rules(const struct passive_rules *r)
{
	for (size_t i = 0; i < r->count; i++)
		check_explained(r->rule[i].cause);
}

static void test_each_rule_is_explained(void)
{
	check_rules(&verdict_faults);
	check_rules(&verdict_dns_delays);
	check_rules(&verdict_syn_delays);
	check_rules(&verdict_other_delays);
	check_passive_rules(&verdict_passive_faults);
	check_passive_rules(&verdict_passive_delays);
	check_explained("family_fallback");
	CHECK(cause_find("ok"));
}

int main(void)
{
	UNIT_RUN(test_explanations_are_whole);
	UNIT_RUN(test_found_by_name);
	UNIT_RUN(test_each_rule_is_explained);
	return unit_status();
}
