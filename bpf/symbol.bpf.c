/* SPDX-License-Identifier: GPL-2.0-only */
/* symbol.bpf.c - has the kernel itself name an address of its code: symbol.h. */
#include "bpf/vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "bpf/symbol.h"

char LICENSE[] SEC("license") = "GPL";

__u64 address = 0;
char said[SYMBOL_SAID];

SEC("syscall")
int name(void *ctx)
{
	BPF_SNPRINTF(said, sizeof(said), "%pS", address);
	return 0;
}
