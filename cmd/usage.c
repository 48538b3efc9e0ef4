/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/log.h"
#include "cmd/usage.h"

static const char connect_text[] =
	"pathlag shows where a slow TCP connect spends its time inside Linux.\n"
	"\n"
	"  pathlag [connect] [OPTIONS] [PCAP-EXPRESSION] [-- COMMAND [ARG...]]\n"
	"                    diagnose connects (the default)\n"
	"  pathlag replay [OPTIONS] FILE [PCAP-EXPRESSION]\n"
	"                    render a recording made with -w\n"
	"  pathlag filter [OPTIONS] PCAP-EXPRESSION\n"
	"                    what an expression compiles to, which packets of a capture it "
	"selects\n"
	"  pathlag check [--json]\n"
	"                    what this kernel allows\n"
	"\n"
	"With a COMMAND, only what it and its children do; without, the whole host until Ctrl-C.\n"
	"\n"
	"Options:\n";

/* clang-format off */
static const char connect_tail[] =
	"\n"
	"Exit status: 0; 1 failed while running; 2 wrong usage or input; 3 a privilege or kernel\n"
	"feature is missing; with a COMMAND that command's own status.\n";

static const char replay_text[] =
	"pathlag replay [OPTIONS] FILE [PCAP-EXPRESSION]: renders a recording made with\n"
	"`pathlag -w FILE` as the live run did; needs no privilege.\n"
	"\n"
	"Options:\n";
/* clang-format on */

static void print_help(enum subcommand cmd)
{
	if (cmd == CMD_REPLAY) {
		fputs(replay_text, stdout);
		opts_print(stdout, cmd);
		return;
	}
	fputs(connect_text, stdout);
	opts_print(stdout, cmd);
	fputs(connect_tail, stdout);
}

int usage_show(enum subcommand cmd, enum opts_wish wish)
{
	if (wish == OPTS_HELP)
		print_help(cmd);
	else
		printf("pathlag %s\n", PATHLAG_VERSION);
	return fflush(stdout) ? EXIT_RUNTIME : EXIT_OK;
}
