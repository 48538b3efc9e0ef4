// SPDX-License-Identifier: GPL-2.0-only
#include <time.h>

#include "output/json_fast.h"
#include "output/lines.h"
#include "output/names.h"
#include "output/utf8.h"

#define ROOM        65536 /* far more than the longest line: a stack of names, each byte escaped */
#define INTEGER_MAX ((1LL << 53) - 1)
#define DIGITS_MAX  20

int fast_init(struct fast_line *f, FILE *out)
{
	*f = (struct fast_line){.out = out, .cap = ROOM, .second = UINT64_MAX};
	f->buf = malloc(f->cap);
	return f->buf ? 0 : -ENOMEM;
}

void fast_done(struct fast_line *f)
{
	free(f->buf);
}

void fast_raw(struct fast_line *f, const char *text, size_t len)
{
	if (len > f->cap - f->len) {
		f->full = true;
		return;
	}
	memcpy(f->buf + f->len, text, len);
	f->len += len;
}

static void put_char(struct fast_line *f, char c)
{
	fast_raw(f, &c, 1);
}

static void put_key(struct fast_line *f, const char *key)
{
	fast_raw(f, key, strlen(key));
}

static void put_number(struct fast_line *f, __u64 val)
{
	char text[DIGITS_MAX], *at = text + sizeof(text);

	do
		*--at = (char)('0' + val % 10);
	while (val /= 10);
	fast_raw(f, at, text + sizeof(text) - at);
}

void fast_uint(struct fast_line *f, const char *key, __u64 val)
{
	put_key(f, key);
	put_number(f, val > INTEGER_MAX ? INTEGER_MAX : val);
}

void fast_int(struct fast_line *f, const char *key, __s64 val)
{
	put_key(f, key);
	if (val < 0)
		put_char(f, '-');
	if (val < -INTEGER_MAX || val > INTEGER_MAX)
		val = INTEGER_MAX;
	put_number(f, val < 0 ? -(__u64)val : (__u64)val);
}

void fast_hex(struct fast_line *f, const char *key, __u64 val)
{
	static const char digit[] = "0123456789abcdef";
	char text[DIGITS_MAX], *at = text + sizeof(text);

	*--at = '"';
	do
		*--at = digit[val & 15];
	while (val >>= 4);
	*--at = 'x';
	*--at = '0';
	*--at = '"';
	put_key(f, key);
	fast_raw(f, at, text + sizeof(text) - at);
}

/* How many bytes from S on stand for themselves in a JSON string. */
static size_t plain_length(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && (unsigned char)s[n] >= 0x20 && (unsigned char)s[n] < 0x80 &&
		s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

/* One character that does not, or is not ASCII. Returns how many bytes it has. */
static size_t put_special(struct fast_line *f, const char *s, size_t len)
{
	enum utf8_kind kind;
	char text[8];
	size_t n;

	if ((unsigned char)*s >= 0x80) {
		n = utf8_next(s, len, &kind);
		if (kind == UTF8_INVALID)
			FAST_RAW(f, "\xef\xbf\xbd");
		else
			fast_raw(f, s, n);
		return n;
	}
	if (*s == '"' || *s == '\\') {
		put_char(f, '\\');
		put_char(f, *s);
	} else {
		snprintf(text, sizeof(text), "\\u%04x", (unsigned char)*s);
		fast_raw(f, text, 6);
	}
	return 1;
}

void fast_bytes(struct fast_line *f, const char *key, const char *s, size_t max)
{
	size_t len = strnlen(s, max), at = 0;

	put_key(f, key);
	put_char(f, '"');
	while (at < len) {
		size_t n = plain_length(s + at, len - at);

		fast_raw(f, s + at, n);
		at += n;
		if (at < len)
			at += put_special(f, s + at, len - at);
	}
	put_char(f, '"');
}

void fast_address(struct fast_line *f, const char *key, const __u8 bytes[16], __u8 family)
{
	struct address a = address_of(bytes, family);
	struct name_buf buf;

	if (a.family != 4) {
		fast_bytes(f, key, address_name(&a, &buf), sizeof(buf.text));
		return;
	}
	put_key(f, key);
	for (int i = 0; i < 4; i++) {
		put_char(f, i ? '.' : '"');
		put_number(f, a.bytes[i]);
	}
	put_char(f, '"');
}

/* The calendar is asked once a second. */
static void put_time(struct fast_line *f, __u64 ts_ns)
{
	__u64 ns = ts_ns + f->realtime_offset, rest = ns % 1000000000;
	char digits[11];

	if (ns / 1000000000 != f->second) {
		time_t seconds = (time_t)(ns / 1000000000);
		struct tm tm;

		gmtime_r(&seconds, &tm);
		f->second = ns / 1000000000;
		f->prefix_len = strftime(f->prefix, sizeof(f->prefix), "%Y-%m-%dT%H:%M:%S.", &tm);
	}
	for (int i = 8; i >= 0; i--, rest /= 10)
		digits[i] = (char)('0' + rest % 10);
	digits[9] = 'Z';
	digits[10] = '"';
	fast_raw(f, f->prefix, f->prefix_len);
	fast_raw(f, digits, sizeof(digits));
}

void fast_begin(struct fast_line *f, const char *type, __u64 ts_ns)
{
	f->len = 0;
	f->full = false;
	FAST_RAW(f, "{\"v\":1,\"type\":\"");
	put_key(f, type);
	FAST_RAW(f, "\",\"ts_ns\":");
	put_number(f, ts_ns); /* a time stamp is exact, never saturated */
	FAST_RAW(f, ",\"time\":\"");
	put_time(f, ts_ns);
}

int fast_end(struct fast_line *f)
{
	FAST_RAW(f, "}\n");
	return f->full ? -E2BIG : lines_write(f->out, f->buf, f->len);
}
