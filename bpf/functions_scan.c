/* SPDX-License-Identifier: GPL-2.0-only */
/* functions_scan.c - the functions of one BTF that take what we follow. */
#include "bpf/functions_scan.h"

/* Names of functions met in one BTF, a bit for each offset into its strings: a string is there once
 * only, so equal names have equal offsets. */
struct met {
	__u8 *bits;
	size_t bytes;
};

static void met_done(struct met *met)
{
	free(met->bits);
}

/* Was it met before? -ENOMEM. */
static int met_before(struct met *met, __u32 off)
{
	size_t at = off / 8, bytes;
	int before;

	if (at >= met->bytes) {
		__u8 *more;

		bytes = at * 2 > 1 << 18 ? at * 2 : 1 << 18;
		more = realloc(met->bits, bytes);
		if (!more)
			return -ENOMEM;
		memset(more + met->bytes, 0, bytes - met->bytes);
		met->bits = more;
		met->bytes = bytes;
	}
	before = met->bits[at] >> off % 8 & 1;
	met->bits[at] |= 1 << off % 8;
	return before;
}

static bool is_skb_kind(unsigned class)
{
	return class == FUNC_ARG_SKB || class == FUNC_ARG_SKB_REF || class == FUNC_ARG_XDP_BUFF ||
	       class == FUNC_ARG_XDP_FRAME;
}

static bool is_sk_kind(unsigned class)
{
	return class == FUNC_ARG_SOCK || class == FUNC_ARG_SOCKET || class == FUNC_ARG_REQUEST;
}

/* An argument of CLASS in register POS, 0 = on the stack. */
static void argument_note(struct function *fn, unsigned class, unsigned pos)
{
	if (is_skb_kind(class) && !fn->skb_pos && (pos || !fn->skb_kind)) {
		fn->skb_kind = class;
		fn->skb_pos = pos;
	} else if (is_sk_kind(class) && (pos || !fn->sk_kind) &&
		   (!fn->sk_pos || (class == FUNC_ARG_SOCK && fn->sk_kind != FUNC_ARG_SOCK))) {
		fn->sk_kind = class;
		fn->sk_pos = pos;
	}
}

/* A struct that is returned and does not fit into two registers: x86 passes its address first. */
static unsigned return_register(const struct functions_types *t, __u32 ret_id)
{
#ifdef __x86_64__
	const struct btf_type *ret = types_strip(t, ret_id);

	return ret && btf_is_composite(ret) && !types_registers(ret->size) && ret->size;
#else
	return 0;
#endif
}

bool function_describe(struct functions_module *m, __u32 id, struct function *fn)
{
	const struct functions_types *t = &m->types;
	const struct btf_type *func = btf__type_by_id(t->btf, id);
	const struct btf_type *proto = btf__type_by_id(t->btf, func->type);
	__u8 class[FUNC_REGISTERS + 1] = {};
	const struct btf_param *param;
	unsigned used, registers;

	*fn = (struct function){.module = m->name, .btf_id = id};
	fn->name = btf__name_by_offset(t->btf, func->name_off);
	if (!proto || !btf_is_func_proto(proto))
		return false;
	param = btf_params(proto);
	fn->params = btf_vlen(proto) < 255 ? btf_vlen(proto) : 255;
	used = return_register(t, proto->type);
	for (unsigned i = 0; i < btf_vlen(proto); i++) {
		unsigned c = types_param(t, param[i].type, &registers);
		bool fits = registers && used + registers <= FUNC_REGISTERS;

		if (c == FUNC_ARG_SKB_REF && functions_returns_skb(fn->name))
			c = FUNC_ARG_NONE;
		if (c == FUNC_ARG_SKB && i == 0 && functions_fills_skb(fn->name))
			c = FUNC_ARG_NONE;
		if (i < FUNC_REGISTERS)
			class[i] = c;
		argument_note(fn, c, fits ? used + 1 : 0);
		if (fits)
			used += registers;
	}
	function_returns(t, proto->type, class, fn->params, fn);
	if (!fn->skb_kind && !fn->sk_kind)
		return false;
	if (!fn->skb_pos && !fn->sk_pos)
		fn->why = FUNC_TOO_MANY_ARGS;
	else if (!fn->skb_pos)
		fn->skb_kind = FUNC_ARG_NONE;
	else if (!fn->sk_pos)
		fn->sk_kind = FUNC_ARG_NONE;
	return true;
}

/* The same without what only a function of interest needs: this runs for every function. */
static bool function_wanted(const struct functions_types *t, const struct btf_type *func)
{
	const struct btf_type *proto = btf__type_by_id(t->btf, func->type);
	const struct btf_param *param;
	unsigned registers;

	if (!proto || !btf_is_func_proto(proto))
		return false;
	param = btf_params(proto);
	for (unsigned i = 0; i < btf_vlen(proto); i++) {
		unsigned class = types_param(t, param[i].type, &registers);

		if (is_skb_kind(class) || is_sk_kind(class))
			return true;
	}
	return false;
}

static int list_add(struct functions *f, const struct function *fn)
{
	if (f->count == f->impl->room) {
		size_t room = f->impl->room ? f->impl->room * 2 : 4096;
		struct function *more = realloc(f->list, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		f->list = more;
		f->impl->room = room;
	}
	f->list[f->count++] = *fn;
	return 0;
}

static int twice_add(struct functions_impl *impl, const char *name)
{
	const char **more;

	/* Grows at each power of two: nearly always there are none. */
	if (!(impl->twice_count & (impl->twice_count - 1))) {
		more = realloc(impl->twice, (impl->twice_count * 2 + 1) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		impl->twice = more;
	}
	impl->twice[impl->twice_count++] = name;
	return 0;
}

static int scan_types(struct functions *f, struct functions_module *m)
{
	const struct functions_types *t = &m->types;
	_cleanup_(met_done) struct met met = {};
	struct function fn;

	for (__u32 id = t->first ? t->first : 1; id < t->count; id++) {
		const struct btf_type *type = btf__type_by_id(t->btf, id);
		int err;

		if (!btf_is_func(type))
			continue;
		err = met_before(&met, type->name_off);
		if (err > 0)
			err = twice_add(f->impl, btf__name_by_offset(t->btf, type->name_off));
		if (!err && function_wanted(t, type) && function_describe(m, id, &fn))
			err = list_add(f, &fn);
		if (err < 0)
			return err;
	}
	return 0;
}

int functions_new(struct functions **ret)
{
	_cleanup_(functions_freep) struct functions *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->impl = calloc(1, sizeof(*f->impl));
	if (!f->impl)
		return -ENOMEM;
	*ret = TAKE_PTR(f);
	return 0;
}

int functions_scan(struct functions *f, const char *module, struct btf *btf)
{
	struct functions_impl *impl = f->impl;
	struct functions_module *m = calloc(1, sizeof(*m)), **more;

	more = realloc(impl->module, (impl->modules + 1) * sizeof(*more));
	if (more)
		impl->module = more;
	if (!m || !more) {
		free(m);
		if (btf != impl->lent)
			btf__free(btf);
		return -ENOMEM;
	}
	/* In the list at once: what it holds from here on is freed with it. */
	impl->module[impl->modules++] = m;
	m->types.btf = btf;
	m->name = strdup(module);
	if (!m->name ||
		types_init(&m->types, btf, impl->modules > 1 ? &impl->module[0]->types : NULL))
		return -ENOMEM;
	return scan_types(f, m);
}
