/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * json_line.h - one line of JSON: begin, add members, write or drop.
 *
 * Inside the JSON sink only. A line remembers that memory ran out, so the code that fills it needs
 * no check after each member: json_line_write() then says -ENOMEM and writes nothing. Keys must be
 * string literals (json-c keeps the pointer) and new in their object. A NULL object as parent is
 * allowed and adds nothing.
 */
#ifndef PATHLAG_JSON_LINE_H
#define PATHLAG_JSON_LINE_H

#include <json-c/json.h>

#include "output/attempt.h"
#include "output/verdict.h"

#define JSON_INTEGER_MAX ((1LL << 53) - 1) /* beyond it jq 1.6 and JavaScript round */

struct json_out {
	FILE *out;             /* borrowed */
	__u64 realtime_offset; /* of REC_META */
	char *buf;             /* the line and its newline, for one fwrite */
	size_t cap;
};

struct json_line {
	struct json_object *root;
	bool failed;
};

/* Starts with "v" and "type". */
void json_line_begin(struct json_line *l, const char *type);

/* Writes the line and ends L either way. 0, -ENOMEM, or -errno of the stream. */
int json_line_write(struct json_line *l, struct json_out *out);

/* Members. KEY NULL: PARENT is an array. Objects and arrays are returned to be filled. */
struct json_object *json_line_object(
	struct json_line *l, struct json_object *parent, const char *key);
struct json_object *json_line_array(
	struct json_line *l, struct json_object *parent, const char *key);
void json_line_null(struct json_line *l, struct json_object *parent, const char *key);
void json_line_bool(struct json_line *l, struct json_object *parent, const char *key, bool val);

/* Saturates at JSON_INTEGER_MAX, on both sides. */
void json_line_uint(struct json_line *l, struct json_object *parent, const char *key, __u64 val);
void json_line_int(struct json_line *l, struct json_object *parent, const char *key, __s64 val);

/* A member whose key is data, made valid UTF-8; an earlier one of that name is replaced. */
void json_line_count(struct json_line *l, struct json_object *parent, const char *name, __u64 val);

/* Not negative; three decimals at most. */
void json_line_number(struct json_line *l, struct json_object *parent, const char *key, double val);

/* The same, 0..1. */
void json_line_share(struct json_line *l, struct json_object *parent, const char *key, double val);

/* Bytes up to a NUL or LEN, made valid UTF-8. */
void json_line_bytes(struct json_line *l, struct json_object *parent, const char *key,
	const char *s, size_t len);
void json_line_text(
	struct json_line *l, struct json_object *parent, const char *key, const char *s);
void json_line_known(struct json_line *l, struct json_object *parent, const char *key,
	const char *s); /* absent where it is "" or NULL */
void json_line_hex(struct json_line *l, struct json_object *parent, const char *key, __u64 val);
void json_line_address(struct json_line *l, struct json_object *parent, const char *key,
	const struct address *a); /* absent where it is unknown */

/* Members that several types of line share. A time stamp is exact, never saturated: on a host that
 * is up for more than 104 days it is above JSON_INTEGER_MAX, and a reader may round it by a few ns.
 */
void json_line_stamp(struct json_line *l, struct json_object *parent, const char *key, __u64 ts_ns);
void json_line_ts(struct json_line *l, const struct json_out *out, __u64 ts_ns);
void json_line_time(struct json_line *l, const struct json_out *out, const char *key, __u64 ts_ns);
void json_line_owner(
	struct json_line *l, struct json_object *parent, const struct rec_owner *owner);
struct json_object *json_line_verdict(struct json_line *l, const struct verdict *v);

/* json_attempt.c */
void json_attempt_fill(struct json_line *l, const struct json_out *out, const struct attempt *a,
	const struct verdict *v);
/* json_passive.c */
void json_passive_fill(struct json_line *l, const struct json_out *out, const struct passive *p,
	const struct verdict *v);

#endif
