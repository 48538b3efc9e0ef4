/* SPDX-License-Identifier: GPL-2.0-only */
/* cbpf_pcap.c - the only place of this folder that talks to libpcap. */
#include <assert.h>

#include <pcap/pcap.h>

#include "filters/cbpf.h"

static_assert(sizeof(struct bpf_insn) == sizeof(struct cbpf_insn), "same layout as libpcap's");
static_assert(offsetof(struct bpf_insn, k) == offsetof(struct cbpf_insn, k), "same layout");

/* What libpcap is told a packet may hold; only shows as the number that a match returns. */
#define SNAPLEN 262144

static int compile(
	pcap_t *dead, const char *text, struct cbpf_insn **ret, size_t *ret_n, struct errbuf *err)
{
	struct bpf_program prog = {};
	struct cbpf_insn *copy;

	if (pcap_compile(dead, &prog, text, 1, PCAP_NETMASK_UNKNOWN))
		return err_set(err, -EINVAL, "%s", pcap_geterr(dead));
	copy = malloc(prog.bf_len * sizeof(*copy));
	if (!copy) {
		pcap_freecode(&prog);
		return err_set(err, -ENOMEM, "out of memory");
	}
	memcpy(copy, prog.bf_insns, prog.bf_len * sizeof(*copy));
	*ret = copy;
	*ret_n = prog.bf_len;
	pcap_freecode(&prog);
	return 0;
}

int cbpf_compile(
	const char *text, int dlt, struct cbpf_insn **ret, size_t *ret_n, struct errbuf *err)
{
	pcap_t *dead = pcap_open_dead(dlt, SNAPLEN);
	int res;

	if (!dead)
		return err_set(err, -ENOMEM, "out of memory");
	res = compile(dead, text, ret, ret_n, err);
	pcap_close(dead);
	return res;
}
