/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules for attempts that did not succeed, from the best evidence to the weakest. */
#include "output/names.h"
#include "output/verdict_rules.h"

/* ---- before a SYN was built --------------------------------------------------------------- */

static bool is_unreachable(const struct attempt *a)
{
	return a->err == ENETUNREACH || a->err == EHOSTUNREACH || a->err == ENETDOWN;
}

static bool is_no_route(const struct attempt *a)
{
	bool routed_out = a->route.known && a->route.err < 0;

	if (a->syn_sent || a->refusal.icmp || a->neigh.waited)
		return false;
	return is_unreachable(a) || routed_out;
}

static void say_no_route(struct words *w, const struct attempt *a)
{
	struct name_buf buf;

	say(w, "this host has no route to ");
	say_peer(w, a);
	say(w, ": connect failed at once with %s", errno_name(a->err, &buf));
	if (a->route.known && a->route.err == -EACCES)
		say(w, " (a prohibit rule in table %u)", a->route.table);
	else if (a->route.known && a->route.err == -EINVAL)
		say(w, " (a blackhole route in table %u)", a->route.table);
	else if (a->route.known && a->route.err == -EHOSTUNREACH)
		say(w, " (an unreachable route in table %u)", a->route.table);
}

static bool is_local_error(const struct attempt *a)
{
	return !a->syn_sent && a->result == ATTEMPT_FAILED;
}

static void say_local_error(struct words *w, const struct attempt *a)
{
	struct name_buf buf;

	say(w, "this host refused connect to ");
	say_peer(w, a);
	say(w, " with %s before a SYN was sent", errno_name(a->err, &buf));
	if (a->err == EADDRNOTAVAIL)
		say(w, ": no free source port or no usable source address");
	else if (a->err == EACCES || a->err == EPERM)
		say(w, ": a firewall rule, a security module or a cgroup program forbids it");
}

/* ---- on the link -------------------------------------------------------------------------- */

static bool is_neighbour(const struct attempt *a)
{
	bool waits = a->neigh.waited && !a->neigh.done;

	return a->neigh.failed || (waits && !a->answered && !a->syns_left);
}

static void say_neighbour(struct words *w, const struct attempt *a)
{
	say(w, "no answer to %s requests for ", a->neigh.key.family == 6 ? "neighbour" : "ARP");
	say_address(w, &a->neigh.key);
	if (a->neigh.dev[0]) {
		say(w, " on ");
		say_name(w, a->neigh.dev);
	}
	say(w, ": the next hop is not there%s", a->syns_left ? "" : ", and no SYN left this host");
	say_end(w, a);
}

/* ---- somebody said no --------------------------------------------------------------------- */

/* A REJECT rule of this host drops the SYN and sends itself an ICMP error that no device sees. */
static bool rejected_here(const struct attempt *a)
{
	bool rejected = is_unreachable(a) || a->err == ECONNREFUSED || a->err == EACCES;
	const struct drop *d = blamed_drop(a, DROP_SYN);
	bool got_here = !a->neigh.waited || a->neigh.done;

	bool in_host = !a->syns_left && !a->syn_unseen;

	return rejected && in_host && got_here && d && !d->by.program;
}

static bool is_icmp(const struct attempt *a)
{
	bool icmp = a->refusal.icmp && !a->refusal.rst_received;

	return icmp || rejected_here(a);
}

static void say_icmp(struct words *w, const struct attempt *a)
{
	const struct refusal *r = &a->refusal;
	const char *what = icmp_name(r->icmp_from.family ? r->icmp_from.family : a->tuple.family,
		r->icmp_type, r->icmp_code);

	if (!r->icmp) {
		say(w, "a REJECT rule of this host stopped the SYN");
		say_drop(w, a->owner.netns, blamed_drop(a, DROP_SYN));
		say_end(w, a);
		return;
	}
	say(w, "rejected by ");
	say_address(w, &r->icmp_from);
	if (*what)
		say(w, " with ICMP \"%s\"", what);
	else
		say(w, " with ICMP type %u code %u", r->icmp_type, r->icmp_code);
	say_end(w, a);
}

static bool is_refused(const struct attempt *a)
{
	return a->result == ATTEMPT_REFUSED || a->refusal.rst_received;
}

static void say_refused(struct words *w, const struct attempt *a)
{
	bool nobody_here = a->refusal.rst_sent_here;

	for (unsigned i = 0; i < a->drops_kept; i++)
		nobody_here |= !strcmp(a->drop[i].reason, "NO_SOCKET");
	say_peer(w, a);
	say(w, " answered with a RST");
	if (nobody_here)
		say(w, ": nobody listens on that port, on this very host");
	else
		say(w, ": nobody listens there, or a firewall resets the connection");
	if (a->result != ATTEMPT_REFUSED)
		say_end(w, a);
}

/* ---- silence ------------------------------------------------------------------------------ */

static bool is_syn_drop(const struct attempt *a)
{
	return !a->answered && blamed_drop(a, DROP_SYN) && attempt_silence(a) == SILENCE_SYN_DROP;
}

static void say_syn_drop(struct words *w, const struct attempt *a)
{
	unsigned n = blamed_drops(a, DROP_SYN);

	if (a->syn_sent == 1)
		say(w, "the SYN was dropped in this host");
	else if (n >= a->syn_sent)
		say(w, "all %u SYNs were dropped in this host", a->syn_sent);
	else
		say(w, "%u of %u SYNs %s dropped in this host", n, a->syn_sent,
			n == 1 ? "was" : "were");
	say_drop(w, a->owner.netns, blamed_drop(a, DROP_SYN));
	say_end(w, a);
}

static bool is_synack_drop(const struct attempt *a)
{
	return blamed_drop(a, DROP_SYN_ACK) && attempt_silence(a) == SILENCE_SYN_ACK_DROP;
}

static void say_synack_drop(struct words *w, const struct attempt *a)
{
	say_peer(w, a);
	say(w, " answered, but its SYN-ACK was dropped in this host");
	say_drop(w, a->owner.netns, blamed_drop(a, DROP_SYN_ACK));
	say_end(w, a);
}

static bool is_accept_queue(const struct attempt *a)
{
	return syn_overflowed(a, OVERFLOW_ACCEPT_QUEUE) && attempt_silence(a) == SILENCE_QUEUE;
}

static bool is_syn_queue(const struct attempt *a)
{
	return syn_overflowed(a, OVERFLOW_SYN_QUEUE) && attempt_silence(a) == SILENCE_QUEUE;
}

static void say_overflow(struct words *w, const struct attempt *a)
{
	say_syn_overflow(w, a);
	say_end(w, a);
}

/* Neither a device nor a drop was seen to end its way. */
static bool is_held(const struct attempt *a)
{
	bool in_vain = a->result == ATTEMPT_TIMEOUT || a->result == ATTEMPT_ABANDONED;

	return in_vain && !a->syn_sent && !a->answered && !a->seeded && !a->drops;
}

static void say_held(struct words *w, const struct attempt *a)
{
	say(w, "the SYN to ");
	say_peer(w, a);
	say(w, " never came to a device: it was held in this host, by a firewall in user space "
	       "(NFQUEUE) perhaps");
	if (a->err) {
		say_end(w, a);
		return;
	}
	say(w, "; the application closed the socket after ");
	say_duration(w, a->end_ns - a->connect_ns);
}

static bool is_timeout(const struct attempt *a)
{
	return a->result == ATTEMPT_TIMEOUT;
}

static void say_timeout(struct words *w, const struct attempt *a)
{
	if (a->seeded && !a->isn_known)
		say(w, "SYNs were sent to ");
	else
		say(w, "%u SYN%s sent to ", a->syn_sent, a->syn_sent == 1 ? " was" : "s were");
	say_peer(w, a);
	say(w, blamed_drop(a, DROP_SYN_ACK) ? " and no answer got through"
					    : " and nothing came back");
	if (!a->syns_left && a->syn_sent && !a->seeded)
		say(w, "; none was seen leaving this host");
	say_lost_where(w, a);
	say_end(w, a);
}

static bool is_abandoned(const struct attempt *a)
{
	return a->result == ATTEMPT_ABANDONED;
}

static void say_abandoned(struct words *w, const struct attempt *a)
{
	say(w, "the application closed the socket ");
	if (!a->seeded) {
		say_duration(w, a->end_ns - a->connect_ns);
		say(w, " after connect, ");
	}
	say(w, "before ");
	say_peer(w, a);
	say(w, " had answered");
	if (a->syn_retransmits)
		say(w, " any of %u SYNs", a->syn_sent);
	if (!a->answered)
		say_lost_where(w, a);
}

static bool ended_unreachable(const struct attempt *a)
{
	return a->result == ATTEMPT_UNREACHABLE;
}

static void say_unreachable(struct words *w, const struct attempt *a)
{
	struct name_buf buf;

	say(w, "the route to ");
	say_peer(w, a);
	say(w, " failed with %s", errno_name(a->err, &buf));
	say_end(w, a);
}

/* All of it, from the route on to the driver. */
#define TIME_LEAVING (TIME_PHASE(EGRESS) | TIME_HELD)

/* What a wait for an answer may have been. */
#define TIME_ANSWER (TIME_PHASE(NETWORK) | TIME_PHASE(INGRESS))

static const struct rule rules[] = {
	{"no_route", is_no_route, say_no_route, TIME_PHASE(ROUTE) | TIME_LEAVING,
		PROOF(ROUTE) | PROOF(RETURN), 0},
	{"local_error", is_local_error, say_local_error, TIME_PHASE(ROUTE) | TIME_LEAVING,
		PROOF(RETURN), 0},
	{"rejected_icmp", is_icmp, say_icmp,
		TIME_ANSWER | TIME_SILENCE(REFUSAL) | TIME_SILENCE(SYN_DROP), PROOF(ICMP),
		DROP_SYN},
	{"neighbour_failed", is_neighbour, say_neighbour,
		TIME_ANSWER | TIME_PHASE(NEIGH) | TIME_LEAVING | TIME_SILENT,
		PROOF(NEIGH_WAIT) | PROOF(NEIGH_FAILED), 0},
	{"refused", is_refused, say_refused, TIME_ANSWER | TIME_SILENCE(REFUSAL),
		PROOF(RST) | PROOF(RST_SENT), 0},
	{"syn_dropped_locally", is_syn_drop, say_syn_drop, TIME_ANSWER | TIME_SILENCE(SYN_DROP), 0,
		DROP_SYN},
	{"synack_dropped_locally", is_synack_drop, say_synack_drop,
		TIME_ANSWER | TIME_SILENCE(SYN_ACK_DROP), 0, DROP_SYN_ACK},
	{"accept_queue_full", is_accept_queue, say_overflow, TIME_ANSWER | TIME_SILENCE(QUEUE),
		PROOF(OVERFLOW) | PROOF(SYN_RETRANSMIT), 0},
	{"syn_queue_full", is_syn_queue, say_overflow, TIME_ANSWER | TIME_SILENCE(QUEUE),
		PROOF(OVERFLOW) | PROOF(SYN_RETRANSMIT), 0},
	{"syn_held", is_held, say_held, TIME_ANSWER | TIME_LEAVING | TIME_SILENCE(UNKNOWN),
		PROOF(SYN_RETRANSMIT_FAILED) | PROOF(CLOSED), 0},
	{"timeout", is_timeout, say_timeout, TIME_ANSWER | TIME_SILENCE(UNKNOWN),
		PROOF(SYN) | PROOF(SYN_RETRANSMIT) | PROOF(SOCKET_ERROR), 0},
	{"abandoned", is_abandoned, say_abandoned, TIME_ANSWER | TIME_SILENCE(UNKNOWN),
		PROOF(SYN) | PROOF(SYN_RETRANSMIT) | PROOF(CLOSED), 0},
	{"no_route", ended_unreachable, say_unreachable, TIME_ANSWER | TIME_SILENCE(UNKNOWN),
		PROOF(SOCKET_ERROR) | PROOF(CLOSED) | PROOF(RETURN), 0},
};
const struct rules verdict_faults = {ARRAY_SIZE(rules), rules};
