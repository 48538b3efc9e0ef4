/* SPDX-License-Identifier: GPL-2.0-only */
/* functions_returns.c - how the value that a function returns is to be read. */
#include "bpf/functions_scan.h"

/* What the type "int" does not tell. A name with another type keeps what its type says: kernels
 * differ (ip_rcv_finish_core() returns a drop reason since 6.14). */
static const struct {
	const char *name; /* a last `*` matches the rest */
	__u8 returns;
} by_name[] = {
	/* Into a device's queue: NET_XMIT_*, or what the driver said. */
	{"dev_queue_xmit*", RETURNS_XMIT},
	{"__dev_queue_xmit", RETURNS_XMIT},
	{"__dev_xmit_skb", RETURNS_XMIT},
	{"dev_direct_xmit", RETURNS_XMIT},
	{"__dev_direct_xmit", RETURNS_XMIT},
	{"xmit_one", RETURNS_XMIT},
	{"packet_direct_xmit", RETURNS_XMIT},
	{"neigh_resolve_output", RETURNS_XMIT},
	{"neigh_connected_output", RETURNS_XMIT},
	{"neigh_direct_output", RETURNS_XMIT},
	/* IP on its way out passes the device's answer on. */
	{"ip_output", RETURNS_XMIT},
	{"ip_mc_output", RETURNS_XMIT},
	{"ip_local_out", RETURNS_XMIT},
	{"ip_finish_output*", RETURNS_XMIT},
	{"__ip_finish_output", RETURNS_XMIT},
	{"ip_fragment*", RETURNS_XMIT},
	{"ip_do_fragment", RETURNS_XMIT},
	{"ip_queue_xmit", RETURNS_XMIT},
	{"__ip_queue_xmit", RETURNS_XMIT},
	{"ip_build_and_send_pkt", RETURNS_XMIT},
	{"ip6_output", RETURNS_XMIT},
	{"ip6_local_out", RETURNS_XMIT},
	{"ip6_finish_output*", RETURNS_XMIT},
	{"__ip6_finish_output", RETURNS_XMIT},
	{"ip6_fragment", RETURNS_XMIT},
	{"ip6_xmit", RETURNS_XMIT},
	{"inet6_csk_xmit", RETURNS_XMIT},
	{"ip_forward_finish", RETURNS_XMIT},
	{"ip6_forward*", RETURNS_XMIT},
	{"__tcp_transmit_skb", RETURNS_XMIT},
	/* Before routing's output: 1 = go on, as netfilter's hook said. */
	{"__ip_local_out", RETURNS_NF_SLOW},
	{"__ip6_local_out", RETURNS_NF_SLOW},
	{"nf_hook_slow", RETURNS_NF_SLOW},
	/* From the driver up to the protocol: NET_RX_*. */
	{"netif_rx*", RETURNS_RX},
	{"__netif_rx", RETURNS_RX},
	{"netif_receive_skb*", RETURNS_RX},
	{"__netif_receive_skb*", RETURNS_RX},
	{"enqueue_to_backlog", RETURNS_RX},
	{"dev_forward_skb*", RETURNS_RX},
	{"__dev_forward_skb*", RETURNS_RX},
	{"ip_rcv", RETURNS_RX},
	{"ip_rcv_finish*", RETURNS_RX},
	{"ip_local_deliver*", RETURNS_RX},
	{"ip_forward", RETURNS_RX},
	{"ipv6_rcv", RETURNS_RX},
	{"ip6_rcv_finish", RETURNS_RX},
	{"ip6_input*", RETURNS_RX},
	{"ip6_mc_input", RETURNS_RX},
	{"arp_rcv", RETURNS_RX},
	{"arp_process", RETURNS_RX},
	/* What netfilter's hooks call. */
	{"nft_do_chain*", RETURNS_NF},
	{"ipt_do_table", RETURNS_NF},
	{"ip6t_do_table", RETURNS_NF},
	{"arpt_do_table", RETURNS_NF},
	{"ebt_do_table", RETURNS_NF},
	{"nf_conntrack_in", RETURNS_NF},
	{"nf_conntrack_confirm", RETURNS_NF},
	{"__nf_conntrack_confirm", RETURNS_NF},
	{"nf_nat_inet_fn", RETURNS_NF},
	{"nf_nat_packet", RETURNS_NF},
	{"nf_confirm", RETURNS_NF},
};

/* unsigned int (void *priv, struct sk_buff *, const struct nf_hook_state *) */
static bool is_nf_hook(const __u8 *param, unsigned params, const struct function *fn)
{
	return fn->returns == RETURNS_UNSIGNED && params == 3 && param[0] == PARAM_VOID_PTR &&
	       param[1] == FUNC_ARG_SKB && param[2] == PARAM_NF_STATE;
}

/* int (struct sk_buff *, struct Qdisc *, struct sk_buff **to_free): also a helper with more */
static bool is_qdisc_enqueue(const __u8 *param, unsigned params, const struct function *fn)
{
	size_t len = strlen(fn->name);

	return fn->returns == RETURNS_INT && params >= 3 && param[0] == FUNC_ARG_SKB &&
	       param[2] == FUNC_ARG_SKB_REF && len > 7 && !strcmp(fn->name + len - 7, "enqueue");
}

/* Enums have no sign in older BTF: one with a negative value is signed. */
static bool enum_signed(const struct btf_type *type)
{
	const struct btf_enum *value;

	if (btf_kflag(type))
		return true;
	if (!btf_is_enum(type))
		return false;
	value = btf_enum(type);
	for (unsigned i = 0; i < btf_vlen(type); i++)
		if (value[i].val < 0)
			return true;
	return false;
}

static __u8 enum_returns(const struct functions_types *t, const struct btf_type *type)
{
	const char *name = btf__name_by_offset(t->btf, type->name_off);

	if (!strcmp(name, "skb_drop_reason"))
		return RETURNS_DROP_REASON;
	if (!strcmp(name, "netdev_tx"))
		return RETURNS_XMIT;
	return enum_signed(type) ? RETURNS_INT : RETURNS_UNSIGNED;
}

static __u8 type_returns(const struct functions_types *t, const struct btf_type *type)
{
	if (btf_is_ptr(type))
		return RETURNS_POINTER;
	if (btf_is_any_enum(type))
		return enum_returns(t, type);
	if (!btf_is_int(type))
		return RETURNS_VOID; /* a struct: no one value */
	if (btf_int_encoding(type) & BTF_INT_BOOL)
		return RETURNS_BOOL;
	return btf_int_encoding(type) & BTF_INT_SIGNED ? RETURNS_INT : RETURNS_UNSIGNED;
}

void function_returns(const struct functions_types *t, __u32 ret_id, const __u8 *param,
	unsigned params, struct function *fn)
{
	const struct btf_type *type = types_strip(t, ret_id);

	fn->returns = type ? type_returns(t, type) : RETURNS_VOID;
	fn->ret_bytes = 0;
	if (fn->returns == RETURNS_VOID)
		return;
	fn->ret_bytes = btf_is_ptr(type) ? sizeof(long) : type->size;
	if (fn->ret_bytes > sizeof(__u64))
		fn->ret_bytes = sizeof(__u64);
	if (fn->returns != RETURNS_INT && fn->returns != RETURNS_UNSIGNED)
		return;
	if (is_nf_hook(param, params, fn))
		fn->returns = RETURNS_NF;
	else if (is_qdisc_enqueue(param, params, fn))
		fn->returns = RETURNS_XMIT;
	for (size_t i = 0; i < ARRAY_SIZE(by_name); i++)
		if (name_matches(by_name[i].name, fn->name)) {
			fn->returns = by_name[i].returns;
			return;
		}
}
