/* SPDX-License-Identifier: GPL-2.0-only */
#include <getopt.h>
#include <math.h>

#include "cmd/opts.h"

enum kind {
	FLAG,
	TEXT,
	WORDS,
	DURATION,
	NUMBER,
	FD,
	FORMAT,
	COLOR,
	BACKEND,
	BY,
	JSON,
	HELP,
	VERSION
};

struct option_row {
	char letter; /* 0 = none */
	const char *name, *metavar, *help;
	enum kind kind;
	unsigned commands; /* enum subcommand, or'ed */
	size_t offset;     /* in struct opts */
};

#define AT(member) offsetof(struct opts, member)
#define LIVE       (CMD_CONNECT | CMD_TRACE | CMD_DROPS)
#define FUNCTIONS  (CMD_CONNECT | CMD_TRACE)
#define ATTEMPTS   (CMD_CONNECT | CMD_REPLAY)
#define HOPS       (CMD_TRACE | CMD_REPLAY)
#define ANY        (LIVE | CMD_REPLAY)

/* clang-format off */
static const struct option_row table[] = {
	{'p', "pid", "PID[,PID]", "only these processes", TEXT, LIVE, AT(pids)},
	{'f', "follow", NULL, "and the children they start", FLAG, LIVE, AT(follow)},
	{0, "comm", "NAME", "only processes of this name (15 characters)", TEXT, LIVE, AT(comm)},
	{0, "cgroup", "PATH", "only processes in this cgroup or below", TEXT, LIVE, AT(cgroup)},
	{0, "netns", "NAME|PATH|INODE", "only in this network namespace", TEXT, LIVE, AT(netns)},
	{'i', "interface", "IFACE", "only what leaves through it; trace, drops: what passes it", TEXT, ANY,
		AT(iface)},
	{0, "failed", NULL, "print only attempts that did not succeed", FLAG, ATTEMPTS, AT(failed)},
	{0, "slower-than", "DURATION", "print only attempts that took longer", DURATION, ATTEMPTS,
		AT(slower_than_ns)},
	{0, "slow", "DURATION", "call an attempt slow from here on (100ms)", DURATION, ATTEMPTS,
		AT(slow_ns)},
	{0, "functions", "WORD", "core, all, skb, sk, xdp, [MODULE:]GLOB, !GLOB, [MODULE:]NAME:skb=N; repeatable",
		WORDS, FUNCTIONS, AT(functions)},
	{0, "context", "GLOB", "and functions called inside those, without a packet; repeatable",
		WORDS, FUNCTIONS, AT(context)},
	{0, "backend", "auto|session|multi|kprobe|fentry", "how functions are traced", BACKEND,
		FUNCTIONS, AT(backend)},
	{0, "no-functions", NULL, "trace no functions", FLAG, CMD_CONNECT, AT(no_functions)},
	{0, "no-programs", NULL, "trace no XDP, tc and other BPF programs", FLAG, LIVE,
		AT(no_programs)},
	{0, "no-returns", NULL, "entries only: cheaper, without durations", FLAG, CMD_TRACE,
		AT(no_returns)},
	{0, "no-follow", NULL, "lose a packet whose headers stop matching (NAT, tunnels)", FLAG,
		CMD_TRACE, AT(no_follow)},
	{0, "hist", NULL, "at the end histograms of each phase and the slowest ten; text: only these",
		FLAG, ATTEMPTS, AT(hist)},
	{0, "by", "port|name|owner|result", "a histogram for each of these (port)", BY, ATTEMPTS,
		AT(by)},
	{0, "no-accept", NULL, "leave out what this host's own servers accept", FLAG, ATTEMPTS,
		AT(no_accept)},
	{0, "stack", NULL, "a stack trace with each function entered, each drop", FLAG, ANY, AT(stack)},
	{0, "flat", NULL, "a line for each entry and return, as it happens", FLAG, HOPS, AT(flat)},
	{0, "duration", "DURATION", "stop after this time", DURATION, LIVE, AT(duration_ns)},
	{'c', "count", "N", "stop after N connects and accepts; trace: packets; drops: drops", NUMBER, ANY, AT(count)},
	{0, "json", NULL, "JSON lines (= --format json)", JSON, ANY, AT(format)},
	{0, "format", "text|json", "how to print", FORMAT, ANY, AT(format)},
	{'o', "output", "FILE", "print to FILE instead of stdout", TEXT, ANY, AT(output_path)},
	{'w', "write", "FILE", "save the raw records for `pathlag replay`", TEXT, LIVE,
		AT(record_path)},
	{0, "color", "auto|always|never", "colours in text", COLOR, ANY, AT(color)},
	{0, "ready-fd", "N", "write \"ready\" to this descriptor once armed", FD, LIVE,
		AT(ready_fd)},
	{'q', "quiet", NULL, "verdicts only (drops: the counts); no notes", FLAG, ANY, AT(quiet)},
	{'v', "verbose", NULL, "every lookup and connect in full; what was not attached", FLAG, ANY,
		AT(verbose)},
	{'h', "help", NULL, "this text", HELP, ANY, 0},
	{'V', "version", NULL, "the version", VERSION, ANY, 0},
};
/* clang-format on */

#define ROWS ARRAY_SIZE(table)
_Static_assert(ROWS <= 64, "opts.given has a bit for each row");

#define LEFT_WIDTH 31

void opts_print(FILE *f, unsigned mask)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct option_row *row = &table[i];
		char left[64];
		int n;

		if (!(row->commands & mask))
			continue;
		n = row->letter ? snprintf(left, sizeof(left), "-%c, ", row->letter)
				: snprintf(left, sizeof(left), "    ");
		snprintf(left + n, sizeof(left) - n, "--%s%s%s", row->name, row->metavar ? " " : "",
			row->metavar ? row->metavar : "");
		/* What is longer than its column has the help on the next line. */
		if (strlen(left) > LEFT_WIDTH)
			fprintf(f, "  %s\n  %-*s %s\n", left, LEFT_WIDTH, "", row->help);
		else
			fprintf(f, "  %-*s %s\n", LEFT_WIDTH, left, row->help);
	}
}

int opts_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || value < min || value > max)
		return -EINVAL;
	*ret = value;
	return 0;
}

int opts_duration(const char *text, uint64_t *ret_ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"", 1e9}, {"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}, {"m", 60e9},
		{"h", 3600e9}};
	/* strtod() also takes signs, exponents, hexadecimal and words */
	const char *unit = text + strspn(text, "0123456789.");
	char *end;
	double value;

	value = strtod(text, &end);
	if (end != unit || end == text)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		double ns = value * units[i].ns;

		if (strcmp(end, units[i].unit))
			continue;
		if (!isfinite(ns) || ns < 1 || ns > 1e18)
			return -EINVAL;
		*ret_ns = (uint64_t)ns;
		return 0;
	}
	return -EINVAL;
}

static int set_choice(int *to, const char *value, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(value, names[i])) {
			*to = (int)i;
			return 0;
		}
	return -EINVAL;
}

static int add_word(struct opts_words *w, const char *value)
{
	if (w->count == OPTS_WORDS_MAX)
		return -E2BIG;
	w->word[w->count++] = value;
	return *value ? 0 : -EINVAL;
}

static int set_backend(struct opts *o, const char *value)
{
	o->backend_given = true;
	return hook_backend_of(value, &o->backend);
}

static int set_by(struct opts *o, const char *value)
{
	static const char *const groups[] = {[BY_PORT] = "port",
		[BY_NAME] = "name",
		[BY_OWNER] = "owner",
		[BY_RESULT] = "result"};

	o->by_given = true;
	return set_choice((int *)&o->by, value, groups, ARRAY_SIZE(groups));
}

static int set_value(struct opts *o, const struct option_row *row, const char *value)
{
	static const char *const formats[] = {"text", "json"};
	static const char *const colors[] = {"auto", "always", "never"};
	void *to = (char *)o + row->offset;
	uint64_t number;
	int err = 0;

	switch (row->kind) {
	case FLAG:
		*(bool *)to = true;
		break;
	case TEXT:
		*(const char **)to = value;
		err = *value ? 0 : -EINVAL;
		break;
	case WORDS:
		return add_word(to, value);
	case BACKEND:
		return set_backend(o, value);
	case BY:
		return set_by(o, value);
	case DURATION:
		return opts_duration(value, to);
	case NUMBER:
		return opts_number(value, 1, UINT32_MAX, to);
	case FD:
		err = opts_number(value, 0, 1 << 20, &number);
		*(int *)to = err ? -1 : (int)number;
		break;
	case FORMAT:
		return set_choice(to, value, formats, ARRAY_SIZE(formats));
	case COLOR:
		return set_choice(to, value, colors, ARRAY_SIZE(colors));
	case JSON:
		*(enum out_format *)to = FORMAT_JSON;
		break;
	case HELP:
	case VERSION:
		break;
	}
	return err;
}

/* getopt's own tables, for the options that CMD knows. */
static void make_getopt(enum subcommand cmd, char *letters, struct option *longs)
{
	*letters++ = ':';
	for (size_t i = 0; i < ROWS; i++) {
		if (!(table[i].commands & cmd))
			continue;
		*longs++ = (struct option){table[i].name,
			table[i].metavar ? required_argument : no_argument, NULL, 256 + (int)i};
		if (!table[i].letter)
			continue;
		*letters++ = table[i].letter;
		if (table[i].metavar)
			*letters++ = ':';
	}
	*letters = '\0';
	*longs = (struct option){0};
}

static const struct option_row *row_of(int opt)
{
	if (opt >= 256)
		return &table[opt - 256];
	for (size_t i = 0; i < ROWS; i++)
		if (table[i].letter == opt)
			return &table[i];
	return NULL;
}

const char *opts_name(enum subcommand cmd)
{
	switch (cmd) {
	case CMD_TRACE:
		return "trace";
	case CMD_DROPS:
		return "drops";
	case CMD_REPLAY:
		return "replay";
	default:
		return "connect";
	}
}

static int refuse(enum subcommand cmd, int opt, char **argv, struct errbuf *err)
{
	const char *word = argv[optind - 1], *name = opts_name(cmd);

	if (opt == ':')
		return err_set(err, -EINVAL, "option %s needs a value (see pathlag %s --help)",
			word, name);
	if (optopt > 0 && optopt < 256)
		return err_set(
			err, -EINVAL, "unknown option -%c (see pathlag %s --help)", optopt, name);
	return err_set(err, -EINVAL, "unknown option %s (see pathlag %s --help)", word, name);
}

static void save_word(struct opts *o, const char *word)
{
	size_t n = strlen(word) + 1;

	if (o->cmdline_len + n > sizeof(o->cmdline))
		return;
	memcpy(o->cmdline + o->cmdline_len, word, n);
	o->cmdline_len += n;
}

/* As typed, but for the program's path. getopt and `--` will move the words about. */
static void save_line(struct opts *o, int argc, char **argv)
{
	save_word(o, "pathlag");
	if (!strcmp(argv[0], "connect") || !strcmp(argv[0], "trace") || !strcmp(argv[0], "drops"))
		save_word(o, argv[0]);
	for (int i = 1; i < argc; i++)
		save_word(o, argv[i]);
}

/* Everything from `--` on is the command's; our own options may stand anywhere before it. */
static int split_command(struct opts *o, int *argc, char **argv, struct errbuf *err)
{
	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		argv[i] = NULL;
		*argc = i;
		o->command = argv + i + 1;
		if (!*o->command)
			return err_set(err, -EINVAL, "no command after --");
		return 0;
	}
	return 0;
}

int opts_expression(struct opts *o, int first)
{
	size_t len;
	FILE *f;

	if (first >= o->operands)
		return 0;
	f = open_memstream(&o->expression, &len);
	for (int i = first; f && i < o->operands; i++)
		fprintf(f, "%s%s", i == first ? "" : " ", o->operand[i]);
	return f && !fclose(f) ? 0 : -ENOMEM;
}

void opts_done(struct opts *o)
{
	free(o->expression);
	o->expression = NULL;
}

int opts_fit(const struct opts *o, enum subcommand cmd, struct errbuf *err)
{
	for (size_t i = 0; i < ROWS; i++)
		if (o->given & 1ULL << i && !(table[i].commands & cmd))
			return err_set(err, -EINVAL,
				"--%s has no meaning for what `pathlag %s` has recorded",
				table[i].name, opts_name(cmd));
	return 0;
}

/* What each of them means is clear, but not both at once, or not the one alone. */
static int refuse_contradiction(const struct opts *o, struct errbuf *err)
{
	const char *other = o->functions.count ? "functions"
			    : o->context.count ? "context"
			    : o->backend_given ? "backend"
					       : NULL;

	if (o->by_given && !o->hist)
		return err_set(err, -EINVAL, "--by needs --hist");
	if (!o->no_functions || !other)
		return 0;
	return err_set(err, -EINVAL, "--no-functions contradicts --%s", other);
}

static int take_option(
	struct opts *o, const struct option_row *row, const char *value, struct errbuf *err)
{
	int code = set_value(o, row, value);

	o->given |= 1ULL << (row - table);
	if (code == -E2BIG)
		return err_set(err, -EINVAL, "more than %d times --%s", OPTS_WORDS_MAX, row->name);
	if (code)
		return err_set(err, -EINVAL, "bad value \"%s\" for --%s: expected %s", value,
			row->name, row->metavar);
	return 0;
}

int opts_parse(struct opts *o, enum subcommand cmd, int argc, char **argv, struct errbuf *err)
{
	char letters[2 * ROWS + 3];
	struct option longs[ROWS + 1];
	int opt;

	o->subcommand = cmd;
	o->ready_fd = -1;
	save_line(o, argc, argv);
	opt = split_command(o, &argc, argv, err);
	if (opt)
		return opt;
	make_getopt(cmd, letters, longs);
	opterr = 0;
	optind = 1;
	while ((opt = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct option_row *row = opt == '?' || opt == ':' ? NULL : row_of(opt);

		if (!row)
			return refuse(cmd, opt, argv, err);
		if (row->kind == HELP || row->kind == VERSION)
			return row->kind == HELP ? OPTS_HELP : OPTS_VERSION;
		if (take_option(o, row, optarg, err))
			return -EINVAL;
	}
	o->operand = argv + optind;
	o->operands = argc - optind;
	return refuse_contradiction(o, err);
}
