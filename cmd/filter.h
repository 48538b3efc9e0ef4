/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter.h - `pathlag filter`: what an expression compiles to, and which packets of a capture it
 * selects, as decided by the code that tracing would run.
 */
#ifndef PATHLAG_CMD_FILTER_H
#define PATHLAG_CMD_FILTER_H

/* argv[0] is "filter". Returns the exit status. */
int cmd_filter(int argc, char **argv);

#endif
