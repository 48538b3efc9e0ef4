/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hook_link.h - the attachments of the function layer: many functions in one link, or one each.
 *
 * A link of many fails as a whole when one of its functions cannot be probed: it is halved until
 * the culprits are found. An fentry program is loaded for one function: each gets a copy, with its
 * cookie put in.
 */
#ifndef PATHLAG_HOOK_LINK_H
#define PATHLAG_HOOK_LINK_H

#include <bpf/libbpf.h>
#include "bpf/base.h"
#include "bpf/fd_list.h"
#include "bpf/functions.h"

struct hooked {
	const struct function *f;
	__u64 cookie;
	bool attached;
};

/* Called for each function that cannot be attached; CODE is -errno. */
typedef void (*hook_skip_fn)(void *arg, const struct hooked *h, int code);

struct hook_multi {
	int type; /* ATTACH_KPROBE_MULTI or _SESSION */
	int enter;
	int leave; /* program for the returns, -1 = none, or the same sees both */
	hook_skip_fn skip;
	void *arg;
};

/* All of LIST that have an address, in as few links as the kernel takes. 0 or -ENOMEM. */
int hook_link_multi(
	struct fd_list *fds, struct hooked *list, size_t count, const struct hook_multi *m);

/* perf's kprobe and kretprobe on one function. COOKIES: this kernel has them. 0 or -errno. */
int hook_link_kprobe(struct fd_list *fds, struct hooked *h, int enter, int leave, bool cookies);

/* fentry and fexit on one function, by copies of the loaded programs; LEAVE may be NULL. 0 or
 * -errno. */
int hook_link_fentry(struct fd_list *fds, struct hooked *h, const struct bpf_program *enter,
	const struct bpf_program *leave);

/* Puts COOKIE into a copy of a program's N instructions; -ENOENT where there is no place for it. */
int cookie_put(struct bpf_insn *insns, size_t n, __u64 cookie);

#endif
