/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symbol.h - names of addresses in the kernel's code.
 *
 * The kernel is asked for each one, by a BPF program that runs once (%pS of bpf_snprintf(), Linux
 * 5.13, in a program of type syscall, 5.14): microseconds, where reading all of /proc/kallsyms
 * takes 40 ms and half a second where the machine is emulated. Older kernels have that read once,
 * when the first name is wanted (ksyms.h). Shared with symbol.bpf.c.
 */
#ifndef PATHLAG_SYMBOL_H
#define PATHLAG_SYMBOL_H

#define SYMBOL_SAID 256 /* the kernel's words for one address */

#ifndef __bpf__
# include <stddef.h>
# include <linux/types.h>

struct symbols;

/* NULL: no memory. Nothing is loaded or read before the first name is wanted. */
struct symbols *symbols_new(void);
void symbols_free(struct symbols *s);

/* Writes "symbol+0xoff" or "symbol+0xoff [module]". -ENOENT: there is no code; or -errno of both
 * ways, -EPERM without the privilege to see addresses. */
int symbols_name(struct symbols *s, __u64 addr, char *name, size_t len);

/* The first of the two ways: -ENOTSUP where the kernel cannot be asked. */
int symbols_ask(struct symbols *s, __u64 addr, char *name, size_t len);

/* SAID as the kernel prints %pS, "symbol+0xoff/0xsize [module]", without the size. -ENOENT: it
 * names no symbol. */
int symbol_of_words(const char *said, char *name, size_t len);

#endif
#endif
