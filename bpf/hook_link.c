/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/hook_link.h"
#include "bpf/attach.h"
#include "bpf/cookie.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>

/* ---- many functions in one link ------------------------------------------------------------- */

/* The parallel arrays that the kernel wants. */
struct batch {
	struct hooked **of;
	__u64 *addrs;
	size_t count;
};

static void batch_done(struct batch *b)
{
	free(b->of);
	free(b->addrs);
}

static int batch_fill(struct batch *b, struct hooked *list, size_t count)
{
	b->of = calloc(count + 1, sizeof(*b->of));
	b->addrs = calloc(count + 1, sizeof(*b->addrs));
	if (!b->of || !b->addrs)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (!list[i].f->addr)
			continue;
		b->of[b->count] = &list[i];
		b->addrs[b->count++] = list[i].f->addr;
	}
	return 0;
}

/* Those of the range whose returns are wanted. *FD stays as it is where there are none. */
static int multi_returns(
	const struct batch *b, size_t from, size_t count, const struct hook_multi *m, int *fd)
{
	_cleanup_(freep) __u64 *addrs = calloc(count, sizeof(*addrs));
	struct attach_multi a = {.type = m->type, .addrs = addrs, .returns = true};

	if (!addrs)
		return -ENOMEM;
	for (size_t i = from; i < from + count; i++)
		if (!(b->of[i]->cookie & COOKIE_NO_RETURN))
			addrs[a.count++] = b->addrs[i];
	if (a.count)
		*fd = attach_multi(m->leave, &a);
	return a.count && *fd < 0 ? *fd : 0;
}

/* Returns are attached first: an entry whose return is not seen would stay open. FDS: -1 = none. */
static int multi_attach(
	const struct batch *b, size_t from, size_t count, const struct hook_multi *m, int fds[2])
{
	struct attach_multi a = {.type = m->type, .addrs = b->addrs + from, .count = count};

	int err;

	fds[0] = -1;
	err = m->leave >= 0 ? multi_returns(b, from, count, m, &fds[0]) : 0;
	if (err)
		return err;
	fds[1] = attach_multi(m->enter, &a);
	if (fds[1] < 0 && fds[0] >= 0)
		close(fds[0]);
	return fds[1] < 0 ? fds[1] : 0;
}

static int multi_range(struct fd_list *fds, const struct batch *b, size_t from, size_t count,
	const struct hook_multi *m)
{
	size_t half = count / 2;
	int fd[2], err;

	if (!count)
		return 0;
	err = multi_attach(b, from, count, m, fd);
	if (!err) {
		for (size_t i = from; i < from + count; i++)
			b->of[i]->attached = true;
		err = fd[0] >= 0 ? fd_list_add(fds, fd[0]) : 0;
		return fd_list_add(fds, fd[1]) ?: err;
	}
	if (count == 1) {
		m->skip(m->arg, b->of[from], err);
		return 0;
	}
	err = multi_range(fds, b, from, half, m);
	return err ? err : multi_range(fds, b, from + half, count - half, m);
}

int hook_link_multi(
	struct fd_list *fds, struct hooked *list, size_t count, const struct hook_multi *m)
{
	_cleanup_(batch_done) struct batch b = {0};
	int err = batch_fill(&b, list, count);

	return err ? err : multi_range(fds, &b, 0, b.count, m);
}

/* ---- one function --------------------------------------------------------------------------- */

int hook_link_kprobe(struct fd_list *fds, struct hooked *h, int enter, int leave, bool cookies)
{
	__u64 cookie = cookies ? h->cookie : 0;
	_cleanup_(closep) int ret = -1;
	int fd;

	if (leave >= 0 && !(h->cookie & COOKIE_NO_RETURN)) {
		ret = attach_kprobe(leave, h->f->name, h->f->addr, true, cookie);
		if (ret < 0)
			return ret;
	}
	fd = attach_kprobe(enter, h->f->name, h->f->addr, false, cookie);
	if (fd < 0)
		return fd;
	h->attached = true;
	if (ret >= 0)
		fd_list_add(fds, take_fd(&ret));
	return fd_list_add(fds, fd);
}

/* ---- one function by trampoline ------------------------------------------------------------- */

#define LD_IMM64 (BPF_LD | BPF_IMM | BPF_DW)

/* The mark is an ordinary 64-bit constant, in two instructions. */
int cookie_put(struct bpf_insn *insns, size_t n, __u64 cookie)
{
	int found = 0;

	for (size_t i = 0; i + 1 < n; i++) {
		if (insns[i].code != LD_IMM64 || insns[i].src_reg ||
			(__u32)insns[i].imm != (__u32)COOKIE_MARK ||
			(__u32)insns[i + 1].imm != (__u32)(COOKIE_MARK >> 32))
			continue;
		insns[i].imm = (__s32)cookie;
		insns[i + 1].imm = (__s32)(cookie >> 32);
		found++;
	}
	return found ? 0 : -ENOENT;
}

/* The BTF object of a loaded module: its id is found by name. -ENOENT: it has none. */
static int module_btf(const char *module)
{
	__u32 id = 0;

	while (!bpf_btf_get_next_id(id, &id)) {
		char name[64] = "";
		struct bpf_btf_info info = {
			.name = (__u64)(uintptr_t)name, .name_len = sizeof(name)};
		__u32 len = sizeof(info);
		int fd = bpf_btf_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.kernel_btf &&
			!strcmp(name, module))
			return fd;
		close(fd);
	}
	return -ENOENT;
}

static int clone_load(const struct bpf_program *template, const struct hooked *h, int btf)
{
	size_t n = bpf_program__insn_cnt(template);
	_cleanup_(freep) struct bpf_insn *insns = malloc(n * sizeof(*insns));
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		.expected_attach_type = bpf_program__expected_attach_type(template),
		.attach_btf_id = h->f->btf_id, .attach_btf_obj_fd = btf > 0 ? btf : 0);
	int err, fd;

	if (!insns)
		return -ENOMEM;
	memcpy(insns, bpf_program__insns(template), n * sizeof(*insns));
	err = cookie_put(insns, n, h->cookie);
	if (err)
		return err;
	fd = bpf_prog_load(
		BPF_PROG_TYPE_TRACING, bpf_program__name(template), "GPL", insns, n, &opts);
	return fd < 0 ? -errno : fd;
}

/* The program goes when its attachment does: only that is kept. */
static int clone_attach(const struct bpf_program *template, const struct hooked *h, int btf)
{
	_cleanup_(closep) int prog = clone_load(template, h, btf);

	return prog < 0 ? prog : attach_trampoline(prog);
}

int hook_link_fentry(struct fd_list *fds, struct hooked *h, const struct bpf_program *enter,
	const struct bpf_program *leave)
{
	_cleanup_(closep) int btf = -1, ret = -1;
	int fd;

	if (strcmp(h->f->module, "vmlinux")) {
		btf = module_btf(h->f->module);
		if (btf < 0)
			return btf;
	}
	if (leave && !(h->cookie & COOKIE_NO_RETURN)) {
		ret = clone_attach(leave, h, btf);
		if (ret < 0)
			return ret;
	}
	fd = clone_attach(enter, h, btf);
	if (fd < 0)
		return fd;
	h->attached = true;
	if (ret >= 0)
		fd_list_add(fds, take_fd(&ret));
	return fd_list_add(fds, fd);
}
