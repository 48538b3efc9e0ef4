/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core_types.h - the few types of the kernel that a BPF object may be fitted to, for libbpf to
 * search instead of all.
 *
 * For each type of an object's own that it relocates (CO-RE), libbpf walks all of the kernel's
 * types, some hundred thousand, by name. Here one walk looks for all of them at once, and what it
 * finds is handed to libbpf as the kernel's BTF:
 *
 *	size_t size;
 *	const void *elf = X_bpf__elf_bytes(&size);
 *	_cleanup_(core_types_done) struct core_types types = CORE_TYPES_NONE;
 *	LIBBPF_OPTS(bpf_object_open_opts, opts,
 *		.btf_custom_path = core_types_open(&types, kernel_btf(k), elf, size));
 *	s = X_bpf__open_opts(&opts), X_bpf__load(s)
 *
 * Kept are the types whose name, up to a "___", is that of any type in the object, and all that
 * they hold by value. A pointer leads to void: a relocated member that is one needs no more. So no
 * relocation may ask for a function or for a pointer by its type.
 *
 * Their ids are new, as libbpf walks from the first to the last. So bpf_core_type_id_kernel() is of
 * no use in the object: the kernel's id of struct X is the size of a struct id_of_X, which is there
 * if the object has structs X and id_of_X (CORE_TYPE_ID in read.bpf.h).
 *
 * With a BTF of ours libbpf does not look for types in modules'. None that the programs read is
 * declared by a module alone: they come from the headers of sk_buff, sock, net and net_device.
 */
#ifndef PATHLAG_CORE_TYPES_H
#define PATHLAG_CORE_TYPES_H

#include <bpf/btf.h>
#include "bpf/base.h"

struct core_types {
	int fd; /* -1 = none */
	char path[32];
};

#define CORE_TYPES_NONE \
 (struct core_types)    \
 {                      \
  .fd = -1              \
 }

/* A path for libbpf that lasts until core_types_done(), of the types of KERNEL for the object in
 * ELF. NULL where there can be none: libbpf then searches the kernel's, where all ids of types are
 * relocated to 0. */
const char *core_types_open(
	struct core_types *c, const struct btf *kernel, const void *elf, size_t size);
void core_types_done(struct core_types *c);

/* The same as a BTF, for an object whose own is OBJECT; NULL with errno. */
struct btf *core_types_choose(const struct btf *kernel, const struct btf *object);

#endif
