/* SPDX-License-Identifier: GPL-2.0-only */
/* find.bpf.c - looks up kernel functions by name: find.h. */
#include "bpf/vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "bpf/find.h"

#define EPERM 1

char LICENSE[] SEC("license") = "GPL";

struct find_slot slots[FIND_MAX];
__u32 count = 0;

SEC("syscall")
int find(void *ctx)
{
	for (__u32 i = 0; i < FIND_MAX && i < count; i++) {
		struct find_slot *s = &slots[i];
		long err = bpf_kallsyms_lookup_name(s->name, sizeof(s->name), 0, &s->addr);

		if (err == -EPERM) /* kernel.kptr_restrict: no address is shown */
			return err;
		if (!err)
			bpf_probe_read_kernel(s->text, sizeof(s->text), (void *)s->addr);
	}
	return 0;
}
