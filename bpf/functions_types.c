/* SPDX-License-Identifier: GPL-2.0-only */
/* functions_types.c - what a type is to us, each type of a BTF looked at once. */
#include "bpf/functions_scan.h"

#define SEEN       0x80 /* in a memo: this one was looked at */
#define DEPTH_MAX  16   /* of typedefs, and of structs that begin with a struct */
#define OBJECT_PTR PARAM_CLASSES

/* A pointer's target, beyond enum func_arg and enum param_class. */
enum { OBJECT_VOID = PARAM_VOID_PTR, OBJECT_NF_STATE = PARAM_NF_STATE };

/* In a parameter's memo: its class, and above it how many registers it takes. */
#define CLASS_BITS 5
#define CLASS_MASK ((1 << CLASS_BITS) - 1)
_Static_assert(OBJECT_PTR <= CLASS_MASK, "classes and registers share a byte");

static const struct {
	const char *name;
	__u8 object;
} objects[] = {
	{"sk_buff", FUNC_ARG_SKB},
	{"sock", FUNC_ARG_SOCK},
	{"socket", FUNC_ARG_SOCKET},
	{"request_sock", FUNC_ARG_REQUEST},
	{"xdp_buff", FUNC_ARG_XDP_BUFF},
	{"xdp_frame", FUNC_ARG_XDP_FRAME},
	{"nf_hook_state", OBJECT_NF_STATE},
	/* Modules may have only a forward declaration of these: what they begin with is not seen */
	{"inet_sock", FUNC_ARG_SOCK},
	{"inet_connection_sock", FUNC_ARG_SOCK},
	{"tcp_sock", FUNC_ARG_SOCK},
	{"udp_sock", FUNC_ARG_SOCK},
};

int types_init(struct functions_types *t, struct btf *btf, const struct functions_types *base)
{
	*t = (struct functions_types){.btf = btf, .base = base, .count = btf__type_cnt(btf)};
	t->first = base ? base->count : 0;
	t->object = calloc(t->count - t->first + 1, 1);
	t->param = calloc(t->count - t->first + 1, 1);
	return t->object && t->param ? 0 : -ENOMEM;
}

void types_done(struct functions_types *t)
{
	free(t->object);
	free(t->param);
	btf__free(t->btf);
}

/* Where ID is noted: vmlinux's types are shared by all modules. */
static __u8 *memo_at(const struct functions_types *t, __u32 id, bool object)
{
	if (t->base && id < t->first)
		t = t->base;
	if (id < t->first || id >= t->count)
		return NULL;
	return (object ? t->object : t->param) + (id - t->first);
}

/* Without typedef, const and the like; NULL for void. */
const struct btf_type *types_strip(const struct functions_types *t, __u32 id)
{
	const struct btf_type *type = id ? btf__type_by_id(t->btf, id) : NULL;

	for (int i = 0; type && i < DEPTH_MAX; i++) {
		if (!btf_is_mod(type) && !btf_is_typedef(type) && !btf_is_type_tag(type))
			return type;
		type = type->type ? btf__type_by_id(t->btf, type->type) : NULL;
	}
	return NULL;
}

static __u8 object_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
		if (!strcmp(name, objects[i].name))
			return objects[i].object;
	return FUNC_ARG_NONE;
}

/* A tcp_sock is an inet_connection_sock is an inet_sock is a sock: each is the first member. */
static __u8 object_find(const struct functions_types *t, __u32 id)
{
	const struct btf_type *type = types_strip(t, id);
	__u8 object = FUNC_ARG_NONE;

	if (!type)
		return OBJECT_VOID;
	if (btf_is_ptr(type))
		return OBJECT_PTR;
	for (int i = 0; i < DEPTH_MAX && type; i++) {
		if (!btf_is_struct(type) && !btf_is_fwd(type))
			break;
		object = object_named(btf__name_by_offset(t->btf, type->name_off));
		if (object || btf_is_fwd(type) || !btf_vlen(type) || btf_member_bit_offset(type, 0))
			break;
		type = types_strip(t, btf_members(type)->type);
	}
	return object;
}

static __u8 types_object(const struct functions_types *t, __u32 id)
{
	__u8 *memo = memo_at(t, id, true);

	if (!memo)
		return FUNC_ARG_NONE;
	if (!*memo)
		*memo = SEEN | object_find(t, id);
	return *memo & ~SEEN;
}

/* What a pointer to TARGET is. */
static __u8 pointer_class(const struct functions_types *t, __u32 target)
{
	const struct btf_type *inner;
	__u8 object = types_object(t, target);

	if (object != OBJECT_PTR)
		return object;
	inner = types_strip(t, target);
	return types_object(t, inner->type) == FUNC_ARG_SKB ? FUNC_ARG_SKB_REF : FUNC_ARG_NONE;
}

unsigned types_registers(__u32 bytes)
{
	if (bytes <= 2 * sizeof(long))
		return (bytes + sizeof(long) - 1) / sizeof(long);
#ifdef __aarch64__
	return 1; /* a copy is made, and its address passed */
#else
	return 0; /* lies on the stack */
#endif
}

static __u32 type_bytes(const struct functions_types *t, const struct btf_type *type)
{
	if (btf_is_ptr(type))
		return sizeof(long);
	if (btf_is_int(type) || btf_is_composite(type) || btf_is_any_enum(type))
		return type->size;
	return 0;
}

unsigned types_param(const struct functions_types *t, __u32 id, unsigned *registers)
{
	__u8 *memo = memo_at(t, id, false);

	*registers = 0;
	if (!memo || !id) /* "...", which takes none of its own */
		return FUNC_ARG_NONE;
	if (!*memo) {
		const struct btf_type *type = types_strip(t, id);
		__u8 class = FUNC_ARG_NONE;

		if (type && btf_is_ptr(type))
			class = pointer_class(t, type->type);
		*memo = SEEN | class;
		if (type)
			*memo |= types_registers(type_bytes(t, type)) << CLASS_BITS;
	}
	*registers = (*memo & ~SEEN) >> CLASS_BITS;
	return *memo & CLASS_MASK;
}
