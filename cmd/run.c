/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/expression.h"
#include "cmd/live.h"
#include "cmd/log.h"
#include "cmd/run.h"
#include "cmd/usage.h"

/* A command that does not exist: what a shell says. */
#define STATUS_NOT_FOUND  127
#define STATUS_NOT_USABLE 126

static void report_loss(const struct pipeline *p, bool verbose)
{
	uint64_t lost = pipeline_lost(p), missed = verbose ? pipeline_missed(p) : 0;

	if (lost)
		log_note("%llu records were lost: what is shown may be incomplete",
			(unsigned long long)lost);
	if (missed)
		log_note("the kernel skipped programs %llu times: at most so many events were "
			 "missed",
			(unsigned long long)missed);
}

static int run(const struct opts *o, const struct filter *filter, struct child *child)
{
	struct errbuf err = {0};
	struct pipeline *p = pipeline_new(o, filter, &err);
	int result;

	if (!p)
		return log_failure(-EIO, &err);
	result = live_run(o, filter, p, child, &err);
	if (!result)
		report_loss(p, o->verbose);
	pipeline_free(p);
	return result ? log_failure(result, &err) : EXIT_OK;
}

static int run_command(const struct opts *o, const struct filter *filter)
{
	struct child child = {.gate = -1};
	struct errbuf err = {0};
	int result = child_prepare(&child, o->command, &err), status;

	if (result) {
		log_failure(result, &err);
		return result == -ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_USABLE;
	}
	status = run(o, filter, &child);
	if (child.gate >= 0) { /* never let go */
		child_cancel(&child);
		return status;
	}
	/* It goes on after a reader has gone or enough was printed. */
	child_wait(&child);
	return status == EXIT_OK ? child.status : status;
}

static int cmd_live(enum subcommand cmd, int argc, char **argv)
{
	_cleanup_(filter_freep) struct filter *filter = NULL;
	_cleanup_(opts_done) struct opts o = {0};
	struct errbuf err = {0};
	int result = opts_parse(&o, cmd, argc, argv, &err);

	if (result > 0)
		return usage_show(cmd, result);
	if (!result)
		result = opts_expression(&o, 0);
	if (!result)
		result = expression_compile(&o, &filter, &err);
	if (result)
		return log_failure(result, &err);
	return o.command ? run_command(&o, filter) : run(&o, filter, NULL);
}

int cmd_connect(int argc, char **argv)
{
	return cmd_live(CMD_CONNECT, argc, argv);
}

int cmd_trace(int argc, char **argv)
{
	return cmd_live(CMD_TRACE, argc, argv);
}

int cmd_drops(int argc, char **argv)
{
	return cmd_live(CMD_DROPS, argc, argv);
}
