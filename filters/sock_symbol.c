/* SPDX-License-Identifier: GPL-2.0-only */
/* sock_symbol.c - values that are constants, functions of a tuple, or partly unknown. */
#include <linux/filter.h>
#include <linux/bpf.h>

#include "filters/sock.h"

static const struct sock_header_byte nothing = {.what = BYTE_CONST, .unknown = 0xff};

static struct sock_header_byte constant(uint8_t value, uint8_t unknown)
{
	return (struct sock_header_byte){.what = BYTE_CONST, .at = value, .unknown = unknown};
}

static struct sock_header_byte field(enum sock_byte what, uint64_t at)
{
	return (struct sock_header_byte){.what = what, .at = at};
}

static struct sock_header_byte header_ports(struct sock_kind kind, uint64_t off)
{
	if (!kind.ports || off >= 4 || (off < 2 ? kind.no_sport : kind.no_dport))
		return nothing;
	return off < 2 ? field(BYTE_SPORT, off) : field(BYTE_DPORT, off - 2);
}

static struct sock_header_byte header_ipv4(struct sock_kind kind, uint64_t off)
{
	switch (off) {
	case 0:
		return constant(0x45, 0);
	case 6: /* flags may be anything, the fragment offset is 0 */
		return constant(0, 0xe0);
	case 7:
		return constant(0, 0);
	case 9:
		return field(BYTE_PROTOCOL, 0);
	}
	if (off < 12)
		return nothing;
	if (off < 16)
		return field(BYTE_SADDR, off - 12);
	if (off < 20)
		return field(BYTE_DADDR, off - 16);
	return header_ports(kind, off - 20);
}

static struct sock_header_byte header_ipv6(struct sock_kind kind, uint64_t off)
{
	if (off == 0)
		return constant(0x60, 0x0f);
	if (off == 6)
		return field(BYTE_PROTOCOL, 0);
	if (off < 8)
		return nothing;
	if (off < 24)
		return field(BYTE_SADDR, off - 8);
	if (off < 40)
		return field(BYTE_DADDR, off - 24);
	return header_ports(kind, off - 40);
}

struct sock_header_byte sock_header(struct sock_kind kind, uint64_t off)
{
	return kind.ipv6 ? header_ipv6(kind, off) : header_ipv4(kind, off);
}

static sym_t intern(struct sock_graph *g, const struct sym *sym)
{
	for (size_t i = 0; i < g->n_syms; i++) {
		if (!memcmp(&g->syms[i], sym, sizeof(*sym)))
			return i;
	}
	if (g->n_syms == SOCK_LIMIT) {
		g->too_involved = true;
		return 0;
	}
	g->syms[g->n_syms] = *sym;
	return g->n_syms++;
}

sym_t sym_const(struct sock_graph *g, uint32_t value, uint32_t unknown)
{
	struct sym sym;

	memset(&sym, 0, sizeof(sym));
	sym.kind = SYM_CONST;
	sym.leaves = 1;
	sym.k = value & ~unknown;
	sym.unknown = unknown;
	return intern(g, &sym);
}

sym_t sym_unknown(struct sock_graph *g)
{
	return sym_const(g, 0, UINT32_MAX);
}

sym_t sym_load(struct sock_graph *g, uint64_t off, unsigned int bytes)
{
	uint32_t value = 0, unknown = 0;
	bool runtime = false;
	struct sym sym;

	for (unsigned int i = 0; i < bytes; i++) {
		struct sock_header_byte b = sock_header(g->kind, off + i);

		runtime |= b.what != BYTE_CONST;
		value = value << 8 | (b.what == BYTE_CONST ? b.at : 0);
		unknown = unknown << 8 | b.unknown;
	}
	if (!runtime)
		return sym_const(g, value, unknown);
	memset(&sym, 0, sizeof(sym));
	sym.kind = SYM_LOAD;
	sym.leaves = 1;
	sym.k = off << 8 | bytes;
	sym.unknown = unknown;
	return intern(g, &sym);
}

bool sym_is_number(const struct sock_graph *g, sym_t sym, uint32_t *ret)
{
	*ret = g->syms[sym].k;
	return g->syms[sym].kind == SYM_CONST && !g->syms[sym].unknown;
}

static uint32_t fold(int op, uint32_t a, uint32_t b)
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
	case BPF_RSH:
		return b < 32 ? a >> b : 0;
	}
	return 0;
}

/* Bits of "A op NUMBER" that stay unknown. */
static uint32_t unknown_after(int op, uint32_t unknown, uint32_t number)
{
	switch (op) {
	case BPF_AND:
	case BPF_LSH:
	case BPF_RSH:
		return fold(op, unknown, number);
	}
	return unknown ? UINT32_MAX : 0;
}

sym_t sym_op(struct sock_graph *g, int op, sym_t a, sym_t b)
{
	const struct sym *sa = &g->syms[a], *sb = &g->syms[b];
	struct sym sym;
	uint32_t number, unknown;

	if (sym_is_number(g, b, &number)) {
		unknown = unknown_after(op, sa->unknown, number);
	} else if (sym_is_number(g, a, &number) && op == BPF_AND) {
		unknown = sb->unknown & number;
	} else {
		/* A divisor or count that the tuple decides may reject at run time: leave it open.
		 */
		bool open = op == BPF_DIV || op == BPF_MOD || op == BPF_LSH || op == BPF_RSH;

		unknown = sa->unknown || sb->unknown || open ? UINT32_MAX : 0;
	}
	if (unknown == UINT32_MAX)
		return sym_unknown(g);
	if (sa->kind == SYM_CONST && sb->kind == SYM_CONST)
		return sym_const(g, fold(op, sa->k, sb->k), unknown);
	if (sa->depth >= SOCK_SYM_DEPTH || sb->depth >= SOCK_SYM_DEPTH ||
		sa->leaves + sb->leaves > SOCK_SYM_LEAVES) {
		g->rounded = true;
		return sym_unknown(g);
	}
	memset(&sym, 0, sizeof(sym));
	sym.kind = SYM_OP;
	sym.op = op;
	sym.depth = 1 + (sa->depth > sb->depth ? sa->depth : sb->depth);
	sym.leaves = sa->leaves + sb->leaves;
	sym.a = a;
	sym.b = b;
	sym.unknown = unknown;
	return intern(g, &sym);
}

/* -2 unless every value the unknown bits allow gives the same answer. */
static int compare_range(int op, const struct sym *a, uint32_t k)
{
	uint32_t low = a->k, high = a->k | a->unknown;

	switch (op) {
	case BPF_JEQ:
		if ((a->k ^ k) & ~a->unknown)
			return 0;
		return a->unknown ? -2 : 1;
	case BPF_JSET:
		if (a->k & k)
			return 1;
		return a->unknown & k ? -2 : 0;
	case BPF_JGT:
		return low > k ? 1 : high > k ? -2 : 0;
	default: /* BPF_JGE */
		return low >= k ? 1 : high >= k ? -2 : 0;
	}
}

/* Whether SYM is the protocol and NUMBER one that this kind of packet cannot have. */
static bool other_protocol(const struct sock_graph *g, const struct sym *sym, uint32_t number)
{
	static const uint8_t with_ports[] = SOCK_PORT_PROTOCOLS;
	bool has_ports = false;

	if (sym->kind != SYM_LOAD || (sym->k & 0xff) != 1 ||
		sock_header(g->kind, sym->k >> 8).what != BYTE_PROTOCOL)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(with_ports); i++)
		has_ports |= with_ports[i] == number;
	return has_ports != g->kind.ports;
}

int sym_compare(const struct sock_graph *g, int op, sym_t a, sym_t b)
{
	const struct sym *sa = &g->syms[a], *sb = &g->syms[b];

	if (sb->kind == SYM_CONST && !sb->unknown) {
		if (sa->kind == SYM_CONST)
			return compare_range(op, sa, sb->k);
		if (op == BPF_JSET)
			return sa->unknown & sb->k ? -2 : -1;
		if (op == BPF_JEQ && other_protocol(g, sa, sb->k))
			return 0;
	}
	return sa->unknown || sb->unknown ? -2 : -1;
}
