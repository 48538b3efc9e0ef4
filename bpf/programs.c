/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/programs.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>

#define TYPE_NETFILTER 32 /* 6.4: newer than some build machines' headers */

/* What the programs of a type are called with, in BTF. */
static const struct kind {
	__u32 type, kind, returns;
	const char *context;
} kinds[] = {
	{BPF_PROG_TYPE_XDP, PROG_XDP, RETURNS_XDP, "xdp_md"},
	{BPF_PROG_TYPE_SCHED_CLS, PROG_TC, RETURNS_TC, "__sk_buff"},
	{BPF_PROG_TYPE_SCHED_ACT, PROG_TC, RETURNS_TC, "__sk_buff"},
	{BPF_PROG_TYPE_CGROUP_SKB, PROG_CGROUP_SKB, RETURNS_CGROUP_SKB, "__sk_buff"},
	{BPF_PROG_TYPE_SK_SKB, PROG_SK_SKB, RETURNS_SK_SKB, "__sk_buff"},
	{BPF_PROG_TYPE_LWT_IN, PROG_LWT, RETURNS_LWT, "__sk_buff"},
	{BPF_PROG_TYPE_LWT_OUT, PROG_LWT, RETURNS_LWT, "__sk_buff"},
	{BPF_PROG_TYPE_LWT_XMIT, PROG_LWT, RETURNS_LWT, "__sk_buff"},
	{BPF_PROG_TYPE_LWT_SEG6LOCAL, PROG_LWT, RETURNS_LWT, "__sk_buff"},
	{TYPE_NETFILTER, PROG_NETFILTER, RETURNS_NF, "bpf_nf_ctx"},
};

int programs_next(__u32 after, __u32 *ret)
{
	return bpf_prog_get_next_id(after, ret) ? -errno : 0;
}

static const struct kind *kind_of_type(__u32 type)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

/* A program that stands in for a function of another (freplace) is what its argument says. */
static const struct kind *kind_of_context(const char *context)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (context && !strcmp(kinds[i].context, context))
			return &kinds[i];
	return NULL;
}

/* The struct that the function's only argument points at; NULL = it is not like that. */
static const char *context_of(const struct btf *btf, __u32 func)
{
	const struct btf_type *t = btf__type_by_id(btf, func);
	const struct btf_type *proto = t ? btf__type_by_id(btf, t->type) : NULL;

	if (!proto || !btf_is_func_proto(proto) || btf_vlen(proto) != 1)
		return NULL;
	t = btf__type_by_id(btf, btf_params(proto)[0].type);
	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	if (!t || !btf_is_ptr(t))
		return NULL;
	t = btf__type_by_id(btf, t->type);
	while (t && btf_is_mod(t))
		t = btf__type_by_id(btf, t->type);
	return t && btf_is_struct(t) ? btf__name_by_offset(btf, t->name_off) : NULL;
}

/* The main function: its number in BTF, and the address of its code. */
static int main_function(int fd, struct program *p)
{
	struct bpf_func_info func = {0};
	__u64 addr = 0;
	struct bpf_prog_info info = {.nr_func_info = 1,
		.func_info_rec_size = sizeof(func),
		.func_info = (__u64)(uintptr_t)&func,
		.nr_jited_ksyms = 1,
		.jited_ksyms = (__u64)(uintptr_t)&addr};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	p->btf_id = func.type_id;
	p->addr = addr;
	return info.nr_func_info ? 0 : -ENOENT;
}

/* Where BTF does not agree with what the verifier knows of the argument, the kernel makes five
 * registers of it. */
#define PARAMS_UNKNOWN 5

static int describe(int fd, __u32 btf_id, const struct kind *kind, struct program *p)
{
	struct btf *btf = btf__load_from_kernel_by_id(btf_id);
	const struct btf_type *t;
	const char *context;
	int err = btf ? main_function(fd, p) : -errno;

	t = err ? NULL : btf__type_by_id(btf, p->btf_id);
	if (!err && !(t && btf_is_func(t)))
		err = -ENOENT;
	if (!err) {
		snprintf(p->name, sizeof(p->name), "%s", btf__name_by_offset(btf, t->name_off));
		context = context_of(btf, p->btf_id);
		if (!kind)
			kind = kind_of_context(context);
		p->kind = kind ? kind->kind : PROG_NONE;
		p->returns = kind ? kind->returns : RETURNS_VOID;
		p->params = kind && context && !strcmp(kind->context, context) ? 1 : PARAMS_UNKNOWN;
	}
	btf__free(btf);
	return err;
}

int program_open(__u32 id, struct program *p, struct errbuf *err)
{
	_cleanup_(closep) int fd = bpf_prog_get_fd_by_id(id);
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);
	const struct kind *kind;
	int code;

	if (fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	kind = kind_of_type(info.type);
	if (!kind && info.type != BPF_PROG_TYPE_EXT)
		return -ENOENT;
	*p = (struct program){.id = id};
	snprintf(p->name, sizeof(p->name), "%s", info.name);
	if (!info.btf_id)
		return kind ? err_set(err, -ENOTSUP, "it was loaded without BTF") : -ENOENT;
	code = describe(fd, info.btf_id, kind, p);
	if (code)
		return err_set(err, -ENOTSUP, "its BTF cannot be read: %s", strerror(-code));
	return p->kind == PROG_NONE ? -ENOENT : take_fd(&fd);
}

bool programs_any(__u32 *last)
{
	struct errbuf err = {0};
	struct program p = {0};
	bool any = false;

	for (__u32 id; !any && !programs_next(*last, &id); *last = id) {
		int fd = program_open(id, &p, &err);

		any = fd != -ENOENT;
		if (fd >= 0)
			close(fd);
	}
	return any;
}
