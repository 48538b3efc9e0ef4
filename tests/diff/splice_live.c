/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * splice_live.c - filters spliced into programs that see real packets.
 *
 * UDP datagrams go over the loopback device to a port of our own; the spliced programs must count
 * exactly those that the expression selects, on the way down and on the way up. Needs root.
 */
#include <arpa/inet.h>
#include <sys/socket.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/record.h"
#include "bpf/core_types.h"
#include "bpf/kernel.h"
#include "bpf/kfunc.h"
#include "filters/filter.h"
#include "tests/diff/splice.skel.h"

enum { DATAGRAMS = 10 };

struct counts {
	uint64_t sent, received;
};

/* What a case expects, in datagrams: `%u` in the expression is the port they go to. */
struct sample {
	const char *name, *expr;
	int sent, received;
};

/* Both families send DATAGRAMS each; loopback has Ethernet headers with zero addresses. */
static const struct sample samples[] = {
	{"port", "udp dst port %u", 2 * DATAGRAMS, 2 * DATAGRAMS},
	{"ipv4", "ip and udp dst port %u", DATAGRAMS, DATAGRAMS},
	{"ipv6", "ip6 and udp dst port %u", DATAGRAMS, DATAGRAMS},
	{"host", "host 127.0.0.1 and port %u", DATAGRAMS, DATAGRAMS},
	{"link_layer", "ether host 00:00:00:00:00:00 and ip and dst port %u", DATAGRAMS, DATAGRAMS},
	{"payload", "udp[8:4] = 0x70617468 and port %u", DATAGRAMS, DATAGRAMS},
	{"length", "len = 60 and udp dst port %u", DATAGRAMS, DATAGRAMS},
	{"nothing", "tcp dst port %u", 0, 0},
	{"vlan", "vlan and udp dst port %u", 0, 0},
};

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, fmt, ap) : 0;
}

/* A receiver, so that nobody answers with ICMP. Returns its socket. */
static int receiver(int family, uint16_t *port)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *addr = family == AF_INET ? (void *)&v4 : (void *)&v6;
	socklen_t size = family == AF_INET ? sizeof(v4) : sizeof(v6);
	int fd = socket(family, SOCK_DGRAM, 0);

	v4.sin_port = v6.sin6_port = htons(*port);
	if (fd < 0 || bind(fd, addr, size) || getsockname(fd, addr, &size)) {
		closep(&fd);
		return -1;
	}
	*port = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
	return fd;
}

/* 46 bytes of IPv4 packet, 60 with the Ethernet header: 18 bytes of payload. */
static bool send_all(int family, int to)
{
	struct sockaddr_storage addr;
	socklen_t size = sizeof(addr);
	_cleanup_(closep) int fd = socket(family, SOCK_DGRAM, 0);
	char got[64];

	if (fd < 0 || getsockname(to, (void *)&addr, &size))
		return false;
	for (int i = 0; i < DATAGRAMS; i++) {
		if (sendto(fd, "pathlag says hello", 18, 0, (void *)&addr, size) != 18 ||
			recv(to, got, sizeof(got), 0) != 18)
			return false;
	}
	return true;
}

static struct kernel *kernel;
static bool read_direct; /* the programs' way of reading memory: with bpf_rdonly_cast() */

static struct splice_bpf *load(const struct filter *f, struct filter_splice *s)
{
	size_t size;
	const void *elf = splice_bpf__elf_bytes(&size);
	_cleanup_(core_types_done) struct core_types types = CORE_TYPES_NONE;
	LIBBPF_OPTS(bpf_object_open_opts, opts,
		.btf_custom_path = core_types_open(&types, kernel_btf(kernel), elf, size));
	struct splice_bpf *skel = calloc(1, sizeof(*skel));

	if (!skel || !opts.btf_custom_path || splice_bpf__create_skeleton(skel) ||
		kfunc_open(skel->skeleton, kernel, &opts)) {
		splice_bpf__destroy(skel);
		return NULL;
	}
	skel->rodata->filter_on = !filter_is_empty(f);
	skel->rodata->read_direct = read_direct;
	if (splice_bpf__load(skel)) {
		splice_bpf__destroy(skel);
		return NULL;
	}
	return skel;
}

static bool watch(const struct sample *c, struct splice_bpf *skel, int v4, int v6, struct counts *n)
{
	struct bpf_link *xmit = bpf_program__attach(skel->progs.on_xmit);
	struct bpf_link *receive = bpf_program__attach(skel->progs.on_receive);
	bool ok = xmit && receive && send_all(AF_INET, v4) && send_all(AF_INET6, v6);

	n->sent = skel->bss->sent;
	n->received = skel->bss->received;
	bpf_link__destroy(xmit);
	bpf_link__destroy(receive);
	return ok;
}

static int run_case(const struct sample *c, int v4, int v6, uint16_t port)
{
	_cleanup_(filter_freep) struct filter *f = NULL;
	_cleanup_(filter_splice_freep) struct filter_splice *s = NULL;
	struct splice_bpf *skel;
	struct counts n = {};
	struct errbuf err = {};
	char expr[256];
	bool ok;

	snprintf(expr, sizeof(expr), c->expr, port, port);
	if (filter_new(expr, &f, &err) || filter_splice_new(f, &s, &err) ||
		filter_splice_register(s, &err)) {
		printf("not ok splice_%s: %s\n", c->name, err.text);
		return 1;
	}
	skel = load(f, s);
	if (!skel) {
		printf("not ok splice_%s: not loaded: %s\n", c->name, filter_splice_error(s));
		return 1;
	}
	ok = watch(c, skel, v4, v6, &n);
	splice_bpf__destroy(skel);
	if (!ok || (int)n.sent != c->sent || (int)n.received != c->received) {
		printf("not ok splice_%s: '%s' counted %d sent and %d received, not %d and %d\n",
			c->name, expr, (int)n.sent, (int)n.received, c->sent, c->received);
		return 1;
	}
	printf("ok splice_%s%s # %d bodies replaced\n", c->name, read_direct ? "_direct" : "",
		(int)filter_splice_count(s));
	return 0;
}

/* ---- tuples, and what an empty expression costs ---------------------------------------------- */

static int ask_tuple(struct splice_bpf *skel, const struct rec_tuple *t)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = t, .ctx_size_in = sizeof(*t));

	skel->bss->tuples = 0;
	if (bpf_prog_test_run_opts(bpf_program__fd(skel->progs.on_tuple), &opts))
		return -errno;
	return skel->bss->tuples;
}

static int run_tuple(void)
{
	struct rec_tuple t = {.saddr = {10, 0, 0, 1},
		.daddr = {10, 0, 0, 2},
		.sport = htons(40000),
		.dport = htons(443),
		.family = 4,
		.l4_proto = IPPROTO_TCP};
	_cleanup_(filter_freep) struct filter *f = NULL;
	_cleanup_(filter_splice_freep) struct filter_splice *s = NULL;
	struct errbuf err = {};
	struct splice_bpf *skel;
	int yes, no;

	if (filter_new("tcp port 443 and src host 10.0.0.2 and tcp[13] = 2", &f, &err) ||
		filter_splice_new(f, &s, &err) || filter_splice_register(s, &err)) {
		printf("not ok splice_tuple: %s\n", err.text);
		return 1;
	}
	skel = load(f, s);
	yes = skel ? ask_tuple(skel, &t) : -1;
	t.dport = htons(444);
	no = skel ? ask_tuple(skel, &t) : -1;
	splice_bpf__destroy(skel);
	if (yes != 1 || no != 0) {
		printf("not ok splice_tuple: %d for the right port, %d for another\n", yes, no);
		return 1;
	}
	printf("ok splice_tuple\n");
	return 0;
}

/* The verifier must have thrown the placeholders away: no subprogram and no helper call is left. */
static int run_empty(void)
{
	_cleanup_(filter_freep) struct filter *f = NULL;
	_cleanup_(filter_splice_freep) struct filter_splice *s = NULL;
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	struct errbuf err = {};
	struct splice_bpf *skel;

	if (filter_new("", &f, &err) || filter_splice_new(f, &s, &err) ||
		filter_splice_register(s, &err))
		return 1;
	skel = load(f, s);
	if (!skel || bpf_obj_get_info_by_fd(bpf_program__fd(skel->progs.on_xmit), &info, &size)) {
		printf("not ok splice_empty: not loaded\n");
		return 1;
	}
	splice_bpf__destroy(skel);
	/* Reading the context, the counter, and the return. */
	if (info.nr_jited_func_lens > 2 || info.xlated_prog_len > 16 * 8) {
		printf("not ok splice_empty: %u functions, %u instructions are left\n",
			info.nr_jited_func_lens, info.xlated_prog_len / 8);
		return 1;
	}
	printf("ok splice_empty # %u instructions\n", info.xlated_prog_len / 8);
	return 0;
}

int main(void)
{
	uint16_t port = 0;
	_cleanup_(closep) int v4 = receiver(AF_INET, &port);
	_cleanup_(closep) int v6 = receiver(AF_INET6, &port);
	int failed = 0;

	libbpf_set_print(quiet);
	if (geteuid()) {
		printf("skip splice_live: needs root\n");
		return 0;
	}
	if (v4 < 0 || v6 < 0) {
		printf("skip splice_live: no loopback address to send to\n");
		return 0;
	}
	if (kernel_open(&kernel, NULL)) {
		printf("not ok splice_live: this kernel does not describe its types\n");
		return 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		failed += run_case(&samples[i], v4, v6, port);
	read_direct = kernel_kfunc(kernel, "bpf_rdonly_cast") > 0;
	for (size_t i = 0; read_direct && i < ARRAY_SIZE(samples); i++)
		failed += run_case(&samples[i], v4, v6, port);
	failed += run_tuple();
	failed += run_empty();
	kernel_free(kernel);
	return failed != 0;
}
