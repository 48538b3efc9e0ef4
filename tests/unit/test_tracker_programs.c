// SPDX-License-Identifier: GPL-2.0-only
/* Connects whose packets a program has dropped: the sentence, the hint, the evidence. */
#include "tests/unit/stream.h"

#define SK   0xffff888000001000ULL
#define PEER "10.9.0.2"

enum { ESTABLISHED = 1, CLOSED = 7 };
enum { P_XDP = 1, P_TC, P_CGROUP, P_LAST };

static void put_program(
	struct stream *s, __u32 id, enum rec_prog_kind kind, enum rec_func_returns returns)
{
	static const char *const names[P_LAST] = {NULL, "drop81", "drop82", "policy"};
	struct rec_func rec = {.id = id,
		.returns = returns,
		.ret_bytes = 4,
		.module = "bpf",
		.prog_kind = kind,
		.prog_id = 11 + id};

	strcpy(rec.name, names[id]);
	PUT(s, 0, REC_FUNC, rec);
}

static struct stream *stream_with_programs(void)
{
	struct stream *s = stream_new();

	put_names(s);
	PUT(s, 0, REC_REASON,
		(struct rec_reason){.code = 17, .subsys = "core", .name = "TC_EGRESS"});
	put_program(s, P_XDP, PROG_XDP, RETURNS_XDP);
	put_program(s, P_TC, PROG_TC, RETURNS_TC);
	put_program(s, P_CGROUP, PROG_CGROUP_SKB, RETURNS_CGROUP_SKB);
	return s;
}

/* Dropped at veth1, of namespace NETNS; the client is in 7. */
static struct rec_drop drop_by(enum rec_drop_packet packet, __u32 func, __s32 verdict, __u32 netns)
{
	return (struct rec_drop){.sk = SK,
		.packet = packet,
		.tuple = stream_tuple(PEER, 80, 40000),
		.dev = {.ifindex = 3, .netns = netns, .name = "veth1"},
		.egress = packet == DROP_SYN,
		.func = func,
		.verdict = verdict};
}

static struct rec_drop by_tc(enum rec_drop_packet packet)
{
	struct rec_drop rec = drop_by(packet, P_TC, 2, 7);

	rec.location = 0xffffffff81000000;
	rec.reason = 17;
	return rec;
}

/* The first SYN meets DROP, the second gets through. */
static void play_retransmit(struct stream *s, struct rec_drop drop)
{
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	PUT(s, 0.2, REC_DROP, drop);
	put_sent(s, 1020.2, SK, PEER, 1);
	put_reply(s, 1021, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 1021.1, SK, PEER, ESTABLISHED, 0);
	put_return(s, 1021.2, SK, 0);
}

static void test_syn_dropped_by_xdp(void)
{
	struct stream *s = stream_with_programs();

	play_retransmit(s, drop_by(DROP_SYN, P_XDP, 1, 7));
	CHECK_STR(s->verdict[0].cause, "syn_dropped_locally");
	CHECK_STR(s->verdict[0].text,
		"the first SYN was dropped in this host by the XDP program drop81 (id 12, XDP_DROP "
		"on veth1); the retransmit 1.02 s later got through");
	CHECK_STR(s->verdict[0].hint, "look at that program: bpftool prog show id 12; where it is "
				      "attached: bpftool net");
	CHECK_STR(s->drop[0].reason, "XDP_DROP");
	CHECK_STR(s->drop[0].location, "");
	CHECK_INT(s->attempt[0].phase_ns[PHASE_RTO_WAIT], 1020 * MS + 90000);
	stream_free(s);
}

/* On the other side of a veth pair of this host. */
static void test_syn_dropped_in_another_namespace(void)
{
	struct stream *s = stream_with_programs();

	play_retransmit(s, drop_by(DROP_SYN, P_XDP, 0, 8));
	CHECK_STR(s->verdict[0].text,
		"the first SYN was dropped in this host, in another network namespace (8) by the "
		"XDP program drop81 (id 12, XDP_ABORTED on veth1); the retransmit 1.02 s later got "
		"through");
	stream_free(s);
}

static void test_syn_dropped_by_tc(void)
{
	struct stream *s = stream_with_programs();

	play_retransmit(s, by_tc(DROP_SYN));
	CHECK_STR(s->verdict[0].cause, "syn_dropped_locally");
	CHECK(strstr(
		s->verdict[0].text, " by the tc program drop82 (id 13, TC_ACT_SHOT on veth1); "));
	CHECK(strstr(s->verdict[0].hint, "bpftool prog show id 13"));
	CHECK_STR(s->drop[0].reason, "TC_EGRESS");
	stream_free(s);
}

static void test_syn_dropped_by_a_cgroup(void)
{
	struct stream *s = stream_with_programs();

	play_retransmit(s, drop_by(DROP_SYN, P_CGROUP, 0, 7));
	CHECK(strstr(s->verdict[0].text, " by the cgroup program policy (id 14 on veth1); "));
	CHECK(strstr(s->verdict[0].hint, "bpftool cgroup tree"));
	stream_free(s);
}

static void test_redirect_that_failed(void)
{
	struct stream *s = stream_with_programs();

	play_retransmit(s, drop_by(DROP_SYN, P_XDP, 4, 7));
	CHECK(strstr(s->verdict[0].text, "drop81 (id 12, XDP_REDIRECT failed on veth1)"));
	stream_free(s);

	s = stream_with_programs();
	play_retransmit(s, drop_by(DROP_SYN, P_XDP, -ENXIO, 7));
	CHECK(strstr(
		s->verdict[0].text, "drop81 (id 12, XDP_REDIRECT failed with ENXIO on veth1)"));
	stream_free(s);
}

static void test_connect_that_never_got_through(void)
{
	struct stream *s = stream_with_programs();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	PUT(s, 0.2, REC_DROP, drop_by(DROP_SYN, P_XDP, 1, 7));
	put_sent(s, 1020, SK, PEER, 1);
	PUT(s, 1020.2, REC_DROP, drop_by(DROP_SYN, P_XDP, 1, 7));
	put_state(s, 3000, SK, PEER, CLOSED, ETIMEDOUT);
	put_return(s, 3000, SK, -ETIMEDOUT);
	CHECK_STR(s->verdict[0].cause, "syn_dropped_locally");
	CHECK_STR(s->verdict[0].text,
		"all 2 SYNs were dropped in this host by the XDP program drop81 (id 12, XDP_DROP "
		"on veth1); connect failed with ETIMEDOUT after 3.00 s");
	CHECK(strstr(s->verdict[0].hint, "bpftool prog show id 12"));
	stream_free(s);
}

static void test_syn_ack_dropped(void)
{
	struct stream *s = stream_with_programs();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	PUT(s, 0.2, REC_DROP, drop_by(DROP_SYN_ACK, P_XDP, 1, 7));
	put_sent(s, 1020.2, SK, PEER, 1);
	put_reply(s, 1021, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 1021.1, SK, PEER, ESTABLISHED, 0);
	put_return(s, 1021.2, SK, 0);
	CHECK_STR(s->verdict[0].cause, "synack_dropped_locally");
	CHECK(strstr(s->verdict[0].text, "the SYN-ACK of 10.9.0.2:80 was dropped in this host by "
					 "the XDP program drop81 (id 12, XDP_DROP on veth1)"));
	CHECK(strstr(s->verdict[0].hint, "bpftool net"));
	stream_free(s);
}

/* Without one the filters at that place are what to look at. */
static void test_drop_by_nobody_known(void)
{
	struct stream *s = stream_with_programs();
	struct rec_drop rec = by_tc(DROP_SYN);

	rec.func = 0;
	play_retransmit(s, rec);
	CHECK(strstr(s->verdict[0].text, " by a tc egress filter (TC_EGRESS in nf_hook_slow, "));
	CHECK(strstr(s->verdict[0].hint, "look at: tc -s filter show dev DEV egress"));
	stream_free(s);
}

/* What failed with EACCES after a program's drop met no REJECT rule. */
static void test_program_is_no_reject_rule(void)
{
	struct stream *s = stream_with_programs();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	PUT(s, 0.2, REC_DROP, drop_by(DROP_SYN, P_CGROUP, 0, 7));
	put_state(s, 0.3, SK, PEER, CLOSED, EACCES);
	put_return(s, 0.4, SK, -EACCES);
	CHECK_STR(s->verdict[0].cause, "syn_dropped_locally");
	stream_free(s);
}

/* ---- the timeline ------------------------------------------------------------------------- */

#define STACK 0xffffc90000010000ULL

static void put_program_call(struct stream *s, double ms, __u32 func, __u32 verdict)
{
	PUT(s, ms, REC_HOP,
		(struct rec_hop){.func = func,
			.stack = STACK,
			.slot = STACK + 64,
			.sk = SK,
			.packet = 1,
			.skb = 1,
			.netns = 7,
			.ifindex = 3});
	PUT(s, ms + 0.001, REC_HOP_RETURN,
		(struct rec_hop_return){.func = func,
			.stack = STACK,
			.slot = STACK + 64,
			.ret = verdict,
			.target = verdict == 7 ? 3 : 0});
}

static void test_programs_in_the_timeline(void)
{
	struct stream *s = stream_with_programs();
	struct attempt *a = &s->attempt[0];
	struct rec_packet packet = {.packet = 1,
		.skb = 1,
		.sk = SK,
		.dev = {.ifindex = 3, .netns = 7, .name = "veth1"}};
	char buf[WORDS_LEN];
	struct call call;

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	PUT(s, 0.15, REC_PACKET, packet);
	put_program_call(s, 0.2, P_TC, 7);
	put_program_call(s, 0.3, P_XDP, 2);
	put_reply(s, 0.4, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 0.5, SK, PEER, ESTABLISHED, 0);
	put_return(s, 0.6, SK, 0);
	CHECK_STR(s->verdict[0].cause, "ok");
	CHECK_INT(a->calls_kept, 2);
	CHECK_STR(s->call[0].func->name, "drop82");
	CHECK_STR(s->call[0].dev, "veth1");
	CHECK_STR(s->call[0].redirect.dev, "veth1");
	CHECK_STR(s->call[1].func->name, "drop81");
	CHECK_INT(s->call[1].redirect.ifindex, 0);
	call = attempt_call_view(&s->call[1]);
	CHECK_STR(call_ret_words(&call, buf, NULL), "XDP_PASS");
	stream_free(s);
}

/* Which call softirq has interrupted when the program decided says nothing. */
static void test_drop_by_a_program_has_no_place(void)
{
	struct stream *s = stream_with_programs();

	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	put_sent(s, 0.1, SK, PEER, 0);
	PUT(s, 0.15, REC_HOP,
		(struct rec_hop){.func = P_TC, .stack = STACK, .slot = STACK + 64, .sk = SK});
	PUT(s, 0.2, REC_DROP, drop_by(DROP_SYN, P_XDP, 1, 7));
	put_stop(s, 3000);
	CHECK_INT(s->attempt[0].drops, 1);
	CHECK_STR(s->drop[0].within, "");
	stream_free(s);
}

/* ---- DNS ---------------------------------------------------------------------------------- */

static const __u8 query[] = {
	0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 4, 't', 'e', 's', 't', 0, 0, 1, 0, 1};

static void put_query(struct stream *s, double ms)
{
	struct {
		struct rec_dns rec;
		__u8 payload[sizeof(query)];
	} r = {.rec = {.sk = SK,
		       .owner = stream_owner(42),
		       .tuple = stream_tuple("10.9.0.53", 53, 40000),
		       .wire_len = sizeof(query),
		       .payload_len = sizeof(query)}};

	memcpy(r.payload, query, sizeof(query));
	r.rec.tuple.l4_proto = 17;
	stream_put(s, &r, REC_DNS, sizeof(r.rec) + sizeof(query), ms);
}

static void test_query_dropped(void)
{
	struct stream *s = stream_with_programs();
	struct rec_drop drop = by_tc(DROP_DNS_QUERY);

	drop.dns_id = 0x1234;
	put_query(s, 0);
	PUT(s, 0.1, REC_DROP, drop);
	put_stop(s, 20000);
	CHECK_INT(s->lookups, 1);
	CHECK_STR(s->lookup_verdict[0].cause, "dns_timeout");
	CHECK(strstr(s->lookup_verdict[0].text, "; 1 of its packets dropped in this host by the tc "
						"program drop82 (id 13, TC_ACT_SHOT)"));
	CHECK(strstr(s->lookup_verdict[0].hint, "bpftool prog show id 13"));
	stream_free(s);
}

int main(void)
{
	UNIT_RUN(test_syn_dropped_by_xdp);
	UNIT_RUN(test_syn_dropped_in_another_namespace);
	UNIT_RUN(test_syn_dropped_by_tc);
	UNIT_RUN(test_syn_dropped_by_a_cgroup);
	UNIT_RUN(test_redirect_that_failed);
	UNIT_RUN(test_connect_that_never_got_through);
	UNIT_RUN(test_syn_ack_dropped);
	UNIT_RUN(test_drop_by_nobody_known);
	UNIT_RUN(test_program_is_no_reject_rule);
	UNIT_RUN(test_programs_in_the_timeline);
	UNIT_RUN(test_drop_by_a_program_has_no_place);
	UNIT_RUN(test_query_dropped);
	return unit_status();
}
