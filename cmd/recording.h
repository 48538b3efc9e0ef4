/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * recording.h - `-w FILE`: the record stream as it is (bpf/record.h), after eight bytes of magic.
 */
#ifndef PATHLAG_RECORDING_H
#define PATHLAG_RECORDING_H

#include "bpf/base.h"

/* Creates FILE and writes the magic. NULL with ERR on failure. */
FILE *recording_create(const char *path, struct errbuf *err);

/* 0 or -errno. */
int recording_write(FILE *f, const void *rec, size_t len);

/* Opens FILE and checks the magic. NULL with ERR on failure. */
FILE *recording_open(const char *path, struct errbuf *err);

/* Is there a recording at PATH? A word of an expression, say, names none. */
bool recording_is_at(const char *path);

/*
 * Reads the next record into BUF (REC_MAX_LEN bytes, aligned for __u64). Returns its length, 0 at
 * the end, -EBADMSG with ERR, which names PATH, when the file is cut or damaged there.
 */
int recording_read(FILE *f, const char *path, void *buf, struct errbuf *err);

#endif
