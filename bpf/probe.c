/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/probe.h"
#include "bpf/attach.h"
#include "bpf/core_types.h"
#include "bpf/kfunc.h"
#include "bpf/libc.h"
#include "bpf/seed.h"
#include "bpf/settle.h"
#include "bpf/twin.h"

#include <bpf/bpf.h>
#include <poll.h>
#include <sys/resource.h>
#include <time.h>

#include "bpf/milestone.skel.h"

#define RING_BYTES  (8u << 20)
#define LINKS_MAX   96
#define SKIPPED_MAX 64

struct probes {
	struct milestone_bpf *skel;
	struct twins twins;
	struct ring_buffer *ring;
	struct bpf_link *link[LINKS_MAX];
	size_t links;
	char *skipped[SKIPPED_MAX];
	size_t skipped_count;
	struct libc_list libcs;
	struct filter_splice *splice; /* NULL without an expression */
	bool getaddrinfo;
	probes_record_fn fn; /* of the poll under way */
	void *fn_ctx;
	struct settle settle;
};

/* A program that is loaded only where its tracepoint exists with a fitting number of arguments. */
struct variant {
	const char *prog, *tracepoint;
	int min, max;
};

static const struct variant variants[] = {
	{"on_kfree_skb", "kfree_skb", 2, 2},
	{"on_kfree_skb_reason", "kfree_skb", 3, 12},
	{"on_retransmit", "tcp_retransmit_skb", 2, 2},
	{"on_retransmit_err", "tcp_retransmit_skb", 3, 12},
	{"on_send_reset", "tcp_send_reset", 2, 2},
	{"on_send_reset_reason", "tcp_send_reset", 3, 12},
	{"on_fib_table_lookup", "fib_table_lookup", 4, 12},
};

static bool is_raw(const struct bpf_program *prog)
{
	return !strncmp(bpf_program__section_name(prog), "raw_tp/", 7);
}

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

_printf_(2, 3) static void probes_skip(struct probes *p, const char *fmt, ...)
{
	va_list ap;

	if (p->skipped_count == SKIPPED_MAX)
		return;
	va_start(ap, fmt);
	if (vasprintf(&p->skipped[p->skipped_count], fmt, ap) >= 0)
		p->skipped_count++;
	va_end(ap);
}

/* ---- open ----------------------------------------------------------------------------------- */

static const struct variant *variant_of(const char *prog)
{
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++)
		if (!strcmp(variants[i].prog, prog))
			return &variants[i];
	return NULL;
}

/* One of several forms of a program is the right one: that is no skipped probe. */
static void prog_choose(struct probes *p, const struct kernel *k, struct bpf_program *prog)
{
	const char *name = bpf_program__name(prog);
	const char *tp = strchr(bpf_program__section_name(prog), '/');
	const struct variant *v = variant_of(name);
	int args;

	/* the uprobes, and what is loaded only as a twin */
	if (!is_raw(prog) || !bpf_program__autoload(prog))
		return;
	args = kernel_tracepoint_args(k, tp + 1);
	if (args < 0) {
		bpf_program__set_autoload(prog, false);
		if (!v || v->min == 2)
			probes_skip(p, "%s: this kernel has no such tracepoint", tp + 1);
	} else if (v && (args < v->min || args > v->max)) {
		bpf_program__set_autoload(prog, false);
	}
}

static size_t ring_size(size_t wanted)
{
	size_t size = 4096;

	if (!wanted)
		wanted = RING_BYTES;
	while (size < wanted && size < 1u << 30)
		size <<= 1;
	return size;
}

static int probes_configure(struct probes *p, struct kernel *k, const struct probes_cfg *cfg)
{
	struct milestone_bpf *s = p->skel;
	size_t ring = ring_size(cfg->ring_bytes);
	struct bpf_program *prog;
	bool follow = cfg->scope && cfg->scope->follow;
	int err;

	bpf_object__for_each_program(prog, s->obj) prog_choose(p, k, prog);
	bpf_program__set_autoload(s->progs.on_fork, follow);
	bpf_program__set_autoload(s->progs.on_exit, follow);
	bpf_program__set_autoload(s->progs.on_gai_call, p->getaddrinfo);
	bpf_program__set_autoload(s->progs.on_gai_return, p->getaddrinfo);
	err = twins_choose(&p->twins, s->obj, k);
	if (err)
		probes_skip(p, "second programs of tracepoints: %s", strerror(-err));
	if (!p->twins.on)
		bpf_map__set_max_entries(s->maps.marks, 1);
	if (cfg->scope)
		s->rodata->scope = *cfg->scope;
	s->rodata->twinned = p->twins.on;
	s->rodata->no_accept = cfg->no_accept;
	s->rodata->filter_on = p->splice != NULL;
	s->rodata->reason_consumed = kernel_reason_consumed(k);
	s->rodata->read_direct = kernel_kfunc(k, "bpf_rdonly_cast") > 0;
	s->rodata->cpu_holdable = kernel_kfunc(k, "bpf_preempt_disable") > 0 &&
				  kernel_kfunc(k, "bpf_preempt_enable") > 0;
	s->rodata->ring_wakeup_bytes = ring / 4;
	s->rodata->page_shift = __builtin_ctz(sysconf(_SC_PAGESIZE));
	return bpf_map__set_max_entries(s->maps.ring, ring);
}

static int probes_load_error(int code, struct errbuf *err)
{
	switch (code) {
	case -EPERM: /* -EACCES is the verifier's */
		return err_set(err, -EPERM,
			"tracing needs root, or the capabilities CAP_BPF and CAP_PERFMON");
	case -ENOSYS:
		return err_set(
			err, -ENOTSUP, "this kernel has no bpf(): CONFIG_BPF_SYSCALL is off");
	}
	return err_set(err, code,
		"cannot load the tracing programs: %s (-v shows the kernel's words)",
		strerror(-code));
}

/* Before the object is opened: its sections then come by way of the splice. */
static int probes_splice(struct probes *p, const struct filter *filter, struct errbuf *err)
{
	int code;

	if (!filter || filter_is_empty(filter))
		return 0;
	code = filter_splice_new(filter, &p->splice, err);
	return code ? code : filter_splice_register(p->splice, err);
}

static int probes_load(struct probes *p, struct kernel *k, const struct probes_cfg *cfg)
{
	size_t size;
	const void *elf = milestone_bpf__elf_bytes(&size);
	_cleanup_(core_types_done) struct core_types types = CORE_TYPES_NONE;
	LIBBPF_OPTS(bpf_object_open_opts, opts,
		.btf_custom_path = core_types_open(&types, kernel_btf(k), elf, size));
	int err;

	p->skel = calloc(1, sizeof(*p->skel));
	if (!p->skel || milestone_bpf__create_skeleton(p->skel))
		return -ENOMEM;
	err = kfunc_open(p->skel->skeleton, k, &opts);
	if (err)
		return err;
	err = probes_configure(p, k, cfg);
	if (!opts.btf_custom_path)
		p->skel->rodata->read_direct = 0; /* no ids of types */
	if (!err)
		err = milestone_bpf__load(p->skel);
	if (err)
		return err;
	for (size_t i = 0; cfg->pids && i < cfg->pids->count; i++) {
		err = probes_follow(p, cfg->pids->pid[i]);
		if (err)
			return err;
	}
	return 0;
}

static int probes_on_record(void *ctx, void *rec, size_t len)
{
	struct probes *p = ctx;

	return p->fn(p->fn_ctx, rec, len);
}

int probes_open(
	struct probes **ret, struct kernel *k, const struct probes_cfg *cfg, struct errbuf *err)
{
	_cleanup_(probes_freep) struct probes *p = calloc(1, sizeof(*p));
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	int code;

	if (!p)
		return -ENOMEM;
	libbpf_set_print(cfg->log);
	/* Kernels before 5.11 charge maps to it; where it may not be raised it is not needed. */
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	p->getaddrinfo = !cfg->no_getaddrinfo;
	if (p->getaddrinfo)
		libc_find(&p->libcs, cfg->pids);
	code = probes_splice(p, cfg->filter, err);
	if (code)
		return code;
	code = probes_load(p, k, cfg);
	if (code && p->splice && *filter_splice_error(p->splice))
		return err_set(err, code, "%s", filter_splice_error(p->splice));
	if (code)
		return probes_load_error(code, err);
	p->ring = ring_buffer__new(bpf_map__fd(p->skel->maps.ring), probes_on_record, p, NULL);
	if (!p->ring)
		return err_set(err, -errno, "cannot map the ring buffer: %s", strerror(errno));
	*ret = TAKE_PTR(p);
	return 0;
}

int probes_share(const struct probes *p, struct bpf_object *other)
{
	static const char *const shared[] = {
		"ring", "socks", "tuples", "scope_tgids", "verdicts", ".data.shared"};

	for (size_t i = 0; i < ARRAY_SIZE(shared); i++) {
		struct bpf_map *from = bpf_object__find_map_by_name(p->skel->obj, shared[i]);
		struct bpf_map *to = bpf_object__find_map_by_name(other, shared[i]);
		int err = from && to ? bpf_map__reuse_fd(to, bpf_map__fd(from)) : -ENOENT;

		if (err)
			return err;
	}
	return 0;
}

int probes_follow(struct probes *p, __u32 pid)
{
	int fd = bpf_map__fd(p->skel->maps.scope_tgids);

	return bpf_map_update_elem(fd, &pid, &pid, BPF_ANY) ? -errno : 0;
}

/* ---- arm ------------------------------------------------------------------------------------ */

static void link_keep(struct probes *p, struct bpf_link *link, const char *what)
{
	if (!link)
		probes_skip(p, "%s: %s", what, strerror(errno));
	else if (p->links < LINKS_MAX)
		p->link[p->links++] = link;
	else
		bpf_link__destroy(link);
}

static void libc_attach(struct probes *p, const char *path)
{
	LIBBPF_OPTS(bpf_uprobe_opts, entry, .func_name = "getaddrinfo");
	LIBBPF_OPTS(bpf_uprobe_opts, ret, .func_name = "getaddrinfo", .retprobe = true);
	char what[640];

	snprintf(what, sizeof(what), "getaddrinfo of %s", path);
	/* The return first: an entry without one would leave the call open. */
	link_keep(p,
		bpf_program__attach_uprobe_opts(p->skel->progs.on_gai_return, -1, path, 0, &ret),
		what);
	link_keep(p,
		bpf_program__attach_uprobe_opts(p->skel->progs.on_gai_call, -1, path, 0, &entry),
		what);
}

/* Behind the rest: what begins from now on is seen anyway. */
static void find_older(struct probes *p)
{
	int err = seed_run(bpf_program__fd(p->skel->progs.seed));

	if (err)
		probes_skip(p, "sockets from before: not all were found (%s)", strerror(-err));
}

int probes_arm(struct probes *p, struct errbuf *err)
{
	struct bpf_program *prog;
	const char *what;

	bpf_object__for_each_program(prog, p->skel->obj)
	{
		if (bpf_program__autoload(prog) && is_raw(prog))
			link_keep(p, attach_raw_tracepoint(prog), bpf_program__section_name(prog));
	}
	for (size_t i = 0;;) {
		struct bpf_link *link = twins_attach(&p->twins, p->skel->obj, &i, &what);

		if (!what)
			break;
		link_keep(p, link, what);
	}
	if (!p->links)
		return err_set(err, -EPERM, "no tracepoint could be attached: %s",
			probes_skipped_name(p, 0));
	for (size_t i = 0; i < p->libcs.count; i++)
		libc_attach(p, p->libcs.file[i].path);
	__atomic_store_n(&p->skel->bss->armed, 1, __ATOMIC_RELEASE);
	find_older(p);
	return 0;
}

/* ---- poll ----------------------------------------------------------------------------------- */

static void probes_settle(struct probes *p)
{
	struct milestone_bpf *s = p->skel;
	const struct settle_state of = {&s->bss->dns_sent, &s->bss->dns_settled, &s->bss->opening,
		bpf_map__fd(s->maps.passives)};

	settle(&p->settle, &of, now_ns());
}

int probes_poll(struct probes *p, int timeout_ms, probes_record_fn fn, void *ctx)
{
	struct pollfd pfd = {.fd = probes_fd(p), .events = POLLIN};

	if (timeout_ms && poll(&pfd, 1, timeout_ms) < 0)
		return -errno;
	probes_settle(p);
	p->fn = fn;
	p->fn_ctx = ctx;
	return ring_buffer__consume(p->ring);
}

int probes_fd(const struct probes *p)
{
	return ring_buffer__epoll_fd(p->ring);
}

void probes_lost(const struct probes *p, uint64_t counts[LOST_KINDS])
{
	for (int i = 0; i < LOST_KINDS; i++)
		counts[i] = __atomic_load_n(&p->skel->bss->lost[i], __ATOMIC_RELAXED);
}

uint64_t probes_missed(const struct probes *p)
{
	return twins_missed(p->skel->obj);
}

size_t probes_attached(const struct probes *p)
{
	return p->links;
}

size_t probes_skipped(const struct probes *p)
{
	return p->skipped_count;
}

const char *probes_skipped_name(const struct probes *p, size_t i)
{
	return i < p->skipped_count ? p->skipped[i] : NULL;
}

/* ---- the end -------------------------------------------------------------------------------- */

void probes_disarm(struct probes *p)
{
	if (p->skel && p->skel->bss)
		__atomic_store_n(&p->skel->bss->armed, 0, __ATOMIC_RELEASE);
}

void probes_free(struct probes *p)
{
	if (!p)
		return;
	probes_disarm(p);
	for (size_t i = 0; i < p->links; i++)
		bpf_link__destroy(p->link[i]);
	ring_buffer__free(p->ring);
	twins_done(&p->twins);
	milestone_bpf__destroy(p->skel);
	filter_splice_free(p->splice);
	for (size_t i = 0; i < p->skipped_count; i++)
		free(p->skipped[i]);
	free(p);
}

void probes_freep(struct probes **p)
{
	probes_free(*p);
}
