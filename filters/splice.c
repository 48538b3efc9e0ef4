/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * splice.c - filters put into programs between libbpf's relocation and the load.
 *
 * libbpf copies the instructions it is given, but not func_info and line_info: the corrected tables
 * stay with the splice until it is freed.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "filters/filter.h"
#include "filters/inject.h"

/* The kinds of programs that may ask the filter. A program's own expected attach type, where it has
 * set one, wins over the one here. */
static const struct {
	const char *name;
	enum bpf_prog_type type;
	enum bpf_attach_type attach;
} sections[] = {
	{"raw_tp+", BPF_PROG_TYPE_RAW_TRACEPOINT, 0},
	{"tp+", BPF_PROG_TYPE_TRACEPOINT, 0},
	{"kprobe+", BPF_PROG_TYPE_KPROBE, 0},
	{"fentry+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY},
	{"fexit+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT},
};
#define SECTIONS ARRAY_SIZE(sections)

struct tables {
	struct tables *next;
	struct inject_table funcs, lines;
};

struct filter_splice {
	const struct filter *f;
	struct tables *tables;
	size_t count;
	int handler[SECTIONS]; /* libbpf's ids */
	int handlers;
	struct errbuf err;
};

static const uint32_t marks[FILTER_FORMS] = {
	[FILTER_L2] = FILTER_MARK_L2,
	[FILTER_L3] = FILTER_MARK_L3,
	[FILTER_SOCK] = FILTER_MARK_SOCK,
};

int filter_splice_new(const struct filter *f, struct filter_splice **ret, struct errbuf *err)
{
	struct filter_splice *s = calloc(1, sizeof(*s));

	if (!s)
		return err_set(err, -ENOMEM, "out of memory");
	s->f = f;
	*ret = s;
	return 0;
}

void filter_splice_free(struct filter_splice *s)
{
	if (!s)
		return;
	while (s->handlers > 0)
		libbpf_unregister_prog_handler(s->handler[--s->handlers]);
	while (s->tables) {
		struct tables *next = s->tables->next;

		free(s->tables->funcs.rows);
		free(s->tables->lines.rows);
		free(s->tables);
		s->tables = next;
	}
	free(s);
}

void filter_splice_freep(struct filter_splice **s)
{
	filter_splice_free(*s);
}

size_t filter_splice_count(const struct filter_splice *s)
{
	return s->count;
}

const char *filter_splice_error(const struct filter_splice *s)
{
	return s->err.text;
}

/* ---- one program ----------------------------------------------------------------------------- */

static int copy_table(const void *rows, uint32_t n, uint32_t row_size, struct inject_table *table)
{
	*table = (struct inject_table){.n = rows ? n : 0, .row_size = row_size};
	if (!table->n || row_size < sizeof(uint32_t))
		return 0;
	table->rows = malloc((size_t)n * row_size);
	if (!table->rows)
		return -ENOMEM;
	memcpy(table->rows, rows, (size_t)n * row_size);
	return 0;
}

static int take_program(const struct bpf_program *prog, const struct bpf_prog_load_opts *opts,
	struct inject_prog *p)
{
	size_t n = bpf_program__insn_cnt(prog);
	int res;

	*p = (struct inject_prog){.n = n};
	p->insns = malloc(n * sizeof(*p->insns));
	if (!p->insns)
		return -ENOMEM;
	memcpy(p->insns, bpf_program__insns(prog), n * sizeof(*p->insns));
	res = copy_table(opts->func_info, opts->func_info_cnt, opts->func_info_rec_size, &p->funcs);
	if (!res)
		res = copy_table(
			opts->line_info, opts->line_info_cnt, opts->line_info_rec_size, &p->lines);
	return res;
}

/* Every placeholder of the program; the number replaced, or -errno. */
static int replace_all(struct filter_splice *s, struct inject_prog *p, const char *name)
{
	int count = 0;

	for (int form = 0; form < FILTER_FORMS; form++) {
		size_t start, end, n;
		const struct ebpf_insn *body = filter_ebpf(s->f, form, &n);
		int res = inject_find(p, marks[form], &start, &end);

		if (res == -ENOENT)
			continue;
		if (res)
			return err_set(&s->err, res,
				"%s: the compiler has inlined the filter's placeholder", name);
		res = inject_replace(p, start, end, body, n);
		if (res)
			return err_set(&s->err, res, "out of memory");
		count++;
	}
	return count;
}

static int give_program(struct filter_splice *s, struct inject_prog *p, struct bpf_program *prog,
	struct bpf_prog_load_opts *opts)
{
	struct tables *t = calloc(1, sizeof(*t));
	int res;

	if (!t)
		return err_set(&s->err, -ENOMEM, "out of memory");
	res = bpf_program__set_insns(prog, (struct bpf_insn *)p->insns, p->n);
	if (res) {
		free(t);
		return err_set(&s->err, res, "%s: %s", bpf_program__name(prog), strerror(-res));
	}
	*t = (struct tables){.next = s->tables, .funcs = p->funcs, .lines = p->lines};
	s->tables = t;
	p->funcs.rows = p->lines.rows = NULL;
	opts->func_info = t->funcs.rows;
	opts->func_info_cnt = t->funcs.n;
	opts->line_info = t->lines.rows;
	opts->line_info_cnt = t->lines.n;
	return 0;
}

int filter_splice_program(
	struct filter_splice *s, struct bpf_program *prog, struct bpf_prog_load_opts *opts)
{
	_cleanup_(inject_done) struct inject_prog p = {};
	int res;

	if (filter_is_empty(s->f))
		return 0;
	res = take_program(prog, opts, &p);
	if (res)
		return err_set(&s->err, res, "out of memory");
	res = replace_all(s, &p, bpf_program__name(prog));
	if (res <= 0)
		return res;
	s->count += res;
	return give_program(s, &p, prog, opts);
}

/* ---- libbpf's handler ------------------------------------------------------------------------ */

static int prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	return filter_splice_program((struct filter_splice *)cookie, prog, opts);
}

/* libbpf's own handler of these sections is out of play, and with it its attach function. Only raw
 * tracepoints are attached by section. */
static int attach(const struct bpf_program *prog, long cookie, struct bpf_link **link)
{
	const char *section = bpf_program__section_name(prog), *name = strchr(section, '/');

	if (strncmp(section, "raw_tp", 6))
		name = NULL;
	*link = name ? bpf_program__attach_raw_tracepoint(prog, name + 1) : NULL;
	return *link || !name ? 0 : -errno;
}

/*
 * libbpf up to 1.1 is left with a freed table when its last handler is unregistered, and trips over
 * it at the next registration. A handler for a section nobody has stays behind instead.
 */
static void keep_table(void)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts);

	libbpf_register_prog_handler("pathlag_nothing", BPF_PROG_TYPE_UNSPEC, 0, &opts);
}

int filter_splice_register(struct filter_splice *s, struct errbuf *err)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = (long)s,
		.prog_prepare_load_fn = prepare, .prog_attach_fn = attach);

	keep_table();
	for (size_t i = 0; i < SECTIONS; i++) {
		int id = libbpf_register_prog_handler(
			sections[i].name, sections[i].type, sections[i].attach, &opts);

		if (id < 0)
			return err_set(err, id, "libbpf takes no handler: %s", strerror(-id));
		s->handler[s->handlers++] = id;
	}
	return 0;
}
