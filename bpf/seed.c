/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/seed.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <time.h>

#define SEED_NS  1000000000ull
#define RUNS_MAX 100000
#define LOST_MAX 100

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

int seed_run(int prog)
{
	__u64 end = now_ns() + SEED_NS, arg = 0;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &arg, .ctx_size_in = sizeof(arg));
	int lost = 0;

	for (int i = 0; i < RUNS_MAX && lost < LOST_MAX && now_ns() < end; i++) {
		if (bpf_prog_test_run_opts(prog, &opts))
			return -errno;
		if (opts.retval == SEED_DONE)
			return 0;
		lost += opts.retval == SEED_LOST;
	}
	return -ETIMEDOUT;
}
