/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * seed.h - finding the sockets that were there before tracing began (seed.bpf.h).
 *
 * Included by BPF programs after vmlinux.h and by user space.
 */
#ifndef PATHLAG_SEED_H
#define PATHLAG_SEED_H

#ifndef __bpf__
# include <linux/types.h>
#endif

/* What the program returns. */
enum seed_result {
	SEED_MORE, /* run it again */
	SEED_DONE,
	SEED_LOST, /* it has lost its place and will begin anew */
};

struct seed_cursor {
	__u64 first; /* where the walk began */
	__u64 task;  /* where it stands; 0 = not begun */
	__u32 tgid;
	__u32 base; /* descriptors below it have been looked at, */
	__u64 open; /* but for the open ones of the last 64: a bit each */
};

#ifndef __bpf__
/* Runs the program whose descriptor is PROG until it is through: 0; -ETIMEDOUT after a second, or
 * when too many processes come and go; or -errno of the kernel's. */
int seed_run(int prog);
#endif

#endif
