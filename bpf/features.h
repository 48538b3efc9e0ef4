/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * features.h - what this kernel lets us do, found out by doing it.
 *
 * Loading a program proves nothing: 5.10 and 6.1 load kprobe.multi programs and refuse the link.
 * So each question makes one real, harmless attachment and takes it away again.
 */
#ifndef PATHLAG_FEATURES_H
#define PATHLAG_FEATURES_H

#include "bpf/base.h"

#define FEATURES_MAX 24

struct feature {
	const char *name; /* "kprobe.multi" */
	bool works;
	char why[160];      /* what was seen */
	const char *means;  /* what the user has or lacks by it */
	const char *change; /* what would make it work; NULL = works, or nothing would */
};

struct features {
	struct feature feature[FEATURES_MAX];
	size_t count;
	bool privileged;
	/* A layer's verdict. The milestone layer is what `connect` needs. */
	bool milestone, function, program;
};

/* Never fails: what cannot be found out does not work, and says why. */
void features_probe(struct features *f);

#endif
