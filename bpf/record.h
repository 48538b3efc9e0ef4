/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.h - the records that flow through pathlag, as bytes.
 *
 * One stream carries everything a run knows: what the kernel saw (records >= REC_KERNEL_FIRST,
 * written by the BPF programs) and what only user space knows (the others: what machine this is,
 * names of symbols and drop reasons, that time has passed, that records were lost, that the run
 * has ended). Decode, correlate and render read nothing else, so a saved stream (`-w FILE`) renders
 * exactly as it did live, on another machine and without root.
 *
 * Rules: fixed-width types, no implicit padding, native endianness except where a member says
 * "network order". Every record starts with struct rec_hdr; `len` is its whole length. A record may
 * grow at its end: readers accept a longer one and ignore what they do not know. Addresses of
 * kernel objects (sk, skb, neigh) identify, they are never followed.
 *
 * Included by BPF programs after vmlinux.h and by user space.
 */
#ifndef PATHLAG_RECORD_H
#define PATHLAG_RECORD_H

#ifndef __bpf__
# include <linux/types.h>
#endif

#define REC_STREAM_MAGIC   "pathlag\n" /* first 8 bytes of a recording, then struct rec_meta */
#define REC_STREAM_VERSION 1
#define REC_MAX_LEN        8192 /* no record is longer */
#define REC_COMM_LEN       16
#define REC_IFNAME_LEN     16
#define REC_HOSTNAME_LEN   256

enum rec_type {
	REC_META = 1,   /* first: which program, machine, moment */
	REC_SYMBOL = 2, /* address -> name, before the first record that needs it */
	REC_REASON = 3, /* drop reason code -> name, likewise */
	REC_TICK = 4,   /* nothing happened up to hdr.ts_ns */
	REC_LOST = 5,   /* records that found no room */
	REC_STOP = 6,   /* last: tracing ended at hdr.ts_ns */
	REC_FUNC = 7,   /* number of a traced function -> what it is, before its first hop */

	REC_KERNEL_FIRST = 32,
	REC_CONNECT = 32,    /* a TCP socket enters SYN_SENT */
	REC_STATE = 33,      /* it leaves SYN_SENT, or SYN_RECV after the SYNs have crossed */
	REC_RETURN = 34,     /* connect(2) returns */
	REC_SYN = 35,        /* a SYN of ours passes a point */
	REC_REPLY = 36,      /* an answer to it arrives: SYN-ACK or RST */
	REC_RETRANSMIT = 37, /* the retransmit timer sent a SYN, or tried to */
	REC_RESET = 38,      /* a RST ended it, or this host sent one */
	REC_SOCK_ERROR = 39, /* the kernel reported sk_err */
	REC_ICMP = 40,       /* an ICMP error about it arrives */
	REC_DROP = 41,       /* a packet of ours, or an answer, was dropped in this host */
	REC_NEIGH = 42,      /* a neighbour entry it waits for changes */
	REC_DNS = 43,        /* a DNS message, as sent or as received */
	REC_GAI_CALL = 44,   /* getaddrinfo() called */
	REC_GAI_RETURN = 45, /* getaddrinfo() returned */
	REC_REINJECT = 46,   /* another process sends a SYN of ours on, or hands us the answer */

	REC_PACKET = 48,     /* a packet is followed from here on, or its headers have changed */
	REC_PACKET_END = 49, /* its skb is freed */
	REC_SOCKET = 50,     /* whose a socket is and where it leads, before its first hop */
	REC_HOP = 51,        /* a traced function or BPF program is entered */
	REC_HOP_RETURN = 52, /* and left */
	REC_FRAME = 53,      /* first bytes of a packet that is followed: what its headers say */
	REC_DROPPED = 54,    /* any packet that this host dropped (`drops`) */
	REC_PASSIVE =
		55, /* something happens to a SYN of somebody else that this host listens for */
};

struct rec_hdr {
	__u16 type; /* enum rec_type */
	__u16 len;
	__u32 cpu;
	__u64 ts_ns; /* CLOCK_MONOTONIC */
};

/* The process a socket belongs to: the one that called connect(), never the one a softirq hit. */
struct rec_owner {
	__u32 tgid; /* what users call the pid; 0 = unknown */
	__u32 tid;
	__u32 netns; /* inode number of the network namespace */
	__u32 uid;
	__u64 cgroup;
	char comm[REC_COMM_LEN]; /* not necessarily terminated */
};

/* Oriented from the initiator: saddr sent the SYN or the query. */
struct rec_tuple {
	__u8 saddr[16]; /* IPv4 in the first four bytes, network order */
	__u8 daddr[16];
	__u16 sport; /* network order; 0 = not chosen yet */
	__u16 dport;
	__u8 family; /* 4 or 6; 0 = unknown */
	__u8 l4_proto;
	__u8 pad[2];
};

struct rec_dev {
	__u32 ifindex; /* 0 = none */
	__u32 netns;
	char name[REC_IFNAME_LEN];
};

/* ---- written by user space ---------------------------------------------------------------- */

struct rec_meta {
	struct rec_hdr hdr; /* ts_ns: tracing was armed */
	__u32 version;      /* REC_STREAM_VERSION */
	__u32 probes_attached;
	__u32 probes_skipped;
	__u32 pad;
	__u64 realtime_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC at start */
	char tool_version[32];
	char kernel[64];
	char arch[16];
	char hostname[64];
	char command[16];   /* subcommand: "connect" */
	char milestone[16]; /* backend of each layer, "none" where it is off */
	char function[16];
	char program[16];
	__u64 slow_ns;      /* --slow in force */
	__u32 drop_reasons; /* 1 = this kernel gives reasons for drops */
	__u32 cmdline_len;  /* bytes that follow: argv, each argument NUL-terminated */
	__u32 filter_len;   /* and behind them the pcap expression, NUL-terminated */
	__u32 pad2;
	/* char cmdline[], filter[] */
};

struct rec_symbol {
	struct rec_hdr hdr;
	__u64 addr;
	char name[112]; /* "nf_hook_slow+0x5c" or "veth_xmit+0x10 [veth]" */
};

struct rec_reason {
	struct rec_hdr hdr;
	__u32 code; /* as in rec_drop.reason, the subsystem in its upper 16 bits */
	__u32 pad;
	char subsys[24]; /* "core", "mac80211_unusable", ... */
	char name[64];   /* "NETFILTER_DROP" */
};

/* How the value a function returns is to be read. */
enum rec_func_returns {
	RETURNS_VOID = 0,
	RETURNS_INT = 1, /* 0 or -errno, or a number */
	RETURNS_UNSIGNED = 2,
	RETURNS_BOOL = 3,
	RETURNS_POINTER = 4,
	RETURNS_XMIT = 5,        /* NET_XMIT_*, NETDEV_TX_*, or -errno */
	RETURNS_RX = 6,          /* NET_RX_SUCCESS, NET_RX_DROP */
	RETURNS_DROP_REASON = 7, /* enum skb_drop_reason of this kernel: see REC_REASON */
	RETURNS_NF = 8,          /* NF_DROP, NF_ACCEPT ... */
	RETURNS_NF_SLOW =
		9,        /* nf_hook_slow(): 1 = accepted, 0 = stolen or queued, -errno = dropped */
	RETURNS_XDP = 10, /* XDP_PASS ... */
	RETURNS_TC = 11,  /* TC_ACT_OK ...; tcx: the same, -1 = next */
	RETURNS_CGROUP_SKB = 12, /* 1 = allowed, 0 = dropped; egress: 2, 3 the same, congested */
	RETURNS_SK_SKB = 13,     /* SK_DROP, SK_PASS */
	RETURNS_LWT = 14,        /* BPF_OK, BPF_DROP, BPF_REDIRECT, BPF_LWT_REROUTE */
	RETURNS_KINDS
};

enum rec_func_flags {
	FUNC_CONTEXT = 1 << 0,   /* takes neither skb nor sk: shown inside a function that does */
	FUNC_NO_RETURN = 1 << 1, /* only its entry is traced */
	FUNC_CALLEE = 1 << 2,    /* a program that another one has jumped to (bpf_tail_call) */
};

/* What a traced BPF program is; PROG_NONE: it is a kernel function. */
enum rec_prog_kind {
	PROG_NONE,
	PROG_XDP,
	PROG_TC, /* classifiers and actions, tcx */
	PROG_CGROUP_SKB,
	PROG_SK_SKB,
	PROG_LWT,
	PROG_NETFILTER,
	PROG_KINDS
};

struct rec_func {
	struct rec_hdr hdr;
	__u32 id;
	__u32 flags;     /* enum rec_func_flags */
	__u32 returns;   /* enum rec_func_returns */
	__u32 ret_bytes; /* width of the value, 0 with RETURNS_VOID */
	__u64 addr;      /* 0 = unknown */
	char name[128];  /* terminated */
	char module[56]; /* "vmlinux"; "bpf" for a program */
	__u32 prog_kind; /* enum rec_prog_kind */
	__u32 prog_id;   /* the kernel's number of it */
};

enum rec_lost_where {
	LOST_RINGBUF = 0,    /* no room in the ring buffer */
	LOST_SOCKET_MAP = 1, /* no room to track one more socket */
	LOST_PACKET_MAP = 2, /* no room to follow one more packet */
	LOST_KINDS,

	/* Written once, at the end, and no loss by itself: a program was skipped because the kernel
	 * was running it on that CPU already. At most so many events of interest were not seen. */
	LOST_MISSED = 16,
};

struct rec_lost {
	struct rec_hdr hdr;
	__u64 count; /* since the last REC_LOST of this kind */
	__u32 where; /* enum rec_lost_where */
	__u32 pad;
};

/* ---- written by the kernel side ----------------------------------------------------------- */

enum rec_connect_flags {
	CONNECT_NONBLOCK = 1 << 0,   /* O_NONBLOCK was set */
	CONNECT_IN_SYSCALL = 1 << 1, /* inside connect(2): call_ts_ns and a REC_RETURN to come */
	CONNECT_ROUTED = 1 << 2,     /* the route_* members are set */
	CONNECT_MAY_BLOCK = 1 << 3, /* or not: it has no struct file yet, or is not of connect(2) */
	CONNECT_SEEDED = 1 << 4, /* it was in SYN_SENT when tracing began: its start was not seen */
	CONNECT_MPTCP = 1 << 5,  /* a subflow of a Multipath TCP connection */
	CONNECT_FASTOPEN = 1 << 6, /* the application asked for TCP Fast Open */
};

/* The socket enters SYN_SENT. */
struct rec_connect {
	struct rec_hdr hdr;
	__u64 sk;
	__u64 call_ts_ns; /* entry of connect(2); 0 = not seen */
	struct rec_owner owner;
	struct rec_tuple tuple;
	__u32 flags; /* enum rec_connect_flags */
	__u32 route_table;
	__u32 route_ifindex;
	__s32 route_err;        /* 0 or -errno of the last lookup */
	__u8 route_gateway[16]; /* zero = on the link */
	__u32 route_family;     /* 4 or 6: of route_gateway; 0 = no gateway */
	__u32 pad;
};

enum rec_state_flags {
	STATE_UNASKED =
		1 << 0, /* closed without an error by a timer or a packet, not by a process */
};

struct rec_state {
	struct rec_hdr hdr;
	__u64 sk;
	struct rec_tuple tuple;
	__u8 old_state; /* TCP_SYN_SENT = 2 or, after the SYNs have crossed, TCP_SYN_RECV = 3 */
	__u8 new_state; /* TCP_ESTABLISHED = 1, TCP_SYN_RECV = 3, TCP_CLOSE = 7 */
	__u16 sk_err;
	__u16 sk_err_soft;
	__u8 flags;        /* enum rec_state_flags */
	__u8 transmission; /* as in rec_reply; 255 = or more */
};

/* connect(2) has returned. sk == 0: no socket entered SYN_SENT in it; then owner and tuple tell. */
struct rec_return {
	struct rec_hdr hdr;
	__u64 sk;
	__u64 call_ts_ns;
	__s32 ret;   /* 0 or -errno */
	__u32 flags; /* enum rec_connect_flags; the route_* below count with CONNECT_ROUTED */
	__s32 route_err;
	__u32 route_table;
	struct rec_owner owner;
	struct rec_tuple tuple;
};

enum rec_syn_point {
	SYN_QUEUE = 0, /* net_dev_queue: handed to a device's queue */
	SYN_XMIT = 1,  /* net_dev_start_xmit: handed to the driver */
};

struct rec_syn {
	struct rec_hdr hdr;
	__u64 sk;
	__u64 skb;
	__u32 seq;              /* host order: the ISN */
	__u32 transmission;     /* 0 = first, n = nth retransmit (tcp_sock.total_retrans) */
	struct rec_tuple tuple; /* as on the wire: NAT may have changed it */
	struct rec_dev dev;
	__u32 point; /* enum rec_syn_point */
	__u32 pad;
};

enum rec_tcp_flags { TCPF_FIN = 1, TCPF_SYN = 2, TCPF_RST = 4, TCPF_ACK = 16 };

struct rec_reply {
	struct rec_hdr hdr;
	__u64 sk;
	__u64 skb;
	__u32 seq;
	__u32 ack;
	struct rec_tuple tuple; /* initiator's orientation, as on the wire */
	struct rec_dev dev;
	__u32 tcp_flags;
	__u32 transmission; /* the last SYN that has been sent, whether its own records tell or not
			     */
};

/* Of a process that netfilter had given the packet to (NFQUEUE): it goes on in that one's system
 * call. But also of one that writes frames to a tap device; then nothing was held. */
struct rec_reinject {
	struct rec_hdr hdr;
	__u64 sk;
	struct rec_owner by;
	__u32 answer; /* 0 the first SYN, 1 the answer */
	__u32 pad;
};

struct rec_retransmit {
	struct rec_hdr hdr;
	__u64 sk;
	__u32 transmission;
	__s32 err; /* 0 or -errno; always 0 on kernels that trace only what was sent */
};

enum rec_reset_kind {
	RESET_RECEIVED = 0, /* our socket accepted a RST */
	RESET_SENT = 1,     /* this host answers our SYN with a RST: nobody listens here */
};

struct rec_reset {
	struct rec_hdr hdr;
	__u64 sk; /* the connecting socket */
	__u32 kind;
	__u32 reason;       /* enum sk_rst_reason of this kernel, 0 where it has none */
	__u32 netns;        /* where the RST was made */
	__u32 transmission; /* as in rec_reply */
};

struct rec_sock_error {
	struct rec_hdr hdr;
	__u64 sk;
	__u32 sk_err;
	__u32 sk_err_soft;
};

struct rec_icmp {
	struct rec_hdr hdr;
	__u64 sk;
	__u8 from[16];
	__u8 family;
	__u8 icmp_type;
	__u8 icmp_code;
	__u8 pad[5];
	struct rec_dev dev;
};

enum rec_drop_packet {
	DROP_SYN = 1,
	DROP_SYN_ACK = 2,
	DROP_RST = 3,
	DROP_ACK = 4, /* any other segment of the attempt */
	DROP_DNS_QUERY = 5,
	DROP_DNS_ANSWER = 6,
	DROP_ICMP = 7,
};

struct rec_drop {
	struct rec_hdr hdr;
	__u64 sk; /* the connecting socket; for DNS the resolver's, or 0; 0 too of a SYN to a
		     listener */
	__u64 skb;
	__u64 location;         /* return address of the caller that freed it */
	__u32 reason;           /* enum skb_drop_reason; 0 on kernels without */
	__u32 packet;           /* enum rec_drop_packet */
	struct rec_tuple tuple; /* initiator's orientation, as in the packet */
	struct rec_dev dev;
	__u32 seq;
	__u32 transmission;
	__u32 egress; /* 1 = going away from the initiator */
	__u32 dns_id; /* with DROP_DNS_*: id of the message */
	__u32 func; /* the BPF program that decided it: REC_FUNC's id; 0 = none, or not observed */
	__s32 verdict; /* what it returned */
};

/* NUD_* states of the kernel */
enum rec_nud {
	NUDF_INCOMPLETE = 0x01,
	NUDF_REACHABLE = 0x02,
	NUDF_STALE = 0x04,
	NUDF_DELAY = 0x08,
	NUDF_PROBE = 0x10,
	NUDF_FAILED = 0x20,
	NUDF_NOARP = 0x40,
	NUDF_PERMANENT = 0x80,
};

enum rec_neigh_event {
	NEIGH_WAIT = 0,   /* a packet of `sk` (or of `tid` while it is 0) asks and has to wait */
	NEIGH_UPDATE = 1, /* the entry is now `nud_state` */
};

struct rec_neigh {
	struct rec_hdr hdr;
	__u64 neigh;
	__u64 sk;  /* the socket connecting in this thread; 0 = retransmit or unknown */
	__u32 tid; /* 0 = not in process context */
	__u32 event;
	__u32 nud_state;
	__u32 probes; /* requests sent so far */
	__u8 key[16]; /* the next hop's address */
	__u32 family; /* 4 or 6 */
	__u32 pad;
	struct rec_dev dev;
};

#define REC_ASSERT(type, size) \
 _Static_assert(sizeof(struct type) == (size), #type " changed: raise REC_STREAM_VERSION")

REC_ASSERT(rec_hdr, 16);
REC_ASSERT(rec_owner, 40);
REC_ASSERT(rec_tuple, 40);
REC_ASSERT(rec_dev, 24);
REC_ASSERT(rec_meta, 16 + 16 + 8 + 32 + 64 + 16 + 64 + 64 + 24);
REC_ASSERT(rec_symbol, 136);
REC_ASSERT(rec_reason, 112);
REC_ASSERT(rec_lost, 32);
REC_ASSERT(rec_connect, 152);
REC_ASSERT(rec_state, 72);
REC_ASSERT(rec_return, 128);
REC_ASSERT(rec_syn, 112);
REC_ASSERT(rec_reply, 112);
REC_ASSERT(rec_reinject, 72);
REC_ASSERT(rec_retransmit, 32);
REC_ASSERT(rec_reset, 40);
REC_ASSERT(rec_sock_error, 32);
REC_ASSERT(rec_icmp, 72);
REC_ASSERT(rec_drop, 136);
REC_ASSERT(rec_neigh, 96);
REC_ASSERT(rec_func, 16 + 24 + 128 + 56 + 8);

#include "bpf/record_dns.h"
#include "bpf/record_hop.h"
#include "bpf/record_passive.h"

#endif
