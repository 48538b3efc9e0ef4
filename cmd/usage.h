/* SPDX-License-Identifier: GPL-2.0-only */
/* usage.h - what --help and --version say. */
#ifndef PATHLAG_USAGE_H
#define PATHLAG_USAGE_H

#include "cmd/opts.h"

/* Shows on stdout what opts_parse() was asked for. Returns the exit status. */
int usage_show(enum subcommand cmd, enum opts_wish wish);

#endif
