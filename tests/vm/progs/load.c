// SPDX-License-Identifier: GPL-2.0-only
/*
 * load.c - attaches programs of progs.bpf.c, says "ready" and stays until it is killed.
 *
 *	load xdp|xdpgeneric DEV PROG [TARGET-DEV]
 *	load ingress|egress DEV PROG [TARGET-DEV]	a tc filter
 *	load tcx DEV PROG				ingress, Linux 6.6
 *	load cgroup PATH PROG
 *	load none - PROG				loaded, attached nowhere
 *	load nobtf DEV -				ingress, a program without BTF that does
 *nothing
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/vm/progs/progs.skel.h"

#define TCX_INGRESS 46 /* newer than some build machines' headers */

static void fail(const char *what, int code)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(code < 0 ? -code : errno));
	exit(1);
}

static int index_of(const char *dev)
{
	unsigned n = if_nametoindex(dev);

	if (!n)
		fail(dev, 0);
	return (int)n;
}

static int prog_load(const char *name, const char *target)
{
	struct progs_bpf *s = progs_bpf__open();
	struct bpf_program *prog, *second;
	__u32 zero = 0;
	int fd, err;

	if (!s)
		fail("open", 0);
	prog = bpf_object__find_program_by_name(s->obj, name);
	if (!prog)
		fail(name, -ENOENT);
	second = strcmp(name, "tail_first") ? NULL : s->progs.tail_second;
	bpf_object__for_each_program(prog, s->obj) bpf_program__set_autoload(
		prog, prog == second || !strcmp(bpf_program__name(prog), name));
	s->rodata->target = target ? index_of(target) : 0;
	err = progs_bpf__load(s);
	if (err)
		fail("load", err);
	if (second) {
		fd = bpf_program__fd(second);
		if (bpf_map_update_elem(bpf_map__fd(s->maps.tails), &zero, &fd, 0))
			fail("tail call", 0);
	}
	return bpf_program__fd(bpf_object__find_program_by_name(s->obj, name));
}

static int load_without_btf(void)
{
	const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -1},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "without_btf", "GPL", nothing, 2, NULL);

	if (fd < 0)
		fail("load", 0);
	return fd;
}

static void attach_tc(int prog, const char *dev, int point)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = index_of(dev), .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = prog);
	int err = bpf_tc_hook_create(&hook);

	if (err && err != -EEXIST)
		fail("clsact", err);
	err = bpf_tc_attach(&hook, &opts);
	if (err)
		fail("tc", err);
}

static void attach(const char *how, const char *where, int prog)
{
	int err = 0;

	if (!strcmp(how, "xdp"))
		err = bpf_xdp_attach(index_of(where), prog, XDP_FLAGS_DRV_MODE, NULL);
	else if (!strcmp(how, "xdpgeneric"))
		err = bpf_xdp_attach(index_of(where), prog, XDP_FLAGS_SKB_MODE, NULL);
	else if (!strcmp(how, "ingress") || !strcmp(how, "nobtf"))
		attach_tc(prog, where, BPF_TC_INGRESS);
	else if (!strcmp(how, "egress"))
		attach_tc(prog, where, BPF_TC_EGRESS);
	else if (!strcmp(how, "tcx"))
		err = bpf_link_create(prog, index_of(where), TCX_INGRESS, NULL);
	else if (!strcmp(how, "cgroup"))
		err = bpf_link_create(prog, open(where, O_RDONLY), BPF_CGROUP_INET_EGRESS, NULL);
	else if (strcmp(how, "none"))
		fail(how, -EINVAL);
	if (err < 0)
		fail(how, err);
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "load HOW WHERE PROG [TARGET-DEV]\n");
		return 2;
	}
	attach(argv[1], argv[2],
		strcmp(argv[1], "nobtf") ? prog_load(argv[3], argv[4]) : load_without_btf());
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
