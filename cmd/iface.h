/* SPDX-License-Identifier: GPL-2.0-only */
/* iface.h - `-i IFACE` of `pathlag trace`: the number of a device in some network namespace. */
#ifndef PATHLAG_IFACE_H
#define PATHLAG_IFACE_H

#include <linux/types.h>
#include "bpf/base.h"

/* NETNS as in `--netns`; NULL = ours. -EINVAL with ERR where there is no such device. */
int iface_find(const char *name, const char *netns, __u32 *ret_ifindex, struct errbuf *err);

#endif
