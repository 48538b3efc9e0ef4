/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/core_types.h"

#include <fcntl.h>
#include <gelf.h>
#include <sys/mman.h>

#define NAMES_MAX  512
#define NAME_SLOTS 2048 /* a power of two */
#define ID_OF      "id_of_"

/* Names up to a "___", in an open hash table. */
struct names {
	struct name {
		const char *name;
		__u32 len;
		__u32 id; /* the kernel's first struct of that name, 0 = none yet */
	} slot[NAME_SLOTS];
	__u32 count;
};

/* Which types of the kernel are kept. */
struct chosen {
	const struct btf *kernel;
	__u32 *todo; /* those whose members were not looked at yet */
	__u32 todos;
	__u32 *id; /* by the kernel's id: the new one, 0 = dropped */
};

/* ---- names ---------------------------------------------------------------------------------- */

/* Length of NAME without its flavour, and its hash. */
static __u32 name_len(const char *name, __u32 *hash)
{
	__u32 h = 2166136261u, len = 0;

	for (; name[len]; len++) {
		if (len && name[len] == '_' && name[len + 1] == '_' && name[len + 2] == '_')
			break;
		h = (h ^ (__u8)name[len]) * 16777619u;
	}
	*hash = h;
	return len;
}

/* Its place, or the free one where it would be. */
static __u32 name_slot(const struct names *n, const char *name, __u32 len, __u32 hash)
{
	__u32 i = hash % NAME_SLOTS;

	while (n->slot[i].name &&
		(n->slot[i].len != len || memcmp(n->slot[i].name, name, len) != 0))
		i = (i + 1) % NAME_SLOTS;
	return i;
}

static struct name *names_find(struct names *n, const char *name)
{
	__u32 hash, len = name_len(name, &hash);
	struct name *found = &n->slot[name_slot(n, name, len, hash)];

	return found->name ? found : NULL;
}

static int names_add(struct names *n, const char *name)
{
	__u32 hash, len = name_len(name, &hash), i = name_slot(n, name, len, hash);

	if (n->slot[i].name)
		return 0;
	if (n->count == NAMES_MAX)
		return -E2BIG;
	n->slot[i].name = name;
	n->slot[i].len = len;
	n->count++;
	return 0;
}

/* May a relocation be against it? */
static bool is_wanted_kind(const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
		return t->name_off;
	}
	return false;
}

static int names_of(struct names *n, const struct btf *object)
{
	__u32 count = btf__type_cnt(object);
	int err = 0;

	for (__u32 id = 1; !err && id < count; id++) {
		const struct btf_type *t = btf__type_by_id(object, id);

		if (is_wanted_kind(t))
			err = names_add(n, btf__name_by_offset(object, t->name_off));
	}
	return err;
}

/* ---- types ---------------------------------------------------------------------------------- */

typedef void part_fn(struct chosen *c, __u32 *id);

/* Each id of what T holds by value. */
static void each_part(struct chosen *c, struct btf_type *t, part_fn *fn)
{
	switch (btf_kind(t)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		for (__u32 i = 0; i < btf_vlen(t); i++)
			fn(c, &btf_members(t)[i].type);
		break;
	case BTF_KIND_ARRAY:
		fn(c, &btf_array(t)->type);
		fn(c, &btf_array(t)->index_type);
		break;
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		fn(c, &t->type);
		break;
	}
}

static void keep(struct chosen *c, __u32 *id)
{
	if (!*id || c->id[*id])
		return;
	c->id[*id] = 1; /* numbered when all are known */
	c->todo[c->todos++] = *id;
}

static void renumber(struct chosen *c, __u32 *id)
{
	*id = c->id[*id];
}

/* keep() only reads: the cast changes nothing of the kernel's. */
static struct btf_type *type_of(const struct btf *btf, __u32 id)
{
	return (struct btf_type *)btf__type_by_id(btf, id);
}

static void choose(struct chosen *c, struct names *n)
{
	__u32 count = btf__type_cnt(c->kernel), next = 1;

	for (__u32 id = 1; id < count; id++) {
		const struct btf_type *t = btf__type_by_id(c->kernel, id);
		struct name *named =
			is_wanted_kind(t)
				? names_find(n, btf__name_by_offset(c->kernel, t->name_off))
				: NULL;

		if (!named)
			continue;
		keep(c, &id);
		if (!named->id && btf_is_struct(t))
			named->id = id;
	}
	while (c->todos)
		each_part(c, type_of(c->kernel, c->todo[--c->todos]), keep);
	for (__u32 id = 1; id < count; id++)
		if (c->id[id])
			c->id[id] = next++;
}

static int copy(struct btf *to, struct chosen *c)
{
	__u32 count = btf__type_cnt(c->kernel);

	for (__u32 i = 1; i < count; i++) {
		const struct btf_type *t = btf__type_by_id(c->kernel, i);
		int id;

		if (!c->id[i])
			continue;
		id = btf_is_ptr(t) ? btf__add_ptr(to, 0) : btf__add_type(to, c->kernel, t);
		if (id < 0)
			return id;
		each_part(c, type_of(to, id), renumber);
	}
	return 0;
}

/* The kernel's ids that the object asks for, as the sizes of structs. */
static int add_ids(struct btf *to, struct names *n)
{
	int err = 0;

	for (__u32 i = 0; err >= 0 && i < NAME_SLOTS; i++) {
		const struct name *asks = &n->slot[i], *of;
		char name[128];

		if (!asks->name || strncmp(asks->name, ID_OF, strlen(ID_OF)) != 0 ||
			asks->len >= sizeof(name))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)asks->len, asks->name);
		of = names_find(n, name + strlen(ID_OF));
		if (of && of->id)
			err = btf__add_struct(to, name, of->id);
	}
	return err < 0 ? err : 0;
}

struct btf *core_types_choose(const struct btf *kernel, const struct btf *object)
{
	size_t count = btf__type_cnt(kernel);
	_cleanup_(freep) struct names *n = calloc(1, sizeof(*n));
	_cleanup_(freep) __u32 *todo = calloc(count, sizeof(*todo));
	_cleanup_(freep) __u32 *id = calloc(count, sizeof(*id));
	struct chosen c = {.kernel = kernel, .todo = todo, .id = id};
	struct btf *to = n && todo && id ? btf__new_empty() : NULL;
	int err;

	if (!to)
		return NULL;
	err = names_of(n, object);
	if (!err) {
		choose(&c, n);
		err = copy(to, &c);
	}
	if (!err)
		err = add_ids(to, n);
	if (!err)
		return to;
	btf__free(to);
	errno = -err;
	return NULL;
}

/* ---- for libbpf ----------------------------------------------------------------------------- */

static struct btf *btf_of_elf(const void *bytes, size_t size)
{
	Elf *elf = elf_version(EV_CURRENT) ? elf_memory((char *)bytes, size) : NULL;
	struct btf *btf = NULL;
	Elf_Scn *scn = NULL;
	size_t names;

	if (!elf || elf_getshdrstrndx(elf, &names))
		goto out;
	while (!btf && (scn = elf_nextscn(elf, scn))) {
		GElf_Shdr sh;
		const char *name = gelf_getshdr(scn, &sh) ? elf_strptr(elf, names, sh.sh_name) : "";
		Elf_Data *data = name && !strcmp(name, ".BTF") ? elf_rawdata(scn, NULL) : NULL;

		if (data)
			btf = btf__new(data->d_buf, data->d_size);
	}
out:
	elf_end(elf);
	return btf;
}

static bool write_all(int fd, const char *at, size_t len)
{
	while (len) {
		ssize_t n = write(fd, at, len);

		if (n <= 0)
			return false;
		at += n;
		len -= n;
	}
	return true;
}

const char *core_types_open(
	struct core_types *c, const struct btf *kernel, const void *elf, size_t size)
{
	struct btf *object = btf_of_elf(elf, size);
	struct btf *btf = object ? core_types_choose(kernel, object) : NULL;
	__u32 len = 0;
	const void *raw = btf ? btf__raw_data(btf, &len) : NULL;

	c->fd = raw ? memfd_create("core_types", MFD_CLOEXEC) : -1;
	snprintf(c->path, sizeof(c->path), "/proc/self/fd/%d", c->fd);
	/* Without /proc libbpf could not open it */
	if (c->fd >= 0 && (!write_all(c->fd, raw, len) || access(c->path, R_OK)))
		core_types_done(c);
	btf__free(btf);
	btf__free(object);
	return c->fd >= 0 ? c->path : NULL;
}

void core_types_done(struct core_types *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}
