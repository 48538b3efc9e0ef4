/* SPDX-License-Identifier: GPL-2.0-only */
/* test_filter.c - the edges of filters/ that a differential test would only meet by chance. */
#include <arpa/inet.h>

#include "bpf/record.h"
#include "filters/ebpf.h"
#include "filters/filter.h"
#include "tests/unit/unit.h"

enum {
	LD_IMM = 0x00,
	LD_W = 0x20,
	LD_B = 0x30,
	LD_LEN = 0x80,
	LD_MEM = 0x60,
	LDX_IMM = 0x01,
	LDX_MSH = 0xb1,
	LD_B_IND = 0x50,
	LD_W_IND = 0x40,
	LSH_X = 0x6c,
	LSH_K = 0x64,
	DIV_X = 0x3c,
	DIV_K = 0x34,
	MOD_X = 0x9c,
	NEG = 0x84,
	JA = 0x05,
	JGT_K = 0x25,
	JEQ_K = 0x15,
	RET_K = 0x06,
	RET_A = 0x16,
};

/* The verdict of PROG on PACKET by our machine. */
static int run(
	const struct cbpf_insn *prog, size_t n, const void *packet, uint32_t caplen, uint32_t len)
{
	_cleanup_(ebpf_done) struct ebpf code = {};
	struct ebpf_memory mem = {.data = packet, .size = caplen};
	uint64_t args[3] = {caplen, len, 0};

	if (cbpf_validate(prog, n, NULL) || ebpf_translate(prog, n, EBPF_IP, &code, NULL))
		return -EINVAL;
	return ebpf_run(code.insns, code.n, &mem, args);
}

/* A plain instruction, and a conditional jump. */
#define K(op, value)          ((struct cbpf_insn){.code = (op), .k = (value)})
#define J(op, value, yes, no) ((struct cbpf_insn){(op), (yes), (no), (value)})

#define RUN(packet, caplen, ...)                                                             \
 run((const struct cbpf_insn[]){__VA_ARGS__},                                                \
	 sizeof((const struct cbpf_insn[]){__VA_ARGS__}) / sizeof(struct cbpf_insn), packet, \
	 caplen, (caplen) + 100)

static void test_arithmetic_is_32_bits(void)
{
	/* 0xffffffff + 1 is 0; -1 > 5 as an unsigned number */
	CHECK_INT(RUN("", 0, K(LD_IMM, 0xffffffff), K(0x04, 1), K(RET_A, 0)), 0);
	CHECK_INT(RUN("", 0, K(LD_IMM, 1), K(NEG, 0), J(JGT_K, 5, 0, 1), K(RET_K, 1), K(RET_K, 0)),
		1);
	CHECK_INT(RUN("", 0, K(LD_IMM, 1), K(LDX_IMM, 32), K(LSH_X, 0), K(RET_A, 0)), 0);
	CHECK_INT(RUN("", 0, K(LD_IMM, 1), K(LDX_IMM, 31), K(LSH_X, 0), K(RET_A, 0)), 1);
}

static void test_division_by_zero_rejects(void)
{
	CHECK_INT(RUN("", 0, K(LD_IMM, 7), K(DIV_X, 0), K(RET_K, 1)), 0);
	CHECK_INT(RUN("", 0, K(LD_IMM, 7), K(MOD_X, 0), K(RET_K, 1)), 0);
	CHECK_INT(RUN("", 0, K(LD_IMM, 7), K(DIV_K, 0), K(RET_K, 1)), -EINVAL);
}

static void test_loads_stay_in_the_packet(void)
{
	static const uint8_t packet[4] = {0, 0, 0, 1};

	CHECK_INT(RUN(packet, 4, K(LD_W, 0), K(RET_A, 0)), 1);
	CHECK_INT(RUN(packet, 4, K(LD_W, 1), K(RET_K, 1)), 0);
	CHECK_INT(RUN(packet, 4, K(LD_B, 3), K(RET_A, 0)), 1);
	CHECK_INT(RUN(packet, 4, K(LD_B, 4), K(RET_K, 1)), 0);
	CHECK_INT(RUN(packet, 4, K(LD_B, 0xffffffff), K(RET_K, 1)), 0);
	CHECK_INT(RUN(packet, 0, K(LD_B, 0), K(RET_K, 1)), 0);
	/* X + k must not wrap around to 3 */
	CHECK_INT(RUN(packet, 4, K(LDX_IMM, 0xffffffff), K(LD_B_IND, 4), K(RET_K, 1)), 0);
	CHECK_INT(RUN(packet, 4, K(LDX_IMM, 4), K(LD_B_IND, 0xffffffff), K(RET_K, 1)), 0);
	CHECK_INT(RUN(packet, 4, K(LDX_IMM, 3), K(LD_B_IND, 0), K(RET_A, 0)), 1);
	CHECK_INT(RUN(packet, 4, K(LDX_IMM, 1), K(LD_W_IND, 0), K(RET_K, 1)), 0);
}

static void test_msh_leaves_a_alone(void)
{
	static const uint8_t packet[1] = {0xf5};

	CHECK_INT(RUN(packet, 1, K(LD_IMM, 9), K(LDX_MSH, 0), J(JEQ_K, 9, 0, 1), K(RET_K, 1),
			  K(RET_K, 0)),
		1);
	/* and X is 20: 20 / 20 - 1 */
	CHECK_INT(
		RUN(packet, 1, K(LD_IMM, 20), K(LDX_MSH, 0), K(DIV_X, 0), K(0x14, 1), K(RET_A, 0)),
		0);
}

static void test_scratch_and_length(void)
{
	CHECK_INT(RUN("", 0, K(LD_MEM, 3), K(RET_A, 0)), 0);
	/* the length on the wire, not what was captured */
	CHECK_INT(RUN("ab", 2, K(LD_LEN, 0), J(JEQ_K, 102, 0, 1), K(RET_K, 1), K(RET_K, 0)), 1);
}

static void test_validator(void)
{
	struct errbuf err = {};
	struct cbpf_insn long_jump[] = {K(JA, 5), K(RET_K, 1)};
	struct cbpf_insn no_end[] = {K(LD_IMM, 1)};
	struct cbpf_insn unknown[] = {{0xffff, 0, 0, 0}, K(RET_K, 0)};

	CHECK_INT(cbpf_validate(long_jump, 2, &err), -EINVAL);
	CHECK(strstr(err.text, "instruction 0"));
	CHECK_INT(cbpf_validate(no_end, 1, NULL), -EINVAL);
	CHECK_INT(cbpf_validate(unknown, 2, NULL), -EINVAL);
	CHECK_INT(cbpf_validate(no_end, 0, NULL), -EINVAL);
	CHECK_INT(RUN("", 0, K(LD_MEM, 16), K(RET_A, 0)), -EINVAL);
	CHECK_INT(RUN("", 0, K(LSH_K, 32), K(RET_A, 0)), -EINVAL);
}

static void test_endless_loop_ends(void)
{
	CHECK_INT(RUN("", 0, K(LD_IMM, 1), K(JA, -2u), K(RET_K, 1)), 0);
}

/* ---- expressions ----------------------------------------------------------------------------- */

static void test_refusals(void)
{
	struct errbuf err = {};
	struct filter *f = NULL;

	CHECK_INT(filter_new("tcp port", &f, &err), -EINVAL);
	CHECK(strstr(err.text, "syntax error"));
	CHECK_INT(filter_new("inbound", &f, &err), -EINVAL);
	CHECK(strstr(err.text, "not supported"));
	CHECK(!f);
	filter_free(NULL);
}

static void test_empty_expression(void)
{
	_cleanup_(filter_freep) struct filter *f = NULL;
	struct rec_tuple t = {};
	size_t n;

	CHECK_INT(filter_new("  \t ", &f, NULL), 0);
	CHECK(filter_is_empty(f));
	CHECK_INT(filter_match_sock(f, &t), 1);
	CHECK(!filter_ebpf(f, FILTER_L2, &n) && !n);
}

static void test_no_meaning_for_raw_ip(void)
{
	_cleanup_(filter_freep) struct filter *f = NULL;
	struct filter_packet p = {.data = "\x45", .caplen = 1, .len = 1};
	struct rec_tuple t = {.family = 4, .l4_proto = 6};

	CHECK_INT(filter_new("not arp and ether host 1:2:3:4:5:6", &f, NULL), 0);
	CHECK(filter_has(f, FILTER_L2) && !filter_has(f, FILTER_L3) && !filter_has(f, FILTER_SOCK));
	CHECK(filter_l3_reason(f)[0]);
	CHECK_INT(filter_match(f, FILTER_L3, &p), 0);
	CHECK_INT(filter_match_sock(f, &t), 0);
}

/* 1, 0 for a TCP socket 10.0.0.1:40000 - 10.0.0.2:443 */
static int sock(const char *expr)
{
	_cleanup_(filter_freep) struct filter *f = NULL;
	struct rec_tuple t = {
		.saddr = {10, 0, 0, 1}, .daddr = {10, 0, 0, 2}, .family = 4, .l4_proto = 6};

	t.sport = htons(40000);
	t.dport = htons(443);
	if (filter_new(expr, &f, NULL))
		return -1;
	CHECK(filter_sock_exact(f));
	return filter_match_sock(f, &t);
}

static void test_socket_by_tuple(void)
{
	CHECK_INT(sock("tcp port 443"), 1);
	CHECK_INT(sock("src port 443"), 1); /* its answers come from there */
	CHECK_INT(sock("src port 443 and dst host 10.0.0.1"), 1);
	CHECK_INT(sock("src port 443 and src host 10.0.0.1"), 0);
	CHECK_INT(sock("src and dst net 10.0.0.0/8"), 1);
	CHECK_INT(sock("udp"), 0);
	CHECK_INT(sock("ip6"), 0);
	CHECK_INT(sock("not port 443"), 0);
	CHECK_INT(sock("portrange 400-500"), 1);
}

/* connect() chooses a source port only after the socket is seen setting out. */
static void test_socket_without_source_port(void)
{
	_cleanup_(filter_freep) struct filter *f = NULL;
	struct rec_tuple t = {.family = 4, .l4_proto = 6, .dport = htons(443)};

	CHECK_INT(filter_new("src port 40000 and dst port 443", &f, NULL), 0);
	CHECK_INT(filter_match_sock(f, &t), 1);
	t.dport = htons(80);
	CHECK_INT(filter_match_sock(f, &t), 0);
	t.sport = htons(40000);
	t.dport = htons(443);
	CHECK_INT(filter_match_sock(f, &t), 1);
	t.sport = htons(40001);
	CHECK_INT(filter_match_sock(f, &t), 0);
}

static void test_socket_cannot_answer(void)
{
	CHECK_INT(sock("tcp[tcpflags] & tcp-syn != 0"), 1);
	CHECK_INT(sock("tcp[tcpflags] & tcp-syn = 0"), 1);
	CHECK_INT(sock("tcp[tcpflags] & tcp-syn != 0 and port 80"), 0);
	CHECK_INT(sock("greater 1000"), 1);
	CHECK_INT(sock("ip[8] = 3 or port 80"), 1);
	CHECK_INT(sock("ip[6:2] & 0x1fff != 0"), 0); /* no fragments */
	CHECK_INT(sock("ip[6:2] & 0x4000 != 0"), 1); /* DF may be set */
	CHECK_INT(sock("ip[0] & 0xf > 5"), 0);       /* no options */
	CHECK_INT(sock("udp[8:2] = 1"), 0);
}

int main(void)
{
	UNIT_RUN(test_arithmetic_is_32_bits);
	UNIT_RUN(test_division_by_zero_rejects);
	UNIT_RUN(test_loads_stay_in_the_packet);
	UNIT_RUN(test_msh_leaves_a_alone);
	UNIT_RUN(test_scratch_and_length);
	UNIT_RUN(test_validator);
	UNIT_RUN(test_endless_loop_ends);
	UNIT_RUN(test_refusals);
	UNIT_RUN(test_empty_expression);
	UNIT_RUN(test_no_meaning_for_raw_ip);
	UNIT_RUN(test_socket_by_tuple);
	UNIT_RUN(test_socket_without_source_port);
	UNIT_RUN(test_socket_cannot_answer);
	return unit_status();
}
