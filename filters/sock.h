/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sock.h - a packet filter asked about a socket. Internal to filters/.
 *
 * Of a socket's packets we know the addresses, the protocol and, for protocols that have them, the
 * ports (a source port of 0 has not been chosen yet and may become any); that there are no IP
 * options, extension headers or fragments; and nothing else. The cBPF program is therefore run on
 * symbols (sock_symbol.c): a value is a constant, a function of the tuple, or has bits that are
 * unknown. Where a branch depends on unknown bits both ways are possible, and the socket is
 * selected if any of them accepts (sock_graph.c builds the graph of such branches). A subset
 * construction (sock_decide.c) makes that graph deterministic: a chain of tests on the tuple which
 * needs no state, and is what gets emitted (sock_emit.c).
 *
 * Handles are indexes into the tables of struct sock_graph.
 */
#ifndef PATHLAG_SOCK_H
#define PATHLAG_SOCK_H

#include "filters/cbpf.h"

typedef uint16_t sym_t;
typedef uint16_t node_t;

enum {
	SOCK_LIMIT = 8192,    /* symbols, branches, tests: beyond, the expression is too involved */
	SOCK_SYM_DEPTH = 6,   /* nesting of a symbol, bounded by the registers there are */
	SOCK_SYM_LEAVES = 16, /* loads and constants in one symbol */
	SOCK_HEADER = 44,     /* bytes of header described at most: IPv6 and two ports */
};

/* Which packets are described: one program is specialised for each of these. */
struct sock_kind {
	bool ipv6;
	bool ports; /* the protocol is one of those that have them, and is known to be */
	bool no_sport, no_dport; /* which of the two nobody knows yet */
};

#define SOCK_PORT_PROTOCOLS \
 {                          \
  6, 17, 33, 132, 136       \
 } /* TCP, UDP, DCCP, SCTP, UDP-Lite */

enum sym_kind { SYM_CONST, SYM_LOAD, SYM_OP };

struct sym {
	uint8_t kind;
	uint8_t op; /* SYM_OP: BPF_ADD ... on a and b */
	uint8_t depth;
	uint8_t leaves;
	sym_t a, b;
	uint32_t k;       /* SYM_CONST: value, unknown bits clear; SYM_LOAD: offset << 8 | bytes */
	uint32_t unknown; /* bits nobody can tell */
};

enum {
	NODE_ACCEPT,
	NODE_REJECT,
	NODE_FIRST, /* smallest handle of a real branch */
};

/* The state of a cBPF run at a branch it cannot decide alone, and where the branch leads. */
struct node {
	size_t pc;
	sym_t a, x, m[CBPF_SCRATCH];
	uint8_t op; /* BPF_JEQ ...; 0: the outcome is unknown, both ways are taken */
	sym_t lhs, rhs;
	node_t yes, no;
	bool done; /* yes and no are filled in */
};

/* A test of the deterministic graph: NODE_ACCEPT and NODE_REJECT have the same handles here. */
struct test {
	uint8_t op;
	sym_t lhs, rhs;
	node_t yes, no;
};

struct sock_graph {
	const struct cbpf_insn *prog;
	size_t n;
	struct sock_kind kind;
	uint32_t *live; /* for each instruction what is read later: bit i M[i], 16 A, 17 X */
	struct sym *syms;
	size_t n_syms;
	struct node *nodes;
	size_t n_nodes;
	struct test *tests;
	size_t n_tests;
	bool too_involved;
	bool rounded; /* a value too involved to compute was taken for unknown */
	bool no_memory;
};

/* Builds the deterministic graph. *RET_ROOT is where it starts. 0, -ENOMEM, -E2BIG. */
int sock_graph_build(struct sock_graph *g, const struct cbpf_insn *prog, size_t n,
	struct sock_kind kind, node_t *ret_root);
void sock_graph_done(struct sock_graph *g);

/* The branch graph: runs from instruction PC in the given state to the next open branch. */
node_t sock_node(struct sock_graph *g, size_t pc, const struct node *state);

/* Makes sure that yes and no of a branch are known. */
void sock_node_expand(struct sock_graph *g, node_t node);

/* The subset construction over the branch graph, from one node on. */
node_t sock_decide(struct sock_graph *g, node_t start);

/* Symbols. All return a handle; equal symbols have equal handles. */
sym_t sym_const(struct sock_graph *g, uint32_t value, uint32_t unknown);
sym_t sym_load(struct sock_graph *g, uint64_t off, unsigned int bytes);
sym_t sym_op(struct sock_graph *g, int op, sym_t a, sym_t b);
sym_t sym_unknown(struct sock_graph *g);
bool sym_is_number(const struct sock_graph *g, sym_t sym, uint32_t *ret);

/* 1, 0, or -1: depends on the tuple, or -2: cannot be known. */
int sym_compare(const struct sock_graph *g, int op, sym_t a, sym_t b);

enum sock_byte { BYTE_CONST, BYTE_SADDR, BYTE_DADDR, BYTE_SPORT, BYTE_DPORT, BYTE_PROTOCOL };

struct sock_header_byte {
	enum sock_byte what;
	uint8_t at;      /* which byte of the address or port; the value for BYTE_CONST */
	uint8_t unknown; /* bits of it */
};

/* What is known about byte OFF of the network header of a packet of this kind. */
struct sock_header_byte sock_header(struct sock_kind kind, uint64_t off);

#endif
