/* SPDX-License-Identifier: GPL-2.0-only */
/* hook_impl.h - what hook.c (the life of the layer) and hook_load.c (its programs) share. */
#ifndef PATHLAG_HOOK_IMPL_H
#define PATHLAG_HOOK_IMPL_H

#include "bpf/hook.h"
#include "bpf/cookie.h"
#include "bpf/hook_link.h"
#include "bpf/hook_program.h"

#include "bpf/function.skel.h"

#define TRACEPOINTS 12 /* packets come, leave and end, processes begin and end */

struct hooks {
	struct function_bpf *skel;
	struct ring_buffer *ring; /* NULL with the milestone layer: its ring is used */
	enum hook_backend backend;
	struct hooked *hooked; /* by number, as in rec_hop.func */
	size_t count;
	bool drops;
	bool functions;                 /* some were chosen */
	struct program_hooks *programs; /* NULL = none are traced */
	bool no_returns;
	bool no_late_returns; /* nor of functions that may wait: kernel_confuses_fprobes() */
	bool cookies;         /* each attachment carries one */
	struct fd_list links;
	struct bpf_link *tracepoint[TRACEPOINTS];
	struct filter_splice *splice;
	char **skipped;
	size_t skipped_count;
	probes_record_fn fn; /* of the poll under way */
	void *fn_ctx;
};

/* Each function is attached by itself. */
static inline bool is_single(const struct hooks *h)
{
	return h->backend == HOOK_FENTRY || h->backend == HOOK_KPROBE;
}

/* Opens, configures and loads the programs of h->backend for the functions in h->hooked. 0, or
 * -errno with ERR. */
int hooks_load(struct hooks *h, struct kernel *k, const struct hooks_cfg *cfg, struct errbuf *err);

#endif
