/* SPDX-License-Identifier: GPL-2.0-only */
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <sys/stat.h>

#include "cmd/iface.h"

/* A namespace given by its inode number: some process or name holds it open. -1 = nobody does. */
static int open_by_inode(unsigned long inode)
{
	glob_t found = {0};
	int fd = -1;

	glob("/run/netns/*", 0, NULL, &found);
	glob("/proc/[0-9]*/ns/net", GLOB_APPEND, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc && fd < 0; i++) {
		struct stat st;

		if (!stat(found.gl_pathv[i], &st) && st.st_ino == inode)
			fd = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC);
	}
	globfree(&found);
	return fd;
}

static int open_netns(const char *netns)
{
	char path[PATH_MAX];

	if (!netns[strspn(netns, "0123456789")])
		return open_by_inode(strtoul(netns, NULL, 10));
	snprintf(path, sizeof(path), "%s%s", strchr(netns, '/') ? "" : "/run/netns/", netns);
	return open(path, O_RDONLY | O_CLOEXEC);
}

int iface_find(const char *name, const char *netns, __u32 *ret_ifindex, struct errbuf *err)
{
	_cleanup_(closep) int there = -1, here = -1;

	if (netns) {
		here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		there = open_netns(netns);
		if (here < 0 || there < 0 || setns(there, CLONE_NEWNET))
			return err_set(err, -EINVAL,
				"cannot look for interface '%s' in network namespace '%s': %s",
				name, netns, there < 0 ? "no process is in it" : strerror(errno));
	}
	*ret_ifindex = if_nametoindex(name);
	if (netns && setns(here, CLONE_NEWNET))
		return err_set(err, -errno, "cannot return from network namespace '%s': %s", netns,
			strerror(errno));
	if (!*ret_ifindex)
		return err_set(err, -EINVAL, "no interface '%s'%s%s", name,
			netns ? " in network namespace "
			      : " in this network namespace (see --netns)",
			netns ? netns : "");
	return 0;
}
