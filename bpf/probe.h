/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * probe.h - the milestone layer's life: load, arm, poll, disarm.
 *
 *	probes_open()    load what this kernel supports; nothing runs yet
 *	probes_follow()  add a process to the scope, any time
 *	probes_arm()     attach everything, then let it record: one store, so no half-seen attempts
 *	probes_poll()    deliver records, until done
 *	probes_disarm()  nothing is recorded any more; then poll for what is still in the ring
 *	probes_free()    detach, which takes the kernel 0.2 s where there are uprobes
 *
 * Records of different CPUs arrive nearly in the order of their ts_ns, not exactly: the reader
 * sorts. One thread at a time. A probe that cannot be attached is counted and named, never fatal;
 * only a missing privilege or BTF is.
 *
 * What can be missed: the kernel skips a program that is under way on that CPU. Where programs can
 * be preempted there are twins (twin.h) of those that a connect depends on; probes_missed() tells
 * what may have been missed all the same.
 */
#ifndef PATHLAG_PROBE_H
#define PATHLAG_PROBE_H

#include <bpf/libbpf.h>
#include "bpf/base.h"
#include "bpf/record.h"
#include "bpf/kernel.h"
#include "filters/filter.h"
#include "filters/scope.h"

struct probes;

struct probes_cfg {
	const struct scope *scope;     /* NULL = everything */
	const struct scope_pids *pids; /* the first members of scope.by_pid; may be NULL */
	const struct filter *filter; /* which sockets; NULL = all. Must stay until probes_free() */
	bool no_getaddrinfo;         /* leave the uprobes out */
	bool no_accept;        /* of SYNs to listeners here tell only those of connects in scope */
	size_t ring_bytes;     /* 0 = 8 MiB; rounded up to a power of two */
	libbpf_print_fn_t log; /* libbpf's own messages; NULL = silent. Process-wide. */
};

/* -EPERM without privilege, -ENOTSUP where the kernel lacks what all of this rests on. K must stay
 * until probes_free(). */
int probes_open(
	struct probes **ret, struct kernel *k, const struct probes_cfg *cfg, struct errbuf *err);

/* Makes OTHER, opened but not loaded, use the same ring, sockets and processes: the maps that both
 * have. 0 or -errno. */
int probes_share(const struct probes *p, struct bpf_object *other);

/* Puts PID, a process id, into scope.by_pid's set. */
int probes_follow(struct probes *p, __u32 pid);

int probes_arm(struct probes *p, struct errbuf *err);

typedef int (*probes_record_fn)(void *ctx, const void *rec, size_t len);

/*
 * Waits up to TIMEOUT_MS for the ring to fill up to a quarter, then hands over all there is; call
 * it every 50 ms or so. 0 = do not wait. A negative return of FN ends it and is returned. Returns
 * the number of records, -EINTR on a signal.
 */
int probes_poll(struct probes *p, int timeout_ms, probes_record_fn fn, void *ctx);

/* Readable (for poll or epoll) when the ring is a quarter full. */
int probes_fd(const struct probes *p);

/* Records and map entries that found no room since the start, by enum rec_lost_where. */
void probes_lost(const struct probes *p, uint64_t counts[LOST_KINDS]);

/*
 * Events that no program of ours was run for, because the kernel skips a program that is under way
 * on that CPU: at most so many. Those of this layer only; at the end, as asking costs a system call
 * a program. See twin.h for what keeps it at 0 where programs are preempted.
 */
uint64_t probes_missed(const struct probes *p);

size_t probes_attached(const struct probes *p);
size_t probes_skipped(const struct probes *p);

/* Name of the I-th skipped probe and why; NULL past the end. Lives as long as P. */
const char *probes_skipped_name(const struct probes *p, size_t i);

void probes_disarm(struct probes *p);
void probes_free(struct probes *p);
void probes_freep(struct probes **p);

#endif
