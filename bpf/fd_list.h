/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fd_list.h - descriptors that are kept open until the end, and are then closed side by side.
 *
 * To close one of perf's probes the kernel waits for RCU, more than once: that is seconds for a
 * hundred of them. It does not hold its lock in all of these waits, so several can be one: 182
 * probes took three fifths of the time, on 5.10 and 6.1.
 */
#ifndef PATHLAG_FD_LIST_H
#define PATHLAG_FD_LIST_H

#include <stddef.h>

struct fd_list {
	int *fd;
	size_t count, room;
};

int fd_list_add(struct fd_list *l, int fd); /* takes FD, whatever happens; 0 or -ENOMEM */
void fd_list_close(struct fd_list *l);      /* all closed when it returns; the list is empty then */

#endif
