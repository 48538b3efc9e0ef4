/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * twin.bpf.h - second programs for tracepoints where the first one may be skipped.
 *
 * The kernel never runs a program inside itself: while it is under way on a CPU, that CPU skips it.
 * That is for what interrupts it, but kernels that let a tracepoint's programs be preempted
 * (twin.h) then skip it for every other task as well, until the preempted one goes on: the events
 * of some milliseconds. There, and only there, these are loaded too.
 *
 * Those of SEC("tp") are perf's and run with preemption off: they are skipped only in an interrupt
 * that came during another of that kind. The others are like the first, but it must be under way
 * for two tasks at once for both to be skipped.
 *
 * None is a return probe: since 6.14 a function that returns after its probe has gone may call
 * whatever probe got the same memory since, of any program, and NULL where that one is for entries
 * only (fprobe_return() tells probes by their address). accept() is under way for as long as a
 * server waits, so that would be the end of that machine (seen on 7.2).
 *
 * An event that both see counts once: they run one after the other, in either order, in the same
 * task. What one has begun, ended or noted the other finds done; what leaves no such trace is
 * marked (mark.bpf.h).
 */
#ifndef PATHLAG_TWIN_BPF_H
#define PATHLAG_TWIN_BPF_H

#include "bpf/connect.bpf.h"
#include "bpf/drop.bpf.h"
#include "bpf/follow.bpf.h"
#include "bpf/mark.bpf.h"

/* What perf hands over (struct syscall_tp_t), of 64-bit processes only. */
struct syscall_begins {
	__u64 entry;
	long nr;
	unsigned long args[6];
};

struct syscall_ends {
	__u64 entry;
	long nr;
	long ret;
};

SEC("?tp/syscalls/sys_enter_connect")
int twin_connect_call(struct syscall_begins *ctx)
{
	if (!armed || !scope_has_current())
		return 0;
	return call_begin(ctx->args[0], (void *)ctx->args[1], true);
}

SEC("?tp/syscalls/sys_exit_connect")
int twin_connect_return(struct syscall_ends *ctx)
{
	return calls ? call_returns(ctx->ret) : 0;
}

SEC("?tp/syscalls/sys_exit_accept")
int twin_accept_return(struct syscall_ends *ctx)
{
	return accept_returns(ctx->ret);
}

SEC("?tp/syscalls/sys_exit_accept4")
int twin_accept4_return(struct syscall_ends *ctx)
{
	return accept_returns(ctx->ret);
}

SEC("?tp/sock/inet_sock_set_state")
int twin_set_state(struct trace_event_raw_inet_sock_set_state *ctx)
{
	return state_changes(ctx, ctx->skaddr, ctx->oldstate, ctx->newstate, true);
}

SEC("?raw_tp/fib_table_lookup")
int twin_fib_table_lookup(struct bpf_raw_tracepoint_args *ctx)
{
	return lookup4(ctx);
}

SEC("?raw_tp/fib6_table_lookup")
int twin_fib6_table_lookup(struct bpf_raw_tracepoint_args *ctx)
{
	return lookup6(ctx);
}

SEC("?raw_tp/kfree_skb")
int twin_kfree_skb(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 reason = ctx->args[2];

	if (drops_nothing() || (reason_consumed && reason == reason_consumed))
		return 0;
	if (mark_take(ctx, ctx->args[0]))
		return 0;
	return drop_emit(ctx, (void *)ctx->args[0], ctx->args[1], reason, 1);
}

SEC("?raw_tp/sched_process_fork")
int twin_fork(struct bpf_raw_tracepoint_args *ctx)
{
	return child_joins(ctx);
}

#endif
