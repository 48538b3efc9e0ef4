/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * find.h - addresses of a few kernel functions, without the kernel's long lists.
 *
 * To read ftrace's list takes 40 ms, and a third of a second where the machine is emulated: most of
 * it is the kernel's walk from the first function for each page. Who knows the names can have them
 * looked up by a BPF program that runs once (Linux 5.16), and fast since kallsyms has an index of
 * names (Linux 6.2). That a function can be traced is seen by the call at its beginning, or the gap
 * for one, which the compiler leaves only there.
 *
 * A name that several functions share is not noticed: for those that are ours, which are known to
 * be one each. Shared with find.bpf.c.
 */
#ifndef PATHLAG_FIND_H
#define PATHLAG_FIND_H

#define FIND_MAX  256
#define FIND_NAME 96 /* "module:name" */
#define FIND_TEXT 16

struct find_slot {
	char name[FIND_NAME];
	unsigned long long addr; /* 0 = there is none */
	unsigned char text[FIND_TEXT];
};

#ifndef __bpf__
# include "bpf/functions.h"

/*
 * Fills addr of the chosen functions of F and of those that are attached always (roles.h), and why
 * of those that the kernel does not have. Otherwise nothing is changed, and functions_resolve()
 * knows: -E2BIG where others than the core are chosen, -ENODATA where only ftrace knows whether one
 * can be traced, or the kernel's -errno.
 */
int find_core(struct functions *f);

#endif
#endif
