/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * unroll.h - a program with loops as libpcap can be trusted to run it.
 *
 * `protochain` loops, and on some packets (an authentication header that leads back to itself)
 * libpcap's interpreter never ends. The program is repeated once for each round a filter may take;
 * a backward jump goes to the next copy, that of the last copy rejects.
 */
#ifndef PATHLAG_TEST_UNROLL_H
#define PATHLAG_TEST_UNROLL_H

#include "filters/cbpf.h"

/* Malloc'ed; *RET_N its length, N if there was no loop. NULL: no memory. */
struct cbpf_insn *unroll(const struct cbpf_insn *prog, size_t n, int rounds, size_t *ret_n);

#endif
