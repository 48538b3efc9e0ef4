/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * diff.h - expressions and packets for the differential test, all from one seed.
 *
 * Packets and expressions draw addresses and ports from the same small pools, so that generated
 * pairs meet often.
 */
#ifndef PATHLAG_TEST_DIFF_H
#define PATHLAG_TEST_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PACKET_MAX = 2048, EXPR_MAX = 512 };

/* A small generator of our own: rand() differs from libc to libc. */
struct rng {
	uint64_t state;
};

uint32_t rng_next(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t n);

struct packet {
	uint8_t data[PACKET_MAX]; /* from the Ethernet header on */
	uint32_t caplen, len;
	uint32_t l3; /* offset of the network header, behind VLAN tags */
};

/* Packet number I of the seed: the first ones are hand-made kinds, the others are drawn. */
void packet_make(struct packet *p, uint32_t i, uint64_t seed);

/* The hand-written expressions, NULL behind the last one. */
extern const char *const expr_list[];

/* Writes a random expression to BUF (EXPR_MAX bytes). libpcap may well refuse it. */
void expr_generate(char *buf, struct rng *r);

/* What both draw from. */
extern const char *const pool_ipv4[4];
extern const char *const pool_ipv6[4];
extern const uint16_t pool_ports[6];

#endif
