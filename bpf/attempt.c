/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/attach.h"
#include "bpf/attempt.h"
#include "bpf/base.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>
#include <netdb.h>

#define FUNCTION "tcp_v4_connect"

/* A program that returns 0; its fd, or -errno. */
static int prog_load(int type, struct bpf_prog_load_opts *opts)
{
	const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(type, "attempt", "GPL", nothing, ARRAY_SIZE(nothing), opts);

	return fd < 0 ? -errno : fd;
}

static int prog_of(int type, int expected)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = expected);

	return prog_load(type, &opts);
}

static int done(int fd)
{
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int attempt_load(int type, int expected)
{
	return done(prog_of(type, expected));
}

int attempt_raw_tracepoint(const char *name)
{
	_cleanup_(closep) int prog = prog_of(BPF_PROG_TYPE_RAW_TRACEPOINT, 0);
	int fd;

	if (prog < 0)
		return prog;
	fd = bpf_raw_tracepoint_open(name, prog);
	return done(fd < 0 ? -errno : fd);
}

int attempt_ringbuf(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "attempt", 0, 0, 65536, NULL);

	return done(fd < 0 ? -errno : fd);
}

static int event(const char *source, const char *target, __u64 offset)
{
	_cleanup_(closep) int prog = prog_of(BPF_PROG_TYPE_KPROBE, 0);

	if (prog < 0)
		return prog;
	return done(attach_event(prog, source, false, (__u64)(uintptr_t)target, offset));
}

/* The mapping that holds getaddrinfo() here: its file, and the function's offset in it. */
int attempt_uprobe(void)
{
	unsigned long at = (unsigned long)getaddrinfo, start, end, offset;
	_cleanup_(fclosep) FILE *maps = fopen("/proc/self/maps", "re");
	char line[1024], path[512];

	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %*s %lx %*s %*s %511[^\n]", &start, &end, &offset,
			    path) != 4)
			continue;
		if (at >= start && at < end)
			return event("uprobe", path, at - start + offset);
	}
	return -ENOENT;
}

int attempt_kprobe(void)
{
	return event("kprobe", FUNCTION, 0);
}

/* By name: the address may not be readable. */
static int multi(int type)
{
	const char *const syms[] = {FUNCTION};
	_cleanup_(closep) int prog = prog_of(BPF_PROG_TYPE_KPROBE, type);

	if (prog < 0)
		return prog;
	return done(attach_multi(prog,
		&(struct attach_multi){.type = type, .syms = syms, .count = ARRAY_SIZE(syms)}));
}

int attempt_kprobe_multi(void)
{
	return multi(ATTACH_KPROBE_MULTI);
}

int attempt_kprobe_session(void)
{
	return multi(ATTACH_KPROBE_SESSION);
}

int attempt_fentry(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	struct btf *btf = btf__parse("/sys/kernel/btf/vmlinux", NULL);
	_cleanup_(closep) int prog = -1;
	int id;

	if (!btf)
		return -ENOTSUP;
	id = btf__find_by_name_kind(btf, FUNCTION, BTF_KIND_FUNC);
	btf__free(btf);
	if (id < 0)
		return id;
	opts.attach_btf_id = id;
	prog = prog_load(BPF_PROG_TYPE_TRACING, &opts);
	if (prog < 0)
		return prog;
	return done(attach_trampoline(prog));
}
