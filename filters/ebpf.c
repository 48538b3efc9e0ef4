/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ebpf.c - one cBPF program becomes one eBPF subprogram with the same verdict on every packet.
 *
 * Registers: r6 address of packet byte 0, r7 A, r8 X (both always below 2^32), r9 readable bytes.
 *
 * A bound is tested once: where every way to an instruction has already established that the
 * packet is long enough, the test is left out.
 */
#include <linux/filter.h>

#include "filters/xlate.h"

/* ---- what the program needs ------------------------------------------------------------------ */

static bool jumps_back(const struct cbpf_insn *in)
{
	return in->code == (BPF_JMP | BPF_JA) && (int32_t)in->k < 0;
}

static int reserve(int *depth, int bytes)
{
	*depth += (bytes + 7) & ~7;
	return -*depth;
}

static void plan_insn(struct xlate *x, const struct cbpf_insn *in, int *depth)
{
	uint64_t end;

	if (cbpf_fixed_load(in, &end) && end <= WINDOW_MAX && end > x->window_len)
		x->window_len = end;
	if (xlate_usual_end(in) > x->window_len)
		x->window_len = xlate_usual_end(in);
	if (BPF_CLASS(in->code) <= BPF_LDX && BPF_MODE(in->code) == BPF_MEM)
		x->scratch_read |= 1u << in->k;
	if (cbpf_length_load(in) && !x->wirelen)
		x->wirelen = reserve(depth, 8);
	if (jumps_back(in) && !x->loops)
		x->loops = reserve(depth, 8);
	if ((BPF_CLASS(in->code) == BPF_ST || BPF_CLASS(in->code) == BPF_STX || x->scratch_read) &&
		!x->scratch)
		x->scratch = reserve(depth, 4 * CBPF_SCRATCH);
}

/* Lays out the stack frame, which shares 512 bytes with those of all callers. */
static void plan_frame(struct xlate *x)
{
	int depth = 0;
	/* The verifier wants aligned loads: behind 14 bytes of Ethernet the IP header shall be. */
	int shift = x->frame == EBPF_IP ? 0 : 2;

	x->slot = reserve(&depth, 8);
	for (size_t i = 0; i < x->n; i++) {
		if (x->reach[i])
			plan_insn(x, &x->prog[i], &depth);
	}
	if (x->frame == EBPF_TAGGED && x->window_len < TAG_WINDOW)
		x->window_len = TAG_WINDOW;
	if (x->window_len)
		x->window = reserve(&depth, x->window_len + shift) + shift;
}

/* Forward pass over the certain packet length; a backward jump may arrive knowing nothing. */
static void plan_bounds(struct xlate *x)
{
	size_t next[2];

	for (size_t i = 0; i < x->n; i++)
		x->atleast[i] = i ? UINT64_MAX : 0;
	for (size_t i = 0; i < x->n; i++) {
		if (x->reach[i] && jumps_back(&x->prog[i]))
			x->atleast[i + 1 + (int32_t)x->prog[i].k] = 0;
	}
	for (size_t i = 0; i < x->n; i++) {
		uint64_t known = x->atleast[i], end;
		int cnt = x->reach[i] ? cbpf_successors(x->prog, i, next) : 0;

		if (cbpf_fixed_load(&x->prog[i], &end) && end > known)
			known = end;
		while (cnt--) {
			if (known < x->atleast[next[cnt]])
				x->atleast[next[cnt]] = known;
		}
	}
}

/* ---- everything else ------------------------------------------------------------------------- */

static void emit_alu(struct xlate *x, const struct cbpf_insn *in)
{
	struct emit *e = &x->e;
	int op = BPF_OP(in->code);

	if (op == BPF_NEG) {
		emit_insn(e, insn_alu32_imm(BPF_NEG, A, 0));
		return;
	}
	if (BPF_SRC(in->code) == BPF_K) {
		emit_insn(e, insn_alu32_imm(op, A, in->k));
		return;
	}
	if (op == BPF_DIV || op == BPF_MOD)
		emit_jump_imm(e, BPF_JEQ, X, 0, label_reject(x));
	if (op == BPF_LSH || op == BPF_RSH) {
		/* eBPF would mask the count to five bits; in cBPF everything is shifted out. */
		emit_insn(e, insn_make(BPF_JMP | BPF_JGT | BPF_K, X, 0, 2, 31));
		emit_insn(e, insn_alu32(op, A, X));
		emit_insn(e, insn_make(BPF_JMP | BPF_JA, 0, 0, 1, 0));
		emit_insn(e, insn_mov32_imm(A, 0));
		return;
	}
	emit_insn(e, insn_alu32(op, A, X));
}

static void emit_compare(struct xlate *x, const struct cbpf_insn *in, int op, size_t label)
{
	if (BPF_SRC(in->code) == BPF_X)
		emit_jump32(&x->e, op, A, X, label);
	else
		emit_jump32_imm(&x->e, op, A, in->k, label);
}

static int opposite(int op)
{
	switch (op) {
	case BPF_JEQ:
		return BPF_JNE;
	case BPF_JGT:
		return BPF_JLE;
	case BPF_JGE:
		return BPF_JLT;
	}
	return -1; /* JSET has none */
}

/* The upper half of a stack slot is where the verifier keeps no track of what is stored. */
static void emit_forget(struct xlate *x, int reg)
{
	emit_insn(&x->e, insn_store(BPF_W, FP, x->slot + 4, reg));
	emit_insn(&x->e, insn_load(BPF_W, reg, FP, x->slot + 4));
}

/*
 * Before a backward jump: one round less to go. The verifier follows each round, and would follow
 * every combination of what it knows about A and X; it is made to forget, so that the ways through
 * a round meet again at its end.
 */
static void emit_loop_guard(struct xlate *x)
{
	emit_insn(&x->e, insn_load(BPF_DW, BPF_REG_1, FP, x->loops));
	emit_insn(&x->e, insn_alu_imm(BPF_ADD, BPF_REG_1, -1));
	emit_jump_imm(&x->e, BPF_JEQ, BPF_REG_1, 0, label_reject(x));
	emit_insn(&x->e, insn_store(BPF_DW, FP, x->loops, BPF_REG_1));
	emit_forget(x, A);
	emit_forget(x, X);
}

static void emit_branch(struct xlate *x, size_t i, size_t following)
{
	const struct cbpf_insn *in = &x->prog[i];
	int op = BPF_OP(in->code);
	size_t yes, no;

	if (op == BPF_JA) {
		if (jumps_back(in))
			emit_loop_guard(x);
		yes = no = i + 1 + (int32_t)in->k;
	} else {
		yes = i + 1 + in->jt;
		no = i + 1 + in->jf;
	}
	if (yes != no && yes == following && opposite(op) >= 0) {
		emit_compare(x, in, opposite(op), no);
		return;
	}
	if (yes != no)
		emit_compare(x, in, op, yes);
	if (no != following)
		emit_goto(&x->e, no);
}

static void emit_ret(struct xlate *x, const struct cbpf_insn *in)
{
	if (BPF_RVAL(in->code) == BPF_A) {
		emit_jump_imm(&x->e, BPF_JEQ, A, 0, label_reject(x));
		emit_return(&x->e, 1);
	} else {
		emit_return(&x->e, in->k != 0);
	}
}

static void emit_one(struct xlate *x, size_t i, size_t following)
{
	const struct cbpf_insn *in = &x->prog[i];

	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
	case BPF_LDX:
		xlate_load(x, i);
		break;
	case BPF_ST:
		emit_insn(&x->e, insn_store(BPF_W, FP, x->scratch + 4 * in->k, A));
		break;
	case BPF_STX:
		emit_insn(&x->e, insn_store(BPF_W, FP, x->scratch + 4 * in->k, X));
		break;
	case BPF_ALU:
		emit_alu(x, in);
		break;
	case BPF_JMP:
		emit_branch(x, i, following);
		break;
	case BPF_RET:
		emit_ret(x, in);
		break;
	default:
		if (in->code == (BPF_MISC | BPF_TAX))
			emit_insn(&x->e, insn_mov32(X, A));
		else
			emit_insn(&x->e, insn_mov32(A, X));
	}
}

static void emit_program(struct xlate *x)
{
	xlate_prologue(x);
	for (size_t i = 0; i < x->n; i++) {
		size_t following = i + 1;

		if (!x->reach[i])
			continue;
		while (following < x->n && !x->reach[following])
			following++;
		x->e.origin = i;
		emit_label(&x->e, i);
		emit_one(x, i, following);
	}
	x->e.origin = EMIT_NONE;
	if (emit_label_wanted(&x->e, label_reject(x))) {
		emit_label(&x->e, label_reject(x));
		emit_return(&x->e, 0);
	}
}

void ebpf_done(struct ebpf *code)
{
	free(code->insns);
	free(code->origins);
	*code = (struct ebpf){};
}

int ebpf_translate(const struct cbpf_insn *prog, size_t n, enum ebpf_frame frame, struct ebpf *code,
	struct errbuf *err)
{
	struct xlate x = {.prog = prog, .n = n, .frame = frame};
	_cleanup_(freep) bool *reach = x.reach = calloc(n, sizeof(*reach));
	_cleanup_(freep) uint64_t *atleast = x.atleast = calloc(n, sizeof(*atleast));
	int res;

	if (!reach || !atleast)
		return err_set(err, -ENOMEM, "out of memory");
	cbpf_reachable(prog, n, reach);
	plan_frame(&x);
	plan_bounds(&x);
	emit_init(&x.e, label_count(n));
	emit_program(&x);
	res = emit_finish(&x.e);
	if (!res) {
		code->n = x.e.n;
		code->insns = TAKE_PTR(x.e.insns);
		code->origins = TAKE_PTR(x.e.origins);
	}
	emit_done(&x.e);
	if (res == -E2BIG)
		return err_set(err, res,
			"the expression (%zu cBPF instructions) is too long for eBPF jumps", n);
	return res ? err_set(err, res, "out of memory") : 0;
}
