/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample_passive.h - passive opens made by hand, as sample.h makes attempts: one at a time.
 */
#ifndef PATHLAG_SAMPLE_PASSIVE_H
#define PATHLAG_SAMPLE_PASSIVE_H

#include "tests/unit/sample.h"

static inline struct moment *passive_moment(
	struct passive *p, __u64 after, enum moment_kind at, const char *dev)
{
	__u64 last = p->moments ? p->moment[p->moments - 1].ts_ns : p->start_ns;
	struct moment *m = &p->moment[p->moments++];

	p->moments_kept = p->moments;
	*m = (struct moment){.ts_ns = last + after, .at = at};
	snprintf(m->dev, sizeof(m->dev), "%s", dev);
	return m;
}

static inline void passive_queue_at(struct moment *m, __u32 len, __u32 max)
{
	m->queue_known = true;
	m->queue_len = len;
	m->queue_max = max;
}

static inline void passive_phase(struct passive *p, enum passive_phase phase, __u64 ns)
{
	p->phase_seen |= 1U << phase;
	p->phase_ns[phase] += ns;
	p->end_ns += ns;
}

static inline struct passive sample_passive(void)
{
	static struct drop drop[ATTEMPT_DROPS];
	static struct moment moment[ATTEMPT_MOMENTS];

	return (struct passive){
		.id = 1,
		.sk = 0xffff888087654321ULL,
		.listener = 0xffff888011111111ULL,
		.start_ns = SAMPLE_START,
		.end_ns = SAMPLE_START,
		.owner = {.tgid = 7, .tid = 8, .netns = 4026532000, .comm = "nginx"},
		.tuple = sample_tuple("10.9.0.1", 40000, "10.9.0.2", 80),
		.isn_known = true,
		.isn = 0x0a2b3c4d,
		.result = PASSIVE_ACCEPTED,
		.syns = 1,
		.syn_acks = 1,
		.queue = {.known = true, .accept_len = 1, .accept_max = 511},
		.dev = "eth0",
		.drop = drop,
		.moment = moment,
	};
}

/* 412 us, nothing to say */
static inline struct passive sample_accepted(void)
{
	struct passive p = sample_passive();

	passive_phase(&p, PASSIVE_IN_SYN_RECV, 12 * US);
	passive_phase(&p, PASSIVE_IN_NETWORK, 300 * US);
	passive_phase(&p, PASSIVE_IN_QUEUE, 100 * US);
	passive_queue_at(passive_moment(&p, 0, AT_SYN_RECEIVED, "eth0"), 0, 511);
	passive_moment(&p, 12 * US, AT_SYN_ACK_SENT, "eth0");
	passive_queue_at(passive_moment(&p, 300 * US, AT_ESTABLISHED, ""), 1, 511);
	passive_moment(&p, 100 * US, AT_ACCEPT, "");
	return p;
}

/* Two final ACKs find the accept queue full; then accept() makes room. The client is here too. */
static inline struct passive sample_overflow(void)
{
	struct passive p = sample_passive();

	p.client = (struct client_side){.known = true, .owner = sample_owner()};
	p.syn_acks = 3;
	p.overflow = OVERFLOW_ACCEPT_QUEUE;
	p.overflowed = 2;
	p.final_acks = 2;
	p.inferred = true;
	p.queue = (struct listen_queue){true, 2, 1, 1};
	passive_phase(&p, PASSIVE_IN_SYN_RECV, 3072 * MS);
	passive_phase(&p, PASSIVE_IN_NETWORK, 300 * US);
	passive_phase(&p, PASSIVE_IN_QUEUE, 140 * MS);
	passive_queue_at(passive_moment(&p, 0, AT_SYN_RECEIVED, "eth0"), 1, 1);
	passive_moment(&p, 12 * US, AT_SYN_ACK_SENT, "eth0");
	passive_queue_at(passive_moment(&p, 300 * US, AT_OVERFLOW, ""), 2, 1);
	passive_moment(&p, 1024 * MS, AT_SYN_ACK_RETRANSMIT, "eth0");
	passive_queue_at(passive_moment(&p, 300 * US, AT_OVERFLOW, ""), 2, 1);
	passive_moment(&p, 2047388 * US, AT_SYN_ACK_RETRANSMIT, "eth0");
	passive_queue_at(passive_moment(&p, 300 * US, AT_ESTABLISHED, ""), 1, 1);
	passive_moment(&p, 140 * MS, AT_ACCEPT, "");
	return p;
}

/* SYNs that find no room, until the client gives up: there never was a socket. */
static inline struct passive sample_refused_syns(void)
{
	struct passive p = sample_passive();

	p.sk = 0;
	p.result = PASSIVE_OVERFLOWED;
	p.syns = 3;
	p.syn_acks = 0;
	p.overflow = OVERFLOW_SYN_QUEUE;
	p.overflowed = 3;
	p.queue = (struct listen_queue){true, 0, 8, 8};
	passive_phase(&p, PASSIVE_IN_SYN_RECV, 7000 * MS);
	for (int i = 0; i < 3; i++)
		passive_moment(&p, i * 1000 * MS, AT_SYN_RECEIVED, "eth0");
	passive_moment(&p, 1, AT_DROP, "")->drop = 0;
	p.drops = p.drops_kept = 1;
	p.drop[0] = (struct drop){
		.ts_ns = SAMPLE_START + 3000 * MS + 1, .reason = "X", .packet = DROP_SYN};
	return p;
}

static inline void verdict_points_at(struct verdict *v, unsigned moment)
{
	v->evidence[v->evidences++] = moment;
}

static inline void verdict_adds(
	struct verdict *v, const char *cause, double share, const char *text)
{
	struct verdict_also *also = &v->also[v->alsos++];

	also->cause = cause;
	also->share = share;
	snprintf(also->text, sizeof(also->text), "%s", text);
}

#endif
