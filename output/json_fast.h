/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json_fast.h - lines of JSON written straight into a buffer, for what comes by the million.
 *
 * json_line.h builds a tree for each line, which is convenient and costs several microseconds; here
 * the caller writes members in their order and is trusted to close what it opens. Strings are
 * escaped and made valid UTF-8 all the same, numbers saturate at 2^53 - 1.
 */
#ifndef PATHLAG_JSON_FAST_H
#define PATHLAG_JSON_FAST_H

#include "bpf/base.h"
#include "bpf/record.h"

struct fast_line {
	FILE *out;             /* borrowed */
	__u64 realtime_offset; /* of REC_META */
	char *buf;
	size_t len, cap;
	bool full;       /* a line that found no room is not written at all */
	__u64 second;    /* the one that `prefix` names */
	char prefix[24]; /* "2026-11-21T01:35:00." */
	size_t prefix_len;
};

/* 0 or -ENOMEM */
int fast_init(struct fast_line *f, FILE *out);
void fast_done(struct fast_line *f);

/* `{"v":1,"type":TYPE,"ts_ns":...,"time":...` */
void fast_begin(struct fast_line *f, const char *type, __u64 ts_ns);

/* Closes the line and writes it. 0, -E2BIG or -errno of the stream. */
int fast_end(struct fast_line *f);

/*
 * Members. KEY is a literal with all that stands before the value: `,"cpu":`, or `{"pid":` for the
 * first member of an object. fast_raw() closes what was opened.
 */
void fast_raw(struct fast_line *f, const char *text, size_t len);
#define FAST_RAW(f, literal) fast_raw(f, literal, sizeof(literal) - 1)

void fast_uint(struct fast_line *f, const char *key, __u64 val);
void fast_int(struct fast_line *f, const char *key, __s64 val);
void fast_hex(struct fast_line *f, const char *key, __u64 val);                   /* "0x2a" */
void fast_bytes(struct fast_line *f, const char *key, const char *s, size_t max); /* up to a NUL */
void fast_address(struct fast_line *f, const char *key, const __u8 bytes[16], __u8 family);

#endif
