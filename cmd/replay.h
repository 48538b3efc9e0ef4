/* SPDX-License-Identifier: GPL-2.0-only */
/* replay.h - `pathlag replay FILE`: a saved record stream through the same pipeline. */
#ifndef PATHLAG_REPLAY_H
#define PATHLAG_REPLAY_H

/* ARGV starts with the subcommand's name. Returns the exit status. */
int cmd_replay(int argc, char **argv);

#endif
