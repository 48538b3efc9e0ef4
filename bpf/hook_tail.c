/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/hook_tail.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

/* ---- which ----------------------------------------------------------------------------------- */

/* What user space reads from such an array is the number of the program. */
static void array_read(int fd, __u32 entries, tail_found_fn found, void *arg)
{
	for (__u32 i = 0, id; i < entries && i < TAIL_ENTRIES_MAX; i++)
		if (!bpf_map_lookup_elem(fd, &i, &id))
			found(arg, id);
}

/* None is kept open: while one is, the kernel does not empty it when its owner goes. */
void tails_find(tail_found_fn found, void *arg)
{
	__u32 id = 0;

	while (!bpf_map_get_next_id(id, &id)) {
		_cleanup_(closep) int fd = bpf_map_get_fd_by_id(id);
		struct bpf_map_info info = {0};
		__u32 len = sizeof(info);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) &&
			info.type == BPF_MAP_TYPE_PROG_ARRAY)
			array_read(fd, info.max_entries, found, arg);
	}
}

/* ---- where ----------------------------------------------------------------------------------- */

#define IMAGE_BYTES 64

/*
 * A jump leaves out the start of the code, which belongs to those that the kernel calls, up to
 * where the frame is set up: push %rbp; mov %rsp,%rbp. A called program gets there, too.
 */
static int entry_offset(const __u8 *image, size_t len)
{
#if defined(__x86_64__)
	static const __u8 frame[] = {0x55, 0x48, 0x89, 0xe5};

	for (size_t i = 0; i + sizeof(frame) < len; i++)
		if (!memcmp(image + i, frame, sizeof(frame)))
			return (int)(i + sizeof(frame));
#endif
	return -ENOTSUP;
}

static int entry_address(int fd, __u64 *addr, struct errbuf *err)
{
	__u8 image[IMAGE_BYTES] = {0};
	struct bpf_prog_info info = {.nr_jited_ksyms = 1,
		.jited_ksyms = (__u64)(uintptr_t)addr,
		.jited_prog_len = sizeof(image),
		.jited_prog_insns = (__u64)(uintptr_t)image};
	__u32 len = sizeof(info);
	int offset;

	*addr = 0;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return err_set(err, -errno, "its code cannot be read: %s", strerror(errno));
	if (!*addr)
		return err_set(err, -EPERM, "the kernel does not show where its code is");
	offset = entry_offset(image, sizeof(image));
	if (offset < 0)
		return err_set(err, offset, "it is not known where jumps enter it");
	*addr += offset;
	return 0;
}

/* ---- breakpoints ----------------------------------------------------------------------------- */

static int event_set(__u64 addr, int cpu, int prog)
{
	struct perf_event_attr attr = {.size = sizeof(attr),
		.type = PERF_TYPE_BREAKPOINT,
		.sample_period = 1,
		.disabled = 1,
		.bp_type = HW_BREAKPOINT_X,
		.bp_addr = addr,
		.bp_len = sizeof(long)};
	_cleanup_(closep) int event =
		syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	if (event < 0)
		return -errno;
	if (ioctl(event, PERF_EVENT_IOC_SET_BPF, prog) || ioctl(event, PERF_EVENT_IOC_ENABLE, 0))
		return -errno;
	return take_fd(&event);
}

int tail_break_set(struct tail_break *b, int fd, int prog, struct errbuf *err)
{
	int cpus = libbpf_num_possible_cpus(), code = entry_address(fd, &b->addr, err);

	b->events = 0;
	if (code)
		return code;
	b->event = cpus > 0 ? calloc(cpus, sizeof(*b->event)) : NULL;
	if (!b->event)
		return -ENOMEM;
	for (int cpu = 0; cpu < cpus; cpu++) {
		int event = event_set(b->addr, cpu, prog);

		if (event == -ENODEV) /* that CPU is off */
			continue;
		if (event < 0) {
			tail_break_done(b);
			return err_set(err, event, "no breakpoint for it: %s", strerror(-event));
		}
		b->event[b->events++] = event;
	}
	return 0;
}

void tail_break_done(struct tail_break *b)
{
	for (size_t i = 0; i < b->events; i++)
		close(b->event[i]);
	free(b->event);
	*b = (struct tail_break){0};
}
