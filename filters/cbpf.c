/* SPDX-License-Identifier: GPL-2.0-only */
/* cbpf.c - what a classic BPF program may hold, and which part of it can run. */
#include <linux/filter.h>

#include "filters/cbpf.h"

static int refuse(struct errbuf *err, size_t i, const struct cbpf_insn *in, const char *why)
{
	return err_set(err, -EINVAL, "cBPF instruction %zu (code %#x, k %#x): %s", i, in->code,
		in->k, why);
}

static const char *check_alu(const struct cbpf_insn *in)
{
	bool by_constant = BPF_SRC(in->code) == BPF_K;

	switch (in->code & ~BPF_X) {
	case BPF_ALU | BPF_NEG:
		return by_constant ? NULL : "unknown opcode";
	case BPF_ALU | BPF_DIV:
	case BPF_ALU | BPF_MOD:
		return by_constant && !in->k ? "division by zero" : NULL;
	case BPF_ALU | BPF_LSH:
	case BPF_ALU | BPF_RSH:
		/* libpcap's interpreter leaves this to the C compiler, the kernel refuses it. */
		return by_constant && in->k > 31 ? "shift by more than 31 bits" : NULL;
	case BPF_ALU | BPF_ADD:
	case BPF_ALU | BPF_SUB:
	case BPF_ALU | BPF_MUL:
	case BPF_ALU | BPF_OR:
	case BPF_ALU | BPF_AND:
	case BPF_ALU | BPF_XOR:
		return NULL;
	}
	return "unknown opcode";
}

static const char *check_jump(const struct cbpf_insn *in, size_t i, size_t n)
{
	int64_t target = (int64_t)i + 1 + (int32_t)in->k;

	switch (in->code & ~BPF_X) {
	case BPF_JMP | BPF_JA:
		if (in->code & BPF_X)
			return "unknown opcode";
		return target < 0 || target >= (int64_t)n ? "jump out of the program" : NULL;
	case BPF_JMP | BPF_JEQ:
	case BPF_JMP | BPF_JGT:
	case BPF_JMP | BPF_JGE:
	case BPF_JMP | BPF_JSET:
		return i + 1 + in->jt >= n || i + 1 + in->jf >= n ? "jump out of the program"
								  : NULL;
	}
	return "unknown opcode";
}

static const char *check_insn(const struct cbpf_insn *in, size_t i, size_t n)
{
	switch (in->code) {
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return in->k >= CBPF_SCRATCH ? "scratch memory has 16 words" : NULL;
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_H | BPF_ABS:
	case BPF_LD | BPF_B | BPF_ABS:
	case BPF_LD | BPF_W | BPF_IND:
	case BPF_LD | BPF_H | BPF_IND:
	case BPF_LD | BPF_B | BPF_IND:
	case BPF_LDX | BPF_B | BPF_MSH:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
		return NULL;
	}
	if (BPF_CLASS(in->code) == BPF_ALU)
		return check_alu(in);
	if (BPF_CLASS(in->code) == BPF_JMP)
		return check_jump(in, i, n);
	return "unknown opcode";
}

int cbpf_validate(const struct cbpf_insn *prog, size_t n, struct errbuf *err)
{
	if (n < 1 || n > CBPF_MAX)
		return err_set(err, -EINVAL,
			"cBPF program of %zu instructions (1 to %d are possible)", n, CBPF_MAX);
	for (size_t i = 0; i < n; i++) {
		const char *why = check_insn(&prog[i], i, n);

		if (why)
			return refuse(err, i, &prog[i], why);
	}
	if (BPF_CLASS(prog[n - 1].code) != BPF_RET)
		return refuse(err, n - 1, &prog[n - 1], "the last instruction must return");
	return 0;
}

bool cbpf_length_load(const struct cbpf_insn *in)
{
	return BPF_CLASS(in->code) <= BPF_LDX && BPF_MODE(in->code) == BPF_LEN;
}

bool cbpf_fixed_load(const struct cbpf_insn *in, uint64_t *ret_end)
{
	switch (in->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		*ret_end = (uint64_t)in->k + 4;
		return true;
	case BPF_LD | BPF_H | BPF_ABS:
		*ret_end = (uint64_t)in->k + 2;
		return true;
	case BPF_LD | BPF_B | BPF_ABS:
	case BPF_LDX | BPF_B | BPF_MSH:
		*ret_end = (uint64_t)in->k + 1;
		return true;
	}
	return false;
}

int cbpf_successors(const struct cbpf_insn *prog, size_t i, size_t next[2])
{
	const struct cbpf_insn *in = &prog[i];
	uint64_t end;

	if (BPF_CLASS(in->code) == BPF_RET)
		return 0;
	if (cbpf_fixed_load(in, &end) && end > UINT32_MAX)
		return 0;
	next[0] = i + 1;
	if (BPF_CLASS(in->code) != BPF_JMP)
		return 1;
	if (BPF_OP(in->code) == BPF_JA) {
		next[0] = i + 1 + (int32_t)in->k;
		return 1;
	}
	next[0] = i + 1 + in->jt;
	next[1] = i + 1 + in->jf;
	return next[0] == next[1] ? 1 : 2;
}

void cbpf_reachable(const struct cbpf_insn *prog, size_t n, bool *reach)
{
	size_t next[2];
	bool again = true;

	memset(reach, 0, n * sizeof(*reach));
	reach[0] = true;
	/* One pass is enough without backward jumps; each of those may ask for one more. */
	while (again) {
		again = false;
		for (size_t i = 0; i < n; i++) {
			int cnt = reach[i] ? cbpf_successors(prog, i, next) : 0;

			while (cnt--) {
				again |= next[cnt] <= i && !reach[next[cnt]];
				reach[next[cnt]] = true;
			}
		}
	}
}
