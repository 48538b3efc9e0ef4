/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dns.h - what one DNS message says (RFC 1035), read with libresolv's parser.
 *
 * The bytes come from the network: compression loops, cut messages and binary labels are normal
 * input. A name is given in presentation form (RFC 4343: odd bytes as \DDD), lower-cased, because
 * resolvers randomise the case of what they ask (0x20).
 */
#ifndef PATHLAG_DNS_H
#define PATHLAG_DNS_H

#include "output/attempt.h"

struct dns_message {
	__u16 id;
	bool response, truncated;
	int rcode;
	__u16 qtype;         /* of the first question */
	char name[NAME_LEN]; /* of the first question */
	unsigned answers;    /* addresses kept, CNAME chains included */
	struct address answer[LOOKUP_ANSWERS];
	__u32 min_ttl; /* over the address records; 0 when there is none */
};

/*
 * Parses LEN bytes at DATA. Returns 0; -EBADMSG when not even header and question can be read.
 * A message whose answers are cut or damaged still gives its question and the answers before.
 */
int dns_parse(const __u8 *data, size_t len, struct dns_message *ret);

#endif
