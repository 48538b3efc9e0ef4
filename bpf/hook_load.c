/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/hook_impl.h"
#include "bpf/attach.h"
#include "bpf/cookie.h"
#include "bpf/core_types.h"
#include "bpf/kfunc.h"

#include <bpf/bpf.h>

#define RING_BYTES (8u << 20)

static bool has_context(const struct hooks *h)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->hooked[i].f->context)
			return true;
	return false;
}

/* Do processes decide what is wanted? */
static bool is_scoped(const struct scope *s)
{
	return s && (s->by_pid || s->by_comm || s->by_cgroup);
}

/* Those of one tracepoint, of which the kernel has one form. */
static void drops_choose(struct function_bpf *s, const struct kernel *k, bool drops)
{
	int args = kernel_tracepoint_args(k, "kfree_skb");

	bpf_program__set_autoload(s->progs.on_dropped, drops && args < 3);
	bpf_program__set_autoload(s->progs.on_dropped_reason, drops && args == 3);
	bpf_program__set_autoload(s->progs.on_dropped_sock, drops && args > 3);
	bpf_program__set_autoload(s->progs.on_arrival, drops);
	bpf_program__set_autoload(s->progs.on_send, drops);
	bpf_program__set_autoload(
		s->progs.on_xdp_exception, drops && kernel_tracepoint_args(k, "xdp_exception") > 2);
	bpf_program__set_autoload(s->progs.on_xdp_redirect_err,
		drops && kernel_tracepoint_args(k, "xdp_redirect_err") > 3);
	bpf_program__set_autoload(s->progs.on_xdp_redirect_map_err,
		drops && kernel_tracepoint_args(k, "xdp_redirect_map_err") > 3);
}

static void programs_choose(struct hooks *h, const struct kernel *k, const struct hooks_cfg *cfg)
{
	struct function_bpf *s = h->skel;
	bool reasons = kernel_tracepoint_args(k, "kfree_skb") > 2;
	bool follow = !cfg->probes && cfg->scope && cfg->scope->follow;

	bpf_program__set_autoload(s->progs.on_session, h->backend == HOOK_SESSION);
	/* fentry cannot reach functions without BTF: they get a kprobe. */
	bpf_program__set_autoload(s->progs.on_enter, h->functions && h->backend != HOOK_SESSION);
	bpf_program__set_autoload(s->progs.on_leave, h->functions && h->backend != HOOK_SESSION);
	bpf_program__set_autoload(s->progs.on_program, h->programs != NULL);
	bpf_program__set_autoload(s->progs.on_program_exit, h->programs != NULL);
	bpf_program__set_autoload(s->progs.on_redirect, h->programs && !h->drops);
	bpf_program__set_autoload(s->progs.on_tail_call, h->programs && !h->drops);
	bpf_program__set_autoload(s->progs.on_fentry, h->backend == HOOK_FENTRY);
	bpf_program__set_autoload(s->progs.on_fexit, h->backend == HOOK_FENTRY);
	bpf_program__set_autoload(s->progs.on_kfree_skb, !h->drops && !reasons);
	bpf_program__set_autoload(s->progs.on_kfree_skb_reason, !h->drops && reasons);
	bpf_program__set_autoload(s->progs.on_consume_skb, !h->drops);
	bpf_program__set_autoload(
		s->progs.on_leave_host, !h->drops && !cfg->probes && is_scoped(cfg->scope));
	drops_choose(s, k, h->drops);
	bpf_program__set_autoload(s->progs.on_fork, follow);
	bpf_program__set_autoload(s->progs.on_exit, follow);
	if (h->backend == HOOK_SESSION)
		bpf_program__set_expected_attach_type(s->progs.on_session, ATTACH_KPROBE_SESSION);
	if (h->backend == HOOK_MULTI) {
		bpf_program__set_expected_attach_type(s->progs.on_enter, ATTACH_KPROBE_MULTI);
		bpf_program__set_expected_attach_type(s->progs.on_leave, ATTACH_KPROBE_MULTI);
	}
}

static void maps_choose(struct hooks *h, bool context)
{
	struct function_bpf *s = h->skel;

	/* A map that no program uses costs memory all the same. */
	bpf_map__set_max_entries(h->drops ? s->maps.socks : s->maps.senders, 1);
	if (h->drops) {
		bpf_map__set_max_entries(s->maps.packets, 1);
		bpf_map__set_max_entries(s->maps.copies, 1);
		bpf_map__set_max_entries(s->maps.calls_open, 1);
		bpf_map__set_max_entries(s->maps.told_socks, 1);
		bpf_map__set_max_entries(s->maps.flows, 1);
	}
	if (h->drops || !h->programs) {
		bpf_map__set_max_entries(s->maps.frames, 1);
		bpf_map__set_max_entries(s->maps.heads, 1);
	}
	if (h->backend == HOOK_SESSION && !h->programs)
		bpf_map__set_max_entries(s->maps.calls_open, 1);
	if (!h->cookies && h->functions)
		bpf_map__set_max_entries(s->maps.cookies, 2 * h->count);
	if (!context)
		bpf_map__set_max_entries(s->maps.stacks_open, 1);
}

static __u32 print_more(const struct hooks *h, const struct hooks_cfg *cfg)
{
	const struct scope *scope = cfg->probes ? NULL : cfg->scope;
	__u32 more = is_scoped(scope) ? PRINT_SCOPE : 0;

	if (h->splice && filter_needs_length(cfg->filter))
		more |= PRINT_LEN;
	if (h->splice && filter_needs_tag(cfg->filter))
		more |= PRINT_TAG;
	if (cfg->ifindex || (scope && scope->by_netns))
		more |= PRINT_DEV;
	return more;
}

static void configure(struct hooks *h, struct kernel *k, const struct hooks_cfg *cfg)
{
	struct function_bpf *s = h->skel;
	const struct scope *scope = cfg->probes ? NULL : cfg->scope;
	size_t ring = cfg->ring_bytes ? cfg->ring_bytes : RING_BYTES;

	programs_choose(h, k, cfg);
	if (scope)
		s->rodata->scope = *scope;
	s->rodata->scope_on = is_scoped(scope);
	s->rodata->with_connect = cfg->probes != NULL;
	s->rodata->judge_anew = cfg->no_follow;
	s->rodata->with_context = has_context(h);
	s->rodata->with_cookies = h->cookies;
	s->rodata->with_stacks = cfg->stacks;
	s->rodata->with_drops = cfg->drops;
	s->rodata->with_programs = h->programs != NULL;
	s->rodata->only_programs = h->programs && !h->functions;
	s->rodata->only_ifindex = cfg->ifindex;
	s->rodata->filter_on = h->splice != NULL;
	s->rodata->print_more = print_more(h, cfg);
	s->rodata->reason_consumed = kernel_reason_consumed(k);
	s->rodata->read_direct = kernel_kfunc(k, "bpf_rdonly_cast") > 0;
	s->rodata->ring_wakeup_bytes = ring / 4;
	maps_choose(h, s->rodata->with_context);
	if (!cfg->probes)
		bpf_map__set_max_entries(s->maps.ring, ring);
}

/* Before the object is opened: its sections then come by way of the splice. */
static int splice(struct hooks *h, const struct hooks_cfg *cfg, struct errbuf *err)
{
	int code;

	if (cfg->probes || !cfg->filter || filter_is_empty(cfg->filter))
		return 0;
	code = filter_splice_new(cfg->filter, &h->splice, err);
	return code ? code : filter_splice_register(h->splice, err);
}

static int load_error(const struct hooks *h, int code, struct errbuf *err)
{
	if (h->splice && *filter_splice_error(h->splice))
		return err_set(err, code, "%s", filter_splice_error(h->splice));
	if (code == -EPERM)
		return err_set(err, code,
			"tracing needs root, or the capabilities CAP_BPF and CAP_PERFMON");
	return err_set(err, code,
		"cannot load the function layer's programs: %s (-v shows the kernel's words)",
		strerror(-code));
}

#define ENDBR_BYTES    4
#define FUNCTION_ALIGN 16

/* Into the table, or into the map where its two places are taken. */
static int address_put(struct hooks *h, __u64 addr, __u64 cookie)
{
	struct cookie_slot *slots = h->skel->bss->by_addr, *s = &slots[COOKIE_SLOT(addr)];

	if (s->addr)
		s = &slots[COOKIE_SLOT(addr) ^ 1];
	if (!s->addr) {
		s->cookie = cookie;
		s->addr = addr;
		return 0;
	}
	return bpf_map_update_elem(bpf_map__fd(h->skel->maps.cookies), &addr, &cookie, BPF_ANY)
		       ? -errno
		       : 0;
}

/* A function is known by its own address or, from ftrace's list, by that behind its ENDBR. Which
 * one it is cannot be seen from here, and nothing else begins at the other. */
static int addresses_put(struct hooks *h)
{
	for (size_t i = 0; !h->cookies && i < h->count; i++) {
		__u64 addr = h->hooked[i].f->addr;
		int err;

		if (!addr)
			continue;
		err = address_put(h, addr, h->hooked[i].cookie);
		if (!err && addr % FUNCTION_ALIGN == ENDBR_BYTES)
			err = address_put(h, addr - ENDBR_BYTES, h->hooked[i].cookie);
		if (err)
			return err;
	}
	return 0;
}

static int load(struct hooks *h, struct kernel *k, const struct hooks_cfg *cfg)
{
	size_t size;
	const void *elf = function_bpf__elf_bytes(&size);
	_cleanup_(core_types_done) struct core_types types = CORE_TYPES_NONE;
	LIBBPF_OPTS(bpf_object_open_opts, opts,
		.btf_custom_path = core_types_open(&types, kernel_btf(k), elf, size));
	int err;

	h->skel = calloc(1, sizeof(*h->skel));
	if (!h->skel || function_bpf__create_skeleton(h->skel))
		return -ENOMEM;
	err = kfunc_open(h->skel->skeleton, k, &opts);
	if (err)
		return err;
	/* Where a splice has taken the section over, libbpf does not look for the target. */
	if (h->backend == HOOK_FENTRY) {
		err = bpf_program__set_attach_target(h->skel->progs.on_fentry, 0, "tcp_v4_connect");
		if (!err)
			err = bpf_program__set_attach_target(
				h->skel->progs.on_fexit, 0, "tcp_v4_connect");
		if (err)
			return err;
	}
	configure(h, k, cfg);
	if (!opts.btf_custom_path)
		h->skel->rodata->read_direct = 0; /* no ids of types */
	err = cfg->probes ? probes_share(cfg->probes, h->skel->obj) : 0;
	if (!err)
		err = function_bpf__load(h->skel);
	if (!err)
		err = addresses_put(h);
	for (size_t i = 0; !err && !cfg->probes && cfg->pids && i < cfg->pids->count; i++)
		err = hooks_follow(h, cfg->pids->pid[i]);
	return err;
}

int hooks_load(struct hooks *h, struct kernel *k, const struct hooks_cfg *cfg, struct errbuf *err)
{
	int code = splice(h, cfg, err);

	if (code)
		return code;
	if (cfg->programs)
		code = program_hooks_new(&h->programs, k, h->splice, err);
	if (code)
		return code;
	code = load(h, k, cfg);
	if (!code && h->programs)
		program_hooks_loaded(h->programs, h->count ? (__u32)h->count : 1,
			&(struct program_maps){bpf_map__fd(h->skel->maps.tail_targets),
				&h->skel->bss->tails_watched, &h->skel->bss->asks_watched});
	return code ? load_error(h, code, err) : 0;
}
