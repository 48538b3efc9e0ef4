/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hold.bpf.h - the CPU kept by a program that nothing else keeps from being interrupted by itself.
 *
 * Since Linux 6.13 a program of 64 bytes of stack and more has that stack once a CPU, not in the
 * task's own. That is safe where the kernel lets a program run once at a time on a CPU, as it does
 * with tracepoints and kprobes. A uprobe's program may be preempted, and run again on that CPU by
 * another thread: the first then goes on with the second's pointers, and the kernel dies of it.
 * (Seen with on_gai_return on 7.2.) So what uses the stack runs between hold and release.
 */
#ifndef PATHLAG_HOLD_BPF_H
#define PATHLAG_HOLD_BPF_H

#include "bpf/vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "bpf/kfunc.h"

const volatile __u32 cpu_holdable = 0; /* this kernel has bpf_preempt_disable() */

/* The compiler must not move what touches the stack out of what lies between. */
#define HOLD_CALL(kfunc) \
 asm volatile("call %[mark]" : : [mark] "i"(kfunc) : "r0", "r1", "r2", "r3", "r4", "r5", "memory")

static __always_inline void cpu_hold(void)
{
	if (cpu_holdable)
		HOLD_CALL(KFUNC_PREEMPT_DISABLE);
}

static __always_inline void cpu_release(void)
{
	if (cpu_holdable)
		HOLD_CALL(KFUNC_PREEMPT_ENABLE);
}

#endif
