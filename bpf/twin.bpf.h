/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * twin.bpf.h - second programs for tracepoints where the first one may be skipped.
 *
 * The kernel never runs a program inside itself: while it is under way on a CPU, that CPU skips it.
 * That is for what interrupts it, but kernels that let a tracepoint's programs be preempted
 * (twin.h) then skip it for every other task as well, until the preempted one goes on: the events
 * of some milliseconds. There these are loaded too; elsewhere only twin_set_state_raw is.
 *
 * Those of SEC("tp") and SEC("kprobe.multi") run with preemption off: they are skipped only in an
 * interrupt that came during another of that kind. The others are like the first, but it must be
 * under way for two tasks at once for both to be skipped.
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
#include <bpf/bpf_tracing.h>

/* The function of 64-bit processes only; its argument is the registers of the caller. */
SEC("?kprobe.multi")
int twin_connect_call(struct pt_regs *ctx)
{
	struct pt_regs *regs = (void *)PT_REGS_PARM1(ctx);

	if (!armed || !scope_has_current())
		return 0;
	return call_begin(SYSCALL_ARG1(regs), (void *)SYSCALL_ARG2(regs), true);
}

SEC("?kprobe.multi")
int twin_connect_return(struct pt_regs *ctx)
{
	return calls ? call_returns(PT_REGS_RC(ctx)) : 0;
}

/* Of accept() and accept4(). */
SEC("?kprobe.multi")
int twin_accept_return(struct pt_regs *ctx)
{
	long ret = PT_REGS_RC(ctx);

	return opening && ret >= 0 ? passive_accepted(sock_of_fd(ret)) : 0;
}

SEC("?tp/sock/inet_sock_set_state")
int twin_set_state(struct trace_event_raw_inet_sock_set_state *ctx)
{
	return state_changes(ctx, ctx->skaddr, ctx->oldstate, ctx->newstate, true);
}

/* Where nothing is preempted: for the timers of many connects that end in one interrupt, while this
 * CPU was telling of another socket. All of them would be skipped. */
SEC("?raw_tp/inet_sock_set_state")
int twin_set_state_raw(struct bpf_raw_tracepoint_args *ctx)
{
	return state_changes(ctx, (void *)ctx->args[0], ctx->args[1], ctx->args[2], false);
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
	return drop_emit(ctx, (void *)ctx->args[0], ctx->args[1], reason);
}

SEC("?raw_tp/sched_process_fork")
int twin_fork(struct bpf_raw_tracepoint_args *ctx)
{
	return child_joins(ctx);
}

#endif
