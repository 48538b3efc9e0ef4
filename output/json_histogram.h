/* SPDX-License-Identifier: GPL-2.0-only */
/* json_histogram.h - the `histogram` lines, and `slowest` of the summary. Inside the JSON sink
 * only. */
#ifndef PATHLAG_JSON_HISTOGRAM_H
#define PATHLAG_JSON_HISTOGRAM_H

#include "output/histogram.h"
#include "output/json_line.h"

/* A line for each phase of each set. 0 or -errno. */
int json_histograms_write(struct json_out *out, const struct histogram_report *r);

void json_slowest(struct json_line *l, const struct histogram_report *r);

#endif
