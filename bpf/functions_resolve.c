/* SPDX-License-Identifier: GPL-2.0-only */
/* functions_resolve.c - which functions ftrace lets us attach to, and their addresses. */
#include "bpf/functions_scan.h"

/* What the lines have said about one function. */
struct verdict {
	__u16 lines;    /* its very name */
	__u16 suffixed; /* NAME.isra.0 and the like */
};

struct matcher {
	struct functions *f;
	struct verdict *verdict; /* one a function */
	__u32 *slot;             /* hash table: index + 1 into the list, 0 = free */
	__u32 mask;
	bool addresses_only;
};

/* FNV-1a over the name; modules share names rarely enough to leave theirs out. */
static __u32 name_hash(const char *name, size_t len)
{
	__u32 hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)name[i]) * 16777619u;
	return hash;
}

int matcher_new(struct matcher **ret, struct functions *f)
{
	_cleanup_(matcher_freep) struct matcher *m = calloc(1, sizeof(*m));
	__u32 size = 64;

	if (!m)
		return -ENOMEM;
	while (size < 2 * f->count)
		size *= 2;
	m->f = f;
	m->mask = size - 1;
	m->slot = calloc(size, sizeof(*m->slot));
	m->verdict = calloc(f->count + 1, sizeof(*m->verdict));
	if (!m->slot || !m->verdict)
		return -ENOMEM;
	for (__u32 i = 0; i < f->count; i++) {
		const char *name = f->list[i].name;
		__u32 at = name_hash(name, strlen(name)) & m->mask;

		while (m->slot[at])
			at = (at + 1) & m->mask;
		m->slot[at] = i + 1;
	}
	*ret = TAKE_PTR(m);
	return 0;
}

void matcher_freep(struct matcher **m)
{
	if (*m) {
		free((*m)->slot);
		free((*m)->verdict);
	}
	free(*m);
}

void matcher_addresses_only(struct matcher *m)
{
	m->addresses_only = true;
}

static bool text_is(const char *text, const char *s, size_t len)
{
	return !strncmp(text, s, len) && !text[len];
}

/* Given by hand without a module: the first line of that name says which it is. */
static void module_learn(struct matcher *m, struct function *fn, const struct symbol *s)
{
	const char *module = FUNC_VMLINUX;

	if (s->module)
		module = functions_string(m->f, s->module, s->module_len);
	if (module)
		fn->module = module;
}

/* The function of the first LEN bytes of S's name, in its module; -1 = not ours. */
static ssize_t matcher_find(struct matcher *m, const struct symbol *s, size_t len)
{
	const char *module = s->module ? s->module : FUNC_VMLINUX;
	size_t module_len = s->module ? s->module_len : strlen(FUNC_VMLINUX);
	__u32 at = name_hash(s->name, len) & m->mask;

	for (; m->slot[at]; at = (at + 1) & m->mask) {
		struct function *fn = &m->f->list[m->slot[at] - 1];

		if (!text_is(fn->name, s->name, len))
			continue;
		if (!fn->module[0])
			module_learn(m, fn, s);
		if (text_is(fn->module, module, module_len))
			return m->slot[at] - 1;
	}
	return -1;
}

int matcher_symbol(const struct symbol *s, void *matcher)
{
	const char *dot = memchr(s->name, '.', s->name_len);
	struct matcher *m = matcher;
	ssize_t i = matcher_find(m, s, s->name_len);

	if (i >= 0) {
		if (s->addr && !m->f->list[i].addr)
			m->f->list[i].addr = s->addr;
		/* One name at two addresses, whichever list says so. */
		else if (s->addr && m->f->list[i].addr != s->addr && !m->f->list[i].why)
			m->f->list[i].why = FUNC_AMBIGUOUS;
		if (!m->addresses_only && m->verdict[i].lines < UINT16_MAX)
			m->verdict[i].lines++;
	} else if (dot && !m->addresses_only) {
		i = matcher_find(m, s, dot - s->name);
		if (i >= 0)
			m->verdict[i].suffixed = 1;
	}
	return 0;
}

void matcher_judge(struct matcher *m)
{
	for (size_t i = 0; i < m->f->count; i++) {
		struct function *fn = &m->f->list[i];

		if (fn->why)
			continue;
		if (m->verdict[i].lines > 1)
			fn->why = FUNC_AMBIGUOUS;
		else if (!m->verdict[i].lines)
			fn->why = m->verdict[i].suffixed ? FUNC_SUFFIXED : FUNC_NOT_IN_FTRACE;
	}
}

int functions_resolve(struct functions *f, bool addresses, struct errbuf *err)
{
	_cleanup_(matcher_freep) struct matcher *m = NULL;
	bool have_addresses = addresses; /* the list that has them takes twice as long */
	int code;

	if (f->resolved)
		return 0;
	code = matcher_new(&m, f);
	if (code)
		return code;
	code = symbols_ftrace(&have_addresses, matcher_symbol, m);
	if (code && code != -ENOENT && code != -EACCES && code != -EPERM)
		return err_set(
			err, code, "cannot read ftrace's list of functions: %s", strerror(-code));
	f->have_tracefs = !code;
	if (f->have_tracefs)
		matcher_judge(m);
	if (addresses && (!f->have_tracefs || !have_addresses)) {
		matcher_addresses_only(m);
		code = symbols_read("/proc/kallsyms", SYMBOLS_KALLSYMS, matcher_symbol, m);
		if (code)
			return err_set(
				err, code, "cannot read /proc/kallsyms: %s", strerror(-code));
	}
	f->resolved = true;
	return 0;
}
