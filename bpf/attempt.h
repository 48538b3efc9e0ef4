/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attempt.h - one real attachment of each kind, taken away at once: 0 or -errno.
 *
 * The program attached does nothing. Functions are attached at one that every kernel has and that
 * is called rarely.
 */
#ifndef PATHLAG_BPF_ATTEMPT_H
#define PATHLAG_BPF_ATTEMPT_H

/* Loads a program of TYPE (enum bpf_prog_type), expected to attach as EXPECTED. */
int attempt_load(int type, int expected);

int attempt_raw_tracepoint(const char *name);
int attempt_ringbuf(void);
int attempt_uprobe(void);
int attempt_kprobe(void);
int attempt_kprobe_multi(void);
int attempt_kprobe_session(void);
int attempt_fentry(void);

#endif
