/* SPDX-License-Identifier: GPL-2.0-only */
/* follow.bpf.h - children of processes in scope join it; loaded only with --follow. */
#ifndef PATHLAG_FOLLOW_BPF_H
#define PATHLAG_FOLLOW_BPF_H

#include "bpf/owner.bpf.h"

static __always_inline bool scope_has_parent(const struct task_struct *parent, __u32 tgid)
{
	char comm[REC_COMM_LEN] __attribute__((aligned(8))) = {};

	if (tgid_listed(tgid))
		return true;
	if (!scope.by_comm || scope.by_pid)
		return false;
	comm_read(comm, parent);
	return comm_matches(comm);
}

static __always_inline int child_joins(struct bpf_raw_tracepoint_args *ctx)
{
	const struct task_struct *parent = (void *)ctx->args[0];
	const struct task_struct *child = (void *)ctx->args[1];
	__u32 from = BPF_CORE_READ(parent, tgid), to = BPF_CORE_READ(child, tgid);

	if (from == to || !scope_has_parent(parent, from))
		return 0;
	if (bpf_map_update_elem(&scope_tgids, &to, &from, BPF_ANY))
		count_lost(LOST_SOCKET_MAP);
	return 0;
}

SEC("raw_tp/sched_process_fork")
int on_fork(struct bpf_raw_tracepoint_args *ctx)
{
	return child_joins(ctx);
}

SEC("raw_tp/sched_process_exit")
int on_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	if (BPF_CORE_READ(task, signal, live.counter) == 0)
		bpf_map_delete_elem(&scope_tgids, &tgid);
	return 0;
}

#endif
