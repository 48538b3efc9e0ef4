/* SPDX-License-Identifier: GPL-2.0-only */
/* text_histogram.h - the histograms of a run and its slowest, as text. Part of the text sink. */
#ifndef PATHLAG_TEXT_HISTOGRAM_H
#define PATHLAG_TEXT_HISTOGRAM_H

#include "output/histogram.h"
#include "output/text_page.h"

/* 0 or -errno. */
int text_histograms(struct page *p, const struct histogram_report *r);

#endif
