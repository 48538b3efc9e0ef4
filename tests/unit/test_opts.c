/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line: values, mistakes, the command after `--`, and the README's option list. */
#include "cmd/opts.h"
#include "tests/unit/unit.h"

static struct errbuf err;

static int parse(struct opts *o, enum subcommand cmd, const char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	*o = (struct opts){0};
	err.text[0] = '\0';
	return opts_parse(o, cmd, argc, (char **)argv, &err);
}

#define PARSE(o, cmd, ...) parse(o, cmd, (const char *[]){"connect", __VA_ARGS__, NULL})

static void test_durations(void)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {{"5", 5000000000}, {"1.5s", 1500000000}, {"250ms", 250000000}, {"7us", 7000},
		{"9ns", 9}, {"2m", 120000000000}, {"1h", 3600000000000}, {".5s", 500000000}};
	static const char *const bad[] = {
		"", "s", "-1s", "1 s", "1x", "soon", "nan", "inf", "0", "1e30s", "+1s", "0x10s"};
	uint64_t ns;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		ns = 0;
		CHECK_INT(opts_duration(good[i].text, &ns), 0);
		CHECK_INT(ns, good[i].ns);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!opts_duration(bad[i], &ns))
			unit_fail(__FILE__, __LINE__, "\"%s\" is taken for a duration", bad[i]);
}

static void test_numbers(void)
{
	uint64_t n;

	CHECK_INT(opts_number("17", 1, 100, &n), 0);
	CHECK_INT(n, 17);
	CHECK_INT(opts_number("101", 1, 100, &n), -EINVAL);
	CHECK_INT(opts_number("0", 1, 100, &n), -EINVAL);
	CHECK_INT(opts_number("1x", 1, 100, &n), -EINVAL);
	CHECK_INT(opts_number("", 0, 100, &n), -EINVAL);
	CHECK_INT(opts_number("-1", 0, UINT64_MAX, &n), -EINVAL);
	CHECK_INT(opts_number("99999999999999999999", 0, UINT64_MAX, &n), -EINVAL);
}

static void test_command_after_the_dashes(void)
{
	struct opts o;

	CHECK_INT(PARSE(&o, CMD_CONNECT, "-p", "1", "--json", "--", "curl", "-s", "--json"), 0);
	CHECK_STR(o.pids, "1");
	CHECK_INT(o.format, FORMAT_JSON);
	CHECK(o.command && !strcmp(o.command[0], "curl") && !strcmp(o.command[2], "--json"));
	CHECK_INT(o.operands, 0);
	CHECK_INT(o.cmdline_len, strlen("pathlag connect -p 1 --json -- curl -s --json") + 1);
	CHECK_INT(PARSE(&o, CMD_CONNECT, "--json", "--"), -EINVAL);
	CHECK_STR(err.text, "no command after --");
}

static void test_options_may_follow_operands(void)
{
	struct opts o;

	CHECK_INT(PARSE(&o, CMD_REPLAY, "file", "--json"), 0);
	CHECK_INT(o.operands, 1);
	CHECK_STR(o.operand[0], "file");
	CHECK_INT(o.format, FORMAT_JSON);
}

static void test_mistakes_are_named(void)
{
	struct opts o;

	CHECK_INT(PARSE(&o, CMD_CONNECT, "--nope"), -EINVAL);
	CHECK(strstr(err.text, "--nope"));
	CHECK_INT(PARSE(&o, CMD_CONNECT, "-Z"), -EINVAL);
	CHECK(strstr(err.text, "-Z"));
	CHECK_INT(PARSE(&o, CMD_CONNECT, "--slow", "soon"), -EINVAL);
	CHECK(strstr(err.text, "soon") && strstr(err.text, "--slow"));
	CHECK_INT(PARSE(&o, CMD_CONNECT, "--slow"), -EINVAL);
	CHECK(strstr(err.text, "--slow"));
	CHECK_INT(PARSE(&o, CMD_REPLAY, "-p", "1"), -EINVAL);
	CHECK(strstr(err.text, "-p"));
}

static void test_words_add_up(void)
{
	const char *many[2 * OPTS_WORDS_MAX + 4] = {"trace"};
	struct opts o;

	CHECK_INT(PARSE(&o, CMD_TRACE, "--functions", "core", "--context", "fib_*", "--functions",
			  "!ip_*", "--functions=mod:my_rx:skb=2"),
		0);
	CHECK_INT(o.functions.count, 3);
	CHECK_STR(o.functions.word[0], "core");
	CHECK_STR(o.functions.word[1], "!ip_*");
	CHECK_STR(o.functions.word[2], "mod:my_rx:skb=2");
	CHECK_INT(o.context.count, 1);
	CHECK_INT(PARSE(&o, CMD_TRACE, "--functions", ""), -EINVAL);
	for (int i = 0; i <= OPTS_WORDS_MAX; i++) {
		many[1 + 2 * i] = "--functions";
		many[2 + 2 * i] = "ip_rcv";
	}
	CHECK_INT(parse(&o, CMD_TRACE, many), -EINVAL);
	CHECK(strstr(err.text, "--functions"));
}

static void test_backends(void)
{
	struct opts o;

	CHECK_INT(PARSE(&o, CMD_TRACE, "-q"), 0);
	CHECK_INT(o.backend, HOOK_AUTO);
	CHECK(!o.backend_given);
	CHECK_INT(PARSE(&o, CMD_CONNECT, "--backend", "auto"), 0);
	CHECK(o.backend_given);
	CHECK_INT(PARSE(&o, CMD_TRACE, "--backend", "multi"), 0);
	CHECK_INT(o.backend, HOOK_MULTI);
	CHECK_INT(PARSE(&o, CMD_TRACE, "--backend", "ptrace"), -EINVAL);
	CHECK(strstr(err.text, "ptrace") && strstr(err.text, "fentry"));
	CHECK_INT(PARSE(&o, CMD_REPLAY, "--backend", "multi"), -EINVAL);
}

static void test_contradictions(void)
{
	struct opts o;

	CHECK_INT(PARSE(&o, CMD_CONNECT, "--no-functions"), 0);
	CHECK(o.no_functions);
	CHECK_INT(PARSE(&o, CMD_CONNECT, "--no-functions", "--functions", "core"), -EINVAL);
	CHECK(strstr(err.text, "--no-functions") && strstr(err.text, "--functions"));
	CHECK_INT(PARSE(&o, CMD_CONNECT, "--backend", "auto", "--no-functions"), -EINVAL);
	CHECK_INT(PARSE(&o, CMD_CONNECT, "--context", "fib_*", "--no-functions"), -EINVAL);
}

static void test_histograms(void)
{
	struct opts o;

	CHECK_INT(PARSE(&o, CMD_CONNECT, "--hist"), 0);
	CHECK(o.hist && o.by == BY_PORT && !o.no_accept);
	CHECK_INT(PARSE(&o, CMD_REPLAY, "file", "--hist", "--by", "name", "--no-accept"), 0);
	CHECK(o.hist && o.by == BY_NAME && o.no_accept);
	CHECK_INT(PARSE(&o, CMD_CONNECT, "--by=owner", "--hist"), 0);
	CHECK_INT(o.by, BY_OWNER);
	CHECK_INT(PARSE(&o, CMD_CONNECT, "--hist", "--by", "colour"), -EINVAL);
	CHECK(strstr(err.text, "colour") && strstr(err.text, "port|name"));
	CHECK_INT(PARSE(&o, CMD_CONNECT, "--by", "port"), -EINVAL);
	CHECK_STR(err.text, "--by needs --hist");
	CHECK_INT(PARSE(&o, CMD_TRACE, "--hist"), -EINVAL);
	CHECK_INT(PARSE(&o, CMD_DROPS, "--no-accept"), -EINVAL);
	CHECK_INT(PARSE(&o, CMD_REPLAY, "file", "--hist"), 0);
	CHECK_INT(opts_fit(&o, CMD_TRACE, &err), -EINVAL);
	CHECK(strstr(err.text, "--hist"));
}

static void test_each_subcommand_has_its_own(void)
{
	struct opts o;

	CHECK_INT(PARSE(&o, CMD_TRACE, "--flat", "--no-returns", "--no-follow", "--stack"), 0);
	CHECK(o.flat && o.no_returns && o.no_follow && o.stack);
	CHECK_INT(PARSE(&o, CMD_TRACE, "--failed"), -EINVAL);
	CHECK(strstr(err.text, "--failed") && strstr(err.text, "trace"));
	CHECK_INT(PARSE(&o, CMD_TRACE, "--slow", "1s"), -EINVAL);
	CHECK_INT(PARSE(&o, CMD_TRACE, "--no-functions"), -EINVAL);
	CHECK_INT(PARSE(&o, CMD_CONNECT, "--flat"), -EINVAL);
	CHECK_INT(PARSE(&o, CMD_DROPS, "-p", "1", "-i", "lo", "--stack", "-c", "3", "-q"), 0);
	CHECK_INT(PARSE(&o, CMD_DROPS, "--functions", "core"), -EINVAL);
	CHECK_INT(PARSE(&o, CMD_DROPS, "--slow", "1s"), -EINVAL);
	CHECK_INT(PARSE(&o, CMD_CONNECT, "--no-returns"), -EINVAL);
}

/* What a recording holds is known only when it is read. */
static void test_replay_learns_what_it_has(void)
{
	struct opts o;

	CHECK_INT(PARSE(&o, CMD_REPLAY, "file", "--flat", "--stack", "-c", "3"), 0);
	CHECK_INT(opts_fit(&o, CMD_TRACE, &err), 0);
	CHECK_INT(opts_fit(&o, CMD_CONNECT, &err), -EINVAL);
	CHECK(strstr(err.text, "--flat"));
	CHECK_INT(PARSE(&o, CMD_REPLAY, "file", "--json", "--failed"), 0);
	CHECK_INT(opts_fit(&o, CMD_CONNECT, &err), 0);
	CHECK_INT(opts_fit(&o, CMD_TRACE, &err), -EINVAL);
	CHECK(strstr(err.text, "--failed"));
}

/* The README shows what the table says, line by line. */
static void test_readme_lists_the_options(void)
{
	_cleanup_(fclosep) FILE *readme = fopen("README.md", "re");
	_cleanup_(freep) char *table = NULL, *text = calloc(1, 1 << 17);
	size_t len;
	FILE *f = open_memstream(&table, &len);

	opts_print(f, CMD_CONNECT | CMD_TRACE | CMD_DROPS | CMD_REPLAY);
	fclose(f);
	CHECK(readme && fread(text, 1, (1 << 17) - 1, readme) > 0);
	CHECK(strstr(text, table));
}

int main(void)
{
	UNIT_RUN(test_durations);
	UNIT_RUN(test_numbers);
	UNIT_RUN(test_command_after_the_dashes);
	UNIT_RUN(test_options_may_follow_operands);
	UNIT_RUN(test_mistakes_are_named);
	UNIT_RUN(test_words_add_up);
	UNIT_RUN(test_backends);
	UNIT_RUN(test_contradictions);
	UNIT_RUN(test_histograms);
	UNIT_RUN(test_each_subcommand_has_its_own);
	UNIT_RUN(test_replay_learns_what_it_has);
	UNIT_RUN(test_readme_lists_the_options);
	return unit_status();
}
