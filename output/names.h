/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * names.h - numbers as words, the same ones in every sink and every verdict.
 *
 * A name that is not in a table is made from its number in the caller's buffer, so nothing is ever
 * nameless: `errno_name(err, &(struct name_buf){ 0 })`. The result is valid as long as that buffer.
 * The names of attempt.h's own enums are declared there and live in names.c too.
 */
#ifndef PATHLAG_NAMES_H
#define PATHLAG_NAMES_H

#include "output/attempt.h"

struct name_buf {
	char text[64];
};

const char *errno_name(int err, struct name_buf *buf);    /* either sign: "ECONNREFUSED" */
const char *qtype_name(__u16 type, struct name_buf *buf); /* "AAAA", "TYPE999" */
const char *rcode_name(int rcode, struct name_buf *buf);  /* "NXDOMAIN", "RCODE23" */
const char *eai_name(int ret, struct name_buf *buf);      /* "EAI_NONAME"; 0 = "NOERROR" */

/* "NXDOMAIN" or "EAI_NONAME", by the lookup's source; "" while nothing came back. */
const char *lookup_rcode_name(const struct lookup *l, struct name_buf *buf);
const char *lookup_result_name(enum lookup_result result); /* "answered", as in JSON */
const char *lookup_source_name(enum lookup_source source); /* "packet" */
const char *lost_where_name(enum rec_lost_where where);    /* "ringbuf" */
const char *l4_proto_name(__u8 proto);                     /* "tcp"; NULL = neither tcp nor udp */

/* What an ICMP (family 4) or ICMPv6 (6) error means: "port unreachable"; "" where it has none. */
const char *icmp_name(__u8 family, __u8 type, __u8 code);

/* BYTES as an address: IPv4-mapped becomes IPv4, a family that is neither 4 nor 6 becomes 0. */
struct address address_of(const __u8 bytes[16], __u8 family);

/* 0.0.0.0 or ::, which as a source means: not chosen yet. True for family 0 too. */
bool address_is_any(const struct address *a);

/* "10.9.0.1", "2001:db8::1"; "?" for family 0. IPv4-mapped is shown as IPv4. */
const char *address_name(const struct address *a, struct name_buf *buf);

/* "10.9.0.1:80", "[2001:db8::1]:443"; without the port where PORT (network order) is 0. */
const char *endpoint_name(const struct address *a, __u16 port, struct name_buf *buf);

/* Three significant digits: "412 us", "14.8 ms", "1.02 s". */
const char *duration_name(__u64 ns, struct name_buf *buf);

#endif
