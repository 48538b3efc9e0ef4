/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/libc.h"

#include <glob.h>
#include <sys/stat.h>

static void libc_add(struct libc_list *list, const char *path)
{
	struct libc_file *f = &list->file[list->count];
	struct stat st;

	if (list->count == LIBC_MAX || stat(path, &st) || !S_ISREG(st.st_mode))
		return;
	for (size_t i = 0; i < list->count; i++)
		if (list->file[i].dev == st.st_dev && list->file[i].ino == st.st_ino)
			return;
	if ((size_t)snprintf(f->path, sizeof(f->path), "%s", path) >= sizeof(f->path))
		return;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	list->count++;
}

static bool libc_named(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	return !strcmp(base, "libc.so.6") || !strncmp(base, "libc-2.", 7) ||
	       !strncmp(base, "ld-musl-", 8) || !strncmp(base, "libc.musl-", 10);
}

/* The libc a process has mapped, as seen from here. */
static void libc_of(struct libc_list *list, const char *pid)
{
	char line[1024], path[640];
	_cleanup_(fclosep) FILE *f = NULL;

	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		char *file = strchr(line, '/');

		if (!file)
			continue;
		file[strcspn(file, "\n")] = 0;
		if (!libc_named(file))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/root%.500s", pid, file);
		libc_add(list, path);
	}
}

void libc_find(struct libc_list *list, const struct scope_pids *pids)
{
	glob_t g = {};
	char pid[16];

	list->count = 0;
	libc_of(list, "self");
	if (!glob("/lib/ld-musl-*.so.1", 0, NULL, &g))
		for (size_t i = 0; i < g.gl_pathc; i++)
			libc_add(list, g.gl_pathv[i]);
	globfree(&g);
	for (size_t i = 0; pids && i < pids->count; i++) {
		snprintf(pid, sizeof(pid), "%u", pids->pid[i]);
		libc_of(list, pid);
	}
}
