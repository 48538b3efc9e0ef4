/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter.h - a pcap expression, compiled into BPF and judged exactly as libpcap would.
 *
 *	_cleanup_(filter_freep) struct filter *f = NULL;
 *	res = filter_new("tcp port 443", &f, &err);
 *
 * A filter holds the expression in three forms: for packets that begin with a link-layer header
 * (L2), for packets that begin with an IP header (L3), and for sockets (SOCK), of which only the
 * tuple is known. It never changes after filter_new, so threads may share it.
 *
 * What counts as the packet. Loads reach the linear part of an skb; a load beyond it rejects, as a
 * load beyond a truncated packet does under libpcap. `len`, `greater` and `less` see the full
 * length. A VLAN tag the kernel keeps outside the data is put back where it was on the wire if the
 * expression says `vlan`, and ignored otherwise, as tcpdump does on a live interface.
 * `ip6 protochain` and its kin follow at most 32 extension headers. `inbound`, `outbound` and
 * `ifindex` are refused: what they would test differs from one traced function to the next.
 *
 * An expression that libpcap cannot compile for raw IP (`arp`, `ether host`, `vlan`) selects no L3
 * packet and no socket. What a socket cannot answer (flags, payload, length) is taken to match;
 * sock.h has the details.
 *
 * Errors: -EINVAL for the user's mistakes, with libpcap's own words in the error buffer.
 */
#ifndef PATHLAG_FILTER_H
#define PATHLAG_FILTER_H

#include "filters/abi.h"
#include "filters/cbpf.h"

/* Rounds a `protochain` loop may take; libpcap itself has no bound. */
enum { FILTER_MAX_LOOPS = 32 };

enum filter_form { FILTER_L2, FILTER_L3, FILTER_SOCK, FILTER_FORMS };

/* An eBPF instruction (insn.h), laid out as in <linux/bpf.h>, which users of libpcap cannot
 * include. */
struct ebpf_insn;
struct rec_tuple; /* bpf/record.h */
struct filter;

/* Compiles TEXT; NULL or only blanks: an empty filter, which matches everything. */
int filter_new(const char *text, struct filter **ret, struct errbuf *err);

/* The same, with the L2 form for captures of another link type (DLT_*) than Ethernet. */
int filter_new_linktype(const char *text, int dlt, struct filter **ret, struct errbuf *err);

void filter_free(struct filter *f);
void filter_freep(struct filter **f);

/* No expression: there is no code, and placeholders are to be switched off. */
bool filter_is_empty(const struct filter *f);

/* Does the answer depend on the VLAN tag that the kernel keeps outside the data; on the length of
 * the packet beyond the bytes that can be read? */
bool filter_needs_tag(const struct filter *f);
bool filter_needs_length(const struct filter *f);

/* False if the expression has no meaning in this form, so that nothing can match. */
bool filter_has(const struct filter *f, enum filter_form form);

/* False if the expression was too involved for the socket form, which then selects sockets that it
 * could have told apart (thousands of undecidable terms; long chains of arithmetic on addresses).
 */
bool filter_sock_exact(const struct filter *f);

/* libpcap's reason why there is no L3 form, or "". */
const char *filter_l3_reason(const struct filter *f);

/* The code of a form; owned by the filter. SOCK has the cBPF of L3. *RET_N is 0 if there is none.
 */
const struct cbpf_insn *filter_cbpf(const struct filter *f, enum filter_form form, size_t *ret_n);
const struct ebpf_insn *filter_ebpf(const struct filter *f, enum filter_form form, size_t *ret_n);

/* Prints both programs of a form side by side. */
void filter_print(const struct filter *f, enum filter_form form, FILE *out);

/* ---- running it ------------------------------------------------------------------------------ */

struct filter_packet {
	const void *data; /* from the first header of the form on */
	uint32_t caplen;  /* bytes at DATA */
	uint32_t len;     /* bytes the packet had on the wire */
	uint32_t vlan;    /* L2: tag not in DATA, TPID << 16 | TCI, 0: none */
};

/* The eBPF run without a kernel: 1 match, 0 no match, -errno (a mistake in the translation). */
int filter_match(const struct filter *f, enum filter_form form, const struct filter_packet *packet);
int filter_match_sock(const struct filter *f, const struct rec_tuple *tuple);

/*
 * The same instructions run by this kernel, in a raw tracepoint program that is never attached
 * (BPF_PROG_TEST_RUN). Needs CAP_BPF and CAP_PERFMON. filter_kernel_load may be called again and
 * again; the verifier's words for a refusal are in ERR. Not for several threads at a time.
 */
struct filter_kernel;

enum { FILTER_KERNEL_CAPLEN = 262144 };

int filter_kernel_new(struct filter_kernel **ret, struct errbuf *err);
void filter_kernel_free(struct filter_kernel *k);
void filter_kernel_freep(struct filter_kernel **k);
int filter_kernel_load(
	struct filter_kernel *k, const struct filter *f, enum filter_form form, struct errbuf *err);
int filter_kernel_match(struct filter_kernel *k, const struct filter_packet *packet);
int filter_kernel_match_sock(struct filter_kernel *k, const struct rec_tuple *tuple);

/* Instructions the verifier looked at for the last load, 0 where the kernel does not tell. */
uint32_t filter_kernel_verified(const struct filter_kernel *k);

/* ---- splicing it into BPF programs ----------------------------------------------------------- */

struct bpf_program;
struct bpf_prog_load_opts;
struct filter_splice;

/*
 * Replaces the bodies of the placeholders (bpf/filter.bpf.h) in programs that libbpf loads:
 *
 *	filter_splice_new(f, &s, err)
 *	filter_splice_register(s, err)		before the object is opened
 *	skel = ..._bpf__open()
 *	skel->rodata->filter_on = !filter_is_empty(f)
 *	..._bpf__load(), attach			on failure filter_splice_error(s) may say why
 *	filter_splice_free(s)			after the last attach
 *
 * F must outlive S. An empty filter changes nothing: with filter_on false the verifier removes the
 * calls and the placeholders. One registered splice at a time, from one thread.
 */
int filter_splice_new(const struct filter *f, struct filter_splice **ret, struct errbuf *err);
void filter_splice_free(struct filter_splice *s);
void filter_splice_freep(struct filter_splice **s);

/* Takes over the sections "raw_tp/..." of objects opened from now on, attach included, and
 * "tp/...", "kprobe", "fentry/..." and "fexit/...", which the caller attaches (and gives their
 * targets) himself. */
int filter_splice_register(struct filter_splice *s, struct errbuf *err);

/*
 * The step itself, for a prog_prepare_load_fn of one's own (sections of other types). Programs
 * without placeholders pass unchanged.
 */
int filter_splice_program(
	struct filter_splice *s, struct bpf_program *prog, struct bpf_prog_load_opts *opts);

/* How many bodies have been replaced so far, and what went wrong, or "". */
size_t filter_splice_count(const struct filter_splice *s);
const char *filter_splice_error(const struct filter_splice *s);

#endif
