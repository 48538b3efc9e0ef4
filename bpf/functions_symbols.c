/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * functions_symbols.c - the kernel's long lists of functions, read once and fast: emulated, one
 * costs seconds, and most of that is the kernel's own formatting.
 */
#include "bpf/functions_scan.h"
#include "bpf/tracefs.h"

#include <fcntl.h>

#define BLOCK (256 << 10) /* far longer than any line */

static const char *hex_parse(const char *p, const char *end, __u64 *ret)
{
	__u64 v = 0;

	for (; p < end; p++) {
		unsigned c = (unsigned char)*p;

		if (c - '0' < 10)
			v = v << 4 | (c - '0');
		else if (c - 'a' < 6)
			v = v << 4 | (c - 'a' + 10);
		else
			break;
	}
	*ret = v;
	return p;
}

/* Is the line P to END, without its newline, a function? */
static bool line_parse(const char *p, const char *end, enum symbol_format format, struct symbol *s)
{
	const char *name;

	*s = (struct symbol){};
	if (format != SYMBOLS_FTRACE) {
		p = hex_parse(p, end, &s->addr);
		if (p == end || *p++ != ' ')
			return false;
	}
	if (format == SYMBOLS_KALLSYMS) {
		if (end - p < 3 || p[1] != ' ' || !strchr("tTwW", *p))
			return false;
		p += 2;
	}
	name = p;
	while (p < end && *p != ' ' && *p != '\t')
		p++;
	s->name = name;
	s->name_len = p - name;
	/* " [module]", and behind it there may be more, such as flags. */
	while (p < end && *p != '[')
		p++;
	if (p < end) {
		s->module = ++p;
		while (p < end && *p != ']')
			p++;
		s->module_len = p - s->module;
	}
	return s->name_len;
}

ssize_t symbols_parse(
	const char *text, size_t len, enum symbol_format format, symbol_fn fn, void *ctx)
{
	const char *p = text, *end = text + len, *newline;
	struct symbol s;

	while (p < end && (newline = memchr(p, '\n', end - p))) {
		if (line_parse(p, newline, format, &s)) {
			int err = fn(&s, ctx);

			if (err < 0)
				return err;
		}
		p = newline + 1;
	}
	return p - text;
}

/* Closes FD. */
static int read_all(int file, enum symbol_format format, symbol_fn fn, void *ctx)
{
	_cleanup_(closep) int fd = file;
	_cleanup_(freep) char *block = NULL;
	size_t len = 0;
	ssize_t n, used;

	block = malloc(BLOCK);
	if (!block)
		return -ENOMEM;
	while ((n = read(fd, block + len, BLOCK - len)) > 0) {
		len += n;
		used = symbols_parse(block, len, format, fn, ctx);
		if (used < 0)
			return used;
		len -= used;
		if (len == BLOCK)
			return -EBADMSG;
		memmove(block, block + used, len);
	}
	return n < 0 ? -errno : 0;
}

int symbols_read(const char *path, enum symbol_format format, symbol_fn fn, void *ctx)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : read_all(fd, format, fn, ctx);
}

int symbols_ftrace(bool *addrs, symbol_fn fn, void *ctx)
{
	int fd = *addrs ? tracefs_open("available_filter_functions_addrs") : -ENOENT;

	if (fd >= 0)
		return read_all(fd, SYMBOLS_FTRACE_ADDRS, fn, ctx);
	*addrs = false;
	fd = tracefs_open("available_filter_functions");
	return fd < 0 ? fd : read_all(fd, SYMBOLS_FTRACE, fn, ctx);
}
