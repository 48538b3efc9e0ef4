// SPDX-License-Identifier: GPL-2.0-only
#include "output/decode_func.h"

#define FUNCS_MAX 65536 /* numbers beyond are not remembered: a hostile file must not grow us */

/*
 * All that is known about single functions: what it means for a packet to pass them. Where a packet
 * ends is not told by who frees it (often a destructor far away), but by what it had passed before.
 */
static enum func_role role_of(const char *name)
{
	static const struct {
		const char *name;
		enum func_role role;
	} known[] = {
		{"netif_rx", ROLE_RECEIVE},
		{"__netif_rx", ROLE_RECEIVE},
		{"netif_rx_internal", ROLE_RECEIVE},
		{"napi_gro_receive", ROLE_RECEIVE},
		{"netif_receive_skb", ROLE_RECEIVE},
		{"netif_receive_skb_internal", ROLE_RECEIVE},
		{"__netif_receive_skb", ROLE_RECEIVE},
		{"__netif_receive_skb_one_core", ROLE_RECEIVE},
		{"__netif_receive_skb_core", ROLE_RECEIVE},
		{"tcp_v4_rcv", ROLE_DELIVER},
		{"tcp_v6_rcv", ROLE_DELIVER},
		{"tcp_v4_do_rcv", ROLE_DELIVER},
		{"tcp_v6_do_rcv", ROLE_DELIVER},
		{"udp_rcv", ROLE_DELIVER},
		{"udpv6_rcv", ROLE_DELIVER},
		{"__udp4_lib_rcv", ROLE_DELIVER},
		{"__udp6_lib_rcv", ROLE_DELIVER},
		{"udp_queue_rcv_skb", ROLE_DELIVER},
		{"udpv6_queue_rcv_skb", ROLE_DELIVER},
		{"udp_queue_rcv_one_skb", ROLE_DELIVER},
		{"udpv6_queue_rcv_one_skb", ROLE_DELIVER},
		{"udp_unicast_rcv_skb", ROLE_DELIVER},
		{"udp6_unicast_rcv_skb", ROLE_DELIVER},
		{"__udp_enqueue_schedule_skb", ROLE_DELIVER},
		{"sock_queue_rcv_skb", ROLE_DELIVER},
		{"sock_queue_rcv_skb_reason", ROLE_DELIVER},
		{"__sock_queue_rcv_skb", ROLE_DELIVER},
		{"raw_rcv", ROLE_DELIVER},
		{"rawv6_rcv", ROLE_DELIVER},
		{"ping_rcv", ROLE_DELIVER},
		{"ping_queue_rcv_skb", ROLE_DELIVER},
		{"sctp_rcv", ROLE_DELIVER},
		{"arp_rcv", ROLE_DELIVER},
		{"ndisc_rcv", ROLE_DELIVER},
		{"dev_hard_start_xmit", ROLE_TRANSMIT},
		{"dev_direct_xmit", ROLE_TRANSMIT},
		{"__dev_direct_xmit", ROLE_TRANSMIT},
		{"nf_hook_slow", ROLE_HOOK},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(known[i].name, name))
			return known[i].role;
	return ROLE_NONE;
}

static void name_unnamed(struct func *f, __u32 id)
{
	*f = (struct func){.id = id, .returns = RETURNS_INT, .ret_bytes = 8};
	snprintf(f->name, sizeof(f->name), "func#%u", id);
}

void func_table_init(struct func_table *t)
{
	name_unnamed(&t->beyond, 0);
	strcpy(t->beyond.name, "func#?");
}

void func_table_done(struct func_table *t)
{
	for (size_t i = 0; i < t->room; i++)
		free(t->func[i]);
	free(t->func);
}

static int grow(struct func_table *t, __u32 id)
{
	size_t room = t->room ? t->room : 256;
	struct func **bigger;

	if (id < t->room)
		return 0;
	if (id >= FUNCS_MAX)
		return -E2BIG;
	while (room <= id)
		room *= 2;
	bigger = reallocarray(t->func, room, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	memset(bigger + t->room, 0, (room - t->room) * sizeof(*bigger));
	t->func = bigger;
	t->room = room;
	return 0;
}

/* The place of that number, made if need be; NULL = there is no room. */
static struct func *place_of(struct func_table *t, __u32 id)
{
	if (grow(t, id))
		return NULL;
	if (!t->func[id])
		t->func[id] = calloc(1, sizeof(struct func));
	return t->func[id];
}

/* Widths that are no widths would shift by nonsense. */
static __u8 width_of(const struct rec_func *rec)
{
	if (rec->returns == RETURNS_VOID)
		return 0;
	return rec->ret_bytes >= 1 && rec->ret_bytes <= 8 ? (__u8)rec->ret_bytes : 8;
}

void func_table_put(struct func_table *t, const struct rec_func *rec)
{
	struct func *f = place_of(t, rec->id);

	if (!f)
		return;
	f->id = rec->id;
	f->flags = rec->flags;
	f->returns = rec->returns < RETURNS_KINDS ? rec->returns : RETURNS_INT;
	f->ret_bytes = width_of(rec);
	f->addr = rec->addr;
	snprintf(f->name, sizeof(f->name), "%.*s", (int)sizeof(rec->name), rec->name);
	snprintf(f->module, sizeof(f->module), "%.*s", (int)sizeof(rec->module), rec->module);
	f->prog_kind = rec->prog_kind < PROG_KINDS ? rec->prog_kind : PROG_NONE;
	f->prog_id = rec->prog_id;
	f->role = f->prog_kind ? ROLE_NONE : role_of(f->name);
	f->named = true;
}

bool func_table_has(const struct func_table *t, __u32 id)
{
	return id < t->room && t->func[id] && t->func[id]->named;
}

const struct func *func_table_get(struct func_table *t, __u32 id)
{
	struct func *f;

	if (id < t->room && t->func[id])
		return t->func[id];
	f = place_of(t, id);
	if (!f)
		return &t->beyond;
	name_unnamed(f, id);
	return f;
}

__s64 func_ret(const struct func *f, __u64 ret)
{
	unsigned unused = 64 - 8 * f->ret_bytes;

	if (!f->ret_bytes)
		return 0;
	switch (f->returns) {
	case RETURNS_UNSIGNED:
	case RETURNS_BOOL:
	case RETURNS_POINTER:
	case RETURNS_DROP_REASON:
		return (__s64)(ret << unused >> unused);
	default:
		return (__s64)(ret << unused) >> unused;
	}
}
