/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layer.h - the function layer of a run: whether it is there, by which backend, which functions;
 * and what is said about it on stderr.
 *
 * `trace` is nothing without it. In `connect` it comes along by itself where it costs little: the
 * run is about some processes or an expression, and kprobe.session or kprobe.multi works. Then it
 * is also quietly left out where it does not work.
 */
#ifndef PATHLAG_LAYER_H
#define PATHLAG_LAYER_H

#include "bpf/hook.h"
#include "cmd/opts.h"

struct layer {
	struct functions *functions;
	struct hooks *hooks; /* NULL = no function layer in this run */
	bool optional;       /* nobody asked for it */
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

void layer_done(struct layer *l);

#endif
