/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * seed.bpf.h - sockets that were there before tracing began: who listens, who is connecting.
 *
 * A program that is attached to nothing: the loader runs it (BPF_PROG_TEST_RUN) until it says that
 * it is through (seed.h). It walks the kernel's list of tasks from our own round to it again, and
 * the files of each. Tracing is on by then, so what begins now is seen twice rather than never; the
 * maps tell. A task that ends while the walk stands at it leads nowhere: then it begins anew.
 *
 * Functions that are not static are verified once, not once more for each place in a loop.
 */
#ifndef PATHLAG_SEED_BPF_H
#define PATHLAG_SEED_BPF_H

#include "bpf/connect.bpf.h"
#include "bpf/seed.h"

#define SEED_STEPS 64

/* Types of the kernel that only this reads: see vmlinux.h. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	unsigned int val;
} kuid_t;

struct cred {
	kuid_t uid;
};

struct mptcp_sock {
	struct sock *first;
};

#pragma clang attribute pop

struct seed_cursor seed_at = {};

static __always_inline void owner_of_task(
	struct rec_owner *o, const struct task_struct *task, __u32 netns)
{
	o->tgid = o->tid = PEEK(task_struct, task, tgid);
	o->netns = netns;
	o->uid = BPF_CORE_READ(task, cred, uid.val);
	o->cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	comm_read(o->comm, task);
}

/* ---- what is found --------------------------------------------------------------------------- */

static __noinline int seed_listener(const struct task_struct *task, const struct sock *sk)
{
	__u32 netns = sk_netns(sk);
	struct listener l = {};

	owner_of_task(&l.owner, task, netns);
	port_of(sk, netns, &l.at);
	l.in_scope = !no_accept && scope_has_netns(netns) && scope_has(task, l.owner.tgid);
	listener_put(sk, &l);
	if (PEEK(sock, sk, __sk_common.skc_state) != TCP_LISTEN) /* any more */
		RUN(listener_drop((__u64)sk));
	return done();
}

/*
 * The record is begun before the entry is made, so it is older than what the entry lets others
 * tell. It is dropped again where that came too late: the socket has gone on.
 */
static __noinline int seed_attempt(const struct task_struct *task, const struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct attempt a = {};
	struct rec_connect *r;
	__u32 netns = sk_netns(sk);
	int err;

	owner_of_task(&a.owner, task, netns);
	if (!scope_has_netns(netns) || !scope_has(task, a.owner.tgid) || !connect_matches(sk))
		return 0;
	sock_tuple(sk, &a.wire);
	if (!a.wire.sport)
		a.wire.family = 0;
	r = rec_start(REC_CONNECT, sizeof(*r));
	if (!r)
		return 0;
	connect_fill(r, sk, &a.owner, NULL);
	r->flags |= CONNECT_SEEDED;
	err = (int)bpf_map_update_elem(&socks, &key, &a, BPF_NOEXIST);
	if (err) {
		bpf_ringbuf_discard(r, 0);
		if (err != -17) /* else it is known */
			count_lost(LOST_SOCKET_MAP);
		return 0;
	}
	__sync_fetch_and_add(&tracked, 1);
	if (a.wire.family)
		bpf_map_update_elem(&tuples, &a.wire, &key, BPF_ANY);
	if (PEEK(sock, sk, __sk_common.skc_state) == TCP_SYN_SENT) {
		rec_end(r);
		return done();
	}
	bpf_ringbuf_discard(r, 0);
	attempt_forget(sk, &a);
	return done();
}

/* ---- the walk ---------------------------------------------------------------------------------
 */

static __always_inline const struct sock *seed_sock(const struct file *file)
{
	const struct socket *sock = PEEK(file, file, private_data);
	const struct sock *sk;

	if (!sock || PEEK(socket, sock, file) != file)
		return NULL; /* something else */
	sk = PEEK(socket, sock, sk);
	/* Linux before 5.11 has no type information of it. */
	if (sk && bpf_core_field_exists(struct mptcp_sock, first) &&
		PEEK(sock, sk, sk_protocol) == IPPROTO_MPTCP)
		sk = (void *)BPF_CORE_READ((const struct mptcp_sock *)sk, first);
	return sk;
}

/* SEED_MORE always. */
__noinline int seed_file(__u64 at, __u64 of)
{
	const struct task_struct *task = (void *)of;
	struct sock_head h = {};
	const struct sock *sk;

	sk = seed_sock((void *)at);
	if (!sk || PEEK(sock, sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	sock_head_read(sk, &h);
	if (h.family != AF_INET && h.family != AF_INET6)
		return 0;
	if (h.state == TCP_LISTEN)
		return seed_listener(task, sk);
	return h.state == TCP_SYN_SENT ? seed_attempt(task, sk) : 0;
}

/* Is the task still one of the list, and the one it was? */
static __always_inline bool seed_stands(const struct task_struct *task)
{
	const struct list_head *link = BPF_CORE_READ(task, tasks.prev);

	return BPF_CORE_READ(task, tgid) == (int)seed_at.tgid &&
	       BPF_CORE_READ(link, next) == &task->tasks;
}

static __always_inline int seed_go_on(const struct task_struct *task)
{
	const void *next;

	if (!seed_stands(task)) {
		seed_at.task = 0;
		return SEED_LOST;
	}
	next = BPF_CORE_READ(task, tasks.next);
	task = next - bpf_core_field_offset(struct task_struct, tasks);
	if ((__u64)task == seed_at.first)
		return SEED_DONE;
	seed_at.task = (__u64)task;
	seed_at.tgid = BPF_CORE_READ(task, tgid);
	seed_at.base = seed_at.open = 0;
	return SEED_MORE;
}

static __always_inline void seed_begin(void)
{
	struct task_struct *self = (void *)bpf_get_current_task();
	struct task_struct *task = BPF_CORE_READ(self, group_leader);

	seed_at.first = seed_at.task = (__u64)task;
	seed_at.tgid = BPF_CORE_READ(task, tgid);
	seed_at.base = seed_at.open = 0;
}

/* Number of the lowest bit set; there is one. */
static __always_inline __u32 lowest_bit(__u64 bits)
{
	__u32 n = 0;

	for (__u32 half = 32; half; half /= 2) {
		if (bits << (64 - half))
			continue;
		bits >>= half;
		n += half;
	}
	return n;
}

/* The next descriptors of the task, or on to the next task. */
static __always_inline int seed_load(const struct task_struct *task, const struct fdtable *fdt)
{
	unsigned long *words = BPF_CORE_READ(fdt, open_fds);

	if (!fdt || BPF_CORE_READ(task, flags) & PF_KTHREAD ||
		seed_at.base >= BPF_CORE_READ(fdt, max_fds))
		return seed_go_on(task);
	bpf_probe_read_kernel(&seed_at.open, sizeof(seed_at.open), words + seed_at.base / 64);
	seed_at.base += 64;
	return SEED_MORE;
}

/* One descriptor. */
__noinline int seed_step(void)
{
	struct task_struct *task = (void *)seed_at.task;
	struct fdtable *fdt = BPF_CORE_READ(task, files, fdt);
	struct file **files, *file = NULL;
	__u32 bit;

	if (!seed_at.open)
		return seed_load(task, fdt);
	bit = lowest_bit(seed_at.open);
	seed_at.open &= seed_at.open - 1;
	files = BPF_CORE_READ(fdt, fd);
	bpf_probe_read_kernel(&file, sizeof(file), files + seed_at.base - 64 + bit);
	return file ? seed_file((__u64)file, (__u64)task) : SEED_MORE;
}

SEC("raw_tp")
int seed(void *ctx)
{
	int res = SEED_MORE;

	if (!seed_at.task)
		seed_begin();
	else if (!seed_stands((void *)seed_at.task))
		seed_at.task = 0;
	if (!seed_at.task)
		return SEED_LOST;
	for (int i = 0; i < SEED_STEPS && res == SEED_MORE; i++)
		res = seed_step();
	return res;
}

#endif
