/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layer.h - the function layer of a run: whether it is there, by which backend, which functions;
 * and what is said about it on stderr.
 *
 * `trace` is nothing without it. In `connect` it comes along by itself where it costs little: the
 * run is about some processes or an expression, and kprobe.session or kprobe.multi works. Then it
 * is also quietly left out where it does not work.
 *
 * BPF programs of the host are traced by the same programs of ours (layer_programs.c). Where nobody
 * has asked for functions, those are loaded when the first program to trace is there.
 */
#ifndef PATHLAG_LAYER_H
#define PATHLAG_LAYER_H

#include "bpf/hook.h"
#include "cmd/opts.h"

struct layer {
	struct functions *functions; /* NULL = none are traced */
	struct hooks *hooks;         /* NULL = neither functions nor programs so far */
	bool optional;               /* nobody asked for it */
	/* BPF programs */
	bool programs; /* they are traced as soon as there are any */
	bool armed;
	__u32 newest; /* program that was there when they were last looked for */
	uint64_t looked_ns;
	size_t skipped; /* told of so far */
	struct kernel *kernel;
	const struct opts *opts;
	struct hooks_cfg cfg;
};

/*
 * Finds the backend, chooses the functions, loads. CFG brings what the run gives to the layer
 * (probes, scope, pids, filter, ifindex, log); the rest is filled in here, from O. 0, also without
 * a layer; -EINVAL where --functions or --context name nothing; -ENOTSUP or -EPERM with ERR.
 */
int layer_open(struct layer *l, struct kernel *k, const struct opts *o, struct hooks_cfg *cfg,
	struct errbuf *err);

/* Attaches, which takes long where it is done one by one. */
int layer_arm(struct layer *l, const struct opts *o, struct errbuf *err);

/* Armed: call it with every poll. Programs that were loaded in the meantime are traced, too. */
void layer_watch(struct layer *l);

void layer_done(struct layer *l);

#endif
