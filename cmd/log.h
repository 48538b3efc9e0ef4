/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * log.h - the only way to stderr. stdout is data, everything a person is told on the side goes
 * here, one line each, with the program's name in front.
 */
#ifndef PATHLAG_LOG_H
#define PATHLAG_LOG_H

#include "bpf/base.h"

/* The exit status of the program; with `-- COMMAND` the command's own status instead. */
enum exit_status { EXIT_OK = 0, EXIT_RUNTIME = 1, EXIT_USAGE = 2, EXIT_UNSUPPORTED = 3 };

_printf_(1, 2) void log_error(const char *fmt, ...);
_printf_(1, 2) void log_note(const char *fmt, ...);

/* Says what ERR holds, or what CODE (-errno) means where it holds nothing, and maps CODE to the
 * exit status: -EINVAL usage, -EPERM and -ENOTSUP unsupported, the rest runtime. */
int log_failure(int code, const struct errbuf *err);

/* Writes what stdout still holds: STATUS, also where its reader has gone; else says why it failed.
 */
int log_flush(int status);

#endif
