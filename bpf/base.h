/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * base.h - the few things every folder may use: ownership that ends with the scope, and errors
 * that carry the user's own words.
 *
 * Library code never prints. A function that can fail returns 0 (or a count) or -errno and, where
 * it takes a struct errbuf, leaves there one line that names what was wrong and what to do. Only
 * cmd/ shows it. Everything here is header-only, so that no folder depends on another for it.
 */
#ifndef PATHLAG_BASE_H
#define PATHLAG_BASE_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Runs F on the variable's address when the scope ends: `_cleanup_(freep) char *s = NULL;` */
#define _cleanup_(f)        __attribute__((cleanup(f)))
#define _printf_(fmt, args) __attribute__((format(printf, fmt, args)))

/* Hand a pointer over: evaluates to its value and leaves NULL behind for the cleanup. */
#define TAKE_PTR(p)    \
 (                     \
	 {             \
__typeof__(p) *_pp = &(p); \
__typeof__(p) _val = *_pp; \
*_pp = NULL;               \
_val;                      \
	 })

/* The same for a file descriptor, whose "none" is -1. */
static inline int take_fd(int *fd)
{
	int val = *fd;

	*fd = -1;
	return val;
}

static inline void freep(void *p)
{
	free(*(void **)p);
}

static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* One line about what went wrong, without a trailing newline. Empty: nothing to add to errno. */
struct errbuf {
	char text[512];
};

/* Fills ERR (may be NULL) and returns CODE, so that `return err_set(err, -EINVAL, ...)` reads well.
 */
_printf_(3, 4) static inline int err_set(struct errbuf *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return code;
}

#endif
