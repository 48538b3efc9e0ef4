/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * read.bpf.h - kernel memory, read the cheap way where there is one.
 *
 * bpf_probe_read_kernel() is a call down several functions; for a few words it costs more than the
 * program around it. Where the kernel has bpf_rdonly_cast() it makes a pointer that programs of any
 * type may load from, an instruction a word; what faults reads as 0. The loader says whether it is
 * there. It wants a type of the kernel; for plain bytes, struct pt_regs is one whose words lie side
 * by side.
 */
#ifndef PATHLAG_READ_BPF_H
#define PATHLAG_READ_BPF_H

#include "bpf/vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "bpf/kfunc.h"

const volatile __u32 read_direct = 0; /* this kernel has bpf_rdonly_cast() */

/* bpf_rdonly_cast(), as kfunc.h has it called. */
static __always_inline void *rdonly_cast(const void *obj, __u64 btf_id)
{
	register const void *from asm("r1") = obj;
	register __u64 type asm("r2") = btf_id;
	register void *to asm("r0");

	asm volatile("call %[mark]"
		     : "=r"(to), "+r"(from), "+r"(type)
		     : [mark] "i"(KFUNC_RDONLY_CAST)
		     : "r3", "r4", "r5");
	return to;
}

/* The kernel's id of struct TYPE, as core_types.h hands it over. */
/* clang-format off */
#define CORE_TYPE_ID(type)                           \
 ({                                                  \
  struct id_of_##type {};                            \
  (__u64)bpf_core_type_size(struct id_of_##type);    \
 })
/* clang-format on */

/* PTR as a pointer that may be loaded from. Only where read_direct is set. */
#define DIRECT(type, ptr) ((const struct type *)rdonly_cast(ptr, CORE_TYPE_ID(type)))

/* Member M of the struct TYPE at PTR, as BPF_CORE_READ(ptr, m); and through one more pointer. */
#define PEEK(type, ptr, m)      (read_direct ? DIRECT(type, ptr)->m : BPF_CORE_READ(ptr, m))
#define PEEK2(type, ptr, m, m2) (read_direct ? DIRECT(type, ptr)->m->m2 : BPF_CORE_READ(ptr, m, m2))

#if defined(__TARGET_ARCH_x86)
static __always_inline void words_load(__u64 *to, const void *from, __u32 words)
{
	const struct pt_regs *w = DIRECT(pt_regs, from);

	to[0] = w->r15;
	if (words > 1)
		to[1] = w->r14;
	if (words > 2)
		to[2] = w->r13;
	if (words > 3)
		to[3] = w->r12;
	if (words > 4)
		to[4] = w->bp;
	if (words > 5)
		to[5] = w->bx;
	if (words > 6)
		to[6] = w->r11;
	if (words > 7)
		to[7] = w->r10;
}
# define WORDS_MAX 8
#else
static __always_inline void words_load(__u64 *to, const void *from, __u32 words)
{
	/* never called: WORDS_MAX is 0 */
}
# define WORDS_MAX 0
#endif

/* SIZE is a constant, a multiple of 8. 0, or -errno where the address cannot be read (if the kernel
 * tells). */
static __always_inline int words_read(void *to, __u32 size, const void *from)
{
	if (read_direct && size <= WORDS_MAX * 8) {
		words_load(to, from, size / 8);
		return 0;
	}
	return bpf_probe_read_kernel(to, size, from);
}

#endif
