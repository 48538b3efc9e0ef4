// SPDX-License-Identifier: GPL-2.0-only
/* Link-layer headers, as members of `hop` and `packet` lines. */
#include "output/json_hop.h"

static void put_mac(struct fast_line *f, const char *key, const __u8 mac[6])
{
	char buf[MAC_LEN];

	fast_bytes(f, key, mac_name(mac, buf), sizeof(buf));
}

static void put_eth(struct fast_line *f, const struct l2_headers *l2)
{
	put_mac(f, ",\"eth\":{\"src\":", l2->src);
	put_mac(f, ",\"dst\":", l2->dst);
	FAST_RAW(f, ",\"vlan\":[");
	for (unsigned i = 0; i < l2->vlans; i++)
		fast_uint(f, i ? "," : "", l2->vlan[i]);
	FAST_RAW(f, "]}");
}

static void put_ip4(struct fast_line *f, const char *key, const __u8 ip[4])
{
	__u8 bytes[16] = {ip[0], ip[1], ip[2], ip[3]};

	fast_address(f, key, bytes, 4);
}

static void put_arp(struct fast_line *f, const struct l2_arp *arp)
{
	char op[ARP_OP_LEN];

	fast_bytes(f, ",\"arp\":{\"op\":", arp_op_name(arp->op, op), 16);
	put_mac(f, ",\"sender_mac\":", arp->sender_mac);
	put_ip4(f, ",\"sender_ip\":", arp->sender_ip);
	put_mac(f, ",\"target_mac\":", arp->target_mac);
	put_ip4(f, ",\"target_ip\":", arp->target_ip);
	FAST_RAW(f, "}");
}

static void put_nd(struct fast_line *f, const struct l2_nd *nd)
{
	fast_bytes(f, ",\"nd\":{\"type\":", nd_type_name(nd->type), 32);
	if (nd->has_target)
		fast_address(f, ",\"target\":", nd->target, 6);
	if (nd->has_lladdr)
		put_mac(f, ",\"lladdr\":", nd->lladdr);
	FAST_RAW(f, "}");
}

void json_frame_put(struct fast_line *f, const struct subject *s, bool has_tuple)
{
	__u16 ethertype = s->l2.ethertype ? s->l2.ethertype : s->ethertype;

	if (s->l2.eth)
		put_eth(f, &s->l2);
	if (ethertype && (s->l2.eth || !has_tuple))
		fast_hex(f, ",\"ethertype\":", ethertype);
	if (s->l2.content == L2_ARP)
		put_arp(f, &s->l2.arp);
	else if (s->l2.content == L2_ND)
		put_nd(f, &s->l2.nd);
}
