// SPDX-License-Identifier: GPL-2.0-only
/* What a reader sees: the text sink's blocks, character by character. */
#include <limits.h>

#include "output/lines.h"
#include "output/names.h"
#include "tests/unit/screen.h"

static void test_text_ok_is_one_line(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 80});
	struct attempt a = sample_ok();
	_cleanup_(freep) char *got = NULL;

	screen_show(&s, &a, "ok", "established in 812 us", "");
	screen_show(&s, &a, "ok", "established in 812 us", "");
	got = screen_end(&s);
	CHECK_STR(got, "OK    812 us  curl[4242]  10.9.0.1:40000 → 10.9.0.2:80\n"
		       "OK    812 us  curl[4242]  10.9.0.1:40000 → 10.9.0.2:80\n");
}

static void test_text_slow_with_drop(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 60});
	struct attempt a = sample_drop();
	_cleanup_(freep) char *got = NULL;

	screen_show(&s, &a, "syn_dropped_locally",
		"the first SYN was dropped in this host by netfilter (NETFILTER_DROP in "
		"nf_hook_slow); the retransmit 1.02 s later got through",
		"look for the rule: nft list ruleset, or iptables-save -c");
	got = screen_end(&s);
	CHECK_STR(got, "SLOW 1.03 s   curl[4242]  10.9.0.1:40000 → 10.9.0.2:80 (a.test)\n"
		       "  the first SYN was dropped in this host by netfilter\n"
		       "  (NETFILTER_DROP in nf_hook_slow); the retransmit 1.02 s\n"
		       "  later got through\n"
		       "  hint: look for the rule: nft list ruleset, or\n"
		       "        iptables-save -c\n"
		       "\n"
		       "  route     9.00 us  ▏\n"
		       "  egress    21.0 us  ▏\n"
		       "  rto_wait  1.02 s   ██████████████████████████████████████\n"
		       "  network    800 us                                       ▏\n"
		       "  ingress   30.0 us                                       ▏\n"
		       "  wakeup     140 us                                       ▏\n"
		       "\n"
		       "  2026-11-21 01:35:00.123 UTC\n"
		       "     +0 ns  connect\n"
		       "  +14.0 us  drop            syn, NETFILTER_DROP in nf_hook_slow+0x5c\n"
		       "  +1.02 s   syn_retransmit\n"
		       "   +800 us  syn_ack         eth0\n"
		       "  +30.0 us  established\n"
		       "   +140 us  return\n");
}

static void test_text_dns_retry(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 60, .verbose = false});
	struct attempt a = sample_dns_retry();
	_cleanup_(freep) char *got = NULL;

	screen_show(&s, &a, "dns_retry", "the first query got no answer", "");
	got = screen_end(&s);
	CHECK(strstr(got, "SLOW 5.00 s   curl[4242]  10.9.0.1:40000 → 10.9.0.2:80 (a.test)\n"
			  "  the first query got no answer\n\n"
			  "  dns       5.00 s   ██████████████████████████████████████\n"
			  "  think      120 us                                       ▏\n"));
	CHECK(!strstr(got, "neigh")); /* it took no time */
	CHECK(strstr(got, "     +0 ns  dns_query   to 10.9.0.53\n"
			  "  +5.00 s   dns_query   to 10.9.0.53\n"
			  "  +1.03 ms  dns_answer  from 10.9.0.53\n"
			  "   +120 us  connect\n"
			  "  +9.00 us  route       via 10.9.0.254 on eth0\n"));
}

static void test_text_failed(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 60});
	struct attempt a = sample_rejected();
	_cleanup_(freep) char *got = NULL;

	screen_show(&s, &a, "rejected_icmp", "a router said no", "");
	a = sample_no_route();
	screen_show(&s, &a, "no_route", "no route to 192.0.2.1", "");
	got = screen_end(&s);
	CHECK(strstr(got, "FAILED 2.36 ms  curl[4242]  [2001:db8::1]:40000 → "
			  "[2001:db8::2]:443  EACCES\n"));
	CHECK(strstr(got, "  +2.35 ms  icmp      administratively prohibited, type 1 code 1, "
			  "from 2001:db8::fe\n"
			  "     +0 ns  return    EACCES\n"
			  "\n" /* blocks stand apart */
			  "FAILED 12.0 us  curl[4242]  → 192.0.2.1:80  ENETUNREACH\n"
			  "  no route to 192.0.2.1\n"));
}

static void test_text_open(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 60, .quiet = true});
	struct attempt a = sample_open();
	_cleanup_(freep) char *got = NULL;

	screen_show(&s, &a, "syn_unanswered", "no answer so far", "");
	a.result = ATTEMPT_ABANDONED;
	screen_show(&s, &a, "abandoned", "the program gave up", "");
	got = screen_end(&s);
	CHECK_STR(got, "OPEN 3.07 s   unknown process  10.9.0.1:40001 → 10.9.0.9:443\n"
		       "  no answer so far\n"
		       "\n"
		       "ABANDONED 3.07 s   unknown process  10.9.0.1:40001 → 10.9.0.9:443\n"
		       "  the program gave up\n");
}

static void test_text_hostile(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 80});
	struct attempt a = sample_hostile();
	_cleanup_(freep) char *got = NULL;

	screen_show(&s, &a, "unknown", "x\x1b[2Jy", "\r\xff");
	got = screen_end(&s);
	CHECK(strstr(got, "SLOW 1.03 s   \\x1b[31m\\x0a\"\\\\xff\\xc3(xxxxx[4242]  10.9.0.1:40000 "
			  "→ 10.9.0.2:80 (\\xe2\\x80\\xaea\\000.\\x7f\\xed\\xa0\\x80)\n"
			  "  x\\x1b[2Jy\n"
			  "  hint: \\x0d\\xff\n"));
	CHECK(strstr(got, "syn, R\\x01\\x80 in f\"+0x1 [m\\xf8]\n"));
	CHECK(strstr(got, "syn_ack         e\\x09th\\xc2\\x9b\n"));
	for (const char *c = got; *c; c++)
		CHECK(*c == '\n' || (unsigned char)*c >= 0x20);
}

/* A name out of a damaged recording. */
static void test_text_hostile_function(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 80});
	struct attempt a = sample_drop();
	_cleanup_(freep) char *got = NULL;

	strcpy(a.drop[0].location, "a+0x1");
	strcpy(a.drop[0].within, "a \x1b]0;x\x07");
	screen_show(&s, &a, "unknown", "", "");
	got = screen_end(&s);
	CHECK(strstr(got, " in a+0x1 \\x1b]0;x\\x07"));
	CHECK(!strchr(got, '\x1b'));
}

/* Each of several recordings has the threshold of its own run, unless --slow says another. */
static void test_text_threshold_of_each_run(void)
{
	for (int given = 0; given < 2; given++) {
		struct screen s =
			screen_new((struct sink_cfg){.width = 80, .slow_ns = given ? 700 * US : 0});
		struct attempt a = sample_ok(); /* 812 us */
		_cleanup_(freep) char *got = NULL;
		struct rec_meta rec;
		struct run_info run = sample_run(&rec);

		screen_show(&s, &a, "slow_rtt", "of the first", "");
		rec.slow_ns = 800 * US;
		CHECK_INT(s.sink->ops->meta(s.sink, &run), 0);
		screen_show(&s, &a, "slow_rtt", "of the second", "");
		got = screen_end(&s);
		CHECK_INT(!strncmp(got, "SLOW", 4), given);
		CHECK(strstr(got, "\nSLOW"));
	}
}

static void test_text_verbose_and_color(void)
{
	struct screen s =
		screen_new((struct sink_cfg){.width = 60, .verbose = true, .color = true});
	struct attempt a = sample_ok();
	_cleanup_(freep) char *got = NULL;

	screen_show(&s, &a, "ok", "established in 812 us", "");
	got = screen_end(&s);
	CHECK(strstr(got, "pathlag 0.1.0 connect: h, Linux 6.12.107 x86_64, 34 probes (2 skipped), "
			  "2026-11-21 01:35:00.123 UTC\n"));
	CHECK(strstr(got, "\x1b[1;32mOK\x1b[0m    812 us"));
	CHECK(strstr(got, "  network    700 us  \x1b[1;32m █████"));
}

static void test_text_more_moments(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 60, .verbose = true});
	struct attempt a = sample_ok();
	_cleanup_(freep) char *got = NULL;

	a.moments += 12;
	screen_show(&s, &a, "ok", "established in 812 us", "");
	got = screen_end(&s);
	CHECK(strstr(got, "return\n  … and 12 more\n"));
}

/* The bars lie behind each other and are as long as their share. */
static void test_text_waterfall(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 60, .verbose = true});
	struct attempt a = sample_attempt();
	_cleanup_(freep) char *got = NULL;

	for (enum phase p = 0; p < 4; p++)
		sample_phase(&a, p, 10 * MS);
	screen_show(&s, &a, "ok", "", "");
	got = screen_end(&s);
	CHECK(strstr(got, "  dns       10.0 ms  █████████▌\n"
			  "  think     10.0 ms           █████████▌\n"
			  "  route     10.0 ms                     █████████▌\n"
			  "  neigh     10.0 ms                              █████████▌\n"));
}

static void test_text_lookups(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 80});
	struct lookup l = sample_lookup();
	struct verdict v = sample_verdict("dns_retry", 1, "the first query got no answer", "");
	_cleanup_(freep) char *got = NULL;

	CHECK_INT(s.sink->ops->lookup(s.sink, &l, &v), 0);
	l.result = LOOKUP_ERROR;
	l.rcode = 3;
	l.answers = 0;
	l.tries = 1;
	v = sample_verdict("dns_error", 1, "a.test does not exist", "");
	CHECK_INT(s.sink->ops->lookup(s.sink, &l, &v), 0);
	l.result = LOOKUP_ANSWERED;
	v = sample_verdict("ok", 1, "answered", "");
	CHECK_INT(s.sink->ops->lookup(s.sink, &l, &v), 0);
	CHECK_INT(s.sink->ops->tick(s.sink, l.end_ns + 2000 * MS), 0);
	got = screen_end(&s);
	CHECK_STR(got, "SLOW 5.00 s   curl[4242]  dns a.test A → 10.9.0.2, 10.9.0.3  from "
		       "10.9.0.53, 2 queries\n"
		       "  the first query got no answer\n"
		       "\n"
		       "FAILED 5.00 s   curl[4242]  dns a.test A → NXDOMAIN  from 10.9.0.53\n"
		       "  a.test does not exist\n");
}

static void test_text_lookup_is_told_by_its_connect(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 80, .quiet = true});
	struct lookup l = sample_lookup();
	struct verdict v = sample_verdict("dns_retry", 1, "the first query got no answer", "");
	struct attempt a = sample_dns_retry();
	_cleanup_(freep) char *got = NULL;

	l.start_ns = a.start_ns;
	l.end_ns = a.connect_ns;
	l.owner = a.owner;
	CHECK_INT(s.sink->ops->lookup(s.sink, &l, &v), 0);
	screen_show(&s, &a, "dns_retry", "the connect says it", "");
	CHECK_INT(s.sink->ops->tick(s.sink, l.end_ns + 2000 * MS), 0);
	got = screen_end(&s);
	CHECK(strstr(got, "the connect says it"));
	CHECK(!strstr(got, "the first query got no answer"));
}

static void test_text_end(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 80});
	struct summary sum = {.lost = 17, .results = {[ATTEMPT_ESTABLISHED] = 4}, .reasons = 2};
	struct attempt a = sample_ok();
	_cleanup_(freep) char *got = NULL;

	sum.results[ATTEMPT_IN_PROGRESS] = 1;
	sum.drop_reason[0].count = 2;
	strcpy(sum.drop_reason[0].name, "NETFILTER_DROP");
	sum.drop_reason[1].count = 1;
	screen_show(&s, &a, "ok", "", "");
	CHECK_INT(s.sink->ops->lost(s.sink, 1, 17, LOST_RINGBUF), 0);
	CHECK_INT(s.sink->ops->lost(s.sink, 1, 1, LOST_SOCKET_MAP), 0);
	CHECK_INT(s.sink->ops->summary(s.sink, &sum), 0);
	got = screen_end(&s);
	CHECK_STR(got, "OK    812 us  curl[4242]  10.9.0.1:40000 → 10.9.0.2:80\n"
		       "LOST 17 records: the ring buffer was full; what is shown around here may "
		       "be incomplete\n"
		       "LOST 1 connect: no room to follow more; not shown\n"
		       "\n"
		       "5 connects: 4 established, 1 still open\n"
		       "drops: 2 NETFILTER_DROP, 1 unknown\n"
		       "lost: 17; what is shown above may be incomplete\n");
}

static void test_text_no_reader(void)
{
	struct sink_cfg cfg = {.out = fopen("/dev/full", "w"), .width = 80};
	struct sink *sink = sink_text_new(&cfg);
	struct attempt a = sample_ok();
	struct verdict v = sample_verdict("ok", 1, "", "");

	CHECK_INT(sink->ops->connect(sink, &a, &v), 0);
	CHECK_INT(lines_flush(cfg.out), -ENOSPC);
	sink_free(sink);
	fclose(cfg.out);
}

static void test_names_durations(void)
{
	static const struct {
		__u64 ns;
		const char *want;
	} cases[] = {
		{0, "0 ns"},
		{999, "999 ns"},
		{1000, "1.00 us"},
		{9994, "9.99 us"},
		{9995, "10.0 us"},
		{99949, "99.9 us"},
		{99950, "100 us"},
		{999499, "999 us"},
		{999500, "1.00 ms"},
		{14785433, "14.8 ms"},
		{999999999, "1.00 s"},
		{1024000000, "1.02 s"},
		{127000000000, "127 s"},
		{3600000000000, "3600 s"},
		{UINT64_MAX, "18446744074 s"},
	};
	struct name_buf buf;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		CHECK_STR(duration_name(cases[i].ns, &buf), cases[i].want);
}

static void test_names_numbers(void)
{
	struct name_buf buf;

	CHECK_STR(errno_name(ECONNREFUSED, &buf), "ECONNREFUSED");
	CHECK_STR(errno_name(-ENETUNREACH, &buf), "ENETUNREACH");
	CHECK_STR(errno_name(-512, &buf), "ERESTARTSYS");
	CHECK_STR(errno_name(4000, &buf), "E4000");
	CHECK_STR(errno_name(INT_MIN, &buf), "E2147483648");
	CHECK_STR(qtype_name(28, &buf), "AAAA");
	CHECK_STR(qtype_name(999, &buf), "TYPE999");
	CHECK_STR(rcode_name(3, &buf), "NXDOMAIN");
	CHECK_STR(rcode_name(23, &buf), "RCODE23");
	CHECK_STR(eai_name(-2, &buf), "EAI_NONAME");
	CHECK_STR(icmp_name(4, 3, 13), "administratively prohibited");
	CHECK_STR(icmp_name(4, 8, 0), "");
	CHECK_STR(phase_name(PHASE_COUNT), "unknown");
	CHECK_STR(moment_name(-1), "unknown");
	CHECK_STR(drop_packet_name(0), "unknown");
}

int main(void)
{
	UNIT_RUN(test_text_ok_is_one_line);
	UNIT_RUN(test_text_slow_with_drop);
	UNIT_RUN(test_text_dns_retry);
	UNIT_RUN(test_text_failed);
	UNIT_RUN(test_text_open);
	UNIT_RUN(test_text_hostile);
	UNIT_RUN(test_text_hostile_function);
	UNIT_RUN(test_text_threshold_of_each_run);
	UNIT_RUN(test_text_verbose_and_color);
	UNIT_RUN(test_text_more_moments);
	UNIT_RUN(test_text_waterfall);
	UNIT_RUN(test_text_lookups);
	UNIT_RUN(test_text_lookup_is_told_by_its_connect);
	UNIT_RUN(test_text_end);
	UNIT_RUN(test_text_no_reader);
	UNIT_RUN(test_names_durations);
	UNIT_RUN(test_names_numbers);
	return unit_status();
}
