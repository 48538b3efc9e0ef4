// SPDX-License-Identifier: GPL-2.0-only
/* What is told in words about calls and packets (path.h). */
#include "output/names.h"
#include "output/path.h"

#define IPPROTO_NUMBER_TCP 6
#define ERRNO_MAX          4095 /* the kernel's pointers and returns below it are -errno */

const char *hop_edge_name(enum hop_edge edge)
{
	static const char *const names[] = {
		[EDGE_ENTRY] = "entry",
		[EDGE_RETURN] = "return",
		[EDGE_POINT] = "point",
	};
	_Static_assert(ARRAY_SIZE(names) == HOP_EDGES, "an edge has no name");

	return names[edge];
}

const char *packet_fate_name(enum packet_fate fate)
{
	static const char *const names[] = {
		[FATE_DELIVERED] = "delivered",
		[FATE_TRANSMITTED] = "transmitted",
		[FATE_CONSUMED] = "consumed",
		[FATE_DROPPED] = "dropped",
		[FATE_LOST_TRACK] = "lost_track",
	};
	_Static_assert(ARRAY_SIZE(names) == PACKET_FATES, "a fate has no name");

	return names[fate];
}

const char *prog_kind_name(enum rec_prog_kind kind)
{
	static const char *const names[] = {
		[PROG_NONE] = "bpf",
		[PROG_XDP] = "xdp",
		[PROG_TC] = "tc",
		[PROG_CGROUP_SKB] = "cgroup_skb",
		[PROG_SK_SKB] = "sk_skb",
		[PROG_LWT] = "lwt",
		[PROG_NETFILTER] = "netfilter",
	};
	_Static_assert(ARRAY_SIZE(names) == PROG_KINDS, "a kind of program has no name");

	return names[kind];
}

/* ---- return values ------------------------------------------------------------------------ */

struct value {
	__s64 number;
	const char *name;
	enum ret_weight weight;
};

_printf_(2, 3) static const char *made(char buf[WORDS_LEN], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, WORDS_LEN, fmt, ap);
	va_end(ap);
	return buf;
}

static bool is_errno(__s64 ret)
{
	return ret < 0 && ret >= -ERRNO_MAX;
}

static const char *errno_words(__s64 ret, char buf[WORDS_LEN], enum ret_weight *weight)
{
	bool later = ret == -EINPROGRESS || ret == -EAGAIN;

	*weight = later ? RET_TELLS : RET_BAD;
	return made(buf, "-%s", errno_name((int)ret, &(struct name_buf){0}));
}

static const char *number_words(__s64 ret, char buf[WORDS_LEN], enum ret_weight *weight)
{
	return is_errno(ret) ? errno_words(ret, buf, weight) : made(buf, "%lld", ret);
}

static const char *value_words(const struct value *values, size_t count, __s64 ret,
	char buf[WORDS_LEN], enum ret_weight *weight)
{
	for (size_t i = 0; i < count; i++) {
		if (values[i].number != ret)
			continue;
		*weight = values[i].weight;
		return values[i].name;
	}
	return number_words(ret, buf, weight);
}

/* A verdict may carry more: the errno of a drop, the number of a queue. */
static const char *nf_words(__s64 ret, char buf[WORDS_LEN], enum ret_weight *weight)
{
	static const struct value verdicts[] = {
		{0, "NF_DROP", RET_BAD},
		{1, "NF_ACCEPT", RET_TELLS},
		{2, "NF_STOLEN", RET_TELLS},
		{3, "NF_QUEUE", RET_TELLS},
		{4, "NF_REPEAT", RET_TELLS},
		{5, "NF_STOP", RET_TELLS},
	};
	__s64 more = (__s32)ret >> 16;

	if ((ret & 0xff) == 0 && is_errno(-more)) {
		*weight = RET_BAD;
		return made(buf, "NF_DROP (%s)", errno_name((int)more, &(struct name_buf){0}));
	}
	return value_words(verdicts, ARRAY_SIZE(verdicts), ret & 0xff, buf, weight);
}

/* Values that have names, by how they are to be read. */
static const struct value xmit_values[] = {
	{0x00, "NET_XMIT_SUCCESS", RET_USUAL},
	{0x01, "NET_XMIT_DROP", RET_BAD},
	{0x02, "NET_XMIT_CN", RET_BAD},
	{0x10, "NETDEV_TX_BUSY", RET_BAD},
};
static const struct value rx_values[] = {
	{0, "NET_RX_SUCCESS", RET_USUAL},
	{1, "NET_RX_DROP", RET_BAD},
};
static const struct value hook_values[] = {
	{1, "accepted", RET_USUAL},
	{0, "stolen or queued", RET_TELLS},
};
static const struct value xdp_values[] = {
	{0, "XDP_ABORTED", RET_BAD},
	{1, "XDP_DROP", RET_BAD},
	{2, "XDP_PASS", RET_TELLS},
	{3, "XDP_TX", RET_TELLS},
	{4, "XDP_REDIRECT", RET_TELLS},
};
static const struct value tc_values[] = {
	{-1, "TC_ACT_UNSPEC", RET_TELLS},
	{0, "TC_ACT_OK", RET_TELLS},
	{1, "TC_ACT_RECLASSIFY", RET_TELLS},
	{2, "TC_ACT_SHOT", RET_BAD},
	{3, "TC_ACT_PIPE", RET_TELLS},
	{4, "TC_ACT_STOLEN", RET_TELLS},
	{5, "TC_ACT_QUEUED", RET_TELLS},
	{6, "TC_ACT_REPEAT", RET_TELLS},
	{7, "TC_ACT_REDIRECT", RET_TELLS},
	{8, "TC_ACT_TRAP", RET_TELLS},
};
static const struct value cgroup_skb_values[] = {
	{0, "dropped", RET_BAD},
	{1, "allowed", RET_TELLS},
	{2, "dropped, congestion", RET_BAD},
	{3, "allowed, congestion", RET_TELLS},
};
static const struct value sk_skb_values[] = {
	{0, "SK_DROP", RET_BAD},
	{1, "SK_PASS", RET_TELLS},
};
static const struct value lwt_values[] = {
	{0, "BPF_OK", RET_TELLS},
	{2, "BPF_DROP", RET_BAD},
	{7, "BPF_REDIRECT", RET_TELLS},
	{128, "BPF_LWT_REROUTE", RET_TELLS},
};
static const struct {
	const struct value *values;
	size_t count;
} named_values[RETURNS_KINDS] = {
	[RETURNS_XMIT] = {xmit_values, ARRAY_SIZE(xmit_values)},
	[RETURNS_RX] = {rx_values, ARRAY_SIZE(rx_values)},
	[RETURNS_NF_SLOW] = {hook_values, ARRAY_SIZE(hook_values)},
	[RETURNS_XDP] = {xdp_values, ARRAY_SIZE(xdp_values)},
	[RETURNS_TC] = {tc_values, ARRAY_SIZE(tc_values)},
	[RETURNS_CGROUP_SKB] = {cgroup_skb_values, ARRAY_SIZE(cgroup_skb_values)},
	[RETURNS_SK_SKB] = {sk_skb_values, ARRAY_SIZE(sk_skb_values)},
	[RETURNS_LWT] = {lwt_values, ARRAY_SIZE(lwt_values)},
};

static const char *named_words(
	const struct func *f, __s64 ret, char buf[WORDS_LEN], enum ret_weight *weight)
{
	size_t count = named_values[f->returns].count;
	const char *words = value_words(named_values[f->returns].values, count, ret, buf, weight);

	/* What is no verdict of XDP is taken for XDP_ABORTED. */
	if (f->returns == RETURNS_XDP && (ret < 0 || ret >= (__s64)count))
		*weight = RET_BAD;
	return words;
}

static const char *reason_words(const struct call *c, char buf[WORDS_LEN], enum ret_weight *weight)
{
	bool fine = !c->ret || !strcmp(c->ret_reason, "CONSUMED");

	*weight = fine ? RET_USUAL : RET_BAD;
	if (*c->ret_reason)
		return made(buf, "%s", c->ret_reason);
	return c->ret ? made(buf, "drop reason %lld", c->ret) : "NOT_DROPPED_YET";
}

/* NULL is "nothing found"; of dev_hard_start_xmit(), "nothing left to send". */
static const char *pointer_words(const struct call *c, char buf[WORDS_LEN], enum ret_weight *weight)
{
	__s64 ret = c->ret;

	if (is_errno(ret))
		return errno_words(ret, buf, weight);
	if (!ret) {
		*weight = c->func->role == ROLE_TRANSMIT ? RET_USUAL : RET_TELLS;
		return "NULL";
	}
	return made(buf, "0x%llx", (__u64)ret);
}

const char *call_ret_words(const struct call *c, char buf[WORDS_LEN], enum ret_weight *ret_weight)
{
	enum ret_weight unwanted, *weight = ret_weight ? ret_weight : &unwanted;

	*weight = RET_USUAL;
	if (!c->func || c->end != CALL_RETURNED || !c->func->ret_bytes)
		return "";
	switch (c->func->returns) {
	case RETURNS_BOOL:
		*weight = RET_TELLS;
		return c->ret ? "true" : "false";
	case RETURNS_POINTER:
		return pointer_words(c, buf, weight);
	case RETURNS_DROP_REASON:
		return reason_words(c, buf, weight);
	case RETURNS_NF:
		return nf_words(c->ret, buf, weight);
	case RETURNS_UNSIGNED:
		return made(buf, "%llu", (__u64)c->ret);
	case RETURNS_INT:
		return number_words(c->ret, buf, weight);
	default:
		return named_words(c->func, c->ret, buf, weight);
	}
}

const char *program_verdict_words(
	const struct program_verdict *v, char buf[WORDS_LEN], enum ret_weight *ret_weight)
{
	struct call call = {
		.func = v->program, .end = CALL_RETURNED, .ret = v->ret, .ret_reason = ""};

	return call_ret_words(&call, buf, ret_weight);
}

/* ---- details ------------------------------------------------------------------------------ */

enum {
	FAMILY_INET = 1,
	FAMILY_IP = 2,
	FAMILY_ARP = 3,
	FAMILY_NETDEV = 5,
	FAMILY_BRIDGE = 7,
	FAMILY_IP6 = 10
};

static const char *const *hooks_of(__u32 family, size_t *ret_count)
{
	static const char *const ip[] = {
		"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING", "INGRESS"};
	static const char *const arp[] = {"arp INPUT", "arp OUTPUT", "arp FORWARD"};
	static const char *const netdev[] = {"ingress", "egress"};
	static const char *const bridge[] = {"bridge PREROUTING", "bridge INPUT", "bridge FORWARD",
		"bridge OUTPUT", "bridge POSTROUTING", "bridge BROUTING"};

	*ret_count = ARRAY_SIZE(ip);
	switch (family) {
	case FAMILY_INET:
	case FAMILY_IP:
	case FAMILY_IP6:
		return ip;
	case FAMILY_ARP:
		*ret_count = ARRAY_SIZE(arp);
		return arp;
	case FAMILY_NETDEV:
		*ret_count = ARRAY_SIZE(netdev);
		return netdev;
	case FAMILY_BRIDGE:
		*ret_count = ARRAY_SIZE(bridge);
		return bridge;
	default:
		*ret_count = 0;
		return NULL;
	}
}

const char *call_detail_words(const struct call *c, char buf[WORDS_LEN])
{
	__u32 hook = c->detail & 0xff, family = c->detail >> 8;
	const char *const *names;
	size_t count;

	if (!c->func || !c->detail)
		return "";
	if (c->func->role != ROLE_HOOK)
		return made(buf, "%u", c->detail);
	names = hooks_of(family, &count);
	return hook < count ? names[hook] : made(buf, "family %u hook %u", family, hook);
}

const char *tcp_flags_words(const struct subject *s, char buf[TCP_FLAGS_LEN])
{
	static const char letters[] = "FSRP.UEW"; /* from bit 0 on, as tcpdump has them */
	char *to = buf;

	if (s->tuple.l4_proto == IPPROTO_NUMBER_TCP)
		for (unsigned bit = 0; bit < 8; bit++)
			if (s->tcp_flags & 1u << bit)
				*to++ = letters[bit];
	*to = '\0';
	return buf;
}
