/* SPDX-License-Identifier: GPL-2.0-only */
#include <signal.h>
#include <string.h>

#include "cmd/check.h"
#include "cmd/explain.h"
#include "cmd/filter.h"
#include "cmd/functions.h"
#include "cmd/replay.h"
#include "cmd/run.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"connect", cmd_connect},
	{"trace", cmd_trace},
	{"drops", cmd_drops},
	{"replay", cmd_replay},
	{"filter", cmd_filter},
	{"functions", cmd_functions},
	{"check", cmd_check},
	{"explain", cmd_explain},
};

int main(int argc, char **argv)
{
	/* A reader that has gone is an ordinary end: writes say EPIPE instead of killing us. */
	signal(SIGPIPE, SIG_IGN);

	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);

	/* `pathlag -- curl ...` is what people type: connect is the default. */
	return cmd_connect(argc, argv);
}
