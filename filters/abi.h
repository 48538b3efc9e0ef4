/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * abi.h - what a BPF program and the filter spliced into it agree on. Included by both sides.
 *
 * A BPF program calls a placeholder, a static subprogram whose body holds one marker (see
 * bpf/filter.bpf.h). When the program is loaded, filter_splice replaces the body that holds the
 * marker by the translated expression. Arguments and result of the three kinds:
 *
 *   L2, L3  r1 = kernel address of the first byte (MAC header; network header)
 *           r2 = bytes that can be read there (linear part), u32
 *           r3 = length of the packet from there on, paged data included, u32
 *           r4 = L2 only: VLAN tag that the kernel keeps outside the data, as TPID << 16 | TCI in
 *                host order, or 0
 *   SOCK    r1 = struct rec_tuple (bpf/record.h), on the stack or in a map, aligned to 2; either
 *           orientation will do, the filter looks at both; sport 0: not known yet
 *   r0      1: selected, 0: not
 */
#ifndef PATHLAG_FILTER_ABI_H
#define PATHLAG_FILTER_ABI_H

#define FILTER_MARK_L2   0x504c4632
#define FILTER_MARK_L3   0x504c4633
#define FILTER_MARK_SOCK 0x504c4634

#endif
