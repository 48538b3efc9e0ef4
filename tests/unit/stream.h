/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stream.h - record streams written by hand: what the kernel side would have said, in milliseconds,
 * fed through decoder and correlator. The first connect of a stream ends up in `attempt`, the
 * lookups, passive opens and further attempts beside it.
 */
#ifndef PATHLAG_STREAM_H
#define PATHLAG_STREAM_H

#include <arpa/inet.h>

#include "output/event.h"
#include "output/tracker.h"
#include "output/verdict.h"
#include "tests/unit/unit.h"

#define MS          1000000ULL
#define STREAM_KEEP 8

struct stream {
	struct decoder *decoder;
	struct tracker *tracker;
	unsigned attempts, lookups, passives;
	struct attempt attempt[STREAM_KEEP]; /* its drops, moments, calls: of the last */
	struct verdict verdict[STREAM_KEEP];
	struct lookup lookup[STREAM_KEEP];
	struct verdict lookup_verdict[STREAM_KEEP];
	struct moment moment[ATTEMPT_MOMENTS];
	struct drop drop[ATTEMPT_DROPS];
	struct attempt_call call[ATTEMPT_CALLS];
	struct passive passive[STREAM_KEEP]; /* likewise: of the last */
	struct moment passive_moment[ATTEMPT_MOMENTS];
	struct drop passive_drop[ATTEMPT_DROPS];
};

static inline void stream_on_attempt(void *arg, const struct attempt *a)
{
	struct stream *s = arg;
	__u64 sum = 0;

	for (int i = 0; i < PHASE_COUNT; i++) {
		sum += a->phase_ns[i];
		/* a negative one would make up for another one */
		if (a->phase_ns[i] > attempt_dur_ns(a))
			unit_fail(__FILE__, __LINE__, "phase %d is longer than the attempt", i);
	}
	if (sum != attempt_dur_ns(a))
		unit_fail(__FILE__, __LINE__, "phases sum to %llu, the attempt took %llu",
			(unsigned long long)sum, (unsigned long long)attempt_dur_ns(a));
	for (unsigned i = 1; i < a->moments_kept; i++)
		if (a->moment[i].ts_ns < a->moment[i - 1].ts_ns)
			unit_fail(__FILE__, __LINE__, "the timeline is not in order at %u", i);
	if (s->attempts < STREAM_KEEP) {
		s->attempt[s->attempts] = *a;
		if (a->moments_kept)
			memcpy(s->moment, a->moment, a->moments_kept * sizeof(*a->moment));
		if (a->drops_kept)
			memcpy(s->drop, a->drop, a->drops_kept * sizeof(*a->drop));
		if (a->calls_kept)
			memcpy(s->call, a->call, a->calls_kept * sizeof(*a->call));
		s->attempt[s->attempts].call = s->call;
		verdict_of_attempt(a, 100 * MS, &s->verdict[s->attempts]);
	}
	s->attempts++;
}

static inline void stream_on_passive(void *arg, const struct passive *p)
{
	struct stream *s = arg;
	struct verdict v;
	__u64 sum = 0;

	verdict_of_passive(p, 100 * MS, &v);
	for (unsigned i = 0; i < v.evidences; i++)
		if (v.evidence[i] >= p->moments_kept)
			unit_fail(__FILE__, __LINE__, "%s by a moment that is not there", v.cause);
	if (!(v.share >= 0 && v.share <= 1))
		unit_fail(__FILE__, __LINE__, "%s with a share of %g", v.cause, v.share);

	for (int i = 0; i < PASSIVE_PHASES; i++) {
		sum += p->phase_ns[i];
		if (p->phase_ns[i] > passive_dur_ns(p))
			unit_fail(__FILE__, __LINE__, "phase %d is longer than the accept", i);
		if (p->phase_ns[i] && !(p->phase_seen & 1u << i))
			unit_fail(__FILE__, __LINE__, "time in phase %d, which was not seen", i);
	}
	if (sum != passive_dur_ns(p))
		unit_fail(__FILE__, __LINE__, "phases sum to %llu, the passive open took %llu",
			(unsigned long long)sum, (unsigned long long)passive_dur_ns(p));
	for (unsigned i = 1; i < p->moments_kept; i++)
		if (p->moment[i].ts_ns < p->moment[i - 1].ts_ns)
			unit_fail(__FILE__, __LINE__, "the timeline is not in order at %u", i);
	if (s->passives < STREAM_KEEP) {
		s->passive[s->passives] = *p;
		if (p->moments_kept)
			memcpy(s->passive_moment, p->moment, p->moments_kept * sizeof(*p->moment));
		if (p->drops_kept)
			memcpy(s->passive_drop, p->drop, p->drops_kept * sizeof(*p->drop));
		s->passive[s->passives].moment = s->passive_moment;
		s->passive[s->passives].drop = s->passive_drop;
	}
	s->passives++;
}

static inline void stream_on_lookup(void *arg, const struct lookup *l)
{
	struct stream *s = arg;

	if (s->lookups < STREAM_KEEP) {
		s->lookup[s->lookups] = *l;
		verdict_of_lookup(l, 100 * MS, &s->lookup_verdict[s->lookups]);
	}
	s->lookups++;
}

static inline struct stream *stream_new(void)
{
	struct stream *s = calloc(1, sizeof(*s));

	s->decoder = decoder_new();
	s->tracker = tracker_new(&(struct tracker_cfg){.arg = s,
		.on_attempt = stream_on_attempt,
		.on_lookup = stream_on_lookup,
		.on_passive = stream_on_passive});
	return s;
}

static inline void stream_free(struct stream *s)
{
	tracker_free(s->tracker);
	decoder_free(s->decoder);
	free(s);
}

/* Feeds REC, whose header it fills in. */
static inline void stream_put(
	struct stream *s, void *rec, enum rec_type type, size_t len, double ms)
{
	struct rec_hdr *hdr = rec;
	struct event ev;
	int n;

	*hdr = (struct rec_hdr){
		.type = type, .len = (__u16)len, .ts_ns = 1000 * MS + (__u64)(__s64)(ms * MS)};
	n = decoder_read(s->decoder, rec, len, &ev);
	if (n < 0)
		unit_fail(__FILE__, __LINE__, "record type %d is refused", type);
	if (n == 1 && tracker_feed(s->tracker, &ev))
		unit_fail(__FILE__, __LINE__, "record type %d is not taken", type);
}

#define PUT(s, ms, type, ...)                         \
 do {                                                 \
  __typeof__(__VA_ARGS__) put_rec = __VA_ARGS__;      \
  stream_put(s, &put_rec, type, sizeof(put_rec), ms); \
 } while (0)

static inline __u64 at_ms(double ms)
{
	return 1000 * MS + (__u64)(__s64)(ms * MS);
}

static inline struct rec_owner stream_owner(__u32 tgid)
{
	return (struct rec_owner){.tgid = tgid, .tid = tgid, .netns = 7, .comm = "client"};
}

static inline struct rec_tuple stream_tuple(const char *daddr, __u16 dport, __u16 sport)
{
	struct rec_tuple t = {.l4_proto = 6, .dport = htons(dport), .sport = htons(sport)};

	t.family = strchr(daddr, ':') ? 6 : 4;
	inet_pton(t.family == 6 ? AF_INET6 : AF_INET, daddr, t.daddr);
	inet_pton(t.family == 6 ? AF_INET6 : AF_INET, t.family == 6 ? "fd00::1" : "10.9.0.1",
		t.saddr);
	return t;
}

/* ---- the usual records; SK tells attempts apart ------------------------------------------- */

static inline void put_connect(
	struct stream *s, double ms, __u64 sk, const char *daddr, __u32 flags)
{
	PUT(s, ms, REC_CONNECT,
		(struct rec_connect){.sk = sk,
			.call_ts_ns = flags & CONNECT_IN_SYSCALL ? at_ms(ms - 0.01) : 0,
			.owner = stream_owner(42),
			.tuple = stream_tuple(daddr, 80, 0),
			.flags = flags});
}

static inline void put_syn(struct stream *s, double ms, __u64 sk, const char *daddr, __u32 nth,
	enum rec_syn_point point)
{
	PUT(s, ms, REC_SYN,
		(struct rec_syn){.sk = sk,
			.seq = 0x1a2b3c4d,
			.transmission = nth,
			.tuple = stream_tuple(daddr, 80, 40000),
			.dev = {.ifindex = 2, .netns = 7, .name = "eth0"},
			.point = point});
}

static inline void put_sent(struct stream *s, double ms, __u64 sk, const char *daddr, __u32 nth)
{
	put_syn(s, ms, sk, daddr, nth, SYN_QUEUE);
	put_syn(s, ms + 0.01, sk, daddr, nth, SYN_XMIT);
}

static inline void put_reply(struct stream *s, double ms, __u64 sk, __u32 flags)
{
	PUT(s, ms, REC_REPLY,
		(struct rec_reply){.sk = sk,
			.tcp_flags = flags,
			.dev = {.ifindex = 2, .netns = 7, .name = "eth0"}});
}

static inline void put_state(
	struct stream *s, double ms, __u64 sk, const char *daddr, int state, int sk_err)
{
	PUT(s, ms, REC_STATE,
		(struct rec_state){.sk = sk,
			.tuple = stream_tuple(daddr, 80, 40000),
			.old_state = 2,
			.new_state = (__u8)state,
			.sk_err = (__u16)sk_err});
}

static inline void put_return(struct stream *s, double ms, __u64 sk, int ret)
{
	PUT(s, ms, REC_RETURN,
		(struct rec_return){.sk = sk,
			.call_ts_ns = at_ms(0),
			.ret = ret,
			.flags = CONNECT_IN_SYSCALL,
			.owner = stream_owner(42),
			.tuple = stream_tuple("10.9.0.2", 80, 0)});
}

static inline void put_drop(
	struct stream *s, double ms, __u64 sk, enum rec_drop_packet packet, __u32 reason, __u32 nth)
{
	PUT(s, ms, REC_DROP,
		(struct rec_drop){.sk = sk,
			.location = 0xffffffff81000000,
			.reason = reason,
			.packet = packet,
			.tuple = stream_tuple("10.9.0.2", 80, 40000),
			.transmission = nth,
			.egress = packet == DROP_SYN});
}

static inline void put_stop(struct stream *s, double ms)
{
	PUT(s, ms, REC_STOP, (struct rec_hdr){0});
}

static inline void put_tick(struct stream *s, double ms)
{
	PUT(s, ms, REC_TICK, (struct rec_hdr){0});
}

static inline void put_names(struct stream *s)
{
	PUT(s, 0, REC_SYMBOL,
		(struct rec_symbol){.addr = 0xffffffff81000000, .name = "nf_hook_slow+0x5c"});
	PUT(s, 0, REC_REASON,
		(struct rec_reason){.code = 12, .subsys = "core", .name = "NETFILTER_DROP"});
	PUT(s, 0, REC_REASON,
		(struct rec_reason){.code = 3, .subsys = "core", .name = "NO_SOCKET"});
}

/* ---- what came of it ---------------------------------------------------------------------- */

static inline unsigned stream_moments(
	const struct moment *moments, unsigned kept, enum moment_kind at)
{
	unsigned n = 0;

	for (unsigned i = 0; i < kept; i++)
		n += moments[i].at == at;
	return n;
}

/* How many of that kind the attempt handed out last has. */
static inline unsigned attempt_moments(const struct stream *s, enum moment_kind at)
{
	return stream_moments(s->moment, s->attempt[s->attempts - 1].moments_kept, at);
}

#endif
