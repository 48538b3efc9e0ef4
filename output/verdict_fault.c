/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules for attempts that did not succeed, from the best evidence to the weakest. */
#include "output/names.h"
#include "output/verdict_rules.h"

static __u64 whole(const struct attempt *a)
{
	__u64 ns = a->end_ns - a->connect_ns;

	return ns ? ns : 1;
}

/* ---- before a SYN was built --------------------------------------------------------------- */

static bool is_unreachable(const struct attempt *a)
{
	return a->err == ENETUNREACH || a->err == EHOSTUNREACH || a->err == ENETDOWN;
}

static __u64 charge_no_route(const struct attempt *a)
{
	bool routed_out = a->route.known && a->route.err < 0;

	if (a->syn_sent || a->refusal.icmp || a->neigh.waited)
		return 0;
	return is_unreachable(a) || routed_out ? whole(a) : 0;
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

static __u64 charge_local_error(const struct attempt *a)
{
	return !a->syn_sent && a->result == ATTEMPT_FAILED ? whole(a) : 0;
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

static __u64 charge_neighbour(const struct attempt *a)
{
	bool no_answer = a->neigh.waited && !a->answered && !a->syns_left;

	return a->neigh.failed || no_answer ? whole(a) : 0;
}

static void say_neighbour(struct words *w, const struct attempt *a)
{
	say(w, "no answer to %s requests for ", a->neigh.key.family == 6 ? "neighbour" : "ARP");
	say_address(w, &a->neigh.key);
	if (a->neigh.dev[0]) {
		say(w, " on ");
		say_name(w, a->neigh.dev);
	}
	say(w, ": the next hop is not there, and no SYN left this host");
	say_end(w, a);
}

/* ---- somebody said no --------------------------------------------------------------------- */

/* A REJECT rule of this host drops the SYN and sends itself an ICMP error that no device sees. */
static bool rejected_here(const struct attempt *a)
{
	bool rejected = is_unreachable(a) || a->err == ECONNREFUSED || a->err == EACCES;
	const struct drop *d = blamed_drop(a, DROP_SYN);

	return rejected && !a->syns_left && !a->neigh.waited && d && !d->by.program;
}

static __u64 charge_icmp(const struct attempt *a)
{
	bool icmp = a->refusal.icmp && !a->refusal.rst_received;

	return icmp || rejected_here(a) ? whole(a) : 0;
}

static void say_icmp(struct words *w, const struct attempt *a)
{
	const struct refusal *r = &a->refusal;
	const char *what = icmp_name(r->icmp_from.family ? r->icmp_from.family : a->tuple.family,
		r->icmp_type, r->icmp_code);

	if (!r->icmp) {
		say(w, "a REJECT rule of this host stopped the SYN");
		say_drop(w, a, blamed_drop(a, DROP_SYN));
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

static __u64 charge_refused(const struct attempt *a)
{
	return a->result == ATTEMPT_REFUSED || a->refusal.rst_received ? whole(a) : 0;
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
}

/* ---- silence ------------------------------------------------------------------------------ */

static __u64 charge_syn_drop(const struct attempt *a)
{
	return !a->answered && blamed_drop(a, DROP_SYN) ? whole(a) : 0;
}

static void say_syn_drop(struct words *w, const struct attempt *a)
{
	unsigned n = blamed_drops(a, DROP_SYN);

	if (a->syn_sent == 1)
		say(w, "the SYN was dropped in this host");
	else if (n >= a->syn_sent)
		say(w, "all %u SYNs were dropped in this host", a->syn_sent);
	else
		say(w, "%u of %u SYNs were dropped in this host", n, a->syn_sent);
	say_drop(w, a, blamed_drop(a, DROP_SYN));
	say_end(w, a);
}

static __u64 charge_synack_drop(const struct attempt *a)
{
	return blamed_drop(a, DROP_SYN_ACK) ? whole(a) : 0;
}

static void say_synack_drop(struct words *w, const struct attempt *a)
{
	say_peer(w, a);
	say(w, " answered, but its SYN-ACK was dropped in this host");
	say_drop(w, a, blamed_drop(a, DROP_SYN_ACK));
	say_end(w, a);
}

static __u64 charge_timeout(const struct attempt *a)
{
	return a->result == ATTEMPT_TIMEOUT ? whole(a) : 0;
}

static void say_timeout(struct words *w, const struct attempt *a)
{
	say(w, "%u SYN%s sent to ", a->syn_sent, a->syn_sent == 1 ? " was" : "s were");
	say_peer(w, a);
	say(w, " and nothing came back");
	if (!a->syns_left && a->syn_sent)
		say(w, "; none was seen leaving this host");
	say_end(w, a);
}

static __u64 charge_abandoned(const struct attempt *a)
{
	return a->result == ATTEMPT_ABANDONED ? whole(a) : 0;
}

static void say_abandoned(struct words *w, const struct attempt *a)
{
	say(w, "the application closed the socket ");
	say_duration(w, a->end_ns - a->connect_ns);
	say(w, " after connect, before ");
	say_peer(w, a);
	say(w, " had answered");
	if (a->syn_retransmits)
		say(w, " any of %u SYNs", a->syn_sent);
}

static __u64 charge_unreachable(const struct attempt *a)
{
	return a->result == ATTEMPT_UNREACHABLE ? whole(a) : 0;
}

static void say_unreachable(struct words *w, const struct attempt *a)
{
	struct name_buf buf;

	say(w, "the route to ");
	say_peer(w, a);
	say(w, " failed with %s", errno_name(a->err, &buf));
	say_end(w, a);
}

const struct rule verdict_faults[] = {
	{"no_route", charge_no_route, say_no_route,
		"look at: ip route get ADDRESS, ip rule, and whether the interface is up"},
	{"local_error", charge_local_error, say_local_error,
		"look at net.ipv4.ip_local_port_range, source addresses, and cgroup or LSM policy"},
	{"rejected_icmp", charge_icmp, say_icmp,
		"a REJECT rule or a missing route there: look at that host's firewall and routes"},
	{"neighbour_failed", charge_neighbour, say_neighbour,
		"check the next hop's address, the cable or VLAN, and: ip neigh show"},
	{"refused", charge_refused, say_refused,
		"is the service running and bound to that address? ss -ltn on the server"},
	{"syn_dropped_locally", charge_syn_drop, say_syn_drop,
		"look at the rules at that place: nft list ruleset, iptables -vnL, tc filter show"},
	{"synack_dropped_locally", charge_synack_drop, say_synack_drop,
		"look at the INPUT rules, rp_filter and connection tracking of this host"},
	{"timeout", charge_timeout, say_timeout,
		"nothing was dropped here: look at the way to the server and at its firewall"},
	{"abandoned", charge_abandoned, say_abandoned,
		"the application's own timeout, or it won the race with another address"},
	{"no_route", charge_unreachable, say_unreachable,
		"look at: ip route get ADDRESS, and at the routers on the way"},
};
const size_t verdict_faults_count = ARRAY_SIZE(verdict_faults);
