/* SPDX-License-Identifier: GPL-2.0-only */
/* emit.c - instruction buffer and jump resolution. */
#include "filters/emit.h"

void emit_init(struct emit *e, size_t n_labels)
{
	*e = (struct emit){.n_labels = n_labels, .origin = EMIT_NONE};
	e->labels = malloc(n_labels * sizeof(*e->labels));
	e->wanted = calloc(n_labels, sizeof(*e->wanted));
	if (!e->labels || !e->wanted) {
		e->err = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < n_labels; i++)
		e->labels[i] = -1;
}

void emit_done(struct emit *e)
{
	free(e->insns);
	free(e->origins);
	free(e->labels);
	free(e->wanted);
	free(e->fixups);
	*e = (struct emit){};
}

/* realloc() that leaves *P alone and the buffer in its error state when there is no memory. */
static bool grow(struct emit *e, void *p, size_t size)
{
	void **slot = p;
	void *bigger = realloc(*slot, size);

	if (!bigger) {
		e->err = -ENOMEM;
		return false;
	}
	*slot = bigger;
	return true;
}

void emit_insn(struct emit *e, struct ebpf_insn insn)
{
	if (e->err)
		return;
	if (e->n == e->cap) {
		size_t cap = e->cap ? 2 * e->cap : 256;

		if (!grow(e, &e->insns, cap * sizeof(*e->insns)) ||
			!grow(e, &e->origins, cap * sizeof(*e->origins)))
			return;
		e->cap = cap;
	}
	e->insns[e->n] = insn;
	e->origins[e->n++] = e->origin;
}

static void emit_to(struct emit *e, struct ebpf_insn insn, size_t label)
{
	if (e->err)
		return;
	if (e->n_fixups == e->cap_fixups) {
		size_t cap = e->cap_fixups ? 2 * e->cap_fixups : 128;

		if (!grow(e, &e->fixups, cap * sizeof(*e->fixups)))
			return;
		e->cap_fixups = cap;
	}
	e->fixups[e->n_fixups++] = (struct emit_fixup){e->n, label};
	e->wanted[label] = true;
	emit_insn(e, insn);
}

void emit_goto(struct emit *e, size_t label)
{
	emit_to(e, insn_make(BPF_JMP | BPF_JA, 0, 0, 0, 0), label);
}

void emit_jump(struct emit *e, int op, int dst, int src, size_t label)
{
	emit_to(e, insn_make(BPF_JMP | op | BPF_X, dst, src, 0, 0), label);
}

void emit_jump_imm(struct emit *e, int op, int dst, int32_t imm, size_t label)
{
	emit_to(e, insn_make(BPF_JMP | op | BPF_K, dst, 0, 0, imm), label);
}

void emit_jump32(struct emit *e, int op, int dst, int src, size_t label)
{
	emit_to(e, insn_make(BPF_JMP32 | op | BPF_X, dst, src, 0, 0), label);
}

void emit_jump32_imm(struct emit *e, int op, int dst, uint32_t imm, size_t label)
{
	emit_to(e, insn_make(BPF_JMP32 | op | BPF_K, dst, 0, 0, (int32_t)imm), label);
}

void emit_label(struct emit *e, size_t label)
{
	if (!e->err)
		e->labels[label] = e->n;
}

bool emit_label_wanted(const struct emit *e, size_t label)
{
	return !e->err && e->wanted[label];
}

void emit_return(struct emit *e, int value)
{
	emit_insn(e, insn_mov32_imm(BPF_REG_0, value));
	emit_insn(e, insn_exit());
}

int emit_finish(struct emit *e)
{
	for (size_t i = 0; !e->err && i < e->n_fixups; i++) {
		const struct emit_fixup *fix = &e->fixups[i];
		long off = (long)e->labels[fix->label] - (long)fix->insn - 1;

		if (off < INT16_MIN || off > INT16_MAX)
			e->err = -E2BIG;
		e->insns[fix->insn].off = off;
	}
	return e->err;
}
