/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * splice.bpf.c - programs that count what the expression selects: packets on their way to a device
 * and up from one, and the same packets by the tuple alone. A function pointer and a call behind
 * the placeholders make the splice correct everything it has to.
 */
#include "bpf/vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#include "bpf/record.h"
#include "bpf/filter.bpf.h"

char LICENSE[] SEC("license") = "GPL";

__u64 sent, received, tuples;

static __noinline int count(__u64 *counter)
{
	if (!counter)
		return 1;
	__sync_fetch_and_add(counter, 1);
	return 0;
}

SEC("raw_tp/net_dev_start_xmit")
int on_xmit(struct bpf_raw_tracepoint_args *ctx)
{
	if (filter_skb((void *)ctx->args[0]))
		count(&sent);
	return 0;
}

SEC("raw_tp/netif_receive_skb")
int on_receive(struct bpf_raw_tracepoint_args *ctx)
{
	if (filter_skb((void *)ctx->args[0]))
		count(&received);
	return 0;
}

/* Run by BPF_PROG_TEST_RUN with a tuple as its context. */
SEC("raw_tp/tuple")
int on_tuple(struct bpf_raw_tracepoint_args *ctx)
{
	struct rec_tuple t __attribute__((aligned(8)));
	__u64 *to = (void *)&t;

	for (int i = 0; i < 5; i++)
		to[i] = ctx->args[i];
	if (filter_tuple(&t))
		count(&tuples);
	return 0;
}
