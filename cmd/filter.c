/* SPDX-License-Identifier: GPL-2.0-only */
/* filter.c - `pathlag filter`. */
#include <getopt.h>

#include <pcap/pcap.h>

#include "cmd/filter.h"
#include "cmd/filter_packet.h"
#include "cmd/log.h"
#include "filters/filter.h"

enum engine { ENGINE_AUTO, ENGINE_KERNEL, ENGINE_USER };

struct filter_opts {
	bool dump, numbers, raw, help;
	enum engine engine;
	const char *file;
	char *expr; /* all operands, joined by blanks */
};

static const char usage[] =
	"usage: pathlag filter [-d] [-r FILE] [--engine kernel|user] [--numbers] [--raw] "
	"EXPRESSION\n"
	"\n"
	"Compiles a pcap expression as tracing would, and says what it comes to.\n"
	"\n"
	"  -d                    the program for each kind of event, cBPF and eBPF side by side\n"
	"  -r FILE               which packets of a pcap or pcapng file match\n"
	"  --engine kernel|user  who runs the program; default: the kernel where it may be asked\n"
	"  --numbers             only the number of each matching packet, counted from 1\n"
	"  --raw                 judge IP packets from their network header on, as without "
	"Ethernet\n"
	"  -h, --help            this text\n";

/* ---- command line ---------------------------------------------------------------------------- */

static char *join(char **words, int n)
{
	size_t size = 1;
	char *text;

	for (int i = 0; i < n; i++)
		size += strlen(words[i]) + 1;
	text = calloc(1, size);
	for (int i = 0; text && i < n; i++) {
		strcat(text, words[i]);
		if (i + 1 < n)
			strcat(text, " ");
	}
	return text;
}

static int parse_engine(const char *word, enum engine *ret)
{
	if (!strcmp(word, "kernel"))
		*ret = ENGINE_KERNEL;
	else if (!strcmp(word, "user"))
		*ret = ENGINE_USER;
	else
		return -EINVAL;
	return 0;
}

static int parse(struct filter_opts *o, int argc, char **argv)
{
	enum { OPT_ENGINE = 256, OPT_NUMBERS, OPT_RAW };
	static const struct option options[] = {
		{"engine", required_argument, NULL, OPT_ENGINE},
		{"numbers", no_argument, NULL, OPT_NUMBERS},
		{"raw", no_argument, NULL, OPT_RAW},
		{"help", no_argument, NULL, 'h'},
		{},
	};
	int c;

	opterr = 0;
	optind = 0; /* glibc: begin anew, forget the caller's scan */
	while ((c = getopt_long(argc, argv, "+dr:h", options, NULL)) != -1) {
		switch (c) {
		case 'd':
			o->dump = true;
			break;
		case 'r':
			o->file = optarg;
			break;
		case 'h':
			o->help = true;
			break;
		case OPT_NUMBERS:
			o->numbers = true;
			break;
		case OPT_RAW:
			o->raw = true;
			break;
		case OPT_ENGINE:
			if (!parse_engine(optarg, &o->engine))
				break;
			log_error("--engine is kernel or user, not '%s'", optarg);
			return -EINVAL;
		default:
			log_error("filter: '%s' is no option, or lacks its value (--help)",
				argv[optind - 1]);
			return -EINVAL;
		}
	}
	o->expr = join(argv + optind, argc - optind);
	return o->expr ? 0 : -ENOMEM;
}

/* ---- judging --------------------------------------------------------------------------------- */

struct judge {
	const struct filter *f;
	enum filter_form form;
	struct filter_kernel *kernel; /* NULL: the user engine */
};

static int judge_kernel(struct judge *j, struct errbuf *err)
{
	int res = filter_kernel_new(&j->kernel, err);

	return res ? res : filter_kernel_load(j->kernel, j->f, j->form, err);
}

static int judge_init(struct judge *j, enum engine engine, struct errbuf *err)
{
	int res = engine == ENGINE_USER ? 0 : judge_kernel(j, err);

	if (!res || engine == ENGINE_KERNEL)
		return res;
	log_note("decided without the kernel: %s", err->text);
	filter_kernel_free(j->kernel);
	j->kernel = NULL;
	return 0;
}

static int judge_packet(struct judge *j, const struct capture_packet *p, bool raw)
{
	struct filter_packet view = {.data = p->data, .caplen = p->caplen, .len = p->len};
	int skip = raw ? capture_network_offset(p) : 0;

	if (skip < 0)
		return 0;
	view.data = p->data + skip;
	view.caplen -= skip;
	view.len -= skip;
	return j->kernel ? filter_kernel_match(j->kernel, &view)
			 : filter_match(j->f, j->form, &view);
}

/* ---- -r -------------------------------------------------------------------------------------- */

struct tally {
	unsigned long packets, matches;
};

static int read_packets(pcap_t *pcap, struct judge *j, const struct filter_opts *o, struct tally *t)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	int res;

	while ((res = pcap_next_ex(pcap, &h, &data)) == 1) {
		struct capture_packet p = {.data = data,
			.caplen = h->caplen,
			.len = h->len,
			.dlt = pcap_datalink(pcap),
			.time = h->ts};
		int match = judge_packet(j, &p, o->raw);

		t->packets++;
		if (match < 0) {
			log_error("packet %lu: cannot be judged: %s", t->packets, strerror(-match));
			return EXIT_RUNTIME;
		}
		t->matches += match;
		if (match && o->numbers)
			printf("%lu\n", t->packets);
		else if (match)
			capture_print(&p, t->packets, stdout);
	}
	if (res == PCAP_ERROR_BREAK)
		return EXIT_OK;
	log_error("'%s', behind packet %lu: %s", o->file, t->packets, pcap_geterr(pcap));
	return EXIT_RUNTIME;
}

static int compile(const struct filter_opts *o, int dlt, struct filter **ret)
{
	struct errbuf err = {};
	int res = filter_new_linktype(o->expr, dlt, ret, &err);

	if (!res)
		return EXIT_OK;
	/* A very long expression would push the reason off the line. */
	log_error("%s, in '%.300s%s'", err.text, o->expr, strlen(o->expr) > 300 ? "..." : "");
	return res == -EINVAL ? EXIT_USAGE : EXIT_RUNTIME;
}

static int run_capture(pcap_t *pcap, const struct filter_opts *o)
{
	_cleanup_(filter_freep) struct filter *f = NULL;
	struct judge j = {.form = o->raw ? FILTER_L3 : FILTER_L2};
	int dlt = pcap_datalink(pcap), res;
	struct errbuf err = {};
	struct tally t = {};

	if (o->raw && !capture_knows_linktype(dlt)) {
		log_error("--raw: no idea where IP begins in '%s' (link type %s)", o->file,
			pcap_datalink_val_to_name(dlt) ? pcap_datalink_val_to_name(dlt)
						       : "unknown");
		return EXIT_USAGE;
	}
	res = compile(o, dlt, &f);
	if (res)
		return res;
	j.f = f;
	res = judge_init(&j, o->engine, &err);
	if (res) {
		res = log_failure(res, &err);
	} else {
		res = read_packets(pcap, &j, o, &t);
		if (!o->numbers)
			printf("%lu of %lu packets match, says the %s\n", t.matches, t.packets,
				j.kernel ? "kernel" : "user engine");
	}
	filter_kernel_free(j.kernel);
	return res;
}

static int run_file(const struct filter_opts *o)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap = pcap_open_offline(o->file, why);
	int res;

	if (!pcap) {
		log_error("cannot read a capture from '%s': %s", o->file, why);
		return EXIT_USAGE;
	}
	res = run_capture(pcap, o);
	pcap_close(pcap);
	return res;
}

/* ---- -d, and the summary --------------------------------------------------------------------- */

static const char *const form_names[FILTER_FORMS] = {
	[FILTER_L2] = "packets with an Ethernet header",
	[FILTER_L3] = "packets without one, from the IP header on",
	[FILTER_SOCK] = "events of a socket, by its addresses, protocol and ports",
};

static void print_meaning(const struct filter *f, enum filter_form form)
{
	if (!filter_has(f, form))
		printf("%s: none match (%s)\n", form_names[form], filter_l3_reason(f));
	else if (form == FILTER_SOCK && !filter_sock_exact(f))
		printf("%s: too involved, more match than need be\n", form_names[form]);
}

static void print_forms(const struct filter *f)
{
	for (int form = 0; form < FILTER_FORMS; form++) {
		if (!filter_has(f, form)) {
			print_meaning(f, form);
			continue;
		}
		printf("%s%s:\n", form ? "\n" : "", form_names[form]);
		filter_print(f, form, stdout);
	}
}

/* Also the proof that this kernel takes the programs. */
static int print_summary(const struct filter *f, enum engine engine)
{
	_cleanup_(filter_kernel_freep) struct filter_kernel *k = NULL;
	struct errbuf err = {};
	bool ask = engine != ENGINE_USER && !filter_kernel_new(&k, &err);

	if (engine == ENGINE_KERNEL && !ask)
		return log_failure(-EPERM, &err);
	for (int form = 0; form < FILTER_FORMS; form++) {
		size_t cbpf, ebpf;
		int res = ask ? filter_kernel_load(k, f, form, &err) : 0;

		if (res)
			return log_failure(res, &err);
		if (!filter_has(f, form)) {
			print_meaning(f, form);
			continue;
		}
		filter_cbpf(f, form, &cbpf);
		filter_ebpf(f, form, &ebpf);
		printf("%s: %zu cBPF, %zu eBPF instructions", form_names[form], cbpf, ebpf);
		if (ask && filter_kernel_verified(k)) /* 5.10 takes them and does not say */
			printf(", %u verified by the kernel", filter_kernel_verified(k));
		putchar('\n');
		if (form == FILTER_SOCK)
			print_meaning(f, form);
	}
	return EXIT_OK;
}

static int run_text(const struct filter_opts *o)
{
	_cleanup_(filter_freep) struct filter *f = NULL;
	int res = compile(o, DLT_EN10MB, &f);

	if (res)
		return res;
	if (filter_is_empty(f)) {
		printf("no expression: everything matches, and no program runs\n");
		return EXIT_OK;
	}
	if (!o->dump)
		return print_summary(f, o->engine);
	print_forms(f);
	return EXIT_OK;
}

int cmd_filter(int argc, char **argv)
{
	struct filter_opts o = {};
	int res = parse(&o, argc, argv);

	if (res)
		res = res == -EINVAL ? EXIT_USAGE : EXIT_RUNTIME;
	else if (o.help)
		fputs(usage, stdout);
	else if (o.file && !o.dump)
		res = run_file(&o);
	else
		res = run_text(&o);
	free(o.expr);
	if (fflush(stdout) && !res)
		res = EXIT_RUNTIME;
	return res;
}
