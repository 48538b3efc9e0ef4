/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * utf8.h - bytes from the kernel and the network, made safe to show.
 *
 * Process names, device names and DNS names are bytes that somebody else chose. JSON must be valid
 * UTF-8, so there a bad byte becomes U+FFFD. A terminal must not be steered by them, so in text
 * whatever controls a terminal, reorders it or is not UTF-8 shows as `\x1b`. A backslash stays as
 * it is: escaping twice changes nothing, and DNS names use it themselves.
 */
#ifndef PATHLAG_UTF8_H
#define PATHLAG_UTF8_H

#include "bpf/base.h"

enum utf8_kind {
	UTF8_PLAIN,   /* a character that can be shown */
	UTF8_CONTROL, /* valid, but it would act on a terminal: C0, C1, line and direction marks */
	UTF8_INVALID, /* not UTF-8: always one byte */
};

/* Looks at the first character of the LEN > 0 bytes at S and returns how many bytes it has. */
size_t utf8_next(const char *s, size_t len, enum utf8_kind *ret_kind);

/* How many of the LEN bytes are valid UTF-8, from the start on. */
size_t utf8_valid(const char *s, size_t len);

/* A copy of the LEN bytes with each bad byte replaced by U+FFFD; free() it. NULL: no memory. */
char *utf8_clean(const char *s, size_t len);

/*
 * Writes the LEN bytes at SRC to DST as text for a terminal, terminated. Returns the length
 * written, less than CAP (> 0): what does not fit is left out, never half a character or escape.
 */
size_t utf8_escape(char *dst, size_t cap, const char *src, size_t len);

/* The same to a stream; write errors are the stream's to remember. */
void utf8_print(FILE *f, const char *s, size_t len);

/* Characters in S: its columns on a terminal, but for wide and combining ones. */
size_t utf8_columns(const char *s, size_t len);

#endif
