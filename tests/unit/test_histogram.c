// SPDX-License-Identifier: GPL-2.0-only
/* Histograms of connects and accepts: what is counted where, as JSON and as text. */
#include "tests/unit/sample_passive.h"
#include "tests/unit/screen.h"
#include "tests/unit/tape.h"

static const struct verdict ok = {.cause = "ok"};

static struct attempt took(enum phase phase, __u64 ns)
{
	struct attempt a = sample_attempt();

	sample_phase(&a, phase, ns);
	return a;
}

static void add(struct histograms *h, struct attempt a)
{
	CHECK_INT(histograms_attempt(h, &a, &ok), 0);
}

static const char *flat(struct json_object *o)
{
	return json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
}

/* Upper bounds belong to their bucket. */
static void test_buckets(void)
{
	static const struct {
		__u64 ns;
		unsigned bucket;
	} cases[] = {{0, 0}, {1, 0}, {2, 1}, {3, 2}, {4, 2}, {5, 3}, {1024, 10}, {1025, 11},
		{1ULL << 51, 51}, {(1ULL << 51) + 1, 52}, {1ULL << 52, 52}, {UINT64_MAX / 2, 52}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct histograms *h = histograms_new(BY_PORT);
		const struct histogram_report *r;
		unsigned first, last;

		add(h, took(PHASE_NETWORK, cases[i].ns));
		r = histograms_report(h);
		CHECK_INT(r->sets, 1);
		histogram_range(&r->set[0]->total, &first, &last);
		CHECK_INT(first, cases[i].bucket);
		CHECK_INT(last, cases[i].bucket);
		CHECK_INT(r->set[0]->total.bucket[first], 1);
		CHECK_INT(r->set[0]->total.sum_ns, (long long)cases[i].ns);
		histograms_free(h);
	}
}

static void test_only_phases_that_were_seen(void)
{
	struct histograms *h = histograms_new(BY_PORT);
	const struct histogram_set *set;

	add(h, took(PHASE_NETWORK, 100));
	add(h, took(PHASE_NETWORK, 900));
	add(h, took(PHASE_EGRESS, 0));
	set = histograms_report(h)->set[0];
	CHECK_INT(set->count, 3);
	CHECK_INT(set->total.count, 3);
	CHECK_INT(set->total.sum_ns, 1000);
	CHECK_STR(set->phase[PHASE_NETWORK].phase, "network");
	CHECK_INT(set->phase[PHASE_NETWORK].count, 2);
	CHECK_INT(set->phase[PHASE_EGRESS].count, 1);
	CHECK_INT(set->phase[PHASE_DNS].count, 0);
	histograms_free(h);
}

static void test_sum_saturates(void)
{
	struct histograms *h = histograms_new(BY_RESULT);

	for (int i = 0; i < 3; i++)
		add(h, took(PHASE_NETWORK, UINT64_MAX / 2));
	CHECK(histograms_report(h)->set[0]->total.sum_ns == UINT64_MAX);
	histograms_free(h);
}

static void test_groups(void)
{
	static const struct {
		enum histogram_by by;
		const char *named, *nameless;
	} cases[] = {{BY_PORT, "80", "80"}, {BY_NAME, "a.test", "10.9.0.2"},
		{BY_OWNER, "curl", "unknown"}, {BY_RESULT, "established", "established"}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct histograms *h = histograms_new(cases[i].by);
		const struct histogram_report *r;
		struct attempt a = took(PHASE_NETWORK, 1);

		strcpy(a.name, "a.test");
		add(h, a);
		add(h, a);
		a.name[0] = '\0';
		a.owner.tgid = 0;
		add(h, a);
		r = histograms_report(h);
		CHECK_STR(r->set[0]->group->name, cases[i].named);
		CHECK_STR(r->set[r->sets - 1]->group->name, cases[i].nameless);
		CHECK_INT(r->sets, strcmp(cases[i].named, cases[i].nameless) ? 2 : 1);
		histograms_free(h);
	}
}

/* Connects first, the biggest group first; what went well first, what is open last. */
static void test_order(void)
{
	static const char *const want[] = {"connect 443 established", "connect 443 timeout",
		"connect 443 in_progress", "connect 80 refused", "accept 80 accepted",
		"accept 80 in_progress"};
	struct histograms *h = histograms_new(BY_PORT);
	struct attempt a = took(PHASE_NETWORK, 1);
	const struct histogram_report *r;
	struct passive p = sample_accepted();

	p.result = PASSIVE_IN_PROGRESS;
	CHECK_INT(histograms_passive(h, &p, &ok), 0);
	p.result = PASSIVE_ACCEPTED;
	CHECK_INT(histograms_passive(h, &p, &ok), 0);
	a.result = ATTEMPT_REFUSED;
	add(h, a);
	a.tuple.dport = htons(443);
	a.result = ATTEMPT_IN_PROGRESS;
	add(h, a);
	a.result = ATTEMPT_TIMEOUT;
	add(h, a);
	a.result = ATTEMPT_ESTABLISHED;
	add(h, a);
	r = histograms_report(h);
	CHECK_INT(r->sets, ARRAY_SIZE(want));
	for (size_t i = 0; i < r->sets && i < ARRAY_SIZE(want); i++) {
		char got[NAME_LEN + 64];

		snprintf(got, sizeof(got), "%s %s %s", histogram_side_name(r->set[i]->group->side),
			r->set[i]->group->name, r->set[i]->result);
		CHECK_STR(got, want[i]);
	}
	histograms_free(h);
}

static void test_groups_are_bounded(void)
{
	struct histograms *h = histograms_new(BY_PORT);
	const struct histogram_report *r;
	const struct histogram_set *last;
	__u64 all = 0;

	for (unsigned i = 1; i <= 5000; i++) {
		struct attempt a = took(PHASE_NETWORK, i);

		a.tuple.dport = htons(i);
		add(h, a);
	}
	r = histograms_report(h);
	CHECK_INT(r->sets, HISTOGRAM_GROUPS + 1);
	last = r->set[r->sets - 1];
	CHECK(last->group->other);
	CHECK_INT(last->count, 5000 - HISTOGRAM_GROUPS);
	for (size_t i = 0; i < r->sets; i++)
		all += r->set[i]->count;
	CHECK_INT(all, 5000);
	histograms_free(h);
}

/* A client that asks everybody takes no room from the servers of this host. */
static void test_each_side_has_room(void)
{
	struct histograms *h = histograms_new(BY_PORT);
	const struct histogram_report *r;
	struct passive p = sample_accepted();

	for (unsigned i = 1; i <= HISTOGRAM_GROUPS + 1; i++) {
		struct attempt a = took(PHASE_NETWORK, i);

		a.tuple.dport = htons(i);
		add(h, a);
	}
	CHECK_INT(histograms_passive(h, &p, &ok), 0);
	r = histograms_report(h);
	CHECK_INT(r->sets, HISTOGRAM_GROUPS + 2);
	CHECK_INT(r->set[r->sets - 1]->group->side, SIDE_ACCEPT);
	CHECK_STR(r->set[r->sets - 1]->group->name, "80");
	CHECK(!r->set[r->sets - 1]->group->other);
	histograms_free(h);
}

static void test_slowest(void)
{
	struct histograms *h = histograms_new(BY_PORT);
	const struct histogram_report *r;

	for (unsigned i = 0; i < 1000; i++) {
		struct attempt a = took(PHASE_NETWORK, i * 7919 % 1000 / 2);

		a.start_ns += i;
		a.end_ns += i;
		add(h, a);
	}
	r = histograms_report(h);
	CHECK_INT(r->slowests, HISTOGRAM_SLOWEST);
	for (unsigned i = 0; i < r->slowests; i++) {
		CHECK_INT(r->slowest[i].dur_ns, 499 - i / 2);
		if (i % 2) /* the earlier one of two that took as long */
			CHECK(r->slowest[i].ts_ns > r->slowest[i - 1].ts_ns);
	}
	histograms_free(h);
}

static void test_json(void)
{
	struct tape t = tape_new();
	struct histograms *h = histograms_new(BY_NAME);
	struct summary sum = {.ts_ns = 1};
	struct attempt a = took(PHASE_NETWORK, 600);
	struct json_object *o, *slow;

	strcpy(a.name, "a\xff.test");
	add(h, a);
	sample_phase(&a, PHASE_NETWORK, 2400);
	add(h, a);
	sum.histograms = histograms_report(h);
	CHECK_INT(t.sink->ops->histograms(t.sink, sum.histograms), 0);
	o = tape_last(&t);
	CHECK_STR(flat(o), "{\"v\":1,\"type\":\"histogram\",\"side\":\"connect\",\"phase\":"
			   "\"network\",\"by\":\"name=a\xef\xbf\xbd.test\",\"result\":"
			   "\"established\",\"buckets\":[{\"le_ns\":1024,\"count\":1},"
			   "{\"le_ns\":2048,\"count\":0},{\"le_ns\":4096,\"count\":1}],"
			   "\"count\":2,\"sum_ns\":3600}");
	json_object_put(o);
	CHECK_INT(t.sink->ops->summary(t.sink, &sum), 0);
	o = tape_last(&t);
	CHECK_INT(json_object_array_length(at(o, "slowest")), 2);
	slow = json_object_array_get_idx(at(o, "slowest"), 0);
	KEYS(slow, "side dur_ns ts_ns owner netns tuple name cause");
	CHECK_INT(int_at(slow, "dur_ns"), 3000);
	CHECK_INT(int_at(slow, "ts_ns"), SAMPLE_START);
	CHECK_INT(int_at(at(slow, "tuple"), "dport"), 80);
	CHECK_STR(text_at(slow, "cause"), "ok");
	json_object_put(o);
	histograms_free(h);
	tape_free(&t);
}

static void test_text(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 50, .histograms = true});
	struct histograms *h = histograms_new(BY_NAME);
	struct attempt a = took(PHASE_NETWORK, 600 * US);
	struct passive p = sample_accepted();
	struct verdict v = sample_verdict("ok", 0, "", "");
	_cleanup_(freep) char *got = NULL;

	strcpy(a.name, "a\x1b.test");
	sample_phase(&a, PHASE_EGRESS, 0);
	for (int i = 0; i < 12; i++)
		add(h, a);
	sample_phase(&a, PHASE_NETWORK, 2400 * US);
	add(h, a);
	CHECK_INT(histograms_passive(h, &p, &v), 0);
	screen_show(&s, &a, "ok", "not shown", "");
	CHECK_INT(s.sink->ops->accept(s.sink, &p, &v), 0);
	CHECK_INT(s.sink->ops->histograms(s.sink, histograms_report(h)), 0);
	got = screen_end(&s);
	CHECK(strstr(got, "13 connects, to a\\x1b.test, established\n"
			  "\n"
			  "  total     mean 785 us, sum 10.2 ms\n"
			  "     524 us .. 1.05 ms   12  ████████████████████\n"
			  "    1.05 ms .. 2.10 ms    0\n"
			  "    2.10 ms .. 4.19 ms    1  █▋\n"
			  "\n"
			  "  network   mean 785 us, sum 10.2 ms\n"));
	CHECK(!strstr(got, "egress")); /* it took no time */
	CHECK(strstr(got, "\n1 accept, to 10.9.0.2, accepted\n"));
	CHECK(strstr(got, "\nthe slowest 10\n"
			  "  3.00 ms  connect  curl[4242]  10.9.0.2:80 (a\\x1b.test)  ok\n"));
	histograms_free(h);
}

static void test_text_verbose_has_the_records_too(void)
{
	struct screen s =
		screen_new((struct sink_cfg){.width = 80, .histograms = true, .verbose = true});
	struct attempt a = sample_ok();
	_cleanup_(freep) char *got = NULL;

	screen_show(&s, &a, "ok", "is shown", "");
	got = screen_end(&s);
	CHECK(strstr(got, "is shown"));
}

/* "established" is the best a connect can be, and of an accept that nobody accepted it. */
static void test_text_colours_by_side(void)
{
	struct screen s =
		screen_new((struct sink_cfg){.width = 80, .histograms = true, .color = true});
	struct histograms *h = histograms_new(BY_RESULT);
	struct passive p = sample_accepted();
	_cleanup_(freep) char *got = NULL;

	add(h, took(PHASE_NETWORK, 1));
	CHECK_INT(histograms_passive(h, &p, &ok), 0);
	p.result = PASSIVE_NOT_ACCEPTED;
	CHECK_INT(histograms_passive(h, &p, &ok), 0);
	CHECK_INT(s.sink->ops->histograms(s.sink, histograms_report(h)), 0);
	histograms_free(h);
	got = screen_end(&s);
	CHECK(strstr(got, "1 connect, \x1b[1;32mestablished"));
	CHECK(strstr(got, "1 accept, \x1b[1;32maccepted"));
	CHECK(strstr(got, "1 accept, \x1b[1;33mestablished"));
}

int main(void)
{
	UNIT_RUN(test_buckets);
	UNIT_RUN(test_only_phases_that_were_seen);
	UNIT_RUN(test_sum_saturates);
	UNIT_RUN(test_groups);
	UNIT_RUN(test_order);
	UNIT_RUN(test_groups_are_bounded);
	UNIT_RUN(test_each_side_has_room);
	UNIT_RUN(test_slowest);
	UNIT_RUN(test_json);
	UNIT_RUN(test_text);
	UNIT_RUN(test_text_colours_by_side);
	UNIT_RUN(test_text_verbose_has_the_records_too);
	return unit_status();
}
