/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * milestone.bpf.c - the milestone layer: every moment of a connection attempt that a raw tracepoint
 * or a getaddrinfo() probe shows, on any kernel since 5.10. The programs lie in the headers, by
 * theme; the loader (probe.c) leaves out those whose tracepoint this kernel does not have.
 */
#include "bpf/vmlinux.h"
#include "bpf/state.bpf.h"
#include "bpf/connect.bpf.h"
#include "bpf/packet.bpf.h"
#include "bpf/drop.bpf.h"
#include "bpf/tcp.bpf.h"
#include "bpf/neigh.bpf.h"
#include "bpf/gai.bpf.h"
#include "bpf/follow.bpf.h"
#include "bpf/twin.bpf.h"
#include "bpf/seed.bpf.h"

char LICENSE[] SEC("license") = "GPL";
