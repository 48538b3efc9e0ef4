// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clients and a listener that act at random, with records lost and swapped at random: whatever
 * comes, stream.h checks that the phases of every attempt and passive open sum to its duration and
 * that its timeline is in order; and every connection whose SYN was told is handed out, but for
 * those led on to another host.
 */
#include "tests/unit/passives.h"
#include "tests/unit/random.h"

#define FLOWS 6
#define STEPS 300

struct maker {
	struct stream *s;
	__u32 seed;
	unsigned lose; /* of 100 records, this many */
	double ms;
	struct listener l;
	__u32 isn[FLOWS];
	unsigned begun;
	struct {
		__u32 isn;
		bool ended; /* handed out, or not for this host */
	} syn[STEPS];       /* those with a new ISN that were told */
};

static void end(struct maker *m, __u32 isn)
{
	for (unsigned i = 0; i < m->begun; i++)
		if (m->syn[i].isn == isn)
			m->syn[i].ended = true;
}

static void on_passive(void *arg, const struct passive *p)
{
	struct maker *m = arg;

	stream_on_passive(m->s, p);
	if (p->isn_known)
		end(m, p->isn);
}

static void put(struct maker *m, unsigned flow, enum rec_passive_event event)
{
	struct rec_tuple tuple = stream_tuple("10.9.0.2", 80, (__u16)(40000 + flow));
	__u32 flags = 1u << any(&m->seed, 16);
	struct rec_passive rec;
	/* two processors: a little back in time */
	double ms = m->ms - (any(&m->seed, 10) ? 0 : any(&m->seed, 3) * 0.001);

	rec = passive_record(
		&m->l, event, flags & ~(__u32)PASSIVE_FOR_CLIENT, &tuple, m->isn[flow]);
	rec.err = any(&m->seed, 5) ? 0 : ECONNRESET;
	PUT(m->s, ms, REC_PASSIVE, rec);
	if (event == PASSIVE_FORWARDED)
		end(m, rec.isn);
}

static void step(struct maker *m)
{
	unsigned flow = any(&m->seed, FLOWS);
	bool lost = any(&m->seed, 100) < m->lose;

	m->ms += any(&m->seed, 4) ? any(&m->seed, 300) * 0.01 : any(&m->seed, 2000);
	m->l.accept_len = any(&m->seed, 4);
	m->l.accept_max = any(&m->seed, 4);
	m->l.syn_len = any(&m->seed, 4);
	m->l.drops += any(&m->seed, 2);
	switch (any(&m->seed, 9)) {
	case 0:
		put_tick(m->s, m->ms);
		return;
	case 1:
		m->isn[flow] = 1 + flow + FLOWS * (1 + any(&m->seed, 1u << 20));
		if (lost)
			return;
		m->syn[m->begun++].isn = m->isn[flow];
		put(m, flow, PASSIVE_SYN);
		return;
	default:
		if (!lost && m->isn[flow])
			put(m, flow, any(&m->seed, PASSIVE_EVENTS));
	}
}

static void run(__u32 seed, unsigned lose)
{
	struct maker m = {.s = stream_new(), .seed = seed, .lose = lose};

	tracker_free(m.s->tracker);
	m.s->tracker = tracker_new(&(struct tracker_cfg){.arg = &m, .on_passive = on_passive});
	for (unsigned i = 0; i < STEPS; i++)
		step(&m);
	put_stop(m.s, m.ms + 1);
	CHECK(m.begun);
	for (unsigned i = 0; i < m.begun; i++)
		if (!m.syn[i].ended)
			unit_fail(__FILE__, __LINE__, "seed %u: SYN %u, %#x, is lost", seed, i,
				m.syn[i].isn);
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
