/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ksyms.h - /proc/kallsyms as a sorted table of code addresses.
 *
 * Reading it costs 40 ms on a plain machine and half a second under emulation, so it is read once
 * and only where the kernel cannot be asked (symbol.h). Without privilege (kernel.kptr_restrict)
 * all addresses read as zero: -EPERM.
 */
#ifndef PATHLAG_KSYMS_H
#define PATHLAG_KSYMS_H

#include <linux/types.h>
#include "bpf/base.h"

struct ksyms;

int ksyms_open(struct ksyms **ret);
void ksyms_free(struct ksyms *s);

/* Writes "symbol+0xoff" or "symbol+0xoff [module]"; -ENOENT below the first symbol. */
int ksyms_name(const struct ksyms *s, __u64 addr, char *name, size_t len);

#endif
