/* SPDX-License-Identifier: GPL-2.0-only */
/* test_functions.c - which functions are found in BTF made by hand, and what words and lists make
 * of them. */
#include <bpf/btf.h>

#include "bpf/functions.h"
#include "bpf/functions_scan.h"
#include "tests/unit/unit.h"

/* ---- a small kernel ------------------------------------------------------------------------- */

struct types {
	int int_, uint, bool_, pair, big, sk_buff, skb, const_skb, skb_ref, my_skb;
	int sock, sk, tcp_sk, udp_sk, req, socket, xdp, frame, void_ptr, state, dev, netdev_tx,
		reason;
};

static int struct_of(struct btf *b, const char *name, int first, unsigned bytes)
{
	int id = btf__add_struct(b, name, bytes);

	if (first)
		btf__add_field(b, "first", first, 0, 0);
	return id;
}

static void types_make(struct btf *b, struct types *t)
{
	int id;

	t->int_ = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	t->uint = btf__add_int(b, "unsigned int", 4, 0);
	t->bool_ = btf__add_int(b, "_Bool", 1, BTF_INT_BOOL);
	t->pair = struct_of(b, "sockptr", t->int_, 16);
	t->big = struct_of(b, "big", t->int_, 24);
	t->sk_buff = struct_of(b, "sk_buff", t->int_, 232);
	t->skb = btf__add_ptr(b, t->sk_buff);
	t->const_skb = btf__add_ptr(b, btf__add_const(b, t->sk_buff));
	t->skb_ref = btf__add_ptr(b, t->skb);
	t->my_skb = btf__add_typedef(b, "my_skb_t", t->skb);
	t->sock = struct_of(b, "sock", t->int_, 760);
	t->sk = btf__add_ptr(b, t->sock);
	/* tcp_sock begins with inet_connection_sock begins with inet_sock begins with sock */
	id = struct_of(b, "inet_sock", t->sock, 900);
	t->udp_sk = btf__add_ptr(b, struct_of(b, "my_own_sock", id, 1000));
	id = struct_of(b, "inet_connection_sock", id, 1300);
	t->tcp_sk = btf__add_ptr(b, struct_of(b, "tcp_sock", id, 2000));
	id = struct_of(b, "request_sock", t->int_, 300);
	t->req = btf__add_ptr(b, struct_of(b, "tcp_request_sock", id, 400));
	t->socket = btf__add_ptr(b, struct_of(b, "socket", t->int_, 128));
	t->xdp = btf__add_ptr(b, struct_of(b, "xdp_buff", t->int_, 56));
	t->frame = btf__add_ptr(b, btf__add_fwd(b, "xdp_frame", BTF_FWD_STRUCT));
	t->void_ptr = btf__add_ptr(b, 0);
	t->state = btf__add_ptr(b, btf__add_const(b, struct_of(b, "nf_hook_state", t->int_, 48)));
	t->dev = btf__add_ptr(b, struct_of(b, "net_device", t->int_, 2000));
	id = btf__add_enum(b, "netdev_tx", 4);
	btf__add_enum_value(b, "NETDEV_TX_OK", 0);
	t->netdev_tx = btf__add_typedef(b, "netdev_tx_t", id);
	t->reason = btf__add_enum(b, "skb_drop_reason", 4);
	btf__add_enum_value(b, "SKB_CONSUMED", 1);
}

/* PARAMS end with -1. */
static void func(struct btf *b, const char *name, int ret, const int *params)
{
	int proto = btf__add_func_proto(b, ret);

	for (; *params >= 0; params++)
		btf__add_func_param(b, "p", *params);
	btf__add_func(b, name, BTF_FUNC_STATIC, proto);
}

#define FUNC(b, name, ret, ...) func(b, name, ret, (const int[]){__VA_ARGS__, -1})

static void vmlinux_fill(struct btf *b, const struct types *t)
{
	FUNC(b, "ip_rcv", t->int_, t->skb, t->dev, t->dev, t->dev);
	FUNC(b, "ip6_rcv", t->int_, t->const_skb);
	FUNC(b, "__netif_receive_skb_core", t->int_, t->skb_ref, t->bool_);
	FUNC(b, "typedefed", t->bool_, t->int_, t->my_skb);
	FUNC(b, "tcp_v4_connect", t->int_, t->sk, t->dev, t->int_);
	FUNC(b, "tcp_thing", 0, t->tcp_sk, t->skb);
	FUNC(b, "skb_copy_header", 0, t->skb, t->const_skb);
	FUNC(b, "own_thing", t->uint, t->int_, t->udp_sk);
	FUNC(b, "req_first", t->void_ptr, t->req, t->skb, t->sk);
	FUNC(b, "accept_like", t->int_, t->socket, t->socket);
	FUNC(b, "xdp_thing", t->uint, t->void_ptr, t->xdp);
	FUNC(b, "frame_thing", t->uint, t->frame);
	FUNC(b, "after_pair", t->int_, t->int_, t->pair, t->skb);
	FUNC(b, "after_big", t->int_, t->big, t->skb);
	FUNC(b, "sixth", t->int_, t->int_, t->int_, t->int_, t->int_, t->int_, t->skb);
	FUNC(b, "seventh", t->int_, t->int_, t->int_, t->int_, t->int_, t->pair, t->skb);
	FUNC(b, "big_return", t->big, t->skb);
	FUNC(b, "drv_xmit", t->netdev_tx, t->skb, t->dev);
	FUNC(b, "why_dropped", t->reason, t->skb);
	FUNC(b, "some_hook", t->uint, t->void_ptr, t->skb, t->state);
	FUNC(b, "pfifo_enqueue", t->int_, t->skb, t->dev, t->skb_ref);
	FUNC(b, "nf_hook_slow", t->int_, t->skb, t->state);
	FUNC(b, "bpf_skb_helper", t->int_, t->skb);
	FUNC(b, "no_packet", t->int_, t->dev);
	FUNC(b, "fib_lookup", t->int_, t->dev);
	FUNC(b, "fib_other", t->int_, t->dev);
	FUNC(b, "varies", 0, t->skb, t->int_);
	FUNC(b, "varies", 0, t->int_, t->skb);
	FUNC(b, "again", 0, t->skb);
	FUNC(b, "again", t->int_, t->skb);
	FUNC(b, "half", 0, t->skb);
	FUNC(b, "half", 0, t->dev);
}

static struct functions *small(void)
{
	struct btf *vmlinux = btf__new_empty(), *veth;
	struct functions *f = NULL;
	struct types t;

	if (functions_new(&f))
		return NULL;
	types_make(vmlinux, &t);
	vmlinux_fill(vmlinux, &t);
	veth = btf__new_empty_split(vmlinux);
	FUNC(veth, "veth_xmit", t.netdev_tx, t.skb, t.dev);
	FUNC(veth, "ip_rcv", 0, t.dev, t.skb);
	/* Its own copy of a type, as a module built elsewhere has it. */
	FUNC(veth, "copied", 0, btf__add_ptr(veth, struct_of(veth, "sk_buff", t.int_, 232)));
	/* Only now: adding to a split BTF moves its base's strings. */
	CHECK_INT(functions_scan(f, "vmlinux", vmlinux), 0);
	CHECK_INT(functions_scan(f, "veth", veth), 0);
	functions_sort(f);
	return f;
}

static const struct function *get(const struct functions *f, const char *module, const char *name)
{
	static const struct function none = {.name = "", .module = "", .why = FUNC_WHY_KINDS};
	const struct function *fn = functions_find(f, module, name);

	if (!fn)
		unit_fail(__FILE__, __LINE__, "%s:%s is not there", module, name);
	return fn ? fn : &none;
}

/* ---- what is found -------------------------------------------------------------------------- */

static void check_args(const struct functions *f, const char *name, int skb_pos, int skb_kind,
	int sk_pos, int sk_kind)
{
	const struct function *fn = get(f, "vmlinux", name);

	if (fn->skb_pos != skb_pos || fn->skb_kind != skb_kind || fn->sk_pos != sk_pos ||
		fn->sk_kind != sk_kind)
		unit_fail(__FILE__, __LINE__, "%s: skb %d kind %d, sk %d kind %d", name,
			fn->skb_pos, fn->skb_kind, fn->sk_pos, fn->sk_kind);
}

static void test_positions(void)
{
	_cleanup_(functions_freep) struct functions *f = small();

	check_args(f, "ip_rcv", 1, FUNC_ARG_SKB, 0, 0);
	check_args(f, "ip6_rcv", 1, FUNC_ARG_SKB, 0, 0);
	check_args(f, "__netif_receive_skb_core", 1, FUNC_ARG_SKB_REF, 0, 0);
	check_args(f, "typedefed", 2, FUNC_ARG_SKB, 0, 0);
	check_args(f, "tcp_v4_connect", 0, 0, 1, FUNC_ARG_SOCK);
	check_args(f, "tcp_thing", 2, FUNC_ARG_SKB, 1, FUNC_ARG_SOCK);
	check_args(f, "skb_copy_header", 2, FUNC_ARG_SKB, 0, 0);
	check_args(f, "own_thing", 0, 0, 2, FUNC_ARG_SOCK);
	check_args(f, "req_first", 2, FUNC_ARG_SKB, 3, FUNC_ARG_SOCK);
	check_args(f, "accept_like", 0, 0, 1, FUNC_ARG_SOCKET);
	check_args(f, "xdp_thing", 2, FUNC_ARG_XDP_BUFF, 0, 0);
	check_args(f, "frame_thing", 1, FUNC_ARG_XDP_FRAME, 0, 0);
	CHECK(!functions_find(f, "vmlinux", "no_packet"));
	CHECK_INT(get(f, "vmlinux", "ip_rcv")->params, 4);
}

static void test_registers(void)
{
	_cleanup_(functions_freep) struct functions *f = small();

	check_args(f, "after_pair", 4, FUNC_ARG_SKB, 0, 0);
	check_args(f, "sixth", 6, FUNC_ARG_SKB, 0, 0);
	check_args(f, "seventh", 0, FUNC_ARG_SKB, 0, 0);
	CHECK_INT(get(f, "vmlinux", "seventh")->why, FUNC_TOO_MANY_ARGS);
	CHECK_INT(get(f, "vmlinux", "sixth")->why, FUNC_OK);
#ifdef __x86_64__
	check_args(f, "after_big", 1, FUNC_ARG_SKB, 0, 0);
	check_args(f, "big_return", 2, FUNC_ARG_SKB, 0, 0);
#endif
}

static void check_returns(const struct functions *f, const char *name, int returns, int bytes)
{
	const struct function *fn = get(f, "vmlinux", name);

	if (fn->returns != returns || fn->ret_bytes != bytes)
		unit_fail(__FILE__, __LINE__, "%s returns %d in %d bytes", name, fn->returns,
			fn->ret_bytes);
}

static void test_returns(void)
{
	_cleanup_(functions_freep) struct functions *f = small();

	check_returns(f, "tcp_thing", RETURNS_VOID, 0);
	check_returns(f, "big_return", RETURNS_VOID, 0);
	check_returns(f, "tcp_v4_connect", RETURNS_INT, 4);
	check_returns(f, "own_thing", RETURNS_UNSIGNED, 4);
	check_returns(f, "typedefed", RETURNS_BOOL, 1);
	check_returns(f, "req_first", RETURNS_POINTER, 8);
	check_returns(f, "drv_xmit", RETURNS_XMIT, 4);
	check_returns(f, "pfifo_enqueue", RETURNS_XMIT, 4);
	check_returns(f, "why_dropped", RETURNS_DROP_REASON, 4);
	check_returns(f, "ip_rcv", RETURNS_RX, 4);
	check_returns(f, "some_hook", RETURNS_NF, 4);
	check_returns(f, "nf_hook_slow", RETURNS_NF_SLOW, 4);
}

static void test_modules(void)
{
	_cleanup_(functions_freep) struct functions *f = small();

	CHECK_INT(get(f, "veth", "veth_xmit")->skb_pos, 1);
	CHECK_INT(get(f, "veth", "ip_rcv")->skb_pos, 2);
	CHECK_INT(get(f, "veth", "copied")->skb_pos, 1);
	CHECK_INT(get(f, "veth", "ip_rcv")->why, FUNC_OK);
	for (size_t i = 1; i < f->count; i++)
		CHECK(function_compare(&f->list[i - 1], &f->list[i]) < 0);
	CHECK_STR(f->list[0].module, "vmlinux");
}

static void test_marks(void)
{
	_cleanup_(functions_freep) struct functions *f = small();

	CHECK(get(f, "vmlinux", "ip_rcv")->core);
	CHECK(!get(f, "vmlinux", "ip6_rcv")->core);
	CHECK_INT(get(f, "vmlinux", "bpf_skb_helper")->why, FUNC_DENIED);
	CHECK(functions_deny_reason("__traceiter_kfree_skb") != NULL);
	CHECK(!functions_deny_reason("lock_sock_nested"));
	/* One name, several FUNCs: only where all take the same, ours is known. */
	CHECK_INT(get(f, "vmlinux", "varies")->why, FUNC_AMBIGUOUS);
	CHECK_INT(get(f, "vmlinux", "half")->why, FUNC_AMBIGUOUS);
	CHECK_INT(get(f, "vmlinux", "again")->why, FUNC_OK);
}

/* ---- words ---------------------------------------------------------------------------------- */

/* Names of what WORDS (one string, blanks between them) choose; or the error. */
static const char *chosen(const char *words, const char *context)
{
	_cleanup_(functions_freep) struct functions *f = small();
	static char text[1024], copy[256];
	struct errbuf err = {};
	const char *word[8];
	size_t count = 0, used = 0;

	snprintf(copy, sizeof(copy), "%s", words);
	for (char *save, *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		word[count++] = w;
	if (functions_choose(f, word, count, "none_such", &context, context != NULL, &err)) {
		snprintf(text, sizeof(text), "%s", err.text);
		return text;
	}
	text[0] = 0;
	for (size_t i = 0; i < f->count; i++)
		if (f->list[i].chosen)
			used += snprintf(text + used, sizeof(text) - used, "%s%s:%s%s",
				used ? " " : "", f->list[i].module, f->list[i].name,
				f->list[i].context ? "+" : "");
	return text;
}

static void test_globs(void)
{
	CHECK_STR(chosen("ip_rcv", NULL), "vmlinux:ip_rcv veth:ip_rcv");
	CHECK_STR(chosen("veth:ip_rcv", NULL), "veth:ip_rcv");
	CHECK_STR(chosen("ip*_rcv !veth:*", NULL), "vmlinux:ip6_rcv vmlinux:ip_rcv");
	CHECK_STR(chosen("!veth:* ip6_rcv veth:c* !*v !* veth:copied", NULL), "veth:copied");
	CHECK_STR(chosen("core", NULL), "vmlinux:__netif_receive_skb_core vmlinux:ip_rcv "
					"vmlinux:nf_hook_slow vmlinux:tcp_v4_connect veth:ip_rcv "
					"veth:veth_xmit");
	CHECK_STR(chosen("all !vmlinux:*", NULL), "veth:copied veth:ip_rcv veth:veth_xmit");
	CHECK_STR(chosen("all !all frame_thing", NULL), "vmlinux:frame_thing");
	CHECK_STR(chosen("xdp", NULL), "vmlinux:frame_thing vmlinux:xdp_thing");
	CHECK_STR(chosen("sk", NULL), "vmlinux:accept_like vmlinux:own_thing vmlinux:req_first "
				      "vmlinux:tcp_thing vmlinux:tcp_v4_connect");
	CHECK_STR(chosen("sk !skb", NULL),
		"vmlinux:accept_like vmlinux:own_thing vmlinux:tcp_v4_connect");
	CHECK(!strncmp(chosen("!veth:*", NULL), "vmlinux:__netif", 15));
}

static void test_missed(void)
{
	CHECK_STR(
		chosen("ip_rcvv", NULL), "no function is called 'ip_rcvv'; near: ip_rcv, ip6_rcv");
	CHECK_STR(chosen("qqqqqq", NULL), "no function is called 'qqqqqq'");
	CHECK_STR(chosen("qq*", NULL), "no function that takes a packet or a socket matches 'qq*'");
	CHECK(strstr(chosen("no_packet", NULL), "--context 'no_packet'") != NULL);
	CHECK(strstr(chosen("veth:", NULL), "names no function") != NULL);
	CHECK(strstr(chosen("", NULL), "none_such") != NULL); /* the default word */
	CHECK(strstr(chosen("ip_rcv !ip_rvc", NULL), "'ip_rvc'") != NULL);
}

static void test_context(void)
{
	CHECK_STR(chosen("ip6_rcv", "fib_*"),
		"vmlinux:fib_lookup+ vmlinux:fib_other+ vmlinux:ip6_rcv");
	CHECK_STR(chosen("ip6_rcv", "vmlinux:fib_lookup"), "vmlinux:fib_lookup+ vmlinux:ip6_rcv");
	/* One that takes a packet is an ordinary one. */
	CHECK_STR(chosen("ip6_rcv", "drv_xmit"), "vmlinux:drv_xmit vmlinux:ip6_rcv");
	CHECK(strstr(chosen("ip6_rcv", "qq_absent"), "qq_absent") != NULL);
}

static void test_specs(void)
{
	_cleanup_(functions_freep) struct functions *f = small();

	CHECK_INT(functions_add(f, "no_packet:skb=3,sk=2", NULL), 0);
	check_args(f, "no_packet", 3, FUNC_ARG_SKB, 2, FUNC_ARG_SOCK);
	check_returns(f, "no_packet", RETURNS_INT, 4);
	CHECK(get(f, "vmlinux", "no_packet")->chosen);
	CHECK_INT(functions_add(f, "mymod:my_rx:xdp=6", NULL), 0);
	CHECK_INT(get(f, "mymod", "my_rx")->skb_pos, 6);
	CHECK_INT(get(f, "mymod", "my_rx")->skb_kind, FUNC_ARG_XDP_BUFF);
	CHECK_INT(functions_add(f, "varies:skb=2", NULL), 0);
	check_args(f, "varies", 2, FUNC_ARG_SKB, 0, 0);
	static const char *const bad[] = {"", "x", "x:", ":skb=1", "x:skb", "x:skb=", "x:skb=0",
		"x:skb=7", "x:skb=12", "x:skb=1,", "x:,skb=1", "x:skb=1,skb=2", "x:tcp=1",
		"a:b:c:skb=1", ":x:skb=1", "x*:skb=1", "x:skb=1,sk=2,req=3", "x:none=1"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (functions_add(f, bad[i], NULL) != -EINVAL)
			unit_fail(__FILE__, __LINE__, "'%s' was taken", bad[i]);
	CHECK_STR(chosen("ip6_rcv no_packet:sk=1", NULL), "vmlinux:ip6_rcv vmlinux:no_packet");
}

/* ---- the kernel's lists --------------------------------------------------------------------- */

static struct functions *judged(const char *text, enum symbol_format format)
{
	_cleanup_(matcher_freep) struct matcher *m = NULL;
	struct functions *f = small();

	CHECK_INT(functions_add(f, "elsewhere:skb=1", NULL), 0);
	CHECK_INT(matcher_new(&m, f), 0);
	CHECK_INT(symbols_parse(text, strlen(text), format, matcher_symbol, m), strlen(text));
	if (format != SYMBOLS_KALLSYMS)
		matcher_judge(m);
	return f;
}

static void test_ftrace_list(void)
{
	_cleanup_(functions_freep) struct functions *f = judged("schedule\n"
								"ip_rcv\n"
								"ip6_rcv.isra.0\n"
								"tcp_thing.part.0\n"
								"tcp_thing\n"
								"veth_xmit [veth]\n"
								"again\n"
								"again\n"
								"copied\n"
								"bpf_skb_helper\n"
								"elsewhere [mymod]\n"
								"__ftrace_invalid_address___64\n",
		SYMBOLS_FTRACE);

	CHECK_INT(get(f, "vmlinux", "ip_rcv")->why, FUNC_OK);
	CHECK_INT(get(f, "vmlinux", "ip6_rcv")->why, FUNC_SUFFIXED);
	CHECK_INT(get(f, "vmlinux", "tcp_thing")->why, FUNC_OK);
	CHECK_INT(get(f, "vmlinux", "again")->why, FUNC_AMBIGUOUS);
	CHECK_INT(get(f, "vmlinux", "sixth")->why, FUNC_NOT_IN_FTRACE);
	CHECK_INT(get(f, "vmlinux", "bpf_skb_helper")->why, FUNC_DENIED);
	/* The module decides: vmlinux's line is not the module's function. */
	CHECK_INT(get(f, "veth", "veth_xmit")->why, FUNC_OK);
	CHECK_INT(get(f, "veth", "ip_rcv")->why, FUNC_NOT_IN_FTRACE);
	CHECK_INT(get(f, "veth", "copied")->why, FUNC_NOT_IN_FTRACE);
	/* Given without a module: the list knows it. */
	CHECK_STR(functions_find(f, NULL, "elsewhere")->module, "mymod");
}

static void test_ftrace_addresses(void)
{
	_cleanup_(functions_freep) struct functions *f =
		judged("ffffffff81000010 ip_rcv\n"
		       "ffffffff81000020 __netif_receive_skb_core.constprop.0\n"
		       "ffffffffc0000030 veth_xmit [veth]\n",
			SYMBOLS_FTRACE_ADDRS);

	CHECK(get(f, "vmlinux", "ip_rcv")->addr == 0xffffffff81000010ULL);
	CHECK(get(f, "veth", "veth_xmit")->addr == 0xffffffffc0000030ULL);
	CHECK(get(f, "vmlinux", "__netif_receive_skb_core")->addr == 0);
	CHECK_INT(get(f, "vmlinux", "__netif_receive_skb_core")->why, FUNC_SUFFIXED);
}

static void test_kallsyms(void)
{
	_cleanup_(functions_freep) struct functions *f =
		judged("ffffffff81000010 T ip_rcv\n"
		       "ffffffff81000020 d ip6_rcv\n"
		       "ffffffff81000040 t again\n"
		       "ffffffff81000050 t again\n"
		       "ffffffffc0000030 t veth_xmit\t[veth]\n",
			SYMBOLS_KALLSYMS);

	CHECK(get(f, "vmlinux", "ip_rcv")->addr == 0xffffffff81000010ULL);
	CHECK(get(f, "vmlinux", "ip6_rcv")->addr == 0);
	CHECK(get(f, "veth", "veth_xmit")->addr == 0xffffffffc0000030ULL);
	CHECK_INT(get(f, "vmlinux", "again")->why, FUNC_AMBIGUOUS);
	CHECK_INT(get(f, "vmlinux", "ip_rcv")->why, FUNC_OK);
}

static int count_symbol(const struct symbol *s, void *ctx)
{
	++*(int *)ctx;
	return 0;
}

static void test_symbol_blocks(void)
{
	static const char text[] = "one\ntwo [m]\nthr";
	int count = 0;

	/* A line that is not whole stays for the next block. */
	CHECK_INT(symbols_parse(text, strlen(text), SYMBOLS_FTRACE, count_symbol, &count), 12);
	CHECK_INT(count, 2);
	count = 0;
	CHECK_INT(
		symbols_parse("\n \nzz\nffff\n12 T\n", 16, SYMBOLS_KALLSYMS, count_symbol, &count),
		16);
	CHECK_INT(count, 0);
}

static void test_waiting(void)
{
	static const char *const wait[] = {"inet_csk_accept", "tcp_recvmsg", "udp_recvmsg",
		"__skb_wait_for_more_packets", "sk_stream_wait_memory", "sock_alloc_send_pskb",
		"inet_stream_connect", "__inet_stream_connect", "tcp_sendmsg", "schedule",
		"do_epoll_wait", "inet_sendmsg", "udp_sendmsg", "____sys_sendmsg", "kernel_connect",
		"__sock_release", "ip_make_skb"};
	static const char *const go_on[] = {"tcp_v4_connect", "tcp_v4_rcv", "__dev_queue_xmit",
		"udp_send_skb", "tcp_connect", "napi_poll", "__napi_schedule", "sock_def_readable",
		"tcp_conn_request"};

	for (size_t i = 0; i < ARRAY_SIZE(wait); i++)
		CHECK(functions_may_wait(wait[i]));
	for (size_t i = 0; i < ARRAY_SIZE(go_on); i++)
		CHECK(!functions_may_wait(go_on[i]));
}

int main(void)
{
	UNIT_RUN(test_positions);
	UNIT_RUN(test_waiting);
	UNIT_RUN(test_registers);
	UNIT_RUN(test_returns);
	UNIT_RUN(test_modules);
	UNIT_RUN(test_marks);
	UNIT_RUN(test_globs);
	UNIT_RUN(test_missed);
	UNIT_RUN(test_context);
	UNIT_RUN(test_specs);
	UNIT_RUN(test_ftrace_list);
	UNIT_RUN(test_ftrace_addresses);
	UNIT_RUN(test_kallsyms);
	UNIT_RUN(test_symbol_blocks);
	return unit_status();
}
