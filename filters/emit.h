/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit.h - a growing eBPF program with labels.
 *
 * Labels are small numbers that the user of the buffer chooses, fewer than the N_LABELS given to
 * emit_init. A jump may be emitted before its label is placed; emit_finish fills the offsets in.
 * Errors stick: emit on, and ask emit_finish once.
 */
#ifndef PATHLAG_EMIT_H
#define PATHLAG_EMIT_H

#include "filters/insn.h"

enum {
	EMIT_NONE = 0xffff, /* origin of instructions that stem from no cBPF instruction */
};

struct emit_fixup {
	size_t insn;
	size_t label;
};

struct emit {
	struct ebpf_insn *insns;
	uint16_t *origins; /* for each instruction the cBPF instruction it was made from */
	size_t n, cap;
	int32_t *labels; /* where each one was placed, -1: not yet */
	bool *wanted;    /* whether anything jumps there */
	size_t n_labels;
	struct emit_fixup *fixups;
	size_t n_fixups, cap_fixups;
	uint16_t origin; /* given to what is emitted from now on */
	int err;
};

void emit_init(struct emit *e, size_t n_labels);
void emit_done(struct emit *e);

void emit_insn(struct emit *e, struct ebpf_insn insn);

/* Unconditional jump. */
void emit_goto(struct emit *e, size_t label);

/* Conditional jump: OP is BPF_JEQ, BPF_JGT ...; the `32` ones compare the lower halves. */
void emit_jump(struct emit *e, int op, int dst, int src, size_t label);
void emit_jump_imm(struct emit *e, int op, int dst, int32_t imm, size_t label);
void emit_jump32(struct emit *e, int op, int dst, int src, size_t label);
void emit_jump32_imm(struct emit *e, int op, int dst, uint32_t imm, size_t label);

/* What is emitted next is where LABEL points. */
void emit_label(struct emit *e, size_t label);
bool emit_label_wanted(const struct emit *e, size_t label);

/* r0 = VALUE; exit */
void emit_return(struct emit *e, int value);

/* Fills in the jumps. 0, -ENOMEM, or -E2BIG when a jump is longer than eBPF can express. */
int emit_finish(struct emit *e);

#endif
