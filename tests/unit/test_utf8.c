// SPDX-License-Identifier: GPL-2.0-only
#include "output/utf8.h"
#include "tests/unit/unit.h"

static void check_clean(int line, const char *bytes, size_t len, const char *want)
{
	_cleanup_(freep) char *got = utf8_clean(bytes, len);

	unit_check_str(__FILE__, line, bytes, got, want);
	CHECK(utf8_valid(got, strlen(got)) == strlen(got));
}

static void check_escape(int line, const char *bytes, const char *want)
{
	char got[256];
	size_t len = utf8_escape(got, sizeof(got), bytes, strlen(bytes));

	unit_check_str(__FILE__, line, bytes, got, want);
	CHECK_INT(len, strlen(want));
}

#define CLEAN(bytes, want)  check_clean(__LINE__, bytes, strlen(bytes), want)
#define ESCAPE(bytes, want) check_escape(__LINE__, bytes, want)
#define BAD                 "\xef\xbf\xbd"

static void test_utf8_valid_stays(void)
{
	CLEAN("", "");
	CLEAN("eth0", "eth0");
	CLEAN("größe €uro 𝄞", "größe €uro 𝄞");
	CLEAN("\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf",
		"\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf");
	CLEAN("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
}

static void test_utf8_bad_is_replaced(void)
{
	CLEAN("a\xff"
	      "b",
		"a" BAD "b");
	CLEAN("\x80", BAD);
	CLEAN("\xc0\xaf", BAD BAD);         /* overlong */
	CLEAN("\xe0\x9f\xbf", BAD BAD BAD); /* overlong */
	CLEAN("\xf0\x8f\xbf\xbf", BAD BAD BAD BAD);
	CLEAN("\xed\xa0\x80", BAD BAD BAD);         /* a surrogate */
	CLEAN("\xf4\x90\x80\x80", BAD BAD BAD BAD); /* above U+10FFFF */
	CLEAN("\xf5x", BAD "x");
	CLEAN("\xe2\x82", BAD BAD); /* cut */
	CLEAN("\xe2\x82x", BAD BAD "x");
	CLEAN("\xc3", BAD);
}

static void test_utf8_never_reads_behind(void)
{
	/* The cut character's rest lies behind LEN and must not be taken for it. */
	check_clean(__LINE__, "\xe2\x82\xac", 2, BAD BAD);
	check_clean(__LINE__, "\xf0\x9d\x84\x9e", 3, BAD BAD BAD);
	CHECK_INT(utf8_valid("ab\xe2\x82\xac", 4), 2);
}

static void test_utf8_all_pairs(void)
{
	/* Whatever two bytes come, the result is valid and the clean part is kept. */
	for (unsigned i = 1; i < 0x10000; i++) {
		char bytes[] = {'x', (char)(i >> 8), (char)i, 'y', 0};
		_cleanup_(freep) char *got = utf8_clean(bytes, 4);
		size_t len = strlen(got);

		if (bytes[1] && bytes[2] && (utf8_valid(got, len) != len || got[len - 1] != 'y'))
			unit_fail(__FILE__, __LINE__, "bytes %02x %02x", i >> 8, i & 0xff);
	}
}

static void test_utf8_escape(void)
{
	ESCAPE("plain € text", "plain € text");
	ESCAPE("\x1b[31mred", "\\x1b[31mred");
	ESCAPE("a\nb\tc\rd\x7f", "a\\x0ab\\x09c\\x0dd\\x7f");
	ESCAPE("\xff\xc3(", "\\xff\\xc3(");
	ESCAPE("\xc2\x9b"
	       "2J",
		"\\xc2\\x9b2J"); /* CSI in one character */
	ESCAPE("\xe2\x80\xae"
	       "evil",
		"\\xe2\\x80\\xaeevil"); /* right to left */
	ESCAPE("\\032 stays", "\\032 stays");
	ESCAPE("\\x1b stays", "\\x1b stays");
}

static void test_utf8_escape_fits(void)
{
	char got[6];

	CHECK_INT(utf8_escape(got, sizeof(got), "abc\x1b", 4), 3);
	CHECK_STR(got, "abc");
	CHECK_INT(utf8_escape(got, sizeof(got), "abc€", 6), 3);
	CHECK_STR(got, "abc");
	CHECK_INT(utf8_escape(got, sizeof(got), "ab€z", 6), 5);
	CHECK_STR(got, "ab€");
	CHECK_INT(utf8_escape(got, 1, "x", 1), 0);
	CHECK_STR(got, "");
}

static void test_utf8_columns(void)
{
	CHECK_INT(utf8_columns("", 0), 0);
	CHECK_INT(utf8_columns("a→b", strlen("a→b")), 3);
}

int main(void)
{
	UNIT_RUN(test_utf8_valid_stays);
	UNIT_RUN(test_utf8_bad_is_replaced);
	UNIT_RUN(test_utf8_never_reads_behind);
	UNIT_RUN(test_utf8_all_pairs);
	UNIT_RUN(test_utf8_escape);
	UNIT_RUN(test_utf8_escape_fits);
	UNIT_RUN(test_utf8_columns);
	return unit_status();
}
