/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * connect.bpf.h - an attempt begins and ends: connect(2), SYN_SENT.
 *
 * sys_enter and sys_exit see every system call of the machine, so they return on one comparison
 * for all but connect(2), and sys_exit reads nothing unless some thread of ours is inside it.
 */
#ifndef PATHLAG_CONNECT_BPF_H
#define PATHLAG_CONNECT_BPF_H

#include "bpf/attempt.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/mark.bpf.h"
#include "bpf/passive.bpf.h"
#include "bpf/route.bpf.h"
#include "bpf/syscall.bpf.h"

#define O_NONBLOCK 04000

/* Between the two programs of an event a task may be preempted, and a guest by its host. */
#define TWINS_APART_NS 100000000

#define ENOBUFS       105
#define EPERM         1
#define EINTR         4
#define EAFNOSUPPORT  97
#define EADDRNOTAVAIL 99
#define EISCONN       106
#define EALREADY      114
#define EINPROGRESS   115
#define ERESTARTSYS   512

/* The caller's address, as IPv4 or IPv6; false for other families. Unreadable: family 0. */
static __always_inline bool call_target(struct call *c, const void *uaddr)
{
	__u8 raw[24] = {};
	__u16 family;

	if (bpf_probe_read_user(raw, 8, uaddr))
		return true;
	family = *(__u16 *)raw;
	c->dport = *(__u16 *)(raw + 2);
	if (family == AF_INET) {
		c->family = 4;
		__builtin_memcpy(c->daddr, raw + 4, 4);
		return true;
	}
	if (family != AF_INET6)
		return false;
	if (bpf_probe_read_user(c->daddr, 16, uaddr + 8))
		return true;
	c->family = 6;
	if (addr_is_mapped(c->daddr)) {
		addr_unmap(c->daddr);
		c->family = 4;
	}
	return true;
}

/* AGAIN, here and below: as a twin (twin.bpf.h). What the first program has begun a moment ago is
 * left as it is: nothing has happened to it yet. */
static __always_inline int call_begin(__u32 fd, const void *uaddr, bool again)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct call c = {}, *there;

	if (again) {
		there = bpf_map_lookup_elem(&pending, &tid);
		if (there && there->user_fd == fd && !there->sk && !there->routed &&
			bpf_ktime_get_ns() - there->ts_ns < TWINS_APART_NS)
			return 0;
	}
	if (!call_target(&c, uaddr))
		return 0;
	c.ts_ns = bpf_ktime_get_ns();
	c.user_fd = fd;
	/* up to Linux 6.3 it leaves the upper half of the register as it was */
	switch ((int)bpf_map_update_elem(&pending, &tid, &c, BPF_NOEXIST)) {
	case 0:
		__sync_fetch_and_add(&calls, 1);
		break;
	case -17: /* left over: its exit was not seen */
		bpf_map_update_elem(&pending, &tid, &c, BPF_EXIST);
		break;
	default:
		count_lost(LOST_SOCKET_MAP);
	}
	return 0;
}

SEC("raw_tp/sys_enter")
int on_sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (void *)ctx->args[0];
	struct task_struct *task;

	if (ctx->args[1] != NR_CONNECT || !armed || !scope_has_current())
		return 0;
	task = (void *)bpf_get_current_task();
	if (TASK_IS_COMPAT(task))
		return 0;
	return call_begin(SYSCALL_ARG1(regs), (void *)SYSCALL_ARG2(regs), false);
}

/* Did connect(2) fail for a reason of its own? Not when it only says how far an earlier one is. */
static __always_inline bool call_failed_here(const struct call *c, int err)
{
	switch (err) {
	case EALREADY:
	case EISCONN:
	case EINPROGRESS:
		return false;
	case EADDRNOTAVAIL:
	case EACCES:
	case EPERM:
	case EINVAL:
	case EAFNOSUPPORT:
	case ENOBUFS:
		return true;
	}
	return c->routed;
}

static __always_inline void return_emit(const struct call *c, int ret, __u32 netns, __u32 flags)
{
	struct rec_return *r = rec_start(REC_RETURN, sizeof(*r));

	if (!r)
		return;
	r->sk = c->sk;
	r->call_ts_ns = c->ts_ns;
	r->ret = ret == -ERESTARTSYS ? -EINTR : ret;
	r->flags = flags | CONNECT_IN_SYSCALL | (c->routed ? CONNECT_ROUTED : 0);
	r->route_err = c->route_err;
	r->route_table = c->route_table;
	owner_fill(&r->owner, netns);
	__builtin_memset(&r->tuple, 0, sizeof(r->tuple));
	__builtin_memcpy(r->tuple.daddr, c->daddr, 16);
	r->tuple.dport = c->dport;
	r->tuple.family = c->family;
	r->tuple.l4_proto = IPPROTO_TCP;
	rec_end(r);
}

static __always_inline void call_end(const struct call *c, int ret)
{
	__u32 netns, flags;
	struct file *file;
	struct sock *sk;
	__u16 protocol;

	if (c->sk) {
		return_emit(c, ret, c->netns, 0);
		return;
	}
	if (ret >= 0 || !call_failed_here(c, -ret))
		return;
	file = file_of_fd(c->user_fd);
	sk = sock_of_file(file);
	protocol = sk ? BPF_CORE_READ(sk, sk_protocol) : 0;
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP)
		return;
	netns = sk_netns(sk);
	if (!scope_has_netns(netns))
		return;
	flags = BPF_CORE_READ(file, f_flags) & O_NONBLOCK ? CONNECT_NONBLOCK : 0;
	if (protocol == IPPROTO_MPTCP)
		flags |= CONNECT_MPTCP;
	return_emit(c, ret, netns, flags);
}

static __always_inline int call_returns(int ret)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct call *c = bpf_map_lookup_elem(&pending, &tid);

	if (!c)
		return 0;
	if (armed) {
		attempt_settles((void *)c->sk);
		call_end(c, ret);
	}
	if (!bpf_map_delete_elem(&pending, &tid))
		__sync_fetch_and_add(&calls, -1);
	return 0;
}

static __always_inline int accept_returns(long ret)
{
	if (!opening || ret < 0 || TASK_IS_COMPAT((struct task_struct *)bpf_get_current_task()))
		return 0;
	return passive_accepted(sock_of_fd(ret));
}

SEC("raw_tp/sys_exit")
int on_sys_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (void *)ctx->args[0];

	if (!calls && !opening)
		return 0;
	switch (SYSCALL_NR(regs)) {
	case NR_CONNECT:
		return calls ? call_returns(ctx->args[1]) : 0;
	case NR_ACCEPT:
	case NR_ACCEPT4:
		return accept_returns(ctx->args[1]);
	}
	return 0;
}

/* ---- the state machine ---------------------------------------------------------------------- */

/* Only connect(2) says that somebody waits: io_uring begins connects that it does not wait for, and
 * sendmsg() has flags of its own. A Multipath TCP socket's subflow has no file at first. */
static __always_inline __u32 connect_blocking(const struct sock *sk, const struct call *c)
{
	struct file *file = c ? PEEK2(sock, sk, sk_socket, file) : NULL;

	if (c && !file)
		file = file_of_fd(c->user_fd);
	if (!file)
		return CONNECT_MAY_BLOCK;
	return PEEK(file, file, f_flags) & O_NONBLOCK ? CONNECT_NONBLOCK : 0;
}

/* Is it a subflow of a Multipath TCP connection? */
static __always_inline __u32 connect_multipath(const struct sock *sk)
{
	const struct tcp_sock *tp = (void *)sk;

	if (!bpf_core_field_exists(tp->is_mptcp))
		return 0;
	return BPF_CORE_READ(tp, is_mptcp) ? CONNECT_MPTCP : 0;
}

static __always_inline __u32 connect_fastopen(const struct sock *sk)
{
	const struct tcp_sock *tp = (const void *)sk;

	return PEEK(tcp_sock, tp, fastopen_req) ||
			       BPF_CORE_READ_BITFIELD_PROBED(tp, fastopen_connect)
		       ? CONNECT_FASTOPEN
		       : 0;
}

static __always_inline void connect_fill(struct rec_connect *r, const struct sock *sk,
	const struct rec_owner *owner, const struct call *c)
{
	r->sk = (__u64)sk;
	r->owner = *owner;
	sock_tuple(sk, &r->tuple);
	r->flags = connect_blocking(sk, c) | connect_fastopen(sk) | connect_multipath(sk);
	r->pad = 0;
	if (c) {
		r->call_ts_ns = c->ts_ns;
		r->flags |= CONNECT_IN_SYSCALL | (c->routed ? CONNECT_ROUTED : 0);
		r->route_table = c->route_table;
		r->route_ifindex = c->route_ifindex;
		r->route_err = c->route_err;
		r->route_family = c->route_family;
		__builtin_memcpy(r->route_gateway, c->route_gateway, 16);
	} else {
		r->call_ts_ns = 0;
		r->route_table = r->route_ifindex = r->route_family = 0;
		r->route_err = 0;
		__builtin_memset(r->route_gateway, 0, 16);
	}
}

/* The expression, asked about the socket: last, as it costs most. */
static __always_inline bool connect_matches(const struct sock *sk)
{
	struct rec_tuple t = {};

	if (!filter_on)
		return true;
	sock_tuple(sk, &t);
	return filter_tuple(&t);
}

/* Has the other program just begun it, in the same call? Else it is left over: its end was missed.
 */
static __always_inline bool attempt_is_new(
	const struct attempt *there, const struct call *c, __u64 sk)
{
	return twinned && !there->wire.family &&
	       there->owner.tid == (__u32)bpf_get_current_pid_tgid() && (!c || c->sk == sk);
}

/* False: it is known, or there is no room. */
static __always_inline bool attempt_put(
	const struct sock *sk, const struct attempt *a, const struct call *c)
{
	struct attempt *there = attempt_of(sk);
	__u64 key = (__u64)sk;

	if (there && attempt_is_new(there, c, key))
		return false;
	if (there)
		attempt_forget(sk, there);
	if (bpf_map_update_elem(&socks, &key, a, BPF_ANY)) {
		count_lost(LOST_SOCKET_MAP);
		return false;
	}
	__sync_fetch_and_add(&tracked, 1);
	return true;
}

static __always_inline bool attempt_wanted(const struct sock *sk)
{
	return scope_has_current() && scope_has_netns(sk_netns(sk)) && connect_matches(sk);
}

static __always_inline void attempt_begin(const struct sock *sk)
{
	struct attempt a = {};
	struct rec_connect *r;
	struct call *c;

	if (!armed)
		return;
	if (!attempt_wanted(sk)) {
		attempt_outdated(sk);
		return;
	}
	owner_fill(&a.owner, sk_netns(sk));
	c = call_current();
	if (!attempt_put(sk, &a, c))
		return;
	if (c) {
		c->sk = (__u64)sk;
		c->netns = a.owner.netns;
	}
	r = rec_start(REC_CONNECT, sizeof(*r));
	if (!r)
		return;
	connect_fill(r, sk, &a.owner, c);
	rec_end(r);
}

/* AGAIN: by a program of perf's kind (twin.bpf.h). */
static __always_inline int state_changes(
	void *ctx, const struct sock *sk, int old, int new, bool again)
{
	if (attempt_has_state(sk, old))
		return tracked && new != old
			       ? attempt_leaves(sk, old, new,
					 again ? stack_of_event(ctx) : address_of(ctx))
			       : 0;
	if (old == TCP_ESTABLISHED)
		attempt_was_missed(sk);
	/* An MPTCP socket reports its own states too, beside those of its TCP subflows. */
	if (new == TCP_SYN_SENT) {
		if (PEEK(sock, sk, sk_protocol) == IPPROTO_TCP)
			attempt_begin(sk);
		return 0;
	}
	return passive_state(sk, old, new);
}

SEC("raw_tp/inet_sock_set_state")
int on_set_state(struct bpf_raw_tracepoint_args *ctx)
{
	return state_changes(ctx, (void *)ctx->args[0], ctx->args[1], ctx->args[2], false);
}

#endif
