/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child.h - `-- COMMAND`: made before tracing is armed, let go once it is.
 *
 * The command gets our stdin, stdout and stderr untouched, the default signal actions, and, where
 * pathlag runs under sudo, the identity of the user who called sudo.
 */
#ifndef PATHLAG_CHILD_H
#define PATHLAG_CHILD_H

#include <sys/types.h>

#include "bpf/base.h"

struct child {
	pid_t pid;   /* 0 = none, or reaped */
	int gate;    /* write end of the pipe it waits on; -1 = open */
	bool exited; /* then `status` holds */
	int status;  /* exit status as a shell gives it: 128 + n for a signal */
};

/*
 * Forks; the child waits for child_release(). -ENOENT or -EACCES, with ERR, when the command does
 * not exist or cannot be executed: checked before anything else happens.
 */
int child_prepare(struct child *c, char **argv, struct errbuf *err);

void child_release(struct child *c);

/* Reaps it if it has ended; true once it has. Never blocks. */
bool child_poll(struct child *c);

/* Reaps it, however long it takes. */
void child_wait(struct child *c);

/* Passes SIGNAL on. */
void child_signal(const struct child *c, int signal);

/* Ends a child that was never released. */
void child_cancel(struct child *c);

#endif
