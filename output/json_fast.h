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

/* Bytes that were written for a key before. */
struct fast_memo {
	size_t key_len, len; /* 0 = none */
	char key[224], text[768];
};

#define FAST_MEMOS 16

struct fast_line {
	FILE *out;             /* borrowed */
	__u64 realtime_offset; /* of REC_META */
	char *buf;
	size_t len, cap;
	bool full;       /* a line that found no room is not written at all */
	__u64 second;    /* the one that `prefix` names */
	char prefix[24]; /* "2026-11-21T01:35:00." */
	size_t prefix_len;
	struct fast_memo memo[FAST_MEMOS];
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
 * first member of an object. fast_raw() closes what was opened. What is inline here is so that a
 * literal's length is known to the compiler.
 */
static inline void fast_raw(struct fast_line *f, const char *text, size_t len)
{
	if (len > f->cap - f->len) {
		f->full = true;
		return;
	}
	memcpy(f->buf + f->len, text, len);
	f->len += len;
}

#define FAST_RAW(f, literal) fast_raw(f, literal, sizeof(literal) - 1)

/* A value alone. */
void fast_number(struct fast_line *f, __u64 val);
void fast_pointer(struct fast_line *f, __u64 val);
void fast_string(struct fast_line *f, const char *s, size_t max);

#define FAST_INTEGER_MAX ((1LL << 53) - 1)

static inline void fast_uint(struct fast_line *f, const char *key, __u64 val)
{
	fast_raw(f, key, strlen(key));
	fast_number(f, val > FAST_INTEGER_MAX ? FAST_INTEGER_MAX : val);
}

/* "0x2a" */
static inline void fast_hex(struct fast_line *f, const char *key, __u64 val)
{
	fast_raw(f, key, strlen(key));
	fast_pointer(f, val);
}

/* Up to a NUL. */
static inline void fast_bytes(struct fast_line *f, const char *key, const char *s, size_t max)
{
	fast_raw(f, key, strlen(key));
	fast_string(f, s, max);
}

void fast_int(struct fast_line *f, const char *key, __s64 val);
void fast_address(struct fast_line *f, const char *key, const __u8 bytes[16], __u8 family);

/*
 * Members that stand in many lines are written once: false = none were kept for the LEN bytes at
 * KEY, write them now. Then fast_keep() keeps what was written from FROM (f->len of that time) on.
 */
bool fast_again(struct fast_line *f, const void *key, size_t len);
void fast_keep(struct fast_line *f, const void *key, size_t len, size_t from);

#endif
