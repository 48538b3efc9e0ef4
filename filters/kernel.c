/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel.c - a filter run by this kernel on packets of our choice.
 *
 * The code is the subprogram of a raw tracepoint program, the very instructions that are spliced
 * into tracing programs. The packet lies in an array map that we have mapped too; its address has
 * to be a plain number for the verifier, as addresses of skb data are, hence the detour through
 * the first word of the map.
 */
#include <sys/mman.h>

#include <bpf/bpf.h>

#include "bpf/record.h"
#include "filters/filter.h"
#include "filters/insn.h"

enum {
	PACKET_AT = 64, /* offset in the map's value, before it the word for the address */
	MAP_SIZE = PACKET_AT + FILTER_KERNEL_CAPLEN,
	LOG_SIZE = 1 << 16,
	WRAPPER_MAX = 24,
};

_Static_assert(sizeof(struct bpf_insn) == sizeof(struct ebpf_insn), "the kernel's layout");

struct filter_kernel {
	int map_fd;
	int prog_fd;
	uint8_t *memory;
	uint32_t verified;
	char log[LOG_SIZE];
};

int filter_kernel_new(struct filter_kernel **ret, struct errbuf *err)
{
	_cleanup_(filter_kernel_freep) struct filter_kernel *k = calloc(1, sizeof(*k));
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	if (!k)
		return err_set(err, -ENOMEM, "out of memory");
	k->prog_fd = k->map_fd = -1;
	k->memory = MAP_FAILED;
	k->map_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "pathlag_packet", 4, MAP_SIZE, 1, &opts);
	if (k->map_fd < 0)
		return err_set(err, -errno, "the kernel refuses a BPF map: %s", strerror(errno));
	k->memory = mmap(NULL, MAP_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, k->map_fd, 0);
	if (k->memory == MAP_FAILED)
		return err_set(err, -errno, "cannot map the BPF map: %s", strerror(errno));
	*ret = TAKE_PTR(k);
	return 0;
}

void filter_kernel_free(struct filter_kernel *k)
{
	if (!k)
		return;
	if (k->memory != MAP_FAILED)
		munmap(k->memory, MAP_SIZE);
	closep(&k->map_fd);
	closep(&k->prog_fd);
	free(k);
}

void filter_kernel_freep(struct filter_kernel **k)
{
	filter_kernel_free(*k);
}

/* r1 = address of the packet in the map, as a number; r2.. = the context's arguments */
static size_t wrap_packet(const struct filter_kernel *k, struct ebpf_insn *out)
{
	size_t n = 0;

	out[n++] = insn_mov(BPF_REG_6, BPF_REG_1);
	out[n++] =
		insn_make(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_7, BPF_PSEUDO_MAP_VALUE, 0, k->map_fd);
	out[n++] = insn_make(0, 0, 0, 0, 0);
	out[n++] = insn_store(BPF_DW, BPF_REG_7, 0, BPF_REG_7);
	out[n++] = insn_load(BPF_DW, BPF_REG_1, BPF_REG_7, 0);
	out[n++] = insn_alu_imm(BPF_ADD, BPF_REG_1, PACKET_AT);
	for (int i = 0; i < 3; i++)
		out[n++] = insn_load(BPF_DW, BPF_REG_2 + i, BPF_REG_6, 8 * i);
	return n;
}

/* r1 = a tuple on the stack, copied from the context */
static size_t wrap_tuple(struct ebpf_insn *out)
{
	int size = sizeof(struct rec_tuple);
	size_t n = 0;

	for (int at = 0; at < size; at += 8) {
		out[n++] = insn_load(BPF_DW, BPF_REG_2, BPF_REG_1, at);
		out[n++] = insn_store(BPF_DW, BPF_REG_10, at - size, BPF_REG_2);
	}
	out[n++] = insn_mov(BPF_REG_1, BPF_REG_10);
	out[n++] = insn_alu_imm(BPF_ADD, BPF_REG_1, -size);
	return n;
}

/* The verifier ends its log with the reason; the last line before the statistics says it. */
static int explain(struct filter_kernel *k, int res, struct errbuf *err)
{
	char *end = strstr(k->log, "\nprocessed ");
	char *line;

	if (end)
		*end = 0;
	line = strrchr(k->log, '\n');
	return err_set(err, res, "the kernel refuses the filter: %s%s%s", strerror(-res),
		k->log[0] ? ": " : "", line ? line + 1 : k->log);
}

static void read_verified(struct filter_kernel *k)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	k->verified = 0;
	if (!bpf_obj_get_info_by_fd(k->prog_fd, &info, &size))
		k->verified = info.verified_insns;
}

static int load(
	struct filter_kernel *k, const struct ebpf_insn *insns, size_t n, struct errbuf *err)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .log_buf = k->log, .log_size = LOG_SIZE);

	closep(&k->prog_fd);
	k->log[0] = 0;
	/* libbpf repeats a refused load with the verifier's log switched on. */
	k->prog_fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "pathlag_filter", "GPL",
		(const struct bpf_insn *)insns, n, &opts);
	if (k->prog_fd == -EPERM)
		return err_set(err, -EPERM,
			"running a filter in the kernel needs CAP_BPF and CAP_PERFMON (root)");
	if (k->prog_fd < 0)
		return explain(k, k->prog_fd, err);
	read_verified(k);
	return 0;
}

int filter_kernel_load(
	struct filter_kernel *k, const struct filter *f, enum filter_form form, struct errbuf *err)
{
	size_t n, at;
	const struct ebpf_insn *body = filter_ebpf(f, form, &n);
	_cleanup_(freep) struct ebpf_insn *insns = calloc(n + WRAPPER_MAX, sizeof(*insns));

	if (!insns)
		return err_set(err, -ENOMEM, "out of memory");
	at = form == FILTER_SOCK ? wrap_tuple(insns) : wrap_packet(k, insns);
	if (!n) {
		insns[at++] = insn_mov32_imm(BPF_REG_0, 1);
		insns[at++] = insn_exit();
	} else {
		insns[at++] = insn_make(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1);
		insns[at++] = insn_exit();
		memcpy(insns + at, body, n * sizeof(*insns));
	}
	return load(k, insns, at + n, err);
}

static int run(struct filter_kernel *k, const void *args, size_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = size);

	if (bpf_prog_test_run_opts(k->prog_fd, &opts))
		return -errno;
	return opts.retval != 0;
}

int filter_kernel_match(struct filter_kernel *k, const struct filter_packet *packet)
{
	uint64_t args[3] = {packet->caplen, packet->len, packet->vlan};

	if (packet->caplen > FILTER_KERNEL_CAPLEN)
		return -E2BIG;
	if (packet->caplen)
		memcpy(k->memory + PACKET_AT, packet->data, packet->caplen);
	return run(k, args, sizeof(args));
}

int filter_kernel_match_sock(struct filter_kernel *k, const struct rec_tuple *tuple)
{
	return run(k, tuple, sizeof(*tuple));
}

uint32_t filter_kernel_verified(const struct filter_kernel *k)
{
	return k->verified;
}
