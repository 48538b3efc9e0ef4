/* SPDX-License-Identifier: GPL-2.0-only */
/* unroll.c - loops laid out flat. */
#include "tests/diff/unroll.h"

enum { JA = 0x05, RET_K = 0x06 };

static bool loops(const struct cbpf_insn *in)
{
	return in->code == JA && (int32_t)in->k < 0;
}

struct cbpf_insn *unroll(const struct cbpf_insn *prog, size_t n, int rounds, size_t *ret_n)
{
	struct cbpf_insn *flat;
	size_t copies = 1;

	for (size_t i = 0; i < n; i++) {
		if (loops(&prog[i]))
			copies = rounds + 1;
	}
	flat = malloc(copies * n * sizeof(*flat));
	if (!flat)
		return NULL;
	*ret_n = copies * n;
	for (size_t i = 0; i < copies * n; i++) {
		flat[i] = prog[i % n];
		if (!loops(&flat[i]))
			continue;
		if (i / n + 1 < copies)
			flat[i].k += n;
		else
			flat[i] = (struct cbpf_insn){.code = RET_K};
	}
	return flat;
}
