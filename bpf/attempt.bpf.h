/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attempt.bpf.h - an attempt ends: its socket leaves SYN_SENT, or is found to have left it.
 *
 * The kernel skips a program where it would interrupt itself (since 6.1), so of many connects that
 * end in one interrupt none may be seen to, if that interrupt came while on_set_state ran. And
 * there are machines where now and then no tracepoint at all is reached for the length of an
 * interrupt (seen on a 6.18 guest: the timer's, up to the whole handshake). What follows the end
 * tells it instead: the handshake's last ACK, data that is sent, the error that is reported, the
 * return of connect(), the socket's next state. A socket of which nothing tells so, and whose
 * memory begins a new life, is forgotten.
 */
#ifndef PATHLAG_ATTEMPT_BPF_H
#define PATHLAG_ATTEMPT_BPF_H

#include "bpf/dns.bpf.h"

static __always_inline void attempt_forget(const struct sock *sk, const struct attempt *a)
{
	__u64 key = (__u64)sk;

	if (a->wire.family)
		bpf_map_delete_elem(&tuples, &a->wire);
	if (!bpf_map_delete_elem(&socks, &key))
		__sync_fetch_and_add(&tracked, -1);
}

/* SK begins anew: what is known of it is another's, whose end was missed. */
static __always_inline void attempt_outdated(const struct sock *sk)
{
	struct attempt *a = tracked ? attempt_of(sk) : NULL;

	if (a)
		attempt_forget(sk, a);
}

static __always_inline bool is_opening(int state)
{
	return state == TCP_SYN_SENT || state == TCP_SYN_RECV;
}

/* A packet of its handshake goes on now: tell if that is in the system call of another process.
 * HERE: an address on the stack in use; 0 = not to be asked. */
static __always_inline void reinject_emit(
	const struct sock *sk, const struct attempt *a, bool answer, __u64 here)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct rec_reinject *r;

	if (!here || tgid == a->owner.tgid || !in_process_at(here))
		return;
	r = rec_start(REC_REINJECT, sizeof(*r));
	if (!r)
		return;
	r->sk = (__u64)sk;
	owner_fill(&r->by, task_netns());
	r->answer = answer;
	r->pad = 0;
	rec_end(r);
}

/* HERE: an address on the stack in use, which tells who closed it without an error. */
static __noinline int attempt_leaves(const struct sock *sk, int old, int new, __u64 here)
{
	struct attempt *a = attempt_of(sk);
	struct rec_state *r;
	__u32 sent;

	if (!a)
		return 0;
	if (new == TCP_SYN_RECV) {
		if (a->crossed)
			return 0;
		a->crossed = 1;
	}
	if (new == TCP_ESTABLISHED)
		reinject_emit(sk, a, true, here);
	r = rec_start(REC_STATE, sizeof(*r));
	if (r) {
		r->sk = (__u64)sk;
		sock_tuple(sk, &r->tuple);
		r->old_state = old;
		r->new_state = new;
		r->sk_err = PEEK(sock, sk, sk_err);
		r->sk_err_soft = PEEK(sock, sk, sk_err_soft);
		r->flags = 0;
		if (new == TCP_CLOSE && !r->sk_err && !in_process_at(here))
			r->flags = STATE_UNASKED;
		sent = sock_transmission(sk);
		r->transmission = sent < 255 ? sent : 255;
		rec_end(r);
	}
	if (new == TCP_SYN_RECV)
		return done();
	if (new == TCP_ESTABLISHED)
		dns_stream(sk, a);
	attempt_forget(sk, a);
	return done();
}

/* SK is connected, or has been: if that was not seen, it is told now. */
static __always_inline void attempt_was_missed(const struct sock *sk)
{
	if (tracked)
		RUN(attempt_leaves(sk, TCP_SYN_SENT, TCP_ESTABLISHED, 0));
}

/* connect() returns: is that the end of it? Where it has failed, the reader takes that from the
 * return itself. SK may be NULL. */
static __always_inline void attempt_settles(const struct sock *sk)
{
	int state = tracked && sk ? PEEK(sock, sk, __sk_common.skc_state) : TCP_SYN_SENT;

	if (state == TCP_CLOSE)
		attempt_outdated(sk);
	else if (!is_opening(state))
		attempt_was_missed(sk);
}

/* SYN_SENT or, where the SYNs of both ends have crossed, SYN_RECV: that of new sockets of listening
 * ones is another matter. */
static __always_inline bool attempt_has_state(const struct sock *sk, int state)
{
	return state == TCP_SYN_SENT || (state == TCP_SYN_RECV && tracked && attempt_of(sk));
}

#endif
