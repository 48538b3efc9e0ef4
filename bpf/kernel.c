/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/kernel.h"
#include "bpf/symbol.h"

#include <bpf/btf.h>
#include <dirent.h>
#include <sys/utsname.h>

#define TRACEPOINT_PREFIX "btf_trace_"
#define TRACEPOINTS_MAX   4096
#define REASON_SHIFT      16

struct tracepoint {
	const char *name; /* into the BTF's strings */
	int args;
};

/* What is ever asked of kernel_kfunc(). */
static const char *const kfuncs[] = {
	"bpf_rdonly_cast", "bpf_preempt_disable", "bpf_preempt_enable"};

struct kernel {
	struct btf *btf;
	struct tracepoint *tp;
	size_t tp_count;
	const struct btf_type *drop_reason; /* enum skb_drop_reason, NULL = none */
	const struct btf_type *drop_subsys; /* enum skb_drop_reason_subsys */
	const struct btf_type *rst_reason;  /* enum sk_rst_reason */
	int kfunc[ARRAY_SIZE(kfuncs)];      /* their ids, 0 = none */
	struct symbols *symbols;
};

/* A tracepoint is `typedef void (*btf_trace_NAME)(void *, arguments...)`. */
static void tracepoint_note(struct kernel *k, const struct btf_type *t, const char *name)
{
	const struct btf_type *ptr = btf__type_by_id(k->btf, t->type), *proto;

	if (k->tp_count == TRACEPOINTS_MAX || !ptr || !btf_is_ptr(ptr))
		return;
	proto = btf__type_by_id(k->btf, ptr->type);
	if (!proto || !btf_is_func_proto(proto) || !btf_vlen(proto))
		return;
	k->tp[k->tp_count++] = (struct tracepoint){name, btf_vlen(proto) - 1};
}

static void enum_note(struct kernel *k, const struct btf_type *t, const char *name)
{
	if (!strcmp(name, "skb_drop_reason"))
		k->drop_reason = t;
	else if (!strcmp(name, "skb_drop_reason_subsys"))
		k->drop_subsys = t;
	else if (!strcmp(name, "sk_rst_reason"))
		k->rst_reason = t;
}

static void kfunc_note(struct kernel *k, int id, const char *name)
{
	if (strncmp(name, "bpf_", strlen("bpf_")) != 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kfuncs); i++)
		if (!strcmp(name, kfuncs[i]))
			k->kfunc[i] = id;
}

/* One pass for all that is ever asked: each search by name would be another. */
static void kernel_scan(struct kernel *k)
{
	__u32 count = btf__type_cnt(k->btf);

	for (__u32 id = 1; id < count; id++) {
		const struct btf_type *t = btf__type_by_id(k->btf, id);
		const char *name;

		if (btf_is_typedef(t)) {
			name = btf__name_by_offset(k->btf, t->name_off);
			if (!strncmp(name, TRACEPOINT_PREFIX, strlen(TRACEPOINT_PREFIX)))
				tracepoint_note(k, t, name + strlen(TRACEPOINT_PREFIX));
		} else if (btf_is_enum(t) && t->name_off) {
			enum_note(k, t, btf__name_by_offset(k->btf, t->name_off));
		} else if (btf_is_func(t)) {
			kfunc_note(k, id, btf__name_by_offset(k->btf, t->name_off));
		}
	}
}

int kernel_open(struct kernel **ret, struct errbuf *err)
{
	_cleanup_(kernel_freep) struct kernel *k = calloc(1, sizeof(*k));

	if (!k)
		return -ENOMEM;
	k->tp = calloc(TRACEPOINTS_MAX, sizeof(*k->tp));
	if (!k->tp)
		return -ENOMEM;
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return err_set(err, errno == ENOENT ? -ENOTSUP : -errno,
			"this kernel does not describe its types (/sys/kernel/btf/vmlinux): it "
			"needs CONFIG_DEBUG_INFO_BTF=y");
	k->btf = btf__parse("/sys/kernel/btf/vmlinux", NULL);
	if (!k->btf)
		return err_set(
			err, -errno, "cannot read /sys/kernel/btf/vmlinux: %s", strerror(errno));
	kernel_scan(k);
	*ret = TAKE_PTR(k);
	return 0;
}

void kernel_free(struct kernel *k)
{
	if (!k)
		return;
	symbols_free(k->symbols);
	btf__free(k->btf);
	free(k->tp);
	free(k);
}

void kernel_freep(struct kernel **k)
{
	kernel_free(*k);
}

struct btf *kernel_btf(const struct kernel *k)
{
	return k->btf;
}

int kernel_tracepoint_args(const struct kernel *k, const char *name)
{
	for (size_t i = 0; i < k->tp_count; i++)
		if (!strcmp(k->tp[i].name, name))
			return k->tp[i].args;
	return -ENOENT;
}

/* Name of VALUE in enum T, NULL = none. */
static const char *enum_name(const struct btf *btf, const struct btf_type *t, __u32 value)
{
	const struct btf_enum *e;

	if (!t)
		return NULL;
	e = btf_enum(t);
	for (int i = 0; i < btf_vlen(t); i++)
		if ((__u32)e[i].val == value)
			return btf__name_by_offset(btf, e[i].name_off);
	return NULL;
}

static const char *prefix_strip(const char *name)
{
	static const char *const prefixes[] = {"SKB_DROP_REASON_SUBSYS_", "SKB_DROP_REASON_",
		"SK_RST_REASON_", "RX_DROP_U_", "RX_DROP_M_", "RX_DROP_", "OVS_DROP_", "SKB_"};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return name + strlen(prefixes[i]);
	return name;
}

int kernel_kfunc(const struct kernel *k, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kfuncs); i++)
		if (!strcmp(name, kfuncs[i]) && k->kfunc[i])
			return k->kfunc[i];
	return -ENOENT;
}

int kernel_func_id(const struct kernel *k, const char *name)
{
	return btf__find_by_name_kind(k->btf, name, BTF_KIND_FUNC);
}

bool kernel_has_member(const struct kernel *k, const char *name, const char *member)
{
	int id = btf__find_by_name_kind(k->btf, name, BTF_KIND_STRUCT);
	const struct btf_type *t = id > 0 ? btf__type_by_id(k->btf, id) : NULL;

	for (__u32 i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(k->btf, btf_members(t)[i].name_off), member))
			return true;
	return false;
}

/* They are then guarded by an SRCU domain of their own with fast readers (struct srcu_ctr), which
 * may be preempted, no longer by preemption being off. Before 6.13 (e53244e2c893) a domain of that
 * name served something else. */
bool kernel_preempts_tracepoints(const struct kernel *k)
{
	return btf__find_by_name_kind(k->btf, "tracepoint_srcu_srcu_data", BTF_KIND_VAR) > 0 &&
	       btf__find_by_name_kind(k->btf, "srcu_ctr", BTF_KIND_STRUCT) > 0;
}

bool kernel_confuses_fprobes(const struct kernel *k)
{
	return kernel_has_member(k, "fprobe", "hlist_array");
}

bool kernel_has_helper(const struct kernel *k, const char *name)
{
	int id = btf__find_by_name_kind(k->btf, "bpf_func_id", BTF_KIND_ENUM);
	const struct btf_type *t = id > 0 ? btf__type_by_id(k->btf, id) : NULL;

	for (int i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(k->btf, btf_enum(t)[i].name_off), name))
			return true;
	return false;
}

bool kernel_has_drop_reasons(const struct kernel *k)
{
	return kernel_tracepoint_args(k, "kfree_skb") >= 3;
}

__u32 kernel_reason_consumed(const struct kernel *k)
{
	const struct btf_enum *e;

	if (!k->drop_reason)
		return 0;
	e = btf_enum(k->drop_reason);
	for (int i = 0; i < btf_vlen(k->drop_reason); i++)
		if (!strcmp(btf__name_by_offset(k->btf, e[i].name_off), "SKB_CONSUMED"))
			return e[i].val;
	return 0;
}

static bool reason_in(const struct btf *btf, __u32 first, __u32 code, char *name, size_t len)
{
	for (__u32 id = first; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *found;

		if (!btf_is_enum(t) ||
			!strstr(btf__name_by_offset(btf, t->name_off), "drop_reason"))
			continue;
		found = enum_name(btf, t, code);
		if (!found)
			continue;
		snprintf(name, len, "%s", prefix_strip(found));
		return true;
	}
	return false;
}

/* A subsystem's own enum may lie in the BTF of its module. Rare: nothing is kept. */
static bool reason_in_modules(struct kernel *k, __u32 code, char *name, size_t len)
{
	DIR *dir = opendir("/sys/kernel/btf");
	bool found = false;
	struct dirent *e;

	if (!dir)
		return false;
	while (!found && (e = readdir(dir))) {
		struct btf *btf;

		if (e->d_name[0] == '.' || !strcmp(e->d_name, "vmlinux"))
			continue;
		btf = btf__load_module_btf(e->d_name, k->btf);
		if (!btf)
			continue;
		found = reason_in(btf, btf__type_cnt(k->btf), code, name, len);
		btf__free(btf);
	}
	closedir(dir);
	return found;
}

int kernel_drop_reason(
	struct kernel *k, __u32 code, char *name, size_t name_len, char *subsys, size_t subsys_len)
{
	__u32 sub = code >> REASON_SHIFT;
	const char *found = enum_name(k->btf, k->drop_subsys, sub);

	snprintf(subsys, subsys_len, "%s", found ? prefix_strip(found) : "core");
	if (!found && sub)
		snprintf(subsys, subsys_len, "%u", sub);
	for (char *c = subsys; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c += 'a' - 'A';
	found = enum_name(k->btf, k->drop_reason, code);
	if (found) {
		snprintf(name, name_len, "%s", prefix_strip(found));
		return 0;
	}
	if (sub && (reason_in(k->btf, 1, code, name, name_len) ||
			   reason_in_modules(k, code, name, name_len)))
		return 0;
	snprintf(name, name_len, "%u", code & 0xffff);
	return -ENOENT;
}

int kernel_reset_reason(const struct kernel *k, __u32 code, char *name, size_t len)
{
	const char *found = enum_name(k->btf, k->rst_reason, code);

	if (found)
		snprintf(name, len, "%s", prefix_strip(found));
	else
		snprintf(name, len, "%u", code);
	return found ? 0 : -ENOENT;
}

int kernel_symbol(struct kernel *k, __u64 addr, char *name, size_t len)
{
	if (!k->symbols)
		k->symbols = symbols_new();
	if (k->symbols && !symbols_name(k->symbols, addr, name, len))
		return 0;
	snprintf(name, len, "0x%llx", addr);
	return -ENOENT;
}

void kernel_identify(struct kernel_id *id)
{
	struct utsname u = {};

	uname(&u);
	snprintf(id->release, sizeof(id->release), "%.63s", u.release);
	snprintf(id->arch, sizeof(id->arch), "%.15s", u.machine);
	snprintf(id->hostname, sizeof(id->hostname), "%.63s", u.nodename);
}
