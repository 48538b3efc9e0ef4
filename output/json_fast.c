// SPDX-License-Identifier: GPL-2.0-only
#include <endian.h>
#include <time.h>

#include "output/json_fast.h"
#include "output/lines.h"
#include "output/names.h"
#include "output/utf8.h"

#define ROOM        65536 /* far more than the longest line: a stack of names, each byte escaped */
#define DIGITS_MAX  20
#define POINTER_MAX 20 /* with its quotes */

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

static void put_char(struct fast_line *f, char c)
{
	fast_raw(f, &c, 1);
}

/* Two digits at a time from behind, then moves more than there is: a fixed length is moved at once.
 */
void fast_number(struct fast_line *f, __u64 val)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";
	char text[2 * DIGITS_MAX] = "", *at = text + DIGITS_MAX;

	if (f->cap - f->len < DIGITS_MAX) {
		f->full = true;
		return;
	}
	for (; val >= 10; val /= 100)
		memcpy(at -= 2, &pairs[val % 100 * 2], 2);
	if (val || at == text + DIGITS_MAX)
		*--at = (char)('0' + val);
	memcpy(f->buf + f->len, at, DIGITS_MAX);
	f->len += text + DIGITS_MAX - at;
}

void fast_int(struct fast_line *f, const char *key, __s64 val)
{
	fast_raw(f, key, strlen(key));
	if (val < 0)
		put_char(f, '-');
	if (val < -FAST_INTEGER_MAX || val > FAST_INTEGER_MAX)
		val = FAST_INTEGER_MAX;
	fast_number(f, val < 0 ? -(__u64)val : (__u64)val);
}

/* Eight digits, side by side in one word: each nibble gets a byte, and there becomes a letter where
 * it is above nine. */
static void hex_word(char to[8], __u64 val)
{
	val = (val & 0xffff) | (val & 0xffff0000) << 16;
	val = (val & 0x000000ff000000ff) | (val & 0x0000ff000000ff00) << 8;
	val = (val & 0x000f000f000f000f) | (val & 0x00f000f000f000f0) << 4;
	val += 0x3030303030303030 +
	       ((val + 0x0606060606060606) >> 4 & 0x0101010101010101) * ('a' - '9' - 1);
	val = htobe64(val);
	memcpy(to, &val, sizeof(val));
}

void fast_pointer(struct fast_line *f, __u64 val)
{
	unsigned digits = val ? (67 - (unsigned)__builtin_clzll(val)) / 4 : 1;
	char text[2 * POINTER_MAX] = "", *at = text + 16 - digits;

	if (f->cap - f->len < POINTER_MAX) {
		f->full = true;
		return;
	}
	hex_word(text, val >> 32);
	hex_word(text + 8, val & 0xffffffff);
	text[16] = '"';
	memcpy(f->buf + f->len, "\"0x", 3);
	memcpy(f->buf + f->len + 3, at, POINTER_MAX - 3);
	f->len += digits + 4;
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

void fast_string(struct fast_line *f, const char *s, size_t max)
{
	/* What stands for itself in a JSON string, and is not the end. */
	static const bool plain[256] = {
		[' ' ... '"' - 1] = true,
		['"' + 1 ... '\\' - 1] = true,
		['\\' + 1 ... 0x7f] = true,
	};
	size_t at = 0;

	put_char(f, '"');
	while (at < max && s[at]) {
		size_t room = f->cap - f->len, n = 0, most = max - at < room ? max - at : room;
		char *to = f->buf + f->len;

		for (; n < most && plain[(unsigned char)s[at + n]]; n++)
			to[n] = s[at + n];
		f->len += n;
		at += n;
		if (n == room) {
			f->full = true;
			return;
		}
		if (at < max && s[at])
			at += put_special(f, s + at, strnlen(s + at, max - at));
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
	fast_raw(f, key, strlen(key));
	for (int i = 0; i < 4; i++) {
		put_char(f, i ? '.' : '"');
		fast_number(f, a.bytes[i]);
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
	fast_raw(f, type, strlen(type));
	FAST_RAW(f, "\",\"ts_ns\":");
	fast_number(f, ts_ns); /* a time stamp is exact, never saturated */
	FAST_RAW(f, ",\"time\":\"");
	put_time(f, ts_ns);
}

static struct fast_memo *memo_of(struct fast_line *f, const void *key, size_t len)
{
	uint64_t hash = len, word;

	for (size_t at = 0; at + sizeof(word) <= len; at += sizeof(word)) {
		memcpy(&word, (const char *)key + at, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	}
	return &f->memo[(hash >> 32) % FAST_MEMOS];
}

bool fast_again(struct fast_line *f, const void *key, size_t len)
{
	const struct fast_memo *memo = memo_of(f, key, len);

	if (memo->key_len != len || memcmp(memo->key, key, len) != 0)
		return false;
	fast_raw(f, memo->text, memo->len);
	return true;
}

void fast_keep(struct fast_line *f, const void *key, size_t len, size_t from)
{
	struct fast_memo *memo = memo_of(f, key, len);

	if (f->full || len > sizeof(memo->key) || f->len - from > sizeof(memo->text))
		return;
	memo->key_len = len;
	memo->len = f->len - from;
	memcpy(memo->key, key, len);
	memcpy(memo->text, f->buf + from, memo->len);
}

int fast_end(struct fast_line *f)
{
	FAST_RAW(f, "}\n");
	return f->full ? -E2BIG : lines_write(f->out, f->buf, f->len);
}
