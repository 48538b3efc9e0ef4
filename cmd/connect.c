/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/connect.h"
#include "cmd/live.h"
#include "cmd/log.h"
#include "cmd/usage.h"

/* A command that does not exist: what a shell says. */
#define STATUS_NOT_FOUND  127
#define STATUS_NOT_USABLE 126

static int report_loss(const struct pipeline *p)
{
	uint64_t lost = pipeline_lost(p);

	if (lost)
		log_note("%llu records were lost: what is shown may be incomplete",
			(unsigned long long)lost);
	return EXIT_OK;
}

static int run(const struct opts *o, struct child *child)
{
	struct errbuf err = {0};
	struct pipeline *p = pipeline_new(o, &err);
	int result;

	if (!p)
		return log_failure(-EIO, &err);
	result = live_run(o, p, child, &err);
	if (!result)
		report_loss(p);
	pipeline_free(p);
	return result ? log_failure(result, &err) : EXIT_OK;
}

int cmd_connect(int argc, char **argv)
{
	struct opts o = {0};
	struct child child = {.gate = -1};
	struct errbuf err = {0};
	int result = opts_parse(&o, CMD_CONNECT, argc, argv, &err), status;

	if (result)
		return result > 0 ? usage_show(CMD_CONNECT, result) : log_failure(result, &err);
	if (o.operands) {
		log_error("unexpected argument \"%s\": write -- before a command", o.operand[0]);
		return EXIT_USAGE;
	}
	if (!o.command)
		return run(&o, NULL);

	result = child_prepare(&child, o.command, &err);
	if (result) {
		log_failure(result, &err);
		return result == -ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_USABLE;
	}
	status = run(&o, &child);
	if (child.gate >= 0) { /* never let go */
		child_cancel(&child);
		return status;
	}
	/* It goes on after a reader has gone or enough was printed. */
	child_wait(&child);
	return status == EXIT_OK ? child.status : status;
}
