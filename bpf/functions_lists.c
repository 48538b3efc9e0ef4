/* SPDX-License-Identifier: GPL-2.0-only */
/* functions_lists.c - functions known by name: the core of the story, and those to keep off. */
#include "bpf/functions_scan.h"

/*
 * What happens to one connect, one send, one receive, in as few functions as tell it. Names come
 * and go between kernels: those that are not there are left out, so both of a pair are named.
 */
static const char *const core[] = {
	/* connect(2): which socket, which route, the SYN is built */
	"inet_stream_connect",
	"__inet_stream_connect",
	"inet_dgram_connect",
	"tcp_v4_connect",
	"tcp_v6_connect",
	"tcp_connect",
	"ip_route_output_flow",
	"ip6_dst_lookup_flow",
	/* TCP hands a segment to IP, again after a timeout */
	"__tcp_transmit_skb",
	"__tcp_retransmit_skb",
	"tcp_retransmit_timer",
	"tcp_sendmsg",
	"__tcp_send_ack",
	"tcp_send_active_reset",
	"tcp_v4_send_reset",
	"tcp_v6_send_response",
	/* a DNS query leaves */
	"udp_sendmsg",
	"udpv6_sendmsg",
	"udp_send_skb",
	"udp_v6_send_skb",
	/* IP on its way out */
	"__ip_queue_xmit",
	"inet6_csk_xmit",
	"ip_local_out",
	"__ip_local_out",
	"ip_output",
	"ip_finish_output2",
	"ip6_xmit",
	"ip6_output",
	"ip6_finish_output2",
	"ip_do_fragment",
	"ip6_fragment",
	/* the next hop's link address: where packets wait for ARP and ND */
	"neigh_resolve_output",
	"__neigh_event_send",
	"arp_solicit",
	"ndisc_solicit",
	"arp_rcv",
	"arp_process",
	"ndisc_rcv",
	/* netfilter: each hook, and what rules say */
	"nf_hook_slow",
	"nft_do_chain_ipv4",
	"nft_do_chain_ipv6",
	"nft_do_chain_inet",
	"ipt_do_table",
	"ip6t_do_table",
	"nf_conntrack_in",
	"nf_nat_inet_fn",
	/* the device: queue discipline, driver */
	"__dev_queue_xmit",
	"sch_direct_xmit",
	"dev_hard_start_xmit",
	"veth_xmit",
	"loopback_xmit",
	/* from the driver up to IP; XDP and tc on the way */
	"__netif_rx",
	"netif_rx",
	"enqueue_to_backlog",
	"napi_gro_receive",
	"gro_receive_skb",
	"do_xdp_generic",
	"netif_receive_skb_internal",
	"__netif_receive_skb_core",
	"__netif_receive_skb_one_core",
	"br_handle_frame",
	/* IP on its way in, or through */
	"ip_rcv",
	"ip_rcv_core",
	"ip_rcv_finish",
	"ip_local_deliver",
	"ip_forward",
	"ip_forward_finish",
	"ipv6_rcv",
	"ip6_rcv_core",
	"ip6_rcv_finish",
	"ip6_input",
	"ip6_forward",
	/* TCP takes it: the SYN-ACK ends the connect, the SYN begins an accept */
	"tcp_v4_rcv",
	"tcp_v6_rcv",
	"tcp_v4_do_rcv",
	"tcp_v6_do_rcv",
	"tcp_rcv_state_process",
	"tcp_rcv_established",
	"tcp_finish_connect",
	"tcp_conn_request",
	"tcp_v4_send_synack",
	"tcp_v6_send_synack",
	"tcp_check_req",
	"tcp_v4_syn_recv_sock",
	"tcp_v6_syn_recv_sock",
	"inet_csk_accept",
	"tcp_recvmsg",
	/* it goes wrong: refused, unreachable */
	"tcp_reset",
	"tcp_v4_err",
	"tcp_v6_err",
	"icmp_rcv",
	"icmp_unreach",
	"__icmp_send",
	"icmpv6_rcv",
	"icmp6_send",
	"tcp_done",
	/* the DNS answer arrives and its reader is woken */
	"udp_rcv",
	"udpv6_rcv",
	"udp_queue_rcv_skb",
	"udpv6_queue_rcv_skb",
	"udp_recvmsg",
	"udpv6_recvmsg",
	"sock_def_readable",
};

/* Of the core, though they take neither packet nor socket: shown inside those that do. nft_do_chain
 * gets a struct around the packet, and drops happen in it. */
const char *const functions_core_context[] = {"nft_do_chain", NULL};

/* A last `*` matches the rest. The reason completes "it ...". */
static const struct {
	const char *pattern, *reason;
} denied[] = {
	/* Tracing itself: what runs for our event would make the next one. */
	{"__traceiter_*", "calls tracepoints: the tracepoint is there to be traced"},
	{"__probestub_*", "calls tracepoints: the tracepoint is there to be traced"},
	{"__bpf_trace_*", "runs BPF programs on a tracepoint"},
	{"trace_event_*", "writes ftrace events"},
	{"trace_raw_output_*", "prints ftrace events"},
	{"do_trace_event_*", "writes ftrace events"},
	{"trace_*", "is part of tracing"},
	{"__trace_*", "is part of tracing"},
	{"perf_*", "is part of perf"},
	{"__perf_*", "is part of perf"},
	{"ftrace_*", "is part of ftrace"},
	{"__ftrace_*", "is part of ftrace"},
	{"function_graph_*", "is part of ftrace"},
	{"function_trace_*", "is part of ftrace"},
	{"fprobe_*", "is part of the probes we use"},
	{"kprobe_*", "is part of the probes we use"},
	{"__kprobe_*", "is part of the probes we use"},
	{"uprobe_*", "is part of the probes we use"},
	{"kretprobe_*", "is part of the probes we use"},
	{"rethook_*", "is part of the probes we use"},
	{"__SCT__*", "is a trampoline, not a function"},
	{"__SCK__*", "is a trampoline, not a function"},
	/* BPF: helpers run inside our own programs. */
	{"bpf_*", "is part of BPF, and may run inside our own programs"},
	{"__bpf_*", "is part of BPF, and may run inside our own programs"},
	{"____bpf_*", "is part of BPF, and may run inside our own programs"},
	{"___bpf_*", "is part of BPF, and may run inside our own programs"},
	{"ringbuf_*", "is part of BPF, and may run inside our own programs"},
	{"htab_*", "is part of BPF, and may run inside our own programs"},
	{"__htab_*", "is part of BPF, and may run inside our own programs"},
	{"array_map_*", "is part of BPF, and may run inside our own programs"},
	{"sock_gen_cookie", "runs inside our own programs, which ask for socket cookies"},
	{"__sock_gen_cookie", "runs inside our own programs, which ask for socket cookies"},
	/* Named with --context only: what BPF needs while it handles an event. */
	{"rcu_*", "runs around every event of ours"},
	{"__rcu_*", "runs around every event of ours"},
	{"preempt_*", "runs around every event of ours"},
	{"migrate_*", "runs around every event of ours"},
	{"_raw_spin_*", "runs in the middle of every event of ours"},
	{"_raw_read_*", "runs millions of times a second"},
	{"_raw_write_*", "runs millions of times a second"},
	{"native_queued_spin_*", "runs in the middle of every event of ours"},
	{"queued_spin_*", "runs in the middle of every event of ours"},
	{"__queued_spin_*", "runs in the middle of every event of ours"},
	{"lock_acquire*", "runs in the middle of every event of ours"},
	{"lock_release*", "runs in the middle of every event of ours"},
	{"ktime_get*", "runs in the middle of every event of ours"},
	{"irq_work_*", "wakes us for events"},
	{"__irq_work_*", "wakes us for events"},
	{"copy_from_kernel_nofault*", "reads memory for our events"},
	{"unwind_*", "takes stack traces for our events"},
	{"__unwind_*", "takes stack traces for our events"},
	{"arch_stack_walk*", "takes stack traces for our events"},
	{"stack_trace_*", "takes stack traces for our events"},
	{"get_perf_callchain", "takes stack traces for our events"},
	{"try_to_wake_up", "wakes us for events"},
	{"ttwu_*", "wakes us for events"},
};

bool name_matches(const char *pattern, const char *name)
{
	size_t i = 0;

	for (; pattern[i] && pattern[i] != '*'; i++)
		if (pattern[i] != name[i])
			return false;
	return pattern[i] || !name[i];
}

static bool name_among(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

bool functions_is_core(const char *name)
{
	return name_among(core, ARRAY_SIZE(core), name);
}

bool functions_returns_skb(const char *name)
{
	/* The last packet of a queue, told beside the one that is returned. */
	static const char *const names[] = {
		"__skb_try_recv_from_queue", "__skb_try_recv_datagram", "__skb_recv_datagram"};

	return name_among(names, ARRAY_SIZE(names), name);
}

bool functions_fills_skb(const char *name)
{
	static const char *const names[] = {"__skb_clone", "__copy_skb_header", "skb_copy_header"};

	return name_among(names, ARRAY_SIZE(names), name);
}

bool functions_may_wait(const char *name)
{
	static const char *const whole[] = {"schedule", "__schedule", "ep_poll", "do_sys_poll"};
	static const char *const parts[] = {"accept", "recvmsg", "recv_datagram", "recv_udp",
		"sendmsg", "make_skb", "append_data", "stream_connect", "kernel_connect",
		"smc_connect", "stream_read", "splice_read", "tcp_close", "inet_release",
		"inet6_release", "sock_release", "alloc_send", "wait", "schedule_timeout",
		"schedule_hrtimeout", "io_schedule", "sleep", "futex"};

	for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
		if (!strcmp(name, whole[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strstr(name, parts[i]))
			return true;
	return false;
}

const char *functions_deny_reason(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(denied); i++)
		if (name_matches(denied[i].pattern, name))
			return denied[i].reason;
	return NULL;
}
