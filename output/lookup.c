/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <ctype.h>
#include <netdb.h>

#include "output/dns.h"
#include "output/lookup_table.h"

#define AT_ONCE_NS       50000000ULL  /* no resolver thinks a query lost so soon */
#define SHORTEST_WAIT_NS 900000000ULL /* no resolver gives a server less than a second */
#define DEFAULT_MAX      2048

struct lookups *lookups_new(size_t max, void (*on_lookup)(void *, const struct lookup *), void *arg)
{
	struct lookups *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	TAILQ_INIT(&t->all);
	t->max = max ? max : DEFAULT_MAX;
	t->on_lookup = on_lookup;
	t->arg = arg;
	return t;
}

__u64 lookups_evicted(const struct lookups *t)
{
	return t->evicted;
}

static void entry_remove(struct lookups *t, struct entry *e)
{
	TAILQ_REMOVE(&t->all, e, link);
	t->count--;
	free(e);
}

void lookups_free(struct lookups *t)
{
	if (!t)
		return;
	while (!TAILQ_EMPTY(&t->all))
		entry_remove(t, TAILQ_FIRST(&t->all));
	free(t);
}

void lookup_finish(struct lookups *t, struct entry *e, enum lookup_result result, __u64 end_ns)
{
	e->open = false;
	e->l.result = result;
	/* Times of two processors, or of a damaged recording, may be out of order. */
	e->l.end_ns = end_ns > e->l.start_ns ? end_ns : e->l.start_ns;
	lookup_find_upstream(t, e);
	if (!e->aside && (!e->call || !e->questions))
		t->on_lookup(t->arg, &e->l);
}

static struct entry *oldest_finished(struct lookups *t)
{
	struct entry *e;

	TAILQ_FOREACH(e, &t->all, link)
	if (!e->open)
		return e;
	return NULL;
}

/* Makes room: what is finished goes quietly, an open one is handed out as it is and counted. */
static void make_room(struct lookups *t, __u64 now_ns)
{
	struct entry *e;

	if (t->count < t->max)
		return;
	e = oldest_finished(t);
	if (!e) {
		e = TAILQ_FIRST(&t->all);
		lookup_finish(t, e, LOOKUP_IN_PROGRESS, now_ns);
		t->evicted++;
	}
	entry_remove(t, e);
}

static struct entry *entry_new(struct lookups *t, const struct rec_owner *owner, __u64 start_ns)
{
	struct entry *e;

	make_room(t, start_ns);
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->open = true;
	e->l.id = ++t->next_id;
	e->l.start_ns = e->l.chain_start_ns = start_ns;
	e->l.owner = *owner;
	e->l.rcode = -1;
	TAILQ_INSERT_TAIL(&t->all, e, link);
	t->count++;
	return e;
}

static void lower_case(char *to, const char *from, size_t size)
{
	size_t n = 0;

	for (; from[n] && n < size - 1; n++)
		to[n] = tolower((unsigned char)from[n]);
	to[n] = '\0';
	if (n > 1 && to[n - 1] == '.')
		to[n - 1] = '\0'; /* "a.test." asks for "a.test" */
}

/* ---- questions ---------------------------------------------------------------------------- */

static bool id_was_asked(const struct entry *e, __u16 id)
{
	unsigned n = e->ids < LOOKUP_QUERIES ? e->ids : LOOKUP_QUERIES;

	while (n--)
		if (e->id[n] == id)
			return true;
	return false;
}

static bool asks_the_same(const struct entry *e, __u32 tgid, const struct dns_message *m)
{
	return e->open && !e->call && e->l.owner.tgid == tgid && e->l.qtype == m->qtype &&
	       !strcmp(e->l.name, m->name);
}

static struct entry *open_call(const struct lookups *t, const struct rec_owner *owner)
{
	struct entry *e;

	TAILQ_FOREACH_REVERSE(e, &t->all, entries, link)
	if (e->open && e->call && e->l.owner.tgid == owner->tgid && e->l.owner.tid == owner->tid)
		return e;
	return NULL;
}

/*
 * Threads of one process may ask the same at the same time. Calls of their own tell them apart;
 * where there are none, a second query at once, of another id and though nothing went wrong.
 */
static bool asks_again(const struct lookups *t, const struct entry *e, const struct event *ev,
	const struct dns_message *m)
{
	const struct entry *call = open_call(t, &ev->dns->owner);

	if (e->call_id || call)
		return call && e->call_id == call->l.id;
	return id_was_asked(e, m->id) || e->error_ns || e->l.drops || e->l.truncated ||
	       ev->ts_ns > e->last_query_ns + AT_ONCE_NS;
}

static struct entry *repeated_question(
	const struct lookups *t, const struct event *ev, const struct dns_message *m)
{
	struct entry *e;

	TAILQ_FOREACH_REVERSE(e, &t->all, entries, link)
	if (asks_the_same(e, ev->dns->owner.tgid, m) && asks_again(t, e, ev, m))
		return e;
	return NULL;
}

/* A resolver ignores an answer to something it did not ask, and so do we. */
static struct entry *answered_question(
	const struct lookups *t, const struct event *ev, const struct dns_message *m)
{
	struct entry *e;

	TAILQ_FOREACH_REVERSE(e, &t->all, entries, link)
	if (asks_the_same(e, ev->dns->owner.tgid, m) && id_was_asked(e, m->id))
		return e;
	return NULL;
}

static struct entry *question_new(
	struct lookups *t, const struct event *ev, const struct dns_message *m)
{
	struct entry *e = entry_new(t, &ev->dns->owner, ev->ts_ns), *call;

	if (!e)
		return NULL;
	e->aside = ev->dns->flags & DNS_ASIDE;
	e->l.source = LOOKUP_PACKET;
	e->l.qtype = m->qtype;
	snprintf(e->l.name, sizeof(e->l.name), "%s", m->name);
	call = open_call(t, &ev->dns->owner);
	if (call) {
		e->call_id = call->l.id;
		call->questions++;
	}
	lookup_join_search(t, e);
	return e;
}

static struct address server_of(const struct rec_dns *rec)
{
	struct address a = {.family = rec->tuple.family};

	memcpy(a.bytes, rec->tuple.daddr, sizeof(a.bytes));
	return a;
}

bool lookup_same_address(const struct address *a, const struct address *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, a->family == 4 ? 4 : 16);
}

bool lookup_answers(const struct lookup *l, const struct address *addr)
{
	for (unsigned i = 0; i < l->answers; i++)
		if (lookup_same_address(&l->answer[i], addr))
			return true;
	return false;
}

static bool server_is_new(const struct lookup *l, const struct address *server)
{
	for (unsigned i = 0; i < l->tries_kept; i++)
		if (lookup_same_address(&l->query[i].server, server))
			return false;
	return true;
}

/* TCP after a truncated answer is the protocol at work, not a retry: glibc then asks for A and AAAA
 * again, though only one of the answers was. */
static bool truncation_seen(const struct lookups *t, const struct entry *question)
{
	const struct entry *e;

	if (question->l.truncated || !question->call_id)
		return question->l.truncated;
	TAILQ_FOREACH(e, &t->all, link)
	if (e->call_id == question->call_id && e->l.truncated)
		return true;
	return false;
}

static int on_query(struct lookups *t, const struct event *ev, const struct dns_message *m)
{
	struct entry *e = repeated_question(t, ev, m);
	struct address server = server_of(ev->dns);
	struct lookup *l;

	if (!e)
		e = question_new(t, ev, m);
	if (!e)
		return -ENOMEM;
	l = &e->l;
	e->error_ns = 0;
	e->last_query_ns = ev->ts_ns;
	e->id[e->ids++ % LOOKUP_QUERIES] = m->id;
	l->tcp = ev->dns->flags & DNS_TCP;
	if (l->tcp && l->tries && truncation_seen(t, e))
		return 0;
	if (!l->tries++)
		l->first_server = server;
	if (server_is_new(l, &server))
		l->servers++;
	l->server = server;
	l->tuple = ev->dns->tuple;
	if (l->tries_kept < LOOKUP_QUERIES) {
		l->query[l->tries_kept].ts_ns = ev->ts_ns;
		l->query[l->tries_kept++].server = server;
	}
	return 0;
}

/* Its asker had closed the socket: it gave up, or goes on with another one. getaddrinfo() says. */
static void on_unheard(struct lookups *t, const struct event *ev, struct entry *e)
{
	if (e->l.tcp || e->l.tuple.sport != ev->dns->tuple.sport || lookup_in_call(t, e))
		return;
	e->l.late = true;
	lookup_finish(t, e, LOOKUP_TIMEOUT, ev->ts_ns);
}

static void on_answer(struct lookups *t, const struct event *ev, const struct dns_message *m)
{
	struct entry *e = answered_question(t, ev, m);
	struct lookup *l;

	if (!e)
		return;
	l = &e->l;
	if (m->truncated && !(ev->dns->flags & DNS_TCP)) {
		l->truncated = true;
		return;
	}
	if (ev->dns->flags & DNS_UNHEARD) {
		on_unheard(t, ev, e);
		return;
	}
	l->rcode = m->rcode;
	l->server = server_of(ev->dns);
	l->tcp = ev->dns->flags & DNS_TCP;
	if (m->rcode != ns_r_noerror && m->rcode != ns_r_nxdomain) {
		e->error_ns = ev->ts_ns; /* the resolver may go on with another server */
		return;
	}
	l->answers = m->answers;
	memcpy(l->answer, m->answer, sizeof(l->answer));
	l->min_ttl = m->min_ttl;
	e->cut = (ev->dns->flags & DNS_CUT) || m->answers == LOOKUP_ANSWERS;
	lookup_finish(t, e, m->rcode ? LOOKUP_ERROR : LOOKUP_ANSWERED, ev->ts_ns);
}

static int on_dns(struct lookups *t, const struct event *ev)
{
	struct dns_message m;

	if (dns_parse(ev->dns_bytes.data, ev->dns_bytes.len, &m))
		return 0;
	if (ev->dns->flags & DNS_RECEIVED) {
		if (m.response)
			on_answer(t, ev, &m);
		return 0;
	}
	return m.response ? 0 : on_query(t, ev, &m);
}

/* A forwarder may ask on with the ID that it was asked with: the socket tells them apart. */
static struct entry *dropped_question(const struct lookups *t, const struct rec_drop *rec)
{
	struct entry *e, *same_id = NULL;

	TAILQ_FOREACH_REVERSE(e, &t->all, entries, link)
	{
		const struct rec_tuple *asked = &e->l.tuple;

		if (!e->open || e->call || !id_was_asked(e, rec->dns_id))
			continue;
		if (asked->sport == rec->tuple.sport &&
			!memcmp(asked->daddr, rec->tuple.daddr, sizeof(asked->daddr)))
			return e;
		if (!same_id)
			same_id = e; /* an earlier query of it, from another socket */
	}
	return same_id;
}

static void on_drop(struct lookups *t, const struct event *ev)
{
	struct entry *e = dropped_question(t, ev->drop);

	if (!e)
		return;
	e->l.drops++;
	e->l.drop_by = ev->drop_names.by;
	snprintf(e->l.drop_reason, sizeof(e->l.drop_reason), "%s", ev->drop_names.reason);
	snprintf(e->l.drop_location, sizeof(e->l.drop_location), "%s", ev->drop_names.location);
}

/* ---- getaddrinfo() ------------------------------------------------------------------------ */

/* "10.0.0.1", "::1" and "fe80::1%eth0" need no resolver. */
static bool is_numeric(const char *node)
{
	char plain[NAME_LEN];
	__u8 addr[16];

	snprintf(plain, sizeof(plain), "%.*s", (int)strcspn(node, "%"), node);
	return !*plain || inet_pton(AF_INET, plain, addr) == 1 ||
	       inet_pton(AF_INET6, plain, addr) == 1;
}

static int on_gai_call(struct lookups *t, const struct event *ev)
{
	struct entry *e;

	if (is_numeric(ev->gai_call->node))
		return 0;
	e = entry_new(t, &ev->gai_call->owner, ev->ts_ns);
	if (!e)
		return -ENOMEM;
	e->call = true;
	e->l.source = LOOKUP_GETADDRINFO;
	lower_case(e->l.name, ev->gai_call->node, sizeof(e->l.name));
	return 0;
}

/* How a question without an accepted answer ended when its getaddrinfo() returned RET. */
static enum lookup_result given_up(const struct entry *e, __s32 ret, __u64 now_ns)
{
	if (e->error_ns)
		return LOOKUP_ERROR;
	if (ret)
		return LOOKUP_TIMEOUT;
	/* The call got its addresses: over TCP unseen by us, or from the other question in time. */
	if (e->l.tcp)
		return LOOKUP_ANSWERED;
	return now_ns < e->last_query_ns + SHORTEST_WAIT_NS ? LOOKUP_IN_PROGRESS : LOOKUP_TIMEOUT;
}

static void keep_results(struct entry *e, const struct rec_gai_return *rec)
{
	for (__u32 i = 0; i < rec->count && e->l.answers < LOOKUP_ANSWERS; i++) {
		struct address a = {.family = rec->addr[i].family};

		memcpy(a.bytes, rec->addr[i].addr, sizeof(a.bytes));
		if (a.family && !lookup_answers(&e->l, &a))
			e->l.answer[e->l.answers++] = a;
	}
	e->cut = rec->count == REC_ADDR_MAX;
}

static void on_gai_return(struct lookups *t, const struct event *ev)
{
	const struct rec_gai_return *rec = ev->gai_return;
	struct entry *call = open_call(t, &rec->owner), *e;

	if (!call)
		return;
	TAILQ_FOREACH(e, &t->all, link)
	if (e->open && e->call_id == call->l.id)
		lookup_finish(t, e, given_up(e, rec->ret, ev->ts_ns), ev->ts_ns);
	keep_results(call, rec);
	call->l.rcode = rec->ret;
	lookup_finish(t, call,
		!rec->ret               ? LOOKUP_ANSWERED
		: rec->ret == EAI_AGAIN ? LOOKUP_TIMEOUT
					: LOOKUP_ERROR,
		ev->ts_ns);
}

int lookups_feed(struct lookups *t, const struct event *ev)
{
	switch (ev->type) {
	case REC_DNS:
		return on_dns(t, ev);
	case REC_GAI_CALL:
		return on_gai_call(t, ev);
	case REC_GAI_RETURN:
		on_gai_return(t, ev);
		return 0;
	case REC_DROP:
		on_drop(t, ev);
		return 0;
	default:
		return 0;
	}
}
