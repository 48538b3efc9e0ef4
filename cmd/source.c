/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/iface.h"
#include "cmd/layer.h"
#include "cmd/source.h"

/* It is emptied every few milliseconds (stream.h), and its pages count twice as memory of ours. */
#define RING_BYTES (4u << 20)

struct source {
	const struct opts *opts;
	const struct filter *filter;
	struct scope scope;
	struct scope_pids pids;
	__u32 ifindex;
	struct kernel *kernel;
	struct probes *probes; /* NULL in `trace` */
	struct layer layer;
};

/* ---- open ----------------------------------------------------------------------------------- */

/* Device numbers are a namespace's own: -i alone means a device of the one we are in. */
static int scope_device(struct source *s, struct errbuf *err)
{
	const struct opts *o = s->opts;
	int bad;

	if (o->subcommand == CMD_CONNECT || !o->iface)
		return 0;
	bad = iface_find(o->iface, o->netns, &s->ifindex, err);
	return bad || o->netns ? bad : scope_set_netns(&s->scope, "/proc/self/ns/net", err);
}

/* Only what the command does is of interest, and what it starts. */
static void scope_command(struct source *s, pid_t pid)
{
	if (!pid)
		return;
	s->scope.by_pid = s->scope.follow = 1;
	if (s->pids.count < SCOPE_PIDS_MAX)
		s->pids.pid[s->pids.count++] = (__u32)pid;
}

static int make_scope(struct source *s, pid_t child, struct errbuf *err)
{
	const struct opts *o = s->opts;
	int bad = 0;

	if (o->pids)
		bad = scope_add_pids(&s->scope, &s->pids, o->pids, err);
	if (!bad && o->comm)
		bad = scope_set_comm(&s->scope, o->comm, err);
	if (!bad && o->netns)
		bad = scope_set_netns(&s->scope, o->netns, err);
	if (!bad && o->cgroup)
		bad = scope_set_cgroup(&s->scope, o->cgroup, err);
	if (!bad)
		bad = scope_device(s, err);
	s->scope.follow = o->follow;
	scope_command(s, child);
	/* what was typed does not name anything there is */
	return bad && bad != -ENOMEM ? -EINVAL : bad;
}

/* With -v: why the kernel would not load or attach something. */
static int print_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return level == LIBBPF_DEBUG ? 0 : vfprintf(stderr, fmt, ap);
}

static int open_layers(struct source *s, struct errbuf *err)
{
	libbpf_print_fn_t log = s->opts->verbose ? print_libbpf : NULL;
	int bad = 0;

	libbpf_set_print(log); /* before anything is tried */
	if (s->opts->subcommand == CMD_CONNECT)
		bad = probes_open(&s->probes, s->kernel,
			&(struct probes_cfg){.scope = &s->scope,
				.pids = &s->pids,
				.filter = s->filter,
				.no_accept = s->opts->no_accept,
				.ring_bytes = RING_BYTES,
				.log = log},
			err);
	if (bad)
		return bad;
	return layer_open(&s->layer, s->kernel, s->opts,
		&(struct hooks_cfg){.probes = s->probes,
			.scope = &s->scope,
			.pids = &s->pids,
			.filter = s->filter,
			.ifindex = s->ifindex,
			.ring_bytes = RING_BYTES,
			.log = log},
		err);
}

int source_open(struct source **ret, const struct opts *o, const struct filter *filter, pid_t child,
	struct errbuf *err)
{
	struct source *s = calloc(1, sizeof(*s));
	int bad;

	if (!s)
		return -ENOMEM;
	s->opts = o;
	s->filter = filter;
	bad = make_scope(s, child, err);
	if (!bad)
		bad = kernel_open(&s->kernel, err);
	if (!bad)
		bad = open_layers(s, err);
	if (bad)
		source_free(s);
	else
		*ret = s;
	return bad;
}

/* ---- the run -------------------------------------------------------------------------------- */

/* Functions first, as they take longer: they record what the milestone layer follows, nothing yet.
 */
int source_arm(struct source *s, struct errbuf *err)
{
	int bad = layer_arm(&s->layer, s->opts, err);

	return bad || !s->probes ? bad : probes_arm(s->probes, err);
}

int source_poll(struct source *s, int timeout_ms, probes_record_fn fn, void *ctx)
{
	layer_watch(&s->layer);
	return s->probes ? probes_poll(s->probes, timeout_ms, fn, ctx)
			 : hooks_poll(s->layer.hooks, timeout_ms, fn, ctx);
}

void source_lost(const struct source *s, uint64_t counts[LOST_KINDS])
{
	uint64_t hooks[LOST_KINDS] = {0};

	memset(counts, 0, sizeof(hooks));
	if (s->probes)
		probes_lost(s->probes, counts);
	if (s->layer.hooks)
		hooks_lost(s->layer.hooks, hooks);
	for (int i = 0; i < LOST_KINDS; i++)
		counts[i] += hooks[i];
}

uint64_t source_missed(const struct source *s)
{
	return (s->probes ? probes_missed(s->probes) : 0) +
	       (s->layer.hooks ? hooks_missed(s->layer.hooks) : 0);
}

struct kernel *source_kernel(const struct source *s)
{
	return s->kernel;
}

const struct function *source_function(const struct source *s, __u32 id, __u32 *flags)
{
	return s->layer.hooks ? hooks_function(s->layer.hooks, id, flags) : NULL;
}

const struct program *source_program(const struct source *s, __u32 id)
{
	return s->layer.hooks ? hooks_program(s->layer.hooks, id) : NULL;
}

const char *source_milestone_backend(const struct source *s)
{
	return s->probes || s->opts->subcommand == CMD_DROPS ? "raw_tp" : "none";
}

const char *source_function_backend(const struct source *s)
{
	return s->layer.hooks ? hook_backend_name(hooks_backend(s->layer.hooks)) : "none";
}

const char *source_program_backend(const struct source *s)
{
	return s->layer.programs ? "fexit" : "none";
}

size_t source_programs_attached(const struct source *s)
{
	return s->layer.hooks ? hooks_programs(s->layer.hooks) : 0;
}

size_t source_functions_attached(const struct source *s)
{
	return s->layer.hooks ? hooks_attached(s->layer.hooks) : 0;
}

size_t source_attached(const struct source *s)
{
	return source_functions_attached(s) + source_programs_attached(s) +
	       (s->probes ? probes_attached(s->probes) : 0);
}

static size_t skipped_probes(const struct source *s)
{
	return s->probes ? probes_skipped(s->probes) : 0;
}

size_t source_skipped(const struct source *s)
{
	return skipped_probes(s) + (s->layer.hooks ? hooks_skipped(s->layer.hooks) : 0);
}

const char *source_skipped_name(const struct source *s, size_t i)
{
	size_t probes = skipped_probes(s);

	if (i < probes)
		return probes_skipped_name(s->probes, i);
	return s->layer.hooks ? hooks_skipped_name(s->layer.hooks, i - probes) : NULL;
}

/* ---- the end -------------------------------------------------------------------------------- */

void source_disarm(struct source *s)
{
	if (s->layer.hooks)
		hooks_disarm(s->layer.hooks);
	if (s->probes)
		probes_disarm(s->probes);
}

void source_free(struct source *s)
{
	if (!s)
		return;
	layer_done(&s->layer); /* it shares the ring of the other */
	probes_free(s->probes);
	kernel_free(s->kernel);
	free(s);
}
