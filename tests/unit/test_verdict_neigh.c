/* SPDX-License-Identifier: GPL-2.0-only */
/* Verdicts where a neighbour, or a copy of a packet, looks guilty and is not. */
#include "output/verdict_rules.h"
#include "tests/unit/stream.h"

#define SK   0xffff888000001000ULL
#define PEER "10.9.0.2"

enum { ESTABLISHED = 1, CLOSED = 7 };
enum { IS_TC_EGRESS = 31, IS_OTHERHOST = 32, IS_SNIFFER = 33, IS_NETFILTER = 12 };

static struct stream *connecting(void)
{
	struct stream *s = stream_new();

	put_names(s);
	PUT(s, 0, REC_REASON,
		(struct rec_reason){.code = IS_TC_EGRESS, .subsys = "core", .name = "TC_EGRESS"});
	PUT(s, 0, REC_REASON,
		(struct rec_reason){.code = IS_OTHERHOST, .subsys = "core", .name = "OTHERHOST"});
	PUT(s, 0, REC_REASON,
		(struct rec_reason){
			.code = IS_SNIFFER, .subsys = "core", .name = "PACKET_SOCK_ERROR"});
	put_connect(s, 0, SK, PEER, CONNECT_IN_SYSCALL);
	return s;
}

static void put_neigh(struct stream *s, double ms, enum rec_neigh_event event, unsigned state)
{
	PUT(s, ms, REC_NEIGH,
		(struct rec_neigh){.neigh = 0xffff888000009000,
			.sk = SK,
			.event = event,
			.nud_state = (__u8)state,
			.family = 4,
			.key = {10, 9, 0, 2},
			.dev = {.ifindex = 2, .netns = 7, .name = "eth0"}});
}

static void times_out(struct stream *s, double ms)
{
	put_state(s, ms, SK, PEER, CLOSED, ETIMEDOUT);
	put_return(s, ms + 0.1, SK, -ETIMEDOUT);
}

static void gives_up(struct stream *s, double ms)
{
	put_return(s, 0.2, SK, -EINPROGRESS);
	put_state(s, ms, SK, PEER, CLOSED, 0);
}

/* Of the only attempt; S ends with this. */
static void check(struct stream *s, int line, const char *cause, const char *says)
{
	CHECK_INT(s->attempts, 1);
	unit_check_str(__FILE__, line, "cause", s->verdict[0].cause, cause);
	if (!strstr(s->verdict[0].text, says))
		unit_fail(__FILE__, line, "\"%s\" does not say \"%s\"", s->verdict[0].text, says);
	stream_free(s);
}

#define SAYS(s, cause, text) check(s, __LINE__, cause, text)

/* ---- the next hop ------------------------------------------------------------------------- */

static void test_a_neighbour_that_answered_is_not_blamed_for_drops(void)
{
	struct stream *s = connecting();

	put_neigh(s, 0.1, NEIGH_WAIT, NUDF_INCOMPLETE);
	put_neigh(s, 1, NEIGH_UPDATE, NUDF_REACHABLE);
	put_drop(s, 1.1, SK, DROP_SYN, IS_TC_EGRESS, 0);
	put_drop(s, 1000, SK, DROP_SYN, IS_TC_EGRESS, 1);
	times_out(s, 3000);
	SAYS(s, "syn_dropped_locally", "all 2 SYNs were dropped in this host by a tc egress");
}

static void test_a_neighbour_that_answered_is_not_blamed_for_a_queue(void)
{
	struct stream *s = connecting();

	put_neigh(s, 0.1, NEIGH_WAIT, NUDF_INCOMPLETE);
	put_syn(s, 1, SK, PEER, 0, SYN_QUEUE);
	gives_up(s, 800);
	SAYS(s, "abandoned", "closed the socket");
}

/* The first wait was in vain, the second was not. */
static void test_a_neighbour_that_came_back(void)
{
	struct stream *s = connecting();

	put_neigh(s, 0.1, NEIGH_WAIT, NUDF_INCOMPLETE);
	put_neigh(s, 900, NEIGH_UPDATE, NUDF_FAILED);
	put_sent(s, 1000, SK, PEER, 1);
	times_out(s, 3000);
	SAYS(s, "timeout", "nothing came back");
}

static void test_a_neighbour_that_never_answered(void)
{
	struct stream *s = connecting();

	put_neigh(s, 0.1, NEIGH_WAIT, NUDF_INCOMPLETE);
	gives_up(s, 2000);
	SAYS(s, "neighbour_failed", "the next hop is not there, and no SYN left this host");
}

/* Its entry was still good when the first SYNs left. */
static void test_a_neighbour_that_went_away(void)
{
	struct stream *s = connecting();

	put_sent(s, 0.1, SK, PEER, 0);
	put_sent(s, 1000, SK, PEER, 1);
	put_sent(s, 3000, SK, PEER, 2);
	put_neigh(s, 7000, NEIGH_WAIT, NUDF_INCOMPLETE);
	put_neigh(s, 10000, NEIGH_UPDATE, NUDF_FAILED);
	put_state(s, 10000, SK, PEER, CLOSED, EHOSTUNREACH);
	put_return(s, 10000.1, SK, -EHOSTUNREACH);
	SAYS(s, "neighbour_failed", "the next hop is not there; connect failed");
}

static void test_a_neighbour_that_has_not_answered_yet(void)
{
	struct stream *s = connecting();

	put_neigh(s, 0.1, NEIGH_WAIT, NUDF_INCOMPLETE);
	put_return(s, 0.2, SK, -EINPROGRESS);
	put_stop(s, 2000.1);
	SAYS(s, "neighbour_slow", "the next hop, has not answered ARP requests for 2.00 s");
}

/* ---- copies ------------------------------------------------------------------------------- */

/* The bridge does not know where to, so all have it; the one it is for is beyond this host. */
static void test_a_flooded_syn(void)
{
	struct stream *s = connecting();

	for (unsigned i = 0; i < 2; i++) {
		put_sent(s, 0.1 + 1000 * i, SK, PEER, i);
		put_drop(s, 0.2 + 1000 * i, SK, DROP_SYN, IS_OTHERHOST, i);
		put_drop(s, 0.3 + 1000 * i, SK, DROP_SYN, IS_OTHERHOST, i);
	}
	times_out(s, 3000);
	SAYS(s, "timeout", "2 SYNs were sent to 10.9.0.2:80 and nothing came back");
}

static void test_a_flooded_syn_ack(void)
{
	struct stream *s = connecting();

	put_sent(s, 0.1, SK, PEER, 0);
	put_drop(s, 300, SK, DROP_SYN_ACK, IS_OTHERHOST, 0);
	put_reply(s, 300.1, SK, TCPF_SYN | TCPF_ACK);
	put_state(s, 300.2, SK, PEER, ESTABLISHED, 0);
	put_return(s, 300.3, SK, 0);
	CHECK_INT(s->attempt[0].phase_ns[PHASE_RTO_WAIT], 0);
	SAYS(s, "slow_rtt", "took 300 ms to answer the SYN, without a retransmit");
}

static void test_a_slow_sniffer(void)
{
	struct stream *s = connecting();

	put_sent(s, 0.1, SK, PEER, 0);
	put_drop(s, 0.2, SK, DROP_SYN, IS_SNIFFER, 0);
	put_drop(s, 1000, SK, DROP_SYN, IS_NETFILTER, 1);
	times_out(s, 9000);
	SAYS(s, "syn_dropped_locally", "1 of 2 SYNs was dropped in this host by netfilter");
}

static bool is_copy(const char *reason, const char *location)
{
	struct drop d = {.packet = DROP_SYN};

	strcpy(d.reason, reason);
	strcpy(d.location, location);
	return !drop_explains_silence(&d);
}

static void test_copies_without_a_reason(void)
{
	CHECK(is_copy("", "ip_rcv_core.isra.0+0x1c2"));
	CHECK(is_copy("NOT_SPECIFIED", "ip6_rcv_core+0x1c2"));
	CHECK(is_copy("", "tpacket_rcv+0x9"));
	CHECK(!is_copy("IP_CSUM", "ip_rcv_core+0x1c2"));
	CHECK(!is_copy("NOT_SPECIFIED", "nf_hook_slow+0x5c"));
	CHECK(!is_copy("", "nf_hook_slow+0x5c"));
}

int main(void)
{
	UNIT_RUN(test_a_neighbour_that_answered_is_not_blamed_for_drops);
	UNIT_RUN(test_a_neighbour_that_answered_is_not_blamed_for_a_queue);
	UNIT_RUN(test_a_neighbour_that_came_back);
	UNIT_RUN(test_a_neighbour_that_never_answered);
	UNIT_RUN(test_a_neighbour_that_went_away);
	UNIT_RUN(test_a_neighbour_that_has_not_answered_yet);
	UNIT_RUN(test_a_flooded_syn);
	UNIT_RUN(test_a_flooded_syn_ack);
	UNIT_RUN(test_a_slow_sniffer);
	UNIT_RUN(test_copies_without_a_reason);
	return unit_status();
}
