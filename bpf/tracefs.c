/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/tracefs.h"
#include "bpf/base.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>

/* By number: the C library may be older than the calls. */
static int private_mount(void)
{
	_cleanup_(closep) int fs = syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0)
		return errno == ENODEV ? -ENOENT : -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -errno;
	fd = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

static int open_at(int dir, const char *path)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int tracefs_open(const char *name)
{
	static const char *const roots[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	_cleanup_(closep) int mount = -1;
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/%s", roots[i], name);
		fd = open_at(AT_FDCWD, path);
		if (fd >= 0)
			return fd;
	}
	mount = private_mount();
	return mount < 0 ? mount : open_at(mount, name);
}
