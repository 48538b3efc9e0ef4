/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel.h - what the running kernel says about itself: tracepoints and their arguments, names of
 * drop and reset reasons (its BTF), names of addresses (/proc/kallsyms).
 *
 * Everything is asked of this kernel, nothing is known by version. kernel_open() reads vmlinux BTF
 * once (a few ms); kallsyms and module BTF are read at the first question that needs them. Names
 * are written to the caller's buffer, always terminated, cut where it is short.
 */
#ifndef PATHLAG_KERNEL_H
#define PATHLAG_KERNEL_H

#include <linux/types.h>
#include "bpf/base.h"

struct btf;
struct kernel;

/* -ENOTSUP where the kernel carries no BTF, -EACCES where it may not be read. */
int kernel_open(struct kernel **ret, struct errbuf *err);
void kernel_free(struct kernel *k);
void kernel_freep(struct kernel **k);

/* Its types, to be read only; they last as long as K. */
struct btf *kernel_btf(const struct kernel *k);

/* Arguments of raw tracepoint NAME, the leading context not counted; -ENOENT: not in this kernel.
 */
int kernel_tracepoint_args(const struct kernel *k, const char *name);

/* Number in the kernel's BTF of a kfunc that kfunc.h has programs call; -ENOENT: not in this
 * kernel. */
int kernel_kfunc(const struct kernel *k, const char *name);

/* Its number in the kernel's BTF, for a program to be attached; -ENOENT. */
int kernel_func_id(const struct kernel *k, const char *name);

/* Does struct NAME have that member? */
bool kernel_has_member(const struct kernel *k, const char *name, const char *member);

/* Is there a BPF helper of that name, "BPF_FUNC_get_attach_cookie"? */
bool kernel_has_helper(const struct kernel *k, const char *name);

/*
 * Must no return probe of kprobe.multi's kind be left behind? Since Linux 6.14 (4346ba160409) a
 * call that returns after its probe has gone finds that probe by its address. Where another probe
 * got that memory since, of whatever program, it is called instead, and one for entries only ends
 * the machine. BTF: struct fprobe has hlist_array.
 */
bool kernel_confuses_fprobes(const struct kernel *k);

/* May the programs of a tracepoint be preempted? Since Linux 7.0 (a46023d5616e). */
bool kernel_preempts_tracepoints(const struct kernel *k);

/* Does kfree_skb come with a reason? */
bool kernel_has_drop_reasons(const struct kernel *k);

/* The reason that means "not a drop", 0 where there is none. */
__u32 kernel_reason_consumed(const struct kernel *k);

/* "NETFILTER_DROP" and "core" for a reason of skb:kfree_skb. -ENOENT: this kernel has no such code;
 * NAME is then the number and SUBSYS what could be told. */
int kernel_drop_reason(
	struct kernel *k, __u32 code, char *name, size_t name_len, char *subsys, size_t subsys_len);

/* "NO_SOCKET" for a reason of tcp:tcp_send_reset. */
int kernel_reset_reason(const struct kernel *k, __u32 code, char *name, size_t len);

/* "nf_hook_slow+0x5c", "veth_xmit+0x10 [veth]". -ENOENT: NAME is the bare address. The first call
 * takes longer: symbol.h. */
int kernel_symbol(struct kernel *k, __u64 addr, char *name, size_t len);

struct kernel_id {
	char release[64];
	char arch[16];
	char hostname[64];
};

void kernel_identify(struct kernel_id *id);

#endif
