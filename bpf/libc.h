/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libc.h - where getaddrinfo() lives: the C libraries of this host and of given processes, glibc
 * and musl, containers' too (through /proc/PID/root). Each file once, however many names it has.
 */
#ifndef PATHLAG_LIBC_H
#define PATHLAG_LIBC_H

#include <sys/types.h>
#include "filters/scope.h"

#define LIBC_MAX 32

struct libc_file {
	char path[512];
	dev_t dev;
	ino_t ino;
};

struct libc_list {
	struct libc_file file[LIBC_MAX];
	size_t count;
};

/* PIDS may be NULL. What cannot be read is left out. */
void libc_find(struct libc_list *list, const struct scope_pids *pids);

#endif
