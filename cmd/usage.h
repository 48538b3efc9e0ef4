/* SPDX-License-Identifier: GPL-2.0-only */
/* usage.h - what --help and --version say. */
#ifndef PATHLAG_USAGE_H
#define PATHLAG_USAGE_H

#include "cmd/opts.h"

void usage_print(FILE *f, enum subcommand cmd);
void usage_version(FILE *f);

#endif
