// SPDX-License-Identifier: GPL-2.0-only
#include "output/frame.h"

#define TYPE_ARP     0x0806
#define TYPE_IP      0x0800
#define TYPE_IPV6    0x86dd
#define TYPE_8021Q   0x8100
#define TYPE_8021AD  0x88a8
#define TYPE_MIN     0x0600 /* a smaller one is the length of an 802.3 frame */
#define TAGS_MAX     2
#define VLAN_ID      0x0fff
#define ARP_ETHERNET 1
#define PROTO_ICMPV6 58

/* Options of neighbour discovery */
#define ND_SOURCE_LLADDR 1
#define ND_TARGET_LLADDR 2

struct bytes {
	const __u8 *at;
	size_t left;
};

/* The next N bytes, or NULL: there are fewer. */
static const __u8 *take(struct bytes *b, size_t n)
{
	const __u8 *at = b->at;

	if (n > b->left)
		return NULL;
	b->at += n;
	b->left -= n;
	return at;
}

static __u16 big_endian(const __u8 *at)
{
	return (__u16)(at[0] << 8 | at[1]);
}

static void add_vlan(struct l2_headers *l2, __u16 tag)
{
	l2->vlan[l2->vlans++] = tag & VLAN_ID;
}

/* Tags hide the type of what they are about. Returns 0 where a tag is cut. */
static __u16 read_tags(struct bytes *b, struct l2_headers *l2, __u16 type)
{
	for (int i = 0; i < TAGS_MAX && (type == TYPE_8021Q || type == TYPE_8021AD); i++) {
		const __u8 *tag = take(b, 4);

		if (!tag)
			return 0;
		add_vlan(l2, big_endian(tag));
		type = big_endian(tag + 2);
	}
	return type;
}

static __u16 read_ethernet(struct bytes *b, struct l2_headers *l2, __u16 protocol)
{
	const __u8 *eth = take(b, 14);
	__u16 type;

	if (!eth)
		return protocol;
	l2->eth = true;
	memcpy(l2->dst, eth, 6);
	memcpy(l2->src, eth + 6, 6);
	type = big_endian(eth + 12);
	return type < TYPE_MIN ? protocol : type;
}

static void read_arp(struct bytes *b, struct l2_headers *l2)
{
	const __u8 *arp = take(b, 28);

	if (!arp || big_endian(arp) != ARP_ETHERNET || big_endian(arp + 2) != TYPE_IP ||
		arp[4] != 6 || arp[5] != 4)
		return;
	l2->content = L2_ARP;
	l2->arp.op = big_endian(arp + 6);
	memcpy(l2->arp.sender_mac, arp + 8, 6);
	memcpy(l2->arp.sender_ip, arp + 14, 4);
	memcpy(l2->arp.target_mac, arp + 18, 6);
	memcpy(l2->arp.target_ip, arp + 24, 4);
}

/* Each option says how long it is, in units of eight bytes. */
static void read_lladdr(struct bytes *b, struct l2_nd *nd)
{
	bool advertises = nd->type == L2_ND_NEIGHBOUR_ADVERTISEMENT;
	__u8 wanted = advertises ? ND_TARGET_LLADDR : ND_SOURCE_LLADDR;

	while (b->left >= 8 && b->at[1]) {
		const __u8 *option = take(b, b->at[1] * 8UL);

		if (!option)
			return;
		if (option[0] != wanted || option[1] != 1)
			continue;
		nd->has_lladdr = true;
		memcpy(nd->lladdr, option + 2, 6);
		return;
	}
}

static void read_nd(struct bytes *b, struct l2_headers *l2)
{
	const __u8 *icmp = take(b, 8), *more = NULL;
	__u8 type = icmp ? icmp[0] : 0;

	if (type < L2_ND_ROUTER_SOLICITATION || type > L2_ND_NEIGHBOUR_ADVERTISEMENT || icmp[1])
		return;
	if (type >= L2_ND_NEIGHBOUR_SOLICITATION)
		more = take(b, 16);
	else if (type == L2_ND_ROUTER_ADVERTISEMENT && !take(b, 8))
		b->left = 0;
	l2->content = L2_ND;
	l2->nd.type = type;
	if (type >= L2_ND_NEIGHBOUR_SOLICITATION) {
		if (!more)
			return;
		l2->nd.has_target = true;
		memcpy(l2->nd.target, more, 16);
	}
	read_lladdr(b, &l2->nd);
}

static void read_ipv6(struct bytes *b, struct l2_headers *l2)
{
	const __u8 *ip = take(b, 40);
	size_t payload;

	if (!ip || ip[0] >> 4 != 6 || ip[6] != PROTO_ICMPV6)
		return;
	payload = big_endian(ip + 4);
	if (b->left > payload)
		b->left = payload;
	read_nd(b, l2);
}

void frame_read(const struct rec_frame *rec, struct l2_headers *ret)
{
	struct bytes b = {rec->bytes, rec->caplen < REC_FRAME_MAX ? rec->caplen : REC_FRAME_MAX};
	__u16 type = rec->protocol;

	memset(ret, 0, sizeof(*ret));
	if (rec->has_vlan)
		add_vlan(ret, rec->vlan);
	if (rec->layer == 2)
		type = read_ethernet(&b, ret, type);
	ret->ethertype = read_tags(&b, ret, type);
	if (ret->ethertype == TYPE_ARP)
		read_arp(&b, ret);
	else if (ret->ethertype == TYPE_IPV6)
		read_ipv6(&b, ret);
}

/* ---- in words ----------------------------------------------------------------------------- */

const char *mac_name(const __u8 mac[6], char buf[MAC_LEN])
{
	snprintf(buf, MAC_LEN, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		mac[4], mac[5]);
	return buf;
}

const char *arp_op_name(__u16 op, char buf[ARP_OP_LEN])
{
	if (op == L2_ARP_REQUEST || op == L2_ARP_REPLY)
		return op == L2_ARP_REQUEST ? "request" : "reply";
	snprintf(buf, ARP_OP_LEN, "%u", op);
	return buf;
}

const char *nd_type_name(__u8 type)
{
	static const char *const names[] = {"router_solicitation", "router_advertisement",
		"neighbour_solicitation", "neighbour_advertisement"};
	unsigned at = type - (unsigned)L2_ND_ROUTER_SOLICITATION;

	return at < ARRAY_SIZE(names) ? names[at] : "";
}
