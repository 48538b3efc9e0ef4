/* SPDX-License-Identifier: GPL-2.0-only */
/* The types that libbpf is given to search are those it would have found, with the same layout. */
#include "bpf/core_types.h"

#include "tests/unit/unit.h"

/* Ids of what the kernel is made to have. */
struct made {
	struct btf *btf;
	int int_, far, far_ptr, inner, anon, array, alias, outer, again, state, wide, other;
};

/* What is kept of a kernel for an object. */
struct chosen {
	struct made kernel;
	struct btf *object, *few;
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
	btf__add_struct(b, "id_of_outer___since", 0);
	btf__add_struct(b, "id_of_not_in_the_kernel", 0);
	btf__add_struct(b, "id_of_far", 0); /* and no far */
	return b;
}

static struct chosen choose(void)
{
	struct chosen c = {.kernel = make_kernel(), .object = make_object()};

	c.few = core_types_choose(c.kernel.btf, c.object);
	return c;
}

static void forget(struct chosen *c)
{
	btf__free(c->few);
	btf__free(c->object);
	btf__free(c->kernel.btf);
}

/* The NTH type of that name and kind; NULL if there are not so many. */
static const struct btf_type *kept(const struct btf *few, const char *name, __u32 kind, int nth)
{
	for (__u32 id = 1; id < btf__type_cnt(few); id++) {
		const struct btf_type *t = btf__type_by_id(few, id);

		if (btf_kind(t) == kind && !strcmp(btf__name_by_offset(few, t->name_off), name) &&
			!nth--)
			return t;
	}
	return NULL;
}

static const struct btf_type *kept_struct(const struct btf *few, const char *name)
{
	return kept(few, name, BTF_KIND_STRUCT, 0);
}

static const struct btf_type *member_type(const struct btf *few, const struct btf_type *t, int nth)
{
	return btf__type_by_id(few, btf_members(t)[nth].type);
}

static void check_name(const struct btf *few, __u32 off, const char *name)
{
	CHECK_STR(btf__name_by_offset(few, off), name);
}

static void test_members_keep_their_place(void)
{
	struct chosen c = choose();
	static const struct {
		const char *name;
		__u32 bit, bits, size;
	} want[] = {{"far", 0, 0, 8}, {"inner", 64, 0, 4}, {"", 96, 0, 4}, {"bits", 128, 3, 4},
		{"more_bits", 131, 5, 4}, {"array", 160, 0, 12}, {"alias", 256, 0, 4}};
	const struct btf_type *t = kept_struct(c.few, "outer");

	CHECK(t && t->size == 64);
	CHECK_INT(btf_vlen(t), ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		check_name(c.few, btf_members(t)[i].name_off, want[i].name);
		CHECK_INT(btf_member_bit_offset(t, i), want[i].bit);
		CHECK_INT(btf_member_bitfield_size(t, i), want[i].bits);
		CHECK_INT(btf__resolve_size(c.few, btf_members(t)[i].type), want[i].size);
	}
	forget(&c);
}

static void test_what_is_held_is_kept_and_no_more(void)
{
	struct chosen c = choose();
	const struct btf_type *outer = kept_struct(c.few, "outer");
	const struct btf_type *far = member_type(c.few, outer, 0);

	CHECK(btf_is_ptr(far) && !far->type);
	check_name(c.few, member_type(c.few, outer, 1)->name_off, "inner");
	check_name(c.few, btf_members(member_type(c.few, outer, 1))[0].name_off, "deep");
	CHECK(btf_is_union(member_type(c.few, outer, 2)) &&
		btf_vlen(member_type(c.few, outer, 2)) == 2);
	CHECK(btf__type_by_id(c.few, btf_array(member_type(c.few, outer, 5))->type) ==
		member_type(c.few, outer, 1));
	CHECK(!kept_struct(c.few, "far"));
	CHECK(!kept_struct(c.few, "outer_not"));
	forget(&c);
}

static void test_all_of_one_name_are_kept(void)
{
	struct chosen c = choose();

	CHECK_INT(kept(c.few, "outer", BTF_KIND_STRUCT, 0)->size, 64);
	CHECK_INT(kept(c.few, "outer", BTF_KIND_STRUCT, 1)->size, 8);
	CHECK(!kept(c.few, "outer", BTF_KIND_STRUCT, 2));
	forget(&c);
}

/* libbpf walks them all for each type of an object: none is there for another one's place. */
static void test_there_are_as_few_as_can_be(void)
{
	struct chosen c = choose();
	enum { FAR_AND_OTHER = 2, ID_OF_OUTER = 1 };

	CHECK_INT(btf__type_cnt(c.few), btf__type_cnt(c.kernel.btf) - FAR_AND_OTHER + ID_OF_OUTER);
	forget(&c);
}

static void test_ids_of_the_kernel_are_sizes(void)
{
	struct chosen c = choose();
	const struct btf_type *id = kept_struct(c.few, "id_of_outer");

	CHECK(id && id->size == (__u32)c.kernel.outer);
	CHECK(!kept(c.few, "id_of_outer", BTF_KIND_STRUCT, 1));
	CHECK(!kept_struct(c.few, "id_of_not_in_the_kernel"));
	CHECK(!kept_struct(c.few, "id_of_far"));
	forget(&c);
}

static void test_enums_keep_their_values(void)
{
	struct chosen c = choose();
	const struct btf_type *state = kept(c.few, "state", BTF_KIND_ENUM, 0);
	const struct btf_type *wide = kept(c.few, "wide", BTF_KIND_ENUM64, 0);

	CHECK_INT(btf_enum(state)->val, 7);
	check_name(c.few, btf_enum(state)->name_off, "STATE_ON");
	CHECK_INT(wide->size, 8);
	CHECK(btf_enum64_value(btf_enum64(wide)) == 1ull << 40);
	check_name(c.few, btf_enum64(wide)->name_off, "WIDE_TOP");
	forget(&c);
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

/* Each type of the name that the kernel has is there, in the same order, with the same members. */
static void check_like_kernel(const struct btf *kernel, const struct btf *few, const char *name)
{
	int found = 0;

	for (__u32 id = 1; id < btf__type_cnt(kernel); id++) {
		const struct btf_type *t = btf__type_by_id(kernel, id), *u;

		if (!btf_is_struct(t) ||
			strcmp(btf__name_by_offset(kernel, t->name_off), name) != 0)
			continue;
		u = kept(few, name, BTF_KIND_STRUCT, found++);
		CHECK(u && u->info == t->info && u->size == t->size);
		for (__u32 i = 0; u && i < btf_vlen(t) && i < btf_vlen(u); i++) {
			const struct btf_member *a = &btf_members(t)[i], *b = &btf_members(u)[i];

			check_name(few, b->name_off, btf__name_by_offset(kernel, a->name_off));
			CHECK(a->offset == b->offset);
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
	UNIT_RUN(test_there_are_as_few_as_can_be);
	UNIT_RUN(test_ids_of_the_kernel_are_sizes);
	UNIT_RUN(test_enums_keep_their_values);
	UNIT_RUN(test_what_cannot_be_read_is_no_path);
	UNIT_RUN(test_of_the_running_kernel);
	return unit_status();
}
