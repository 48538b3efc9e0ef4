/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cbpf.h - classic BPF as libpcap emits it: text to instructions, checks, reachability, listing.
 *
 * The instruction has the layout of libpcap's and the kernel's own; it has a name of its own
 * because <pcap/bpf.h> and <linux/bpf.h> each define a different struct bpf_insn. Only cbpf_pcap.c
 * includes libpcap.
 *
 * A valid program (cbpf_validate) holds known opcodes only, stays inside scratch memory, jumps
 * inside itself and ends in a return. Jumps go forward, except `ja`, which libpcap sends backward
 * for `protochain`.
 */
#ifndef PATHLAG_CBPF_H
#define PATHLAG_CBPF_H

#include <stdio.h>

#include "bpf/base.h"

struct cbpf_insn {
	uint16_t code;
	uint8_t jt, jf;
	uint32_t k;
};

enum {
	CBPF_MAX = 4096,   /* instructions in one program, the kernel's own limit for cBPF */
	CBPF_SCRATCH = 16, /* words of M[] */
};

/* These offsets stand for the kernel's ancillary data (`inbound`, `ifindex`), not packet bytes. */
#define CBPF_ANCILLARY     0xfffff000u
#define CBPF_ANCILLARY_MAX 64

/*
 * Compiles TEXT for the DLT_* link type DLT. *RET is malloc'ed, *RET_N its length.
 * -EINVAL: the expression is bad or has no meaning for this link type, ERR has libpcap's words.
 */
int cbpf_compile(
	const char *text, int dlt, struct cbpf_insn **ret, size_t *ret_n, struct errbuf *err);

/* 0, or -EINVAL with ERR naming the first instruction that is wrong, and how. */
int cbpf_validate(const struct cbpf_insn *prog, size_t n, struct errbuf *err);

/* True for packet loads whose offset is fixed: *RET_END is the length a packet needs for it. */
bool cbpf_fixed_load(const struct cbpf_insn *in, uint64_t *ret_end);

/* True for loads of the packet's length. */
bool cbpf_length_load(const struct cbpf_insn *in);

/*
 * Instructions that can run. REACH has N entries, each set to whether the instruction of a valid
 * program is reachable. Loads that no packet can satisfy end a path.
 */
void cbpf_reachable(const struct cbpf_insn *prog, size_t n, bool *reach);

/* The instructions that can follow PROG[i]: fills NEXT, returns how many (0 for a return). */
int cbpf_successors(const struct cbpf_insn *prog, size_t i, size_t next[2]);

/* One instruction as text, as `tcpdump -d` would show it, without the index. */
void cbpf_image(const struct cbpf_insn *prog, size_t i, char *buf, size_t size);

#endif
