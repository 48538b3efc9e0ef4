/* SPDX-License-Identifier: GPL-2.0-only */
/* inject.c - finds a placeholder subprogram, and moves everything around its new body. */
#include "filters/inject.h"

void inject_done(struct inject_prog *p)
{
	free(p->insns);
	free(p->funcs.rows);
	free(p->lines.rows);
	*p = (struct inject_prog){};
}

/* Whether an instruction refers to another one by distance: a call, or the address of a function.
 */
static bool refers(const struct ebpf_insn *in)
{
	if (in->code == (BPF_JMP | BPF_CALL))
		return in->src == BPF_PSEUDO_CALL;
	return in->code == (BPF_LD | BPF_IMM | BPF_DW) && in->src == BPF_PSEUDO_FUNC;
}

static bool is_wide(const struct ebpf_insn *in)
{
	return in->code == (BPF_LD | BPF_IMM | BPF_DW);
}

static size_t target(const struct ebpf_insn *insns, size_t i)
{
	return i + 1 + insns[i].imm;
}

static int find_mark(const struct inject_prog *p, uint32_t mark, size_t *ret)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct ebpf_insn *in = &p->insns[i];

		if (in->code == (BPF_ALU64 | BPF_MOV | BPF_K) && (uint32_t)in->imm == mark) {
			*ret = i;
			return 0;
		}
		i += is_wide(in);
	}
	return -ENOENT;
}

int inject_find(const struct inject_prog *p, uint32_t mark, size_t *ret_start, size_t *ret_end)
{
	size_t at, start = 0, end = p->n;
	int res = find_mark(p, mark, &at);

	if (res)
		return res;
	for (size_t i = 0; i < p->n; i++) {
		size_t t = refers(&p->insns[i]) ? target(p->insns, i) : 0;

		if (t > start && t <= at)
			start = t;
		if (t > at && t < end)
			end = t;
		i += is_wide(&p->insns[i]);
	}
	*ret_start = start;
	*ret_end = end;
	return start ? 0 : -EINVAL;
}

struct move {
	size_t start, end; /* of the old body */
	ssize_t by;        /* how far everything behind it goes */
};

static size_t moved(const struct move *m, size_t i)
{
	return i >= m->end ? i + m->by : i;
}

static void fix_references(
	const struct inject_prog *old, const struct move *m, struct ebpf_insn *out)
{
	for (size_t i = 0; i < old->n; i++) {
		if (i >= m->start && i < m->end)
			continue;
		if (refers(&old->insns[i]))
			out[moved(m, i)].imm =
				(ssize_t)moved(m, target(old->insns, i)) - (ssize_t)moved(m, i) - 1;
		i += is_wide(&old->insns[i]);
	}
}

static void fix_table(const struct move *m, struct inject_table *t)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		uint8_t *row = t->rows + (size_t)i * t->row_size;
		uint32_t at;

		memcpy(&at, row, sizeof(at));
		if (at > m->start && at < m->end)
			continue;
		at = moved(m, at);
		memmove(t->rows + (size_t)kept * t->row_size, row, t->row_size);
		memcpy(t->rows + (size_t)kept * t->row_size, &at, sizeof(at));
		kept++;
	}
	t->n = kept;
}

int inject_replace(struct inject_prog *p, size_t start, size_t end, const struct ebpf_insn *body,
	size_t n_body)
{
	struct move m = {
		.start = start, .end = end, .by = (ssize_t)n_body - (ssize_t)(end - start)};
	struct ebpf_insn *out = malloc((p->n + m.by) * sizeof(*out));

	if (!out)
		return -ENOMEM;
	memcpy(out, p->insns, start * sizeof(*out));
	memcpy(out + start, body, n_body * sizeof(*out));
	memcpy(out + start + n_body, p->insns + end, (p->n - end) * sizeof(*out));
	fix_references(p, &m, out);
	fix_table(&m, &p->funcs);
	fix_table(&m, &p->lines);
	free(p->insns);
	p->insns = out;
	p->n += m.by;
	return 0;
}
