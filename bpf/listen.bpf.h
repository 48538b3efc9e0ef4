/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * listen.bpf.h - the sockets of this host that listen: whose they are, and which one a SYN is for.
 *
 * Known from the moment they listen, or found when tracing begins (seed.bpf.h). Those out of scope
 * are kept too: a connect of ours may lead to one. `listening` tells that there are some in scope,
 * and so whether SYNs of others are of interest at all.
 */
#ifndef PATHLAG_LISTEN_BPF_H
#define PATHLAG_LISTEN_BPF_H

#include "bpf/sock.bpf.h"

#define LISTENERS_MAX 16384

const volatile bool no_accept = false; /* SYNs of others are not told for their own sake */

__u32 listening = 0; /* listeners in scope */

/* Where a socket listens. IPv4 as IPv4-mapped IPv6; any address: of IPv4 ::ffff:0.0.0.0, of IPv6
 * and of both :: */
struct port_key {
	__u8 addr[16];
	__u32 netns;
	__u16 port; /* network order */
	__u16 pad;
};

struct port {
	__u64 sk;    /* one of them; 0 = it is gone, the others are not known by this */
	__u32 count; /* sockets that listen here: SO_REUSEPORT */
	__u32 v6only;
};

struct listener {
	struct rec_owner owner;
	struct port_key at;
	__u32 in_scope;
	__u32 pad;
};

HASH_MAP(listeners, BPF_MAP_TYPE_HASH, LISTENERS_MAX, __u64, struct listener);
HASH_MAP(ports, BPF_MAP_TYPE_HASH, LISTENERS_MAX, struct port_key, struct port);

static __always_inline void addr_map(__u8 *addr, __be32 v4)
{
	__u32 *a = (void *)addr;

	a[0] = a[1] = 0;
	a[2] = bpf_htonl(0xffff);
	a[3] = v4;
}

static __always_inline bool sock_v6only(const struct sock *sk)
{
	const struct sock_common *skc = (void *)sk;

	return BPF_CORE_READ_BITFIELD_PROBED(skc, skc_ipv6only);
}

static __always_inline void port_of(const struct sock *sk, __u32 netns, struct port_key *at)
{
	struct sock_head h = {};

	sock_head_read(sk, &h);
	if (h.family == AF_INET6)
		BPF_CORE_READ_INTO(&at->addr, sk, __sk_common.skc_v6_rcv_saddr);
	else
		addr_map(at->addr, h.saddr);
	at->netns = netns;
	at->port = bpf_htons(BPF_CORE_READ(sk, __sk_common.skc_num));
	at->pad = 0;
}

static __always_inline struct listener *listener_of(__u64 sk)
{
	return sk ? bpf_map_lookup_elem(&listeners, &sk) : NULL;
}

static __always_inline void port_put(const struct sock *sk, const struct port_key *at)
{
	struct port p = {.sk = (__u64)sk, .count = 1, .v6only = sock_v6only(sk)}, *there;

	switch ((int)bpf_map_update_elem(&ports, at, &p, BPF_NOEXIST)) {
	case 0:
		return;
	case -17:
		there = bpf_map_lookup_elem(&ports, at);
		if (!there)
			return;
		__sync_fetch_and_add(&there->count, 1);
		if (!there->sk)
			there->sk = (__u64)sk;
		return;
	}
	count_lost(LOST_SOCKET_MAP);
}

static __always_inline void port_drop(__u64 sk, const struct port_key *at)
{
	struct port *there = bpf_map_lookup_elem(&ports, at);

	if (!there)
		return;
	if (there->count <= 1) {
		bpf_map_delete_elem(&ports, at);
		return;
	}
	__sync_fetch_and_add(&there->count, -1);
	if (there->sk == sk)
		there->sk = 0;
}

/* Of several sockets that listen there the one that was known is gone; this one is not. */
static __always_inline void port_mend(__u64 sk)
{
	struct listener *l = listener_of(sk);
	struct port *there = l ? bpf_map_lookup_elem(&ports, &l->at) : NULL;

	if (there && !there->sk)
		there->sk = sk;
}

/* It does not listen any more. */
static __noinline int listener_drop(__u64 sk)
{
	struct listener *there = listener_of(sk), was;

	if (!there)
		return 0;
	was = *there;
	if (bpf_map_delete_elem(&listeners, &sk))
		return 0;
	if (was.in_scope)
		__sync_fetch_and_add(&listening, -1);
	port_drop(sk, &was.at);
	return done();
}

/* L is complete. One that is there already is known: by a twin's first program, from another
 * process that has it too, or left over from a socket whose end was not seen. */
static __always_inline void listener_put(const struct sock *sk, const struct listener *l)
{
	__u64 key = (__u64)sk;
	struct listener *there = listener_of(key);

	if (there && (!addr_same(there->at.addr, l->at.addr) || there->at.port != l->at.port ||
			     there->at.netns != l->at.netns)) {
		listener_drop(key);
		there = NULL;
	}
	if (there) {
		if (l->in_scope && !there->in_scope) {
			there->owner = l->owner;
			there->in_scope = 1;
			__sync_fetch_and_add(&listening, 1);
		}
		return;
	}
	switch ((int)bpf_map_update_elem(&listeners, &key, l, BPF_NOEXIST)) {
	case 0:
		if (l->in_scope)
			__sync_fetch_and_add(&listening, 1);
		port_put(sk, &l->at);
		return;
	case -17: /* put at this very moment */
		return;
	}
	count_lost(LOST_SOCKET_MAP);
}

/* In the process that calls listen(). */
static __noinline int listener_begins(const struct sock *sk)
{
	__u32 netns = sk_netns(sk);
	struct listener l = {};

	if (!armed)
		return 0;
	owner_fill(&l.owner, netns);
	port_of(sk, netns, &l.at);
	l.in_scope = !no_accept && scope_has_netns(netns) && scope_has_current();
	listener_put(sk, &l);
	return done();
}

/* Who listens for a SYN with this tuple; NULL = nobody, or nobody that is known. */
static __always_inline struct port *port_for(const struct rec_tuple *t, __u32 netns)
{
	struct port_key k = {.netns = netns, .port = t->dport};
	struct port *there;

	if (t->family == 4)
		addr_map(k.addr, *(__u32 *)t->daddr);
	else
		__builtin_memcpy(k.addr, t->daddr, 16);
	there = bpf_map_lookup_elem(&ports, &k);
	if (there)
		return there;
	if (t->family == 4) {
		addr_map(k.addr, 0);
		there = bpf_map_lookup_elem(&ports, &k);
		if (there)
			return there;
	}
	__builtin_memset(k.addr, 0, 16);
	there = bpf_map_lookup_elem(&ports, &k);
	return there && there->v6only && t->family == 4 ? NULL : there;
}

#endif
