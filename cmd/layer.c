/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/layer_programs.h"
#include "cmd/log.h"

/* What became of looking for a backend. */
struct choice {
	enum hook_backend backend; /* HOOK_AUTO = none works */
	int code;                  /* why not: -EPERM where that is all there is to it */
	char tried[256];           /* "kprobe.multi: Operation not supported" */
};

static bool is_asked(const struct opts *o)
{
	return o->subcommand == CMD_TRACE || o->functions.count || o->context.count ||
	       o->backend_given;
}

static bool is_scoped(const struct opts *o)
{
	return o->pids || o->comm || o->cgroup || o->command || o->expression;
}

static bool is_single(enum hook_backend b)
{
	return b == HOOK_FENTRY || b == HOOK_KPROBE;
}

/* ---- which backend -------------------------------------------------------------------------- */

static bool is_candidate(const struct opts *o, enum hook_backend b)
{
	if (o->backend != HOOK_AUTO)
		return b == o->backend;
	return is_asked(o) || !is_single(b);
}

/* The best first. A session prepares for each call's return, which costs a quarter more than an
 * entry alone. */
static enum hook_backend in_order(const struct opts *o, enum hook_backend n)
{
	if (o->no_returns && n == HOOK_SESSION)
		return HOOK_MULTI;
	if (o->no_returns && n == HOOK_MULTI)
		return HOOK_SESSION;
	return n;
}

static void choose_backend(const struct opts *o, struct choice *c)
{
	size_t at = 0;

	*c = (struct choice){.backend = HOOK_AUTO};
	for (enum hook_backend n = HOOK_AUTO + 1; n < HOOK_BACKENDS; n++) {
		enum hook_backend b = in_order(o, n);
		int code = is_candidate(o, b) ? hook_backend_try(b) : -ENOTSUP;

		if (!code) {
			c->backend = b;
			return;
		}
		if (!is_candidate(o, b))
			continue;
		/* One that wants a privilege may work with it. */
		c->code = code == -EPERM || !c->code ? code : c->code;
		if (at < sizeof(c->tried))
			at += snprintf(c->tried + at, sizeof(c->tried) - at, "%s%s: %s",
				at ? "; " : "", hook_backend_name(b), strerror(-code));
	}
}

static int refuse(const struct opts *o, const struct choice *c, struct errbuf *err)
{
	if (c->code == -EPERM && geteuid())
		return err_set(err, -EPERM,
			"tracing functions needs root, or the capabilities CAP_BPF and CAP_PERFMON "
			"(tried %s)",
			c->tried);
	return err_set(err, -ENOTSUP,
		"this kernel lets no function be traced%s: tried %s. It takes a kernel built with "
		"CONFIG_FPROBE=y, or CONFIG_KPROBE_EVENTS=y, or fentry: see pathlag check",
		o->backend == HOOK_AUTO ? "" : " that way", c->tried);
}

/* ---- what is said ---------------------------------------------------------------------------- */

static size_t count_core(const struct functions *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++)
		n += f->list[i].core && f->list[i].why == FUNC_OK;
	return n;
}

/* Not the best way, and what is missed by it. */
static void tell_backend(const struct layer *l, const struct opts *o, const struct choice *c)
{
	enum hook_backend b = hooks_backend(l->hooks);
	size_t n = functions_chosen(l->functions);

	if (o->quiet || !is_single(b))
		return;
	if (o->backend == HOOK_AUTO)
		log_note("functions through %s, one attachment each: %s%zu (%s)",
			hook_backend_name(b), o->functions.count ? "" : "only the core set, ", n,
			c->tried);
	if (n > HOOK_SLOW_MANY)
		log_note("%zu functions through %s take minutes to attach; --functions core: %zu",
			n, hook_backend_name(b), count_core(l->functions));
}

static void tell_absence(const struct opts *o, const char *why)
{
	if (o->verbose)
		log_note("without kernel functions: %s", why);
}

/* ---- its life -------------------------------------------------------------------------------- */

static int choose_functions(struct layer *l, const struct kernel *k, const struct opts *o,
	const struct choice *c, struct errbuf *err)
{
	bool cheap = c->backend == HOOK_SESSION || c->backend == HOOK_MULTI;
	/* Of modules too: whoever names a function of one need not say so twice. */
	int code = functions_open(&l->functions, kernel_btf(k), true, err);

	if (code)
		return code;
	return functions_choose(l->functions, o->functions.word, o->functions.count,
		o->subcommand == CMD_TRACE && cheap ? "all" : "core", o->context.word,
		o->context.count, err);
}

/* The words are judged before the kernel is: a misspelt name is wrong on any. */
static int layer_load(struct layer *l, struct kernel *k, const struct opts *o,
	struct hooks_cfg *cfg, struct errbuf *err)
{
	struct choice c;
	int code;

	choose_backend(o, &c);
	if (l->optional && c.backend == HOOK_AUTO)
		return err_set(err, -ENOTSUP,
			"not at once here (%s); --functions core asks for them", c.tried);
	code = choose_functions(l, k, o, &c, err);
	if (code)
		return code;
	if (c.backend == HOOK_AUTO)
		return refuse(o, &c, err);
	cfg->functions = l->functions;
	cfg->backend = c.backend;
	cfg->no_returns = o->no_returns;
	cfg->no_follow = o->no_follow;
	cfg->stacks = o->stack;
	code = hooks_open(&l->hooks, k, cfg, err);
	if (!code)
		tell_backend(l, o, &c);
	return code;
}

/* Nobody asked for it: the milestones are enough. */
static int do_without(struct layer *l, const struct opts *o, int code, struct errbuf *err)
{
	if (!code || !l->optional)
		return code;
	tell_absence(o, err->text[0] ? err->text : strerror(-code));
	err->text[0] = '\0';
	layer_done(l);
	return 0;
}

static int drops_load(struct layer *l, struct kernel *k, const struct opts *o,
	struct hooks_cfg *cfg, struct errbuf *err)
{
	cfg->drops = true;
	cfg->stacks = o->stack;
	return hooks_open(&l->hooks, k, cfg, err);
}

static int functions_load(struct layer *l, struct kernel *k, const struct opts *o,
	struct hooks_cfg *cfg, struct errbuf *err)
{
	if (o->no_functions)
		return 0;
	if (l->optional && !is_scoped(o)) {
		tell_absence(o, "the run is about the whole host; --functions core shows them");
		return 0;
	}
	return do_without(l, o, layer_load(l, k, o, cfg, err), err);
}

int layer_open(struct layer *l, struct kernel *k, const struct opts *o, struct hooks_cfg *cfg,
	struct errbuf *err)
{
	int code;

	*l = (struct layer){.optional = !is_asked(o), .kernel = k, .opts = o, .cfg = *cfg};
	layer_programs_open(l);
	cfg->programs = l->programs;
	if (o->subcommand == CMD_DROPS) {
		l->optional = false;
		return drops_load(l, k, o, cfg, err);
	}
	code = functions_load(l, k, o, cfg, err);
	if (!code && !l->hooks)
		layer_programs_load(l);
	return code;
}

int layer_arm(struct layer *l, const struct opts *o, struct errbuf *err)
{
	int code;

	l->armed = true;
	if (!l->hooks)
		return 0;
	if (is_single(hooks_backend(l->hooks)) && isatty(STDERR_FILENO) && !o->quiet)
		log_note("attaching to %zu functions...", functions_chosen(l->functions));
	code = do_without(l, o, hooks_arm(l->hooks, err), err);
	l->skipped = l->hooks ? hooks_skipped(l->hooks) : 0;
	return code;
}

void layer_done(struct layer *l)
{
	hooks_free(l->hooks);
	functions_free(l->functions);
	l->hooks = NULL;
	l->functions = NULL;
}
