/* SPDX-License-Identifier: GPL-2.0-only */
/* sock_reference.c - three-valued interpretation of cBPF on what a tuple tells about packets. */
#include <linux/filter.h>

#include "tests/diff/sock_reference.h"

enum { HEADER = 44, BUDGET = 20000 };

/* A number of which some bits may be unknown; `runtime`: it depends on the tuple. */
struct value {
	uint32_t v, unknown;
	bool runtime;
};

struct machine {
	const struct cbpf_insn *prog;
	uint8_t bytes[HEADER], unknown[HEADER];
	bool runtime[HEADER];
	int budget;
};

struct state {
	size_t pc;
	struct value a, x, m[CBPF_SCRATCH];
};

static struct value number(uint32_t v)
{
	return (struct value){.v = v};
}

static struct value anything(void)
{
	return (struct value){.unknown = UINT32_MAX};
}

static bool is_number(struct value v)
{
	return !v.unknown && !v.runtime;
}

static void know(struct machine *m, int at, const void *bytes, int n)
{
	memcpy(m->bytes + at, bytes, n);
	memset(m->unknown + at, 0, n);
	memset(m->runtime + at, 1, n);
}

static void describe(struct machine *m, const struct rec_tuple *t, bool swap)
{
	bool v6 = t->family == 6;
	int size = v6 ? 16 : 4, addresses = v6 ? 8 : 12, l4 = v6 ? 40 : 20;
	uint8_t p = t->l4_proto;

	memset(m->unknown, 0xff, HEADER);
	know(m, v6 ? 6 : 9, &p, 1);
	know(m, addresses, swap ? t->daddr : t->saddr, size);
	know(m, addresses + size, swap ? t->saddr : t->daddr, size);
	if (p == 6 || p == 17 || p == 33 || p == 132 || p == 136) {
		if (t->sport)
			know(m, swap ? l4 + 2 : l4, &t->sport, 2);
		know(m, swap ? l4 : l4 + 2, &t->dport, 2);
	}
	m->bytes[0] = v6 ? 0x60 : 0x45;
	m->unknown[0] = v6 ? 0x0f : 0;
	if (!v6) {
		m->unknown[6] = 0xe0;
		m->unknown[7] = 0;
	}
}

static struct value load(const struct machine *m, uint64_t at, int n)
{
	struct value val = {};

	for (int i = 0; i < n; i++) {
		bool inside = at + i < HEADER;

		val.v = val.v << 8 | (inside ? m->bytes[at + i] : 0);
		val.unknown = val.unknown << 8 | (inside ? m->unknown[at + i] : 0xff);
		val.runtime |= inside && m->runtime[at + i];
	}
	val.v &= ~val.unknown;
	return val;
}

static uint32_t arithmetic(int op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return b ? a / b : 0;
	case BPF_MOD:
		return b ? a % b : 0;
	case BPF_OR:
		return a | b;
	case BPF_AND:
		return a & b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return b < 32 ? a << b : 0;
	}
	return b < 32 ? a >> b : 0;
}

static struct value alu(int op, struct value a, struct value b)
{
	bool partial = op == BPF_AND || op == BPF_LSH || op == BPF_RSH;
	bool open = partial || op == BPF_DIV || op == BPF_MOD;
	struct value r = {.runtime = a.runtime || b.runtime};

	r.v = arithmetic(op, a.v, b.v);
	if (is_number(b))
		r.unknown = partial ? arithmetic(op, a.unknown, b.v) : a.unknown ? UINT32_MAX : 0;
	else if (op == BPF_AND && is_number(a))
		r.unknown = b.unknown & a.v;
	else if (a.unknown || b.unknown || (open && op != BPF_AND))
		r.unknown = UINT32_MAX;
	return r.unknown == UINT32_MAX ? anything() : r;
}

/* 1, 0, or -1: may be either */
static int compare(int op, struct value a, struct value b)
{
	uint32_t high = a.v | a.unknown;

	if (!a.unknown && !b.unknown)
		high = a.v;
	else if (op == BPF_JSET && is_number(b) && !(a.unknown & b.v))
		return (a.v & b.v) != 0;
	else if (!is_number(b) || a.runtime)
		return -1;
	switch (op) {
	case BPF_JEQ:
		return (a.v ^ b.v) & ~a.unknown ? 0 : a.unknown ? -1 : 1;
	case BPF_JSET:
		return a.v & b.v ? 1 : a.unknown & b.v ? -1 : 0;
	case BPF_JGT:
		return a.v > b.v ? 1 : high > b.v ? -1 : 0;
	}
	return a.v >= b.v ? 1 : high >= b.v ? -1 : 0;
}

static struct value loaded(
	const struct machine *m, const struct cbpf_insn *in, const struct state *s)
{
	int n = BPF_SIZE(in->code) == BPF_W ? 4 : BPF_SIZE(in->code) == BPF_H ? 2 : 1;

	switch (BPF_MODE(in->code)) {
	case BPF_ABS:
		return load(m, in->k, n);
	case BPF_IND:
		return is_number(s->x) ? load(m, (uint64_t)s->x.v + in->k, n) : anything();
	case BPF_MSH:
		return alu(BPF_LSH, alu(BPF_AND, load(m, in->k, 1), number(0xf)), number(2));
	case BPF_MEM:
		return s->m[in->k];
	case BPF_IMM:
		return number(in->k);
	}
	return anything();
}

/* Runs one instruction that is neither jump nor return. False: the run rejects. */
static bool plain(const struct machine *m, const struct cbpf_insn *in, struct state *s)
{
	struct value operand = BPF_SRC(in->code) == BPF_X ? s->x : number(in->k);
	uint64_t end;

	if (cbpf_fixed_load(in, &end) && end > UINT32_MAX)
		return false;
	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
		s->a = loaded(m, in, s);
		break;
	case BPF_LDX:
		s->x = loaded(m, in, s);
		break;
	case BPF_ST:
		s->m[in->k] = s->a;
		break;
	case BPF_STX:
		s->m[in->k] = s->x;
		break;
	case BPF_ALU:
		if ((BPF_OP(in->code) == BPF_DIV || BPF_OP(in->code) == BPF_MOD) &&
			is_number(operand) && !operand.v)
			return false;
		s->a = BPF_OP(in->code) == BPF_NEG ? alu(BPF_SUB, number(0), s->a)
						   : alu(BPF_OP(in->code), s->a, operand);
		break;
	default:
		if (in->code == (BPF_MISC | BPF_TAX))
			s->x = s->a;
		else
			s->a = s->x;
	}
	return true;
}

static int run(struct machine *m, struct state s)
{
	for (;;) {
		const struct cbpf_insn *in = &m->prog[s.pc];
		int yes;

		if (--m->budget < 0)
			return -1;
		if (in->code == (BPF_RET | BPF_K))
			return in->k != 0;
		if (in->code == (BPF_RET | BPF_A))
			return compare(BPF_JSET, s.a, number(UINT32_MAX)) != 0;
		if (in->code == (BPF_JMP | BPF_JA)) {
			if ((int32_t)in->k < 0)
				return 1;
			s.pc += 1 + in->k;
			continue;
		}
		if (BPF_CLASS(in->code) != BPF_JMP) {
			if (!plain(m, in, &s))
				return 0;
			s.pc++;
			continue;
		}
		yes = in->jt == in->jf ? 1
				       : compare(BPF_OP(in->code), s.a,
						 BPF_SRC(in->code) == BPF_X ? s.x : number(in->k));
		if (yes < 0) {
			struct state other = s;
			int res;

			other.pc += 1 + in->jt;
			res = run(m, other);
			if (res)
				return res;
		}
		s.pc += 1 + (yes > 0 ? in->jt : in->jf);
	}
}

int sock_reference(const struct cbpf_insn *prog, const struct rec_tuple *tuple)
{
	int res = 0;

	for (int swap = 0; swap < 2 && !res; swap++) {
		struct machine m = {.prog = prog, .budget = BUDGET};
		struct state s = {};

		describe(&m, tuple, swap);
		res = run(&m, s);
	}
	return res;
}
