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
	USUAL_X =
		20, /* length of an IPv4 header without options: what X holds in nearly all loads */
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

/* Labels: one an instruction, then these, then two more an instruction. */
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

static inline size_t label_far(const struct xlate *x, size_t i)
{
	return x->n + 4 + 2 * i;
}

static inline size_t label_loaded(const struct xlate *x, size_t i)
{
	return x->n + 5 + 2 * i;
}

static inline size_t label_count(size_t n)
{
	return 3 * n + 4;
}

/* Bytes the packet must have for the load IN when X is as usual; 0 where the window does not go so
 * far. */
uint32_t xlate_usual_end(const struct cbpf_insn *in);

/* Entry of the subprogram: arguments to registers, the window, A and X and scratch memory zero. */
void xlate_prologue(struct xlate *x);

/* The load at instruction I, of class BPF_LD or BPF_LDX and any mode. */
void xlate_load(struct xlate *x, size_t i);

#endif
