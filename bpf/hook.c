/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/hook.h"
#include "bpf/attach.h"
#include "bpf/attempt.h"
#include "bpf/find.h"
#include "bpf/hook_impl.h"
#include "bpf/roles.h"
#include "bpf/twin.h"

#include <bpf/bpf.h>
#include <poll.h>
#include <sys/resource.h>

/* ---- backends ------------------------------------------------------------------------------- */

static const struct {
	const char *word, *name;
	int (*attempt)(void);
} backends[HOOK_BACKENDS] = {
	[HOOK_AUTO] = {"auto", "none", NULL},
	[HOOK_SESSION] = {"session", "kprobe.session", attempt_kprobe_session},
	[HOOK_MULTI] = {"multi", "kprobe.multi", attempt_kprobe_multi},
	[HOOK_KPROBE] = {"kprobe", "kprobe", attempt_kprobe},
	[HOOK_FENTRY] = {"fentry", "fentry", attempt_fentry},
};

const char *hook_backend_name(enum hook_backend b)
{
	return backends[b].name;
}

int hook_backend_of(const char *word, enum hook_backend *ret)
{
	for (int b = 0; b < HOOK_BACKENDS; b++)
		if (!strcmp(word, backends[b].word) ||
			(b != HOOK_AUTO && !strcmp(word, backends[b].name))) {
			*ret = b;
			return 0;
		}
	return -EINVAL;
}

int hook_backend_try(enum hook_backend b)
{
	return backends[b].attempt ? backends[b].attempt() : -EINVAL;
}

/* ---- what is attached ----------------------------------------------------------------------- */

static __u64 cookie_of(const struct hooks *h, const struct function *f, __u32 number, bool shown)
{
	__u64 c = COOKIE(
		number, f->skb_pos, f->skb_kind, f->sk_pos, f->sk_kind, role_of(f), f->params);

	if (!shown)
		c |= COOKIE_SILENT;
	if (role_entry_only(f))
		c |= COOKIE_NO_RETURN;
	/* What copies a packet must be seen to return, whatever is shown. */
	if (h->no_returns && COOKIE_ROLE(c) != ROLE_COPY && COOKIE_ROLE(c) != ROLE_SEGMENT)
		c |= COOKIE_NO_RETURN;
	if (h->no_late_returns && functions_may_wait(f->name))
		c |= COOKIE_NO_RETURN;
	return c;
}

static void hooked_add(struct hooks *h, const struct function *f, bool shown)
{
	struct hooked *x = &h->hooked[h->count];

	x->f = f;
	x->cookie = cookie_of(h, f, (__u32)h->count, shown);
	h->count++;
}

static const struct function *function_named(const struct functions *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->list[i].name, name) && !strcmp(list->list[i].module, "vmlinux"))
			return &list->list[i];
	return NULL;
}

/* The chosen ones, then those that packets and sockets end in or are copied by, unseen. */
static int hooked_collect(struct hooks *h, const struct hooks_cfg *cfg)
{
	const struct functions *list = cfg->functions;
	const struct role *role;

	if (!h->functions)
		return 0;

	h->hooked = calloc(list->count + 64, sizeof(*h->hooked));
	if (!h->hooked)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++)
		if (list->list[i].chosen && list->list[i].why == FUNC_OK)
			hooked_add(h, &list->list[i], true);
	for (size_t i = 0; (role = role_at(i)); i++) {
		const struct function *f =
			role->always ? function_named(list, role->function) : NULL;

		if (f && !f->chosen && f->why == FUNC_OK)
			hooked_add(h, f, false);
	}
	return 0;
}

_printf_(2, 3) static void skip(struct hooks *h, const char *fmt, ...)
{
	char **grown = realloc(h->skipped, (h->skipped_count + 1) * sizeof(*grown));
	va_list ap;

	if (!grown)
		return;
	h->skipped = grown;
	va_start(ap, fmt);
	if (vasprintf(&grown[h->skipped_count], fmt, ap) >= 0)
		h->skipped_count++;
	va_end(ap);
}

/* ---- open ----------------------------------------------------------------------------------- */

static int on_record(void *ctx, void *rec, size_t len)
{
	struct hooks *h = ctx;

	return h->fn(h->fn_ctx, rec, len);
}

/* Not one of those that can be traced has an address. */
static bool hides_addresses(const struct functions *list)
{
	bool some = false;

	for (size_t i = 0; i < list->count; i++) {
		const struct function *f = &list->list[i];

		if (!f->chosen || f->why != FUNC_OK)
			continue;
		if (f->addr)
			return false;
		some = true;
	}
	return some;
}

/* Addresses are needed for many at once, where they stand in for cookies, and for kprobes that
 * shall not take long (attach.h). To fentry names will do, and the kernel says no soon enough
 * unless there are very many. */
static int resolve(struct hooks *h, const struct hooks_cfg *cfg, struct errbuf *err)
{
	bool by_name = h->backend == HOOK_FENTRY || (h->backend == HOOK_KPROBE && h->cookies);
	bool addresses = h->backend != HOOK_FENTRY || !h->cookies;
	int code;

	if (!addresses && functions_chosen(cfg->functions) <= HOOK_SLOW_MANY)
		return 0;
	/* Where kprobe.session works, names are looked up fast, too. */
	if (h->backend == HOOK_SESSION && !find_core(cfg->functions))
		return 0;
	code = functions_resolve(cfg->functions, addresses, err);
	if (!code && !by_name && hides_addresses(cfg->functions))
		return err_set(err, -EPERM,
			"the kernel hides the addresses of its functions: `sysctl "
			"kernel.kptr_restrict=1` shows them to root");
	return code;
}

int hooks_open(
	struct hooks **ret, struct kernel *k, const struct hooks_cfg *cfg, struct errbuf *err)
{
	_cleanup_(hooks_freep) struct hooks *h = calloc(1, sizeof(*h));
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	int code;

	if (!h)
		return -ENOMEM;
	libbpf_set_print(cfg->log);
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	h->drops = cfg->drops;
	h->functions = cfg->functions && !cfg->drops;
	h->no_returns = cfg->no_returns;
	h->backend = cfg->backend;
	h->no_late_returns = !is_single(h) && kernel_confuses_fprobes(k);
	h->cookies = is_single(h) && kernel_has_helper(k, "BPF_FUNC_get_attach_cookie");
	code = h->functions ? resolve(h, cfg, err) : 0;
	if (!code)
		code = hooked_collect(h, cfg);
	if (!code)
		code = hooks_load(h, k, cfg, err);
	if (code)
		return code;
	if (!cfg->probes) {
		h->ring = ring_buffer__new(bpf_map__fd(h->skel->maps.ring), on_record, h, NULL);
		if (!h->ring)
			return err_set(
				err, -errno, "cannot map the ring buffer: %s", strerror(errno));
	}
	*ret = TAKE_PTR(h);
	return 0;
}

int hooks_follow(struct hooks *h, __u32 pid)
{
	int fd = bpf_map__fd(h->skel->maps.scope_tgids);

	return bpf_map_update_elem(fd, &pid, &pid, BPF_ANY) ? -errno : 0;
}

/* ---- arm ------------------------------------------------------------------------------------ */

static void on_skip(void *arg, const struct hooked *x, int code)
{
	skip(arg, "%s: %s", x->f->name, strerror(-code));
}

static int arm_multi(struct hooks *h)
{
	struct hook_multi m = {.type = ATTACH_KPROBE_SESSION,
		.enter = bpf_program__fd(h->skel->progs.on_session),
		.leave = -1,
		.skip = on_skip,
		.arg = h};

	if (h->backend == HOOK_MULTI) {
		m.type = ATTACH_KPROBE_MULTI;
		m.enter = bpf_program__fd(h->skel->progs.on_enter);
		m.leave = bpf_program__fd(h->skel->progs.on_leave);
	}
	return hook_link_multi(&h->links, h->hooked, h->count, &m);
}

static int arm_one(struct hooks *h, struct hooked *x)
{
	struct function_bpf *s = h->skel;

	if (h->backend == HOOK_FENTRY && x->f->btf_id)
		return hook_link_fentry(&h->links, x, s->progs.on_fentry, s->progs.on_fexit);
	if (!h->cookies && !x->f->addr)
		return -ENOENT;
	return hook_link_kprobe(&h->links, x, bpf_program__fd(s->progs.on_enter),
		bpf_program__fd(s->progs.on_leave), h->cookies);
}

static int arm_singly(struct hooks *h)
{
	for (size_t i = 0; i < h->count; i++) {
		int code = arm_one(h, &h->hooked[i]);

		if (code)
			on_skip(h, &h->hooked[i], code);
	}
	return 0;
}

static void arm_tracepoints(struct hooks *h)
{
	struct function_bpf *s = h->skel;
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, s->obj)
	{
		const char *section = bpf_program__section_name(prog);
		struct bpf_link **at = NULL;

		if (!bpf_program__autoload(prog) || strncmp(section, "raw_tp/", 7))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(h->tracepoint) && !at; i++)
			if (!h->tracepoint[i])
				at = &h->tracepoint[i];
		*at = attach_raw_tracepoint(prog);
		if (!*at)
			skip(h, "%s: %s", section, strerror(errno));
	}
}

int hooks_arm(struct hooks *h, struct errbuf *err)
{
	int code;

	arm_tracepoints(h);
	code = !h->functions ? 0 : is_single(h) ? arm_singly(h) : arm_multi(h);
	if (code)
		return err_set(err, code, "cannot attach: %s", strerror(-code));
	hooks_scan(h);
	if (h->functions && !hooks_attached(h))
		return err_set(err, -ENOTSUP, "no function could be attached%s%s",
			h->skipped_count ? ": " : "", h->skipped_count ? h->skipped[0] : "");
	__atomic_store_n(&h->skel->bss->armed, 1, __ATOMIC_RELEASE);
	return 0;
}

/* ---- poll ----------------------------------------------------------------------------------- */

int hooks_poll(struct hooks *h, int timeout_ms, probes_record_fn fn, void *ctx)
{
	struct pollfd pfd = {.fd = hooks_fd(h), .events = POLLIN};

	if (timeout_ms && poll(&pfd, 1, timeout_ms) < 0)
		return -errno;
	h->fn = fn;
	h->fn_ctx = ctx;
	return ring_buffer__consume(h->ring);
}

int hooks_fd(const struct hooks *h)
{
	return ring_buffer__epoll_fd(h->ring);
}

void hooks_lost(const struct hooks *h, uint64_t counts[LOST_KINDS])
{
	for (int i = 0; i < LOST_KINDS; i++)
		counts[i] = __atomic_load_n(&h->skel->bss->lost[i], __ATOMIC_RELAXED);
}

uint64_t hooks_missed(const struct hooks *h)
{
	return programs_skipped(h->skel->obj);
}

enum hook_backend hooks_backend(const struct hooks *h)
{
	return h->backend;
}

const struct function *hooks_function(const struct hooks *h, __u32 id, __u32 *flags)
{
	if (id >= h->count)
		return NULL;
	*flags = h->hooked[id].f->context ? FUNC_CONTEXT : 0;
	if (h->hooked[id].cookie & COOKIE_NO_RETURN)
		*flags |= FUNC_NO_RETURN;
	return h->hooked[id].f;
}

const struct program *hooks_program(const struct hooks *h, __u32 id)
{
	return h->programs ? program_hooks_get(h->programs, id) : NULL;
}

static void on_program_skip(void *arg, const struct program *p, const char *why)
{
	skip(arg, "program %s (id %u): %s", p->name, p->id, why);
}

size_t hooks_scan(struct hooks *h)
{
	return h->programs ? program_hooks_scan(h->programs, on_program_skip, h) : 0;
}

size_t hooks_programs(const struct hooks *h)
{
	return h->programs ? program_hooks_count(h->programs) : 0;
}

size_t hooks_attached(const struct hooks *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->count; i++)
		n += h->hooked[i].attached && !(h->hooked[i].cookie & COOKIE_SILENT);
	for (size_t i = 0; h->drops && i < ARRAY_SIZE(h->tracepoint); i++)
		n += h->tracepoint[i] != NULL;
	return n;
}

size_t hooks_skipped(const struct hooks *h)
{
	return h->skipped_count;
}

const char *hooks_skipped_name(const struct hooks *h, size_t i)
{
	return i < h->skipped_count ? h->skipped[i] : NULL;
}

/* ---- the end -------------------------------------------------------------------------------- */

void hooks_disarm(struct hooks *h)
{
	if (h->skel && h->skel->bss)
		__atomic_store_n(&h->skel->bss->armed, 0, __ATOMIC_RELEASE);
}

void hooks_free(struct hooks *h)
{
	if (!h)
		return;
	hooks_disarm(h);
	fd_list_close(&h->links);
	program_hooks_free(h->programs);
	for (size_t i = 0; i < ARRAY_SIZE(h->tracepoint); i++)
		bpf_link__destroy(h->tracepoint[i]);
	ring_buffer__free(h->ring);
	function_bpf__destroy(h->skel);
	filter_splice_free(h->splice);
	for (size_t i = 0; i < h->skipped_count; i++)
		free(h->skipped[i]);
	free(h->skipped);
	free(h->hooked);
	free(h);
}

void hooks_freep(struct hooks **h)
{
	hooks_free(*h);
}
