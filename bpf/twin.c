/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/twin.h"
#include "bpf/tracefs.h"

#include <bpf/bpf.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>

static const struct pair {
	const char *first, *second;
} pairs[] = {
	{"on_sys_enter", "twin_connect_call"},
	{"on_sys_exit", "twin_connect_return"},
	{"on_sys_exit", "twin_accept_return"},
	{"on_sys_exit", "twin_accept4_return"},
	{"on_set_state", "twin_set_state"},
	{"on_fib_table_lookup", "twin_fib_table_lookup"},
	{"on_fib6_table_lookup", "twin_fib6_table_lookup"},
	{"on_kfree_skb_reason", "twin_kfree_skb"},
	{"on_fork", "twin_fork"},
};

/* Those of perf's events, which raw tracepoints do not take. Returns first: what has begun is seen
 * to end. */
static const char *const seconds[TWIN_EVENTS] = {
	"twin_connect_return",
	"twin_connect_call",
	"twin_accept_return",
	"twin_accept4_return",
	"twin_set_state",
};

static struct bpf_program *named(const struct bpf_object *obj, const char *name)
{
	return bpf_object__find_program_by_name(obj, name);
}

/* ---- perf ----------------------------------------------------------------------------------- */

/* The number of the event that a section, "tp/GROUP/NAME", is about. */
static int event_number(const char *section)
{
	char path[128], text[16] = {0};
	_cleanup_(closep) int fd = -1;

	snprintf(path, sizeof(path), "events/%s/id", strchr(section, '/') + 1);
	fd = tracefs_open(path);
	if (fd < 0)
		return fd;
	if (read(fd, text, sizeof(text) - 1) <= 0)
		return -EIO;
	return (int)strtol(text, NULL, 10);
}

static int event_open(const struct bpf_program *prog)
{
	struct perf_event_attr attr = {.size = sizeof(attr), .type = PERF_TYPE_TRACEPOINT};
	int number = event_number(bpf_program__section_name(prog)), fd;

	if (number < 0)
		return number;
	attr.config = (__u64)number;
	/* Its program runs on every CPU. */
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* ---- the programs --------------------------------------------------------------------------- */

static int events_open(struct twins *t, const struct bpf_object *obj)
{
	int err = 0;

	for (size_t i = 0; i < TWIN_EVENTS; i++) {
		struct bpf_program *prog = named(obj, seconds[i]);

		if (!bpf_program__autoload(prog))
			continue;
		t->event[i] = event_open(prog);
		if (t->event[i] >= 0)
			continue;
		err = t->event[i];
		bpf_program__set_autoload(prog, false);
	}
	return err;
}

int twins_choose(struct twins *t, struct bpf_object *obj, const struct kernel *k)
{
	for (size_t i = 0; i < TWIN_EVENTS; i++)
		t->event[i] = -1;
	t->on = kernel_preempts_tracepoints(k);
	if (!t->on)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		bpf_program__set_autoload(named(obj, pairs[i].second),
			bpf_program__autoload(named(obj, pairs[i].first)));
	return events_open(t, obj);
}

struct bpf_link *twins_attach(struct twins *t, struct bpf_object *obj, size_t *i, const char **what)
{
	struct bpf_link *link;

	*what = NULL;
	while (*i < TWIN_EVENTS && t->event[*i] < 0)
		(*i)++;
	if (*i == TWIN_EVENTS)
		return NULL;
	*what = seconds[*i];
	link = bpf_program__attach_perf_event(named(obj, *what), t->event[*i]);
	if (link) /* which ends the event, too */
		t->event[*i] = -1;
	(*i)++;
	return link;
}

/* ---- what was missed ------------------------------------------------------------------------ */

static uint64_t skipped(const struct bpf_program *prog)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);
	int fd = prog ? bpf_program__fd(prog) : -1;

	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.recursion_misses;
}

static bool loaded(const struct bpf_program *prog)
{
	return bpf_program__fd(prog) >= 0;
}

uint64_t programs_skipped(const struct bpf_object *obj)
{
	struct bpf_program *prog;
	uint64_t n = 0;

	bpf_object__for_each_program(prog, obj) n += skipped(prog);
	return n;
}

/* What both have missed is counted twice; the rest was seen by one of them. */
static uint64_t skipped_by_both(const struct bpf_program *a, const struct bpf_program *b)
{
	uint64_t x = skipped(a), y = skipped(b);

	return x < y ? x : y;
}

static uint64_t skipped_by(const struct bpf_object *obj, const struct bpf_program *prog)
{
	const char *name = bpf_program__name(prog);
	uint64_t all = skipped(prog), both = 0;
	bool paired = false;

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		const struct bpf_program *a = named(obj, pairs[i].first);
		const struct bpf_program *b = named(obj, pairs[i].second);

		if (loaded(a) && !strcmp(name, pairs[i].second))
			return 0;
		if (!loaded(a) || !loaded(b) || strcmp(name, pairs[i].first))
			continue;
		both += skipped_by_both(a, b); /* that of sys_exit has three */
		paired = true;
	}
	return paired && both < all ? both : all;
}

uint64_t twins_missed(const struct bpf_object *obj)
{
	struct bpf_program *prog;
	uint64_t n = 0;

	bpf_object__for_each_program(prog, obj) n += skipped_by(obj, prog);
	return n;
}

void twins_done(struct twins *t)
{
	for (size_t i = 0; i < TWIN_EVENTS; i++)
		if (t->on && t->event[i] >= 0)
			close(t->event[i]);
}
