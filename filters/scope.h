/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scope.h - whose traffic is ours: the process, namespace and cgroup filter.
 *
 * struct scope is read by the BPF programs as it stands (fixed at load); the pids go into a map, as
 * they grow with --follow. All criteria that are set must hold; a socket is judged once, when its
 * process asks for the connection, and everything that happens to it later follows that verdict.
 *
 * The scope_* functions take what the user typed and leave a line for the user in ERR.
 */
#ifndef PATHLAG_SCOPE_H
#define PATHLAG_SCOPE_H

#ifndef __bpf__
# include <linux/types.h>
# include "bpf/base.h"
#endif

#define SCOPE_COMM_LEN 16
#define SCOPE_PIDS_MAX 1024

struct scope {
	__u8 by_pid; /* only processes in the pid set */
	__u8 by_comm;
	__u8 by_netns;
	__u8 by_cgroup;
	__u8 follow; /* and the children of those in scope */
	__u8 pad[3];
	__u32 netns;        /* inode number */
	__u32 cgroup_level; /* depth below the root of the hierarchy */
	__u64 cgroup;       /* id; its descendants count */
	char comm[SCOPE_COMM_LEN] __attribute__((aligned(8)));
};

#ifndef __bpf__

struct scope_pids {
	__u32 pid[SCOPE_PIDS_MAX];
	size_t count;
};

/* `-p PID[,PID...]`: adds processes that exist, given by pid or by the id of one of their threads.
 */
int scope_add_pids(struct scope *s, struct scope_pids *pids, const char *arg, struct errbuf *err);

/* `--comm NAME`: cut to the 15 bytes the kernel keeps. */
int scope_set_comm(struct scope *s, const char *arg, struct errbuf *err);

/* `--netns NAME|PATH|INODE`: a name as in `ip netns`, a path such as /proc/PID/ns/net, a number. */
int scope_set_netns(struct scope *s, const char *arg, struct errbuf *err);

/* `--cgroup PATH`: absolute, or below the cgroup2 mount. */
int scope_set_cgroup(struct scope *s, const char *arg, struct errbuf *err);

#endif
#endif
