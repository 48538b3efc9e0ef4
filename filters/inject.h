/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inject.h - one subprogram of a BPF program replaced by another body. Internal to filters/.
 *
 * Knows nothing of libbpf or the kernel: instructions, and the offsets that point at them.
 */
#ifndef PATHLAG_INJECT_H
#define PATHLAG_INJECT_H

#include "filters/insn.h"

/* Records about instructions (func_info, line_info): each begins with a u32 instruction offset. */
struct inject_table {
	uint8_t *rows; /* malloc'ed, NULL: none */
	uint32_t n, row_size;
};

struct inject_prog {
	struct ebpf_insn *insns; /* malloc'ed */
	size_t n;
	struct inject_table funcs, lines;
};

void inject_done(struct inject_prog *p);

/* Where the subprogram lies whose body holds "r? = MARK". 0, -ENOENT: nowhere, -EINVAL: in the
 * main program, where there is no frame of its own for it (the compiler has inlined it). */
int inject_find(const struct inject_prog *p, uint32_t mark, size_t *ret_start, size_t *ret_end);

/*
 * Puts BODY in the place of instructions START up to END. Calls and function pointers that cross
 * it are corrected, rows about the old body dropped except the one at its start, later ones
 * shifted. -ENOMEM leaves P as it was.
 */
int inject_replace(struct inject_prog *p, size_t start, size_t end, const struct ebpf_insn *body,
	size_t n_body);

#endif
