/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/kfunc.h"

#include <gelf.h>
#include <linux/bpf.h>

static const struct {
	__s32 mark;
	const char *name;
} kfuncs[] = {
	{KFUNC_RDONLY_CAST, "bpf_rdonly_cast"},
	{KFUNC_PREEMPT_DISABLE, "bpf_preempt_disable"},
	{KFUNC_PREEMPT_ENABLE, "bpf_preempt_enable"},
};

static int fill_section(struct bpf_insn *insn, size_t n, __s32 mark, __s32 id)
{
	int count = 0;

	/* The second half of a long load has no code, so it is not taken for a call. */
	for (size_t i = 0; i < n; i++) {
		if (insn[i].code != (BPF_JMP | BPF_CALL) || insn[i].src_reg || insn[i].imm != mark)
			continue;
		insn[i].src_reg = BPF_PSEUDO_KFUNC_CALL;
		insn[i].imm = id;
		count++;
	}
	return count;
}

int kfunc_fill(void *elf, size_t size, __s32 mark, __s32 id)
{
	Elf *e = elf_version(EV_CURRENT) ? elf_memory(elf, size) : NULL;
	Elf_Scn *scn = NULL;
	int count = 0;

	if (!e || elf_kind(e) != ELF_K_ELF) {
		elf_end(e);
		return -EINVAL;
	}
	while ((scn = elf_nextscn(e, scn))) {
		GElf_Shdr sh;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_PROGBITS ||
			!(sh.sh_flags & SHF_EXECINSTR) || sh.sh_offset > size ||
			sh.sh_size > size - sh.sh_offset)
			continue;
		count += fill_section((struct bpf_insn *)((char *)elf + sh.sh_offset),
			sh.sh_size / sizeof(struct bpf_insn), mark, id);
	}
	elf_end(e);
	return count;
}

int kfunc_open(struct bpf_object_skeleton *s, const struct kernel *k,
	const struct bpf_object_open_opts *opts)
{
	_cleanup_(freep) void *bytes = malloc(s->data_sz);
	int err = 0;

	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, s->data, s->data_sz);
	for (size_t i = 0; err >= 0 && i < ARRAY_SIZE(kfuncs); i++) {
		int id = kernel_kfunc(k, kfuncs[i].name);

		if (id > 0)
			err = kfunc_fill(bytes, s->data_sz, kfuncs[i].mark, id);
	}
	if (err < 0)
		return err;
	/* libbpf keeps nothing of the bytes once it has opened the object. */
	s->data = bytes;
	err = bpf_object__open_skeleton(s, opts);
	s->data = NULL;
	return err;
}
