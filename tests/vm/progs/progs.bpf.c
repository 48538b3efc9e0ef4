// SPDX-License-Identifier: GPL-2.0-only
/* progs.bpf.c - small programs for tests/vm/cases/programs.sh to trace. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 target = 0; /* device to redirect to */

/* Destination port of a TCP segment over IPv4 without options, else 0. */
static __always_inline __u16 tcp_port(void *data, void *end)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp = (void *)(ip + 1);

	if ((void *)(tcp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return 0;
	return ip->protocol == IPPROTO_TCP && ip->ihl == 5 ? bpf_ntohs(tcp->dest) : 0;
}

SEC("xdp")
int xdp_drop81(struct xdp_md *ctx)
{
	return tcp_port((void *)(long)ctx->data, (void *)(long)ctx->data_end) == 81 ? XDP_DROP
										    : XDP_PASS;
}

SEC("xdp")
int xdp_abort83(struct xdp_md *ctx)
{
	return tcp_port((void *)(long)ctx->data, (void *)(long)ctx->data_end) == 83 ? XDP_ABORTED
										    : XDP_PASS;
}

SEC("xdp")
int xdp_pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

/* Everything but ARP, which has to be answered by the stack. */
SEC("xdp")
int xdp_redirect(struct xdp_md *ctx)
{
	return tcp_port((void *)(long)ctx->data, (void *)(long)ctx->data_end)
		       ? bpf_redirect(target, 0)
		       : XDP_PASS;
}

/* A pointer that BTF calls something else: the kernel then knows nothing of the argument. */
SEC("tc")
int tc_untyped(void *ctx)
{
	return TC_ACT_OK;
}

SEC("tc")
int tc_drop82(struct __sk_buff *skb)
{
	return tcp_port((void *)(long)skb->data, (void *)(long)skb->data_end) == 82 ? TC_ACT_SHOT
										    : TC_ACT_OK;
}

SEC("tc")
int tc_pass(struct __sk_buff *skb)
{
	return TC_ACT_OK;
}

__u32 queries = 0;

/* The first DNS query. */
SEC("tc")
int tc_drop53(struct __sk_buff *skb)
{
	struct iphdr *ip = (void *)(long)skb->data + sizeof(struct ethhdr);
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > (void *)(long)skb->data_end || ip->protocol != IPPROTO_UDP ||
		udp->dest != bpf_htons(53))
		return TC_ACT_OK;
	return queries++ ? TC_ACT_OK : TC_ACT_SHOT;
}

/* What is attached behind it gets the packet as well. */
SEC("tc")
int tc_next(struct __sk_buff *skb)
{
	return TC_ACT_UNSPEC;
}

SEC("tc")
int tc_redirect(struct __sk_buff *skb)
{
	return tcp_port((void *)(long)skb->data, (void *)(long)skb->data_end)
		       ? bpf_redirect(target, 0)
		       : TC_ACT_OK;
}

SEC("tc")
int tail_second(struct __sk_buff *skb)
{
	return tcp_port((void *)(long)skb->data, (void *)(long)skb->data_end) == 84 ? TC_ACT_SHOT
										    : TC_ACT_OK;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} tails SEC(".maps");

SEC("tc")
int tail_first(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &tails, 0);
	return TC_ACT_UNSPEC;
}

SEC("cgroup_skb/egress")
int cgroup_drop85(struct __sk_buff *skb)
{
	struct iphdr ip;
	struct tcphdr tcp;

	if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)) || ip.protocol != IPPROTO_TCP ||
		bpf_skb_load_bytes(skb, ip.ihl * 4, &tcp, sizeof(tcp)))
		return 1;
	return tcp.dest != bpf_htons(85);
}
