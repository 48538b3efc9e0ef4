/* SPDX-License-Identifier: GPL-2.0-only */
/* functions_choose.c - from words to marks. */
#include "bpf/functions_scan.h"
#include "bpf/near.h"

#include <fnmatch.h>

#define WILDCARDS "*?[\\"

/* `MODULE:GLOB` or `GLOB`. */
struct glob {
	char module[64]; /* "" = any */
	const char *name;
	size_t literal; /* letters before the first wildcard: most names differ there */
};

static int glob_init(struct glob *g, const char *word, struct errbuf *err)
{
	const char *colon = strchr(word, ':');
	size_t len = colon ? (size_t)(colon - word) : 0;

	*g = (struct glob){.name = colon ? colon + 1 : word};
	if (!*g->name || (colon && !len) || len >= sizeof(g->module))
		return err_set(err, -EINVAL,
			"'%s' names no function (expected NAME, GLOB or MODULE:GLOB)", word);
	memcpy(g->module, word, len);
	g->literal = strcspn(g->name, WILDCARDS);
	return 0;
}

static bool glob_matches_name(const struct glob *g, const char *name)
{
	if (strncmp(g->name, name, g->literal))
		return false;
	return g->name[g->literal] ? !fnmatch(g->name, name, 0) : !name[g->literal];
}

static bool glob_matches_module(const struct glob *g, const char *module)
{
	return !g->module[0] || !strcmp(g->module, module);
}

static bool is_spec(const char *word)
{
	const char *equals = strchr(word, '=');

	return equals && memchr(word, ':', equals - word);
}

/* ---- functions with one of our arguments ---------------------------------------------------- */

static bool btf_has(const struct functions *f, const struct glob *g)
{
	for (size_t i = 0; i < f->impl->modules; i++) {
		const struct functions_types *t = &f->impl->module[i]->types;

		for (__u32 id = t->first ? t->first : 1; id < t->count; id++) {
			const struct btf_type *type = btf__type_by_id(t->btf, id);

			if (btf_is_func(type) &&
				glob_matches_name(g, btf__name_by_offset(t->btf, type->name_off)))
				return true;
		}
	}
	return false;
}

static int glob_missed(const struct functions *f, const struct glob *g, struct errbuf *err)
{
	const char *in = g->module[0] ? " in module " : "";
	struct near near = {.want = g->name};
	char names[400];

	if (g->name[g->literal])
		return err_set(err, -EINVAL,
			"no function%s%s that takes a packet or a socket matches '%s'", in,
			g->module, g->name);
	if (!g->module[0] && btf_has(f, g))
		return err_set(err, -EINVAL,
			"'%s' takes neither packet nor socket (--context '%s' shows it inside "
			"functions that do; '%s:skb=N' says where its argument is)",
			g->name, g->name, g->name);
	for (size_t i = 0; i < f->count; i++)
		near_offer(&near, f->list[i].name);
	near_text(&near, names, sizeof(names));
	return err_set(err, -EINVAL, "no function%s%s is called '%s'%s%s", in, g->module, g->name,
		names[0] ? "; near: " : "", names);
}

static int choose_glob(struct functions *f, const char *word, bool chosen, struct errbuf *err)
{
	size_t hits = 0;
	struct glob g;
	int code = glob_init(&g, word, err);

	if (code)
		return code;
	for (size_t i = 0; i < f->count; i++)
		if (glob_matches_module(&g, f->list[i].module) &&
			glob_matches_name(&g, f->list[i].name)) {
			f->list[i].chosen = chosen;
			hits++;
		}
	return hits ? 0 : glob_missed(f, &g, err);
}

/* ---- functions without --------------------------------------------------------------------- */

/* Into the list, or marked where it is there. */
static int context_add(struct functions *f, struct function *fn)
{
	struct function *old = functions_find(f, fn->module, fn->name);

	if (old) {
		old->chosen = true;
		return 0;
	}
	fn->context = fn->chosen = true;
	return functions_insert(f, fn) ? 0 : -ENOMEM;
}

/* Number of functions of BTF that match. */
static int context_btf(struct functions *f, const struct glob *g)
{
	int hits = 0;

	for (size_t i = 0; i < f->impl->modules; i++) {
		struct functions_module *m = f->impl->module[i];
		const struct functions_types *t = &m->types;
		struct function fn;

		if (!glob_matches_module(g, m->name))
			continue;
		for (__u32 id = t->first ? t->first : 1; id < t->count; id++) {
			const struct btf_type *type = btf__type_by_id(t->btf, id);

			if (!btf_is_func(type) ||
				!glob_matches_name(g, btf__name_by_offset(t->btf, type->name_off)))
				continue;
			function_describe(m, id, &fn);
			if (context_add(f, &fn))
				return -ENOMEM;
			hits++;
		}
	}
	return hits;
}

struct context_search {
	struct functions *f;
	const struct glob *glob;
	int hits;
};

/* A line of ftrace's list: a module without BTF. Variants the compiler made are left out. */
static int context_symbol(const struct symbol *s, void *ctx)
{
	struct context_search *search = ctx;
	struct function fn = {.module = FUNC_VMLINUX};
	char name[256], module[64];

	if (s->name_len < search->glob->literal || s->name_len >= sizeof(name) ||
		memcmp(s->name, search->glob->name, search->glob->literal) ||
		memchr(s->name, '.', s->name_len))
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)s->name_len, s->name);
	snprintf(module, sizeof(module), "%.*s", s->module ? (int)s->module_len : 7,
		s->module ? s->module : FUNC_VMLINUX);
	if (!glob_matches_name(search->glob, name) || !glob_matches_module(search->glob, module))
		return 0;
	search->hits++;
	if (functions_find(search->f, module, name)) /* the same name twice */
		return 0;
	fn.name = functions_string(search->f, name, strlen(name));
	if (s->module)
		fn.module = functions_string(search->f, module, strlen(module));
	return fn.name && fn.module ? context_add(search->f, &fn) : -ENOMEM;
}

static int choose_context(struct functions *f, const char *word, struct errbuf *err)
{
	struct context_search search = {.f = f};
	bool addrs = false;
	struct glob g;
	int code = glob_init(&g, word, err), hits;

	if (code)
		return code;
	hits = context_btf(f, &g);
	if (hits)
		return hits < 0 ? hits : 0;
	search.glob = &g;
	code = symbols_ftrace(&addrs, context_symbol, &search);
	if (code == -ENOMEM)
		return code;
	return search.hits ? 0
			   : err_set(err, -EINVAL, "no function %s '%s' (--context)",
				     g.name[g.literal] ? "matches" : "is called", word);
}

/* ---- words --------------------------------------------------------------------------------- */

static int choose_core(struct functions *f, bool chosen)
{
	for (const char *const *name = functions_core_context; chosen && *name; name++) {
		struct glob g = {.name = *name, .literal = strlen(*name)};

		if (context_btf(f, &g) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < f->count; i++) {
		bool core = f->list[i].core;

		for (const char *const *name = functions_core_context; *name; name++)
			core = core || !strcmp(*name, f->list[i].name);
		f->list[i].core = core;
		if (core)
			f->list[i].chosen = chosen;
	}
	return 0;
}

static bool takes_any(const struct function *fn)
{
	return !fn->context;
}

static bool takes_skb(const struct function *fn)
{
	return fn->skb_kind == FUNC_ARG_SKB || fn->skb_kind == FUNC_ARG_SKB_REF;
}

static bool takes_sk(const struct function *fn)
{
	return fn->sk_kind != FUNC_ARG_NONE;
}

static bool takes_xdp(const struct function *fn)
{
	return fn->skb_kind == FUNC_ARG_XDP_BUFF || fn->skb_kind == FUNC_ARG_XDP_FRAME;
}

static void choose_taking(
	struct functions *f, bool (*takes)(const struct function *fn), bool chosen)
{
	for (size_t i = 0; i < f->count; i++)
		if (takes(&f->list[i]))
			f->list[i].chosen = chosen;
}

static int choose_word(struct functions *f, const char *word, struct errbuf *err)
{
	static const struct {
		const char *word;
		bool (*takes)(const struct function *fn);
	} sets[] = {{"all", takes_any}, {"skb", takes_skb}, {"sk", takes_sk}, {"xdp", takes_xdp}};
	bool chosen = word[0] != '!';

	if (chosen && is_spec(word))
		return functions_add(f, word, err);
	word += !chosen;
	if (!strcmp(word, "core"))
		return choose_core(f, chosen);
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		if (!strcmp(word, sets[i].word)) {
			choose_taking(f, sets[i].takes, chosen);
			return 0;
		}
	return choose_glob(f, word, chosen, err);
}

int functions_choose(struct functions *f, const char *const *words, size_t count,
	const char *default_word, const char *const *context, size_t context_count,
	struct errbuf *err)
{
	int code = 0;

	for (size_t i = 0; i < f->count; i++)
		f->list[i].chosen = false;
	if (!count)
		code = choose_word(f, default_word, err);
	else if (words[0][0] == '!')
		choose_taking(f, takes_any, true);
	for (size_t i = 0; i < count && !code; i++)
		code = choose_word(f, words[i], err);
	for (size_t i = 0; i < context_count && !code; i++)
		code = choose_context(f, context[i], err);
	return code;
}
