/* SPDX-License-Identifier: GPL-2.0-only */
/* check.h - `pathlag check`: what this kernel allows, what that means, what would change it. */
#ifndef PATHLAG_CHECK_H
#define PATHLAG_CHECK_H

/* Returns the exit status: 0 where connects can be diagnosed, 3 where not. */
int cmd_check(int argc, char **argv);

#endif
