/* SPDX-License-Identifier: GPL-2.0-only */
/* functions.h - `pathlag functions`: what can be traced here, and why not. */
#ifndef PATHLAG_CMD_FUNCTIONS_H
#define PATHLAG_CMD_FUNCTIONS_H

int cmd_functions(int argc, char **argv);

#endif
