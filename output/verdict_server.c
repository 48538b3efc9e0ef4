/* SPDX-License-Identifier: GPL-2.0-only */
/* What the listening side did about an attempt, in words; known where that side was seen too. */
#include "output/verdict_rules.h"

/* A SYN found no room. A final ACK that found none does not delay the client: it is connected. */
bool syn_overflowed(const struct attempt *a, enum overflow queue)
{
	const struct server_side *s = &a->server;

	return s->known && s->overflow == queue && s->overflowed > s->final_acks;
}

void say_process(struct words *w, const struct rec_owner *owner)
{
	char comm[REC_COMM_LEN + 1] = "";

	memcpy(comm, owner->comm, sizeof(owner->comm));
	say_name(w, comm);
	say(w, "[%u]", owner->tgid);
}

void say_queue(
	struct words *w, const char *whose, enum overflow overflow, const struct listen_queue *q)
{
	bool syn = overflow == OVERFLOW_SYN_QUEUE;

	say(w, "%s %s queue was full", whose, syn ? "SYN" : "accept");
	if (q->known)
		say(w, " (%u of %u)", syn ? q->syn_len : q->accept_len, q->accept_max);
}

static void say_who_is_slow(struct words *w, const struct server_side *s)
{
	if (s->overflow == OVERFLOW_SYN_QUEUE) {
		say(w, "; too many handshakes are half open there");
		return;
	}
	say(w, "; ");
	if (s->owner.tgid)
		say_process(w, &s->owner);
	else
		say(w, "the server");
	say(w, " accepts too slowly");
}

void say_syn_overflow(struct words *w, const struct attempt *a)
{
	const struct server_side *s = &a->server;

	say_queue(w, "the server's", s->overflow, &s->queue);
	say(w, ": SYNs to ");
	say_peer(w, a);
	say(w, " were thrown away");
	if (s->inferred)
		say(w, " (inferred, as its queue was full then and no SYN-ACK followed)");
	say_who_is_slow(w, s);
}

static void say_listener(struct words *w, const struct server_side *s)
{
	say(w, "the listening socket");
	if (!s->hostname[0])
		return;
	say(w, " on ");
	say_name(w, s->hostname);
}

static void say_way_back(struct words *w, const struct attempt *a, bool all)
{
	const struct server_side *s = &a->server;

	if (blamed_drop(a, DROP_SYN_ACK))
		return;
	if (s->syns && !s->syn_acks)
		say(w, ", which sent no SYN-ACK");
	else if (s->syn_acks && !a->syn_ack_seen)
		say(w, ", %s its %s got lost on the way back", all ? "but" : "and",
			s->syn_acks == 1 ? "SYN-ACK" : "SYN-ACKs");
	else if (s->syn_acks > 1 && all)
		say(w, ", but the first SYN-ACK got lost on the way back");
}

/* "; only 1 of 2 SYNs reached the listening socket: the rest got lost on the way there" */
void say_lost_where(struct words *w, const struct attempt *a)
{
	unsigned dropped = blamed_drops(a, DROP_SYN);
	unsigned sent = a->syn_sent > dropped ? a->syn_sent - dropped : 0;
	const struct server_side *s = &a->server;
	bool all = s->syns >= sent;

	if (!s->known)
		return;
	if (all)
		say(w, "; %s", sent == 1 ? "it" : "all of them");
	else if (s->syns)
		say(w, "; only %u of %u SYNs", s->syns, sent);
	else
		say(w, "; none");
	say(w, " reached ");
	say_listener(w, s);
	if (!all)
		say(w, ": %s got lost on the way there", s->syns ? "the rest" : "they");
	say_way_back(w, a, all);
}
