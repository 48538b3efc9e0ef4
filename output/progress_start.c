/* SPDX-License-Identifier: GPL-2.0-only */
/* How an attempt begins: connect(), routing, and the lookup before it. */
#include "output/progress.h"

void progress_address(struct address *to, __u32 family, const __u8 *bytes)
{
	static const __u8 zero[16];

	*to = (struct address){0};
	if (!memcmp(bytes, zero, sizeof(zero)))
		return;
	to->family = family;
	memcpy(to->bytes, bytes, family == 4 ? 4 : 16);
}

static void begin(struct open *o, __u64 call_ts_ns, __u64 ts_ns, __u32 flags)
{
	struct attempt *a = &o->a;

	a->connect_ns = a->start_ns = call_ts_ns ? call_ts_ns : ts_ns;
	o->in_syscall = flags & CONNECT_IN_SYSCALL;
	/* Who connects in another way may wait for it, or not: that is not seen. */
	a->blocking_known = o->in_syscall && !(flags & CONNECT_MAY_BLOCK);
	a->blocking = a->blocking_known && !(flags & CONNECT_NONBLOCK);
	a->fastopen = flags & CONNECT_FASTOPEN;
	open_moment(o, a->connect_ns, AT_CONNECT);
	open_mark(o, a->connect_ns, PHASE_ROUTE);
	if (call_ts_ns)
		a->phase_seen |= 1u << PHASE_ROUTE;
}

static void note_route(struct open *o, const struct rec_connect *rec)
{
	struct moment *m;

	if (!(rec->flags & CONNECT_ROUTED))
		return;
	o->a.route.known = true;
	o->a.route.table = rec->route_table;
	o->a.route.ifindex = o->a.ifindex = rec->route_ifindex;
	o->a.route.err = rec->route_err;
	if (rec->route_family)
		progress_address(&o->a.route.gateway, rec->route_family, rec->route_gateway);
	m = open_moment(o, rec->hdr.ts_ns, AT_ROUTE);
	m->err = rec->route_err;
	m->address = o->a.route.gateway;
}

/* connect() failed before the socket was on its way: all of it was routing and local checks. */
static void start_failed(struct open *o, const struct rec_return *rec)
{
	struct attempt *a = &o->a;

	a->owner = rec->owner;
	a->tuple = rec->tuple;
	a->mptcp = rec->flags & CONNECT_MPTCP;
	begin(o, rec->call_ts_ns, rec->hdr.ts_ns, rec->flags);
	if (rec->flags & CONNECT_ROUTED) {
		a->route = (struct route){
			.known = true, .table = rec->route_table, .err = rec->route_err};
		open_moment(o, rec->hdr.ts_ns, AT_ROUTE)->err = rec->route_err;
	}
	open_moment(o, rec->hdr.ts_ns, AT_RETURN)->err = rec->ret;
	a->err = rec->ret < 0 && rec->ret >= -MAX_ERRNO ? -rec->ret : 0;
	o->closed = true;
	o->closed_ns = rec->hdr.ts_ns;
}

/* It was waiting for the answer to a SYN when tracing began; what came before is not known. */
static void start_seeded(struct open *o, const struct rec_connect *rec)
{
	struct attempt *a = &o->a;

	a->seeded = true;
	a->connect_ns = a->start_ns = rec->hdr.ts_ns;
	o->in_syscall = rec->flags & CONNECT_IN_SYSCALL;
	o->transmission = 0;
	a->syn_sent = 1;
	open_mark(o, rec->hdr.ts_ns, PHASE_NETWORK);
}

struct open *progress_start(const struct event *ev)
{
	struct open *o = open_new();

	if (!o)
		return NULL;
	if (ev->type == REC_RETURN) {
		start_failed(o, ev->ret);
		return o;
	}
	o->a.sk = ev->connect->sk;
	o->a.owner = ev->connect->owner;
	o->a.tuple = ev->connect->tuple;
	o->a.mptcp = ev->connect->flags & CONNECT_MPTCP;
	if (ev->connect->flags & CONNECT_SEEDED) {
		start_seeded(o, ev->connect);
		return o;
	}
	begin(o, ev->connect->call_ts_ns, ev->ts_ns, ev->connect->flags);
	note_route(o, ev->connect);
	open_mark(o, ev->ts_ns, PHASE_EGRESS);
	return o;
}

static void link_moments(struct open *o, const struct lookup_link *link)
{
	const struct lookup *l = &link->lookup;

	if (link->getaddrinfo) {
		open_moment(o, link->start_ns, AT_GETADDRINFO);
		open_moment(o, link->end_ns, AT_GETADDRINFO_RETURN);
	}
	for (unsigned i = 0; i < l->tries_kept; i++)
		if (l->query[i].ts_ns >= link->start_ns)
			open_moment(o, l->query[i].ts_ns, AT_DNS_QUERY)->address =
				l->query[i].server;
	if (l->source == LOOKUP_PACKET && l->rcode >= 0)
		open_moment(o, l->end_ns, AT_DNS_ANSWER)->address = l->server;
}

void progress_link(struct open *o, const struct lookup_link *link)
{
	struct attempt *a = &o->a;

	a->dns_link = link->link;
	if (link->link == DNS_LINK_NONE || link->link == DNS_LINK_NOT_OBSERVED)
		return;
	o->lookup = link->lookup;
	a->lookup = &o->lookup;
	a->lookup_timed = link->timed;
	snprintf(a->name, sizeof(a->name), "%s", link->name);
	if (!link->timed)
		return;
	a->start_ns = link->start_ns;
	open_mark(o, link->start_ns, PHASE_DNS);
	open_mark(o, link->end_ns, PHASE_THINK);
	link_moments(o, link);
}
