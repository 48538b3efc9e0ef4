/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * unit.h - the few words a unit test needs.
 *
 *	static void test_sum(void)
 *	{
 *		CHECK(sum(1, 2) == 3);
 *	}
 *
 *	int main(void)
 *	{
 *		UNIT_RUN(test_sum);
 *		return unit_status();
 *	}
 *
 * prints `ok test_sum`, or `not ok test_sum: file:line what` for each check that fails; the exit
 * status is non-zero when one did. A check that fails does not leave its function.
 */
#ifndef PATHLAG_UNIT_H
#define PATHLAG_UNIT_H

#include "bpf/base.h"

struct unit_state {
	const char *name; /* of the test that runs */
	unsigned failed_checks, failed_tests;
};

static struct unit_state unit_state;

_printf_(3, 4) static inline void unit_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	unit_state.failed_checks++;
	printf("not ok %s: %s:%d ", unit_state.name, file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static inline void unit_run(const char *name, void (*test)(void))
{
	unit_state.name = name;
	unit_state.failed_checks = 0;
	test();
	if (unit_state.failed_checks)
		unit_state.failed_tests++;
	else
		printf("ok %s\n", name);
	fflush(stdout);
}

static inline int unit_status(void)
{
	return unit_state.failed_tests ? EXIT_FAILURE : EXIT_SUCCESS;
}

static inline void unit_check_str(
	const char *file, int line, const char *what, const char *got, const char *want)
{
	if (got && want ? strcmp(got, want) != 0 : got != want)
		unit_fail(file, line, "%s is \"%s\", not \"%s\"", what, got ? got : "(null)",
			want ? want : "(null)");
}

static inline void unit_check_int(
	const char *file, int line, const char *what, long long got, long long want)
{
	if (got != want)
		unit_fail(file, line, "%s is %lld, not %lld", what, got, want);
}

#define UNIT_RUN(test) unit_run(#test, test)

#define CHECK(cond)                            \
 do {                                          \
  if (!(cond))                                 \
   unit_fail(__FILE__, __LINE__, "%s", #cond); \
 } while (0)

#define CHECK_STR(got, want) unit_check_str(__FILE__, __LINE__, #got, got, want)
#define CHECK_INT(got, want) unit_check_int(__FILE__, __LINE__, #got, got, want)

#endif
