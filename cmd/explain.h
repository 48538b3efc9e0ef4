/* SPDX-License-Identifier: GPL-2.0-only */
/* explain.h - `pathlag explain [WORD]`: what a cause or a drop reason means. */
#ifndef PATHLAG_EXPLAIN_H
#define PATHLAG_EXPLAIN_H

/* Returns the exit status. */
int cmd_explain(int argc, char **argv);

#endif
