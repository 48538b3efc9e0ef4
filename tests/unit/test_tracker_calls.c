// SPDX-License-Identifier: GPL-2.0-only
/* Attempts with the function layer on: its calls join, and change nothing else. */
#include "tests/unit/stream.h"

#define SK          0xffff888000001000ULL
#define PEER        "10.9.0.2"
#define STACK       0xffffc90000010000ULL
#define ESTABLISHED 1

enum { F_CONNECT = 1, F_ROUTE, F_OUTPUT, F_HOOK, F_XMIT, F_RCV };

static void put_func(struct stream *s, __u32 id, const char *name, enum rec_func_returns returns)
{
	struct rec_func rec = {.id = id, .returns = returns, .ret_bytes = 4, .module = "vmlinux"};

	snprintf(rec.name, sizeof(rec.name), "%s", name);
	PUT(s, 0, REC_FUNC, rec);
}

static void put_funcs(struct stream *s)
{
	put_names(s);
	put_func(s, F_CONNECT, "tcp_v4_connect", RETURNS_INT);
	put_func(s, F_ROUTE, "ip_route_output_flow", RETURNS_POINTER);
	put_func(s, F_OUTPUT, "ip_output", RETURNS_INT);
	put_func(s, F_HOOK, "nf_hook_slow", RETURNS_NF_SLOW);
	put_func(s, F_XMIT, "__dev_queue_xmit", RETURNS_XMIT);
	put_func(s, F_RCV, "tcp_v4_rcv", RETURNS_INT);
}

static void put_call(struct stream *s, double ms, __u32 func, unsigned up, __u32 detail)
{
	PUT(s, ms, REC_HOP,
		(struct rec_hop){.func = func,
			.stack = STACK,
			.slot = STACK + 0x3000 - 64 * up,
			.sk = SK,
			.detail = detail});
}

static void put_call_return(struct stream *s, double ms, __u32 func, unsigned up, int ret)
{
	PUT(s, ms, REC_HOP_RETURN,
		(struct rec_hop_return){.func = func,
			.stack = STACK,
			.slot = STACK + 0x3000 - 64 * up,
			.ret = (__u32)ret});
}

static const struct attempt_call *call_of(const struct attempt *a, const char *name)
{
	for (unsigned i = 0; i < a->calls_kept; i++)
		if (!strcmp(a->call[i].func->name, name))
			return &a->call[i];
	return NULL;
}

/* A whole connect: 4 ms of routing, 2 ms of egress, the network, ingress. */
static void play(struct stream *s, bool hops)
{
	put_funcs(s);
	if (hops) {
		put_call(s, 0.1, F_CONNECT, 0, 0);
		put_call(s, 0.2, F_ROUTE, 1, 0);
		put_call_return(s, 3.9, F_ROUTE, 1, 0);
	}
	PUT(s, 4, REC_CONNECT,
		(struct rec_connect){.sk = SK,
			.call_ts_ns = at_ms(0),
			.owner = stream_owner(42),
			.tuple = stream_tuple(PEER, 80, 0),
			.flags = CONNECT_IN_SYSCALL});
	if (hops) {
		put_call(s, 4.1, F_OUTPUT, 2, 0);
		put_call(s, 4.2, F_XMIT, 3, 0);
	}
	put_syn(s, 4.3, SK, PEER, 0, SYN_QUEUE);
	put_syn(s, 6, SK, PEER, 0, SYN_XMIT);
	if (hops) {
		put_call_return(s, 6.1, F_XMIT, 3, 0);
		put_call_return(s, 6.2, F_OUTPUT, 2, 0);
		put_call_return(s, 6.3, F_CONNECT, 0, 0);
	}
	put_reply(s, 7, SK, TCPF_SYN | TCPF_ACK);
	if (hops)
		put_call(s, 7.1, F_RCV, 0, 0);
	put_state(s, 8, SK, PEER, ESTABLISHED, 0);
	put_return(s, 8.1, SK, 0);
}

static void test_calls_join_their_attempt(void)
{
	struct stream *s = stream_new();
	struct attempt *a = &s->attempt[0];
	const struct attempt_call *c;

	play(s, true);
	CHECK_INT(a->calls, 5);
	CHECK_INT(a->calls_kept, 5);
	c = call_of(a, "ip_route_output_flow"); /* it was over before the socket was known */
	CHECK(c && c->end == CALL_RETURNED);
	CHECK_INT(c ? c->end_ns - c->start_ns : 0, 3700000);
	CHECK_INT(c ? c->depth : 0, 1);
	c = call_of(a, "__dev_queue_xmit");
	CHECK(c && c->end == CALL_RETURNED && c->depth == 2);
	c = call_of(a, "tcp_v4_rcv");
	CHECK(c && c->end == CALL_OPEN);
	CHECK_STR(a->phase_call[PHASE_ROUTE].func->name, "ip_route_output_flow");
	CHECK_INT(a->phase_call[PHASE_ROUTE].ns, 3700000);
	CHECK_STR(a->phase_call[PHASE_EGRESS].func->name, "__dev_queue_xmit");
	CHECK_STR(a->phase_call[PHASE_INGRESS].func->name, "tcp_v4_rcv");
	CHECK(!a->phase_call[PHASE_NETWORK].func);
	stream_free(s);
}

static void test_calls_change_no_phase_and_no_milestone(void)
{
	struct stream *with = stream_new(), *without = stream_new();

	play(with, true);
	play(without, false);
	CHECK(!memcmp(with->attempt[0].phase_ns, without->attempt[0].phase_ns,
		sizeof(with->attempt[0].phase_ns)));
	CHECK_INT(with->attempt[0].phase_seen, without->attempt[0].phase_seen);
	CHECK_INT(with->attempt[0].moments, without->attempt[0].moments);
	CHECK(!memcmp(with->moment, without->moment, sizeof(with->moment)));
	CHECK_INT(without->attempt[0].calls, 0);
	CHECK_STR(with->verdict[0].text, without->verdict[0].text);
	stream_free(with);
	stream_free(without);
}

static void test_verdict_names_the_function_that_took_the_time(void)
{
	struct stream *s = stream_new();

	put_funcs(s);
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_call(s, 0.1, F_OUTPUT, 2, 0);
	put_call(s, 0.2, F_XMIT, 3, 0);
	put_syn(s, 0.3, SK, PEER, 0, SYN_QUEUE);
	put_syn(s, 700, SK, PEER, 0, SYN_XMIT);
	put_call_return(s, 701, F_XMIT, 3, 0);
	put_reply(s, 702, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 703, SK, PEER, ESTABLISHED, 0);
	put_return(s, 704, SK, 0);
	CHECK_STR(s->verdict[0].cause, "egress_queueing");
	CHECK(strstr(s->verdict[0].text, ", most of it (700 ms) in __dev_queue_xmit"));
	stream_free(s);
}

/* connect() itself lasts as long as anything it waits for, and explains none of it. */
static void test_call_around_the_whole_phase_says_nothing(void)
{
	struct stream *s = stream_new();

	put_funcs(s);
	put_call(s, 0.05, F_CONNECT, 0, 0);
	put_connect(s, 0.06, SK, PEER, CONNECT_IN_SYSCALL);
	put_call(s, 0.1, F_XMIT, 3, 0);
	put_call_return(s, 0.2, F_XMIT, 3, 0);
	put_syn(s, 0.3, SK, PEER, 0, SYN_QUEUE);
	put_syn(s, 700, SK, PEER, 0, SYN_XMIT); /* it lay in a queue: in no call at all */
	put_reply(s, 702, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 703, SK, PEER, ESTABLISHED, 0);
	put_return(s, 704, SK, 0);
	CHECK_STR(s->attempt[0].call[0].func->name, "tcp_v4_connect");
	CHECK(!s->attempt[0].phase_call[PHASE_EGRESS].func);
	CHECK(!strstr(s->verdict[0].text, "most of it"));
	stream_free(s);
}

static void test_drop_names_the_call_around_it(void)
{
	struct stream *s = stream_new();

	put_funcs(s);
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_call(s, 0.1, F_OUTPUT, 2, 0);
	put_call(s, 0.2, F_HOOK, 3, 2 << 8 | 3);
	put_drop(s, 0.3, SK, DROP_SYN, 12, 0);
	put_call_return(s, 0.4, F_HOOK, 3, -EPERM);
	put_sent(s, 1024, SK, PEER, 1);
	put_reply(s, 1025, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 1026, SK, PEER, ESTABLISHED, 0);
	put_return(s, 1027, SK, 0);
	CHECK_STR(s->drop[0].within, "nf_hook_slow OUTPUT");
	CHECK(strstr(s->verdict[0].text, "(NETFILTER_DROP in nf_hook_slow OUTPUT)"));
	stream_free(s);
}

static void test_calls_have_a_bound_of_their_own(void)
{
	struct stream *s = stream_new();

	put_funcs(s);
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	for (unsigned i = 0; i < 1000; i++) {
		put_call(s, 0.1 + i * 0.001, F_OUTPUT, 2, 0);
		put_call_return(s, 0.1005 + i * 0.001, F_OUTPUT, 2, 0);
	}
	put_sent(s, 2, SK, PEER, 0);
	put_reply(s, 3, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 4, SK, PEER, ESTABLISHED, 0);
	put_return(s, 5, SK, 0);
	CHECK_INT(s->attempt[0].calls, 1000);
	CHECK_INT(s->attempt[0].calls_kept, ATTEMPT_CALLS);
	CHECK_INT(s->attempt[0].moments, s->attempt[0].moments_kept);
	stream_free(s);
}

static void test_missed_return_ends_no_phase(void)
{
	struct stream *s = stream_new();

	put_funcs(s);
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_call(s, 0.1, F_XMIT, 3, 0);
	put_call(s, 0.2, F_OUTPUT, 2, 0); /* above it on the stack: the other is over */
	put_syn(s, 500, SK, PEER, 0, SYN_QUEUE);
	put_sent(s, 501, SK, PEER, 0);
	put_reply(s, 502, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 503, SK, PEER, ESTABLISHED, 0);
	put_return(s, 504, SK, 0);
	CHECK_STR(s->attempt[0].call[0].func->name, "__dev_queue_xmit");
	CHECK_INT(s->attempt[0].call[0].end, CALL_MISSED);
	CHECK_INT(s->attempt[0].call[0].end_ns, at_ms(0.2));
	CHECK(!s->attempt[0].phase_call[PHASE_EGRESS].func ||
		strcmp(s->attempt[0].phase_call[PHASE_EGRESS].func->name, "__dev_queue_xmit"));
	stream_free(s);
}

int main(void)
{
	UNIT_RUN(test_calls_join_their_attempt);
	UNIT_RUN(test_calls_change_no_phase_and_no_milestone);
	UNIT_RUN(test_verdict_names_the_function_that_took_the_time);
	UNIT_RUN(test_call_around_the_whole_phase_says_nothing);
	UNIT_RUN(test_drop_names_the_call_around_it);
	UNIT_RUN(test_calls_have_a_bound_of_their_own);
	UNIT_RUN(test_missed_return_ends_no_phase);
	return unit_status();
}
