/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/expression.h"

int expression_compile(const struct opts *o, struct filter **ret, struct errbuf *err)
{
	struct errbuf why = {0};
	int result = filter_new(o->expression, ret, &why);

	if (!result)
		return 0;
	/* People forget the `--`: then a command's name is taken for an expression. */
	return err_set(err, result, "%s, in '%.300s'%s", why.text, o->expression,
		o->command ? "" : " (a command is written behind --)");
}
