/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/attempt.h"
#include "bpf/base.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <netdb.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#define FUNCTION "tcp_v4_connect"

/* kprobe.multi's attach type: newer than the headers of some build machines. */
#define ATTACH_KPROBE_MULTI 42

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
		return fd == -1 ? -errno : fd;
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

/* Number of a dynamic perf event source: -ENOTSUP where the kernel was built without. */
static int event_source(const char *name)
{
	char path[96];
	_cleanup_(fclosep) FILE *f = NULL;
	int type;

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", name);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%d", &type) != 1)
		return -ENOTSUP;
	return type;
}

/* Opens the perf event and runs the program from it. */
static int event_attach(const char *source, const char *target, __u64 offset)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr), .config1 = (__u64)(uintptr_t)target, .config2 = offset};
	_cleanup_(closep) int event = -1, prog = -1;
	int type = event_source(source);

	if (type < 0)
		return type;
	attr.type = type;
	event = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0)
		return -errno;
	prog = prog_of(BPF_PROG_TYPE_KPROBE, 0);
	if (prog < 0)
		return prog;
	if (ioctl(event, PERF_EVENT_IOC_SET_BPF, prog) || ioctl(event, PERF_EVENT_IOC_ENABLE, 0))
		return -errno;
	return 0;
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
			return event_attach("uprobe", path, at - start + offset);
	}
	return -ENOENT;
}

int attempt_kprobe(void)
{
	return event_attach("kprobe", FUNCTION, 0);
}

int attempt_kprobe_multi(void)
{
	const char *syms[] = {FUNCTION};
	LIBBPF_OPTS(bpf_link_create_opts, opts, .kprobe_multi.syms = syms, .kprobe_multi.cnt = 1);
	_cleanup_(closep) int prog = prog_of(BPF_PROG_TYPE_KPROBE, ATTACH_KPROBE_MULTI);
	int fd;

	if (prog < 0)
		return prog;
	fd = bpf_link_create(prog, 0, ATTACH_KPROBE_MULTI, &opts);
	return done(fd < 0 ? -errno : fd);
}

int attempt_fentry(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	struct btf *btf = btf__parse("/sys/kernel/btf/vmlinux", NULL);
	_cleanup_(closep) int prog = -1;
	int id, fd;

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
	fd = bpf_raw_tracepoint_open(NULL, prog);
	return done(fd < 0 ? -errno : fd);
}
