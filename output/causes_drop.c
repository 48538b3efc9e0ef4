/* SPDX-License-Identifier: GPL-2.0-only */
/* causes.h: the kernel's drop reasons. */
#include "output/causes.h"

static const struct cause general[] = {
	{"NETFILTER_DROP", "A firewall rule dropped the packet.", "", {NULL}, NULL, "netfilter"},
	{"TC_EGRESS", "", "", {NULL}, NULL, "a tc egress filter"},
	{"TC_INGRESS", "", "", {NULL}, NULL, "a tc ingress filter"},
	{"QDISC_DROP", "", "", {NULL}, NULL, "the queueing discipline"},
	{"XDP", "", "", {NULL}, NULL, "an XDP program"},
	{"IP_RPFILTER", "", "", {NULL}, NULL, "the reverse path filter"},
	{"BPF_CGROUP_EGRESS", "", "", {NULL}, NULL, "a cgroup BPF program"},
	{"SOCKET_FILTER", "", "", {NULL}, NULL, "a socket filter"},
	{"CPU_BACKLOG", "", "", {NULL}, NULL, "a full per-CPU backlog"},
	{"FULL_RING", "", "", {NULL}, NULL, "a full device ring"},
};

const struct causes causes_of_drops[] = {
	{ARRAY_SIZE(general), general},
};
const size_t causes_of_drops_count = ARRAY_SIZE(causes_of_drops);
