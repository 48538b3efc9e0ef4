/* SPDX-License-Identifier: GPL-2.0-only */
/* filter_packet.h - packets of a capture file: where IP begins, and a line of text about each. */
#ifndef PATHLAG_CMD_FILTER_PACKET_H
#define PATHLAG_CMD_FILTER_PACKET_H

#include <sys/time.h>

#include "bpf/base.h"

struct capture_packet {
	const uint8_t *data;
	uint32_t caplen, len;
	int dlt; /* DLT_* of the capture */
	struct timeval time;
};

/* Where the IP header begins, behind any VLAN tags; -1: no IP packet, or not in the bytes held. */
int capture_network_offset(const struct capture_packet *p);

/* False for link types whose network header capture_network_offset cannot find. */
bool capture_knows_linktype(int dlt);

/* One line: number, time of day (UTC), addresses, what is inside, length on the wire. */
void capture_print(const struct capture_packet *p, unsigned long number, FILE *out);

#endif
