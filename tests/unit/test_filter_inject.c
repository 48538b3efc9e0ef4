/* SPDX-License-Identifier: GPL-2.0-only */
/* test_filter_inject.c - what must move when a body in the middle of a program grows or shrinks. */
#include "filters/inject.h"
#include "tests/unit/unit.h"

enum { MARK = 0x504c4632 };

static struct ebpf_insn call(int distance)
{
	return insn_make(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, distance);
}

/*
 * 0  call 6		main: the placeholder
 * 1  r1 = &function 8	a callback, two slots
 * 3  call 8		a subprogram behind the placeholder
 * 4  r0 = MARK		not the mark: the second half of nothing, a 32-bit move
 * 5  exit
 * 6  r0 = MARK		the placeholder
 * 7  exit
 * 8  call 6		calls back across the end of the placeholder
 * 9  exit
 */
static void sample(struct inject_prog *p)
{
	const struct ebpf_insn insns[] = {
		call(5),
		insn_make(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_FUNC, 0, 6),
		insn_make(0, 0, 0, 0, 0),
		call(4),
		insn_mov32_imm(BPF_REG_0, MARK),
		insn_exit(),
		insn_alu_imm(BPF_MOV, BPF_REG_0, MARK),
		insn_exit(),
		call(-3),
		insn_exit(),
	};
	const uint32_t funcs[][2] = {{0, 1}, {6, 2}, {8, 3}};
	const uint32_t lines[][2] = {{0, 1}, {6, 2}, {7, 3}, {8, 4}, {9, 5}};

	*p = (struct inject_prog){.n = ARRAY_SIZE(insns)};
	p->insns = malloc(sizeof(insns));
	p->funcs = (struct inject_table){malloc(sizeof(funcs)), ARRAY_SIZE(funcs), 8};
	p->lines = (struct inject_table){malloc(sizeof(lines)), ARRAY_SIZE(lines), 8};
	memcpy(p->insns, insns, sizeof(insns));
	memcpy(p->funcs.rows, funcs, sizeof(funcs));
	memcpy(p->lines.rows, lines, sizeof(lines));
}

static uint32_t row(const struct inject_table *t, uint32_t i, int column)
{
	uint32_t v;

	memcpy(&v, t->rows + i * t->row_size + 4 * column, 4);
	return v;
}

static void test_inject_finds_the_placeholder(void)
{
	_cleanup_(inject_done) struct inject_prog p;
	size_t start, end;

	sample(&p);
	CHECK_INT(inject_find(&p, MARK, &start, &end), 0);
	CHECK_INT(start, 6);
	CHECK_INT(end, 8);
	CHECK_INT(inject_find(&p, MARK + 1, &start, &end), -ENOENT);
	p.insns[4] = p.insns[6];
	CHECK_INT(inject_find(&p, MARK, &start, &end), -EINVAL); /* inlined into main */
}

static void check_moved(const struct inject_prog *p, int by)
{
	CHECK_INT(p->n, 10 + by);
	CHECK_INT(p->insns[0].imm, 5); /* to 6, as before */
	CHECK_INT(p->insns[1].imm, 6 + by);
	CHECK_INT(p->insns[3].imm, 4 + by);
	CHECK_INT(p->insns[8 + by].imm, -3 - by); /* back to 6 */
	CHECK_INT(p->insns[9 + by].code, BPF_JMP | BPF_EXIT);
	CHECK_INT(p->funcs.n, 3);
	CHECK_INT(row(&p->funcs, 1, 0), 6);
	CHECK_INT(row(&p->funcs, 2, 0), 8 + by);
	CHECK_INT(row(&p->funcs, 2, 1), 3);
	CHECK_INT(p->lines.n, 4); /* that of instruction 7 is gone */
	CHECK_INT(row(&p->lines, 1, 0), 6);
	CHECK_INT(row(&p->lines, 2, 0), 8 + by);
	CHECK_INT(row(&p->lines, 3, 1), 5);
}

static void test_inject_longer_body(void)
{
	_cleanup_(inject_done) struct inject_prog p;
	struct ebpf_insn body[20] = {};

	sample(&p);
	body[19] = insn_exit();
	CHECK_INT(inject_replace(&p, 6, 8, body, 20), 0);
	CHECK_INT(p.insns[25].code, BPF_JMP | BPF_EXIT);
	check_moved(&p, 18);
}

static void test_inject_shorter_body(void)
{
	_cleanup_(inject_done) struct inject_prog p;
	struct ebpf_insn body = insn_exit();

	sample(&p);
	CHECK_INT(inject_replace(&p, 6, 8, &body, 1), 0);
	check_moved(&p, -1);
}

int main(void)
{
	UNIT_RUN(test_inject_finds_the_placeholder);
	UNIT_RUN(test_inject_longer_body);
	UNIT_RUN(test_inject_shorter_body);
	return unit_status();
}
