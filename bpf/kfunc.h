/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kfunc.h - calls of the kernel's own functions (kfuncs), filled in here and not by libbpf.
 *
 * For a function declared __ksym libbpf reads and searches all of the kernel's types again, for
 * each object: a seventh of a start. Our programs call it like a helper of a number that no helper
 * has; in a copy of the object's bytes these calls become those of the kernel's function, whose id
 * is known already. Without one they stay as they are, and must not be reached: the verifier
 * refuses what it can reach, and removes the rest. Shared with the programs.
 */
#ifndef PATHLAG_KFUNC_H
#define PATHLAG_KFUNC_H

#define KFUNC_RDONLY_CAST     0x7c000001 /* bpf_rdonly_cast(), Linux 6.2 */
#define KFUNC_PREEMPT_DISABLE 0x7c000002 /* bpf_preempt_disable(), Linux 6.10 */
#define KFUNC_PREEMPT_ENABLE  0x7c000003 /* bpf_preempt_enable() */

#ifndef __bpf__
# include <bpf/libbpf.h>
# include "bpf/kernel.h"

/* Opens the object of S, a skeleton made and not opened: from its bytes with the calls filled in as
 * K has these functions. -errno; -EINVAL where the bytes are no object. */
int kfunc_open(struct bpf_object_skeleton *s, const struct kernel *k,
	const struct bpf_object_open_opts *opts);

/* In the object at ELF, calls of MARK become calls of the kernel's function ID. How many, -EINVAL.
 */
int kfunc_fill(void *elf, size_t size, __s32 mark, __s32 id);

#endif
#endif
