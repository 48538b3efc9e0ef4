/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xlate.h - what the two halves of the translator share. Internal to filters/.
 *
 * ebpf.c plans the stack frame and translates everything but loads; ebpf_load.c emits the prologue
 * and the loads, that is, whatever touches packet bytes.
 */
#ifndef PATHLAG_XLATE_H
#define PATHLAG_XLATE_H

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
static inline size_t label_reject(const struct xlate *x)
{
	return x->n;
}

static inline size_t label_untagged(const struct xlate *x)
{
	return x->n + 1;
}

static inline size_t label_read(const struct xlate *x)
{
	return x->n + 2;
}

static inline size_t label_body(const struct xlate *x)
{
	return x->n + 3;
}

/* Entry of the subprogram: arguments to registers, the window, A and X and scratch memory zero. */
void xlate_prologue(struct xlate *x);

/* The load at instruction I, of class BPF_LD or BPF_LDX and any mode. */
void xlate_load(struct xlate *x, size_t i);

#endif
