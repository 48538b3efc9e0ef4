/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.h - a loaded program attached to kernel functions by the bare system calls: what the
 * library of the build machine does not know yet, or does more slowly. They return a file
 * descriptor whose closing detaches, or -errno; only the last one a link.
 */
#ifndef PATHLAG_ATTACH_H
#define PATHLAG_ATTACH_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

/* Attach types of newer kernels than some build machines' headers. */
#define ATTACH_KPROBE_MULTI   42 /* 5.18 */
#define ATTACH_KPROBE_SESSION 56 /* 6.10 */

struct attach_multi {
	int type; /* one of these */
	bool returns;
	const __u64 *addrs;      /* these, or */
	const char *const *syms; /* these names */
	size_t count;
};

int attach_multi(int prog, const struct attach_multi *m);

/*
 * perf's kprobe or kretprobe on the function at ADDR, or where that is 0 on the one called NAME.
 * Linux 5.10 looks a name up by walking through all of its symbols, several times a probe.
 * COOKIE: 0 = none, which is all that kernels before 5.15 take.
 */
int attach_kprobe(int prog, const char *name, __u64 addr, bool returns, __u64 cookie);

/* An event of perf's dynamic SOURCE ("kprobe", "uprobe"): CONFIG1 and 2 as it wants them. -ENOTSUP
 * where the kernel was built without. */
int attach_event(int prog, const char *source, bool returns, __u64 config1, __u64 config2);

/* fentry or fexit: where the program was loaded for. */
int attach_trampoline(int prog);

/*
 * PROG of SEC("raw_tp/NAME") to its tracepoint, as bpf_program__attach(); NULL with errno. That one
 * goes by libbpf's table of sections, which it moves whenever a section is registered: what an
 * object knows of the table is stale as soon as there is a second object with an expression.
 */
struct bpf_link *attach_raw_tracepoint(const struct bpf_program *prog);

#endif
