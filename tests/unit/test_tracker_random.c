// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets that connect at random, with lookups before and a listener behind, and with records that
 * are lost, repeated and late: whatever comes, stream.h checks that the phases of every attempt and
 * passive open sum to its duration and that its timeline is in order; here it is checked that each
 * connect is handed out, and that no verdict claims more than there is.
 */
#include "tests/unit/passives.h"
#include "tests/unit/queries.h"
#include "tests/unit/random.h"

#define SOCKETS 5
#define STEPS   300

struct maker {
	struct stream *s;
	__u32 seed;
	unsigned lose; /* of 100 records, this many */
	double ms;
	__u32 transmission[SOCKETS];
	unsigned begun, ended;
};

/* Processors tell their part a little late, by up to some ms. */
static double when(struct maker *m)
{
	static const double late[] = {0.001, 0.02, 1, 5};

	return m->ms - (any(&m->seed, 5) ? 0 : late[any(&m->seed, ARRAY_SIZE(late))]);
}

static void check_verdict(const struct attempt *a, const struct verdict *v)
{
	CHECK(v->cause && v->text[0]);
	CHECK(v->share >= 0 && v->share <= 1);
	for (unsigned i = 0; i < v->evidences; i++)
		CHECK(v->evidence[i] < a->moments_kept);
	for (unsigned i = 0; i < v->alsos; i++)
		CHECK(v->also[i].share >= 0 && v->also[i].share <= 1);
}

/* Those that were handed out by the last record. */
static void collect(struct maker *m)
{
	struct stream *s = m->s;

	for (unsigned i = 0; i < s->attempts && i < STREAM_KEEP; i++)
		check_verdict(&s->attempt[i], &s->verdict[i]);
	m->ended += s->attempts;
	s->attempts = s->lookups = s->passives = 0;
}

static __u64 sk_of(unsigned n)
{
	return 0xffff888000001000ULL + n * 0x1000;
}

static void begin(struct maker *m, unsigned n)
{
	static const __u32 flags[] = {CONNECT_IN_SYSCALL, CONNECT_IN_SYSCALL | CONNECT_NONBLOCK,
		CONNECT_SEEDED, CONNECT_SEEDED | CONNECT_NONBLOCK, CONNECT_FASTOPEN, 0};

	m->transmission[n] = 0;
	m->begun++;
	put_connect(m->s, when(m), sk_of(n), "10.9.0.2",
		flags[any(&m->seed, ARRAY_SIZE(flags))] | (any(&m->seed, 2) ? CONNECT_ROUTED : 0));
}

static void put_neigh(struct maker *m, unsigned n)
{
	static const __u32 states[] = {NUDF_INCOMPLETE, NUDF_REACHABLE, NUDF_FAILED};
	bool waits = any(&m->seed, 2);

	PUT(m->s, when(m), REC_NEIGH,
		(struct rec_neigh){.sk = waits ? sk_of(n) : 0,
			.neigh = 0xffff888000100000ULL,
			.event = waits ? NEIGH_WAIT : NEIGH_UPDATE,
			.nud_state = states[any(&m->seed, 3)],
			.family = 4,
			.key = {10, 9, 0, 254}});
}

static void put_listener(struct maker *m)
{
	struct listener l = {.accept_len = any(&m->seed, 4), .accept_max = any(&m->seed, 4)};

	put_passive(m->s, when(m), &l, any(&m->seed, PASSIVE_EVENTS), 0);
}

static void put_lookup(struct maker *m)
{
	unsigned id = 1 + any(&m->seed, 4);

	if (any(&m->seed, 2))
		ask(m->s, when(m), id, "a.test", "10.9.2.53");
	else
		answer(m->s, when(m), id, "a.test", "10.9.2.53", any(&m->seed, 3) ? 0 : 2);
}

static void put_event(struct maker *m, unsigned n)
{
	static const int states[] = {1, 3, 7, 7}, errors[] = {0, ETIMEDOUT, ECONNREFUSED};
	__u64 sk = sk_of(n);

	switch (any(&m->seed, 10)) {
	case 0:
		put_syn(m->s, when(m), sk, "10.9.0.2", m->transmission[n], any(&m->seed, 2));
		break;
	case 1:
		PUT(m->s, when(m), REC_RETRANSMIT,
			(struct rec_retransmit){.sk = sk, .transmission = ++m->transmission[n]});
		break;
	case 2:
		put_syn(m->s, when(m), sk, "10.9.0.2", ++m->transmission[n], any(&m->seed, 2));
		break;
	case 3:
		put_drop(
			m->s, when(m), sk, any(&m->seed, 4), any(&m->seed, 14), m->transmission[n]);
		break;
	case 4:
		put_reply(m->s, when(m), sk, any(&m->seed, 3) ? TCPF_SYN | TCPF_ACK : TCPF_RST);
		break;
	case 5:
		put_neigh(m, n);
		break;
	case 6:
		PUT(m->s, when(m), REC_RESET,
			(struct rec_reset){.sk = sk, .kind = any(&m->seed, 2)});
		break;
	case 7:
		PUT(m->s, when(m), REC_ICMP,
			(struct rec_icmp){.sk = sk, .family = 4, .icmp_type = 3, .from = {10}});
		break;
	case 8:
		put_return(m->s, when(m), sk, any(&m->seed, 2) ? 0 : -EINPROGRESS);
		break;
	default:
		put_state(m->s, when(m), sk, "10.9.0.2", states[any(&m->seed, 4)],
			errors[any(&m->seed, 3)]);
	}
}

static void step(struct maker *m)
{
	unsigned n = any(&m->seed, SOCKETS);

	m->ms += any(&m->seed, 4) ? any(&m->seed, 300) * 0.01 : any(&m->seed, 2000);
	switch (any(&m->seed, 8)) {
	case 0:
		put_tick(m->s, m->ms);
		break;
	case 1:
		begin(m, n);
		break;
	case 2:
		put_lookup(m);
		break;
	case 3:
		put_listener(m);
		break;
	default:
		if (any(&m->seed, 100) >= m->lose)
			put_event(m, n);
	}
	collect(m);
}

static void run(__u32 seed, unsigned lose)
{
	struct maker m = {.s = stream_new(), .seed = seed, .lose = lose, .ms = 10};

	put_names(m.s);
	for (unsigned i = 0; i < STEPS; i++)
		step(&m);
	put_stop(m.s, m.ms + 1);
	collect(&m);
	CHECK(m.begun);
	CHECK_INT(m.ended, m.begun);
	stream_free(m.s);
}

static void test_nothing_lost(void)
{
	for (__u32 seed = 1; seed <= 200; seed++)
		run(seed, 0);
}

static void test_some_lost(void)
{
	for (__u32 seed = 1; seed <= 200; seed++)
		run(seed, 1 + seed % 60);
}

int main(void)
{
	UNIT_RUN(test_nothing_lost);
	UNIT_RUN(test_some_lost);
	return unit_status();
}
