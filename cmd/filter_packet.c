/* SPDX-License-Identifier: GPL-2.0-only */
/* filter_packet.c - just enough decoding to recognise a packet in a list. */
#include <arpa/inet.h>
#include <time.h>

#include <pcap/dlt.h>

#include "cmd/filter_packet.h"

enum {
	IPV4 = 0x0800,
	ARP = 0x0806,
	VLAN = 0x8100,
	IPV6 = 0x86dd,
	QINQ = 0x88a8,
	OLD_QINQ = 0x9100
};

/* Link layers that end in an EtherType: how far that lies, and where the packet begins. */
static const struct {
	int dlt;
	uint32_t type_at, end;
} links[] = {
	{DLT_EN10MB, 12, 14},
	{DLT_LINUX_SLL, 14, 16},
	{DLT_LINUX_SLL2, 0, 20},
};

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static bool is_bare_ip(int dlt)
{
	return dlt == DLT_RAW || dlt == DLT_IPV4 || dlt == DLT_IPV6;
}

/* The EtherType, and behind it in *RET_AT the first byte it speaks of; 0: none. */
static uint16_t ether_type(const struct capture_packet *p, uint32_t *ret_at)
{
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		uint32_t at = links[i].end;
		uint16_t type;

		if (links[i].dlt != p->dlt || p->caplen < at)
			continue;
		type = get16(p->data + links[i].type_at);
		while ((type == VLAN || type == QINQ || type == OLD_QINQ) && p->caplen >= at + 4) {
			type = get16(p->data + at + 2);
			at += 4;
		}
		*ret_at = at;
		return type;
	}
	return 0;
}

bool capture_knows_linktype(int dlt)
{
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		if (links[i].dlt == dlt)
			return true;
	}
	return is_bare_ip(dlt);
}

int capture_network_offset(const struct capture_packet *p)
{
	uint32_t at;
	uint16_t type;

	if (is_bare_ip(p->dlt))
		return 0;
	type = ether_type(p, &at);
	return type == IPV4 || type == IPV6 ? (int)at : -1;
}

/* ---- one line -------------------------------------------------------------------------------- */

static void print_flags(uint8_t flags, FILE *out)
{
	static const char letters[] = "FSRPAUEW";

	fputs(" [", out);
	for (int i = 0; i < 8; i++) {
		if (flags & 1 << i)
			fputc(letters[i], out);
	}
	fputc(']', out);
}

static void print_protocol(uint8_t proto, const uint8_t *l4, uint32_t left, FILE *out)
{
	switch (proto) {
	case 6:
		fputs("tcp", out);
		if (left > 13)
			print_flags(l4[13], out);
		break;
	case 17:
		fputs("udp", out);
		break;
	case 1:
	case 58:
		fputs(proto == 1 ? "icmp" : "icmp6", out);
		if (left > 1)
			fprintf(out, " type %u code %u", l4[0], l4[1]);
		break;
	default:
		fprintf(out, "protocol %u", proto);
	}
}

static void print_ip(const uint8_t *ip, uint32_t n, FILE *out)
{
	bool v6 = n && ip[0] >> 4 == 6;
	uint32_t l4 = v6 ? 40 : n ? 4 * (ip[0] & 0xf) : 0;
	bool fragment = !v6 && n >= 8 && get16(ip + 6) & 0x1fff;
	char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];
	uint8_t proto;

	if (n < (v6 ? 40 : 20)) {
		fputs("IP, cut short", out);
		return;
	}
	inet_ntop(v6 ? AF_INET6 : AF_INET, ip + (v6 ? 8 : 12), from, sizeof(from));
	inet_ntop(v6 ? AF_INET6 : AF_INET, ip + (v6 ? 24 : 16), to, sizeof(to));
	proto = v6 ? ip[6] : ip[9];
	if (!fragment && (proto == 6 || proto == 17 || proto == 132) && n >= l4 + 4)
		fprintf(out, "IP%s %s.%u > %s.%u: ", v6 ? "6" : "", from, get16(ip + l4), to,
			get16(ip + l4 + 2));
	else
		fprintf(out, "IP%s %s > %s: ", v6 ? "6" : "", from, to);
	if (fragment)
		fprintf(out, "fragment of protocol %u", proto);
	else
		print_protocol(proto, ip + l4, n > l4 ? n - l4 : 0, out);
}

static void print_what(const struct capture_packet *p, FILE *out)
{
	int at = capture_network_offset(p);
	uint32_t behind;
	uint16_t type;

	if (at >= 0) {
		print_ip(p->data + at, p->caplen - at, out);
		return;
	}
	type = ether_type(p, &behind);
	if (type == ARP)
		fputs("ARP", out);
	else if (type >= 0x600)
		fprintf(out, "ethertype %#06x", type);
	else if (type)
		fprintf(out, "802.3, length field %u", type);
	else
		fputs("no header that is known here", out);
}

void capture_print(const struct capture_packet *p, unsigned long number, FILE *out)
{
	time_t seconds = p->time.tv_sec;
	struct tm tm = {};

	gmtime_r(&seconds, &tm);
	fprintf(out, "%lu %02d:%02d:%02d.%06ld ", number, tm.tm_hour, tm.tm_min, tm.tm_sec,
		(long)p->time.tv_usec);
	print_what(p, out);
	fprintf(out, ", length %u\n", p->len);
}
