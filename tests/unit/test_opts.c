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

/* The README shows what the table says, line by line. */
static void test_readme_lists_the_options(void)
{
	_cleanup_(fclosep) FILE *readme = fopen("README.md", "re");
	_cleanup_(freep) char *table = NULL, *text = calloc(1, 1 << 17);
	size_t len;
	FILE *f = open_memstream(&table, &len);

	opts_print(f, CMD_CONNECT | CMD_REPLAY);
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
	UNIT_RUN(test_readme_lists_the_options);
	return unit_status();
}
