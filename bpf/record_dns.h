/* SPDX-License-Identifier: GPL-2.0-only */
/* record_dns.h - DNS messages, and calls of getaddrinfo(). Part of record.h. */
#ifndef PATHLAG_RECORD_DNS_H
#define PATHLAG_RECORD_DNS_H

#include "bpf/record.h"

#define REC_DNS_MAX  1280 /* bytes of one DNS message that are kept */
#define REC_ADDR_MAX 16   /* addresses of one getaddrinfo() result that are kept */

enum rec_dns_flags {
	DNS_RECEIVED = 1 << 0, /* else sent */
	DNS_TCP = 1 << 1,      /* payload without TCP's length prefix */
	DNS_CUT = 1 << 2,      /* payload_len < wire_len: the message is longer than we keep */
	DNS_UNHEARD = 1 << 3,  /* received when the socket that asked had been closed */
	DNS_ASIDE = 1 << 4,    /* of a resolver that is not what is watched, but may explain it */
};

/* Resolvers that ask on behalf of others, by the names of their threads. */
#define REC_RESOLVERS                                                                            \
 {                                                                                               \
  "systemd-resolve", "dnsmasq", "unbound", "nscd", "named", "sssd", "coredns", "dnscrypt-proxy", \
	  "stubby", "kresd", "pdns_recursor", "dockerd", "aardvark-dns"                          \
 }

struct rec_dns {
	struct rec_hdr hdr;
	__u64 sk; /* of the sender; on an answer the socket whose query went the other way */
	struct rec_owner owner; /* the process that asks */
	struct rec_tuple tuple; /* daddr:dport is the server */
	__u32 flags;
	__u32 wire_len;    /* of the message */
	__u32 payload_len; /* bytes that follow */
	__u32 pad;
	/* __u8 payload[] */
};

struct rec_gai_call {
	struct rec_hdr hdr;
	struct rec_owner owner;
	char node[REC_HOSTNAME_LEN]; /* as asked; terminated */
};

struct rec_gai_addr {
	__u8 addr[16];
	__u32 family; /* 4 or 6 */
};

struct rec_gai_return {
	struct rec_hdr hdr;
	struct rec_owner owner;
	__s32 ret;   /* 0 or EAI_* */
	__u32 count; /* addresses that follow, at most REC_ADDR_MAX */
	struct rec_gai_addr addr[REC_ADDR_MAX];
};

REC_ASSERT(rec_dns, 120);
REC_ASSERT(rec_gai_call, 312);
REC_ASSERT(rec_gai_return, 64 + 20 * REC_ADDR_MAX);

#endif
