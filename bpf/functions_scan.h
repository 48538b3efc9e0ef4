/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * functions_scan.h - what the files of functions.h share, and where a test hands in BTF and texts
 *of its own in place of the kernel's.
 *
 *	functions_new()			an empty list
 *	functions_scan()		adds what one BTF has: vmlinux first, then modules
 *	functions_sort()		after the last: sorts, merges, marks core and denied ones
 *	symbols_parse(), matcher_*()	lines of ftrace's list or kallsyms against the list
 */
#ifndef PATHLAG_FUNCTIONS_SCAN_H
#define PATHLAG_FUNCTIONS_SCAN_H

#include <bpf/btf.h>
#include "bpf/functions.h"

#define FUNC_REGISTERS 6
#define FUNC_VMLINUX   "vmlinux"

/* What is known of one BTF's types, so that each is looked at once; one byte a type, 0 = not yet.
 */
struct functions_types {
	struct btf *btf;
	const struct functions_types *base; /* of the ids below FIRST, NULL = none */
	__u32 first, count;
	__u8 *object; /* what the type is */
	__u8 *param;  /* what a parameter of that type is */
};

struct functions_module {
	char *name;
	struct functions_types types;
};

struct functions_impl {
	struct functions_module **module; /* [0] is vmlinux */
	size_t modules;
	const struct btf *lent; /* not ours to free, NULL = none */
	size_t room;            /* of the list */
	char **string;
	size_t strings;
	const char **twice; /* one entry for each further FUNC of a name in one BTF, sorted */
	size_t twice_count;
};

/* ---- functions_scan.c, functions_types.c --------------------------------------------------- */

int functions_new(struct functions **ret);

/* Takes BTF over, also when it fails, unless it is lent. */
int functions_scan(struct functions *f, const char *module, struct btf *btf);

/* Fills FN from FUNC type ID. Does it take one of our arguments, in a register or not? */
bool function_describe(struct functions_module *m, __u32 id, struct function *fn);

int types_init(struct functions_types *t, struct btf *btf, const struct functions_types *base);
void types_done(struct functions_types *t);

/* How a parameter of type ID is passed: enum func_arg or one of these. */
enum param_class { PARAM_VOID_PTR = FUNC_ARG_KINDS, PARAM_NF_STATE, PARAM_CLASSES };
unsigned types_param(const struct functions_types *t, __u32 id, unsigned *registers);

/* Registers and stack as the C calling convention fills them: bytes of a value -> registers. */
unsigned types_registers(__u32 bytes);
const struct btf_type *types_strip(const struct functions_types *t, __u32 id);

/* ---- functions_returns.c ------------------------------------------------------------------- */

/* returns and ret_bytes of FN, whose parameters have the classes PARAM. */
void function_returns(const struct functions_types *t, __u32 ret_id, const __u8 *param,
	unsigned params, struct function *fn);

/* ---- functions_lists.c --------------------------------------------------------------------- */

bool functions_is_core(const char *name);
extern const char *const functions_core_context[]; /* ends with NULL */

/* Its `struct sk_buff **` is where it puts one: what lies there before means nothing. */
bool functions_returns_skb(const char *name);

/* Its first skb is a copy to be made of the second. It is memory as it was found: on a kernel that
 * does not wipe what it hands out (init_on_alloc=0) perhaps another packet, as it was before. */
bool functions_fills_skb(const char *name);

/* PATTERN may end with `*`, and has no other wildcard. */
bool name_matches(const char *pattern, const char *name);

/* ---- functions.c --------------------------------------------------------------------------- */

void functions_sort(struct functions *f);
int function_compare(const void *a, const void *b);

/* MODULE NULL = the first of that name. */
struct function *functions_find(const struct functions *f, const char *module, const char *name);

/* Puts it in its place; NULL without memory. Moves the list. */
struct function *functions_insert(struct functions *f, const struct function *fn);

/* A copy that lives as long as F. */
const char *functions_string(struct functions *f, const char *text, size_t len);

/* ---- functions_symbols.c ------------------------------------------------------------------- */

enum symbol_format {
	SYMBOLS_FTRACE,       /* "name [module]" */
	SYMBOLS_FTRACE_ADDRS, /* "ffffffff81000000 name [module]" */
	SYMBOLS_KALLSYMS,     /* "ffffffff81000000 t name\t[module]"; code only */
};

struct symbol {
	__u64 addr;
	const char *name, *module; /* not terminated */
	size_t name_len, module_len;
};

typedef int (*symbol_fn)(const struct symbol *s, void *ctx);

/* Calls FN for each whole line. Bytes consumed, or what FN returned below zero. */
ssize_t symbols_parse(
	const char *text, size_t len, enum symbol_format format, symbol_fn fn, void *ctx);
int symbols_read(const char *path, enum symbol_format format, symbol_fn fn, void *ctx);

/* Calls FN with ftrace's list, with addresses where ADDRS allows and the kernel has them. Says in
 * ADDRS which it was. -ENOENT, -EACCES or -EPERM where there is none to read. */
int symbols_ftrace(bool *addrs, symbol_fn fn, void *ctx);

/* ---- functions_resolve.c ------------------------------------------------------------------- */

struct matcher;

int matcher_new(struct matcher **ret, struct functions *f);
int matcher_symbol(const struct symbol *s, void *matcher);
void matcher_addresses_only(struct matcher *m); /* from here on lines judge nothing */
void matcher_judge(struct matcher *m);          /* after ftrace's list: sets why */
void matcher_freep(struct matcher **m);

#endif
