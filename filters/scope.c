/* SPDX-License-Identifier: GPL-2.0-only */
#include "filters/scope.h"

#include <ctype.h>
#include <limits.h>
#include <sys/stat.h>

/* A whole positive number, nothing around it. */
static bool number_parse(const char *text, size_t len, __u32 *ret)
{
	__u64 v = 0;

	if (!len || len > 10)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
		v = v * 10 + (text[i] - '0');
	}
	*ret = v;
	return v && v <= UINT32_MAX;
}

/* The process a thread belongs to; 0 = no such thread. */
static __u32 tgid_of(__u32 tid)
{
	char path[64], line[128];
	_cleanup_(fclosep) FILE *f = NULL;
	__u32 tgid = 0;

	snprintf(path, sizeof(path), "/proc/%u/status", tid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %u", &tgid) == 1)
			break;
	return tgid;
}

int scope_add_pids(struct scope *s, struct scope_pids *pids, const char *arg, struct errbuf *err)
{
	const char *p = arg;

	for (;;) {
		size_t len = strcspn(p, ",");
		__u32 pid, tgid;

		if (!number_parse(p, len, &pid))
			return err_set(err, -EINVAL, "'%.*s' is not a process id", (int)len, p);
		tgid = tgid_of(pid);
		if (!tgid)
			return err_set(err, -ESRCH, "no process has the id %u", pid);
		if (pids->count == SCOPE_PIDS_MAX)
			return err_set(err, -E2BIG, "more than %d process ids", SCOPE_PIDS_MAX);
		pids->pid[pids->count++] = tgid;
		if (!p[len])
			break;
		p += len + 1;
	}
	s->by_pid = 1;
	return 0;
}

int scope_set_comm(struct scope *s, const char *arg, struct errbuf *err)
{
	if (!*arg)
		return err_set(err, -EINVAL, "the process name is empty");
	memset(s->comm, 0, sizeof(s->comm));
	memcpy(s->comm, arg, strnlen(arg, sizeof(s->comm) - 1));
	s->by_comm = 1;
	return 0;
}

int scope_set_netns(struct scope *s, const char *arg, struct errbuf *err)
{
	char path[PATH_MAX];
	struct stat st, self;
	__u32 inum;

	if (number_parse(arg, strlen(arg), &inum)) {
		s->netns = inum;
		s->by_netns = 1;
		return 0;
	}
	if (strchr(arg, '/'))
		snprintf(path, sizeof(path), "%s", arg);
	else
		snprintf(path, sizeof(path), "/run/netns/%s", arg);
	if (!*arg || stat(path, &st))
		return err_set(err, *arg ? -errno : -EINVAL,
			"no network namespace '%s' (a name as in `ip netns`, a path, or a number)",
			arg);
	/* Namespaces are files of one file system of their own. */
	if (stat("/proc/self/ns/net", &self) || st.st_dev != self.st_dev)
		return err_set(err, -EINVAL, "'%s' is not a network namespace", path);
	s->netns = st.st_ino;
	s->by_netns = 1;
	return 0;
}

/* Where cgroup2 is mounted, without a trailing slash. */
static int cgroup_mount(char *path, size_t len)
{
	_cleanup_(fclosep) FILE *f = fopen("/proc/self/mounts", "re");
	char line[PATH_MAX], dir[PATH_MAX], type[64];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %4095s %63s", dir, type) != 2 || strcmp(type, "cgroup2"))
			continue;
		snprintf(path, len, "%s", dir);
		return 0;
	}
	return -ENOENT;
}

int scope_set_cgroup(struct scope *s, const char *arg, struct errbuf *err)
{
	char root[PATH_MAX], joined[2 * PATH_MAX], path[PATH_MAX];
	__u32 level = 0;
	size_t len;
	struct stat st;

	if (cgroup_mount(root, sizeof(root)))
		return err_set(err, -ENOTSUP, "no cgroup2 hierarchy is mounted");
	len = strlen(root);
	snprintf(joined, sizeof(joined), "%s/%s", root, arg);
	if (!realpath(strncmp(arg, root, len) ? joined : arg, path) || stat(path, &st))
		return err_set(err, -errno, "no cgroup '%s' below %s", arg, root);
	if (strncmp(path, root, len) || (path[len] && path[len] != '/') || !S_ISDIR(st.st_mode))
		return err_set(err, -EINVAL, "'%s' is not a cgroup", arg);
	for (const char *p = path + len; *p; p++)
		level += *p == '/';
	s->cgroup = st.st_ino;
	s->cgroup_level = level;
	s->by_cgroup = 1;
	return 0;
}
