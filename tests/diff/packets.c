/* SPDX-License-Identifier: GPL-2.0-only */
/* packets.c - every kind of frame that the expressions speak of, whole and cut short. */
#include <arpa/inet.h>
#include <string.h>

#include "tests/diff/diff.h"

const char *const pool_ipv4[4] = {"10.0.0.1", "10.0.0.2", "192.168.1.77", "224.0.0.5"};
const char *const pool_ipv6[4] = {"2001:db8::1", "2001:db8::2", "fe80::1", "ff02::1"};
const uint16_t pool_ports[6] = {53, 80, 443, 6081, 8080, 40000};

uint32_t rng_next(struct rng *r)
{
	r->state += 0x9e3779b97f4a7c15ull;
	uint64_t z = r->state;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (z ^ (z >> 31)) >> 16;
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
	return rng_next(r) % n;
}

static void put(struct packet *p, const void *bytes, size_t n)
{
	if (p->len + n > PACKET_MAX)
		n = PACKET_MAX - p->len;
	memcpy(p->data + p->len, bytes, n);
	p->len += n;
}

static void put8(struct packet *p, uint8_t v)
{
	put(p, &v, 1);
}

static void put16(struct packet *p, uint16_t v)
{
	uint16_t be = htons(v);

	put(p, &be, 2);
}

static void put32(struct packet *p, uint32_t v)
{
	uint32_t be = htonl(v);

	put(p, &be, 4);
}

static void put_random(struct packet *p, struct rng *r, uint32_t n)
{
	while (n--)
		put8(p, rng_next(r));
}

/* ---- layer 4 --------------------------------------------------------------------------------- */

static uint16_t some_port(struct rng *r)
{
	return pool_ports[rng_below(r, 6)] + (rng_below(r, 8) == 0);
}

static void put_tcp(struct packet *p, struct rng *r)
{
	static const uint8_t flags[] = {0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14, 0x29, 0xc2};
	uint32_t words = 5 + rng_below(r, 3);

	put16(p, some_port(r));
	put16(p, some_port(r));
	put32(p, rng_next(r));
	put32(p, rng_next(r));
	put8(p, words << 4);
	put8(p, flags[rng_below(r, sizeof(flags))]);
	put16(p, rng_next(r));
	put32(p, 0);
	put_random(p, r, (words - 5) * 4 + rng_below(r, 40));
}

static void put_geneve(struct packet *p, struct rng *r);

static void put_udp(struct packet *p, struct rng *r, bool geneve)
{
	uint32_t n = rng_below(r, 60);

	put16(p, some_port(r));
	put16(p, geneve ? 6081 : some_port(r));
	put16(p, 8 + n);
	put16(p, rng_next(r));
	if (geneve)
		put_geneve(p, r);
	else
		put_random(p, r, n);
}

static void put_l4(struct packet *p, struct rng *r, uint8_t proto)
{
	switch (proto) {
	case 6:
		put_tcp(p, r);
		break;
	case 17:
		put_udp(p, r, rng_below(r, 6) == 0);
		break;
	case 1:
	case 58:
		put8(p, proto == 1 ? "\0\3\5\10\13"[rng_below(r, 5)]
				   : "\1\2\200\205\207"[rng_below(r, 5)]);
		put8(p, rng_below(r, 4));
		put_random(p, r, 6 + rng_below(r, 40));
		break;
	case 132:
		put16(p, some_port(r));
		put16(p, some_port(r));
		put_random(p, r, 8 + rng_below(r, 30));
		break;
	default:
		put_random(p, r, rng_below(r, 60));
	}
}

/* ---- layer 3 --------------------------------------------------------------------------------- */

static const uint8_t protocols[] = {6, 6, 6, 17, 17, 17, 1, 58, 132, 47, 50, 51, 89, 103, 112, 2};

static void put_ipv4_address(struct packet *p, struct rng *r)
{
	struct in_addr a;

	inet_pton(AF_INET, pool_ipv4[rng_below(r, 4)], &a);
	if (rng_below(r, 6) == 0)
		a.s_addr ^= htonl(rng_below(r, 512));
	put(p, &a, 4);
}

static void put_ipv4(struct packet *p, struct rng *r, uint8_t proto)
{
	uint32_t start = p->len, words = rng_below(r, 4) ? 5 : 5 + rng_below(r, 11);
	uint32_t frag = rng_below(r, 8);

	put8(p, 0x40 | (rng_below(r, 40) ? words : rng_below(r, 5)));
	put8(p, rng_below(r, 3) ? 0 : rng_next(r));
	put16(p, 0); /* total length, below */
	put16(p, rng_next(r));
	put16(p, frag == 0 ? 1 + rng_below(r, 0x1fff) : frag == 1 ? 0x2000 : frag < 5 ? 0x4000 : 0);
	put8(p, 1 + rng_below(r, 255));
	put8(p, proto);
	put16(p, rng_next(r));
	put_ipv4_address(p, r);
	put_ipv4_address(p, r);
	put_random(p, r, (words - 5) * 4);
	put_l4(p, r, proto);
	p->data[start + 2] = (p->len - start) >> 8;
	p->data[start + 3] = p->len - start;
}

static void put_ipv6_address(struct packet *p, struct rng *r)
{
	struct in6_addr a;

	inet_pton(AF_INET6, pool_ipv6[rng_below(r, 4)], &a);
	if (rng_below(r, 6) == 0)
		a.s6_addr[15] ^= rng_below(r, 4);
	put(p, &a, 16);
}

/* Extension headers as wanted by the protocol numbers in CHAIN, then the upper protocol. */
static void put_ipv6(struct packet *p, struct rng *r, const uint8_t *chain, size_t n, uint8_t proto)
{
	uint32_t start = p->len;

	put32(p, 0x60000000 | (rng_next(r) & 0xfffff));
	put16(p, 0);
	put8(p, n ? chain[0] : proto);
	put8(p, 1 + rng_below(r, 255));
	put_ipv6_address(p, r);
	put_ipv6_address(p, r);
	for (size_t i = 0; i < n; i++) {
		uint32_t units = chain[i] == 44 ? 0 : rng_below(r, 3);

		put8(p, i + 1 < n ? chain[i + 1] : proto);
		put8(p, chain[i] == 51 ? 4 + 2 * units : units);
		put_random(p, r, 6 + 8 * units + (chain[i] == 51 ? 16 : 0));
	}
	put_l4(p, r, proto);
	p->data[start + 4] = (p->len - start - 40) >> 8;
	p->data[start + 5] = p->len - start - 40;
}

static void put_any_ip(struct packet *p, struct rng *r, bool v6)
{
	static const uint8_t headers[] = {0, 60, 43, 44, 51};
	uint8_t proto = protocols[rng_below(r, sizeof(protocols))], chain[4];
	size_t n = rng_below(r, 3) ? 0 : 1 + rng_below(r, 4);

	if (!v6) {
		put_ipv4(p, r, proto);
		return;
	}
	for (size_t i = 0; i < n; i++)
		chain[i] = headers[rng_below(r, sizeof(headers))];
	put_ipv6(p, r, chain, n, proto == 1 ? 58 : proto);
}

/* ---- layer 2 --------------------------------------------------------------------------------- */

static void put_mac(struct packet *p, struct rng *r)
{
	static const uint8_t macs[4][6] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2},
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {1, 0x80, 0xc2, 0, 0, 0}};

	put(p, macs[rng_below(r, 4)], 6);
}

static void put_arp(struct packet *p, struct rng *r)
{
	put16(p, 1);
	put16(p, 0x0800);
	put16(p, 0x0604);
	put16(p, 1 + rng_below(r, 2));
	put_mac(p, r);
	put_ipv4_address(p, r);
	put_mac(p, r);
	put_ipv4_address(p, r);
}

static void put_geneve(struct packet *p, struct rng *r)
{
	uint32_t options = rng_below(r, 3);
	bool v6 = rng_below(r, 2);

	put8(p, options);
	put8(p, 0);
	put16(p, 0x6558);
	put32(p, (rng_below(r, 2) ? 100 : rng_next(r) & 0xffffff) << 8);
	put_random(p, r, options * 4);
	if (p->len > 600)
		return;
	put_mac(p, r);
	put_mac(p, r);
	put16(p, v6 ? 0x86dd : 0x0800);
	put_any_ip(p, r, v6);
}

/* LLC: spanning tree, IS-IS, IPX, NetBEUI, SNAP with AppleTalk; the type field is a length. */
static void put_llc(struct packet *p, struct rng *r)
{
	static const uint8_t saps[] = {0x42, 0xfe, 0xe0, 0xf0, 0xaa, 0x06};
	uint8_t sap = saps[rng_below(r, sizeof(saps))];

	put16(p, 40);
	put8(p, sap);
	put8(p, sap);
	put8(p, rng_below(r, 2) ? 3 : rng_next(r));
	if (sap == 0xaa)
		put(p, rng_below(r, 2) ? "\x08\x00\x07\x80\x9b" : "\0\0\0\x80\xf3", 5);
	put_random(p, r, 40);
}

static void put_mpls(struct packet *p, struct rng *r)
{
	uint32_t depth = 1 + rng_below(r, 3);

	put16(p, 0x8847);
	for (uint32_t i = 1; i <= depth; i++)
		put32(p, (rng_below(r, 2) ? 1000 : 16 + rng_below(r, 4)) << 12 | (i == depth) << 8 |
				 64);
	p->l3 = p->len;
	put_any_ip(p, r, rng_below(r, 2));
}

static void put_pppoe(struct packet *p, struct rng *r)
{
	bool v6 = rng_below(r, 2);

	put16(p, rng_below(r, 4) ? 0x8864 : 0x8863);
	put16(p, 0x1100);
	put16(p, rng_below(r, 2) ? 7 : rng_below(r, 0x10000));
	put16(p, 100);
	put16(p, v6 ? 0x57 : 0x21);
	p->l3 = p->len;
	put_any_ip(p, r, v6);
}

static void put_ip_behind_type(struct packet *p, struct rng *r, bool v6)
{
	put16(p, v6 ? 0x86dd : 0x0800);
	p->l3 = p->len;
	put_any_ip(p, r, v6);
}

static void put_tags(struct packet *p, struct rng *r)
{
	static const uint16_t tpids[] = {0x8100, 0x8100, 0x88a8, 0x9100};

	for (uint32_t n = 1 + rng_below(r, 3); n; n--) {
		put16(p, tpids[rng_below(r, 4)]);
		put16(p, rng_below(r, 2) ? 10 * (1 + rng_below(r, 2)) : rng_next(r));
	}
}

static void put_frame(struct packet *p, struct rng *r, uint32_t kind)
{
	static const uint16_t odd_types[] = {
		0x8035, 0x809b, 0x6003, 0x6004, 0x88cc, 0x0600, 0x1234};

	put_mac(p, r);
	put_mac(p, r);
	if (kind == 2 || kind == 3) {
		put_tags(p, r);
		kind = rng_below(r, 2) ? kind - 2 : rng_below(r, 10);
	}
	switch (kind) {
	case 4:
		put16(p, 0x0806 + (rng_below(r, 5) == 0 ? 0x782f : 0));
		p->l3 = p->len;
		put_arp(p, r);
		break;
	case 5:
		put_llc(p, r);
		break;
	case 6:
		put_mpls(p, r);
		break;
	case 7:
		put_pppoe(p, r);
		break;
	case 8:
		put16(p, odd_types[rng_below(r, 7)]);
		put_random(p, r, rng_below(r, 80));
		break;
	case 9:
		put_random(p, r, 2 + rng_below(r, 200));
		break;
	default:
		put_ip_behind_type(p, r, kind & 1);
	}
	if (!p->l3)
		p->l3 = 14;
}

/* Cut short, in the capture only or on the wire too; now and then nothing is left. */
static void cut(struct packet *p, struct rng *r)
{
	p->caplen = p->len;
	switch (rng_below(r, 6)) {
	case 0:
		p->caplen = rng_below(r, p->len + 1);
		break;
	case 1:
		p->caplen = p->len = rng_below(r, p->len < 80 ? p->len + 1 : 80);
		break;
	case 2:
		p->len += rng_below(r, 2000);
	}
}

void packet_make(struct packet *p, uint32_t i, uint64_t seed)
{
	struct rng r = {.state = seed ^ ((uint64_t)i << 32)};

	memset(p, 0, sizeof(*p));
	rng_next(&r);
	if (i == 0) /* the empty packet */
		return;
	put_frame(p, &r, i <= 20 ? i / 2 : rng_below(&r, 10));
	if (i <= 20)
		p->caplen = p->len;
	else
		cut(p, &r);
}
