/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/ksyms.h"

#include <fcntl.h>

struct ksym {
	__u64 addr;
	const char *name;   /* into text */
	const char *module; /* likewise, NULL = vmlinux */
};

struct ksyms {
	char *text; /* the whole file, its separators made NULs */
	struct ksym *sym;
	size_t count, room;
};

/* A proc file has no size: read until it ends. */
static char *file_read(const char *path)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_(freep) char *buf = NULL;
	size_t len = 0, room = 0;
	ssize_t n;

	if (fd < 0)
		return NULL;
	do {
		if (room - len < 65536) {
			char *more;

			room = room ? room * 2 : 8 << 20;
			more = realloc(buf, room);
			if (!more)
				return NULL;
			buf = more;
		}
		n = read(fd, buf + len, room - len - 1);
		if (n > 0)
			len += n;
	} while (n > 0);
	buf[len] = 0;
	return n < 0 ? NULL : TAKE_PTR(buf);
}

static int ksyms_add(struct ksyms *s, const struct ksym *sym)
{
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 1 << 17;
		struct ksym *more = realloc(s->sym, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->sym = more;
		s->room = room;
	}
	s->sym[s->count++] = *sym;
	return 0;
}

static __u64 hex_parse(char **p)
{
	__u64 v = 0;

	for (;; (*p)++) {
		unsigned c = (unsigned char)**p;

		if (c - '0' < 10)
			v = v << 4 | (c - '0');
		else if (c - 'a' < 6)
			v = v << 4 | (c - 'a' + 10);
		else
			return v;
	}
}

/* "ffffffff81000000 T name\t[module]\n": code symbols only. */
static int ksyms_parse(struct ksyms *s)
{
	char *p = s->text;

	while (*p) {
		struct ksym sym = {.addr = hex_parse(&p)};
		char *end = strchrnul(p, '\n'), *tab;
		char type = p[0] && p[1] ? p[1] : 0;

		if (type && strchr("tTwW", type) && end - p > 3) {
			sym.name = p + 3;
			tab = memchr(p + 3, '\t', end - p - 3);
			if (tab) {
				*tab = 0;
				sym.module = tab + 1;
			}
			if (ksyms_add(s, &sym))
				return -ENOMEM;
		}
		p = *end ? end + 1 : end;
		*end = 0;
	}
	return 0;
}

static int ksym_compare(const void *a, const void *b)
{
	__u64 x = ((const struct ksym *)a)->addr, y = ((const struct ksym *)b)->addr;

	return x < y ? -1 : x > y;
}

static void ksyms_freep(struct ksyms **s)
{
	ksyms_free(*s);
}

int ksyms_open(struct ksyms **ret)
{
	_cleanup_(ksyms_freep) struct ksyms *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->text = file_read("/proc/kallsyms");
	if (!s->text)
		return -errno;
	err = ksyms_parse(s);
	if (err)
		return err;
	if (!s->count || !s->sym[s->count - 1].addr)
		return -EPERM;
	qsort(s->sym, s->count, sizeof(*s->sym), ksym_compare);
	*ret = TAKE_PTR(s);
	return 0;
}

void ksyms_free(struct ksyms *s)
{
	if (!s)
		return;
	free(s->sym);
	free(s->text);
	free(s);
}

int ksyms_name(const struct ksyms *s, __u64 addr, char *name, size_t len)
{
	size_t lo = 0, hi = s->count;
	const struct ksym *sym;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (s->sym[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return -ENOENT;
	sym = &s->sym[lo - 1];
	snprintf(name, len, "%s+0x%llx%s%s", sym->name, addr - sym->addr, sym->module ? " " : "",
		sym->module ? sym->module : "");
	return 0;
}
