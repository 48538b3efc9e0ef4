// SPDX-License-Identifier: GPL-2.0-only
/* The first bytes of a packet: what is understood of them, and that no byte behind them is read. */
#include "output/frame.h"
#include "tests/unit/unit.h"

#define DST       0xff, 0xff, 0xff, 0xff, 0xff, 0xff
#define SRC       0x02, 0, 0, 0, 0, 0x01
#define OTHER     0x02, 0, 0, 0, 0, 0x02
#define ARP       0x08, 0x06
#define IPV6      0x86, 0xdd
#define NO_MAC    0, 0, 0, 0, 0, 0
#define ARP_HEAD  0, 1, 0x08, 0x00, 6, 4
#define REQUEST   0, 1, SRC, 10, 0, 0, 1, NO_MAC, 10, 0, 0, 2
#define REPLY     0, 2, OTHER, 10, 0, 0, 2, SRC, 10, 0, 0, 1
#define LINKLOCAL 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
/* version, payload length, next header, hop limit, source, destination */
#define IP6(payload) 0x60, 0, 0, 0, 0, payload, 58, 255, LINKLOCAL, 1, LINKLOCAL, 2

/* Neither what the result held before nor what is behind caplen may show. */
static struct l2_headers read_bytes(
	__u8 layer, __u16 protocol, const __u8 *bytes, size_t len, int vlan)
{
	struct rec_frame rec = {.layer = layer, .protocol = protocol, .caplen = (__u16)len};
	struct l2_headers l2;

	memset(rec.bytes, 0x81, sizeof(rec.bytes));
	memcpy(rec.bytes, bytes, len);
	rec.has_vlan = vlan >= 0;
	rec.vlan = vlan >= 0 ? (__u16)vlan : 0;
	memset(&l2, 0x55, sizeof(l2));
	frame_read(&rec, &l2);
	return l2;
}

#define READ(layer, protocol, vlan, ...) \
 read_bytes(layer, protocol, (const __u8[]){__VA_ARGS__}, sizeof((const __u8[]){__VA_ARGS__}), vlan)

static void check_mac(int line, const __u8 mac[6], const char *want)
{
	char buf[MAC_LEN];

	unit_check_str(__FILE__, line, "mac", mac_name(mac, buf), want);
}

#define CHECK_MAC(mac, want) check_mac(__LINE__, mac, want)

static void test_arp_request(void)
{
	struct l2_headers l2 = READ(2, 0x0806, -1, DST, SRC, ARP, ARP_HEAD, REQUEST);

	CHECK(l2.eth);
	CHECK_MAC(l2.src, "02:00:00:00:00:01");
	CHECK_MAC(l2.dst, "ff:ff:ff:ff:ff:ff");
	CHECK_INT(l2.ethertype, 0x0806);
	CHECK_INT(l2.vlans, 0);
	CHECK_INT(l2.content, L2_ARP);
	CHECK_INT(l2.arp.op, L2_ARP_REQUEST);
	CHECK_MAC(l2.arp.sender_mac, "02:00:00:00:00:01");
	CHECK_MAC(l2.arp.target_mac, "00:00:00:00:00:00");
	CHECK(!memcmp(l2.arp.sender_ip, (__u8[]){10, 0, 0, 1}, 4));
	CHECK(!memcmp(l2.arp.target_ip, (__u8[]){10, 0, 0, 2}, 4));
}

static void test_without_link_layer(void)
{
	struct l2_headers l2 = READ(3, 0x0806, -1, ARP_HEAD, REPLY);

	CHECK(!l2.eth);
	CHECK_INT(l2.content, L2_ARP);
	CHECK_INT(l2.arp.op, L2_ARP_REPLY);
	CHECK_MAC(l2.arp.target_mac, "02:00:00:00:00:01");
}

static void test_arp_of_other_kinds_is_unknown(void)
{
	struct l2_headers l2 = READ(3, 0x0806, -1, 0, 32, 0x08, 0x00, 6, 4, REQUEST);

	CHECK_INT(l2.content, L2_OTHER);
	l2 = READ(3, 0x0806, -1, 0, 1, 0x86, 0xdd, 6, 4, REQUEST);
	CHECK_INT(l2.content, L2_OTHER);
	l2 = READ(3, 0x0806, -1, 0, 1, 0x08, 0x00, 8, 4, REQUEST);
	CHECK_INT(l2.content, L2_OTHER);
	CHECK_INT(l2.ethertype, 0x0806);
}

static void test_vlan_tags(void)
{
	struct l2_headers l2 =
		READ(2, 0x8100, -1, DST, SRC, 0x81, 0, 0xe0, 100, ARP, ARP_HEAD, REQUEST);

	CHECK_INT(l2.vlans, 1);
	CHECK_INT(l2.vlan[0], 100);
	CHECK_INT(l2.ethertype, 0x0806);
	CHECK_INT(l2.content, L2_ARP);
	l2 = READ(2, 0, 0x3 << 12 | 7, DST, SRC, 0x88, 0xa8, 0x01, 0x02, 0x81, 0, 0, 9, ARP,
		ARP_HEAD, REQUEST);
	CHECK_INT(l2.vlans, 3);
	CHECK_INT(l2.vlan[0], 7);
	CHECK_INT(l2.vlan[1], 0x102);
	CHECK_INT(l2.vlan[2], 9);
	CHECK_INT(l2.content, L2_ARP);
	/* a third tag in the frame is not followed */
	l2 = READ(2, 0, -1, DST, SRC, 0x81, 0, 0, 1, 0x81, 0, 0, 2, 0x81, 0, 0, 3, ARP);
	CHECK_INT(l2.vlans, 2);
	CHECK_INT(l2.ethertype, 0x8100);
	/* cut within a tag */
	l2 = READ(2, 0, -1, DST, SRC, 0x81, 0, 0, 1, 0x81);
	CHECK_INT(l2.vlans, 0);
	CHECK_INT(l2.ethertype, 0);
	CHECK(l2.eth);
}

static void test_neighbour_solicitation(void)
{
	struct l2_headers l2 = READ(2, 0x86dd, -1, DST, SRC, IPV6, IP6(32), 135, 0, 0, 0, 0, 0, 0,
		0, LINKLOCAL, 9, 1, 1, SRC);

	CHECK_INT(l2.content, L2_ND);
	CHECK_STR(nd_type_name(l2.nd.type), "neighbour_solicitation");
	CHECK(l2.nd.has_target && l2.nd.has_lladdr);
	CHECK_INT(l2.nd.target[0], 0xfe);
	CHECK_INT(l2.nd.target[15], 9);
	CHECK_MAC(l2.nd.lladdr, "02:00:00:00:00:01");
}

static void test_neighbour_advertisement(void)
{
	/* its option is the target's address; a nonce comes first */
	struct l2_headers l2 = READ(3, 0x86dd, -1, IP6(40), 136, 0, 0, 0, 0x60, 0, 0, 0, LINKLOCAL,
		9, 14, 1, 1, 2, 3, 4, 5, 6, 2, 1, OTHER);

	CHECK_INT(l2.content, L2_ND);
	CHECK_STR(nd_type_name(l2.nd.type), "neighbour_advertisement");
	CHECK_MAC(l2.nd.lladdr, "02:00:00:00:00:02");
	/* the other side's option is none */
	l2 = READ(3, 0x86dd, -1, IP6(32), 136, 0, 0, 0, 0, 0, 0, 0, LINKLOCAL, 9, 1, 1, OTHER);
	CHECK(l2.nd.has_target && !l2.nd.has_lladdr);
}

static void test_routers(void)
{
	struct l2_headers l2 = READ(3, 0x86dd, -1, IP6(16), 133, 0, 0, 0, 0, 0, 0, 0, 1, 1, SRC);

	CHECK_STR(nd_type_name(l2.nd.type), "router_solicitation");
	CHECK(!l2.nd.has_target && l2.nd.has_lladdr);
	l2 = READ(3, 0x86dd, -1, IP6(24), 134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1,
		SRC);
	CHECK_STR(nd_type_name(l2.nd.type), "router_advertisement");
	CHECK_MAC(l2.nd.lladdr, "02:00:00:00:00:01");
	l2 = READ(3, 0x86dd, -1, IP6(24), 134, 0, 0, 0, 64, 0, 7, 8, 1, 1, SRC);
	CHECK(l2.content == L2_ND && !l2.nd.has_lladdr);
}

static void test_not_neighbour_discovery(void)
{
	struct l2_headers l2 = READ(3, 0x86dd, -1, IP6(8), 128, 0, 0, 0, 0, 1, 0, 1);

	CHECK_INT(l2.content, L2_OTHER);
	l2 = READ(3, 0x86dd, -1, IP6(8), 137, 0, 0, 0, 0, 1, 0, 1);
	CHECK_INT(l2.content, L2_OTHER);
	l2 = READ(3, 0x86dd, -1, IP6(8), 135, 1, 0, 0, 0, 1, 0, 1);
	CHECK_INT(l2.content, L2_OTHER);
	/* the payload ends before the option does: padding is not a part of it */
	l2 = READ(3, 0x86dd, -1, IP6(24), 135, 0, 0, 0, 0, 0, 0, 0, LINKLOCAL, 9, 1, 1, SRC);
	CHECK(l2.content == L2_ND && l2.nd.has_target && !l2.nd.has_lladdr);
	/* an option without a length would go on for ever */
	l2 = READ(3, 0x86dd, -1, IP6(40), 135, 0, 0, 0, 0, 0, 0, 0, LINKLOCAL, 9, 14, 0, NO_MAC, 1,
		1, SRC);
	CHECK(l2.nd.has_target && !l2.nd.has_lladdr);
	/* one that is longer than the rest, too */
	l2 = READ(3, 0x86dd, -1, IP6(32), 135, 0, 0, 0, 0, 0, 0, 0, LINKLOCAL, 9, 14, 9, NO_MAC);
	CHECK(!l2.nd.has_lladdr);
}

static void test_lengths_and_llc(void)
{
	struct l2_headers l2 = READ(2, 4, -1, DST, SRC, 0, 38, 0x42, 0x42, 3);

	CHECK(l2.eth);
	CHECK_INT(l2.ethertype, 4);
	l2 = READ(2, 0, -1, DST, SRC, 8);
	CHECK(!l2.eth);
	CHECK_INT(l2.ethertype, 0);
}

/* Cut anywhere, a packet tells less, and never what is not in it. */
static void test_every_length(void)
{
	static const __u8 arp[] = {DST, SRC, ARP, ARP_HEAD, REQUEST};
	static const __u8 nd[] = {
		DST, SRC, IPV6, IP6(32), 135, 0, 0, 0, 0, 0, 0, 0, LINKLOCAL, 9, 1, 1, SRC};

	for (size_t len = 0; len <= sizeof(arp); len++) {
		struct l2_headers l2 = read_bytes(2, 0, arp, len, -1);

		CHECK_INT(l2.eth, len >= 14);
		CHECK_INT(l2.content, len == sizeof(arp) ? L2_ARP : L2_OTHER);
	}
	for (size_t len = 0; len <= sizeof(nd); len++) {
		struct l2_headers l2 = read_bytes(2, 0, nd, len, -1);

		CHECK_INT(l2.content, len >= 14 + 40 + 8 ? L2_ND : L2_OTHER);
		CHECK_INT(l2.nd.has_target, len >= 14 + 40 + 24);
		CHECK_INT(l2.nd.has_lladdr, len == sizeof(nd));
	}
}

static void test_names(void)
{
	char op[ARP_OP_LEN];

	CHECK_STR(arp_op_name(1, op), "request");
	CHECK_STR(arp_op_name(2, op), "reply");
	CHECK_STR(arp_op_name(65535, op), "65535");
	CHECK_STR(nd_type_name(1), "");
}

int main(void)
{
	UNIT_RUN(test_arp_request);
	UNIT_RUN(test_without_link_layer);
	UNIT_RUN(test_arp_of_other_kinds_is_unknown);
	UNIT_RUN(test_vlan_tags);
	UNIT_RUN(test_neighbour_solicitation);
	UNIT_RUN(test_neighbour_advertisement);
	UNIT_RUN(test_routers);
	UNIT_RUN(test_not_neighbour_discovery);
	UNIT_RUN(test_lengths_and_llc);
	UNIT_RUN(test_every_length);
	UNIT_RUN(test_names);
	return unit_status();
}
