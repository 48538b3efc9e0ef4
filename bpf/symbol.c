/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/symbol.h"
#include "bpf/ksyms.h"
#include "bpf/symbol.skel.h"

#include <bpf/bpf.h>

struct symbols {
	struct symbol_bpf *skel; /* NULL = not loaded, or it cannot be */
	struct ksyms *ksyms;     /* NULL = not read */
	bool tried;
	int ksyms_err;
};

struct symbols *symbols_new(void)
{
	return calloc(1, sizeof(struct symbols));
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	symbol_bpf__destroy(s->skel);
	ksyms_free(s->ksyms);
	free(s);
}

int symbol_of_words(const char *said, char *name, size_t len)
{
	const char *off = strstr(said, "+0x"), *size = off ? strchr(off, '/') : NULL;

	if (!size)
		return -ENOENT;
	snprintf(name, len, "%.*s%s", (int)(size - said), said, strchrnul(size, ' '));
	return 0;
}

/* What goes wrong in here is no news: there is the other way. */
static struct symbol_bpf *program_load(void)
{
	libbpf_print_fn_t was = libbpf_set_print(NULL);
	struct symbol_bpf *skel = symbol_bpf__open_and_load();

	libbpf_set_print(was);
	return skel;
}

int symbols_ask(struct symbols *s, __u64 addr, char *name, size_t len)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	if (!s->tried)
		s->skel = program_load();
	s->tried = true;
	if (!s->skel)
		return -ENOTSUP;
	s->skel->bss->address = addr;
	if (bpf_prog_test_run_opts(bpf_program__fd(s->skel->progs.name), &opts))
		return -errno;
	return symbol_of_words(s->skel->bss->said, name, len);
}

int symbols_name(struct symbols *s, __u64 addr, char *name, size_t len)
{
	int err = symbols_ask(s, addr, name, len);

	if (!err || err == -ENOENT)
		return err;
	if (!s->ksyms && !s->ksyms_err)
		s->ksyms_err = ksyms_open(&s->ksyms);
	return s->ksyms ? ksyms_name(s->ksyms, addr, name, len) : s->ksyms_err;
}
