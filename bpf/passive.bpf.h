/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * passive.bpf.h - the other side of a connect: what a listening socket of this host does with a
 * SYN.
 *
 * A SYN is told when a listener in scope is there for it, or when a connect of ours sent it; that
 * is decided once, and what follows goes by `passives`. `opening` tells whether there is any: of
 * the packets, state changes and system calls of the host, only those that may belong to one pay.
 */
#ifndef PATHLAG_PASSIVE_BPF_H
#define PATHLAG_PASSIVE_BPF_H

#include "bpf/attempt.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/listen.bpf.h"
#include "bpf/settle.h"
#include "bpf/skb.bpf.h"

#define PASSIVES_MAX 16384

__u32 opening = 0; /* entries of `passives`, or more: what room is made of is not counted */

HASH_MAP(passives, BPF_MAP_TYPE_LRU_HASH, PASSIVES_MAX, struct passive_key, struct passive_open);

/* What is to be told, beside what the entry says. */
struct passive_news {
	__u64 sk;
	const struct net_device *dev;
	__u32 event;
	__u32 flags;
	__s32 err;
	__u32 accepted_here; /* the running process has it now */
};

/* ---- telling -------------------------------------------------------------------------------- */

static __always_inline void queue_fill(struct rec_passive *r, const void *listener)
{
	const struct inet_connection_sock *icsk = listener;
	const struct sock *sk = listener;

	r->accept_len = PEEK(sock, sk, sk_ack_backlog);
	r->accept_max = PEEK(sock, sk, sk_max_ack_backlog);
	r->syn_len = PEEK(inet_connection_sock, icsk, icsk_accept_queue.qlen.counter);
	r->drops = PEEK(sock, sk, sk_drops.counter);
	r->flags |= PASSIVE_QUEUE_KNOWN;
	if (PEEK(inet_connection_sock, icsk, icsk_accept_queue.rskq_defer_accept))
		r->flags |= PASSIVE_DEFERS;
}

static __always_inline void passive_owner(
	struct rec_passive *r, const struct listener *l, __u32 netns)
{
	if (l) {
		r->owner = l->owner;
		return;
	}
	__builtin_memset(&r->owner, 0, sizeof(r->owner));
	r->owner.netns = netns;
}

static __noinline int passive_emit(
	const struct passive_key *k, const struct passive_open *o, const struct passive_news *n)
{
	struct rec_passive *r;
	struct listener *l;

	if (!k || !o || !n)
		return 0;
	l = listener_of(o->listener);
	r = rec_start(REC_PASSIVE, sizeof(*r));
	if (!r)
		return 0;
	r->sk = n->sk;
	r->listener = o->listener;
	r->tuple = k->tuple;
	r->event = n->event;
	r->flags = o->flags | n->flags;
	r->isn = o->isn;
	r->err = n->err;
	r->accept_len = r->accept_max = r->syn_len = r->drops = 0;
	if (n->accepted_here)
		owner_fill(&r->owner, k->netns);
	else
		passive_owner(r, l, k->netns);
	if (l) /* else it is gone: its memory may be another's */
		queue_fill(r, (void *)o->listener);
	dev_fill(&r->dev, n->dev);
	rec_end(r);
	return done();
}

/* ---- known ones ------------------------------------------------------------------------------ */

/* Is it to be told? Its flags, or -1. */
static __noinline int passive_wanted(const struct passive_key *k, __u64 listener)
{
	struct listener *l = listener_of(listener);

	if (!k)
		return -1;
	if (l && l->in_scope && filter_tuple(&k->tuple))
		return 0;
	return tracked && sock_by_tuple(&k->tuple) ? PASSIVE_FOR_CLIENT : -1;
}

static __always_inline void passive_put(const struct passive_key *k, const struct passive_open *o)
{
	switch ((int)bpf_map_update_elem(&passives, k, o, BPF_NOEXIST)) {
	case 0:
		__sync_fetch_and_add(&opening, 1);
		return;
	case -17:
		bpf_map_update_elem(&passives, k, o, BPF_EXIST);
		return;
	}
	count_lost(LOST_SOCKET_MAP);
}

/* False: somebody else was faster. */
static __always_inline bool passive_forget(const struct passive_key *k)
{
	if (bpf_map_delete_elem(&passives, k))
		return false;
	__sync_fetch_and_add(&opening, -1);
	return true;
}

/* What the new socket SK came from: its own tuple, seen from the other end. */
static __always_inline struct passive_open *passive_of_sock(
	struct passive_key *k, const struct sock *sk)
{
	struct rec_tuple t;

	sock_tuple(sk, &t);
	tuple_reverse(&k->tuple, &t);
	k->netns = sk_netns(sk);
	k->pad = 0;
	return bpf_map_lookup_elem(&passives, k);
}

/* ---- the new socket -------------------------------------------------------------------------- */

static __noinline int passive_established(const struct sock *sk)
{
	struct passive_news n = {.event = PASSIVE_ESTABLISHED, .sk = (__u64)sk};
	struct passive_key k;
	struct passive_open *there = passive_of_sock(&k, sk);

	if (!there || there->established)
		return 0;
	there->established = 1;
	return passive_emit(&k, there, &n);
}

/*
 * Is a socket that leaves state OLD what came of THERE? Two ACKs at the same time make two, of
 * which one goes at once. And before it stands there may be an older one, which the client has
 * forgotten: its port is free again after a second (net.ipv4.tcp_tw_reuse), and a RST makes room
 * for it here.
 */
static __always_inline bool passive_is_child(const struct passive_open *there, int old)
{
	return there->flags & PASSIVE_FASTOPEN || (there->established && old != TCP_SYN_RECV);
}

/* It ends, accepted in a way that is not observed, or by nobody. */
static __noinline int passive_closed(const struct sock *sk, int old)
{
	struct passive_news n = {.event = PASSIVE_CLOSED, .sk = (__u64)sk};
	struct passive_key k;
	struct passive_open *there = passive_of_sock(&k, sk), was;

	if (!there || !passive_is_child(there, old))
		return 0;
	if (PEEK(sock, sk, sk_socket))
		n.flags = PASSIVE_TAKEN;
	was = *there;
	if (!passive_forget(&k))
		return 0;
	n.err = PEEK(sock, sk, sk_err);
	return passive_emit(&k, &was, &n);
}

/* Any change of state but those of connecting sockets. */
static __always_inline int passive_state(const struct sock *sk, int old, int new)
{
	if (new == TCP_LISTEN) {
		attempt_outdated(sk);
		return PEEK(sock, sk, sk_protocol) == IPPROTO_TCP ? listener_begins(sk) : 0;
	}
	if (old == TCP_LISTEN && new != TCP_SYN_RECV)
		return listener_drop((__u64)sk);
	if (old == TCP_LISTEN) /* a child is made as its copy */
		attempt_outdated(sk);
	if (!opening)
		return 0;
	/* Not CLOSE_WAIT: accept() may be about to return what the client has closed. */
	switch (new) {
	case TCP_ESTABLISHED:
		return passive_established(sk);
	case TCP_CLOSE:
	case TCP_FIN_WAIT1:
	case TCP_LAST_ACK:
		return passive_closed(sk, old);
	}
	return 0;
}

/* accept() has returned SK to the running process. */
static __noinline int passive_accepted(const struct sock *sk)
{
	struct passive_news n = {.event = PASSIVE_ACCEPT, .sk = (__u64)sk, .accepted_here = 1};
	struct passive_key k;
	struct passive_open *there, was;

	if (!sk)
		return 0;
	there = passive_of_sock(&k, sk);
	if (!there)
		return 0;
	was = *there;
	return passive_forget(&k) ? passive_emit(&k, &was, &n) : 0;
}

#endif
