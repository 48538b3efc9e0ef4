/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * programs.h - the BPF programs of this host that see packets: XDP, tc and the like. Whose they are
 * and where they are attached does not matter; the kernel numbers all that are loaded.
 */
#ifndef PATHLAG_PROGRAMS_H
#define PATHLAG_PROGRAMS_H

#include <linux/types.h>
#include "bpf/base.h"
#include "bpf/record.h"

struct program {
	__u32 id;      /* the kernel's number */
	__u32 kind;    /* enum rec_prog_kind */
	__u32 returns; /* enum rec_func_returns */
	__u32 btf_id;  /* of its main function, in its own BTF */
	__u32 params;  /* registers that the kernel takes for arguments of it */
	__u64 addr;    /* of its code; 0 = not shown to us */
	bool callee;   /* others jump to it: seen there, not where the kernel calls it */
	char name[128];
};

/* The number of the first program behind AFTER; -ENOENT: there is none. -EPERM without privilege.
 * Numbers grow: what is loaded later comes behind all there is. */
int programs_next(__u32 after, __u32 *ret);

/*
 * What program ID is. A file descriptor of it, or -errno: -ENOENT where it has gone or sees no
 * packets, else with ERR, P's name and id set: one that cannot be traced, and why.
 */
int program_open(__u32 id, struct program *p, struct errbuf *err);

/* Is there one that program_open() would open, or that cannot be traced? LAST: where to begin and
 * where it ended. */
bool programs_any(__u32 *last);

#endif
