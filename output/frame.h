/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * frame.h - what the first bytes of a packet say: Ethernet, VLAN tags, ARP, neighbour discovery.
 *
 * The bytes come from the network. What they do not hold in full, or hold in a form that is not
 * known here, is left unknown.
 */
#ifndef PATHLAG_FRAME_H
#define PATHLAG_FRAME_H

#include "bpf/base.h"
#include "bpf/record.h"

#define L2_VLANS 3 /* one that the device took out, two in the frame */

#define L2_ARP_REQUEST 1
#define L2_ARP_REPLY   2

/* ICMPv6 types of neighbour discovery */
#define L2_ND_ROUTER_SOLICITATION     133
#define L2_ND_ROUTER_ADVERTISEMENT    134
#define L2_ND_NEIGHBOUR_SOLICITATION  135
#define L2_ND_NEIGHBOUR_ADVERTISEMENT 136

enum l2_content {
	L2_OTHER, /* or unknown */
	L2_ARP,   /* for IPv4 over Ethernet */
	L2_ND,
};

struct l2_arp {
	__u16 op; /* L2_ARP_* */
	__u8 sender_mac[6], target_mac[6];
	__u8 sender_ip[4], target_ip[4];
};

struct l2_nd {
	__u8 type; /* L2_ND_* */
	bool has_target, has_lladdr;
	__u8 lladdr[6]; /* the link-layer address option */
	__u8 target[16];
};

/* Unknown is zero, padding too: it may be compared as bytes. */
struct l2_headers {
	bool eth; /* src and dst are known */
	__u8 src[6], dst[6];
	__u8 vlans;
	__u16 vlan[L2_VLANS]; /* ids, outermost first */
	__u16 ethertype;      /* of what is behind the tags; host order */
	__u16 content;        /* enum l2_content */
	union {
		struct l2_arp arp;
		struct l2_nd nd;
	};
};

void frame_read(const struct rec_frame *rec, struct l2_headers *ret);

#define MAC_LEN 18

/* "02:00:00:00:00:01" */
const char *mac_name(const __u8 mac[6], char buf[MAC_LEN]);

#define ARP_OP_LEN 8

const char *arp_op_name(__u16 op, char buf[ARP_OP_LEN]); /* "request", as in JSON; else a number */
const char *nd_type_name(__u8 type);                     /* "neighbour_solicitation" */

#endif
