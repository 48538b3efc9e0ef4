/* SPDX-License-Identifier: GPL-2.0-only */
/* tail.h - what the kernel side (tail.bpf.h) is told about a program that others jump to. */
#ifndef PATHLAG_TAIL_H
#define PATHLAG_TAIL_H

#ifndef __bpf__
# include <linux/types.h>
#endif

#define TAIL_TARGETS_MAX 16

/* By the address of the breakpoint. */
struct tail_target {
	__u64 cookie; /* its number is that of the program as a callee */
	__u32 direct; /* its number where the kernel calls it itself; 0 = it is not traced there */
	__u32 pad;
};

#endif
