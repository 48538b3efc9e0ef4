/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ebpf.c - one cBPF program becomes one eBPF subprogram with the same verdict on every packet.
 *
 * Registers: r6 address of packet byte 0, r7 A, r8 X (both always below 2^32), r9 readable bytes.
 * Packet bytes are reached through bpf_probe_read_kernel only, so the same code runs in tracing
 * programs of any type. One such call at the start copies the bytes that loads at fixed offsets
 * need into a window on the stack; a load from there costs three instructions instead of a call.
 *
 * A bound is tested once: where every way to an instruction has already established that the
 * packet is long enough, the test is left out.
 */
#include <linux/filter.h>

#include "filters/ebpf.h"
#include "filters/emit.h"

enum {
	DATA = BPF_REG_6,
	A = BPF_REG_7,
	X = BPF_REG_8,
	CAPLEN = BPF_REG_9,
	FP = BPF_REG_10,

	WINDOW_MAX = 96, /* loads at fixed offsets beyond this are made one by one */
	TAG_WINDOW = 24, /* least window where a VLAN tag is inserted: MACs, tag, and one word */
	MACS = 12,       /* bytes before the tag */
	TAG = 4,         /* bytes of the tag */
	AFTER_TAG = MACS + TAG,
};

struct xlate {
	const struct cbpf_insn *prog;
	size_t n;
	enum ebpf_frame frame;
	struct emit e;
	bool *reach;
	uint64_t *atleast; /* packet length that is certain when an instruction begins */
	/* Offsets from the frame pointer, 0 if not used. */
	int slot, wirelen, loops, scratch, window;
	uint32_t window_len;
	uint32_t scratch_read; /* bit i: M[i] is loaded somewhere */
};

/* Labels: one an instruction, then these. */
static size_t label_reject(const struct xlate *x)
{
	return x->n;
}

static size_t label_untagged(const struct xlate *x)
{
	return x->n + 1;
}

static size_t label_read(const struct xlate *x)
{
	return x->n + 2;
}

static size_t label_body(const struct xlate *x)
{
	return x->n + 3;
}

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
	if (BPF_CLASS(in->code) <= BPF_LDX && BPF_MODE(in->code) == BPF_MEM)
		x->scratch_read |= 1u << in->k;
	if (BPF_CLASS(in->code) <= BPF_LDX && BPF_MODE(in->code) == BPF_LEN && !x->wirelen)
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

static void emit_prologue(struct xlate *x)
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

/* Offset X + k: exact in 64 bits, as no real offset wraps around. */
static void emit_load_indirect(struct xlate *x, const struct cbpf_insn *in, int bytes)
{
	struct emit *e = &x->e;

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
}

static void emit_load(struct xlate *x, size_t i)
{
	const struct cbpf_insn *in = &x->prog[i];
	int reg = BPF_CLASS(in->code) == BPF_LDX ? X : A;

	switch (BPF_MODE(in->code)) {
	case BPF_ABS:
		emit_load_fixed(x, i, reg, load_bytes(in));
		break;
	case BPF_IND:
		emit_load_indirect(x, in, load_bytes(in));
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
		emit_load(x, i);
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
	emit_prologue(x);
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
	emit_init(&x.e, n + 4);
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
