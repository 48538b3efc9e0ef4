/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules for passive opens: what the listening side did, and waited for. */
#include "output/names.h"
#include "output/verdict_rules.h"

const struct drop *passive_blamed_drop(const struct passive *p, enum rec_drop_packet packet)
{
	return first_blamed(p->drop, p->drops_kept, packet);
}

bool passive_is_up(const struct passive *p)
{
	return p->result == PASSIVE_ACCEPTED || p->result == PASSIVE_NOT_ACCEPTED;
}

void say_client(struct words *w, const struct passive *p)
{
	struct address client = address_of(p->tuple.saddr, p->tuple.family);
	const struct client_side *c = &p->client;
	struct name_buf buf;

	say(w, "%s", endpoint_name(&client, p->tuple.sport, &buf));
	if (!c->known || !c->owner.tgid)
		return;
	say(w, " (");
	say_process(w, &c->owner);
	say(w, c->hostname[0] ? " on " : " on this host");
	say_name(w, c->hostname);
	say(w, ")");
}

static void say_waiting(struct words *w, const struct passive *p)
{
	if (p->queue.known)
		say(w, "; the queue held %u of %u when it came", p->queue.accept_len,
			p->queue.accept_max);
}

/* "; the connection stood 1.02 s after the first SYN" */
static void say_outcome(struct words *w, const struct passive *p)
{
	switch (p->result) {
	case PASSIVE_ACCEPTED:
	case PASSIVE_NOT_ACCEPTED:
		say(w, "; the connection stood ");
		say_duration(w, passive_dur_ns(p) - p->phase_ns[PASSIVE_IN_QUEUE]);
		say(w, " after the first SYN");
		return;
	case PASSIVE_RESET:
		say(w, "; the client has reset it after ");
		break;
	case PASSIVE_IN_PROGRESS:
		say(w, "; still no connection after ");
		break;
	default:
		say(w, "; nothing came of it in ");
	}
	say_duration(w, passive_dur_ns(p));
}

/* ---- the handshake ------------------------------------------------------------------------ */

/* For a final ACK only the accept queue can lack room, whatever a SYN had met before. */
static enum overflow full_queue(const struct passive *p)
{
	if (!p->overflowed)
		return OVERFLOW_NONE;
	return p->final_acks ? OVERFLOW_ACCEPT_QUEUE : p->overflow;
}

static bool is_syn_queue(const struct passive *p)
{
	return full_queue(p) == OVERFLOW_SYN_QUEUE;
}

static bool is_accept_queue(const struct passive *p)
{
	return full_queue(p) == OVERFLOW_ACCEPT_QUEUE;
}

/* After a SYN that found room, what takes long is not the queue's fault, unless it had none for the
 * final ACK. */
static bool is_accept_queue_for_syns(const struct passive *p)
{
	return is_accept_queue(p) && !p->final_acks;
}

static bool is_accept_queue_for_acks(const struct passive *p)
{
	return is_accept_queue(p) && p->final_acks;
}

static void say_overflow(struct words *w, const struct passive *p)
{
	static const struct listen_queue unknown;
	unsigned syns = p->overflowed - p->final_acks;
	enum overflow full = full_queue(p);

	say_queue(w, "the", full, full == p->overflow ? &p->queue : &unknown);
	say(w, ": ");
	if (syns)
		say(w, "%u SYN%s%s", syns, syns == 1 ? "" : "s", p->final_acks ? " and " : "");
	say(w, p->final_acks ? "the final ACK of " : " of ");
	say_client(w, p);
	say(w, " %s thrown away", syns + !!p->final_acks == 1 ? "was" : "were");
	if (p->final_acks)
		say(w, ", which believes that it is connected");
	if (p->inferred)
		say(w, " (inferred, as the queue was full then and no SYN-ACK followed)");
	if (full == OVERFLOW_ACCEPT_QUEUE && p->owner.tgid) {
		say(w, "; ");
		say_process(w, &p->owner);
		say(w, " accepts too slowly");
	}
	say_outcome(w, p);
}

static bool is_syn_drop(const struct passive *p)
{
	return passive_blamed_drop(p, DROP_SYN) && !p->overflowed;
}

static void say_packet_drop(struct words *w, const struct passive *p, enum rec_drop_packet packet)
{
	say_client(w, p);
	say(w, " was dropped in this host");
	say_drop(w, p->owner.netns, passive_blamed_drop(p, packet));
	say_outcome(w, p);
}

static void say_syn_drop(struct words *w, const struct passive *p)
{
	say(w, "the SYN of ");
	say_packet_drop(w, p, DROP_SYN);
}

static bool is_synack_drop(const struct passive *p)
{
	return passive_blamed_drop(p, DROP_SYN_ACK) && !p->final_acks;
}

static void say_synack_drop(struct words *w, const struct passive *p)
{
	say(w, "our SYN-ACK to ");
	say_packet_drop(w, p, DROP_SYN_ACK);
}

/* This host itself kept the SYN-ACK from being answered, or threw the answer away. */
static bool is_explained(const struct passive *p)
{
	return p->final_acks || passive_blamed_drop(p, DROP_SYN_ACK);
}

/* The client may have answered at once, and had nothing to say. */
static bool is_held_back(const struct passive *p)
{
	return p->syn_acks && p->deferred && !p->unanswered && !is_explained(p);
}

static void say_held_back(struct words *w, const struct passive *p)
{
	say_client(w, p);
	say(w, " sent no data for ");
	say_duration(w, passive_time_ns(p, TIME_REPEATED | TIME_IN(NETWORK)));
	say(w, ", for which the server waits (TCP_DEFER_ACCEPT): when its ACK came was not "
	       "observed");
}

/* Nothing of this host explains that the SYN-ACK was repeated. */
static bool is_unanswered(const struct passive *p)
{
	return p->syn_acks && !is_explained(p) && !is_held_back(p);
}

static bool is_repeated(const struct passive *p)
{
	return is_unanswered(p) && p->syn_acks > 1;
}

static void say_repeated(struct words *w, const struct passive *p)
{
	const struct drop *ack = passive_blamed_drop(p, DROP_ACK);

	if (ack) {
		say(w, "the ACK of ");
		say_packet_drop(w, p, DROP_ACK);
		return;
	}
	say(w, "the SYN-ACK to ");
	say_client(w, p);
	if (p->syn_acks > 1)
		say(w, " was sent %u times", p->syn_acks);
	else
		say(w, " got no answer");
	if (passive_is_up(p))
		say(w, " before the final ACK came");
	else if (p->syn_acks > 1)
		say(w, " and no ACK came");
	say_outcome(w, p);
}

static bool is_late(const struct passive *p)
{
	return p->result != PASSIVE_IN_PROGRESS && p->syn_acks && !p->overflowed &&
	       !passive_blamed_drop(p, DROP_SYN);
}

static void say_late(struct words *w, const struct passive *p)
{
	say(w, "the SYN of ");
	say_client(w, p);
	if (p->syns > 1)
		say(w, " came %u times; it", p->syns);
	say(w, " was answered only after ");
	say_duration(w, passive_time_ns(p, TIME_REFUSED));
	say(w, "; what kept it was not observed");
}

/* It stood, though none of our SYN-ACKs was seen: a record was lost. */
static bool is_unseen(const struct passive *p)
{
	return passive_is_up(p) && !p->syn_acks && !p->overflowed &&
	       !passive_blamed_drop(p, DROP_SYN);
}

static void say_unseen(struct words *w, const struct passive *p)
{
	say(w, "the handshake with ");
	say_client(w, p);
	say(w, " took ");
	say_duration(w, passive_dur_ns(p) - p->phase_ns[PASSIVE_IN_QUEUE]);
	say(w, "; what kept it was not observed");
}

static bool is_slow_rtt(const struct passive *p)
{
	return p->result != PASSIVE_IN_PROGRESS && !p->final_acks && !is_held_back(p);
}

static void say_slow_rtt(struct words *w, const struct passive *p)
{
	say_client(w, p);
	say(w, " took ");
	say_duration(w, p->phase_ns[PASSIVE_IN_NETWORK]);
	say(w, " to answer the SYN-ACK");
}

/* ---- accept() ----------------------------------------------------------------------------- */

static bool is_slow_accept(const struct passive *p)
{
	return !p->accept_unseen && p->result != PASSIVE_IN_PROGRESS;
}

static void say_slow_accept(struct words *w, const struct passive *p)
{
	__u64 waited = p->phase_ns[PASSIVE_IN_QUEUE];

	if (p->result == PASSIVE_ACCEPTED) {
		say(w, "the connection of ");
		say_client(w, p);
		say(w, " stood, but ");
		if (p->owner.tgid)
			say_process(w, &p->owner);
		else
			say(w, "the server");
		say(w, " accepted it only ");
		say_duration(w, waited);
		say(w, " later");
		return;
	}
	say(w, "the connection of ");
	say_client(w, p);
	say(w, " was %snot accepted after ", p->result == PASSIVE_RESET ? "" : "still ");
	say_duration(w, waited);
	if (p->owner.tgid) {
		say(w, " by ");
		say_process(w, &p->owner);
	}
	say_waiting(w, p);
}

/* ---- it came to nothing -------------------------------------------------------------------- */

static bool is_reset(const struct passive *p)
{
	return p->result == PASSIVE_RESET;
}

/* It stood: what it waited for before the RST is told beside that. */
static bool is_reset_late(const struct passive *p)
{
	return is_reset(p) && p->phase_ns[PASSIVE_IN_QUEUE];
}

static void say_reset(struct words *w, const struct passive *p)
{
	say_client(w, p);
	say(w, " sent a RST ");
	say_duration(w, passive_dur_ns(p));
	say(w, " after its SYN, before it was accepted");
}

/*
 * The queue had the last word: it refused the final ACK, or no SYN was answered after all. Once the
 * connection stood, that there was no room at first is only a delay.
 */
static bool ended_by_queue(const struct passive *p)
{
	bool answered = p->syn_acks || passive_blamed_drop(p, DROP_SYN_ACK);

	if (p->phase_ns[PASSIVE_IN_QUEUE])
		return false;
	return p->result == PASSIVE_OVERFLOWED || p->final_acks || !answered;
}

static bool is_fatal_accept_queue(const struct passive *p)
{
	return is_accept_queue(p) && ended_by_queue(p);
}

static bool is_fatal_syn_queue(const struct passive *p)
{
	return is_syn_queue(p) && ended_by_queue(p);
}

/* A later SYN came through, else it could not have been answered. */
static bool is_fatal_syn_drop(const struct passive *p)
{
	return is_syn_drop(p) && !p->syn_acks && !passive_blamed_drop(p, DROP_SYN_ACK);
}

#define TIME_HANDSHAKE (TIME_REFUSED | TIME_REPEATED | TIME_IN(NETWORK))

static const struct passive_rule fault[] = {
	{"accept_queue_full", is_fatal_accept_queue, say_overflow, TIME_HANDSHAKE,
		PROOF(SYN_RECEIVED) | PROOF(OVERFLOW), 0},
	{"syn_queue_full", is_fatal_syn_queue, say_overflow, TIME_HANDSHAKE,
		PROOF(SYN_RECEIVED) | PROOF(OVERFLOW), 0},
	{"reset_by_client", is_reset_late, say_reset, 0, PROOF(RST) | PROOF(CLOSED), 0},
	{"reset_by_client", is_reset, say_reset, TIME_IN(NETWORK), PROOF(RST) | PROOF(CLOSED), 0},
	{"syn_dropped_locally", is_fatal_syn_drop, say_syn_drop, TIME_HANDSHAKE, 0, DROP_SYN},
	{"synack_dropped_locally", is_synack_drop, say_synack_drop,
		TIME_REPEATED | TIME_IN(NETWORK), 0, DROP_SYN_ACK},
	{"unknown", is_held_back, say_held_back, TIME_REPEATED | TIME_IN(NETWORK),
		PROOF(SYN_ACK_SENT) | PROOF(SYN_ACK_RETRANSMIT), 0},
	{"synack_unanswered", is_unanswered, say_repeated, TIME_REPEATED | TIME_IN(NETWORK),
		PROOF(SYN_ACK_SENT) | PROOF(SYN_ACK_RETRANSMIT), DROP_ACK},
};
const struct passive_rules verdict_passive_faults = {ARRAY_SIZE(fault), fault};

static const struct passive_rule delay[] = {
	{"accept_queue_full", is_accept_queue_for_syns, say_overflow, TIME_REFUSED,
		PROOF(SYN_RECEIVED) | PROOF(OVERFLOW), 0},
	{"accept_queue_full", is_accept_queue_for_acks, say_overflow, TIME_HANDSHAKE,
		PROOF(SYN_RECEIVED) | PROOF(OVERFLOW), 0},
	{"syn_queue_full", is_syn_queue, say_overflow, TIME_REFUSED,
		PROOF(SYN_RECEIVED) | PROOF(OVERFLOW), 0},
	{"syn_dropped_locally", is_syn_drop, say_syn_drop, TIME_REFUSED, PROOF(SYN_RECEIVED),
		DROP_SYN},
	{"synack_dropped_locally", is_synack_drop, say_synack_drop, TIME_REPEATED,
		PROOF(SYN_ACK_RETRANSMIT), DROP_SYN_ACK},
	{"synack_unanswered", is_repeated, say_repeated, TIME_REPEATED,
		PROOF(SYN_ACK_SENT) | PROOF(SYN_ACK_RETRANSMIT) | PROOF(ESTABLISHED), DROP_ACK},
	{"unknown", is_late, say_late, TIME_REFUSED, PROOF(SYN_RECEIVED) | PROOF(SYN_ACK_SENT), 0},
	{"unknown", is_unseen, say_unseen, TIME_REFUSED, PROOF(SYN_RECEIVED) | PROOF(ESTABLISHED),
		0},
	{"unknown", is_held_back, say_held_back, TIME_REPEATED | TIME_IN(NETWORK),
		PROOF(SYN_ACK_SENT) | PROOF(SYN_ACK_RETRANSMIT) | PROOF(ESTABLISHED), 0},
	{"slow_rtt", is_slow_rtt, say_slow_rtt, TIME_IN(NETWORK),
		PROOF(SYN_ACK_SENT) | PROOF(SYN_ACK_RETRANSMIT) | PROOF(ESTABLISHED), 0},
	{"slow_accept", is_slow_accept, say_slow_accept, TIME_IN(QUEUE),
		PROOF(ESTABLISHED) | PROOF(ACCEPT) | PROOF(CLOSED), 0},
};
const struct passive_rules verdict_passive_delays = {ARRAY_SIZE(delay), delay};
