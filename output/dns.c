/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/nameser.h>
#include <ctype.h>
#include <resolv.h>

#include "output/dns.h"

static void lower_case(char *name)
{
	for (; *name; name++)
		*name = tolower((unsigned char)*name);
}

/* ns_initparse() wants whole sections; a message we kept only in part is read record by record. */
static const __u8 *skip_question(const __u8 *p, const __u8 *end)
{
	int n = dn_skipname(p, end);

	if (n < 0 || end - p < n + 4)
		return NULL;
	return p + n + 4;
}

static void keep_answer(struct dns_message *m, int type, const __u8 *rdata, size_t len, __u32 ttl)
{
	struct address *a = &m->answer[m->answers];
	size_t want = type == ns_t_a ? 4 : 16;

	if ((type != ns_t_a && type != ns_t_aaaa) || len != want || m->answers == LOOKUP_ANSWERS)
		return;
	a->family = type == ns_t_a ? 4 : 6;
	memcpy(a->bytes, rdata, want);
	if (!m->answers || ttl < m->min_ttl)
		m->min_ttl = ttl;
	m->answers++;
}

static void read_answers(struct dns_message *m, const __u8 *p, const __u8 *end, unsigned count)
{
	while (count--) {
		int n = dn_skipname(p, end);
		unsigned type, rdlen;
		__u32 ttl;

		if (n < 0 || end - p < n + 10)
			return;
		p += n;
		type = ns_get16(p);
		ttl = ns_get32(p + 4);
		rdlen = ns_get16(p + 8);
		p += 10;
		if ((size_t)(end - p) < rdlen)
			return;
		keep_answer(m, type, p, rdlen, ttl);
		p += rdlen;
	}
}

int dns_parse(const __u8 *data, size_t len, struct dns_message *ret)
{
	const __u8 *end = data + len, *p = data + NS_HFIXEDSZ;
	unsigned flags, questions, answers;
	char name[NS_MAXDNAME];
	int n;

	memset(ret, 0, sizeof(*ret));
	if (len < NS_HFIXEDSZ)
		return -EBADMSG;
	ret->id = ns_get16(data);
	flags = ns_get16(data + 2);
	questions = ns_get16(data + 4);
	answers = ns_get16(data + 6);
	ret->response = flags & 0x8000;
	ret->truncated = flags & 0x0200;
	ret->rcode = flags & 0x000f;
	if (questions != 1)
		return -EBADMSG;
	n = ns_name_uncompress(data, end, p, name, sizeof(name));
	if (n < 0 || end - p < n + 4)
		return -EBADMSG;
	lower_case(name);
	/* Only a name full of escaped bytes is longer than we keep. */
	snprintf(ret->name, sizeof(ret->name), "%.*s", NAME_LEN - 1, name);
	ret->qtype = ns_get16(p + n);
	p = skip_question(p, end);
	if (p && ret->response)
		read_answers(ret, p, end, answers);
	return 0;
}
