/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdicts_passive.h - passive opens made by hand, for the rules of their verdicts. As with those
 * of sample_passive.h, one at a time.
 */
#ifndef PATHLAG_UNIT_VERDICTS_PASSIVE_H
#define PATHLAG_UNIT_VERDICTS_PASSIVE_H

#include "output/verdict_rules.h"
#include "tests/unit/sample_passive.h"

/* Accepted WAIT after it stood, that RTT after the SYN-ACK. */
static inline struct passive accepted(__u64 rtt, __u64 wait)
{
	struct passive p = sample_passive();

	passive_phase(&p, PASSIVE_IN_SYN_RECV, 12 * US);
	passive_phase(&p, PASSIVE_IN_NETWORK, rtt);
	passive_phase(&p, PASSIVE_IN_QUEUE, wait);
	passive_moment(&p, 0, AT_SYN_RECEIVED, "eth0");
	passive_moment(&p, 12 * US, AT_SYN_ACK_SENT, "eth0");
	passive_moment(&p, rtt, AT_ESTABLISHED, "");
	passive_moment(&p, wait, AT_ACCEPT, "");
	return p;
}

static inline void drops(struct passive *p, enum rec_drop_packet packet)
{
	passive_moment(p, 2 * US, AT_DROP, "")->drop = p->drops;
	p->drop[p->drops] = (struct drop){
		.packet = packet, .reason = "NETFILTER_DROP", .location = "nf_hook_slow+0x5c"};
	p->drops_kept = ++p->drops;
}

/* The first SYN or SYN-ACK was in vain, the second a second later was not. */
static inline struct passive second_try(enum moment_kind again)
{
	struct passive p = sample_passive();

	passive_phase(&p, PASSIVE_IN_SYN_RECV, 1000 * MS);
	passive_phase(&p, PASSIVE_IN_NETWORK, MS);
	passive_phase(&p, PASSIVE_IN_QUEUE, MS);
	passive_moment(&p, 0, AT_SYN_RECEIVED, "eth0");
	if (again == AT_SYN_ACK_RETRANSMIT) {
		passive_moment(&p, 10 * US, AT_SYN_ACK_SENT, "eth0");
		p.syn_acks = 2;
	} else {
		p.syns = 2;
	}
	passive_moment(&p, 1000 * MS, again, "eth0");
	passive_moment(&p, MS, AT_ESTABLISHED, "");
	passive_moment(&p, MS, AT_ACCEPT, "");
	return p;
}

#endif
