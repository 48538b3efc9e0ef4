/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ebpf_run.c - runs what the translators emit, without a kernel.
 *
 * Only the instructions that translations hold are known here. Addresses are made up: the stack
 * and the data each have a range of their own, and whatever lies outside is an error.
 */
#include <endian.h>

#include "filters/ebpf.h"

enum {
	STACK_SIZE = 512,
	MAX_STEPS = 1 << 20,
};

#define STACK_TOP 0x7000000000000000ull
#define DATA_BASE 0x1000000000000000ull

struct machine {
	uint64_t r[11];
	uint8_t stack[STACK_SIZE];
	const struct ebpf_memory *mem;
};

/* The bytes behind an address, or NULL. WRITE: only the stack will do. */
static void *machine_at(struct machine *m, uint64_t addr, uint64_t size, bool write, bool data)
{
	if (addr >= STACK_TOP - STACK_SIZE && addr <= STACK_TOP && size <= STACK_TOP - addr)
		return m->stack + (addr - (STACK_TOP - STACK_SIZE));
	if (!write && data && addr >= DATA_BASE && addr - DATA_BASE <= m->mem->size &&
		size <= m->mem->size - (addr - DATA_BASE))
		return (uint8_t *)m->mem->data + (addr - DATA_BASE);
	return NULL;
}

static int size_of(uint8_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	}
	return 8;
}

static uint64_t number_get(const void *p, int size)
{
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	switch (size) {
	case 1:
		return *(const uint8_t *)p;
	case 2:
		memcpy(&u16, p, 2);
		return u16;
	case 4:
		memcpy(&u32, p, 4);
		return u32;
	}
	memcpy(&u64, p, 8);
	return u64;
}

static void number_put(void *p, int size, uint64_t v)
{
	uint8_t u8 = v;
	uint16_t u16 = v;
	uint32_t u32 = v;

	memcpy(p,
		size == 1   ? &u8
		: size == 2 ? (void *)&u16
		: size == 4 ? (void *)&u32
			    : (void *)&v,
		size);
}

/* Results of 32-bit operations have a clear upper half. */
static int machine_alu(struct machine *m, const struct ebpf_insn *in)
{
	bool wide = BPF_CLASS(in->code) == BPF_ALU64;
	uint64_t b = BPF_SRC(in->code) == BPF_X ? m->r[in->src] : (uint64_t)(int64_t)in->imm;
	uint64_t a = m->r[in->dst];

	if (!wide) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (BPF_OP(in->code)) {
	case BPF_MOV:
		a = b;
		break;
	case BPF_ADD:
		a += b;
		break;
	case BPF_SUB:
		a -= b;
		break;
	case BPF_MUL:
		a *= b;
		break;
	case BPF_DIV:
		a = b ? a / b : 0;
		break;
	case BPF_MOD:
		a = b ? a % b : a;
		break;
	case BPF_OR:
		a |= b;
		break;
	case BPF_AND:
		a &= b;
		break;
	case BPF_XOR:
		a ^= b;
		break;
	case BPF_LSH:
		a <<= b & (wide ? 63 : 31);
		break;
	case BPF_RSH:
		a >>= b & (wide ? 63 : 31);
		break;
	case BPF_NEG:
		a = -a;
		break;
	case BPF_END:
		a = in->imm == 16 ? be16toh((uint16_t)m->r[in->dst])
				  : be32toh((uint32_t)m->r[in->dst]);
		break;
	default:
		return -EINVAL;
	}
	m->r[in->dst] = wide ? a : (uint32_t)a;
	return 0;
}

/* 1: jump, 0: do not. */
static int machine_compare(const struct machine *m, const struct ebpf_insn *in)
{
	uint64_t a = m->r[in->dst];
	uint64_t b = BPF_SRC(in->code) == BPF_X ? m->r[in->src] : (uint64_t)(int64_t)in->imm;

	if (BPF_CLASS(in->code) == BPF_JMP32) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (BPF_OP(in->code)) {
	case BPF_JA:
		return 1;
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSET:
		return (a & b) != 0;
	}
	return -EINVAL;
}

static int machine_memory(struct machine *m, const struct ebpf_insn *in)
{
	int size = size_of(in->code);
	bool load = BPF_CLASS(in->code) == BPF_LDX;
	uint64_t addr = m->r[load ? in->src : in->dst] + (int64_t)in->off;
	void *p = machine_at(m, addr, size, !load, m->mem->direct);

	if (!p)
		return -EFAULT;
	/* The verifier insists on it for the stack, also where the CPU would not. */
	if (addr % size)
		return -EFAULT;
	if (load)
		m->r[in->dst] = number_get(p, size);
	else
		number_put(p, size,
			BPF_CLASS(in->code) == BPF_STX ? m->r[in->src]
						       : (uint64_t)(int64_t)in->imm);
	return 0;
}

/* bpf_probe_read_kernel(r1 to, r2 size, r3 from) */
static int machine_call(struct machine *m, const struct ebpf_insn *in)
{
	uint64_t size = m->r[2];
	void *to = machine_at(m, m->r[1], size, true, false);
	const void *from = machine_at(m, m->r[3], size, false, true);

	if (in->src || in->imm != BPF_FUNC_probe_read_kernel)
		return -EINVAL;
	if (!to || (!from && size))
		return -EFAULT;
	if (size)
		memmove(to, from, size);
	m->r[0] = 0;
	for (int i = 1; i <= 5; i++)
		m->r[i] = 0xdeadbeefdeadbeefull; /* clobbered, as in the kernel */
	return 0;
}

static int machine_step(struct machine *m, const struct ebpf_insn *in, size_t *pc)
{
	int res = 0;

	switch (BPF_CLASS(in->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		res = machine_alu(m, in);
		break;
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		if (BPF_MODE(in->code) != BPF_MEM)
			return -EINVAL;
		res = machine_memory(m, in);
		break;
	case BPF_JMP:
		if (BPF_OP(in->code) == BPF_CALL) {
			res = machine_call(m, in);
			break;
		}
		/* fall through */
	case BPF_JMP32:
		res = machine_compare(m, in);
		if (res > 0)
			*pc += in->off;
		break;
	default:
		return -EINVAL;
	}
	*pc += 1;
	return res < 0 ? res : 0;
}

int ebpf_run(const struct ebpf_insn *insns, size_t n, const struct ebpf_memory *mem,
	const uint64_t args[3])
{
	struct machine m = {.mem = mem};
	size_t pc = 0;

	m.r[1] = DATA_BASE;
	memcpy(&m.r[2], args, 3 * sizeof(*args));
	m.r[10] = STACK_TOP;
	memset(m.stack, 0xa5, sizeof(m.stack));
	for (int steps = 0; steps < MAX_STEPS; steps++) {
		int res;

		if (pc >= n)
			return -EINVAL;
		if (insns[pc].code == (BPF_JMP | BPF_EXIT))
			return m.r[0] != 0;
		res = machine_step(&m, &insns[pc], &pc);
		if (res)
			return res;
	}
	return -ELOOP;
}
