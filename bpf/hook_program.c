/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/hook_program.h"
#include "bpf/attach.h"
#include "bpf/cookie.h"
#include "bpf/hook_link.h"
#include "bpf/hook_tail.h"
#include "bpf/tail.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#define ENTRY_SECTION "program/entry"
#define EXIT_SECTION  "program/exit"
#define TAIL_SECTION  "program/tail"
#define ASK_SECTION   "program/ask"
#define SECTIONS      4
#define ASKS          4

#define TAILS_EVERY 5 /* scans; to look for jumps takes longer */

/* One of ours as libbpf would have loaded it. */
struct template
{
	struct bpf_insn *insns;
	size_t count;
	void *func_info;
	__u32 func_count, func_size;
	int btf;
};

struct traced {
	struct program p;
	int entry, exit; /* -1 = none: others jump to it */
	struct tail_break jump;
};

struct program_hooks {
	struct filter_splice *splice;
	int handler[SECTIONS];
	struct template entry, exit, tail, ask;
	struct traced *traced;
	size_t count, room;
	__u32 first;      /* number of the first in records */
	__u32 last;       /* the newest program seen */
	int ask_id[ASKS]; /* what programs call for a redirect, -1 = none */
	int ask_link[ASKS];
	/* programs that others jump to */
	struct program_maps maps;
	int tail_prog; /* ours for all of them, -1 = not loaded */
	size_t tails;
	__u32 *known; /* looked at, traced or not */
	size_t known_count;
	unsigned scans;
};

/* ---- our programs, taken out of the load ----------------------------------------------------- */

static int template_take(
	struct template *t, const struct bpf_program *prog, const struct bpf_prog_load_opts *opts)
{
	size_t funcs = (size_t)opts->func_info_cnt * opts->func_info_rec_size;

	t->count = bpf_program__insn_cnt(prog);
	t->insns = malloc(t->count * sizeof(*t->insns));
	if (!t->insns)
		return -ENOMEM;
	memcpy(t->insns, bpf_program__insns(prog), t->count * sizeof(*t->insns));
	if (!opts->func_info || !funcs)
		return 0;
	t->func_info = malloc(funcs);
	if (!t->func_info)
		return -ENOMEM;
	memcpy(t->func_info, opts->func_info, funcs);
	t->func_count = opts->func_info_cnt;
	t->func_size = opts->func_info_rec_size;
	t->btf = dup(opts->prog_btf_fd);
	return t->btf < 0 ? -errno : 0;
}

static void template_done(struct template *t)
{
	free(t->insns);
	free(t->func_info);
	if (t->btf >= 0)
		close(t->btf);
}

/* libbpf is about to load PROG: it gets one that does nothing, which costs nothing to verify. */
static int prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	struct program_hooks *p = (struct program_hooks *)cookie;
	const char *section = bpf_program__section_name(prog);
	struct template *t = !strcmp(section, ENTRY_SECTION)  ? &p->entry
			     : !strcmp(section, EXIT_SECTION) ? &p->exit
			     : !strcmp(section, TAIL_SECTION) ? &p->tail
							      : &p->ask;
	int err = p->splice ? filter_splice_program(p->splice, prog, opts) : 0;

	if (!err)
		err = template_take(t, prog, opts);
	if (err)
		return err;
	opts->func_info = opts->line_info = NULL;
	opts->func_info_cnt = opts->line_info_cnt = 0;
	return bpf_program__set_insns(prog, nothing, ARRAY_SIZE(nothing));
}

/*
 * libbpf up to 1.1 is left with a freed table when its last handler is unregistered, and trips over
 * it at the next registration. A handler for a section nobody has stays behind instead.
 */
static void keep_table(void)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts);

	libbpf_register_prog_handler("pathlag_nothing", BPF_PROG_TYPE_UNSPEC, 0, &opts);
}

/* Where a task knows what its program has asked for, nobody else has to be asked. */
static void asks_choose(struct program_hooks *p, const struct kernel *k)
{
	static const char *const asks[ASKS] = {
		"bpf_redirect", "bpf_redirect_peer", "bpf_redirect_neigh", "bpf_xdp_redirect"};
	bool known = kernel_has_member(k, "task_struct", "bpf_net_context");

	for (size_t i = 0; i < ASKS; i++) {
		p->ask_id[i] = known ? -1 : kernel_func_id(k, asks[i]);
		p->ask_link[i] = -1;
	}
}

int program_hooks_new(struct program_hooks **ret, const struct kernel *k,
	struct filter_splice *splice, struct errbuf *err)
{
	static const char *const sections[SECTIONS] = {
		ENTRY_SECTION, EXIT_SECTION, TAIL_SECTION, ASK_SECTION};
	struct program_hooks *p = calloc(1, sizeof(*p));
	LIBBPF_OPTS(
		libbpf_prog_handler_opts, opts, .cookie = (long)p, .prog_prepare_load_fn = prepare);

	if (!p)
		return err_set(err, -ENOMEM, "out of memory");
	p->splice = splice;
	p->entry.btf = p->exit.btf = p->tail.btf = p->ask.btf = p->tail_prog = -1;
	for (size_t i = 0; i < SECTIONS; i++)
		p->handler[i] = -1;
	asks_choose(p, k);
	keep_table();
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		p->handler[i] = libbpf_register_prog_handler(
			sections[i], BPF_PROG_TYPE_RAW_TRACEPOINT, 0, &opts);
		if (p->handler[i] < 0) {
			int code = p->handler[i];

			program_hooks_free(p);
			return err_set(err, code, "libbpf takes no handler: %s", strerror(-code));
		}
	}
	*ret = p;
	return 0;
}

static void handlers_release(struct program_hooks *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(p->handler); i++) {
		if (p->handler[i] >= 0)
			libbpf_unregister_prog_handler(p->handler[i]);
		p->handler[i] = -1;
	}
	p->splice = NULL;
}

void program_hooks_loaded(struct program_hooks *p, __u32 first, const struct program_maps *maps)
{
	p->first = first;
	p->maps = *maps;
	handlers_release(p);
}

/* ---- one program to trace -------------------------------------------------------------------- */

static __u64 cookie_for(const struct program *p, __u32 func)
{
	enum cookie_kind kind = p->kind == PROG_XDP         ? KIND_XDP_BUFF
				: p->kind == PROG_NETFILTER ? KIND_NF_CTX
							    : KIND_SKB;

	return COOKIE(func, 1, kind, 0, KIND_NONE, ROLE_NONE, p->params) |
	       (__u64)p->kind << COOKIE_PROG_SHIFT;
}

/* The last line with words of what the verifier said; the others count its work. */
static void last_words(char *log, char *why, size_t len)
{
	char *line, *rest = log;

	while ((line = strsep(&rest, "\n")))
		if (*line && strncmp(line, "processed ", 10) &&
			strncmp(line, "verification time", 17))
			snprintf(why, len, "%s", line);
}

static int copy_load(const struct template *t, const struct program *target, int fd, int type,
	__u64 cookie, char *why, size_t why_len)
{
	_cleanup_(freep) struct bpf_insn *insns = malloc(t->count * sizeof(*insns));
	char log[4096] = "";
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = type, .attach_prog_fd = fd,
		.attach_btf_id = target->btf_id, .prog_btf_fd = t->btf > 0 ? t->btf : 0,
		.func_info = t->func_info, .func_info_cnt = t->func_count,
		.func_info_rec_size = t->func_size, .log_buf = log, .log_size = sizeof(log));
	int prog, err;

	if (!insns)
		return -ENOMEM;
	memcpy(insns, t->insns, t->count * sizeof(*insns));
	err = cookie_put(insns, t->count, cookie);
	if (err)
		return err;
	prog = bpf_prog_load(
		BPF_PROG_TYPE_TRACING, "pathlag_program", "GPL", insns, t->count, &opts);
	err = prog < 0 ? -errno : 0;
	if (err)
		snprintf(why, why_len, "%s", strerror(-err));
	if (err)
		last_words(log, why, why_len);
	return err ? err : prog;
}

/* The copy goes when its attachment does: only that is kept. */
static int copy_attach(const struct template *t, const struct program *target, int fd, int type,
	__u64 cookie, char *why, size_t why_len)
{
	_cleanup_(closep) int prog = copy_load(t, target, fd, type, cookie, why, why_len);
	int link = prog < 0 ? prog : attach_trampoline(prog);

	if (prog >= 0 && link < 0)
		snprintf(why, why_len, "%s", strerror(-link));
	return link;
}

/* The return first: an entry whose return is not seen would stay open. */
static int trace(struct program_hooks *p, int fd, struct traced *t, char *why, size_t len)
{
	__u64 cookie = cookie_for(&t->p, p->first + (__u32)p->count);

	t->exit = copy_attach(&p->exit, &t->p, fd, BPF_TRACE_FEXIT, cookie, why, len);
	if (t->exit < 0)
		return t->exit;
	t->entry = copy_attach(&p->entry, &t->p, fd, BPF_TRACE_FENTRY, cookie, why, len);
	if (t->entry < 0)
		close(t->exit);
	return t->entry < 0 ? t->entry : 0;
}

/* Once there is a program to trace. What fails costs no more than the name of a device. */
static void asks_trace(struct program_hooks *p)
{
	for (size_t i = 0; i < ASKS; i++) {
		LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY,
			.attach_btf_id = p->ask_id[i]);
		int prog;

		if (p->ask_id[i] < 0)
			continue;
		prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "pathlag_ask", "GPL", p->ask.insns,
			p->ask.count, &opts);
		p->ask_id[i] = -1;
		if (prog < 0)
			continue;
		p->ask_link[i] = attach_trampoline(prog);
		close(prog);
		if (p->ask_link[i] >= 0)
			__atomic_store_n(p->maps.asks_watched, 1, __ATOMIC_RELEASE);
	}
}

/* ---- all of them ----------------------------------------------------------------------------- */

static struct traced *traced_room(struct program_hooks *p)
{
	if (p->count == p->room) {
		size_t room = p->room ? 2 * p->room : 16;
		struct traced *grown = realloc(p->traced, room * sizeof(*grown));

		if (!grown)
			return NULL;
		p->traced = grown;
		p->room = room;
	}
	return &p->traced[p->count];
}

static bool add(struct program_hooks *p, __u32 id, program_skip_fn skip, void *arg)
{
	struct errbuf err = {0};
	struct traced t = {0}, *at;
	_cleanup_(closep) int fd = program_open(id, &t.p, &err);

	if (fd == -ENOENT)
		return false;
	if (fd < 0) {
		skip(arg, &t.p, *err.text ? err.text : strerror(-fd));
		return false;
	}
	at = p->count < PROGRAMS_TRACED_MAX ? traced_room(p) : NULL;
	if (!at) {
		skip(arg, &t.p, "there are too many");
		return false;
	}
	if (trace(p, fd, &t, err.text, sizeof(err.text))) {
		skip(arg, &t.p, err.text);
		return false;
	}
	*at = t;
	if (!p->count++ && p->ask.insns)
		asks_trace(p);
	return true;
}

/* ---- programs that others jump to ------------------------------------------------------------ */

static int tail_load(struct program_hooks *p, struct errbuf *err)
{
	const struct template *t = &p->tail;
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_btf_fd = t->btf > 0 ? t->btf : 0,
		.func_info = t->func_info, .func_info_cnt = t->func_count,
		.func_info_rec_size = t->func_size);

	if (p->tail_prog < 0)
		p->tail_prog = bpf_prog_load(
			BPF_PROG_TYPE_PERF_EVENT, "pathlag_tail", "GPL", t->insns, t->count, &opts);
	if (p->tail_prog < 0)
		return err_set(
			err, -errno, "the kernel refuses our breakpoint: %s", strerror(errno));
	return 0;
}

/* Its number where the kernel calls it, 0 = none. */
static __u32 direct_number(const struct program_hooks *p, __u32 id)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->traced[i].p.id == id && !p->traced[i].p.callee)
			return p->first + (__u32)i;
	return 0;
}

static int tail_trace(struct program_hooks *p, int fd, struct traced *t, struct errbuf *err)
{
	struct tail_target target = {.cookie = cookie_for(&t->p, p->first + (__u32)p->count),
		.direct = direct_number(p, t->p.id)};
	int code;

	if (p->tails == TAILS_TRACED_MAX)
		return err_set(err, -ENOSPC,
			"others jump to it, and the processor has only %d breakpoints",
			TAILS_TRACED_MAX);
	code = tail_load(p, err);
	if (!code)
		code = tail_break_set(&t->jump, fd, p->tail_prog, err);
	if (code)
		return code;
	if (bpf_map_update_elem(p->maps.tail_targets, &t->jump.addr, &target, BPF_ANY)) {
		tail_break_done(&t->jump);
		return -errno;
	}
	__atomic_store_n(p->maps.tails_watched, (__u32)++p->tails, __ATOMIC_RELEASE);
	return 0;
}

/* Of the scan under way. */
struct tail_scan {
	struct program_hooks *p;
	program_skip_fn skip;
	void *arg;
	size_t added;
};

static bool is_known(struct program_hooks *p, __u32 id)
{
	__u32 *grown;

	for (size_t i = 0; i < p->known_count; i++)
		if (p->known[i] == id)
			return true;
	grown = realloc(p->known, (p->known_count + 1) * sizeof(*grown));
	if (!grown)
		return true;
	p->known = grown;
	p->known[p->known_count++] = id;
	return false;
}

static void on_tail(void *arg, __u32 id)
{
	struct tail_scan *s = arg;
	struct errbuf err = {0};
	struct traced t = {.entry = -1, .exit = -1}, *at;
	_cleanup_(closep) int fd = -1;
	int code;

	if (is_known(s->p, id))
		return;
	fd = program_open(id, &t.p, &err);
	if (fd < 0) /* what there is to be said was said of the program itself */
		return;
	t.p.callee = true;
	at = traced_room(s->p);
	code = at ? tail_trace(s->p, fd, &t, &err) : -ENOMEM;
	if (code) {
		s->skip(s->arg, &t.p, *err.text ? err.text : strerror(-code));
		return;
	}
	*at = t;
	s->p->count++;
	s->added++;
}

size_t program_hooks_scan(struct program_hooks *p, program_skip_fn skip, void *arg)
{
	struct tail_scan s = {.p = p, .skip = skip, .arg = arg};

	for (__u32 id; !programs_next(p->last, &id); p->last = id)
		s.added += add(p, id, skip, arg);
	if (p->count && p->scans++ % TAILS_EVERY == 0)
		tails_find(on_tail, &s);
	return s.added;
}

size_t program_hooks_count(const struct program_hooks *p)
{
	return p->count;
}

const struct program *program_hooks_get(const struct program_hooks *p, __u32 func)
{
	return func >= p->first && func - p->first < p->count ? &p->traced[func - p->first].p
							      : NULL;
}

void program_hooks_free(struct program_hooks *p)
{
	if (!p)
		return;
	handlers_release(p);
	for (size_t i = 0; i < p->count; i++) {
		if (p->traced[i].entry >= 0)
			close(p->traced[i].entry);
		if (p->traced[i].exit >= 0)
			close(p->traced[i].exit);
		tail_break_done(&p->traced[i].jump);
	}
	if (p->tail_prog >= 0)
		close(p->tail_prog);
	template_done(&p->entry);
	template_done(&p->exit);
	template_done(&p->tail);
	template_done(&p->ask);
	for (size_t i = 0; i < ASKS; i++)
		if (p->ask_link[i] >= 0)
			close(p->ask_link[i]);
	free(p->known);
	free(p->traced);
	free(p);
}
