/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter_diff.c - one filter, several judges.
 *
 * Every expression is compiled by libpcap and run by libpcap's interpreter; the same expression
 * goes through our translator and is run by the kernel and by our own machine. All verdicts on all
 * packets have to be the same. For sockets the judge is sock_reference.c, and whatever libpcap
 * selects as a packet must be selected as a socket.
 *
 *	filter_diff [GENERATED-EXPRESSIONS [PACKETS [SEED]]]
 */
#include <time.h>

#include <pcap/pcap.h>

#include "bpf/record.h"
#include "filters/filter.h"
#include "tests/diff/diff.h"
#include "tests/diff/sock_reference.h"
#include "tests/diff/unroll.h"

enum { SHOW = 10 }; /* disagreements of a check that are printed */

enum { BY_KERNEL, BY_USER, BY_TAG, BY_SOCK, BY_SOCK_SOUND, CHECKS };

struct check {
	const char *name;
	long pairs, disagreements, matches;
};

struct suite {
	struct check checks[CHECKS];
	struct filter_kernel *kernel; /* NULL: refused */
	struct packet *packets;
	uint32_t n_packets;
	long expressions, refused, broken;
	uint32_t verified_most;
	const char *expr;
};

/* Counts a pair; a disagreement is printed with everything needed to repeat it. */
static void judge(struct suite *s, int check, int ours, int theirs, const void *data,
	uint32_t caplen, uint32_t len)
{
	struct check *c = &s->checks[check];

	c->pairs++;
	c->matches += theirs > 0;
	if (ours == theirs || c->disagreements++ >= SHOW)
		return;
	printf("# %s: '%s': we say %d, the judge says %d\n#   len %u, %u bytes: ", c->name, s->expr,
		ours, theirs, len, caplen);
	for (uint32_t i = 0; i < caplen; i++)
		printf("%02x", ((const uint8_t *)data)[i]);
	printf("\n");
}

static void broken(struct suite *s, const char *what, const char *why)
{
	s->broken++;
	printf("# '%s': %s: %s\n", s->expr, what, why);
}

/* ---- packets --------------------------------------------------------------------------------- */

static bool load(struct suite *s, const struct filter *f, enum filter_form form)
{
	struct errbuf err = {};

	if (!s->kernel)
		return false;
	if (filter_kernel_load(s->kernel, f, form, &err)) {
		broken(s, "not loaded", err.text);
		return false;
	}
	if (filter_kernel_verified(s->kernel) > s->verified_most)
		s->verified_most = filter_kernel_verified(s->kernel);
	return true;
}

static void compare_form(struct suite *s, const struct filter *f, enum filter_form form,
	const struct bpf_program *ref)
{
	bool kernel = load(s, f, form);

	for (uint32_t i = 0; i < s->n_packets; i++) {
		const struct packet *p = &s->packets[i];
		uint32_t skip = form == FILTER_L3 ? p->l3 : 0;
		struct filter_packet view = {.data = p->data + skip};
		int theirs;

		if (skip > p->caplen)
			continue;
		view.caplen = p->caplen - skip;
		view.len = p->len - skip;
		theirs = ref ? bpf_filter(ref->bf_insns, view.data, view.len, view.caplen) != 0 : 0;
		judge(s, BY_USER, filter_match(f, form, &view), theirs, view.data, view.caplen,
			view.len);
		if (kernel)
			judge(s, BY_KERNEL, filter_kernel_match(s->kernel, &view), theirs,
				view.data, view.caplen, view.len);
	}
}

/* A tagged frame as the kernel holds it after the device took the tag away. */
static bool untag(const struct packet *p, uint8_t *data, struct filter_packet *view)
{
	if (p->caplen < 16 || p->len < 16)
		return false;
	if (p->data[12] != 0x81 && p->data[12] != 0x88 && p->data[12] != 0x91)
		return false;
	memcpy(data, p->data, 12);
	memcpy(data + 12, p->data + 16, p->caplen - 16);
	*view = (struct filter_packet){.data = data, .caplen = p->caplen - 4, .len = p->len - 4};
	view->vlan =
		(uint32_t)p->data[12] << 24 | p->data[13] << 16 | p->data[14] << 8 | p->data[15];
	return true;
}

static void compare_tags(struct suite *s, const struct filter *f, const struct bpf_program *ref)
{
	bool kernel = load(s, f, FILTER_L2);

	for (uint32_t i = 0; i < s->n_packets; i++) {
		const struct packet *p = &s->packets[i];
		struct filter_packet view;
		uint8_t data[PACKET_MAX];
		int theirs;

		if (!untag(p, data, &view))
			continue;
		theirs = bpf_filter(ref->bf_insns, p->data, p->len, p->caplen) != 0;
		judge(s, BY_TAG, filter_match(f, FILTER_L2, &view), theirs, p->data, p->caplen,
			p->len);
		if (kernel)
			judge(s, BY_TAG, filter_kernel_match(s->kernel, &view), theirs, p->data,
				p->caplen, p->len);
	}
}

/* ---- sockets --------------------------------------------------------------------------------- */

/* The tuple of a packet a socket may have sent: no options, fragments, extension headers. */
static bool tuple_of(const struct packet *p, struct rec_tuple *t)
{
	const uint8_t *ip = p->data + p->l3;
	uint32_t size, n = p->caplen > p->l3 ? p->caplen - p->l3 : 0;
	bool v6 = n && ip[0] >> 4 == 6;

	memset(t, 0, sizeof(*t));
	if (n < 44 || p->caplen != p->len)
		return false;
	if (!v6 && (ip[0] != 0x45 || ip[6] & 0x1f || ip[7]))
		return false;
	size = v6 ? 16 : 4;
	t->family = v6 ? 6 : 4;
	t->l4_proto = v6 ? ip[6] : ip[9];
	memcpy(t->saddr, v6 ? ip + 8 : ip + 12, size);
	memcpy(t->daddr, (v6 ? ip + 8 : ip + 12) + size, size);
	if (t->l4_proto == 6 || t->l4_proto == 17 || t->l4_proto == 132) {
		memcpy(&t->sport, ip + (v6 ? 40 : 20), 2);
		memcpy(&t->dport, ip + (v6 ? 42 : 22), 2);
	}
	/* What follows would be seen as extension headers, which sockets are said not to have. */
	return t->l4_proto && t->l4_proto != 43 && t->l4_proto != 44 && t->l4_proto != 51 &&
	       t->l4_proto != 60;
}

static void compare_socket(struct suite *s, const struct filter *f, const struct bpf_program *raw,
	bool kernel, const struct packet *p, const struct rec_tuple *t)
{
	const uint8_t *l3 = p->data + p->l3;
	uint32_t size = p->caplen - p->l3, len = p->len - p->l3;
	size_t n;
	const struct cbpf_insn *cbpf = filter_cbpf(f, FILTER_SOCK, &n);
	int ours = filter_match_sock(f, t);
	int theirs = raw ? sock_reference(cbpf, t) : 0;

	if (theirs >= 0 && filter_sock_exact(f))
		judge(s, BY_SOCK, ours, theirs, l3, size, len);
	if (kernel)
		judge(s, BY_SOCK, filter_kernel_match_sock(s->kernel, t), ours, l3, size, len);
	if (raw && bpf_filter(raw->bf_insns, l3, len, size))
		judge(s, BY_SOCK_SOUND, ours, 1, l3, size, len);
}

static void compare_sockets(struct suite *s, const struct filter *f, const struct bpf_program *raw)
{
	bool kernel = load(s, f, FILTER_SOCK);

	for (uint32_t i = 0; i < s->n_packets; i++) {
		struct rec_tuple t;

		if (!tuple_of(&s->packets[i], &t))
			continue;
		compare_socket(s, f, raw, kernel, &s->packets[i], &t);
		t.sport = 0; /* a socket that sets out has not chosen it yet */
		compare_socket(s, f, raw, kernel, &s->packets[i], &t);
	}
}

/* ---- expressions ----------------------------------------------------------------------------- */

/* The judge's program: libpcap's own, with loops made finite. PROG->bf_insns is malloc'ed. */
static bool compile(int dlt, const char *expr, struct bpf_program *prog)
{
	pcap_t *dead = pcap_open_dead(dlt, 262144);
	bool ok = dead && !pcap_compile(dead, prog, expr, 1, PCAP_NETMASK_UNKNOWN);

	if (dead)
		pcap_close(dead);
	if (ok) {
		struct bpf_program theirs = *prog;
		size_t n;

		prog->bf_insns =
			(struct bpf_insn *)unroll((const struct cbpf_insn *)theirs.bf_insns,
				theirs.bf_len, FILTER_MAX_LOOPS, &n);
		prog->bf_len = n;
		pcap_freecode(&theirs);
	}
	return ok;
}

/* Shifts of 32 and more are left undefined by libpcap's interpreter: then there is no judge. */
static bool undefined_shift(const struct bpf_program *prog)
{
	for (u_int i = 0; i < prog->bf_len; i++) {
		u_short code = prog->bf_insns[i].code;

		if ((code == 0x64 || code == 0x74) && prog->bf_insns[i].k > 31)
			return true;
	}
	return false;
}

static void compare_expr(struct suite *s, const char *expr, bool must_compile)
{
	_cleanup_(filter_freep) struct filter *f = NULL;
	struct bpf_program ether, raw;
	struct errbuf err = {};
	bool has_raw;

	s->expr = expr;
	if (!compile(DLT_EN10MB, expr, &ether)) {
		s->refused++;
		if (must_compile)
			broken(s, "libpcap", "refuses it");
		if (!filter_new(expr, &f, &err))
			broken(s, "refused by libpcap", "but not by us");
		return;
	}
	has_raw = compile(DLT_RAW, expr, &raw);
	if (filter_new(expr, &f, &err)) {
		if (!undefined_shift(&ether) && (!has_raw || !undefined_shift(&raw)))
			broken(s, "we refuse it", err.text);
		s->refused++;
	} else {
		s->expressions++;
		compare_form(s, f, FILTER_L2, &ether);
		compare_form(s, f, FILTER_L3, has_raw ? &raw : NULL);
		compare_sockets(s, f, has_raw ? &raw : NULL);
		if (strstr(expr, "vlan"))
			compare_tags(s, f, &ether);
	}
	free(ether.bf_insns);
	if (has_raw)
		free(raw.bf_insns);
}

static void compare_all(struct suite *s, uint32_t generated, uint64_t seed)
{
	struct rng r = {.state = seed};
	char buf[EXPR_MAX];

	for (const char *const *e = expr_list; *e; e++)
		compare_expr(s, *e, true);
	while (generated--) {
		expr_generate(buf, &r);
		compare_expr(s, buf, false);
	}
}

/* ---- result ---------------------------------------------------------------------------------- */

static int print_result(const struct suite *s, double seconds)
{
	long pairs = 0, disagreements = 0;

	for (int i = 0; i < CHECKS; i++) {
		const struct check *c = &s->checks[i];

		pairs += c->pairs;
		disagreements += c->disagreements;
		if (!c->pairs)
			printf("ok filter_diff_%s # SKIP nothing compared\n", c->name);
		else if (c->disagreements)
			printf("not ok filter_diff_%s: %ld of %ld pairs differ\n", c->name,
				c->disagreements, c->pairs);
		else
			printf("ok filter_diff_%s # %ld pairs, %ld match\n", c->name, c->pairs,
				c->matches);
	}
	if (s->broken)
		printf("not ok filter_diff_expressions: %ld could not be compared\n", s->broken);
	else
		printf("ok filter_diff_expressions # %ld compared, %ld refused by libpcap too, at "
		       "most "
		       "%u instructions verified\n",
			s->expressions, s->refused, s->verified_most);
	printf("# %ld pairs compared, %ld disagreements, %.1f s\n", pairs, disagreements, seconds);
	return disagreements || s->broken;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	uint32_t generated = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000;
	uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 20261121;
	struct suite s = {.n_packets = argc > 2 ? strtoul(argv[2], NULL, 0) : 160};
	_cleanup_(filter_kernel_freep) struct filter_kernel *kernel = NULL;
	struct errbuf err = {};
	double start = now();
	int res;

	s.checks[BY_KERNEL].name = "kernel";
	s.checks[BY_USER].name = "user";
	s.checks[BY_TAG].name = "vlan_tag_outside";
	s.checks[BY_SOCK].name = "socket";
	s.checks[BY_SOCK_SOUND].name = "socket_hides_nothing";
	if (filter_kernel_new(&kernel, &err))
		printf("# the kernel as a judge is skipped: %s\n", err.text);
	s.kernel = kernel;
	s.packets = calloc(s.n_packets, sizeof(*s.packets));
	if (!s.packets)
		return 1;
	for (uint32_t i = 0; i < s.n_packets; i++)
		packet_make(&s.packets[i], i, seed);
	compare_all(&s, generated, seed);
	res = print_result(&s, now() - start);
	free(s.packets);
	return res;
}
