/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_cbpf.c - programs nobody's compiler would emit, judged by libpcap's interpreter.
 *
 * What our validator accepts must be valid for libpcap too, must translate, and must give the same
 * verdict on the packet; as a socket filter it must agree with the slow reference. Input: a byte of
 * switches, the packet's length, the packet, then eight bytes an instruction. With the lowest
 * switch set instructions are taken as they are, else they are bent until most programs are valid.
 */
#include "bpf/record.h"
#include "filters/ebpf.h"
#include "tests/diff/sock_reference.h"
#include "tests/diff/unroll.h"

enum { INSNS_MAX = 200, PREFIX = CBPF_SCRATCH + 1, RAW = 1, ETHER = 2, TAGGED = 4, LONGER = 8 };

/* libpcap's, declared here because its header and <linux/bpf.h> exclude each other. */
unsigned int bpf_filter(
	const struct cbpf_insn *, const unsigned char *, unsigned int, unsigned int);
int bpf_validate(const struct cbpf_insn *, int);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t codes[] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0c, 0x14, 0x15,
	0x16, 0x1c, 0x1d, 0x20, 0x24, 0x25, 0x28, 0x2c, 0x2d, 0x30, 0x34, 0x35, 0x3c, 0x3d, 0x40,
	0x44, 0x45, 0x48, 0x4c, 0x4d, 0x50, 0x54, 0x5c, 0x60, 0x61, 0x64, 0x6c, 0x74, 0x7c, 0x80,
	0x81, 0x84, 0x87, 0x94, 0x9c, 0xa4, 0xac, 0xb1};

static void fail(const char *what)
{
	fprintf(stderr, "fuzz_cbpf: %s\n", what);
	abort();
}

/* Small offsets, jumps that stay inside. */
static void bend(struct cbpf_insn *in, size_t left)
{
	in->code = codes[in->code % sizeof(codes)];
	in->jt %= left ? left : 1;
	in->jf %= left ? left : 1;
	if (in->code == 0x05)
		in->k %= left ? left : 1;
	else if (in->code <= 0x03 || (in->code & 0xe7) == 0x60)
		in->k %= CBPF_SCRATCH;
	else if (in->code >= 0x20 && (in->code & 0x07) <= 1 && !(in->k & 0x80000000))
		in->k %= 80;
}

static size_t take_program(const uint8_t *data, size_t size, bool raw, struct cbpf_insn *prog)
{
	size_t n = size / sizeof(*prog) < INSNS_MAX ? size / sizeof(*prog) : INSNS_MAX;

	memcpy(prog, data, n * sizeof(*prog));
	for (size_t i = 0; !raw && i < n; i++)
		bend(&prog[i], n - i - 1);
	if (!raw && n)
		prog[n - 1] = (struct cbpf_insn){.code = prog[n - 1].jt & 1 ? 0x06 : 0x16, .k = 1};
	return n;
}

/* libpcap leaves scratch memory as it finds it; for us it is zero. */
static int judge(const struct cbpf_insn *prog, size_t n, const uint8_t *packet, uint32_t caplen,
	uint32_t len)
{
	struct cbpf_insn *flat, *all;
	size_t n_flat;
	int res;

	flat = unroll(prog, n, EBPF_MAX_LOOPS, &n_flat);
	all = calloc(PREFIX + n_flat, sizeof(*all));
	if (!flat || !all)
		fail("no memory");
	for (uint32_t i = 0; i < CBPF_SCRATCH; i++)
		all[1 + i] = (struct cbpf_insn){.code = 0x02, .k = i};
	memcpy(all + PREFIX, flat, n_flat * sizeof(*all));
	res = bpf_filter(all, packet, len, caplen) != 0;
	free(flat);
	free(all);
	return res;
}

static void compare_packet(const struct cbpf_insn *prog, size_t n, uint8_t switches,
	const uint8_t *packet, uint32_t caplen)
{
	uint32_t len = caplen + (switches & LONGER ? 1000 : 0);
	/* Exactly as long as it says, so that AddressSanitizer sees a byte too many. */
	uint8_t *copy = malloc(caplen ? caplen : 1);
	struct ebpf_memory mem = {.data = copy, .size = caplen};
	uint64_t args[3] = {caplen, len, 0};
	struct ebpf code = {};
	int ours, theirs;

	memcpy(copy, packet, caplen);
	if (ebpf_translate(prog, n,
		    switches & TAGGED  ? EBPF_TAGGED
		    : switches & ETHER ? EBPF_ETHER
				       : EBPF_IP,
		    &code, NULL))
		fail("a valid program was not translated");
	ours = ebpf_run(code.insns, code.n, &mem, args);
	theirs = judge(prog, n, copy, caplen, len);
	if (ours != theirs)
		fail(ours < 0 ? "the translation faults" : "the verdicts differ");
	ebpf_done(&code);
	free(copy);
}

static void compare_socket(
	const struct cbpf_insn *prog, size_t n, const uint8_t *packet, uint32_t size)
{
	struct rec_tuple t = {};
	struct ebpf_memory mem = {.data = &t, .size = sizeof(t), .direct = true};
	uint64_t args[3] = {};
	struct ebpf code = {};
	int theirs;
	bool exact;

	memcpy(&t, packet, size < sizeof(t) ? size : sizeof(t));
	t.family = t.family & 1 ? 4 : 6;
	if (ebpf_translate_sock(prog, n, &code, &exact, NULL))
		fail("a valid program was not translated for sockets");
	theirs = sock_reference(prog, &t);
	if (exact && theirs >= 0 && ebpf_run(code.insns, code.n, &mem, args) != theirs)
		fail("the verdicts on a socket differ");
	ebpf_done(&code);
}

/* Every listing must hold; FUZZ_CBPF_LIST shows it, for an input that fails. */
static void list(const struct cbpf_insn *prog, size_t n)
{
	char text[128];

	for (size_t i = 0; i < n; i++) {
		cbpf_image(prog, i, text, sizeof(text));
		if (getenv("FUZZ_CBPF_LIST"))
			fprintf(stderr, "(%03zu) %s\n", i, text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cbpf_insn prog[INSNS_MAX];
	uint32_t caplen;
	size_t n;

	if (size < 2 || size < 2u + data[1])
		return 0;
	caplen = data[1];
	n = take_program(data + 2 + caplen, size - 2 - caplen, data[0] & RAW, prog);
	if (cbpf_validate(prog, n, NULL))
		return 0;
	if (!bpf_validate(prog, n))
		fail("libpcap finds a program invalid that we accept");
	list(prog, n);
	compare_packet(prog, n, data[0], data + 2, caplen);
	compare_socket(prog, n, data + 2, caplen);
	return 0;
}
