/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/attach.h"
#include "bpf/base.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#define MULTI_RETURN (1u << 0) /* BPF_F_KPROBE_MULTI_RETURN */

int attach_multi(int prog, const struct attach_multi *m)
{
	union bpf_attr attr = {0};
	int fd;

	attr.link_create.prog_fd = prog;
	attr.link_create.attach_type = m->type;
	attr.link_create.kprobe_multi.flags = m->returns ? MULTI_RETURN : 0;
	attr.link_create.kprobe_multi.cnt = m->count;
	attr.link_create.kprobe_multi.addrs = (__u64)(uintptr_t)m->addrs;
	attr.link_create.kprobe_multi.syms = (__u64)(uintptr_t)m->syms;
	fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
	return fd < 0 ? -errno : fd;
}

/* A number from a file of one line. */
static int event_number(const char *source, const char *file, const char *form)
{
	char path[128];
	_cleanup_(fclosep) FILE *f = NULL;
	int number;

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/%s", source, file);
	f = fopen(path, "re");
	if (!f || fscanf(f, form, &number) != 1)
		return -ENOTSUP;
	return number;
}

/* The event itself, without a program. */
static int event_open(const char *source, bool returns, __u64 config1, __u64 config2)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr), .config1 = config1, .config2 = config2};
	int event, type = event_number(source, "type", "%d");

	if (type < 0)
		return type;
	attr.type = type;
	if (returns) {
		int bit = event_number(source, "format/retprobe", "config:%d");

		if (bit < 0)
			return bit;
		attr.config = 1ull << bit;
	}
	event = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return event < 0 ? -errno : event;
}

static int event_set(int event, int prog)
{
	if (ioctl(event, PERF_EVENT_IOC_SET_BPF, prog) || ioctl(event, PERF_EVENT_IOC_ENABLE, 0))
		return -errno;
	return 0;
}

int attach_event(int prog, const char *source, bool returns, __u64 config1, __u64 config2)
{
	_cleanup_(closep) int event = event_open(source, returns, config1, config2);
	int err = event < 0 ? event : event_set(event, prog);

	return err ? err : take_fd(&event);
}

/* The link keeps the event. */
static int event_link(int event, int prog, __u64 cookie)
{
	union bpf_attr attr = {0};
	int fd;

	attr.link_create.prog_fd = prog;
	attr.link_create.target_fd = event;
	attr.link_create.attach_type = BPF_PERF_EVENT;
	attr.link_create.perf_event.bpf_cookie = cookie;
	fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		return -errno;
	if (!ioctl(event, PERF_EVENT_IOC_ENABLE, 0))
		return fd;
	close(fd);
	return -errno;
}

int attach_kprobe(int prog, const char *name, __u64 addr, bool returns, __u64 cookie)
{
	__u64 by_name = addr ? 0 : (__u64)(uintptr_t)name;
	_cleanup_(closep) int event = event_open("kprobe", returns, by_name, addr);
	int err;

	if (event < 0)
		return event;
	if (cookie)
		return event_link(event, prog, cookie);
	err = event_set(event, prog);
	return err ? err : take_fd(&event);
}

int attach_trampoline(int prog)
{
	int fd = bpf_raw_tracepoint_open(NULL, prog);

	return fd < 0 ? -errno : fd;
}

struct bpf_link *attach_raw_tracepoint(const struct bpf_program *prog)
{
	return bpf_program__attach_raw_tracepoint(
		prog, strchr(bpf_program__section_name(prog), '/') + 1);
}
