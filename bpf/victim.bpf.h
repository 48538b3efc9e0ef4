/* SPDX-License-Identifier: GPL-2.0-only */
/* victim.bpf.h - a packet that was dropped, and whose it was: TCP's, by tuple. */
#ifndef PATHLAG_VICTIM_BPF_H
#define PATHLAG_VICTIM_BPF_H

#include "bpf/skb.bpf.h"

/* What was dropped, and whose it was. */
struct victim {
	__u64 sk;
	__u32 packet; /* enum rec_drop_packet */
	__u32 egress;
	struct rec_tuple tuple; /* initiator's orientation */
};

static __always_inline __u32 tcp_kind(__u8 flags)
{
	if (flags & TCPF_RST)
		return DROP_RST;
	if (flags & TCPF_SYN)
		return flags & TCPF_ACK ? DROP_SYN_ACK : DROP_SYN;
	return DROP_ACK;
}

/* By tuple, either way round. */
static __always_inline bool victim_tcp(struct victim *v, const struct packet *p)
{
	v->packet = tcp_kind(p->tcp_flags);
	v->tuple = p->tuple;
	v->egress = 1;
	v->sk = sock_by_tuple(&v->tuple);
	if (v->sk)
		return true;
	tuple_reverse(&v->tuple, &p->tuple);
	v->egress = 0;
	v->sk = sock_by_tuple(&v->tuple);
	return v->sk != 0;
}

#endif
