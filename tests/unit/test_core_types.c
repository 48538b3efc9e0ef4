/* SPDX-License-Identifier: GPL-2.0-only */
/* The types that libbpf is given to search are those it would have found, with the same layout. */
#include "bpf/core_types.h"

#include "tests/unit/unit.h"

static int first_of(const struct btf *b, const char *name, __u32 kind)
{
	return btf__find_by_name_kind(b, name, kind);
}

/* Ids of what the kernel is made to have. */
struct made {
	struct btf *btf;
	int int_, far, far_ptr, inner, anon, array, alias, outer, again, state, wide, other;
};

static void made_outer(struct made *m)
{
	m->outer = btf__add_struct(m->btf, "outer", 64);
	btf__add_field(m->btf, "far", m->far_ptr, 0, 0);
	btf__add_field(m->btf, "inner", m->inner, 64, 0);
	btf__add_field(m->btf, NULL, m->anon, 96, 0);
	btf__add_field(m->btf, "bits", m->int_, 128, 3);
	btf__add_field(m->btf, "more_bits", m->int_, 131, 5);
	btf__add_field(m->btf, "array", m->array, 160, 0);
	btf__add_field(m->btf, "alias", m->alias, 256, 0);
}

static struct made make_kernel(void)
{
	struct made m = {.btf = btf__new_empty()};

	m.int_ = btf__add_int(m.btf, "int", 4, BTF_INT_SIGNED);
	m.far = btf__add_struct(m.btf, "far", 4);
	btf__add_field(m.btf, "unseen", m.int_, 0, 0);
	m.far_ptr = btf__add_ptr(m.btf, m.far);
	m.inner = btf__add_struct(m.btf, "inner", 4);
	btf__add_field(m.btf, "deep", m.int_, 0, 0);
	m.anon = btf__add_union(m.btf, NULL, 4);
	btf__add_field(m.btf, "one", m.int_, 0, 0);
	btf__add_field(m.btf, "two", m.int_, 0, 0);
	m.array = btf__add_array(m.btf, m.int_, m.inner, 3);
	m.alias = btf__add_typedef(m.btf, "alias_t", btf__add_const(m.btf, m.inner));
	made_outer(&m);
	m.again = btf__add_struct(m.btf, "outer", 8);
	btf__add_field(m.btf, "else", m.far_ptr, 0, 0);
	m.state = btf__add_enum(m.btf, "state", 4);
	btf__add_enum_value(m.btf, "STATE_ON", 7);
	m.wide = btf__add_enum64(m.btf, "wide", 8, false);
	btf__add_enum64_value(m.btf, "WIDE_TOP", 1ull << 40);
	m.other = btf__add_struct(m.btf, "outer_not", 4);
	btf__add_field(m.btf, "unseen", m.int_, 0, 0);
	return m;
}

static struct btf *make_object(void)
{
	struct btf *b = btf__new_empty();

	btf__add_struct(b, "outer___since", 0);
	btf__add_enum(b, "state", 4);
	btf__add_enum64(b, "wide", 8, false);
	btf__add_struct(b, "not_in_the_kernel", 4);
	return b;
}

static const struct btf_type *kept(const struct btf *few, int id)
{
	return btf__type_by_id(few, id);
}

static bool is_dropped(const struct btf *few, int id)
{
	const struct btf_type *t = btf__type_by_id(few, id);

	return !t || (btf_is_const(t) && !t->type);
}

static void check_name(const struct btf *few, __u32 off, const char *name)
{
	CHECK_STR(btf__name_by_offset(few, off), name);
}

static void test_members_keep_their_place(void)
{
	struct made m = make_kernel();
	struct btf *object = make_object(), *few = core_types_choose(m.btf, object);
	static const struct {
		const char *name;
		__u32 bit, bits;
	} want[] = {{"far", 0, 0}, {"inner", 64, 0}, {"", 96, 0}, {"bits", 128, 3},
		{"more_bits", 131, 5}, {"array", 160, 0}, {"alias", 256, 0}};
	const struct btf_type *t = kept(few, m.outer);

	CHECK(btf_is_struct(t) && t->size == 64);
	CHECK_INT(btf_vlen(t), ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		check_name(few, btf_members(t)[i].name_off, want[i].name);
		CHECK_INT(btf_member_bit_offset(t, i), want[i].bit);
		CHECK_INT(btf_member_bitfield_size(t, i), want[i].bits);
	}
	CHECK_INT(btf__resolve_size(few, m.array), 12);
	CHECK_INT(btf__resolve_size(few, m.alias), 4);
	btf__free(few);
	btf__free(object);
	btf__free(m.btf);
}

static void test_what_is_held_is_kept_and_no_more(void)
{
	struct made m = make_kernel();
	struct btf *object = make_object(), *few = core_types_choose(m.btf, object);

	check_name(few, kept(few, m.inner)->name_off, "inner");
	CHECK(btf_is_union(kept(few, m.anon)) && btf_vlen(kept(few, m.anon)) == 2);
	CHECK(btf_is_ptr(kept(few, m.far_ptr)) && !kept(few, m.far_ptr)->type);
	CHECK(is_dropped(few, m.far));
	CHECK(is_dropped(few, m.other));
	CHECK(first_of(few, "far", BTF_KIND_STRUCT) < 0);
	CHECK(first_of(few, "outer_not", BTF_KIND_STRUCT) < 0);
	btf__free(few);
	btf__free(object);
	btf__free(m.btf);
}

static void test_all_of_one_name_are_kept(void)
{
	struct made m = make_kernel();
	struct btf *object = make_object(), *few = core_types_choose(m.btf, object);

	check_name(few, kept(few, m.outer)->name_off, "outer");
	check_name(few, kept(few, m.again)->name_off, "outer");
	CHECK_INT(kept(few, m.again)->size, 8);
	btf__free(few);
	btf__free(object);
	btf__free(m.btf);
}

static void test_enums_keep_their_values(void)
{
	struct made m = make_kernel();
	struct btf *object = make_object(), *few = core_types_choose(m.btf, object);

	CHECK_INT(btf_enum(kept(few, m.state))->val, 7);
	check_name(few, btf_enum(kept(few, m.state))->name_off, "STATE_ON");
	CHECK(btf_is_enum64(kept(few, m.wide)) && kept(few, m.wide)->size == 8);
	CHECK(btf_enum64_value(btf_enum64(kept(few, m.wide))) == 1ull << 40);
	check_name(few, btf_enum64(kept(few, m.wide))->name_off, "WIDE_TOP");
	btf__free(few);
	btf__free(object);
	btf__free(m.btf);
}

static void test_what_cannot_be_read_is_no_path(void)
{
	struct made m = make_kernel();
	struct core_types types = CORE_TYPES_NONE;

	CHECK(!core_types_open(&types, m.btf, "no ELF", 6));
	CHECK_INT(types.fd, -1);
	core_types_done(&types);
	btf__free(m.btf);
}

/* Each type of the name that the kernel has is there, at its id, with the same members. */
static void check_like_kernel(const struct btf *kernel, const struct btf *few, const char *name)
{
	int found = 0;

	for (__u32 id = 1; id < btf__type_cnt(kernel); id++) {
		const struct btf_type *t = btf__type_by_id(kernel, id), *u;

		if (!btf_is_struct(t) ||
			strcmp(btf__name_by_offset(kernel, t->name_off), name) != 0)
			continue;
		found++;
		u = btf__type_by_id(few, id);
		CHECK(u && u->info == t->info && u->size == t->size);
		for (__u32 i = 0; u && i < btf_vlen(t) && i < btf_vlen(u); i++) {
			const struct btf_member *a = &btf_members(t)[i], *b = &btf_members(u)[i];

			check_name(few, b->name_off, btf__name_by_offset(kernel, a->name_off));
			CHECK(a->offset == b->offset && a->type == b->type);
			CHECK(btf__resolve_size(kernel, a->type) ==
				btf__resolve_size(few, b->type));
		}
	}
	CHECK(found);
}

static void test_of_the_running_kernel(void)
{
	static const char *const names[] = {"sk_buff", "sock", "task_struct", "net_device"};
	struct btf *kernel = btf__parse("/sys/kernel/btf/vmlinux", NULL);
	struct btf *object = btf__new_empty(), *few;

	if (!kernel) {
		printf("# skip: this kernel does not show its types\n");
		btf__free(object);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		btf__add_struct(object, names[i], 0);
	few = core_types_choose(kernel, object);
	CHECK(few);
	for (size_t i = 0; few && i < ARRAY_SIZE(names); i++)
		check_like_kernel(kernel, few, names[i]);
	btf__free(few);
	btf__free(object);
	btf__free(kernel);
}

int main(void)
{
	UNIT_RUN(test_members_keep_their_place);
	UNIT_RUN(test_what_is_held_is_kept_and_no_more);
	UNIT_RUN(test_all_of_one_name_are_kept);
	UNIT_RUN(test_enums_keep_their_values);
	UNIT_RUN(test_what_cannot_be_read_is_no_path);
	UNIT_RUN(test_of_the_running_kernel);
	return unit_status();
}
