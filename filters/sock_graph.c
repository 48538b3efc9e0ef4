/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sock_graph.c - the branches that a cBPF program leaves open when it is run on symbols.
 *
 * States are compared without what is never read again (liveness), else leftovers in registers
 * would keep paths apart that have long met. A backward jump (`protochain` walking on behind an
 * extension header) accepts: no socket's packets start with one that we know of.
 */
#include <linux/filter.h>
#include <linux/bpf.h>

#include "filters/sock.h"

#define LIVE_A (1u << CBPF_SCRATCH)
#define LIVE_X (2u << CBPF_SCRATCH)

/* ---- liveness -------------------------------------------------------------------------------- */

static uint32_t reads_load(const struct cbpf_insn *in)
{
	if (BPF_MODE(in->code) == BPF_IND)
		return LIVE_X;
	return BPF_MODE(in->code) == BPF_MEM ? 1u << in->k : 0;
}

static uint32_t reads(const struct cbpf_insn *in)
{
	uint32_t operand = BPF_SRC(in->code) == BPF_X ? LIVE_X : 0;

	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
	case BPF_LDX:
		return reads_load(in);
	case BPF_ST:
		return LIVE_A;
	case BPF_STX:
		return LIVE_X;
	case BPF_ALU:
		return LIVE_A | operand;
	case BPF_JMP:
		return BPF_OP(in->code) == BPF_JA ? 0 : LIVE_A | operand;
	case BPF_RET:
		return BPF_RVAL(in->code) == BPF_A ? LIVE_A : 0;
	}
	return in->code == (BPF_MISC | BPF_TAX) ? LIVE_A : LIVE_X;
}

static uint32_t writes(const struct cbpf_insn *in)
{
	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
	case BPF_ALU:
		return LIVE_A;
	case BPF_LDX:
		return LIVE_X;
	case BPF_ST:
	case BPF_STX:
		return 1u << in->k;
	case BPF_MISC:
		return in->code == (BPF_MISC | BPF_TAX) ? LIVE_X : LIVE_A;
	}
	return 0;
}

static void find_live(struct sock_graph *g)
{
	for (size_t i = g->n; i-- > 0;) {
		size_t next[2];
		int cnt = cbpf_successors(g->prog, i, next);
		uint32_t after = 0;

		while (cnt--) {
			if (next[cnt] > i)
				after |= g->live[next[cnt]];
		}
		g->live[i] = reads(&g->prog[i]) | (after & ~writes(&g->prog[i]));
	}
}

/* ---- running on symbols ---------------------------------------------------------------------- */

static unsigned int load_bytes(const struct cbpf_insn *in)
{
	return BPF_SIZE(in->code) == BPF_W ? 4 : BPF_SIZE(in->code) == BPF_H ? 2 : 1;
}

static sym_t run_load(struct sock_graph *g, const struct cbpf_insn *in, const struct node *s)
{
	uint32_t x;

	switch (BPF_MODE(in->code)) {
	case BPF_ABS:
		return sym_load(g, in->k, load_bytes(in));
	case BPF_IND:
		if (!sym_is_number(g, s->x, &x))
			return sym_unknown(g);
		return sym_load(g, (uint64_t)x + in->k, load_bytes(in));
	case BPF_MSH:
		return sym_op(g, BPF_LSH,
			sym_op(g, BPF_AND, sym_load(g, in->k, 1), sym_const(g, 0xf, 0)),
			sym_const(g, 2, 0));
	case BPF_MEM:
		return s->m[in->k];
	case BPF_IMM:
		return sym_const(g, in->k, 0);
	}
	return sym_unknown(g); /* BPF_LEN */
}

static sym_t run_alu(struct sock_graph *g, const struct cbpf_insn *in, const struct node *s)
{
	int op = BPF_OP(in->code);

	if (op == BPF_NEG)
		return sym_op(g, BPF_SUB, sym_const(g, 0, 0), s->a);
	return sym_op(g, op, s->a, BPF_SRC(in->code) == BPF_X ? s->x : sym_const(g, in->k, 0));
}

/* Everything that is no branch. */
static void run_plain(struct sock_graph *g, const struct cbpf_insn *in, struct node *s)
{
	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
		s->a = run_load(g, in, s);
		break;
	case BPF_LDX:
		s->x = run_load(g, in, s);
		break;
	case BPF_ST:
		s->m[in->k] = s->a;
		break;
	case BPF_STX:
		s->m[in->k] = s->x;
		break;
	case BPF_ALU:
		s->a = run_alu(g, in, s);
		break;
	default:
		if (in->code == (BPF_MISC | BPF_TAX))
			s->x = s->a;
		else
			s->a = s->x;
	}
}

/* Division by a number that is certainly zero, and loads beyond any packet, end the run. */
static bool run_rejects(const struct sock_graph *g, size_t pc, const struct node *s)
{
	const struct cbpf_insn *in = &g->prog[pc];
	bool divides =
		in->code == (BPF_ALU | BPF_DIV | BPF_X) || in->code == (BPF_ALU | BPF_MOD | BPF_X);
	uint64_t end;
	uint32_t x;

	if (cbpf_fixed_load(in, &end) && end > UINT32_MAX)
		return true;
	return divides && sym_is_number(g, s->x, &x) && !x;
}

static void forget_dead(struct sock_graph *g, struct node *s)
{
	uint32_t live = g->live[s->pc];
	sym_t zero = sym_const(g, 0, 0);

	if (!(live & LIVE_A))
		s->a = zero;
	if (!(live & LIVE_X))
		s->x = zero;
	for (int i = 0; i < CBPF_SCRATCH; i++) {
		if (!(live & 1u << i))
			s->m[i] = zero;
	}
}

static node_t intern(struct sock_graph *g, const struct node *s)
{
	for (size_t i = NODE_FIRST; i < g->n_nodes; i++) {
		const struct node *o = &g->nodes[i];

		if (o->pc == s->pc && o->a == s->a && o->x == s->x &&
			!memcmp(o->m, s->m, sizeof(o->m)))
			return i;
	}
	if (g->n_nodes == SOCK_LIMIT) {
		g->too_involved = true;
		return NODE_ACCEPT;
	}
	g->nodes[g->n_nodes] = *s;
	return g->n_nodes++;
}

/* The branch at s->pc as an open one; a return of A counts as "A & ~0". */
static node_t open_branch(struct sock_graph *g, struct node *s, int op, sym_t rhs, bool known)
{
	s->lhs = s->a;
	s->rhs = rhs;
	s->op = known ? op : 0;
	s->done = false;
	forget_dead(g, s);
	return intern(g, s);
}

static node_t run_return(struct sock_graph *g, const struct cbpf_insn *in, struct node *s)
{
	sym_t ones = sym_const(g, UINT32_MAX, 0);
	int res;

	if (BPF_RVAL(in->code) != BPF_A)
		return in->k ? NODE_ACCEPT : NODE_REJECT;
	res = sym_compare(g, BPF_JSET, s->a, ones);
	if (res >= 0)
		return res ? NODE_ACCEPT : NODE_REJECT;
	return res == -2 ? NODE_ACCEPT : open_branch(g, s, BPF_JSET, ones, true);
}

node_t sock_node(struct sock_graph *g, size_t pc, const struct node *state)
{
	struct node s = *state;

	while (!g->too_involved) {
		const struct cbpf_insn *in = &g->prog[pc];
		sym_t rhs;
		int res;

		s.pc = pc;
		if (BPF_CLASS(in->code) == BPF_RET)
			return run_return(g, in, &s);
		if (run_rejects(g, pc, &s))
			return NODE_REJECT;
		if (BPF_CLASS(in->code) != BPF_JMP) {
			run_plain(g, in, &s);
			pc++;
			continue;
		}
		if (BPF_OP(in->code) == BPF_JA) {
			if ((int32_t)in->k < 0)
				return NODE_ACCEPT;
			pc += 1 + in->k;
			continue;
		}
		rhs = BPF_SRC(in->code) == BPF_X ? s.x : sym_const(g, in->k, 0);
		res = in->jt == in->jf ? 1 : sym_compare(g, BPF_OP(in->code), s.a, rhs);
		if (res < 0)
			return open_branch(g, &s, BPF_OP(in->code), rhs, res == -1);
		pc += 1 + (res ? in->jt : in->jf);
	}
	return NODE_ACCEPT;
}

void sock_node_expand(struct sock_graph *g, node_t node)
{
	struct node s = g->nodes[node];
	const struct cbpf_insn *in = &g->prog[s.pc];
	node_t yes = NODE_ACCEPT, no = NODE_REJECT;

	if (s.done)
		return;
	if (BPF_CLASS(in->code) == BPF_JMP) {
		yes = sock_node(g, s.pc + 1 + in->jt, &s);
		no = sock_node(g, s.pc + 1 + in->jf, &s);
	}
	g->nodes[node].yes = yes;
	g->nodes[node].no = no;
	g->nodes[node].done = true;
}

/* ---- life ------------------------------------------------------------------------------------ */

void sock_graph_done(struct sock_graph *g)
{
	free(g->live);
	free(g->syms);
	free(g->nodes);
	free(g->tests);
	*g = (struct sock_graph){};
}

int sock_graph_build(struct sock_graph *g, const struct cbpf_insn *prog, size_t n,
	struct sock_kind kind, node_t *ret_root)
{
	struct node start = {};

	*g = (struct sock_graph){.prog = prog, .n = n, .kind = kind};
	g->live = calloc(n, sizeof(*g->live));
	g->syms = calloc(SOCK_LIMIT, sizeof(*g->syms));
	g->nodes = calloc(SOCK_LIMIT, sizeof(*g->nodes));
	g->tests = calloc(SOCK_LIMIT, sizeof(*g->tests));
	if (!g->live || !g->syms || !g->nodes || !g->tests)
		return -ENOMEM;
	g->n_nodes = g->n_tests = NODE_FIRST;
	find_live(g);
	sym_const(g, 0, 0); /* handle 0, what registers and scratch memory start with */
	*ret_root = sock_decide(g, sock_node(g, 0, &start));
	if (g->no_memory)
		return -ENOMEM;
	return g->too_involved ? -E2BIG : 0;
}
