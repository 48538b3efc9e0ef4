/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ebpf_load.c - packet bytes.
 *
 * They are reached through bpf_probe_read_kernel only, so the same code runs in tracing programs of
 * any type. One such call at the start copies the bytes that loads at fixed offsets need into a
 * window on the stack, and those behind an IPv4 header without options, where most others go; a
 * load from there costs three instructions instead of a call.
 */
#include <linux/filter.h>

#include "filters/xlate.h"

/* ---- prologue -------------------------------------------------------------------------------- */

static void emit_probe_read(struct xlate *x)
{
	emit_insn(&x->e, insn_call(BPF_FUNC_probe_read_kernel));
	emit_jump_imm(&x->e, BPF_JNE, BPF_REG_0, 0, label_reject(x));
}

static void emit_at(struct xlate *x, int reg, int base, int32_t off)
{
	emit_insn(&x->e, insn_mov(reg, base));
	if (off)
		emit_insn(&x->e, insn_alu_imm(BPF_ADD, reg, off));
}

/* Before 6.x the verifier accepts a read of variable length only into memory it saw written. */
static void emit_window_clear(struct xlate *x)
{
	int start = x->window & ~7;

	for (int off = start; off < x->window + (int)x->window_len; off += 8)
		emit_insn(&x->e, insn_store_imm(BPF_DW, FP, off, 0));
}

static void emit_window(struct xlate *x)
{
	struct emit *e = &x->e;

	emit_insn(e, insn_mov32_imm(BPF_REG_2, x->window_len));
	emit_jump(e, BPF_JGE, CAPLEN, BPF_REG_2, label_read(x));
	emit_window_clear(x);
	emit_insn(e, insn_mov(BPF_REG_2, CAPLEN));
	emit_label(e, label_read(x));
	emit_at(x, BPF_REG_1, FP, x->window);
	emit_insn(e, insn_mov(BPF_REG_3, DATA));
	emit_probe_read(x);
}

static void emit_tag(struct xlate *x, int tag)
{
	struct emit *e = &x->e;

	emit_insn(e, insn_mov32(BPF_REG_1, tag));
	emit_insn(e, insn_alu32_imm(BPF_RSH, BPF_REG_1, 16));
	emit_insn(e, insn_from_be(BPF_REG_1, 16));
	emit_insn(e, insn_store(BPF_H, FP, x->window + MACS, BPF_REG_1));
	emit_insn(e, insn_mov32(BPF_REG_1, tag));
	emit_insn(e, insn_from_be(BPF_REG_1, 16));
	emit_insn(e, insn_store(BPF_H, FP, x->window + MACS + 2, BPF_REG_1));
}

/*
 * The window of a frame whose VLAN tag is kept outside: MACs, tag, rest. Byte i of the frame with
 * the tag is byte i - 4 of the data from the end of the tag on, hence DATA -= 4.
 */
static void emit_window_tagged(struct xlate *x)
{
	struct emit *e = &x->e;
	int tag = A; /* survives the calls, and A is not in use yet */

	emit_insn(e, insn_mov32(tag, BPF_REG_4));
	emit_jump_imm(e, BPF_JEQ, tag, 0, label_untagged(x));
	emit_jump_imm(e, BPF_JLT, CAPLEN, MACS, label_untagged(x));
	emit_window_clear(x);
	emit_at(x, BPF_REG_1, FP, x->window);
	emit_insn(e, insn_mov32_imm(BPF_REG_2, MACS));
	emit_insn(e, insn_mov(BPF_REG_3, DATA));
	emit_probe_read(x);
	emit_tag(x, tag);
	emit_at(x, BPF_REG_2, CAPLEN, -MACS);
	emit_insn(e,
		insn_make(BPF_JMP | BPF_JLE | BPF_K, BPF_REG_2, 0, 1, x->window_len - AFTER_TAG));
	emit_insn(e, insn_mov32_imm(BPF_REG_2, x->window_len - AFTER_TAG));
	emit_at(x, BPF_REG_1, FP, x->window + AFTER_TAG);
	emit_at(x, BPF_REG_3, DATA, MACS);
	emit_probe_read(x);
	emit_insn(e, insn_alu_imm(BPF_ADD, DATA, -TAG));
	emit_insn(e, insn_alu32_imm(BPF_ADD, CAPLEN, TAG));
	if (x->wirelen) {
		emit_insn(e, insn_load(BPF_DW, BPF_REG_1, FP, x->wirelen));
		emit_insn(e, insn_alu32_imm(BPF_ADD, BPF_REG_1, TAG));
		emit_insn(e, insn_store(BPF_DW, FP, x->wirelen, BPF_REG_1));
	}
	emit_goto(e, label_body(x));
	emit_label(e, label_untagged(x));
}

void xlate_prologue(struct xlate *x)
{
	struct emit *e = &x->e;

	emit_insn(e, insn_mov(DATA, BPF_REG_1));
	emit_insn(e, insn_mov32(CAPLEN, BPF_REG_2));
	if (x->wirelen) {
		emit_insn(e, insn_mov32(BPF_REG_3, BPF_REG_3));
		emit_insn(e, insn_store(BPF_DW, FP, x->wirelen, BPF_REG_3));
	}
	if (x->loops) {
		/* From a register: only then do older verifiers remember the constant. */
		emit_insn(e, insn_mov32_imm(BPF_REG_0, EBPF_MAX_LOOPS + 1));
		emit_insn(e, insn_store(BPF_DW, FP, x->loops, BPF_REG_0));
	}
	if (x->frame == EBPF_TAGGED)
		emit_window_tagged(x);
	if (x->window)
		emit_window(x);
	emit_label(e, label_body(x));
	emit_insn(e, insn_mov32_imm(A, 0));
	emit_insn(e, insn_mov32_imm(X, 0));
	for (int i = 0; i < CBPF_SCRATCH; i++) {
		if (x->scratch_read & 1u << i)
			emit_insn(e, insn_store_imm(BPF_W, FP, x->scratch + 4 * i, 0));
	}
}

/* ---- loads ----------------------------------------------------------------------------------- */

static int load_bytes(const struct cbpf_insn *in)
{
	return BPF_SIZE(in->code) == BPF_W ? 4 : BPF_SIZE(in->code) == BPF_H ? 2 : 1;
}

/* REG = number of BYTES bytes in network order at FP + OFF, in pieces that are aligned. */
static void emit_stack_number(struct xlate *x, int reg, int off, int bytes)
{
	struct emit *e = &x->e;
	int piece = off & 1 ? 1 : off & 2 ? 2 : 4;

	if (piece >= bytes) {
		int size = bytes == 4 ? BPF_W : bytes == 2 ? BPF_H : BPF_B;

		emit_insn(e, insn_load(size, reg, FP, off));
		if (bytes > 1)
			emit_insn(e, insn_from_be(reg, 8 * bytes));
		return;
	}
	emit_stack_number(x, reg, off, piece);
	for (int at = piece; at < bytes; at += piece) {
		piece = (off + at) & 1 || bytes - at == 1 ? 1 : 2;
		emit_insn(e, insn_alu32_imm(BPF_LSH, reg, 8 * piece));
		emit_stack_number(x, BPF_REG_0, off + at, piece);
		emit_insn(e, insn_alu32(BPF_OR, reg, BPF_REG_0));
	}
}

/* REG = BYTES bytes at the address in r3, whose bounds have been tested. */
static void emit_far_number(struct xlate *x, int reg, int bytes)
{
	emit_at(x, BPF_REG_1, FP, x->slot);
	emit_insn(&x->e, insn_mov32_imm(BPF_REG_2, bytes));
	emit_probe_read(x);
	emit_stack_number(x, reg, x->slot, bytes);
}

/* reg += K, an unsigned 32-bit number; r1 is clobbered where it does not fit an immediate. */
static void emit_add_k(struct xlate *x, int reg, uint32_t k)
{
	if (k > INT32_MAX) {
		emit_insn(&x->e, insn_mov32_imm(BPF_REG_1, k));
		emit_insn(&x->e, insn_alu(BPF_ADD, reg, BPF_REG_1));
	} else if (k) {
		emit_insn(&x->e, insn_alu_imm(BPF_ADD, reg, k));
	}
}

static void emit_load_fixed(struct xlate *x, size_t i, int reg, int bytes)
{
	const struct cbpf_insn *in = &x->prog[i];
	uint64_t end = (uint64_t)in->k + bytes;

	if (end > UINT32_MAX) {
		emit_goto(&x->e, label_reject(x));
		return;
	}
	if (x->atleast[i] < end)
		emit_jump32_imm(&x->e, BPF_JLT, CAPLEN, end, label_reject(x));
	if (end <= x->window_len) {
		emit_stack_number(x, reg, x->window + in->k, bytes);
		return;
	}
	emit_insn(&x->e, insn_mov(BPF_REG_3, DATA));
	emit_add_k(x, BPF_REG_3, in->k);
	emit_far_number(x, reg, bytes);
}

uint32_t xlate_usual_end(const struct cbpf_insn *in)
{
	uint64_t end = (uint64_t)in->k + USUAL_X + load_bytes(in);

	if (BPF_CLASS(in->code) != BPF_LD || BPF_MODE(in->code) != BPF_IND || end > WINDOW_MAX)
		return 0;
	return end;
}

/* Where X is as usual, the bytes are in the window. */
static void emit_load_usual(struct xlate *x, size_t i, int bytes)
{
	uint32_t end = xlate_usual_end(&x->prog[i]);

	emit_jump32_imm(&x->e, BPF_JNE, X, USUAL_X, label_far(x, i));
	emit_jump32_imm(&x->e, BPF_JLT, CAPLEN, end, label_reject(x));
	emit_stack_number(x, A, x->window + (int)end - bytes, bytes);
	emit_goto(&x->e, label_loaded(x, i));
	emit_label(&x->e, label_far(x, i));
}

/* Offset X + k: exact in 64 bits, as no real offset wraps around. */
static void emit_load_indirect(struct xlate *x, size_t i, int bytes)
{
	const struct cbpf_insn *in = &x->prog[i];
	struct emit *e = &x->e;

	if (xlate_usual_end(in))
		emit_load_usual(x, i, bytes);
	emit_insn(e, insn_mov32(BPF_REG_3, X));
	emit_add_k(x, BPF_REG_3, in->k);
	emit_at(x, BPF_REG_1, BPF_REG_3, bytes);
	emit_jump(e, BPF_JGT, BPF_REG_1, CAPLEN, label_reject(x));
	if (x->frame == EBPF_TAGGED) {
		/* Bytes up to the inserted tag exist in the window only. */
		emit_insn(e, insn_make(BPF_JMP | BPF_JGT | BPF_K, BPF_REG_1, 0, 3, x->window_len));
		emit_insn(e, insn_alu(BPF_ADD, BPF_REG_3, FP));
		emit_insn(e, insn_alu_imm(BPF_ADD, BPF_REG_3, x->window));
		emit_insn(e, insn_make(BPF_JMP | BPF_JA, 0, 0, 1, 0));
	}
	emit_insn(e, insn_alu(BPF_ADD, BPF_REG_3, DATA));
	emit_far_number(x, A, bytes);
	emit_label(e, label_loaded(x, i));
}

void xlate_load(struct xlate *x, size_t i)
{
	const struct cbpf_insn *in = &x->prog[i];
	int reg = BPF_CLASS(in->code) == BPF_LDX ? X : A;

	switch (BPF_MODE(in->code)) {
	case BPF_ABS:
		emit_load_fixed(x, i, reg, load_bytes(in));
		break;
	case BPF_IND:
		emit_load_indirect(x, i, load_bytes(in));
		break;
	case BPF_MSH:
		emit_load_fixed(x, i, X, 1);
		emit_insn(&x->e, insn_alu32_imm(BPF_AND, X, 0xf));
		emit_insn(&x->e, insn_alu32_imm(BPF_LSH, X, 2));
		break;
	case BPF_MEM:
		emit_insn(&x->e, insn_load(BPF_W, reg, FP, x->scratch + 4 * in->k));
		break;
	case BPF_LEN:
		emit_insn(&x->e, insn_load(BPF_DW, reg, FP, x->wirelen));
		break;
	default:
		emit_insn(&x->e, insn_mov32_imm(reg, in->k));
	}
}
