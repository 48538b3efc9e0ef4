/* SPDX-License-Identifier: GPL-2.0-only */
/* queries.h - what processes ask and are told, as records: DNS messages and getaddrinfo() calls. */
#ifndef PATHLAG_QUERIES_H
#define PATHLAG_QUERIES_H

#include <arpa/nameser.h>

#include "tests/unit/stream.h"

#define SK     0xffff888000001000ULL
#define SERVER "10.9.0.53"
#define TGID   42

/* A DNS message under construction. */
struct message {
	__u8 data[REC_DNS_MAX];
	size_t len;
};

static inline void put16(struct message *m, unsigned v)
{
	m->data[m->len++] = (__u8)(v >> 8);
	m->data[m->len++] = (__u8)v;
}

static inline void put_name(struct message *m, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		m->data[m->len++] = (__u8)n;
		memcpy(m->data + m->len, name, n);
		m->len += n;
		name += n + (name[n] == '.');
	}
	m->data[m->len++] = 0;
}

static inline struct message message(
	unsigned id, unsigned flags, const char *name, unsigned qtype, unsigned answers)
{
	struct message m = {0};

	put16(&m, id);
	put16(&m, flags);
	put16(&m, 1);
	put16(&m, answers);
	put16(&m, 0);
	put16(&m, 0);
	put_name(&m, name);
	put16(&m, qtype);
	put16(&m, ns_c_in);
	return m;
}

static inline void add_a(struct message *m, const char *addr)
{
	put16(m, 0xc00c); /* the question's name */
	put16(m, ns_t_a);
	put16(m, ns_c_in);
	put16(m, 0);
	put16(m, 60); /* TTL */
	put16(m, 4);
	inet_pton(AF_INET, addr, m->data + m->len);
	m->len += 4;
}

/* Who asks, from which port. */
struct asker {
	__u32 tgid, tid;
	const char *comm;
	__u16 port;
	__u32 netns; /* 0 = that of all others */
};

static inline void put_message_of(struct stream *s, double ms, const struct asker *who,
	const struct message *m, const char *server, __u32 flags)
{
	struct {
		struct rec_dns rec;
		__u8 payload[REC_DNS_MAX];
	} r = {.rec = {.owner = stream_owner(who->tgid),
		       .tuple = stream_tuple(server, 53, who->port),
		       .flags = flags,
		       .wire_len = (__u32)m->len,
		       .payload_len = (__u32)m->len}};

	r.rec.owner.tid = who->tid;
	if (who->netns)
		r.rec.owner.netns = who->netns;
	snprintf(r.rec.owner.comm, sizeof(r.rec.owner.comm), "%s", who->comm);
	memcpy(r.payload, m->data, m->len);
	stream_put(s, &r, REC_DNS, sizeof(r.rec) + m->len, ms);
}

static inline void put_message(
	struct stream *s, double ms, const struct message *m, const char *server, __u32 flags)
{
	put_message_of(s, ms, &(struct asker){TGID, TGID, "client", 33333, 0}, m, server, flags);
}

static inline void ask(
	struct stream *s, double ms, unsigned id, const char *name, const char *server)
{
	struct message m = message(id, 0x0100, name, ns_t_a, 0);

	put_message(s, ms, &m, server, 0);
}

static inline void answer(struct stream *s, double ms, unsigned id, const char *name,
	const char *server, unsigned rcode)
{
	struct message m = message(id, 0x8180 | rcode, name, ns_t_a, rcode ? 0 : 1);

	if (!rcode)
		add_a(&m, "10.9.0.2");
	put_message(s, ms, &m, server, DNS_RECEIVED);
}

static inline void ask_of(struct stream *s, double ms, const struct asker *who, unsigned id,
	const char *name, const char *server)
{
	struct message m = message(id, 0x0100, name, ns_t_a, 0);

	put_message_of(s, ms, who, &m, server, 0);
}

static inline void answer_of(struct stream *s, double ms, const struct asker *who, unsigned id,
	const char *name, const char *server, __u32 flags)
{
	struct message m = message(id, 0x8180, name, ns_t_a, 1);

	add_a(&m, "10.9.0.2");
	put_message_of(s, ms, who, &m, server, DNS_RECEIVED | flags);
}

static inline void gai_call(struct stream *s, double ms, const char *node)
{
	struct rec_gai_call rec = {.owner = stream_owner(TGID)};

	snprintf(rec.node, sizeof(rec.node), "%s", node);
	PUT(s, ms, REC_GAI_CALL, rec);
}

static inline void gai_return(struct stream *s, double ms, int ret, const char *addr)
{
	struct rec_gai_return rec = {.owner = stream_owner(TGID), .ret = ret};

	if (addr) {
		rec.count = 1;
		rec.addr[0].family = 4;
		inet_pton(AF_INET, addr, rec.addr[0].addr);
	}
	PUT(s, ms, REC_GAI_RETURN, rec);
}

static inline void connect_and_return(struct stream *s, double ms)
{
	put_connect(s, ms, SK, "10.9.0.2", CONNECT_IN_SYSCALL);
	put_sent(s, ms + 0.1, SK, "10.9.0.2", 0);
	put_reply(s, ms + 1, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, ms + 1, SK, "10.9.0.2", 1, 0);
	put_return(s, ms + 1, SK, 0);
}

#endif
