/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdicts.h - attempts made by hand, one for each rule of a connect's verdict. As with those of
 * sample.h, one at a time.
 */
#ifndef PATHLAG_UNIT_VERDICTS_H
#define PATHLAG_UNIT_VERDICTS_H

#include "output/verdict_rules.h"
#include "tests/unit/sample.h"
#include "tests/unit/unit.h"

#define SLOW (100 * MS)

/* What the attempt made last was looked up with. */
static struct lookup lookup;

/* A name was looked up first; the question is as the last one made by looked_up(). */
static inline struct attempt looked_up(__u64 ns)
{
	struct attempt a = sample_attempt();

	lookup = sample_lookup();
	lookup.tries = lookup.servers = 1;
	lookup.chain_start_ns = lookup.start_ns;
	lookup.end_ns = lookup.start_ns + ns;
	strcpy(a.name, "a.test");
	a.dns_link = DNS_LINK_ANSWER;
	a.lookup = &lookup;
	a.lookup_timed = true;
	a.connect_ns += ns;
	sample_phase(&a, PHASE_DNS, ns);
	sample_moment(&a, 0, AT_DNS_QUERY, "");
	sample_moment(&a, ns, AT_DNS_ANSWER, "");
	return a;
}

static inline void connects(struct attempt *a, __u64 rtt)
{
	sample_phase(a, PHASE_ROUTE, 9 * US);
	sample_phase(a, PHASE_EGRESS, 21 * US);
	sample_phase(a, PHASE_NETWORK, rtt);
	sample_moment(a, 0, AT_CONNECT, "");
	sample_moment(a, 9 * US, AT_SYN, "eth0");
	sample_moment(a, 21 * US, AT_SYN_SENT, "eth0");
	sample_moment(a, rtt, AT_SYN_ACK, "eth0");
	sample_moment(a, 0, AT_ESTABLISHED, "");
	a->answered = a->syn_ack_seen = true;
	a->syns_left = 1;
}

static inline struct attempt dns_slow(void)
{
	struct attempt a = looked_up(400 * MS);

	connects(&a, MS);
	return a;
}

static inline struct attempt dns_retry(void)
{
	struct attempt a = looked_up(5001 * MS);

	lookup.tries = 2;
	connects(&a, MS);
	return a;
}

static inline struct attempt dns_timeout(void)
{
	struct attempt a = looked_up(5000 * MS);

	lookup.result = LOOKUP_TIMEOUT;
	connects(&a, MS);
	return a;
}

static inline struct attempt dns_error(void)
{
	struct attempt a = looked_up(700 * MS);

	lookup.result = LOOKUP_ERROR;
	lookup.rcode = 2;
	connects(&a, MS);
	return a;
}

static inline struct attempt dns_error_retried(void)
{
	struct attempt a = dns_error();

	lookup.tries = 2;
	lookup.search_misses = 1;
	return a;
}

static inline struct attempt dns_search(void)
{
	struct attempt a = looked_up(300 * MS);

	lookup.search_misses = 3;
	lookup.start_ns += 225 * MS;
	connects(&a, MS);
	return a;
}

static inline struct attempt think(void)
{
	struct attempt a = looked_up(MS);

	sample_phase(&a, PHASE_THINK, 300 * MS);
	a.connect_ns += 300 * MS;
	connects(&a, MS);
	return a;
}

static inline struct attempt neighbour_slow(void)
{
	struct attempt a = sample_attempt();

	a.neigh.waited = a.neigh.done = true;
	a.neigh.key = sample_address("10.9.0.254");
	sample_phase(&a, PHASE_NEIGH, 1000 * MS);
	sample_moment(&a, 0, AT_NEIGH_WAIT, "");
	sample_moment(&a, 1000 * MS, AT_NEIGH_DONE, "");
	connects(&a, MS);
	return a;
}

/* Connects, and PHASE takes that much longer. */
static inline struct attempt spends(enum phase phase, __u64 ns)
{
	struct attempt a = sample_attempt();

	sample_phase(&a, phase, ns);
	connects(&a, MS);
	return a;
}

static inline struct attempt egress(void)
{
	return spends(PHASE_EGRESS, 500 * MS);
}

static const struct rec_owner firewall = {.tgid = 33, .tid = 33, .comm = "firewalld"};

/* The same, but before the SYN comes to a device. */
static inline struct attempt egress_unseen(void)
{
	struct attempt a = egress();

	a.held_ns = 500 * MS;
	return a;
}

static inline struct attempt syn_held(void)
{
	struct attempt a = egress_unseen();

	a.syn_held_by = firewall;
	return a;
}

static inline struct attempt rtt(void)
{
	struct attempt a = sample_attempt();

	connects(&a, 250 * MS);
	return a;
}

static inline struct attempt wakeup(void)
{
	struct attempt a = rtt();

	a.phase_ns[PHASE_NETWORK] = MS;
	a.end_ns -= 249 * MS;
	sample_phase(&a, PHASE_WAKEUP, 500 * MS);
	sample_moment(&a, 500 * MS, AT_RETURN, "");
	return a;
}

static inline struct attempt route(void)
{
	return spends(PHASE_ROUTE, 500 * MS);
}

static inline struct attempt ingress(void)
{
	return spends(PHASE_INGRESS, 500 * MS);
}

static inline struct attempt synack_held(void)
{
	struct attempt a = ingress();

	a.synack_held_by = firewall;
	return a;
}

/* SENT SYNs, 1, 2, 4 ... seconds apart; what follows is up to the caller. */
static inline struct attempt repeated(unsigned sent)
{
	struct attempt a = sample_attempt();

	sample_phase(&a, PHASE_EGRESS, 20 * US);
	sample_moment(&a, 0, AT_CONNECT, "");
	sample_moment(&a, 20 * US, AT_SYN, "eth0");
	sample_moment(&a, 0, AT_SYN_SENT, "eth0");
	for (unsigned i = 1; i < sent; i++) {
		sample_phase(&a, PHASE_RTO_WAIT, (1000 * MS) << (i - 1));
		sample_moment(&a, (1000 * MS) << (i - 1), AT_SYN_RETRANSMIT, "eth0");
	}
	a.syn_sent = a.syns_left = sent;
	a.syn_retransmits = sent - 1;
	return a;
}

static inline void answers(struct attempt *a)
{
	sample_phase(a, PHASE_NETWORK, MS);
	sample_moment(a, MS, AT_SYN_ACK, "eth0");
	sample_moment(a, 0, AT_ESTABLISHED, "");
	a->answered = a->syn_ack_seen = true;
}

static inline void ends(struct attempt *a, enum attempt_result result, int err, __u64 after)
{
	a->result = result;
	a->err = err;
	sample_phase(a, PHASE_RTO_WAIT, after);
	sample_moment(a, after, AT_CLOSED, "")->err = -err;
}

static inline struct attempt unanswered(void)
{
	struct attempt a = repeated(2);

	answers(&a);
	return a;
}

static inline void drops(struct attempt *a, enum rec_drop_packet packet, const char *reason)
{
	sample_moment(a, 2 * US, AT_DROP, "")->drop = a->drops;
	a->drop[a->drops] = (struct drop){.packet = packet, .location = "nf_hook_slow+0x5c"};
	strcpy(a->drop[a->drops].reason, reason);
	a->drops_kept = ++a->drops;
}

static inline struct attempt synack_drop(void)
{
	struct attempt a = repeated(1);

	sample_moment(&a, MS, AT_SYN_ACK, "eth0");
	drops(&a, DROP_SYN_ACK, "IP_RPFILTER");
	sample_phase(&a, PHASE_RTO_WAIT, 1000 * MS);
	sample_moment(&a, 1000 * MS, AT_SYN_RETRANSMIT, "eth0");
	a.syn_sent = 2;
	a.syn_retransmits = 1;
	answers(&a);
	return a;
}

static inline void overflows(struct attempt *a, enum overflow queue)
{
	a->server = (struct server_side){
		.known = true,
		.owner = {.tgid = 12, .comm = "nginx"},
		.syns = a->syn_sent,
		.overflow = queue,
		.overflowed = a->syn_retransmits ? a->syn_retransmits : 1,
		.queue = {.known = true, .accept_len = 2, .accept_max = 1, .syn_len = 1},
	};
}

static inline struct attempt accept_queue(void)
{
	struct attempt a = unanswered();

	overflows(&a, OVERFLOW_ACCEPT_QUEUE);
	return a;
}

static inline struct attempt syn_queue(void)
{
	struct attempt a = unanswered();

	overflows(&a, OVERFLOW_SYN_QUEUE);
	a.server.inferred = true;
	return a;
}

static inline struct attempt refusal_survived(void)
{
	struct attempt a = repeated(1);

	sample_moment(&a, MS, AT_ICMP, "eth0");
	sample_phase(&a, PHASE_RTO_WAIT, 1000 * MS);
	sample_moment(&a, 999 * MS, AT_SYN_RETRANSMIT, "eth0");
	a.syn_sent = 2;
	a.syn_retransmits = 1;
	answers(&a);
	return a;
}

static inline struct attempt fallback(void)
{
	struct attempt a = rtt();

	a.phase_ns[PHASE_NETWORK] = MS;
	a.end_ns -= 249 * MS;
	strcpy(a.name, "a.test");
	a.group_start_ns = a.start_ns - 250 * MS;
	a.group_other_family_failed = true;
	a.group_first = sample_tuple("2001:db8::1", 1, "2001:db8::2", 80);
	return a;
}

static inline struct attempt never_let_go(void)
{
	struct attempt a = sample_attempt();

	a.syn_sent = a.syns_left = 0;
	a.held_ns = 3000 * MS;
	sample_phase(&a, PHASE_EGRESS, 3000 * MS);
	sample_moment(&a, 1000 * MS, AT_SYN_RETRANSMIT_FAILED, "");
	ends(&a, ATTEMPT_TIMEOUT, ETIMEDOUT, 0);
	return a;
}

static inline struct attempt timed_out(void)
{
	struct attempt a = repeated(3);

	ends(&a, ATTEMPT_TIMEOUT, ETIMEDOUT, 4000 * MS);
	return a;
}

static inline struct attempt abandoned(void)
{
	struct attempt a = repeated(1);

	ends(&a, ATTEMPT_ABANDONED, 0, 200 * MS);
	return a;
}

static inline struct attempt unreachable(void)
{
	struct attempt a = repeated(1);

	ends(&a, ATTEMPT_UNREACHABLE, EHOSTUNREACH, 200 * MS);
	return a;
}

/* The last of SENT SYNs is answered with a RST. */
static inline struct attempt refused_after(unsigned sent)
{
	struct attempt a = repeated(sent);

	a.answered = a.refusal.rst_received = true;
	sample_moment(&a, MS, AT_RST, "eth0");
	sample_phase(&a, PHASE_NETWORK, MS);
	ends(&a, ATTEMPT_REFUSED, ECONNREFUSED, 0);
	return a;
}

static inline struct attempt refused(void)
{
	return refused_after(1);
}

static inline struct attempt rejected(void)
{
	struct attempt a = sample_rejected();

	a.answered = a.refusal.icmp = true;
	a.refusal.icmp_type = a.refusal.icmp_code = 1;
	return a;
}

static inline struct attempt local_error(void)
{
	struct attempt a = sample_no_route();

	a.result = ATTEMPT_FAILED;
	a.err = EADDRNOTAVAIL;
	return a;
}

static inline struct attempt neighbour_failed(void)
{
	struct attempt a = sample_attempt();

	a.syn_sent = 0;
	a.neigh.waited = a.neigh.failed = true;
	a.neigh.key = sample_address("10.9.0.99");
	sample_phase(&a, PHASE_NEIGH, 3000 * MS);
	sample_moment(&a, 0, AT_NEIGH_WAIT, "");
	sample_moment(&a, 3000 * MS, AT_NEIGH_FAILED, "");
	ends(&a, ATTEMPT_UNREACHABLE, EHOSTUNREACH, 0);
	return a;
}

static inline struct attempt all_syns_dropped(void)
{
	struct attempt a = repeated(1);

	drops(&a, DROP_SYN, "NETFILTER_DROP");
	ends(&a, ATTEMPT_ABANDONED, 0, 200 * MS);
	return a;
}

static inline struct attempt all_synacks_dropped(void)
{
	struct attempt a = repeated(1);

	sample_moment(&a, MS, AT_SYN_ACK, "eth0");
	drops(&a, DROP_SYN_ACK, "NETFILTER_DROP");
	a.answered = true;
	ends(&a, ATTEMPT_ABANDONED, 0, 200 * MS);
	return a;
}

static inline struct attempt accept_queue_timeout(void)
{
	struct attempt a = timed_out();

	overflows(&a, OVERFLOW_ACCEPT_QUEUE);
	return a;
}

static inline struct attempt syn_queue_timeout(void)
{
	struct attempt a = timed_out();

	overflows(&a, OVERFLOW_SYN_QUEUE);
	return a;
}

#endif
