/* SPDX-License-Identifier: GPL-2.0-only */
/* functions.c - the list: made from the kernel's BTF, kept in order. */
#include "bpf/functions.h"
#include "bpf/functions_scan.h"

#include <dirent.h>

#define BTF_DIR "/sys/kernel/btf"

const char *func_arg_name(enum func_arg arg)
{
	static const char *const name[FUNC_ARG_KINDS] = {
		[FUNC_ARG_NONE] = "none",
		[FUNC_ARG_SKB] = "skb",
		[FUNC_ARG_SKB_REF] = "skb**",
		[FUNC_ARG_SOCK] = "sk",
		[FUNC_ARG_SOCKET] = "socket",
		[FUNC_ARG_REQUEST] = "req",
		[FUNC_ARG_XDP_BUFF] = "xdp",
		[FUNC_ARG_XDP_FRAME] = "frame",
	};

	return arg < FUNC_ARG_KINDS ? name[arg] : "?";
}

const char *func_why_text(enum func_why why)
{
	static const char *const text[FUNC_WHY_KINDS] = {
		[FUNC_OK] = "it can be traced",
		[FUNC_NOT_IN_FTRACE] =
			"the kernel does not let it be traced, or inlined it everywhere",
		[FUNC_DENIED] = "it is on pathlag's deny list",
		[FUNC_AMBIGUOUS] = "there are several functions of this name",
		[FUNC_SUFFIXED] = "the compiler made a variant of it, whose arguments may differ",
		[FUNC_TOO_MANY_ARGS] = "the argument is on the stack, behind six others",
	};

	return why < FUNC_WHY_KINDS ? text[why] : "?";
}

static int module_compare(const char *a, const char *b)
{
	bool a_vmlinux = !strcmp(a, FUNC_VMLINUX), b_vmlinux = !strcmp(b, FUNC_VMLINUX);

	if (a == b || (a_vmlinux && b_vmlinux))
		return 0;
	return a_vmlinux ? -1 : b_vmlinux ? 1 : strcmp(a, b);
}

int function_compare(const void *a, const void *b)
{
	const struct function *x = a, *y = b;
	int order = x->module == y->module ? 0 : module_compare(x->module, y->module);

	return order ? order : strcmp(x->name, y->name);
}

static int string_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool same_arguments(const struct function *a, const struct function *b)
{
	return a->skb_pos == b->skb_pos && a->skb_kind == b->skb_kind && a->sk_pos == b->sk_pos &&
	       a->sk_kind == b->sk_kind;
}

/* How many FUNCs of that name some BTF has beyond the first. */
static size_t twice_count(const struct functions_impl *impl, const char *name)
{
	size_t count = 0;
	const char **hit;

	if (!impl->twice_count)
		return 0;
	hit = bsearch(&name, impl->twice, impl->twice_count, sizeof(*impl->twice), string_compare);
	if (!hit)
		return 0;
	while (hit > impl->twice && !strcmp(hit[-1], name))
		hit--;
	for (; hit < impl->twice + impl->twice_count && !strcmp(*hit, name); hit++)
		count++;
	return count;
}

static void function_mark(struct function *fn)
{
	fn->core = functions_is_core(fn->name);
	if (functions_deny_reason(fn->name))
		fn->why = FUNC_DENIED;
}

/*
 * Static functions of one name in several files are several FUNCs. Which of them ftrace's one line
 * means cannot be told: fine where all take the same arguments, else it is ambiguous, also where
 * one of them takes none of ours (and so is not in the list).
 */
void functions_sort(struct functions *f)
{
	size_t kept = 0;

	if (f->impl->twice_count)
		qsort(f->impl->twice, f->impl->twice_count, sizeof(*f->impl->twice),
			string_compare);
	if (f->count)
		qsort(f->list, f->count, sizeof(*f->list), function_compare);
	for (size_t i = 0, next; i < f->count; i = next) {
		struct function *fn = &f->list[kept++];
		bool same = true;

		*fn = f->list[i];
		for (next = i + 1; next < f->count && !function_compare(fn, &f->list[next]); next++)
			same = same && same_arguments(fn, &f->list[next]);
		function_mark(fn);
		if (!fn->why && (!same || next - i - 1 < twice_count(f->impl, fn->name)))
			fn->why = FUNC_AMBIGUOUS;
	}
	f->count = kept;
}

struct function *functions_find(const struct functions *f, const char *module, const char *name)
{
	struct function key = {.name = name, .module = module};
	struct function *fn;

	if (!f->count)
		return NULL;
	if (module)
		return bsearch(&key, f->list, f->count, sizeof(key), function_compare);
	/* Each module is a sorted run: look at vmlinux's first, then through the rest. */
	fn = functions_find(f, FUNC_VMLINUX, name);
	for (size_t i = 0; !fn && i < f->count; i++)
		if (!strcmp(f->list[i].name, name))
			fn = &f->list[i];
	return fn;
}

struct function *functions_insert(struct functions *f, const struct function *fn)
{
	size_t at = f->count;

	if (f->count == f->impl->room) {
		size_t room = f->impl->room ? f->impl->room * 2 : 64;
		struct function *more = realloc(f->list, room * sizeof(*more));

		if (!more)
			return NULL;
		f->list = more;
		f->impl->room = room;
	}
	while (at && function_compare(&f->list[at - 1], fn) > 0)
		at--;
	memmove(f->list + at + 1, f->list + at, (f->count - at) * sizeof(*f->list));
	f->list[at] = *fn;
	f->count++;
	function_mark(&f->list[at]);
	return &f->list[at];
}

const char *functions_string(struct functions *f, const char *text, size_t len)
{
	struct functions_impl *impl = f->impl;
	char **more = realloc(impl->string, (impl->strings + 1) * sizeof(*more));

	if (!more)
		return NULL;
	impl->string = more;
	more[impl->strings] = strndup(text, len);
	return more[impl->strings] ? more[impl->strings++] : NULL;
}

/* A module whose BTF cannot be read is left out: it may be unloaded at this moment. */
static int scan_modules(struct functions *f)
{
	DIR *dir = opendir(BTF_DIR);
	struct dirent *e;
	int err = 0;

	if (!dir)
		return 0;
	while (!err && (e = readdir(dir))) {
		struct btf *btf;

		if (e->d_name[0] == '.' || !strcmp(e->d_name, FUNC_VMLINUX))
			continue;
		btf = btf__load_module_btf(e->d_name, f->impl->module[0]->types.btf);
		if (btf)
			err = functions_scan(f, e->d_name, btf);
	}
	closedir(dir);
	return err;
}

static int read_vmlinux(struct btf **ret, struct errbuf *err)
{
	if (access(BTF_DIR "/" FUNC_VMLINUX, R_OK))
		return err_set(err, errno == ENOENT ? -ENOTSUP : -errno,
			"this kernel does not describe its functions (" BTF_DIR "/" FUNC_VMLINUX
			"): it needs CONFIG_DEBUG_INFO_BTF=y");
	*ret = btf__parse(BTF_DIR "/" FUNC_VMLINUX, NULL);
	if (!*ret)
		return err_set(err, -errno, "cannot read " BTF_DIR "/" FUNC_VMLINUX ": %s",
			strerror(errno));
	return 0;
}

int functions_open(struct functions **ret, struct btf *vmlinux, bool modules, struct errbuf *err)
{
	_cleanup_(functions_freep) struct functions *f = NULL;
	int code = functions_new(&f);

	if (code)
		return code;
	f->impl->lent = vmlinux;
	if (!vmlinux)
		code = read_vmlinux(&vmlinux, err);
	if (!code)
		code = functions_scan(f, FUNC_VMLINUX, vmlinux);
	if (!code && modules)
		code = scan_modules(f);
	if (code)
		return code;
	functions_sort(f);
	*ret = TAKE_PTR(f);
	return 0;
}

size_t functions_chosen(const struct functions *f)
{
	size_t count = 0;

	for (size_t i = 0; i < f->count; i++)
		count += f->list[i].chosen && f->list[i].why == FUNC_OK;
	return count;
}

void functions_free(struct functions *f)
{
	struct functions_impl *impl = f ? f->impl : NULL;

	/* Modules' BTF points into that of vmlinux: backwards. */
	for (size_t i = impl ? impl->modules : 0; i--;) {
		if (impl->module[i]->types.btf == impl->lent)
			impl->module[i]->types.btf = NULL;
		types_done(&impl->module[i]->types);
		free(impl->module[i]->name);
		free(impl->module[i]);
	}
	for (size_t i = 0; impl && i < impl->strings; i++)
		free(impl->string[i]);
	if (impl) {
		free(impl->module);
		free(impl->string);
		free(impl->twice);
	}
	free(impl);
	if (f)
		free(f->list);
	free(f);
}

void functions_freep(struct functions **f)
{
	functions_free(*f);
}
