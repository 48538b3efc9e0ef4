/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/find.h"
#include "bpf/find.skel.h"
#include "bpf/functions_scan.h"
#include "bpf/roles.h"

#include <bpf/bpf.h>

/* x86: `call __fentry__` as ftrace has left it, a nop of five bytes or a call of its own; INT3
 * while that is changed, or for a kprobe. In front of it may be ENDBR64, or what took its place. */
static bool text_is_traceable(const unsigned char *text)
{
#if defined(__x86_64__)
	static const unsigned char gap[] = {0x0f, 0x1f, 0x44, 0x00, 0x00};
	static const unsigned char before[][4] = {
		{0xf3, 0x0f, 0x1e, 0xfa}, {0x66, 0x0f, 0x1f, 0x00}, {0x0f, 0x1f, 0x40, 0xd6}};

	for (size_t i = 0; i < ARRAY_SIZE(before); i++)
		if (!memcmp(text, before[i], sizeof(before[i]))) {
			text += sizeof(before[i]);
			break;
		}
	return !memcmp(text, gap, sizeof(gap)) || *text == 0xe8 || *text == 0xcc;
#else
	return false;
#endif
}

/* Those that are looked up. */
struct few {
	struct function *of[FIND_MAX];
	size_t count;
};

static int few_add(struct few *few, struct function *f)
{
	if (few->count == FIND_MAX)
		return -E2BIG;
	few->of[few->count++] = f;
	return 0;
}

/* Names of the core and of the roles are known to be of one function each, others are not. */
static int few_collect(struct few *few, struct functions *list)
{
	const struct role *role;
	int err = 0;

	for (size_t i = 0; !err && i < list->count; i++) {
		struct function *f = &list->list[i];

		if (f->chosen && f->why == FUNC_OK)
			err = f->core ? few_add(few, f) : -E2BIG;
	}
	for (size_t i = 0; !err && (role = role_at(i)); i++) {
		struct function *f =
			role->always ? functions_find(list, FUNC_VMLINUX, role->function) : NULL;

		if (f && !f->chosen && f->why == FUNC_OK)
			err = few_add(few, f);
	}
	return err;
}

static int slots_fill(struct find_bpf *s, const struct few *few)
{
	for (size_t i = 0; i < few->count; i++) {
		const struct function *f = few->of[i];
		bool own = strcmp(f->module, FUNC_VMLINUX);
		int len = snprintf(s->bss->slots[i].name, FIND_NAME, "%s%s%s", own ? f->module : "",
			own ? ":" : "", f->name);

		if (len >= FIND_NAME)
			return -E2BIG;
	}
	s->bss->count = few->count;
	return 0;
}

static int slots_judge(const struct find_slot *slot, const struct few *few)
{
	for (size_t i = 0; i < few->count; i++)
		if (slot[i].addr && !text_is_traceable(slot[i].text))
			return -ENODATA;
	for (size_t i = 0; i < few->count; i++) {
		few->of[i]->addr = slot[i].addr;
		if (!slot[i].addr)
			few->of[i]->why = FUNC_NOT_IN_FTRACE;
	}
	return 0;
}

static int find(const struct few *few)
{
	struct find_bpf *s = find_bpf__open_and_load();
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int err;

	if (!s)
		return -errno;
	err = slots_fill(s, few);
	if (!err && bpf_prog_test_run_opts(bpf_program__fd(s->progs.find), &opts))
		err = -errno;
	if (!err)
		err = (int)opts.retval;
	if (!err)
		err = slots_judge(s->bss->slots, few);
	find_bpf__destroy(s);
	return err;
}

int find_core(struct functions *f)
{
	struct few few = {};
	int err = few_collect(&few, f);

	return err ? err : find(&few);
}
