/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample.h - attempts, lookups and a run, made by hand: what the sinks' tests render. Each has the
 * times and the evidence a real one of its kind would have. An attempt's drops and moments lie in
 * one static place: make the next attempt when the last one is rendered.
 */
#ifndef PATHLAG_SAMPLE_H
#define PATHLAG_SAMPLE_H

#include <arpa/inet.h>
#include <netinet/in.h>

#include "output/sink.h"

#define SAMPLE_START    1000000000ULL          /* CLOCK_MONOTONIC */
#define SAMPLE_REALTIME 1795224899123456789ULL /* 2026-11-21T01:34:59.123456789Z - 1 s */
#define US              1000ULL
#define MS              1000000ULL

static inline struct address sample_address(const char *text)
{
	struct address a = {.family = strchr(text, ':') ? 6 : 4};

	inet_pton(a.family == 6 ? AF_INET6 : AF_INET, text, a.bytes);
	return a;
}

static inline struct rec_tuple sample_tuple(
	const char *saddr, unsigned sport, const char *daddr, unsigned dport)
{
	struct address s = sample_address(saddr), d = sample_address(daddr);
	struct rec_tuple t = {.family = d.family, .l4_proto = IPPROTO_TCP};

	memcpy(t.saddr, s.bytes, sizeof(t.saddr));
	memcpy(t.daddr, d.bytes, sizeof(t.daddr));
	t.sport = htons(sport);
	t.dport = htons(dport);
	return t;
}

static inline struct rec_owner sample_owner(void)
{
	return (struct rec_owner){
		.tgid = 4242, .tid = 4243, .netns = 4026531840, .uid = 1000, .comm = "curl"};
}

/* The next moment, AFTER nanoseconds later than the last one. */
static inline struct moment *sample_moment(
	struct attempt *a, __u64 after, enum moment_kind at, const char *dev)
{
	__u64 last = a->moments ? a->moment[a->moments - 1].ts_ns : a->start_ns;
	struct moment *m = &a->moment[a->moments++];

	a->moments_kept = a->moments;
	*m = (struct moment){.ts_ns = last + after, .at = at};
	snprintf(m->dev, sizeof(m->dev), "%s", dev);
	return m;
}

static inline void sample_phase(struct attempt *a, enum phase phase, __u64 ns)
{
	a->phase_seen |= 1U << phase;
	a->phase_ns[phase] += ns;
	a->end_ns += ns;
}

static inline struct attempt sample_attempt(void)
{
	static struct drop drop[ATTEMPT_DROPS];
	static struct moment moment[ATTEMPT_MOMENTS];

	return (struct attempt){
		.id = 1,
		.drop = drop,
		.moment = moment,
		.dns_link = DNS_LINK_NONE,
		.sk = 0xffff888012345678ULL,
		.start_ns = SAMPLE_START,
		.connect_ns = SAMPLE_START,
		.end_ns = SAMPLE_START,
		.owner = sample_owner(),
		.tuple = sample_tuple("10.9.0.1", 40000, "10.9.0.2", 80),
		.isn_known = true,
		.isn = 0x0a2b3c4d,
		.result = ATTEMPT_ESTABLISHED,
		.blocking_known = true,
		.blocking = true,
		.syn_sent = 1,
	};
}

/* 0.8 ms, nothing to say */
static inline struct attempt sample_ok(void)
{
	struct attempt a = sample_attempt();

	sample_phase(&a, PHASE_ROUTE, 9 * US);
	sample_phase(&a, PHASE_EGRESS, 21 * US);
	sample_phase(&a, PHASE_NETWORK, 700 * US);
	sample_phase(&a, PHASE_INGRESS, 30 * US);
	sample_phase(&a, PHASE_WAKEUP, 52 * US);
	sample_moment(&a, 0, AT_CONNECT, "");
	sample_moment(&a, 9 * US, AT_SYN, "eth0");
	sample_moment(&a, 21 * US, AT_SYN_SENT, "eth0");
	sample_moment(&a, 700 * US, AT_SYN_ACK, "eth0");
	sample_moment(&a, 30 * US, AT_ESTABLISHED, "");
	sample_moment(&a, 52 * US, AT_RETURN, "");
	return a;
}

/* The first SYN is dropped by netfilter, the retransmit gets through. */
static inline struct attempt sample_drop(void)
{
	struct attempt a = sample_attempt();

	strcpy(a.name, "a.test");
	a.dns_link = DNS_LINK_ANSWER;
	a.syn_sent = 2;
	a.syn_retransmits = 1;
	sample_phase(&a, PHASE_ROUTE, 9 * US);
	sample_phase(&a, PHASE_EGRESS, 21 * US);
	sample_phase(&a, PHASE_RTO_WAIT, 1024 * MS);
	sample_phase(&a, PHASE_NETWORK, 800 * US);
	sample_phase(&a, PHASE_INGRESS, 30 * US);
	sample_phase(&a, PHASE_WAKEUP, 140 * US);
	a.drops = a.drops_kept = 1;
	a.drop[0] = (struct drop){.ts_ns = SAMPLE_START + 14 * US,
		.reason = "NETFILTER_DROP",
		.subsys = "core",
		.code = 8,
		.location = "nf_hook_slow+0x5c",
		.egress = true,
		.packet = DROP_SYN,
		.netns = 4026531840};
	sample_moment(&a, 0, AT_CONNECT, "");
	sample_moment(&a, 14 * US, AT_DROP, "");
	sample_moment(&a, 1024016 * US, AT_SYN_RETRANSMIT, "");
	sample_moment(&a, 800 * US, AT_SYN_ACK, "eth0");
	sample_moment(&a, 30 * US, AT_ESTABLISHED, "");
	sample_moment(&a, 140 * US, AT_RETURN, "");
	return a;
}

/* The first query is lost, the second answered after 5 s; the connect itself is fast. */
static inline struct attempt sample_dns_retry(void)
{
	struct attempt a = sample_attempt();

	strcpy(a.name, "a.test");
	a.dns_link = DNS_LINK_ANSWER;
	a.lookup_timed = true;
	a.group = 7;
	a.connect_ns += 5001354567;
	sample_phase(&a, PHASE_DNS, 5001234567);
	sample_phase(&a, PHASE_THINK, 120000);
	sample_phase(&a, PHASE_ROUTE, 9000);
	sample_phase(&a, PHASE_NEIGH, 0);
	sample_phase(&a, PHASE_EGRESS, 21000);
	sample_phase(&a, PHASE_NETWORK, 800000);
	sample_phase(&a, PHASE_WAKEUP, 52000);
	sample_moment(&a, 0, AT_DNS_QUERY, "")->address = sample_address("10.9.0.53");
	sample_moment(&a, 5000200000, AT_DNS_QUERY, "")->address = sample_address("10.9.0.53");
	sample_moment(&a, 1034567, AT_DNS_ANSWER, "")->address = sample_address("10.9.0.53");
	sample_moment(&a, 120000, AT_CONNECT, "");
	sample_moment(&a, 9000, AT_ROUTE, "eth0")->address = sample_address("10.9.0.254");
	sample_moment(&a, 21000, AT_SYN_SENT, "eth0");
	sample_moment(&a, 800000, AT_SYN_ACK, "eth0");
	sample_moment(&a, 52000, AT_RETURN, "");
	return a;
}

/* A router says no over IPv6. */
static inline struct attempt sample_rejected(void)
{
	struct attempt a = sample_attempt();
	struct moment *m;

	a.tuple = sample_tuple("2001:db8::1", 40000, "2001:db8::2", 443);
	a.result = ATTEMPT_UNREACHABLE;
	a.err = EACCES;
	sample_phase(&a, PHASE_ROUTE, 10 * US);
	sample_phase(&a, PHASE_NETWORK, 2345 * US);
	sample_moment(&a, 0, AT_CONNECT, "");
	sample_moment(&a, 10 * US, AT_SYN_SENT, "eth0");
	m = sample_moment(&a, 2345 * US, AT_ICMP, "eth0");
	m->address = sample_address("2001:db8::fe");
	m->icmp_type = 1;
	m->icmp_code = 1;
	sample_moment(&a, 0, AT_RETURN, "")->err = -EACCES;
	return a;
}

/* There is no route: no socket state, no source, no SYN. */
static inline struct attempt sample_no_route(void)
{
	struct attempt a = sample_attempt();

	a.sk = 0;
	a.tuple = sample_tuple("0.0.0.0", 0, "192.0.2.1", 80);
	a.isn_known = a.blocking_known = false;
	a.syn_sent = 0;
	a.result = ATTEMPT_UNREACHABLE;
	a.err = ENETUNREACH;
	sample_phase(&a, PHASE_ROUTE, 12 * US);
	sample_moment(&a, 0, AT_CONNECT, "");
	sample_moment(&a, 0, AT_ROUTE, "")->err = -ENETUNREACH;
	sample_moment(&a, 12 * US, AT_RETURN, "")->err = -ENETUNREACH;
	return a;
}

/* Still waiting when tracing ends; an IPv4-mapped socket of an unknown process. */
static inline struct attempt sample_open(void)
{
	struct attempt a = sample_attempt();

	a.owner = (struct rec_owner){0};
	a.tuple = sample_tuple("::ffff:10.9.0.1", 40001, "::ffff:10.9.0.9", 443);
	a.result = ATTEMPT_IN_PROGRESS;
	a.blocking = false;
	a.syn_sent = 3;
	a.syn_retransmits = 2;
	sample_phase(&a, PHASE_RTO_WAIT, 3072 * MS);
	sample_moment(&a, 0, AT_SYN_SENT, "eth0");
	sample_moment(&a, 10 * US, AT_RETURN, "")->err = -EINPROGRESS;
	sample_moment(&a, 1024 * MS, AT_SYN_RETRANSMIT, "eth0");
	sample_moment(&a, 2048 * MS, AT_SYN_RETRANSMIT_FAILED, "")->err = -ENOBUFS;
	return a;
}

/* Every string that somebody else chooses attacks the terminal or the parser. */
static inline struct attempt sample_hostile(void)
{
	struct attempt a = sample_drop();

	memcpy(a.owner.comm, "\x1b[31m\n\"\\\xff\xc3(xxxxx", sizeof(a.owner.comm));
	strcpy(a.name, "\xe2\x80\xae"
		       "a\\000.\x7f\xed\xa0\x80");
	strcpy(a.moment[3].dev, "e\tth\xc2\x9b");
	strcpy(a.drop[0].reason, "R\x01\x80");
	strcpy(a.drop[0].location, "f\"+0x1 [m\xf8]");
	return a;
}

static inline struct verdict sample_verdict(
	const char *cause, double share, const char *text, const char *hint)
{
	struct verdict v = {.cause = cause, .share = share};

	snprintf(v.text, sizeof(v.text), "%s", text);
	snprintf(v.hint, sizeof(v.hint), "%s", hint);
	return v;
}

static inline struct lookup sample_lookup(void)
{
	struct lookup l = {
		.id = 1,
		.start_ns = SAMPLE_START,
		.end_ns = SAMPLE_START + 5001234567,
		.owner = sample_owner(),
		.name = "a.test",
		.qtype = 1,
		.server = sample_address("10.9.0.53"),
		.first_server = sample_address("10.9.0.53"),
		.tries = 2,
		.servers = 1,
		.answers = 2,
	};

	l.answer[0] = sample_address("10.9.0.2");
	l.answer[1] = sample_address("::ffff:10.9.0.3");
	return l;
}

/* Filled in place: cmdline points to static text. */
static inline struct run_info sample_run(struct rec_meta *rec)
{
	static const char cmdline[] = "pathlag\0--\0curl\0http://a.test/\xff";

	*rec = (struct rec_meta){
		.hdr = {.type = REC_META, .ts_ns = SAMPLE_START},
		.probes_attached = 34,
		.probes_skipped = 2,
		.realtime_offset_ns = SAMPLE_REALTIME,
		.tool_version = "0.1.0",
		.kernel = "6.12.107",
		.arch = "x86_64",
		.hostname = "h",
		.command = "connect",
		.milestone = "raw_tp",
		.function = "none",
		.program = "none",
		.slow_ns = 100 * MS,
	};
	return (struct run_info){rec, cmdline, sizeof(cmdline), ""};
}

#endif
