/* SPDX-License-Identifier: GPL-2.0-only */
/* ebpf_image.c - eBPF as text, in the notation of the kernel's verifier log: w7 is half of r7. */
#include "filters/ebpf.h"

static const char *const operators[16] = {
	[BPF_ADD >> 4] = "+=",
	[BPF_SUB >> 4] = "-=",
	[BPF_MUL >> 4] = "*=",
	[BPF_DIV >> 4] = "/=",
	[BPF_OR >> 4] = "|=",
	[BPF_AND >> 4] = "&=",
	[BPF_LSH >> 4] = "<<=",
	[BPF_RSH >> 4] = ">>=",
	[BPF_MOD >> 4] = "%=",
	[BPF_XOR >> 4] = "^=",
	[BPF_MOV >> 4] = "=",
	[BPF_ARSH >> 4] = "s>>=",
};

static const char *const comparisons[16] = {
	[BPF_JEQ >> 4] = "==",
	[BPF_JNE >> 4] = "!=",
	[BPF_JGT >> 4] = ">",
	[BPF_JGE >> 4] = ">=",
	[BPF_JLT >> 4] = "<",
	[BPF_JLE >> 4] = "<=",
	[BPF_JSET >> 4] = "&",
};

static const char *size_name(uint8_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B:
		return "u8";
	case BPF_H:
		return "u16";
	case BPF_W:
		return "u32";
	}
	return "u64";
}

static void image_operand(const struct ebpf_insn *in, char half, char *buf, size_t size)
{
	if (BPF_SRC(in->code) == BPF_X)
		snprintf(buf, size, "%c%d", half, in->src);
	else if (in->imm >= -64 && in->imm < 64)
		snprintf(buf, size, "%d", in->imm);
	else
		snprintf(buf, size, "%#x", in->imm);
}

static void image_alu(const struct ebpf_insn *in, char *buf, size_t size)
{
	char half = BPF_CLASS(in->code) == BPF_ALU64 ? 'r' : 'w';
	const char *op = operators[BPF_OP(in->code) >> 4];
	char operand[16];

	if (BPF_OP(in->code) == BPF_END) {
		snprintf(buf, size, "r%d = be%d r%d", in->dst, in->imm, in->dst);
		return;
	}
	if (BPF_OP(in->code) == BPF_NEG) {
		snprintf(buf, size, "%c%d = -%c%d", half, in->dst, half, in->dst);
		return;
	}
	image_operand(in, half, operand, sizeof(operand));
	snprintf(buf, size, "%c%d %s %s", half, in->dst, op ? op : "?", operand);
}

static void image_jump(const struct ebpf_insn *in, size_t i, char *buf, size_t size)
{
	char half = BPF_CLASS(in->code) == BPF_JMP ? 'r' : 'w';
	const char *op = comparisons[BPF_OP(in->code) >> 4];
	long target = (long)i + 1 + in->off;
	char operand[16];

	switch (BPF_OP(in->code)) {
	case BPF_CALL:
		if (in->src)
			snprintf(buf, size, "call subprogram %ld", (long)i + 1 + in->imm);
		else if (in->imm == BPF_FUNC_probe_read_kernel)
			snprintf(buf, size, "call probe_read_kernel");
		else
			snprintf(buf, size, "call helper %d", in->imm);
		return;
	case BPF_EXIT:
		snprintf(buf, size, "exit");
		return;
	case BPF_JA:
		snprintf(buf, size, "goto %ld", target);
		return;
	}
	image_operand(in, half, operand, sizeof(operand));
	snprintf(
		buf, size, "if %c%d %s %s goto %ld", half, in->dst, op ? op : "?", operand, target);
}

void ebpf_image(const struct ebpf_insn *insns, size_t i, char *buf, size_t size)
{
	const struct ebpf_insn *in = &insns[i];

	switch (BPF_CLASS(in->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		image_alu(in, buf, size);
		break;
	case BPF_JMP:
	case BPF_JMP32:
		image_jump(in, i, buf, size);
		break;
	case BPF_LDX:
		snprintf(buf, size, "r%d = *(%s *)(r%d %+d)", in->dst, size_name(in->code), in->src,
			in->off);
		break;
	case BPF_STX:
		snprintf(buf, size, "*(%s *)(r%d %+d) = r%d", size_name(in->code), in->dst, in->off,
			in->src);
		break;
	case BPF_ST:
		snprintf(buf, size, "*(%s *)(r%d %+d) = %d", size_name(in->code), in->dst, in->off,
			in->imm);
		break;
	default:
		if (in->code)
			snprintf(buf, size, "r%d = %#x (64 bit)", in->dst, in->imm);
		else
			buf[0] = 0;
	}
}
