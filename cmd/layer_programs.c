/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/bpf.h>

#include "bpf/attempt.h"
#include "cmd/layer_programs.h"
#include "cmd/log.h"
#include "cmd/stream.h"

#define LOOK_NS 200000000ULL

/* Without a target no kernel loads one: where it may be loaded at all, that is what is wrong. */
static int attempt_tracing(void)
{
	int code = attempt_load(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY);

	return code == -EINVAL ? 0 : code;
}

static void tell_skipped(struct layer *l)
{
	const char *name;

	while ((name = hooks_skipped_name(l->hooks, l->skipped))) {
		l->skipped++;
		if (l->opts->verbose)
			log_note("not attached: %s", name);
	}
}

/* Worth a word where there are programs that are missed, else only with -v. */
static void tell_refused(const struct layer *l, int code)
{
	__u32 last = 0;

	if (l->opts->verbose || (!l->opts->quiet && programs_any(&last)))
		log_note("BPF programs (XDP, tc) are not observed: this kernel refuses programs "
			 "that trace them (%s)",
			strerror(-code));
}

void layer_programs_open(struct layer *l)
{
	int code = l->opts->no_programs ? 0 : attempt_tracing();

	l->programs = !l->opts->no_programs && !code;
	if (code)
		tell_refused(l, code);
}

void layer_programs_load(struct layer *l)
{
	struct hooks_cfg cfg = l->cfg;
	struct errbuf err = {0};
	int code;

	if (!l->programs || !programs_any(&l->newest))
		return;
	cfg.programs = true;
	code = hooks_open(&l->hooks, l->kernel, &cfg, &err);
	if (!code && l->armed)
		code = hooks_arm(l->hooks, &err);
	if (!code)
		return;
	l->programs = false;
	if (!l->opts->quiet)
		log_note("BPF programs (XDP, tc) are not observed: %s",
			err.text[0] ? err.text : strerror(-code));
}

void layer_watch(struct layer *l)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (!l->programs || now - l->looked_ns < LOOK_NS)
		return;
	l->looked_ns = now;
	if (!l->hooks)
		layer_programs_load(l);
	else
		hooks_scan(l->hooks);
	if (l->hooks)
		tell_skipped(l);
}
