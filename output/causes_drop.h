/* SPDX-License-Identifier: GPL-2.0-only */
/* causes_drop.h - the tables of drop reasons that causes_drop.c joins. Inside causes*.c only. */
#ifndef PATHLAG_CAUSES_DROP_H
#define PATHLAG_CAUSES_DROP_H

#include "output/causes.h"

/* Name, what it means, how it comes about, and what to look at. */
#define REASON(name, means, comes_about, ...)         \
 {                                                    \
  name, means, comes_about, {__VA_ARGS__}, NULL, NULL \
 }

/* The same, with who does it, as a verdict says. */
#define REASON_BY(who, name, means, comes_about, ...) \
 {                                                    \
  name, means, comes_about, {__VA_ARGS__}, NULL, who  \
 }

extern const struct causes causes_of_ip_drops, causes_of_tcp_drops, causes_of_link_drops;

#endif
