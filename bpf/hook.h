/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hook.h - the function layer's life: choose a mechanism, load, attach, follow packets.
 *
 *	hooks_open()   load the programs of one backend
 *	hooks_arm()    attach to every chosen function, then let them record
 *	hooks_poll()   deliver records; only where the layer stands alone (no probes in the config)
 *	hooks_disarm(), hooks_free()
 *
 * In `connect` it writes into the milestone layer's ring and follows the sockets that layer follows
 * (cfg.probes); alone, in `trace`, it decides by filter and scope itself. A function that cannot be
 * attached is counted and named, never fatal.
 */
#ifndef PATHLAG_HOOK_H
#define PATHLAG_HOOK_H

#include "bpf/functions.h"
#include "bpf/kernel.h"
#include "bpf/probe.h"
#include "bpf/programs.h"
#include "filters/filter.h"
#include "filters/scope.h"

struct hooks;

enum hook_backend {
	HOOK_AUTO,    /* the user leaves the choice to us */
	HOOK_SESSION, /* kprobe.session: entry and return in one link (Linux 6.10) */
	HOOK_MULTI,  /* kprobe.multi, one link for entries and one for returns (5.18, CONFIG_FPROBE)
		      */
	HOOK_KPROBE, /* perf kprobe and kretprobe, one pair a function */
	HOOK_FENTRY, /* fentry and fexit, one pair a function: a program each */
	HOOK_BACKENDS
};
const char *hook_backend_name(enum hook_backend b); /* "kprobe.session", as in JSON's meta */
int hook_backend_of(
	const char *name, enum hook_backend *ret); /* "auto", "session", ... or -EINVAL */

/* More single attachments than this take minutes: HOOK_FENTRY and HOOK_KPROBE warn beyond it. */
#define HOOK_SLOW_MANY 150

struct hooks_cfg {
	bool drops;    /* `drops`: no functions (and no backend): what this host drops, by
			* dropped.bpf.h
			*/
	bool programs; /* BPF programs of the host, too, as far as the kernel lets them be traced */
	struct functions *functions;   /* chosen; hooks_open() resolves them as the backend needs;
					* NULL = none, and no backend */
	enum hook_backend backend;     /* one that hook_backend_try() finds working */
	struct probes *probes;         /* connect: share its ring and sockets; NULL = alone */
	const struct scope *scope;     /* alone: NULL = everything */
	const struct scope_pids *pids; /* alone */
	const struct filter *filter;   /* alone; NULL = all. Must stay until hooks_free() */
	__u32 ifindex;                 /* alone: only packets on this device; 0 = all */
	bool no_returns;               /* entries only: cheaper */
	bool no_follow;    /* judge each function's packet anew: what NAT has changed is lost */
	bool stacks;       /* a stack trace with each entry */
	size_t ring_bytes; /* alone; 0 = 8 MiB */
	libbpf_print_fn_t log;
};

/* -EPERM without privilege; else what the kernel says to the programs, in ERR. */
int hooks_open(
	struct hooks **ret, struct kernel *k, const struct hooks_cfg *cfg, struct errbuf *err);

/* Can BACKEND be used on this kernel? Attaches to one rarely called function, for real. 0 or
 * -errno. Loading proves nothing: 5.10 and 6.1 load kprobe.multi programs and refuse the link. */
int hook_backend_try(enum hook_backend backend);

enum hook_backend hooks_backend(const struct hooks *h); /* never HOOK_AUTO after hooks_open() */

int hooks_arm(struct hooks *h, struct errbuf *err);

/* As probes_poll(), probes_fd(), probes_lost() and probes_missed(); with cfg.probes it is those
 * that are used. */
int hooks_poll(struct hooks *h, int timeout_ms, probes_record_fn fn, void *ctx);
int hooks_fd(const struct hooks *h);
void hooks_lost(const struct hooks *h, uint64_t counts[LOST_KINDS]);
uint64_t hooks_missed(const struct hooks *h);

/* The function with that id in rec_hop.func, to write its REC_FUNC; NULL = none. FLAGS: enum
 * rec_func_flags. */
const struct function *hooks_function(const struct hooks *h, __u32 id, __u32 *flags);

/* Likewise the program. */
const struct program *hooks_program(const struct hooks *h, __u32 id);

/* Traces the programs that have been loaded since the last time; how many. hooks_arm() does it
 * first, then it is to be called now and then: one system call where there is nothing new. */
size_t hooks_scan(struct hooks *h);

size_t hooks_attached(const struct hooks *h); /* functions; in `drops` tracepoints */
size_t hooks_programs(const struct hooks *h); /* programs traced */
size_t hooks_skipped(const struct hooks *h);
const char *hooks_skipped_name(const struct hooks *h, size_t i); /* and why; NULL past the end */

int hooks_follow(struct hooks *h, __u32 pid); /* alone: into scope.by_pid's set */

void hooks_disarm(struct hooks *h);
void hooks_free(struct hooks *h);
void hooks_freep(struct hooks **h);

#endif
