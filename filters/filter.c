/* SPDX-License-Identifier: GPL-2.0-only */
/* filter.c - an expression in all its forms. */
#include <ctype.h>

#include <pcap/dlt.h>

#include "bpf/record.h"
#include "filters/ebpf.h"
#include "filters/emit.h"
#include "filters/filter.h"

_Static_assert((int)FILTER_MAX_LOOPS == (int)EBPF_MAX_LOOPS, "one bound");

struct form {
	struct cbpf_insn *cbpf;
	size_t n_cbpf;
	struct ebpf ebpf;
	bool has;
};

struct filter {
	bool empty;
	bool tagged;
	bool sock_exact;
	struct form forms[FILTER_FORMS];
	struct errbuf l3_reason;
};

static bool is_blank(const char *text)
{
	while (text && isspace((unsigned char)*text))
		text++;
	return !text || !*text;
}

/* Whether the expression speaks of VLANs: the word can only be the keyword. */
static bool says_vlan(const char *text)
{
	for (const char *p = text; (p = strstr(p, "vlan")); p += 4) {
		bool begins = p == text || !(isalnum((unsigned char)p[-1]) || strchr("-_.", p[-1]));

		if (begins && !isalnum((unsigned char)p[4]) && !strchr("-_.", p[4] ? p[4] : ' '))
			return true;
	}
	return false;
}

/* The kernel's ancillary loads hide at the top of the offsets; libpcap emits them for these. */
static int refuse_ancillary(const struct form *form, struct errbuf *err)
{
	for (size_t i = 0; i < form->n_cbpf; i++) {
		const struct cbpf_insn *in = &form->cbpf[i];
		uint64_t end;

		if (cbpf_fixed_load(in, &end) && in->k - CBPF_ANCILLARY < CBPF_ANCILLARY_MAX)
			return err_set(err, -EINVAL,
				"inbound, outbound and ifindex are not supported "
				"(cBPF instruction %zu); use -i for an interface",
				i);
	}
	return 0;
}

/*
 * Code that matches nothing, for forms without a meaning: a placeholder has to become something,
 * and something that takes the arguments it has.
 */
static int make_nothing(struct form *l3, struct form *sock, struct errbuf *err)
{
	static const struct cbpf_insn reject = {.code = 0x06};
	bool exact;
	int res = ebpf_translate(&reject, 1, EBPF_IP, &l3->ebpf, err);

	return res ? res : ebpf_translate_sock(&reject, 1, &sock->ebpf, &exact, err);
}

static int make_l2(struct filter *f, const char *text, int dlt, struct errbuf *err)
{
	struct form *form = &f->forms[FILTER_L2];
	enum ebpf_frame frame = dlt != DLT_EN10MB ? EBPF_IP
				: says_vlan(text) ? EBPF_TAGGED
						  : EBPF_ETHER;
	int res;

	res = cbpf_compile(text, dlt, &form->cbpf, &form->n_cbpf, err);
	if (!res)
		res = cbpf_validate(form->cbpf, form->n_cbpf, err);
	if (!res)
		res = refuse_ancillary(form, err);
	form->has = true;
	f->tagged = frame == EBPF_TAGGED;
	return res ? res : ebpf_translate(form->cbpf, form->n_cbpf, frame, &form->ebpf, err);
}

static int make_l3(struct filter *f, const char *text, struct errbuf *err)
{
	struct form *form = &f->forms[FILTER_L3], *sock = &f->forms[FILTER_SOCK];
	int res;

	f->sock_exact = true;
	res = cbpf_compile(text, DLT_RAW, &form->cbpf, &form->n_cbpf, &f->l3_reason);
	if (res == -EINVAL)
		return make_nothing(form, sock, err);
	form->has = sock->has = true;
	if (!res)
		res = cbpf_validate(form->cbpf, form->n_cbpf, err);
	if (!res)
		res = ebpf_translate(form->cbpf, form->n_cbpf, EBPF_IP, &form->ebpf, err);
	if (!res)
		res = ebpf_translate_sock(
			form->cbpf, form->n_cbpf, &sock->ebpf, &f->sock_exact, err);
	return res;
}

int filter_new_linktype(const char *text, int dlt, struct filter **ret, struct errbuf *err)
{
	_cleanup_(filter_freep) struct filter *f = calloc(1, sizeof(*f));
	int res;

	if (!f)
		return err_set(err, -ENOMEM, "out of memory");
	f->empty = is_blank(text);
	if (!f->empty) {
		res = make_l2(f, text, dlt, err);
		if (!res)
			res = make_l3(f, text, err);
		if (res)
			return res;
	}
	*ret = TAKE_PTR(f);
	return 0;
}

int filter_new(const char *text, struct filter **ret, struct errbuf *err)
{
	return filter_new_linktype(text, DLT_EN10MB, ret, err);
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	for (int i = 0; i < FILTER_FORMS; i++) {
		free(f->forms[i].cbpf);
		ebpf_done(&f->forms[i].ebpf);
	}
	free(f);
}

void filter_freep(struct filter **f)
{
	filter_free(*f);
}

bool filter_is_empty(const struct filter *f)
{
	return f->empty;
}

bool filter_needs_tag(const struct filter *f)
{
	return f->tagged;
}

bool filter_needs_length(const struct filter *f)
{
	for (int i = 0; i < FILTER_FORMS; i++)
		for (size_t n = 0; n < f->forms[i].n_cbpf; n++)
			if (cbpf_length_load(&f->forms[i].cbpf[n]))
				return true;
	return false;
}

bool filter_has(const struct filter *f, enum filter_form form)
{
	return f->empty || f->forms[form].has;
}

bool filter_sock_exact(const struct filter *f)
{
	return f->empty || f->sock_exact;
}

const char *filter_l3_reason(const struct filter *f)
{
	return f->l3_reason.text;
}

const struct cbpf_insn *filter_cbpf(const struct filter *f, enum filter_form form, size_t *ret_n)
{
	const struct form *from = &f->forms[form == FILTER_SOCK ? FILTER_L3 : form];

	*ret_n = from->n_cbpf;
	return from->cbpf;
}

const struct ebpf_insn *filter_ebpf(const struct filter *f, enum filter_form form, size_t *ret_n)
{
	*ret_n = f->forms[form].ebpf.n;
	return f->forms[form].ebpf.insns;
}

int filter_match(const struct filter *f, enum filter_form form, const struct filter_packet *packet)
{
	struct ebpf_memory mem = {.data = packet->data, .size = packet->caplen};
	uint64_t args[3] = {packet->caplen, packet->len, packet->vlan};

	if (f->empty)
		return 1;
	return ebpf_run(f->forms[form].ebpf.insns, f->forms[form].ebpf.n, &mem, args);
}

int filter_match_sock(const struct filter *f, const struct rec_tuple *tuple)
{
	struct ebpf_memory mem = {.data = tuple, .size = sizeof(*tuple), .direct = true};
	uint64_t args[3] = {};

	if (f->empty)
		return 1;
	return ebpf_run(f->forms[FILTER_SOCK].ebpf.insns, f->forms[FILTER_SOCK].ebpf.n, &mem, args);
}

/* ---- listing --------------------------------------------------------------------------------- */

/* The next eBPF line: the cBPF instruction it came from stands beside its first one. */
static void print_line(const struct form *form, size_t i, FILE *out)
{
	uint16_t origin = form->ebpf.origins[i];
	bool first = i == 0 || form->ebpf.origins[i - 1] != origin;
	char left[80] = "", image[80], right[80];

	if (form->cbpf && origin != EMIT_NONE && first) {
		cbpf_image(form->cbpf, origin, image, sizeof(image));
		snprintf(left, sizeof(left), "(%03u) %.60s", origin, image);
	}
	ebpf_image(form->ebpf.insns, i, right, sizeof(right));
	fprintf(out, "%-44s %4zu: %s\n", left, i, right);
}

void filter_print(const struct filter *f, enum filter_form form, FILE *out)
{
	for (size_t i = 0; i < f->forms[form].ebpf.n; i++)
		print_line(&f->forms[form], i, out);
}
