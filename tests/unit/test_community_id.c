// SPDX-License-Identifier: GPL-2.0-only
#include "output/community_id.h"
#include "output/sha1.h"
#include "tests/unit/sample.h"
#include "tests/unit/unit.h"

static void check_sha1(int line, const char *data, size_t len, const char *want)
{
	uint8_t digest[SHA1_LEN];
	char hex[2 * SHA1_LEN + 1];

	sha1(data, len, digest);
	for (unsigned i = 0; i < SHA1_LEN; i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	unit_check_str(__FILE__, line, "digest", hex, want);
}

/* The examples of FIPS 180 and RFC 3174. */
static void test_sha1_examples(void)
{
	static char million[1000000];

	memset(million, 'a', sizeof(million));
	check_sha1(__LINE__, "", 0, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	check_sha1(__LINE__, "abc", 3, "a9993e364706816aba3e25717850c26c9cd0d89d");
	check_sha1(__LINE__, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
		"84983e441c3bd26ebaae4aa1f95129e5e54670f1");
	check_sha1(__LINE__, million, sizeof(million), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

/* Around the edge where the length needs a block of its own. */
static void test_sha1_padding(void)
{
	static const char a[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

	check_sha1(__LINE__, a, 55, "c1c8bbdc22796e28c0e15163d20899b65621d65a");
	check_sha1(__LINE__, a, 56, "c2db330f6083854c99d4b5bfb6e8f29f201be699");
	check_sha1(__LINE__, a, 63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5");
	check_sha1(__LINE__, a, 64, "0098ba824b5c16427bd7a1122a5a442a25ec644d");
	check_sha1(__LINE__, a, 65, "11655326c708d70319be2610e8a57d9a5b959d3b");
}

static void check_flow(int line, __u8 proto, const char *saddr, unsigned sport, const char *daddr,
	unsigned dport, const char *want)
{
	struct rec_tuple there = sample_tuple(saddr, sport, daddr, dport);
	struct rec_tuple back = sample_tuple(daddr, dport, saddr, sport);
	char id[COMMUNITY_ID_LEN];

	there.l4_proto = back.l4_proto = proto;
	CHECK(community_id(&there, id));
	unit_check_str(__FILE__, line, "there", id, want);
	CHECK(community_id(&back, id));
	unit_check_str(__FILE__, line, "back", id, want);
}

/* Flows and hashes of the standard's own baseline (seed 0), and of its reference package. */
static void test_community_id_baseline(void)
{
	check_flow(__LINE__, IPPROTO_TCP, "128.232.110.120", 34855, "66.35.250.204", 80,
		"1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	check_flow(__LINE__, IPPROTO_UDP, "192.168.1.52", 54585, "8.8.8.8", 53,
		"1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
	check_flow(__LINE__, IPPROTO_TCP, "2001:470:e5bf:dead:4957:2174:e82c:4887", 63943,
		"2607:f8b0:400c:c03::1a", 25, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=");
	check_flow(__LINE__, IPPROTO_SCTP, "192.168.170.8", 7, "192.168.170.56", 7,
		"1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=");
	check_flow(__LINE__, IPPROTO_TCP, "10.0.0.1", 10, "10.0.0.2", 20,
		"1:9j2Dzwrw7T9E+IZi4b4IVT66HBI=");
	check_flow(__LINE__, IPPROTO_TCP, "1.2.3.4", 4584, "43.3.132.3", 3483,
		"1:koNcqhFRD5kb254ZrLsdv630jCM=");
}

static void test_community_id_mapped(void)
{
	check_flow(__LINE__, IPPROTO_TCP, "::ffff:10.0.0.1", 10, "::ffff:10.0.0.2", 20,
		"1:9j2Dzwrw7T9E+IZi4b4IVT66HBI=");
}

/* A host that talks to itself: only the ports tell the ends apart. */
static void test_community_id_same_address(void)
{
	struct rec_tuple there = sample_tuple("127.0.0.1", 256, "127.0.0.1", 2);
	struct rec_tuple back = sample_tuple("127.0.0.1", 2, "127.0.0.1", 256);
	char a[COMMUNITY_ID_LEN], b[COMMUNITY_ID_LEN];

	CHECK(community_id(&there, a));
	CHECK(community_id(&back, b));
	CHECK_STR(a, b);
}

static void test_community_id_unknown(void)
{
	struct rec_tuple t = sample_tuple("10.0.0.1", 0, "10.0.0.2", 80);
	char id[COMMUNITY_ID_LEN] = "x";

	CHECK(!community_id(&t, id));
	CHECK_STR(id, "");
	t.sport = htons(1);
	t.family = 0;
	CHECK(!community_id(&t, id));
	t.family = 4;
	t.l4_proto = IPPROTO_ICMP;
	CHECK(!community_id(&t, id));
}

int main(void)
{
	UNIT_RUN(test_sha1_examples);
	UNIT_RUN(test_sha1_padding);
	UNIT_RUN(test_community_id_baseline);
	UNIT_RUN(test_community_id_mapped);
	UNIT_RUN(test_community_id_same_address);
	UNIT_RUN(test_community_id_unknown);
	return unit_status();
}
