/* SPDX-License-Identifier: GPL-2.0-only */
/* owner.bpf.h - the process that asks: who it is, whether it is in scope, whether it runs at all.
 */
#ifndef PATHLAG_OWNER_BPF_H
#define PATHLAG_OWNER_BPF_H

#include "bpf/state.bpf.h"

#define PF_IO_WORKER 0x00000010
#define PF_KTHREAD   0x00200000

static __always_inline __u32 sk_netns(const void *sk)
{
	return PEEK2(sock, (const struct sock *)sk, __sk_common.skc_net.net, ns.inum);
}

static __always_inline __u32 task_netns(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
}

/* Id of the ancestor of the task's cgroup at that depth, 0 where it lies higher. */
static __always_inline __u64 task_cgroup_at(const struct task_struct *task, __u32 level)
{
	struct cgroup *cgrp = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	__u64 id = 0;

	if (BPF_CORE_READ(cgrp, level) < (int)level)
		return 0;
	if (bpf_core_field_exists(cgrp->ancestors)) {
		struct cgroup *up = NULL;

		bpf_core_read(&up, sizeof(up), &cgrp->ancestors[level]);
		return BPF_CORE_READ(up, kn, id);
	}
	bpf_core_read(&id, sizeof(id), &((struct cgroup___v510 *)cgrp)->ancestor_ids[level]);
	return id;
}

static __always_inline bool comm_matches(const char *comm)
{
	const __u64 *a = (const void *)comm;
	/* volatile: the compiler must not take the zeros of the object file for the value */
	const volatile __u64 *want = (const volatile void *)scope.comm;

	return a[0] == want[0] && a[1] == want[1];
}

/* io_uring's threads have names of their own, which nobody knows: theirs is the process's. Up to
 * 5.11 they were kernel threads, of no process. */
static __always_inline void comm_read(char comm[REC_COMM_LEN], const struct task_struct *task)
{
	if (PEEK(task_struct, task, flags) & PF_IO_WORKER)
		task = PEEK(task_struct, task, group_leader);
	/* Behind the end of a name there may be the rest of the one before, as on 5.10. */
	__builtin_memset(comm, 0, REC_COMM_LEN);
	BPF_CORE_READ_STR_INTO((char(*)[REC_COMM_LEN])comm, task, comm);
}

static __always_inline bool tgid_listed(__u32 tgid)
{
	return bpf_map_lookup_elem(&scope_tgids, &tgid) != NULL;
}

/* Is the process TGID, whose task this is (NULL: the running one), in scope? Everything but the
 * namespace, which a socket decides. */
static __always_inline bool scope_has(const struct task_struct *task, __u32 tgid)
{
	if (scope.by_pid && !tgid_listed(tgid))
		return false;
	if (!task && (scope.by_comm || scope.by_cgroup))
		task = (void *)bpf_get_current_task();
	if (scope.by_comm) {
		char comm[REC_COMM_LEN] __attribute__((aligned(8))) = {};

		comm_read(comm, task);
		if (!comm_matches(comm) && !(scope.follow && tgid_listed(tgid)))
			return false;
	}
	return !scope.by_cgroup || task_cgroup_at(task, scope.cgroup_level) == scope.cgroup;
}

static __always_inline bool scope_has_current(void)
{
	return scope_has(NULL, bpf_get_current_pid_tgid() >> 32);
}

static __always_inline bool scope_has_netns(__u32 netns)
{
	return !scope.by_netns || netns == scope.netns;
}

static __always_inline void owner_fill(struct rec_owner *o, __u32 netns)
{
	__u64 id = bpf_get_current_pid_tgid();

	o->tgid = id >> 32;
	o->tid = id;
	o->netns = netns;
	o->uid = bpf_get_current_uid_gid();
	o->cgroup = bpf_get_current_cgroup_id();
	comm_read(o->comm, (void *)bpf_get_current_task());
}

/*
 * Does the current process itself run, or did an interrupt borrow it?
 *
 * The per-CPU preempt count would tell on x86, but kernels without CONFIG_KALLSYMS_ALL do not let
 * a program find it. So: our context lies on the stack in use, and interrupts have stacks of their
 * own, except that one which comes from user mode stays on the task's, empty at that moment; then
 * the registers saved at its top are an interrupt's (no system call number), and who sends or
 * connects is in a system call. arm64 keeps the preempt count in the task. Kernel threads
 * (ksoftirqd, threaded NAPI) run interrupts' work on their own stack: never an asker.
 */
#if defined(__TARGET_ARCH_x86)
# define THREAD_SIZE (16 * 1024)

static __always_inline struct pt_regs *task_entry_regs(struct task_struct *task, __u64 stack)
{
	/* Since 5.15 (dd6e10fbd9fb); before, nothing but the registers lies at the top. */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	return (void *)(stack + THREAD_SIZE - bpf_core_type_size(struct pt_regs));
}

/* HERE: an address on the stack in use. */
static __always_inline bool in_process_at(__u64 here)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 stack = (__u64)PEEK(task_struct, task, stack);
	struct pt_regs *regs;

	if (PEEK(task_struct, task, flags) & PF_KTHREAD)
		return false;
	if (here - stack >= THREAD_SIZE)
		return false;
	regs = task_entry_regs(task, stack);
	return (long)PEEK(pt_regs, regs, orig_ax) >= 0;
}
#else
/* SOFTIRQ_OFFSET, HARDIRQ_MASK, NMI_MASK */
# define PREEMPT_INTERRUPTED 0x00ff0100

static __always_inline bool in_process_at(__u64 here)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct___preempt *t = (void *)task;

	if (BPF_CORE_READ(task, flags) & PF_KTHREAD)
		return false;
	return !(BPF_CORE_READ(t, thread_info.preempt_count) & PREEMPT_INTERRUPTED);
}
#endif

/* A pointer as a number: the kernel's own address of what the verifier calls a context. */
static __always_inline __u64 address_of(void *ctx)
{
	void *spill = ctx;
	__u64 at = 0;

	bpf_probe_read_kernel(&at, sizeof(at), &spill);
	return at;
}

/* The stack in use when a program of SEC("tp") runs. Its context lies elsewhere; it begins with a
 * pointer to registers that say no more than where the tracepoint is. */
static __always_inline __u64 stack_of_event(void *ctx)
{
	struct pt_regs *regs = NULL;

	bpf_probe_read_kernel(&regs, sizeof(regs), ctx);
	return BPF_CORE_READ(regs, sp);
}

static __always_inline bool in_process(void *ctx)
{
	return in_process_at(address_of(ctx));
}

#endif
