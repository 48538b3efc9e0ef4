/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opts.h - the command line. One table (opts.c) makes the parser, the help of each subcommand and
 * the README's list; an option that a subcommand does not know is refused by name.
 */
#ifndef PATHLAG_OPTS_H
#define PATHLAG_OPTS_H

#include "bpf/base.h"
#include "bpf/hook.h"
#include "output/histogram.h"

enum subcommand {
	CMD_CONNECT = 1 << 0,
	CMD_REPLAY = 1 << 1,
	CMD_TRACE = 1 << 2,
	CMD_DROPS = 1 << 3
};

/* What opts_parse() returns besides 0 and -errno. */
enum opts_wish { OPTS_HELP = 1, OPTS_VERSION = 2 };

enum out_format { FORMAT_TEXT, FORMAT_JSON };
enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

#define OPTS_CMDLINE_MAX 4096 /* a longer line is cut at a word */
#define OPTS_WORDS_MAX   128  /* times that one option may be repeated */

/* An option that may be repeated: its values in the order they were given. */
struct opts_words {
	const char *word[OPTS_WORDS_MAX];
	size_t count;
};

struct opts {
	enum subcommand subcommand;
	uint64_t given; /* rows of the table that were there, as bits */
	/* whose connects, whose packets */
	const char *pids;
	const char *comm;
	const char *cgroup;
	const char *netns;
	const char *iface;
	bool follow;
	/* which of them */
	bool failed, no_accept;
	/* over all of them */
	bool hist;
	enum histogram_by by;
	bool by_given;
	uint64_t slower_than_ns;
	uint64_t slow_ns; /* 0 = the default, or the recording's own */
	/* which functions, and how */
	struct opts_words functions, context;
	enum hook_backend backend;
	bool backend_given; /* "auto" too */
	bool no_functions, no_programs, no_returns, no_follow, stack;
	/* when to end */
	uint64_t duration_ns;
	uint64_t count;
	/* where to */
	enum out_format format;
	enum color_when color;
	bool flat;
	const char *record_path;
	const char *output_path;
	int ready_fd; /* -1 = none */
	bool quiet, verbose;
	/* the rest */
	char **command;   /* after `--`, NULL-terminated; NULL = none */
	char **operand;   /* the others, NULL-terminated */
	char *expression; /* set by opts_expression() */
	int operands;
	/* the whole line, for the record: each word NUL-terminated */
	char cmdline[OPTS_CMDLINE_MAX];
	size_t cmdline_len;
};

#define SLOW_DEFAULT_NS 100000000ULL

/*
 * Parses ARGV after the subcommand's name (argv[0] is that name). Returns 0; OPTS_HELP or
 * OPTS_VERSION when that was asked for; -EINVAL with ERR naming the word that was wrong.
 */
int opts_parse(struct opts *o, enum subcommand cmd, int argc, char **argv, struct errbuf *err);

/*
 * A recording tells only when it is read which subcommand made it: -EINVAL with ERR naming the
 * first option given that has no meaning for what CMD recorded.
 */
int opts_fit(const struct opts *o, enum subcommand cmd, struct errbuf *err);

/* Joins the operands from FIRST on into one pcap expression; NULL where there are none. -ENOMEM. */
int opts_expression(struct opts *o, int first);

/* Frees what opts_expression() has made. */
void opts_done(struct opts *o);

/* "trace" */
const char *opts_name(enum subcommand cmd);

/* The option table for the subcommands in MASK, as people read it. */
void opts_print(FILE *f, unsigned mask);

/* "250ms", "1.5s", "2m", "800us"; a bare number is seconds. 0 or -EINVAL. */
int opts_duration(const char *text, uint64_t *ret_ns);

/* A whole decimal number within [MIN, MAX]. 0 or -EINVAL. */
int opts_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret);

#endif
