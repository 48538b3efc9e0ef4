/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * functions.h - which kernel functions can be traced, and where their arguments are.
 *
 *	functions_open()	every function that takes an skb, a socket or an XDP frame in one of
 *				its first six registers, from BTF: vmlinux and modules
 *	functions_add()		a function that BTF does not know, its arguments given by hand
 *	functions_choose()	which of them: core, all, globs ...; sets function.chosen
 *	functions_resolve()	addresses and attachability, from tracefs; the dear part, done once
 *
 * The list is sorted, vmlinux first, then by module, then by name; a name is there once a module.
 * It is owned by struct functions; nothing moves after functions_choose().
 */
#ifndef PATHLAG_FUNCTIONS_H
#define PATHLAG_FUNCTIONS_H

#include <linux/types.h>
#include "bpf/base.h"
#include "bpf/record.h"

/* What a parameter points at, or at something that begins with one. */
enum func_arg {
	FUNC_ARG_NONE,
	FUNC_ARG_SKB,     /* struct sk_buff * */
	FUNC_ARG_SKB_REF, /* struct sk_buff ** */
	FUNC_ARG_SOCK,    /* struct sock *, also inet_sock, tcp_sock, udp_sock, unix_sock ... */
	FUNC_ARG_SOCKET,  /* struct socket * */
	FUNC_ARG_REQUEST, /* struct request_sock *: its sock_common is first, like a sock's */
	FUNC_ARG_XDP_BUFF,
	FUNC_ARG_XDP_FRAME,
	FUNC_ARG_KINDS
};
/* "skb", "skb**", "sk", "socket", "req", "xdp", "frame" */
const char *func_arg_name(enum func_arg arg);

/* Why a function cannot be traced; FUNC_OK where it can, as far as is known. */
enum func_why {
	FUNC_OK,
	FUNC_NOT_IN_FTRACE, /* not in available_filter_functions: notrace, or inlined everywhere */
	FUNC_DENIED,        /* on our list: see functions_deny_reason() */
	FUNC_AMBIGUOUS,     /* several functions of that name, in BTF or at different addresses */
	FUNC_SUFFIXED,      /* only name.constprop.0 or the like is left: arguments may differ */
	FUNC_TOO_MANY_ARGS, /* the argument is on the stack: six registers are before it */
	FUNC_WHY_KINDS
};
const char *func_why_text(enum func_why why); /* for people */

struct function {
	const char *name;
	const char *module; /* "vmlinux"; "" = given by hand, and not found yet */
	__u32 btf_id;       /* in the module's BTF, 0 = it has none */
	__u64 addr;         /* after functions_resolve(); 0 = unknown */
	__u8 params;        /* how many, 0 = none or unknown */
	/*
	 * Positions count registers, 1 to 6, 0 = none: an argument by value that takes two moves
	 * those behind it. The first of its kind counts; a sock wins over a socket and a request.
	 * With FUNC_TOO_MANY_ARGS the kind is set and the position is 0.
	 */
	__u8 skb_pos;
	__u8 skb_kind; /* enum func_arg: SKB, SKB_REF, XDP_BUFF, XDP_FRAME */
	__u8 sk_pos;
	__u8 sk_kind; /* SOCK, SOCKET, REQUEST */
	__u8 returns; /* enum rec_func_returns */
	__u8 ret_bytes;
	bool core;    /* one of those that tell the story of a connect */
	bool context; /* takes none of these arguments: of --context, and nft_do_chain of core */
	bool chosen;
	enum func_why why;
};

struct functions {
	struct function *list;
	size_t count;
	bool resolved;
	bool have_tracefs; /* without it attachability is not known before attaching */
	/* private */
	struct functions_impl *impl;
};

struct btf;

/* Reads BTF only. VMLINUX: that of the kernel, which outlives the list; NULL = still to be read.
 * MODULES: also those that are loaded now. -ENOTSUP without BTF. */
int functions_open(struct functions **ret, struct btf *vmlinux, bool modules, struct errbuf *err);

/*
 * `[MODULE:]NAME:skb=N`, `:sk=N`, `:skb=N,sk=M`, and so on with every func_arg_name(): a function
 * whose BTF is missing, or does not say what is behind a void pointer. It is chosen at once. N
 * counts registers. -EINVAL with ERR where SPEC is no such thing.
 */
int functions_add(struct functions *f, const char *spec, struct errbuf *err);

/*
 * Marks what is wanted. WORDS: "core", "all", "skb", "sk", "xdp" (those that take one), "GLOB",
 * "MODULE:GLOB", each with `!` in front to take away, or a functions_add() spec. Later words win
 * over earlier ones; a first word with `!` starts from all. COUNT 0 means DEFAULT_WORD. CONTEXT
 * globs add functions without any such argument (and choose those with one). A glob that matches
 * nothing is -EINVAL, with near names in ERR.
 */
int functions_choose(struct functions *f, const char *const *words, size_t count,
	const char *default_word, const char *const *context, size_t context_count,
	struct errbuf *err);

/*
 * Fills why of every function and, with ADDRESSES, addr: from available_filter_functions_addrs
 * where there is one (Linux 6.5), else from available_filter_functions and /proc/kallsyms. Without
 * ADDRESSES the shorter list does, in half the time. They need not be mounted (see
 * tracefs.h). Where they cannot be read have_tracefs stays false, and addresses come from kallsyms.
 * Done once: a second call changes nothing. 0 or -errno.
 */
int functions_resolve(struct functions *f, bool addresses, struct errbuf *err);

/* Number of chosen functions that can be traced. */
size_t functions_chosen(const struct functions *f);

/* Why a function is on the deny list; NULL = it is not. */
const char *functions_deny_reason(const char *name);

/* May a call of it wait for the network, or for whoever else, and so outlive our tracing? By name.
 */
bool functions_may_wait(const char *name);

void functions_free(struct functions *f);
void functions_freep(struct functions **f);

#endif
