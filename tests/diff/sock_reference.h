/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sock_reference.h - the meaning of a filter on a socket, written down a second time.
 *
 * Runs the cBPF with values that may have unknown bits, on the header of a given tuple, and tries
 * both ways at every branch that cannot be decided. Slow and simple, unlike filters/sock_*.c.
 */
#ifndef PATHLAG_TEST_SOCK_REFERENCE_H
#define PATHLAG_TEST_SOCK_REFERENCE_H

#include "bpf/record.h"
#include "filters/cbpf.h"

/* 1 or 0; -1: too many open branches to try them all. */
int sock_reference(const struct cbpf_insn *prog, const struct rec_tuple *tuple);

#endif
