/* SPDX-License-Identifier: GPL-2.0-only */
/* lines.h - whole lines to a stream that its owner flushes. */
#ifndef PATHLAG_LINES_H
#define PATHLAG_LINES_H

#include "bpf/base.h"

/*
 * Adds LEN bytes of TEXT, one line or several. The stream's buffer goes out whenever the next line
 * does not fit, so what a reader gets never ends inside a line, even if we are killed. 0 or -errno.
 */
int lines_write(FILE *out, const char *text, size_t len);

/* What is left goes out. 0 or -errno. */
int lines_flush(FILE *out);

#endif
