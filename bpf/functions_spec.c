/* SPDX-License-Identifier: GPL-2.0-only */
/* functions_spec.c - functions whose arguments are given by hand: `mymod:my_rx:skb=2`. */
#include "bpf/functions_scan.h"

struct spec {
	char module[64]; /* "" = not said */
	char name[128];
	struct function args; /* positions and kinds only */
};

#define SPEC_FORM "expected [MODULE:]NAME:skb=N, sk=N or both with a comma, N from 1 to 6"

static int spec_argument(struct spec *s, const char *text, size_t len)
{
	const char *equals = memchr(text, '=', len);
	size_t name_len = equals ? (size_t)(equals - text) : 0;
	enum func_arg arg = FUNC_ARG_NONE + 1;
	unsigned pos;

	if (!equals || len != name_len + 2)
		return -EINVAL;
	pos = equals[1] - '0';
	if (pos < 1 || pos > FUNC_REGISTERS)
		return -EINVAL;
	for (; arg < FUNC_ARG_KINDS; arg++)
		if (strlen(func_arg_name(arg)) == name_len &&
			!memcmp(func_arg_name(arg), text, name_len))
			break;
	switch (arg) {
	case FUNC_ARG_SOCK:
	case FUNC_ARG_SOCKET:
	case FUNC_ARG_REQUEST:
		if (s->args.sk_pos)
			return -EINVAL;
		s->args.sk_kind = arg;
		s->args.sk_pos = pos;
		return 0;
	case FUNC_ARG_KINDS:
		return -EINVAL;
	default:
		if (s->args.skb_pos)
			return -EINVAL;
		s->args.skb_kind = arg;
		s->args.skb_pos = pos;
		return 0;
	}
}

static int spec_parse(struct spec *s, const char *text)
{
	const char *args = strrchr(text, ':'), *colon = strchr(text, ':');
	const char *name = colon && colon != args ? colon + 1 : text;
	size_t name_len, module_len = name != text ? (size_t)(colon - text) : 0, len;

	*s = (struct spec){};
	if (!args)
		return -EINVAL;
	name_len = args - name;
	if (!name_len || name_len >= sizeof(s->name) || module_len >= sizeof(s->module) ||
		(name != text && !module_len) || memchr(name, ':', name_len))
		return -EINVAL;
	memcpy(s->name, name, name_len);
	memcpy(s->module, text, module_len);
	/* A pattern has no arguments of its own. */
	if (s->name[strcspn(s->name, "*?[\\ ")])
		return -EINVAL;
	for (args++; *args; args += len + (args[len] == ',')) {
		len = strcspn(args, ",");
		if (spec_argument(s, args, len))
			return -EINVAL;
	}
	return args[-1] != ',' && (s->args.skb_pos || s->args.sk_pos) ? 0 : -EINVAL;
}

/* In BTF, though not with an argument that we know: it tells the module and what it returns. */
static bool btf_describe(const struct functions *f, const struct spec *s, struct function *fn)
{
	for (size_t i = 0; i < f->impl->modules; i++) {
		struct functions_module *m = f->impl->module[i];
		const struct functions_types *t = &m->types;

		if (s->module[0] && strcmp(s->module, m->name))
			continue;
		for (__u32 id = t->first ? t->first : 1; id < t->count; id++) {
			const struct btf_type *type = btf__type_by_id(t->btf, id);

			if (!btf_is_func(type) ||
				strcmp(btf__name_by_offset(t->btf, type->name_off), s->name))
				continue;
			function_describe(m, id, fn);
			return true;
		}
	}
	return false;
}

static void arguments_set(struct function *fn, const struct function *args)
{
	fn->skb_pos = args->skb_pos;
	fn->skb_kind = args->skb_kind;
	fn->sk_pos = args->sk_pos;
	fn->sk_kind = args->sk_kind;
	fn->context = false;
	fn->chosen = true;
	/* What BTF says of its arguments no longer matters. */
	if (fn->why == FUNC_TOO_MANY_ARGS || fn->why == FUNC_AMBIGUOUS)
		fn->why = FUNC_OK;
}

int functions_add(struct functions *f, const char *spec, struct errbuf *err)
{
	struct function fn = {}, *old;
	struct spec s;

	if (spec_parse(&s, spec))
		return err_set(err, -EINVAL,
			"'%s' is no function with its arguments (" SPEC_FORM ")", spec);
	old = functions_find(f, s.module[0] ? s.module : NULL, s.name);
	if (old) {
		arguments_set(old, &s.args);
		return 0;
	}
	if (!btf_describe(f, &s, &fn)) {
		fn.name = functions_string(f, s.name, strlen(s.name));
		fn.module = functions_string(f, s.module, strlen(s.module));
		if (!fn.name || !fn.module)
			return -ENOMEM;
	}
	arguments_set(&fn, &s.args);
	return functions_insert(f, &fn) ? 0 : -ENOMEM;
}
