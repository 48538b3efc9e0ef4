/* SPDX-License-Identifier: GPL-2.0-only */
/* run.h - the subcommands that watch this host: from the command line to the exit status. */
#ifndef PATHLAG_RUN_H
#define PATHLAG_RUN_H

/* ARGV starts with the subcommand's (or the program's) name. Returns the exit status. */
int cmd_connect(int argc, char **argv); /* connection attempts */
int cmd_trace(int argc, char **argv);   /* functions that packets and sockets pass */
int cmd_drops(int argc, char **argv);   /* packets that this host drops */

#endif
