// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clients and a listener that act at random, with records lost and swapped at random: whatever
 * comes, stream.h checks that the phases of every attempt and passive open sum to its duration and
 * that its timeline is in order; and every connection whose SYN was told is handed out.
 */
#include "tests/unit/passives.h"

#define FLOWS 6
#define STEPS 300

struct maker {
	struct stream *s;
	__u32 seed;
	unsigned lose; /* of 100 records, this many */
	double ms;
	struct listener l;
	__u32 isn[FLOWS];
	unsigned begun; /* SYNs with a new ISN that were told */
};

static __u32 any(struct maker *m, __u32 below)
{
	m->seed = m->seed * 1664525 + 1013904223;
	return (m->seed >> 8) % below;
}

static void put(struct maker *m, unsigned flow, enum rec_passive_event event)
{
	struct rec_tuple tuple = stream_tuple("10.9.0.2", 80, (__u16)(40000 + flow));
	__u32 flags = 1u << any(m, 16);
	struct rec_passive rec;
	/* two processors: a little back in time */
	double ms = m->ms - (any(m, 10) ? 0 : any(m, 3) * 0.001);

	rec = passive_record(
		&m->l, event, flags & ~(__u32)PASSIVE_FOR_CLIENT, &tuple, m->isn[flow]);
	rec.err = any(m, 5) ? 0 : ECONNRESET;
	PUT(m->s, ms, REC_PASSIVE, rec);
}

static void step(struct maker *m)
{
	unsigned flow = any(m, FLOWS);
	bool lost = any(m, 100) < m->lose;

	m->ms += any(m, 4) ? any(m, 300) * 0.01 : any(m, 2000);
	m->l.accept_len = any(m, 4);
	m->l.accept_max = any(m, 4);
	m->l.syn_len = any(m, 4);
	m->l.drops += any(m, 2);
	switch (any(m, 9)) {
	case 0:
		put_tick(m->s, m->ms);
		return;
	case 1:
		m->isn[flow] = 1 + flow + FLOWS * (1 + any(m, 1u << 20));
		if (lost)
			return;
		m->begun++;
		put(m, flow, PASSIVE_SYN);
		return;
	default:
		if (!lost && m->isn[flow])
			put(m, flow, any(m, PASSIVE_EVENTS));
	}
}

static void run(__u32 seed, unsigned lose)
{
	struct maker m = {.s = stream_new(), .seed = seed, .lose = lose};

	for (unsigned i = 0; i < STEPS; i++)
		step(&m);
	put_stop(m.s, m.ms + 1);
	CHECK(m.s->passives >= m.begun);
	stream_free(m.s);
}

static void test_nothing_lost(void)
{
	for (__u32 seed = 1; seed <= 100; seed++)
		run(seed, 0);
}

static void test_some_lost(void)
{
	for (__u32 seed = 1; seed <= 200; seed++)
		run(seed, 1 + seed % 30);
}

static void test_most_lost(void)
{
	for (__u32 seed = 1; seed <= 50; seed++)
		run(seed, 70);
}

int main(void)
{
	UNIT_RUN(test_nothing_lost);
	UNIT_RUN(test_some_lost);
	UNIT_RUN(test_most_lost);
	return unit_status();
}
