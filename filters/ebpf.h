/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ebpf.h - eBPF made from one cBPF program, its listing, and a run of it without a kernel.
 * Internal to filters/: users see filter.h. Calling conventions are in abi.h.
 */
#ifndef PATHLAG_EBPF_H
#define PATHLAG_EBPF_H

#include "filters/abi.h"
#include "filters/cbpf.h"
#include "filters/insn.h"

struct ebpf {
	struct ebpf_insn *insns;
	uint16_t *origins; /* index of the cBPF instruction, EMIT_NONE where there is none */
	size_t n;
};

void ebpf_done(struct ebpf *code);

enum ebpf_frame {
	EBPF_IP,     /* r1 points at an IP header */
	EBPF_ETHER,  /* r1 points at an Ethernet header */
	EBPF_TAGGED, /* the same, and the VLAN tag in r4 counts as if it lay in the frame */
};

enum {
	/* Backward jumps a run may take before it rejects: headers that `protochain` follows. */
	EBPF_MAX_LOOPS = 32, /* = FILTER_MAX_LOOPS */
};

/*
 * Translates a valid program for packets. Fills CODE (free with ebpf_done). Returns 0, -ENOMEM or
 * -E2BIG (more than fits one eBPF subprogram).
 */
int ebpf_translate(const struct cbpf_insn *prog, size_t n, enum ebpf_frame frame, struct ebpf *code,
	struct errbuf *err);

/*
 * Translates a valid program of the raw-IP form for sockets: accepts a tuple if any packet of that
 * socket, in either direction, might match. See sock.h for what is known of such a packet.
 * *RET_EXACT is false if the expression was too involved, and more sockets are accepted than need
 * be, in the extreme case all.
 */
int ebpf_translate_sock(const struct cbpf_insn *prog, size_t n, struct ebpf *code, bool *ret_exact,
	struct errbuf *err);

/* One instruction as text. The image of the second half of a 64-bit load is empty. */
void ebpf_image(const struct ebpf_insn *insns, size_t i, char *buf, size_t size);

struct ebpf_memory {
	const void *data; /* what r1 points at */
	uint32_t size;    /* readable bytes there */
	bool direct;      /* loads may use r1 directly (a tuple), not only the probe-read helper */
};

/*
 * Runs INSNS on the memory and the remaining arguments R2..R4. Returns the program's result (0 or
 * 1), -EFAULT for an access outside stack and data (a mistake of the translator, never of the
 * packet), -EINVAL for an instruction that no translation holds, -ELOOP after 2^20 instructions.
 */
int ebpf_run(const struct ebpf_insn *insns, size_t n, const struct ebpf_memory *mem,
	const uint64_t args[3]);

#endif
