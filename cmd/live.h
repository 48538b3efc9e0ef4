/* SPDX-License-Identifier: GPL-2.0-only */
/* live.h - a live run: probes armed, records read until it is over, signals, an orderly end. */
#ifndef PATHLAG_LIVE_H
#define PATHLAG_LIVE_H

#include "cmd/child.h"
#include "cmd/opts.h"
#include "cmd/pipeline.h"
#include "filters/filter.h"

/*
 * FILTER is the expression of O, which the kernel side is given too. Runs until the command has
 * ended, a signal comes, --duration is over or the pipeline has had enough. CHILD (may be NULL) is
 * let go once tracing is armed. Returns 0 or -errno with ERR.
 */
int live_run(const struct opts *o, const struct filter *filter, struct pipeline *p,
	struct child *child, struct errbuf *err);

#endif
