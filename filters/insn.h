/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * insn.h - eBPF instructions, one tiny constructor each.
 *
 * struct ebpf_insn has the kernel's layout (struct bpf_insn of <linux/bpf.h>) under a name that
 * does not collide with libpcap's. Names: `32` works on the lower half and clears the upper one;
 * `_imm` takes a constant, else the second operand is a register.
 */
#ifndef PATHLAG_INSN_H
#define PATHLAG_INSN_H

#include <linux/bpf.h>

#include "bpf/base.h"

struct ebpf_insn {
	uint8_t code;
	uint8_t dst : 4, src : 4;
	int16_t off;
	int32_t imm;
};

static inline struct ebpf_insn insn_make(uint8_t code, int dst, int src, int off, int32_t imm)
{
	return (struct ebpf_insn){.code = code, .dst = dst, .src = src, .off = off, .imm = imm};
}

/* OP is BPF_MOV, BPF_ADD ...: DST = DST op SRC */
static inline struct ebpf_insn insn_alu(int op, int dst, int src)
{
	return insn_make(BPF_ALU64 | op | BPF_X, dst, src, 0, 0);
}

static inline struct ebpf_insn insn_alu_imm(int op, int dst, int32_t imm)
{
	return insn_make(BPF_ALU64 | op | BPF_K, dst, 0, 0, imm);
}

static inline struct ebpf_insn insn_alu32(int op, int dst, int src)
{
	return insn_make(BPF_ALU | op | BPF_X, dst, src, 0, 0);
}

static inline struct ebpf_insn insn_alu32_imm(int op, int dst, uint32_t imm)
{
	return insn_make(BPF_ALU | op | BPF_K, dst, 0, 0, (int32_t)imm);
}

static inline struct ebpf_insn insn_mov(int dst, int src)
{
	return insn_alu(BPF_MOV, dst, src);
}

static inline struct ebpf_insn insn_mov32(int dst, int src)
{
	return insn_alu32(BPF_MOV, dst, src);
}

static inline struct ebpf_insn insn_mov32_imm(int dst, uint32_t imm)
{
	return insn_alu32_imm(BPF_MOV, dst, imm);
}

/* DST, whose lower BITS (16 or 32) hold a number in network order, becomes that number. */
static inline struct ebpf_insn insn_from_be(int dst, int bits)
{
	return insn_make(BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, bits);
}

/* DST = *(SIZE *)(SRC + off), SIZE is BPF_B, BPF_H, BPF_W or BPF_DW */
static inline struct ebpf_insn insn_load(int size, int dst, int src, int off)
{
	return insn_make(BPF_LDX | BPF_MEM | size, dst, src, off, 0);
}

static inline struct ebpf_insn insn_store(int size, int dst, int off, int src)
{
	return insn_make(BPF_STX | BPF_MEM | size, dst, src, off, 0);
}

static inline struct ebpf_insn insn_store_imm(int size, int dst, int off, int32_t imm)
{
	return insn_make(BPF_ST | BPF_MEM | size, dst, 0, off, imm);
}

static inline struct ebpf_insn insn_call(int helper)
{
	return insn_make(BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

static inline struct ebpf_insn insn_exit(void)
{
	return insn_make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

#endif
