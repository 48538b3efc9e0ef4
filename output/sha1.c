// SPDX-License-Identifier: GPL-2.0-only
#include "output/sha1.h"

#define BLOCK 64

static uint32_t rotate(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* FIPS 180-4, 6.1.2 step 1 */
static void schedule(const uint8_t block[BLOCK], uint32_t w[80])
{
	for (unsigned t = 0; t < 16; t++)
		w[t] = load_be32(block + 4 * t);
	for (unsigned t = 16; t < 80; t++)
		w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
}

/* 4.1.1 and 4.2.1: function and constant of round T */
static uint32_t mix(unsigned t, uint32_t b, uint32_t c, uint32_t d)
{
	if (t < 20)
		return ((b & c) ^ (~b & d)) + 0x5a827999;
	if (t < 40)
		return (b ^ c ^ d) + 0x6ed9eba1;
	if (t < 60)
		return ((b & c) ^ (b & d) ^ (c & d)) + 0x8f1bbcdc;
	return (b ^ c ^ d) + 0xca62c1d6;
}

static void absorb(uint32_t h[5], const uint8_t block[BLOCK])
{
	uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
	uint32_t w[80];

	schedule(block, w);
	for (unsigned t = 0; t < 80; t++) {
		uint32_t next = rotate(a, 5) + mix(t, b, c, d) + e + w[t];

		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = next;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

/* 5.1.1: a one bit, zeros, and the length in bits end the last block; that may take one more. */
static void absorb_tail(uint32_t h[5], const uint8_t *tail, size_t tail_len, uint64_t len)
{
	uint8_t end[2 * BLOCK] = {0};
	size_t size = tail_len + 9 <= BLOCK ? BLOCK : 2 * BLOCK;

	memcpy(end, tail, tail_len);
	end[tail_len] = 0x80;
	for (unsigned i = 0; i < 8; i++)
		end[size - 1 - i] = len * 8 >> (8 * i);
	for (size_t at = 0; at < size; at += BLOCK)
		absorb(h, end + at);
}

void sha1(const void *data, size_t len, uint8_t ret[SHA1_LEN])
{
	uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
	const uint8_t *bytes = data;
	size_t whole = len - len % BLOCK;

	for (size_t at = 0; at < whole; at += BLOCK)
		absorb(h, bytes + at);
	absorb_tail(h, bytes + whole, len - whole, len);
	for (unsigned i = 0; i < SHA1_LEN; i++)
		ret[i] = h[i / 4] >> (24 - 8 * (i % 4));
}
