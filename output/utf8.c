// SPDX-License-Identifier: GPL-2.0-only
#include "output/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define UNIT_MAX    17             /* four bytes as `\xNN`, and the NUL */

/* How many bytes a character that starts with LEAD has; 0 = none starts so. */
static size_t lead_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	if (lead >= 0xf0 && lead <= 0xf4)
		return 4;
	return 0;
}

/* The second byte rules out overlong forms, surrogates and what lies above U+10FFFF. */
static bool second_byte_ok(unsigned char lead, unsigned char second)
{
	switch (lead) {
	case 0xe0:
		return second >= 0xa0 && second <= 0xbf;
	case 0xed:
		return second >= 0x80 && second <= 0x9f;
	case 0xf0:
		return second >= 0x90 && second <= 0xbf;
	case 0xf4:
		return second >= 0x80 && second <= 0x8f;
	default:
		return second >= 0x80 && second <= 0xbf;
	}
}

static uint32_t code_point(const unsigned char *u, size_t n)
{
	uint32_t cp = n == 1 ? u[0] : u[0] & (0x7f >> n);

	for (size_t i = 1; i < n; i++)
		cp = cp << 6 | (u[i] & 0x3f);
	return cp;
}

/* Characters that move the cursor, start escape sequences, or hide and reorder their neighbours. */
static bool acts_on_terminal(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f) || (cp >= 0x200b && cp <= 0x200f) ||
	       (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x206f) || cp == 0x061c ||
	       cp == 0xfeff;
}

size_t utf8_next(const char *s, size_t len, enum utf8_kind *ret_kind)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = lead_length(u[0]);

	*ret_kind = UTF8_INVALID;
	if (!n || n > len || (n > 1 && !second_byte_ok(u[0], u[1])))
		return 1;
	for (size_t i = 2; i < n; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 1;
	*ret_kind = acts_on_terminal(code_point(u, n)) ? UTF8_CONTROL : UTF8_PLAIN;
	return n;
}

size_t utf8_valid(const char *s, size_t len)
{
	enum utf8_kind kind;
	size_t at = 0;

	while (at < len) {
		size_t n = 1;

		if ((unsigned char)s[at] >= 0x80) { /* most names are ASCII */
			n = utf8_next(s + at, len - at, &kind);
			if (kind == UTF8_INVALID)
				break;
		}
		at += n;
	}
	return at;
}

char *utf8_clean(const char *s, size_t len)
{
	char *clean = malloc(len * strlen(REPLACEMENT) + 1);
	char *to = clean;

	if (!clean)
		return NULL;
	for (size_t at = 0; at < len;) {
		enum utf8_kind kind;
		size_t n = utf8_next(s + at, len - at, &kind);

		to = kind == UTF8_INVALID ? mempcpy(to, REPLACEMENT, strlen(REPLACEMENT))
					  : mempcpy(to, s + at, n);
		at += n;
	}
	*to = '\0';
	return clean;
}

/* One character as text. Returns the bytes it takes from S. */
static size_t escape_next(const char *s, size_t len, char unit[UNIT_MAX], size_t *ret_len)
{
	static const char hex[] = "0123456789abcdef";
	enum utf8_kind kind;
	size_t n = utf8_next(s, len, &kind);
	char *to = unit;

	if (kind == UTF8_PLAIN) {
		memcpy(unit, s, n);
		*ret_len = n;
		return n;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned char byte = s[i];

		*to++ = '\\';
		*to++ = 'x';
		*to++ = hex[byte >> 4];
		*to++ = hex[byte & 15];
	}
	*ret_len = to - unit;
	return n;
}

size_t utf8_escape(char *dst, size_t cap, const char *src, size_t len)
{
	size_t used = 0;

	for (size_t at = 0; at < len;) {
		char unit[UNIT_MAX];
		size_t unit_len;

		at += escape_next(src + at, len - at, unit, &unit_len);
		if (used + unit_len >= cap)
			break;
		memcpy(dst + used, unit, unit_len);
		used += unit_len;
	}
	dst[used] = '\0';
	return used;
}

void utf8_print(FILE *f, const char *s, size_t len)
{
	for (size_t at = 0; at < len;) {
		char unit[UNIT_MAX];
		size_t unit_len;

		at += escape_next(s + at, len - at, unit, &unit_len);
		fwrite(unit, 1, unit_len, f);
	}
}

size_t utf8_columns(const char *s, size_t len)
{
	size_t columns = 0;

	for (size_t i = 0; i < len; i++)
		columns += ((unsigned char)s[i] & 0xc0) != 0x80;
	return columns;
}
