/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text_drops.h - `drops` as text: a line a drop, or a table that is drawn again in its place; a
 * table at the end. Inside the text sink only.
 */
#ifndef PATHLAG_TEXT_DROPS_H
#define PATHLAG_TEXT_DROPS_H

#include "output/drops.h"
#include "output/text_page.h"

/* "04:21:11.603123  cpu1  curl[270]  10.9.1.2:40904 > 10.9.2.2:80 tcp S  eth0  ✗ NETFILTER_DROP at
 * nft_do_chain+0x40e [nf_tables]", and the stack below it. 0 or -errno. */
int text_drop(struct page *p, const struct dropped *d);

/* The table. LINES: at most as many, each cut at the page's width (0: all, in full). *RET_DRAWN:
 * how many lines there are. 0 or -errno. */
int text_drop_table(
	struct page *p, const struct drop_counts *n, unsigned lines, unsigned *ret_drawn);

#endif
