/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules for attempts that took long; the costliest wins. */
#include "output/names.h"
#include "output/verdict_rules.h"

/* ---- DNS ---------------------------------------------------------------------------------- */

static __u64 dns_ns(const struct attempt *a)
{
	return a->lookup && a->lookup_timed ? a->phase_ns[PHASE_DNS] : 0;
}

static bool dns_timed_out(const struct attempt *a)
{
	return a->lookup->result == LOOKUP_TIMEOUT;
}

static bool dns_failed(const struct attempt *a)
{
	return a->lookup->result == LOOKUP_ERROR;
}

static bool dns_retried(const struct attempt *a)
{
	return a->lookup->tries > 1;
}

static __u64 charge_dns_timeout(const struct attempt *a)
{
	return dns_ns(a) && dns_timed_out(a) ? dns_ns(a) : 0;
}

static void say_question(struct words *w, const struct lookup *l)
{
	struct name_buf buf;

	if (l->source == LOOKUP_PACKET)
		say(w, "%s ", qtype_name(l->qtype, &buf));
	say(w, "query for ");
	say_name(w, l->name);
}

static void say_dns_timeout(struct words *w, const struct attempt *a)
{
	say(w, "the DNS ");
	say_question(w, a->lookup);
	say(w, " was never answered by ");
	say_address(w, &a->lookup->server);
	say(w, " and held the lookup up for ");
	say_duration(w, dns_ns(a));
	say_lookup_drops(w, a->lookup);
}

static __u64 charge_dns_error(const struct attempt *a)
{
	return dns_ns(a) && dns_failed(a) && !a->lookup->search_misses ? dns_ns(a) : 0;
}

static void say_dns_error(struct words *w, const struct attempt *a)
{
	struct name_buf buf;

	say(w, "the DNS ");
	say_question(w, a->lookup);
	say(w, " failed with %s from ", lookup_rcode_name(a->lookup, &buf));
	say_address(w, &a->lookup->server);
	say(w, " and held the lookup up for ");
	say_duration(w, dns_ns(a));
}

static __u64 charge_dns_retry(const struct attempt *a)
{
	bool answered = dns_ns(a) && !dns_timed_out(a) && !dns_failed(a);

	return answered && dns_retried(a) ? dns_ns(a) : 0;
}

static void say_dns_retry(struct words *w, const struct attempt *a)
{
	const struct lookup *l = a->lookup;

	say(w, "the first DNS ");
	say_question(w, l);
	say(w, " got no answer from ");
	say_address(w, &l->first_server);
	if (l->drop_by.program) {
		say(w, " (dropped in this host by ");
		say_program(w, &l->drop_by, "");
		say(w, ")");
	} else if (l->drops) {
		say(w, " (dropped in this host");
		if (l->drop_reason[0])
			say(w, ": %s", l->drop_reason);
		say(w, ")");
	}
	if (l->servers > 1) {
		say(w, "; ");
		say_address(w, &l->server);
		say(w, " answered");
	} else {
		say(w, "; try %u was answered", l->tries);
	}
	say(w, ", after ");
	say_duration(w, dns_ns(a));
}

static __u64 charge_dns_search(const struct attempt *a)
{
	return dns_ns(a) && a->lookup->search_misses && !dns_retried(a) ? dns_ns(a) : 0;
}

static void say_dns_search(struct words *w, const struct attempt *a)
{
	say(w, "the resolver tried %u name%s of its search list before ", a->lookup->search_misses,
		a->lookup->search_misses == 1 ? "" : "s");
	say_name(w, a->lookup->name);
	say(w, ", which cost ");
	say_duration(w, dns_ns(a));
}

static __u64 charge_dns_slow(const struct attempt *a)
{
	bool plain = dns_ns(a) && !dns_timed_out(a) && !dns_failed(a) && !dns_retried(a);

	return plain && !a->lookup->search_misses ? dns_ns(a) : 0;
}

static void say_dns_slow(struct words *w, const struct attempt *a)
{
	const struct lookup *l = a->lookup;

	say(w, "the lookup of ");
	say_name(w, a->name);
	say(w, " took ");
	say_duration(w, dns_ns(a));
	if (l->source == LOOKUP_PACKET) {
		say(w, ": ");
		say_address(w, &l->server);
		say(w, " answered the only query after ");
		say_duration(w, l->end_ns - l->start_ns);
	} else {
		say(w, " inside getaddrinfo(), with no DNS packet seen");
	}
}

/* ---- SYN ---------------------------------------------------------------------------------- */

static void say_got_through(struct words *w, const struct attempt *a)
{
	say(w, "; ");
	if (a->result != ATTEMPT_ESTABLISHED)
		say(w, "still waiting");
	else
		say(w, "the retransmit ");
	if (a->result == ATTEMPT_ESTABLISHED) {
		say_duration(w, a->phase_ns[PHASE_RTO_WAIT]);
		say(w, " later got through");
	}
}

static __u64 charge_syn_drop(const struct attempt *a)
{
	return blamed_drop(a, DROP_SYN) ? a->phase_ns[PHASE_RTO_WAIT] : 0;
}

static void say_syn_drop(struct words *w, const struct attempt *a)
{
	unsigned n = blamed_drops(a, DROP_SYN);

	if (n == 1)
		say(w, "the first SYN was dropped in this host");
	else
		say(w, "the first %u SYNs were dropped in this host", n);
	say_drop(w, a, blamed_drop(a, DROP_SYN));
	say_got_through(w, a);
}

static __u64 charge_synack_drop(const struct attempt *a)
{
	return blamed_drop(a, DROP_SYN_ACK) && !blamed_drop(a, DROP_SYN)
		       ? a->phase_ns[PHASE_RTO_WAIT]
		       : 0;
}

static void say_synack_drop(struct words *w, const struct attempt *a)
{
	say(w, "the SYN-ACK of ");
	say_peer(w, a);
	say(w, " was dropped in this host");
	say_drop(w, a, blamed_drop(a, DROP_SYN_ACK));
	say(w, ", which cost ");
	say_duration(w, a->phase_ns[PHASE_RTO_WAIT]);
}

static __u64 charge_unanswered(const struct attempt *a)
{
	return blamed_drop(a, DROP_SYN) || blamed_drop(a, DROP_SYN_ACK)
		       ? 0
		       : a->phase_ns[PHASE_RTO_WAIT];
}

static void say_unanswered(struct words *w, const struct attempt *a)
{
	if (a->syn_retransmits <= 1)
		say(w, "the first SYN to ");
	else
		say(w, "the first %u SYNs to ", a->syn_retransmits);
	say_peer(w, a);
	say(w, " left this host and got no answer");
	say_got_through(w, a);
}

/* ---- the rest ----------------------------------------------------------------------------- */

static __u64 charge_neigh(const struct attempt *a)
{
	return a->phase_ns[PHASE_NEIGH];
}

static void say_neigh(struct words *w, const struct attempt *a)
{
	say_address(w, &a->neigh.key);
	say(w, ", the next hop, took ");
	say_duration(w, a->phase_ns[PHASE_NEIGH]);
	say(w, " to answer %s requests", a->neigh.key.family == 6 ? "neighbour" : "ARP");
}

static __u64 charge_egress(const struct attempt *a)
{
	return a->phase_ns[PHASE_EGRESS];
}

static void say_egress(struct words *w, const struct attempt *a)
{
	say(w, "the SYN waited ");
	say_duration(w, a->phase_ns[PHASE_EGRESS]);
	say(w, " in this host before the driver of ");
	say_name(w, a->dev[0] ? a->dev : "its device");
	say(w, " got it: its queue is full or shaped");
	say_phase_call(w, a, PHASE_EGRESS, "");
}

static __u64 charge_network(const struct attempt *a)
{
	return a->phase_ns[PHASE_NETWORK];
}

static void say_network(struct words *w, const struct attempt *a)
{
	say_peer(w, a);
	say(w, " took ");
	say_duration(w, a->phase_ns[PHASE_NETWORK]);
	say(w, a->answered ? " to answer the SYN, without a retransmit" : " and has not answered");
}

static __u64 charge_wakeup(const struct attempt *a)
{
	return a->phase_ns[PHASE_WAKEUP];
}

static void say_wakeup(struct words *w, const struct attempt *a)
{
	say(w, "the connection stood, but ");
	say_name(w, a->owner.comm[0] ? "the caller" : "its owner");
	say(w, " ran only ");
	say_duration(w, a->phase_ns[PHASE_WAKEUP]);
	say(w, " later");
	say_phase_call(w, a, PHASE_WAKEUP, "");
}

static __u64 charge_think(const struct attempt *a)
{
	return a->phase_ns[PHASE_THINK];
}

static void say_think(struct words *w, const struct attempt *a)
{
	say(w, "the application let ");
	say_duration(w, a->phase_ns[PHASE_THINK]);
	say(w, " pass between the DNS answer and connect");
}

static __u64 charge_route(const struct attempt *a)
{
	return a->phase_ns[PHASE_ROUTE];
}

static void say_route(struct words *w, const struct attempt *a)
{
	say(w, "connect spent ");
	say_duration(w, a->phase_ns[PHASE_ROUTE]);
	say(w, " before a SYN was built");
	say_phase_call(w, a, PHASE_ROUTE, "; what for was not observed");
}

static __u64 charge_ingress(const struct attempt *a)
{
	return a->phase_ns[PHASE_INGRESS];
}

static void say_ingress(struct words *w, const struct attempt *a)
{
	say(w, "the answer was in this host ");
	say_duration(w, a->phase_ns[PHASE_INGRESS]);
	say(w, " before the socket saw it");
	say_phase_call(w, a, PHASE_INGRESS, "; why was not observed");
}

const char verdict_needs_functions[] = "run with the function layer where the kernel has it";

const struct rule verdict_delays[] = {
	{"dns_timeout", charge_dns_timeout, say_dns_timeout,
		"ask that server yourself: dig @SERVER NAME; take a dead one out of resolv.conf"},
	{"dns_error", charge_dns_error, say_dns_error,
		"ask that server yourself: dig @SERVER NAME"},
	{"dns_retry", charge_dns_retry, say_dns_retry,
		"packets to the resolver get lost or it is overloaded; check the path and the "
		"order "
		"in resolv.conf"},
	{"dns_search_list", charge_dns_search, say_dns_search,
		"end the name with a dot, or lower ndots in resolv.conf"},
	{"dns_slow", charge_dns_slow, say_dns_slow,
		"the resolver or one behind it is slow; a local cache helps"},
	{"syn_dropped_locally", charge_syn_drop, say_syn_drop,
		"look at the rules at that place: nft list ruleset, iptables -vnL, tc filter show"},
	{"synack_dropped_locally", charge_synack_drop, say_synack_drop,
		"look at the INPUT rules, rp_filter and connection tracking of this host"},
	{"syn_unanswered", charge_unanswered, say_unanswered,
		"lost on the way, or the server's SYN or accept queue is full: look there"},
	{"neighbour_slow", charge_neigh, say_neigh, "look at the link to the next hop"},
	{"egress_queueing", charge_egress, say_egress, "look at: tc -s qdisc show dev DEVICE"},
	{"slow_rtt", charge_network, say_network,
		"distance, congestion or a busy server: compare with ping and mtr"},
	{"slow_wakeup", charge_wakeup, say_wakeup, "the CPU is busy or the cgroup is throttled"},
	{"slow_application", charge_think, say_think,
		"not the network: look at what the application does there"},
	{"unknown", charge_route, say_route, verdict_needs_functions},
	{"unknown", charge_ingress, say_ingress, verdict_needs_functions},
};
const size_t verdict_delays_count = ARRAY_SIZE(verdict_delays);
