// SPDX-License-Identifier: GPL-2.0-only
/* What a reader sees of an accept, of the other side of a connect, and of a verdict's evidence. */
#include "tests/unit/sample_passive.h"
#include "tests/unit/screen.h"

static void screen_accept(struct screen *s, const struct passive *p, const struct verdict *v)
{
	CHECK_INT(s->sink->ops->accept(s->sink, p, v), 0);
}

static void test_ok_is_one_line(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 80});
	struct passive p = sample_accepted();
	struct verdict v = sample_verdict("ok", 0, "accepted in 412 us", "");
	_cleanup_(freep) char *got = NULL;

	screen_accept(&s, &p, &v);
	p.cookies = p.fastopen = true;
	p.client =
		(struct client_side){.known = true, .owner = sample_owner(), .hostname = "h\x1b"};
	screen_accept(&s, &p, &v);
	got = screen_end(&s);
	CHECK_STR(got, "OK    412 us  nginx[7]  accept 10.9.0.1:40000 → 10.9.0.2:80\n"
		       "OK    412 us  nginx[7]  accept 10.9.0.1:40000 → 10.9.0.2:80  from "
		       "curl[4242] of h\\x1b  SYN cookie  TCP Fast Open\n");
}

static void test_accepted_unseen_is_no_open_one(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 60});
	struct passive p = sample_accepted();
	struct verdict v = sample_verdict("ok", 0, "", "");
	_cleanup_(freep) char *got = NULL;

	p.result = PASSIVE_NOT_ACCEPTED;
	p.accept_unseen = true;
	screen_accept(&s, &p, &v);
	got = screen_end(&s);
	CHECK(!strncmp(got, "OK ", 3));
	CHECK(strchr(got, '\n') == got + strlen(got) - 1);
}

static void test_overflow(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 60});
	struct passive p = sample_overflow();
	struct verdict v = sample_verdict("accept_queue_full", 0.9, "the queue was full", "do");
	_cleanup_(freep) char *got = NULL;

	verdict_points_at(&v, 2);
	verdict_adds(&v, "slow_accept", 0.1, "accept() was called late");
	screen_accept(&s, &p, &v);
	got = screen_end(&s);
	CHECK_STR(got, "SLOW 3.21 s   nginx[7]  accept 10.9.0.1:40000 → 10.9.0.2:80  from "
		       "curl[4242]\n"
		       "  the queue was full\n"
		       "  hint: do\n"
		       "  also: accept() was called late\n"
		       "\n"
		       "  syn_recv  3.07 s   ████████████████████████████████████▍\n"
		       "  network    300 us                                      ▏\n"
		       "  queue      140 ms                                      █▋\n"
		       "\n"
		       "  2026-11-21 01:35:00.123 UTC\n"
		       "     +0 ns  syn_received        eth0  queue 1 of 1\n"
		       "  +12.0 us  syn_ack_sent        eth0\n"
		       "   +300 us  overflow            queue 2 of 1  ◄\n"
		       "  +1.02 s   syn_ack_retransmit  eth0\n"
		       "   +300 us  overflow            queue 2 of 1\n"
		       "  +2.05 s   syn_ack_retransmit  eth0\n"
		       "   +300 us  established         queue 1 of 1\n"
		       "   +140 ms  accept\n");
}

/* listen(fd, 0) still holds one connection. */
static void test_queue_of_none(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 60});
	struct passive p = sample_overflow();
	struct verdict v = sample_verdict("accept_queue_full", 0.9, "", "");
	_cleanup_(freep) char *got = NULL;

	passive_queue_at(&p.moment[0], 0, 0);
	screen_accept(&s, &p, &v);
	got = screen_end(&s);
	CHECK(strstr(got, "syn_received        eth0  queue 0 of 0\n"));
}

static void test_how_it_ended(void)
{
	static const struct {
		enum passive_result result;
		const char *word;
	} cases[] = {{PASSIVE_ACCEPTED, "SLOW "}, {PASSIVE_OVERFLOWED, "OVERFLOW "},
		{PASSIVE_RESET, "RESET "}, {PASSIVE_TIMED_OUT, "TIMEOUT "},
		{PASSIVE_NOT_ACCEPTED, "OPEN "}, {PASSIVE_IN_PROGRESS, "OPEN "}};
	struct verdict v = sample_verdict("slow_accept", 1, "", "");

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct screen s = screen_new((struct sink_cfg){.width = 60, .quiet = true});
		struct passive p = sample_overflow();
		_cleanup_(freep) char *got = NULL;

		p.result = cases[i].result;
		p.owner.tgid = 0;
		screen_accept(&s, &p, &v);
		got = screen_end(&s);
		if (strncmp(got, cases[i].word, strlen(cases[i].word)))
			unit_fail(__FILE__, __LINE__, "%s: %s", cases[i].word, got);
		CHECK(strstr(got, "  unknown process  accept "));
	}
}

static void test_server_of_a_connect(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 100, .quiet = true});
	struct attempt a = sample_drop();
	_cleanup_(freep) char *got = NULL;

	a.server = (struct server_side){.known = true,
		.owner = {.tgid = 7, .comm = "ng\x1binx"},
		.syns = 3,
		.syn_acks = 1,
		.overflow = OVERFLOW_ACCEPT_QUEUE,
		.overflowed = 2,
		.inferred = true,
		.queue = {true, 2, 1, 0}};
	screen_show(&s, &a, "accept_queue_full", "the server's queue was full", "");
	a.server.overflow = OVERFLOW_NONE;
	screen_show(&s, &a, "syn_unanswered", "it answered at once", "");
	a.mptcp = a.fastopen = a.seeded = true;
	strcpy(a.server.hostname, "db1");
	a.server.accepted = true;
	a.server.accept_wait_ns = 5000;
	screen_show(&s, &a, "syn_unanswered", "it answered at once", "");
	got = screen_end(&s);
	CHECK_STR(got, "SLOW 1.03 s   curl[4242]  10.9.0.1:40000 → 10.9.0.2:80 (a.test)\n"
		       "  the server's queue was full\n"
		       "  server: ng\\x1binx[7] received 3 SYNs, sent 1 SYN-ACK; 2 SYNs found its "
		       "accept queue full, 2 of 1\n"
		       "          (inferred)\n"
		       "\n"
		       "SLOW 1.03 s   curl[4242]  10.9.0.1:40000 → 10.9.0.2:80 (a.test)\n"
		       "  it answered at once\n"
		       "\n"
		       "SLOW 1.03 s   curl[4242]  10.9.0.1:40000 → 10.9.0.2:80 (a.test)  MPTCP  "
		       "TCP Fast Open  already under way when tracing began\n"
		       "  it answered at once\n"
		       "  server: ng\\x1binx[7] of db1 received 3 SYNs, sent 1 SYN-ACK; accepted "
		       "after 5.00 us in the queue\n");
}

static void test_summary(void)
{
	struct screen s = screen_new((struct sink_cfg){.width = 60});
	struct summary sum = {.results = {[ATTEMPT_ESTABLISHED] = 1}};
	_cleanup_(freep) char *got = NULL;

	sum.accepts[PASSIVE_ACCEPTED] = 4;
	sum.accepts[PASSIVE_NOT_ACCEPTED] = 2;
	sum.accepts[PASSIVE_IN_PROGRESS] = 1;
	CHECK_INT(s.sink->ops->summary(s.sink, &sum), 0);
	got = screen_end(&s);
	CHECK_STR(got, "1 connect: 1 established\n"
		       "7 accepts: 4 accepted, 2 not seen to be accepted, 1 still open\n");
}

int main(void)
{
	UNIT_RUN(test_ok_is_one_line);
	UNIT_RUN(test_accepted_unseen_is_no_open_one);
	UNIT_RUN(test_overflow);
	UNIT_RUN(test_queue_of_none);
	UNIT_RUN(test_how_it_ended);
	UNIT_RUN(test_server_of_a_connect);
	UNIT_RUN(test_summary);
	return unit_status();
}
