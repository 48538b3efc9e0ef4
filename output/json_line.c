// SPDX-License-Identifier: GPL-2.0-only
#include <time.h>

#include "output/json_line.h"
#include "output/lines.h"
#include "output/names.h"
#include "output/utf8.h"

#define KEY_FLAGS (JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_KEY_IS_CONSTANT)

/* Takes VAL over. json-c says "null" for a NULL value: it must not stand for lack of memory. */
static void put(
	struct json_line *l, struct json_object *parent, const char *key, struct json_object *val)
{
	int ret = -1;

	if (parent && val)
		ret = key ? json_object_object_add_ex(parent, key, val, KEY_FLAGS)
			  : json_object_array_add(parent, val);
	if (!ret)
		return;
	json_object_put(val);
	l->failed = true;
}

void json_line_begin(struct json_line *l, const char *type)
{
	*l = (struct json_line){.root = json_object_new_object()};
	json_line_uint(l, l->root, "v", 1);
	json_line_text(l, l->root, "type", type);
}

static int grow(struct json_out *out, size_t need)
{
	char *buf;

	if (need <= out->cap)
		return 0;
	buf = realloc(out->buf, need * 2);
	if (!buf)
		return -ENOMEM;
	out->buf = buf;
	out->cap = need * 2;
	return 0;
}

static int write_line(struct json_out *out, const char *text, size_t len)
{
	if (grow(out, len + 1))
		return -ENOMEM;
	memcpy(out->buf, text, len);
	out->buf[len] = '\n';
	return lines_write(out->out, out->buf, len + 1);
}

int json_line_write(struct json_line *l, struct json_out *out)
{
	int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *text = NULL;
	int ret = -ENOMEM;
	size_t len;

	if (!l->failed)
		text = json_object_to_json_string_length(l->root, flags, &len);
	if (text)
		ret = write_line(out, text, len);
	json_object_put(l->root);
	l->root = NULL;
	return ret;
}

struct json_object *json_line_object(
	struct json_line *l, struct json_object *parent, const char *key)
{
	struct json_object *o = json_object_new_object();

	put(l, parent, key, o);
	return l->failed ? NULL : o;
}

struct json_object *json_line_array(
	struct json_line *l, struct json_object *parent, const char *key)
{
	struct json_object *o = json_object_new_array();

	put(l, parent, key, o);
	return l->failed ? NULL : o;
}

void json_line_null(struct json_line *l, struct json_object *parent, const char *key)
{
	if (!parent || json_object_object_add_ex(parent, key, NULL, KEY_FLAGS))
		l->failed = true;
}

void json_line_bool(struct json_line *l, struct json_object *parent, const char *key, bool val)
{
	put(l, parent, key, json_object_new_boolean(val));
}

void json_line_uint(struct json_line *l, struct json_object *parent, const char *key, __u64 val)
{
	__s64 safe = val > JSON_INTEGER_MAX ? JSON_INTEGER_MAX : (__s64)val;

	put(l, parent, key, json_object_new_int64(safe));
}

void json_line_int(struct json_line *l, struct json_object *parent, const char *key, __s64 val)
{
	if (val > JSON_INTEGER_MAX)
		val = JSON_INTEGER_MAX;
	else if (val < -JSON_INTEGER_MAX)
		val = -JSON_INTEGER_MAX;
	put(l, parent, key, json_object_new_int64(val));
}

void json_line_count(struct json_line *l, struct json_object *parent, const char *name, __u64 val)
{
	_cleanup_(freep) char *clean = utf8_clean(name, strlen(name));
	__s64 safe = val > JSON_INTEGER_MAX ? JSON_INTEGER_MAX : (__s64)val;
	struct json_object *o = json_object_new_int64(safe);

	if (parent && clean && o && !json_object_object_add(parent, clean, o))
		return;
	json_object_put(o);
	l->failed = true;
}

void json_line_number(struct json_line *l, struct json_object *parent, const char *key, double val)
{
	__u64 permille = 0;
	char text[32];
	size_t len;

	if (val > 0) /* false for NaN */
		permille = val >= 1e15 ? (__u64)1e18 : (__u64)(val * 1000 + 0.5);
	/* by hand: printf would ask the locale for its decimal point */
	len = snprintf(text, sizeof(text), "%llu.%03llu", permille / 1000, permille % 1000);
	while (text[len - 1] == '0' && text[len - 2] != '.')
		text[--len] = '\0';
	put(l, parent, key, json_object_new_double_s((double)permille / 1000.0, text));
}

void json_line_share(struct json_line *l, struct json_object *parent, const char *key, double val)
{
	json_line_number(l, parent, key, val > 1 ? 1 : val);
}

void json_line_bytes(
	struct json_line *l, struct json_object *parent, const char *key, const char *s, size_t len)
{
	_cleanup_(freep) char *clean = NULL;

	len = strnlen(s, len);
	if (utf8_valid(s, len) < len) {
		clean = utf8_clean(s, len);
		s = clean ?: "";
		len = strlen(s);
		l->failed |= !clean;
	}
	put(l, parent, key, json_object_new_string_len(s, (int)len));
}

void json_line_text(struct json_line *l, struct json_object *parent, const char *key, const char *s)
{
	json_line_bytes(l, parent, key, s, strlen(s));
}

void json_line_known(
	struct json_line *l, struct json_object *parent, const char *key, const char *s)
{
	if (s && *s)
		json_line_text(l, parent, key, s);
}

void json_line_hex(struct json_line *l, struct json_object *parent, const char *key, __u64 val)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "0x%llx", val);

	put(l, parent, key, json_object_new_string_len(text, len));
}

void json_line_address(
	struct json_line *l, struct json_object *parent, const char *key, const struct address *a)
{
	if (a->family)
		json_line_text(l, parent, key, address_name(a, &(struct name_buf){0}));
}

void json_line_time(struct json_line *l, const struct json_out *out, const char *key, __u64 ts_ns)
{
	__u64 ns = ts_ns + out->realtime_offset;
	time_t seconds = (time_t)(ns / 1000000000);
	char text[40];
	struct tm tm;
	int len;

	gmtime_r(&seconds, &tm);
	len = snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%09lluZ",
		tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		ns % 1000000000);
	put(l, l->root, key, json_object_new_string_len(text, len));
}

void json_line_stamp(struct json_line *l, struct json_object *parent, const char *key, __u64 ts_ns)
{
	put(l, parent, key, json_object_new_uint64(ts_ns));
}

void json_line_ts(struct json_line *l, const struct json_out *out, __u64 ts_ns)
{
	json_line_stamp(l, l->root, "ts_ns", ts_ns);
	json_line_time(l, out, "time", ts_ns);
}

void json_line_owner(struct json_line *l, struct json_object *parent, const struct rec_owner *owner)
{
	struct json_object *o;

	if (owner->tgid) {
		o = json_line_object(l, parent, "owner");
		json_line_uint(l, o, "pid", owner->tgid);
		json_line_uint(l, o, "tid", owner->tid);
		json_line_bytes(l, o, "comm", owner->comm, sizeof(owner->comm));
	}
	if (owner->netns)
		json_line_uint(l, parent, "netns", owner->netns);
}

static void put_also(struct json_line *l, struct json_object *parent, const struct verdict *v)
{
	struct json_object *list = json_line_array(l, parent, "also");

	for (unsigned i = 0; i < v->alsos; i++) {
		struct json_object *o = json_line_object(l, list, NULL);

		json_line_text(l, o, "cause", v->also[i].cause);
		json_line_share(l, o, "share", v->also[i].share);
		json_line_text(l, o, "text", v->also[i].text);
	}
}

struct json_object *json_line_verdict(struct json_line *l, const struct verdict *v)
{
	struct json_object *o = json_line_object(l, l->root, "verdict");

	json_line_text(l, o, "cause", v->cause);
	json_line_share(l, o, "share", v->share);
	json_line_text(l, o, "text", v->text);
	json_line_text(l, o, "hint", v->hint);
	put_also(l, o, v);
	return o;
}
