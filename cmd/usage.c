/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/log.h"
#include "cmd/usage.h"

static const char connect_text[] =
	"pathlag shows where a slow TCP connect spends its time inside Linux.\n"
	"\n"
	"  pathlag [connect] [OPTIONS] [-- COMMAND [ARG...]]   diagnose connects (the default)\n"
	"  pathlag replay [OPTIONS] FILE                       render a recording made with -w\n"
	"  pathlag filter [OPTIONS] PCAP-EXPRESSION            run a pcap filter on a capture\n"
	"  pathlag check [--json]                              what this kernel allows\n"
	"\n"
	"With a COMMAND, only what it and its children do; without, the whole host until Ctrl-C.\n"
	"\n"
	"Options:\n";

static const char connect_tail[] = "\n"
				   "Exit status: 0; 1 failed while running; 2 wrong usage; 3 a "
				   "privilege or kernel feature is\n"
				   "missing; with a COMMAND that command's own status.\n";

static const char replay_text[] = "pathlag replay [OPTIONS] FILE: renders a recording made with\n"
				  "`pathlag -w FILE` as the live run did; needs no privilege.\n"
				  "\n"
				  "Options:\n";

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
