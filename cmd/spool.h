/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spool.h - records that wait to be rendered: a queue, first in, first out, which takes them at the
 * speed of memcpy and costs little memory however long it gets.
 *
 * Records lie in blocks. The first and the last block are in memory, what is between them is in a
 * temporary file without a name ($TMPDIR, else /tmp, else /var/tmp), made when it is needed first.
 * Its room is used again, and given back when the queue is empty. It takes at most what was asked
 * for, and half of what was free when it was made. Where there is no file, two blocks is all.
 */
#ifndef PATHLAG_SPOOL_H
#define PATHLAG_SPOOL_H

#include "bpf/base.h"

#define SPOOL_BLOCK 262144 /* bytes */

struct spool;

/* The file lies in DIR (NULL: as above) and gets up to MAX_BYTES. NULL when out of memory. */
struct spool *spool_new(const char *dir, uint64_t max_bytes);

bool spool_is_empty(const struct spool *s);

/* Appends a copy of REC, up to REC_MAX_LEN bytes. 0, or -errno: it finds no room until others have
 * been taken (-ENOSPC; or what keeps the file from being made or written). Never when empty. */
int spool_push(struct spool *s, const void *rec, size_t len);

/* Takes the first one. It stays, aligned as in the ring, until the next call. 1; 0 = empty;
 * -errno: it cannot be read any more. */
int spool_pop(struct spool *s, const void **rec, size_t *len);

/* Forgets what is in it. */
void spool_clear(struct spool *s);

void spool_free(struct spool *s);

#endif
