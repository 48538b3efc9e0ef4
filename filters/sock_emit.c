/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sock_emit.c - the deterministic graphs of a socket filter as one eBPF subprogram.
 *
 * A graph for each kind of packet: IPv4 or IPv6, protocol without ports, with both, with only one
 * known. The tuple's kind is found first; then it is tried as it is and with its ends swapped. No
 * call, no memory but the tuple in r1: r2 up hold the operands of a test, r0 is scratch.
 */
#include <linux/bpf.h>

#include "bpf/record.h"
#include "filters/ebpf.h"
#include "filters/emit.h"
#include "filters/sock.h"

/* Graphs of a family, and what a tuple can be, each with its label for the entry. */
enum { BARE, PORTS, NO_SPORT, NO_DPORT, GRAPHS };
enum { ENTRY_BARE, ENTRY_PORTS, ENTRY_NO_SPORT, ENTRIES };

enum {
	LABEL_OTHER = 2 * ENTRIES, /* + 0: not IPv4, + 1: not IPv6 either */
	LABEL_WITH_PORTS,          /* + 1 + ipv6 */
	LABEL_ACCEPT = LABEL_WITH_PORTS + 3,
	LABEL_GRAPHS, /* those of the graphs follow */

	TUPLE = BPF_REG_1,
	FIRST = BPF_REG_2,

	USED = 1,      /* marks of a test: it can be reached */
	USED_KEPT = 2, /* and its value is in the first register already */
};

#define TUPLE_AT(field) ((int)offsetof(struct rec_tuple, field))

struct sock_emit {
	struct emit e;
	const struct sock_graph *g;
	size_t base;  /* label of handle 0 of the graph being emitted */
	size_t next;  /* first label not in use */
	bool swapped; /* seen from the other end */
};

static const uint8_t protocols_with_ports[] = SOCK_PORT_PROTOCOLS;

/* ---- values ---------------------------------------------------------------------------------- */

/* Where a byte of the header lies in the tuple, -1 for constants. */
static int tuple_offset(const struct sock_emit *s, struct sock_header_byte b)
{
	switch (b.what) {
	case BYTE_SADDR:
		return (s->swapped ? TUPLE_AT(daddr) : TUPLE_AT(saddr)) + b.at;
	case BYTE_DADDR:
		return (s->swapped ? TUPLE_AT(saddr) : TUPLE_AT(daddr)) + b.at;
	case BYTE_SPORT:
		return (s->swapped ? TUPLE_AT(dport) : TUPLE_AT(sport)) + b.at;
	case BYTE_DPORT:
		return (s->swapped ? TUPLE_AT(sport) : TUPLE_AT(dport)) + b.at;
	case BYTE_PROTOCOL:
		return TUPLE_AT(l4_proto);
	case BYTE_CONST:
		break;
	}
	return -1;
}

/* How many bytes from OFF on can be loaded at once: the tuple is aligned to 2 and no better. */
static int piece_at(const struct sock_emit *s, uint64_t off, int left)
{
	int at = tuple_offset(s, sock_header(s->g->kind, off));

	if (at < 0 || at % 2 || left < 2)
		return 1;
	return tuple_offset(s, sock_header(s->g->kind, off + 1)) == at + 1 ? 2 : 1;
}

static void emit_piece(struct sock_emit *s, int reg, uint64_t off, int bytes)
{
	struct sock_header_byte b = sock_header(s->g->kind, off);
	int at = tuple_offset(s, b);

	if (at < 0) {
		emit_insn(&s->e, insn_mov32_imm(reg, b.at));
		return;
	}
	emit_insn(&s->e, insn_load(bytes == 2 ? BPF_H : BPF_B, reg, TUPLE, at));
	if (bytes == 2)
		emit_insn(&s->e, insn_from_be(reg, 16));
}

static void emit_header_number(struct sock_emit *s, int reg, uint64_t off, int bytes)
{
	int piece = piece_at(s, off, bytes);

	emit_piece(s, reg, off, piece);
	for (int at = piece; at < bytes; at += piece) {
		piece = piece_at(s, off + at, bytes - at);
		emit_insn(&s->e, insn_alu32_imm(BPF_LSH, reg, 8 * piece));
		emit_piece(s, BPF_REG_0, off + at, piece);
		emit_insn(&s->e, insn_alu32(BPF_OR, reg, BPF_REG_0));
	}
}

/* Leaves a symbol's value in REG; the registers above it are free to use. */
static void emit_symbol(struct sock_emit *s, int reg, sym_t handle)
{
	const struct sym *sym = &s->g->syms[handle];
	uint32_t number;

	switch (sym->kind) {
	case SYM_CONST:
		emit_insn(&s->e, insn_mov32_imm(reg, sym->k));
		break;
	case SYM_LOAD:
		emit_header_number(s, reg, sym->k >> 8, sym->k & 0xff);
		break;
	case SYM_OP:
		emit_symbol(s, reg, sym->a);
		if (!sym_is_number(s->g, sym->b, &number)) {
			emit_symbol(s, reg + 1, sym->b);
			emit_insn(&s->e, insn_alu32(sym->op, reg, reg + 1));
		} else if ((sym->op == BPF_LSH || sym->op == BPF_RSH) && number > 31) {
			emit_insn(&s->e, insn_mov32_imm(reg, 0));
		} else {
			emit_insn(&s->e, insn_alu32_imm(sym->op, reg, number));
		}
	}
}

/* ---- graphs ---------------------------------------------------------------------------------- */

static bool sym_directed(const struct sock_graph *g, sym_t handle)
{
	const struct sym *sym = &g->syms[handle];
	bool found = false;

	if (sym->kind == SYM_OP)
		return sym_directed(g, sym->a) || sym_directed(g, sym->b);
	if (sym->kind == SYM_LOAD) {
		for (uint32_t i = 0; i < (sym->k & 0xff); i++) {
			enum sock_byte what = sock_header(g->kind, (sym->k >> 8) + i).what;

			found |= what != BYTE_CONST && what != BYTE_PROTOCOL;
		}
	}
	return found;
}

/* All graphs accept at the same place; rejecting goes on behind the graph. */
static size_t label_of(const struct sock_emit *s, node_t handle)
{
	return handle == NODE_ACCEPT ? LABEL_ACCEPT : s->base + handle;
}

/* KEPT: whichever test led here has left the same value in the first register. */
static void emit_test(struct sock_emit *s, node_t handle, node_t following, bool kept)
{
	const struct test *t = &s->g->tests[handle];
	uint32_t number;

	if (!kept)
		emit_symbol(s, FIRST, t->lhs);
	if (sym_is_number(s->g, t->rhs, &number)) {
		emit_jump32_imm(&s->e, t->op, FIRST, number, label_of(s, t->yes));
	} else {
		emit_symbol(s, FIRST + 1, t->rhs);
		emit_jump32(&s->e, t->op, FIRST, FIRST + 1, label_of(s, t->yes));
	}
	if (t->no != following)
		emit_goto(&s->e, label_of(s, t->no));
}

/* Children have the smaller handles, so emitting from the root down makes all jumps go forward. */
static void emit_graph(struct sock_emit *s, const uint8_t *used, node_t root)
{
	for (node_t i = root; i >= NODE_FIRST; i--) {
		node_t following = i - 1;

		if (!used[i])
			continue;
		while (following >= NODE_FIRST && !used[following])
			following--;
		emit_label(&s->e, s->base + i);
		emit_test(s, i, following, used[i] == USED_KEPT);
	}
}

/* A test that is reached, and from where: all tests before it look at the same value, or not. */
static void mark_child(const struct sock_graph *g, node_t from, node_t child, uint8_t *used)
{
	bool same = child >= NODE_FIRST && g->tests[child].lhs == g->tests[from].lhs;

	if (!same)
		used[child] = USED;
	else if (!used[child])
		used[child] = USED_KEPT;
}

static void mark_used(const struct sock_graph *g, node_t root, uint8_t *used)
{
	used[root] = USED;
	for (node_t i = root; i >= NODE_FIRST; i--) {
		if (used[i]) {
			mark_child(g, i, g->tests[i].yes, used);
			mark_child(g, i, g->tests[i].no, used);
		}
	}
}

static bool is_directed(const struct sock_graph *g, node_t root)
{
	uint8_t used[SOCK_LIMIT] = {};

	if (root < NODE_FIRST)
		return false;
	mark_used(g, root, used);
	for (node_t i = NODE_FIRST; i <= root; i++) {
		const struct test *t = &g->tests[i];

		if (used[i] && (sym_directed(g, t->lhs) || sym_directed(g, t->rhs)))
			return true;
	}
	return false;
}

/* One graph, which falls out of its end where it rejects. False: it accepts whatever comes. */
static bool emit_pass(struct sock_emit *s, const struct sock_graph *g, node_t root, bool swapped)
{
	uint8_t used[SOCK_LIMIT] = {};

	if (root == NODE_ACCEPT)
		emit_goto(&s->e, LABEL_ACCEPT);
	if (root < NODE_FIRST)
		return root == NODE_REJECT;
	mark_used(g, root, used);
	s->g = g;
	s->swapped = swapped;
	s->base = s->next;
	s->next += g->n_tests;
	emit_graph(s, used, root);
	emit_label(&s->e, s->base + NODE_REJECT);
	return true;
}

/* Code for one kind of tuple: as it is, then swapped if that makes a difference. */
static void emit_entry(
	struct sock_emit *s, int entry, const struct sock_graph *g, const node_t *roots)
{
	int first = entry == ENTRY_BARE ? BARE : entry == ENTRY_PORTS ? PORTS : NO_SPORT;
	int second = entry == ENTRY_NO_SPORT ? NO_DPORT : first;
	bool more = emit_pass(s, &g[first], roots[first], false);

	if (more && (first != second || is_directed(&g[first], roots[first])))
		more = emit_pass(s, &g[second], roots[second], true);
	if (more)
		emit_return(&s->e, 0);
}

/* ---- the subprogram -------------------------------------------------------------------------- */

static void emit_dispatch(struct sock_emit *s)
{
	struct emit *e = &s->e;

	emit_insn(e, insn_load(BPF_B, BPF_REG_2, TUPLE, TUPLE_AT(family)));
	emit_insn(e, insn_load(BPF_B, BPF_REG_3, TUPLE, TUPLE_AT(l4_proto)));
	emit_insn(e, insn_load(BPF_H, BPF_REG_4, TUPLE, TUPLE_AT(sport)));
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		size_t with_ports = LABEL_WITH_PORTS + 1 + ipv6;

		emit_jump_imm(e, BPF_JNE, BPF_REG_2, ipv6 ? 6 : 4, LABEL_OTHER + ipv6);
		for (size_t i = 0; i < ARRAY_SIZE(protocols_with_ports); i++)
			emit_jump_imm(e, BPF_JEQ, BPF_REG_3, protocols_with_ports[i], with_ports);
		emit_goto(e, ENTRIES * ipv6 + ENTRY_BARE);
		emit_label(e, with_ports);
		emit_jump_imm(e, BPF_JEQ, BPF_REG_4, 0, ENTRIES * ipv6 + ENTRY_NO_SPORT);
		emit_goto(e, ENTRIES * ipv6 + ENTRY_PORTS);
		emit_label(e, LABEL_OTHER + ipv6);
	}
	emit_return(e, 0);
}

static int give(struct emit *e, struct ebpf *code)
{
	int res = emit_finish(e);

	if (!res) {
		code->n = e->n;
		code->insns = TAKE_PTR(e->insns);
		code->origins = TAKE_PTR(e->origins);
	}
	emit_done(e);
	return res;
}

static int emit_all(const struct sock_graph *graphs, const node_t *roots, struct ebpf *code)
{
	struct sock_emit s = {.next = LABEL_GRAPHS};
	size_t labels = LABEL_GRAPHS;

	for (int i = 0; i < 2 * GRAPHS; i++)
		labels += 2 * graphs[i].n_tests;
	emit_init(&s.e, labels);
	emit_dispatch(&s);
	for (int i = 0; i < 2 * ENTRIES; i++) {
		int family = i / ENTRIES * GRAPHS;

		emit_label(&s.e, i);
		emit_entry(&s, i % ENTRIES, graphs + family, roots + family);
	}
	if (emit_label_wanted(&s.e, LABEL_ACCEPT)) {
		emit_label(&s.e, LABEL_ACCEPT);
		emit_return(&s.e, 1);
	}
	return give(&s.e, code);
}

/* What is used when the expression is too involved: hide nothing. */
static int emit_everything(struct ebpf *code)
{
	struct emit e;

	emit_init(&e, 1);
	emit_return(&e, 1);
	return give(&e, code);
}

int ebpf_translate_sock(const struct cbpf_insn *prog, size_t n, struct ebpf *code, bool *ret_exact,
	struct errbuf *err)
{
	struct sock_graph graphs[2 * GRAPHS] = {};
	node_t roots[2 * GRAPHS];
	int res = 0;

	for (int i = 0; !res && i < 2 * GRAPHS; i++) {
		int graph = i % GRAPHS;
		struct sock_kind kind = {.ipv6 = i >= GRAPHS,
			.ports = graph != BARE,
			.no_sport = graph == NO_SPORT,
			.no_dport = graph == NO_DPORT};

		res = sock_graph_build(&graphs[i], prog, n, kind, &roots[i]);
	}
	if (!res)
		res = emit_all(graphs, roots, code);
	*ret_exact = res != -E2BIG;
	for (int i = 0; i < 2 * GRAPHS; i++)
		*ret_exact &= !graphs[i].rounded;
	if (res == -E2BIG)
		res = emit_everything(code);
	for (int i = 0; i < 2 * GRAPHS; i++)
		sock_graph_done(&graphs[i]);
	return res ? err_set(err, res, "out of memory") : 0;
}
