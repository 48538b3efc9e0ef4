/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmlinux.h - the few kernel types our BPF programs read, written by hand.
 *
 * Only members that are read are declared; preserve_access_index makes libbpf replace each offset
 * by the running kernel's own (CO-RE), so order, holes and nesting here mean nothing. Where a
 * member changed its name or type between 5.10 and today, a second struct named X___since carries
 * the other form and the comment beside it names the version; the code asks bpf_core_*_exists().
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
typedef _Bool bool;
enum { false = 0, true = 1 };

/* Numbers of the bpf(2) interface; they never change. */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
};
enum { BPF_ANY = 0, BPF_NOEXIST = 1, BPF_EXIST = 2 };
enum { BPF_RB_NO_WAKEUP = 1 };
enum { BPF_RB_AVAIL_DATA = 0 };

/* Which helpers this kernel has. */
enum bpf_func_id {
	BPF_FUNC_get_func_ip = 173,
	BPF_FUNC_get_attach_cookie = 174,
	BPF_FUNC_task_pt_regs = 175,
	BPF_FUNC_get_func_ret = 184,
};

struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	struct net *net;
} possible_net_t;

/* ---- registers ------------------------------------------------------------------------------ */

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax, ip, cs, flags, sp, ss;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
};
struct pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
	__u64 orig_x0;
	__s32 syscallno;
};
#endif

/* ---- tasks ---------------------------------------------------------------------------------- */

struct thread_info {
	unsigned long flags;
	u32 status; /* x86 */
};

/* arm64 keeps the preempt count here; x86 has it per CPU */
struct thread_info___preempt {
	u64 preempt_count;
};

struct kernfs_node {
	u64 id;
};

struct cgroup {
	int level;
	struct kernfs_node *kn;
	struct cgroup *ancestors[0]; /* since 6.1 (7f203bc89eb6) */
};

struct cgroup___v510 {
	u64 ancestor_ids[0]; /* until 6.0 */
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct nsproxy {
	struct net *net_ns;
};

struct signal_struct {
	atomic_t live;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *open_fds; /* a bit each */
};

struct files_struct {
	struct fdtable *fdt;
};

struct list_head {
	struct list_head *next, *prev;
};

struct task_struct {
	struct thread_info thread_info;
	void *stack;
	unsigned int flags;
	struct list_head tasks;
	int pid;
	int tgid;
	struct task_struct *group_leader;
	const struct cred *cred;
	char comm[16];
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct css_set *cgroups;
};

struct task_struct___preempt {
	struct thread_info___preempt thread_info;
};

/* ---- memory --------------------------------------------------------------------------------- */

struct kmem_cache_order_objects {
	unsigned int x;
};

struct slab;
struct page;

struct kmem_cache_node {
	struct list_head partial;
};

struct kmem_cache_cpu {
	void **freelist;
	struct slab *slab;
};

struct kmem_cache_cpu___v510 {
	struct page *page; /* until 5.16 */
};

struct kmem_cache {
	struct kmem_cache_cpu *cpu_slab; /* seen in 6.18, no more in 7.2 */
	struct kmem_cache_order_objects oo;
	struct list_head list;
	struct kmem_cache_node *node[1024];
};

struct kmem_cache_per_node_ptrs {
	struct kmem_cache_node *node;
};

struct kmem_cache___per_node {
	struct kmem_cache_per_node_ptrs per_node[1024]; /* seen in 7.2, not yet in 6.18 */
};

struct slab {
	struct list_head slab_list;
	struct kmem_cache *slab_cache;
	void *freelist;
};

struct page {
	unsigned long flags;
};

/* Until 5.16 (d122019bf061) a slab was a page. */
struct page___slab {
	struct list_head slab_list;
	struct kmem_cache *slab_cache;
	void *freelist;
};

struct bpf_array {
	void *pptrs[1];
};

/* ---- sockets -------------------------------------------------------------------------------- */

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

struct ns_common {
	unsigned int inum;
};

struct netns_ipv4 {
	u8 sysctl_tcp_syncookies; /* an int until 5.1x: its low byte comes first */
};

struct netns_ipv6 {
	struct fib6_info *fib6_null_entry;
};

struct net {
	struct ns_common ns;
	struct netns_ipv4 ipv4;
	struct netns_ipv6 ipv6;
};

struct proto {
	struct kmem_cache *slab;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned char skc_ipv6only : 1;
	struct sock *skc_listener; /* of a request */
	struct proto *skc_prot;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct socket {
	struct file *file;
	struct sock *sk;
};

struct file {
	void *private_data;
	unsigned int f_flags;
};

struct sock {
	struct sock_common __sk_common;
	int sk_err;
	int sk_err_soft;
	struct socket *sk_socket;
	u32 sk_ack_backlog;
	u32 sk_max_ack_backlog;
	atomic_t sk_drops;
	u16 sk_type;
	u16 sk_protocol; /* a plain u16 since 5.6 (bf9765145b85) */
};

struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
};

struct request_sock_queue {
	u8 rskq_defer_accept;
	atomic_t qlen;
};

struct inet_connection_sock {
	struct request_sock_queue icsk_accept_queue;
};

struct inet_request_sock {
	u16 acked : 1;
};

struct tcp_request_sock {
	u32 rcv_isn;
};

struct tcp_fastopen_request;

struct tcp_sock {
	u32 total_retrans;
	bool is_mptcp;                             /* with CONFIG_MPTCP */
	struct tcp_fastopen_request *fastopen_req; /* the data of a sendmsg() that connects */
	u8 fastopen_connect : 1;                   /* TCP_FASTOPEN_CONNECT */
};

/* ---- packets and devices -------------------------------------------------------------------- */

struct net_device {
	int ifindex;
	possible_net_t nd_net;
	char name[16];
};

struct sk_buff {
	struct sk_buff *next;
	struct net_device *dev;
	struct sock *sk;
	unsigned int len;
	unsigned int data_len;
	__be16 protocol;
	__u16 transport_header;
	__u16 network_header;
	__u16 mac_header; /* 0xffff = not set */
	u32 tail;         /* offsets from head on 64-bit kernels */
	u32 end;
	unsigned char *head;
	unsigned char *data;
	__u8 pkt_type : 3;
};

struct sk_buff___mark {
	__u32 mark; /* in a group of its own until 5.17 */
};

struct skb_frag { /* a struct bio_vec until 6.8: read as raw bytes, see page.bpf.h */
	unsigned int len;
};

struct skb_shared_info {
	__u8 nr_frags;
	struct skb_frag frags[17];
};

struct xdp_rxq_info {
	struct net_device *dev;
};

struct xdp_buff {
	void *data;
	void *data_end;
	void *data_hard_start;
	struct xdp_rxq_info *rxq;
};

/* What a program is called with; nf_hook_state is where the packet is. */
struct bpf_nf_ctx {
	const struct nf_hook_state *state;
	struct sk_buff *skb;
};

/* A driver's XDP program is the second of a device's. */
struct bpf_xdp_entity {
	struct bpf_prog *prog;
};

struct net_device___xdp {
	struct bpf_xdp_entity xdp_state[3];
};

struct bpf_dtab_netdev {
	struct net_device *dev;
};

/* Where to a program has asked for a packet to go. */
struct bpf_redirect_info {
	u64 tgt_index; /* a u32 until 5.11 */
	void *tgt_value;
	u32 map_type; /* since 5.12 (ee75aef23afe) */
};

struct bpf_redirect_info___map {
	struct bpf_map *map;
};

/* Since 6.11 (401cb7dae813) the task has it, before that the CPU. */
struct bpf_net_context {
	struct bpf_redirect_info ri;
};

struct task_struct___net {
	struct bpf_net_context *bpf_net_context;
};

struct sk_buff_head {
	struct sk_buff *next;
	struct sk_buff *prev;
	__u32 qlen;
};

/* ---- routes and neighbours ------------------------------------------------------------------ */

struct flowi_common {
	__u8 flowic_proto;
};

union flowi_uli {
	struct {
		__be16 dport;
		__be16 sport;
	} ports;
};

struct flowi4 {
	struct flowi_common __fl_common;
	__be32 saddr;
	__be32 daddr;
	union flowi_uli uli;
};

struct flowi6 {
	struct flowi_common __fl_common;
	struct in6_addr daddr;
	struct in6_addr saddr;
	union flowi_uli uli;
};

struct fib_nh_common {
	int nhc_oif;
	u8 nhc_gw_family;
	union {
		__be32 ipv4;
		struct in6_addr ipv6;
	} nhc_gw;
};

struct fib6_nh {
	struct fib_nh_common nh_common;
};

struct fib6_result {
	struct fib6_nh *nh;
	struct fib6_info *f6i;
	u32 fib6_flags;
	u8 fib6_type;
};

struct fib6_table {
	u32 tb6_id;
};

struct neigh_table {
	int family;
};

struct neighbour {
	struct neigh_table *tbl;
	struct sk_buff_head arp_queue;
	atomic_t probes;
	u8 nud_state;
	struct net_device *dev;
	u8 primary_key[0];
};

/* ---- contexts of SEC("tp") ------------------------------------------------------------------ */

struct trace_event_raw_inet_sock_set_state {
	const void *skaddr;
	int oldstate;
	int newstate;
};

#pragma clang attribute pop

#endif
