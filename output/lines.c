/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio_ext.h>

#include "output/lines.h"

int lines_flush(FILE *out)
{
	errno = 0;
	return fflush(out) ? errno ? -errno : -EIO : 0;
}

int lines_write(FILE *out, const char *text, size_t len)
{
	size_t pending = __fpending(out);
	int err = 0;

	if (pending && pending + len > __fbufsize(out))
		err = lines_flush(out);
	if (err)
		return err;
	errno = 0;
	if (fwrite(text, 1, len, out) != len)
		return errno ? -errno : -EIO;
	/* Of a line longer than the buffer, stdio keeps the end. */
	return len > __fbufsize(out) ? lines_flush(out) : 0;
}
