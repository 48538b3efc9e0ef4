/* SPDX-License-Identifier: GPL-2.0-only */
/* expression.h - the pcap expression on the command line, compiled. */
#ifndef PATHLAG_EXPRESSION_H
#define PATHLAG_EXPRESSION_H

#include "cmd/opts.h"
#include "filters/filter.h"

/* An empty filter where there is no expression. -EINVAL with ERR quoting it where it is wrong. */
int expression_compile(const struct opts *o, struct filter **ret, struct errbuf *err);

#endif
