// SPDX-License-Identifier: GPL-2.0-only
#include <netinet/in.h>

#include "output/community_id.h"
#include "output/names.h"
#include "output/sha1.h"

#define FLOW_MAX (2 + 16 + 16 + 2 + 2 + 2) /* seed, addresses, protocol and padding, ports */

struct endpoint {
	struct address addr;
	__u16 port; /* network order */
};

static void base64(const uint8_t *bytes, size_t len, char *to)
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t at = 0; at < len; at += 3) {
		size_t have = len - at < 3 ? len - at : 3;
		uint32_t bits = bytes[at] << 16;

		bits |= have > 1 ? bytes[at + 1] << 8 : 0;
		bits |= have > 2 ? bytes[at + 2] : 0;
		*to++ = digit[bits >> 18];
		*to++ = digit[bits >> 12 & 63];
		*to++ = have > 1 ? digit[bits >> 6 & 63] : '=';
		*to++ = have > 2 ? digit[bits & 63] : '=';
	}
	*to = '\0';
}

static size_t address_len(const struct address *a)
{
	return a->family == 4 ? 4 : 16;
}

/* Network order makes memcmp the numeric order. */
static bool in_order(const struct endpoint *a, const struct endpoint *b)
{
	int diff = memcmp(a->addr.bytes, b->addr.bytes, address_len(&a->addr));

	return diff ? diff < 0 : memcmp(&a->port, &b->port, sizeof(a->port)) <= 0;
}

static bool flow_known(
	const struct rec_tuple *t, const struct endpoint *a, const struct endpoint *b)
{
	return a->addr.family && a->addr.family == b->addr.family && a->port && b->port &&
	       (t->l4_proto == IPPROTO_TCP || t->l4_proto == IPPROTO_UDP ||
		       t->l4_proto == IPPROTO_SCTP);
}

static size_t flow_bytes(
	uint8_t flow[FLOW_MAX], __u8 proto, const struct endpoint *a, const struct endpoint *b)
{
	size_t addr_len = address_len(&a->addr);
	uint8_t *to = flow;

	to = mempcpy(to, "\0\0", 2); /* the seed */
	to = mempcpy(to, a->addr.bytes, addr_len);
	to = mempcpy(to, b->addr.bytes, addr_len);
	*to++ = proto;
	*to++ = 0;
	to = mempcpy(to, &a->port, sizeof(a->port));
	to = mempcpy(to, &b->port, sizeof(b->port));
	return to - flow;
}

bool community_id(const struct rec_tuple *t, char ret[COMMUNITY_ID_LEN])
{
	struct endpoint a = {address_of(t->saddr, t->family), t->sport};
	struct endpoint b = {address_of(t->daddr, t->family), t->dport};
	uint8_t flow[FLOW_MAX], digest[SHA1_LEN];
	bool forward = in_order(&a, &b);
	size_t len;

	ret[0] = '\0';
	if (!flow_known(t, &a, &b))
		return false;
	len = flow_bytes(flow, t->l4_proto, forward ? &a : &b, forward ? &b : &a);
	sha1(flow, len, digest);
	memcpy(ret, "1:", 2);
	base64(digest, sizeof(digest), ret + 2);
	return true;
}
