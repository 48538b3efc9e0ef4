/* SPDX-License-Identifier: GPL-2.0-only */
/* cbpf_image.c - classic BPF as people know it from `tcpdump -d`. */
#include <linux/filter.h>

#include "filters/cbpf.h"

static const char *const alu_names[16] = {
	[BPF_ADD >> 4] = "add",
	[BPF_SUB >> 4] = "sub",
	[BPF_MUL >> 4] = "mul",
	[BPF_DIV >> 4] = "div",
	[BPF_OR >> 4] = "or",
	[BPF_AND >> 4] = "and",
	[BPF_LSH >> 4] = "lsh",
	[BPF_RSH >> 4] = "rsh",
	[BPF_NEG >> 4] = "neg",
	[BPF_MOD >> 4] = "mod",
	[BPF_XOR >> 4] = "xor",
};

static const char *const jump_names[16] = {
	[BPF_JEQ >> 4] = "jeq",
	[BPF_JGT >> 4] = "jgt",
	[BPF_JGE >> 4] = "jge",
	[BPF_JSET >> 4] = "jset",
};

static void image_load(const struct cbpf_insn *in, char *buf, size_t size)
{
	const char *name = BPF_CLASS(in->code) == BPF_LDX ? "ldx" : "ld";
	const char *suffix = BPF_SIZE(in->code) == BPF_B   ? "b"
			     : BPF_SIZE(in->code) == BPF_H ? "h"
							   : "";

	switch (BPF_MODE(in->code)) {
	case BPF_ABS:
		snprintf(buf, size, "%s%-*s [%u]", name, 6, suffix, in->k);
		break;
	case BPF_IND:
		snprintf(buf, size, "%s%-*s [x + %u]", name, 6, suffix, in->k);
		break;
	case BPF_MSH:
		snprintf(buf, size, "%-8s 4*([%u]&0xf)", "ldxb", in->k);
		break;
	case BPF_LEN:
		snprintf(buf, size, "%-8s #pktlen", name);
		break;
	case BPF_MEM:
		snprintf(buf, size, "%-8s M[%u]", name, in->k);
		break;
	default:
		snprintf(buf, size, "%-8s #%#x", name, in->k);
	}
}

static void image_jump(const struct cbpf_insn *in, size_t i, char *buf, size_t size)
{
	const char *name = jump_names[BPF_OP(in->code) >> 4];
	char operand[16] = "x";

	if (BPF_OP(in->code) == BPF_JA) {
		snprintf(buf, size, "%-8s %zu", "ja", i + 1 + (int32_t)in->k);
		return;
	}
	if (BPF_SRC(in->code) == BPF_K)
		snprintf(operand, sizeof(operand), "#%#x", in->k);
	snprintf(buf, size, "%-8s %-12s jt %zu jf %zu", name ? name : "?", operand, i + 1 + in->jt,
		i + 1 + in->jf);
}

static void image_alu(const struct cbpf_insn *in, char *buf, size_t size)
{
	const char *name = alu_names[BPF_OP(in->code) >> 4];

	if (BPF_OP(in->code) == BPF_NEG)
		snprintf(buf, size, "neg");
	else if (BPF_SRC(in->code) == BPF_X)
		snprintf(buf, size, "%-8s x", name ? name : "?");
	else
		snprintf(buf, size, "%-8s #%#x", name ? name : "?", in->k);
}

void cbpf_image(const struct cbpf_insn *prog, size_t i, char *buf, size_t size)
{
	const struct cbpf_insn *in = &prog[i];

	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
	case BPF_LDX:
		image_load(in, buf, size);
		break;
	case BPF_ST:
	case BPF_STX:
		snprintf(buf, size, "%-8s M[%u]", BPF_CLASS(in->code) == BPF_ST ? "st" : "stx",
			in->k);
		break;
	case BPF_ALU:
		image_alu(in, buf, size);
		break;
	case BPF_JMP:
		image_jump(in, i, buf, size);
		break;
	case BPF_RET:
		if (BPF_RVAL(in->code) == BPF_A)
			snprintf(buf, size, "ret");
		else
			snprintf(buf, size, "%-8s #%u", "ret", in->k);
		break;
	default:
		snprintf(buf, size, "%s", in->code == (BPF_MISC | BPF_TAX) ? "tax" : "txa");
	}
}
