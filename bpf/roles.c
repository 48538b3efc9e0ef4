/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/roles.h"

static const struct role roles[] = {
	/* The packet lives on in another skb. */
	{"skb_clone", ROLE_COPY, true},
	{"skb_copy", ROLE_COPY, true},
	{"__pskb_copy_fclone", ROLE_COPY, true},
	{"skb_copy_expand", ROLE_COPY, true},
	{"skb_segment", ROLE_SEGMENT, true},
	/* The skb ends: __kfree_skb(), what GRO and TCP have merged and, in 7.2, what a
	 * socket has read pass no tracepoint. */
	{"kfree_skbmem", ROLE_FREE, true},
	{"napi_skb_cache_put", ROLE_FREE, true},
	{"kfree_skb_partial", ROLE_FREE, true},
	{"napi_skb_free_stolen_head", ROLE_FREE, true},
	/* What they do, and what others do who free it after a tracepoint has told. */
	{"__kfree_skb", ROLE_END, false},
	{"skb_release_head_state", ROLE_END, false},
	{"skb_release_all", ROLE_END, false},
	{"skb_release_data", ROLE_END, false},
	{"skb_free_head", ROLE_END, false},
	{"skb_pp_recycle", ROLE_END, false},
	{"sock_wfree", ROLE_END, false},
	{"sock_rfree", ROLE_END, false},
	{"sock_efree", ROLE_END, false},
	{"tcp_wfree", ROLE_END, false},
	{"__sock_wfree", ROLE_END, false},
	/* The socket ends: its memory will be another's. 5.10 has the first inlined, of sockets of
	 * other families than IP the end is not seen there. */
	{"sk_destruct", ROLE_CLOSE, true},
	{"inet_sock_destruct", ROLE_CLOSE, true},
	/* A socket begins, the latter also where one is accepted: its memory was another's, whose
	 * end may have been missed. */
	{"sock_init_data", ROLE_OPEN, true},
	{"tcp_init_xmit_timers", ROLE_OPEN, true},
	{"nf_hook_slow", ROLE_HOOKS, false},
};

const struct role *role_at(size_t i)
{
	return i < ARRAY_SIZE(roles) ? &roles[i] : NULL;
}

enum cookie_role role_of(const struct function *f)
{
	if (f->context)
		return ROLE_CONTEXT;
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		if (!strcmp(f->name, roles[i].function) && !strcmp(f->module, "vmlinux"))
			return roles[i].role;
	return ROLE_NONE;
}

/* They tell the tracepoint who called them. */
static const char *const entry_only[] = {"kfree_skb", "kfree_skb_reason", "sk_skb_reason_drop",
	"kfree_skb_list", "kfree_skb_list_reason", "kfree_skb_partial", "consume_skb",
	"napi_consume_skb", "__dev_kfree_skb_any", "__dev_kfree_skb_irq",
	"dev_kfree_skb_any_reason", "dev_kfree_skb_irq_reason", "__napi_kfree_skb", "tcp_drop",
	"tcp_drop_reason"};

bool role_entry_only(const struct function *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(entry_only); i++)
		if (!strcmp(f->name, entry_only[i]))
			return true;
	return false;
}
