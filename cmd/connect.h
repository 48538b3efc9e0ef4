/* SPDX-License-Identifier: GPL-2.0-only */
/* connect.h - `pathlag [connect]`: follow connection attempts live. */
#ifndef PATHLAG_CONNECT_H
#define PATHLAG_CONNECT_H

/* ARGV starts with the subcommand's (or the program's) name. Returns the exit status. */
int cmd_connect(int argc, char **argv);

#endif
