/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source.h - where the records of a live run come from: the milestone layer, the function layer, or
 * both behind one ring, opened for what the options ask.
 *
 *	source_open()    load; nothing runs yet
 *	source_arm()     attach, then let it record
 *	source_poll()    deliver records, until done
 *	source_disarm()  nothing is recorded any more; poll for what is left
 *	source_free()    detach
 */
#ifndef PATHLAG_SOURCE_H
#define PATHLAG_SOURCE_H

#include <sys/types.h>

#include "bpf/hook.h"
#include "bpf/probe.h"
#include "cmd/opts.h"

struct source;

/* What the options name must exist, else -EINVAL. CHILD: the command to watch, 0 = none. FILTER is
 * O's expression. Both pointers must stay until source_free(). */
int source_open(struct source **ret, const struct opts *o, const struct filter *filter, pid_t child,
	struct errbuf *err);

int source_arm(struct source *s, struct errbuf *err);

/* As probes_poll(). */
int source_poll(struct source *s, int timeout_ms, probes_record_fn fn, void *ctx);

/* By enum rec_lost_where, since the start. */
void source_lost(const struct source *s, uint64_t counts[LOST_KINDS]);

/* As probes_missed(), of all layers. */
uint64_t source_missed(const struct source *s);

struct kernel *source_kernel(const struct source *s);

/* What is recorded is of one of these; NULL = none. */
const struct function *source_function(const struct source *s, __u32 id, __u32 *flags);

/* And the programs'. */
const struct program *source_program(const struct source *s, __u32 id);

/* Each layer's mechanism as JSON names it: "none" where it is off. */
const char *source_milestone_backend(const struct source *s);
const char *source_function_backend(const struct source *s);
const char *source_program_backend(const struct source *s);

/* Probes: tracepoints, uprobes, functions. A name of what was skipped is NULL past the end. */
size_t source_attached(const struct source *s);
size_t source_functions_attached(const struct source *s);
size_t source_programs_attached(const struct source *s);
size_t source_skipped(const struct source *s);
const char *source_skipped_name(const struct source *s, size_t i);

void source_disarm(struct source *s);
void source_free(struct source *s);

#endif
