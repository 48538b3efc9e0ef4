/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of the kernel's functions are filled in, in code and nowhere else. */
#include "bpf/kfunc.h"
#include "bpf/seed.h"
#include "filters/scope.h"

#include <gelf.h>
#include <linux/bpf.h>

#include "bpf/milestone.skel.h"
#include "tests/unit/unit.h"

#define ID 4711

/* Calls in the code of an object: of the helper NUMBER (source 0), of the kernel's function NUMBER.
 */
static int calls(void *elf, size_t size, __u8 source, __s32 number)
{
	Elf *e = elf_version(EV_CURRENT) ? elf_memory(elf, size) : NULL;
	Elf_Scn *scn = NULL;
	int count = 0;

	while ((scn = elf_nextscn(e, scn))) {
		Elf_Data *data = elf_rawdata(scn, NULL);
		const struct bpf_insn *insn = data->d_buf;
		GElf_Shdr sh;

		if (!gelf_getshdr(scn, &sh) || !(sh.sh_flags & SHF_EXECINSTR))
			continue;
		for (size_t i = 0; i < data->d_size / sizeof(*insn); i++)
			count += insn[i].code == (BPF_JMP | BPF_CALL) &&
				 insn[i].src_reg == source && insn[i].imm == number;
	}
	elf_end(e);
	return count;
}

static void check_filled(__s32 mark)
{
	size_t size;
	const void *elf = milestone_bpf__elf_bytes(&size);
	_cleanup_(freep) char *bytes = malloc(size);
	size_t changed = 0;
	int marked;

	memcpy(bytes, elf, size);
	marked = calls(bytes, size, 0, mark);
	CHECK(marked > 0);
	CHECK_INT(kfunc_fill(bytes, size, mark, ID), marked);
	CHECK_INT(calls(bytes, size, 0, mark), 0);
	CHECK_INT(calls(bytes, size, BPF_PSEUDO_KFUNC_CALL, ID), marked);
	/* One byte of registers and up to four of the number each, and nothing else. */
	for (size_t i = 0; i < size; i++)
		changed += bytes[i] != ((const char *)elf)[i];
	CHECK(changed <= (size_t)marked * 5);
	CHECK_INT(kfunc_fill(bytes, size, mark, ID), 0);
}

static void test_each_call_is_filled_in(void)
{
	check_filled(KFUNC_RDONLY_CAST);
	check_filled(KFUNC_PREEMPT_DISABLE);
	check_filled(KFUNC_PREEMPT_ENABLE);
}

static void test_what_is_no_object_is_refused(void)
{
	char bytes[] = "no ELF at all";

	CHECK_INT(kfunc_fill(bytes, sizeof(bytes), KFUNC_RDONLY_CAST, ID), -EINVAL);
	CHECK_STR(bytes, "no ELF at all");
}

int main(void)
{
	UNIT_RUN(test_each_call_is_filled_in);
	UNIT_RUN(test_what_is_no_object_is_refused);
	return unit_status();
}
