/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules for the other phases of attempts that took long. */
#include "output/verdict_rules.h"

static void say_neigh(struct words *w, const struct attempt *a)
{
	const char *requests = a->neigh.key.family == 6 ? "neighbour" : "ARP";

	say_address(w, &a->neigh.key);
	say(w, ", the next hop, ");
	if (a->neigh.done) {
		say(w, "took ");
		say_duration(w, a->phase_ns[PHASE_NEIGH]);
		say(w, " to answer %s requests", requests);
		return;
	}
	say(w, "has not answered %s requests for ", requests);
	say_duration(w, a->phase_ns[PHASE_NEIGH]);
}

/* Did somebody keep the first SYN before it came to a device, if it did? Else its sender may not
 * have come to build it. */
static bool syn_was_held(const struct attempt *a)
{
	bool gone = a->syn_sent || a->answered || a->result == ATTEMPT_ESTABLISHED;

	return a->syn_held_by.tgid || a->held_on || !gone;
}

static bool waited_unseen(const struct attempt *a)
{
	return !syn_was_held(a);
}

static void say_who_held(struct words *w, const struct rec_owner *by)
{
	say(w, "; ");
	say_process(w, by);
	say(w, " let it go then, as a firewall in user space does (NFQUEUE)");
}

static void say_held(struct words *w, const struct attempt *a)
{
	if (!a->syn_sent) {
		say(w, "the SYN has been held in this host for ");
		say_duration(w, a->held_ns);
		say(w, " and has not come to a device");
		return;
	}
	say(w, "the SYN was held in this host for ");
	say_duration(w, a->held_ns);
	say(w, " before it came to ");
	say_name(w, a->dev[0] ? a->dev : "a device");
	if (a->syn_held_by.tgid)
		say_who_held(w, &a->syn_held_by);
	else
		say(w, "; the kernel did not repeat it, as it was still here");
}

static void say_waited_unseen(struct words *w, const struct attempt *a)
{
	if (!a->syn_sent) {
		say(w, "no SYN was seen to leave, so it is not known what for ");
		say_duration(w, a->held_ns);
		say(w, " passed before the answer");
		return;
	}
	say(w, "the SYN took ");
	say_duration(w, a->held_ns);
	say(w, " in this host to come to ");
	say_name(w, a->dev[0] ? a->dev : "a device");
	say_phase_call(w, a, PHASE_EGRESS, "; what for was not observed");
}

static void say_egress(struct words *w, const struct attempt *a)
{
	say(w, "the SYN waited ");
	say_duration(w, attempt_time_ns(a, TIME_PHASE(EGRESS)));
	say(w, " in this host before the driver of ");
	say_name(w, a->dev[0] ? a->dev : "its device");
	say(w, " got it: its queue is full or shaped");
	say_phase_call(w, a, PHASE_EGRESS, "");
}

static void say_network(struct words *w, const struct attempt *a)
{
	say_peer(w, a);
	say(w, " took ");
	say_duration(w, a->phase_ns[PHASE_NETWORK]);
	if (a->syn_retransmits)
		say(w, " to answer the SYN that got through");
	else
		say(w, " to answer the SYN%s", a->seeded ? "" : ", without a retransmit");
}

static void say_wakeup(struct words *w, const struct attempt *a)
{
	say(w, a->result == ATTEMPT_ESTABLISHED ? "the connection stood, but "
						: "the connect had failed, but ");
	say_name(w, a->owner.comm[0] ? "the caller" : "its owner");
	say(w, " ran only ");
	say_duration(w, a->phase_ns[PHASE_WAKEUP]);
	say(w, " later");
	say_phase_call(w, a, PHASE_WAKEUP, "");
}

static void say_think(struct words *w, const struct attempt *a)
{
	say(w, "the application let ");
	say_duration(w, a->phase_ns[PHASE_THINK]);
	say(w, " pass between the DNS answer and connect");
}

static void say_route(struct words *w, const struct attempt *a)
{
	say(w, a->seeded ? "the first SYN waited " : "connect spent ");
	say_duration(w, a->phase_ns[PHASE_ROUTE]);
	say(w, a->seeded ? " in this host before it came to a device" : " before a SYN was built");
	say_phase_call(w, a, PHASE_ROUTE, "; what for was not observed");
}

static void say_ingress(struct words *w, const struct attempt *a)
{
	say(w, "the answer was in this host ");
	say_duration(w, a->phase_ns[PHASE_INGRESS]);
	say(w, " before the socket saw it");
	say_phase_call(w, a, PHASE_INGRESS, "; why was not observed");
}

static bool synack_was_held(const struct attempt *a)
{
	return a->synack_held_by.tgid;
}

static bool ingress_unseen(const struct attempt *a)
{
	return !synack_was_held(a);
}

static void say_synack_held(struct words *w, const struct attempt *a)
{
	say(w, "the answer of ");
	say_peer(w, a);
	say(w, " was held in this host for ");
	say_duration(w, a->phase_ns[PHASE_INGRESS]);
	say_who_held(w, &a->synack_held_by);
}

static const struct rule rules[] = {
	{"neighbour_slow", NULL, say_neigh, TIME_PHASE(NEIGH),
		PROOF(NEIGH_WAIT) | PROOF(NEIGH_DONE) | PROOF(NEIGH_FAILED), 0},
	{"egress_queueing", NULL, say_egress, TIME_PHASE(EGRESS), PROOF(SYN) | PROOF(SYN_SENT), 0},
	{"syn_held", syn_was_held, say_held, TIME_HELD, PROOF(SYN) | PROOF(SYN_RETRANSMIT_FAILED),
		0},
	{"unknown", waited_unseen, say_waited_unseen, TIME_HELD, PROOF(SYN), 0},
	{"slow_rtt", NULL, say_network, TIME_PHASE(NETWORK),
		PROOF(SYN_SENT) | PROOF(SYN_ACK) | PROOF(RST) | PROOF(ICMP), 0},
	{"slow_wakeup", NULL, say_wakeup, TIME_PHASE(WAKEUP),
		PROOF(ESTABLISHED) | PROOF(CLOSED) | PROOF(RETURN), 0},
	{"slow_application", NULL, say_think, TIME_PHASE(THINK),
		PROOF(DNS_ANSWER) | PROOF(GETADDRINFO_RETURN) | PROOF(CONNECT), 0},
	{"unknown", NULL, say_route, TIME_PHASE(ROUTE), PROOF(CONNECT) | PROOF(ROUTE) | PROOF(SYN),
		0},
	{"synack_held", synack_was_held, say_synack_held, TIME_PHASE(INGRESS),
		PROOF(SYN_ACK) | PROOF(ESTABLISHED), 0},
	{"unknown", ingress_unseen, say_ingress, TIME_PHASE(INGRESS),
		PROOF(SYN_ACK) | PROOF(ESTABLISHED), 0},
};
const struct rules verdict_other_delays = {ARRAY_SIZE(rules), rules};
