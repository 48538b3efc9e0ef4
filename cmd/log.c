/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/log.h"

static void log_line(const char *kind, const char *fmt, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
	fprintf(stderr, "pathlag: %s%s\n", kind, text);
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line("", fmt, ap);
	va_end(ap);
}

void log_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line("note: ", fmt, ap);
	va_end(ap);
}

int log_failure(int code, const struct errbuf *err)
{
	log_error("%s", err->text[0] ? err->text : strerror(-code));
	switch (code) {
	case -EINVAL:
		return EXIT_USAGE;
	case -EPERM:
	case -EACCES:
	case -ENOTSUP:
		return EXIT_UNSUPPORTED;
	default:
		return EXIT_RUNTIME;
	}
}

int log_flush(int status)
{
	if ((!ferror(stdout) && !fflush(stdout)) || errno == EPIPE)
		return status;
	log_error("cannot write: %s", strerror(errno));
	return EXIT_RUNTIME;
}
