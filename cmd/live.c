/* SPDX-License-Identifier: GPL-2.0-only */
#include <signal.h>
#include <time.h>

#include "bpf/kernel.h"
#include "bpf/probe.h"
#include "cmd/live.h"
#include "cmd/log.h"
#include "cmd/recording.h"
#include "filters/scope.h"

#define POLL_MS 50
#define TICK_NS 50000000ULL /* a TICK at least this often, so that silence is noticed */

struct live {
	const struct opts *opts;
	const struct filter *filter;
	struct pipeline *pipeline;
	struct child *child;
	struct kernel *kernel;
	struct probes *probes;
	FILE *recording;
	uint64_t start_ns, ticked_ns;
	uint64_t lost[LOST_KINDS];
	int result; /* of the pipeline: 1 = enough, or -errno */
};

/* Signals: the first asks for an orderly end, the second leaves at once. */
static volatile sig_atomic_t signals_seen;
static volatile sig_atomic_t signal_to_pass; /* 0 = none, or the command has got it already */

static void on_signal(int signal, siginfo_t *info, void *context)
{
	if (signal == SIGCHLD)
		return; /* only to end the poll */
	if (++signals_seen > 1)
		_exit(128 + signal);
	/* A terminal's Ctrl-C reaches the command as well; what somebody sent to us does not. */
	if (info->si_code != SI_KERNEL)
		signal_to_pass = signal;
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGCHLD, &action, NULL);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/* ---- the stream --------------------------------------------------------------------------- */

static void stream(struct live *l, const void *rec, size_t len)
{
	int err;

	if (l->result < 0)
		return;
	if (l->recording) {
		err = recording_write(l->recording, rec, len);
		if (err) {
			l->result = err;
			return;
		}
	}
	err = pipeline_feed(l->pipeline, rec, len);
	/* A record of our own that does not decode is a bug, but no reason to lose the others. */
	if (err && err != -EBADMSG)
		l->result = err;
}

static void show(struct live *l)
{
	int err = l->result < 0 ? 0 : pipeline_flush(l->pipeline);

	if (err)
		l->result = err;
}

static struct rec_hdr header(enum rec_type type, size_t len)
{
	return (struct rec_hdr){
		.type = type, .len = (__u16)len, .ts_ns = clock_ns(CLOCK_MONOTONIC)};
}

static void stream_tick(struct live *l)
{
	struct rec_hdr hdr = header(REC_TICK, sizeof(hdr));

	if (hdr.ts_ns < l->ticked_ns + TICK_NS)
		return;
	l->ticked_ns = hdr.ts_ns;
	stream(l, &hdr, sizeof(hdr));
}

static void stream_lost(struct live *l)
{
	uint64_t now[LOST_KINDS];

	probes_lost(l->probes, now);
	for (int where = 0; where < LOST_KINDS; where++) {
		struct rec_lost rec = {.hdr = header(REC_LOST, sizeof(rec)),
			.count = now[where] - l->lost[where],
			.where = (__u32)where};

		if (!rec.count)
			continue;
		l->lost[where] = now[where];
		stream(l, &rec, sizeof(rec));
	}
}

/* A drop's place and reason are numbers of this kernel: name them before they are needed. */
static void stream_names(struct live *l, const struct rec_drop *drop)
{
	const struct decoder *d = pipeline_decoder(l->pipeline);

	if (decoder_lacks_symbol(d, drop->location)) {
		struct rec_symbol rec = {
			.hdr = header(REC_SYMBOL, sizeof(rec)), .addr = drop->location};

		kernel_symbol(l->kernel, drop->location, rec.name, sizeof(rec.name));
		stream(l, &rec, sizeof(rec));
	}
	if (decoder_lacks_reason(d, drop->reason)) {
		struct rec_reason rec = {
			.hdr = header(REC_REASON, sizeof(rec)), .code = drop->reason};

		kernel_drop_reason(l->kernel, drop->reason, rec.name, sizeof(rec.name), rec.subsys,
			sizeof(rec.subsys));
		stream(l, &rec, sizeof(rec));
	}
}

static int on_record(void *arg, const void *rec, size_t len)
{
	struct live *l = arg;
	const struct rec_hdr *hdr = rec;

	if (hdr->type == REC_DROP && len >= sizeof(struct rec_drop))
		stream_names(l, rec);
	stream(l, rec, len);
	return 0;
}

static void copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

static void stream_meta(struct live *l)
{
	const char *filter = l->opts->expression ? l->opts->expression : "";
	size_t at = sizeof(struct rec_meta), cmdline_len = l->opts->cmdline_len;
	size_t filter_len = strlen(filter) + 1, len = at + cmdline_len + filter_len;
	_cleanup_(freep) struct rec_meta *rec = calloc(1, len);
	struct kernel_id id;

	if (!rec) {
		l->result = -ENOMEM;
		return;
	}
	kernel_identify(&id);
	memcpy((char *)rec + at, l->opts->cmdline, cmdline_len);
	memcpy((char *)rec + at + cmdline_len, filter, filter_len);
	rec->hdr = header(REC_META, len);
	rec->version = REC_STREAM_VERSION;
	rec->probes_attached = probes_attached(l->probes);
	rec->probes_skipped = probes_skipped(l->probes);
	rec->realtime_offset_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	copy_text(rec->tool_version, sizeof(rec->tool_version), PATHLAG_VERSION);
	copy_text(rec->kernel, sizeof(rec->kernel), id.release);
	copy_text(rec->arch, sizeof(rec->arch), id.arch);
	copy_text(rec->hostname, sizeof(rec->hostname), id.hostname);
	copy_text(rec->command, sizeof(rec->command), "connect");
	copy_text(rec->milestone, sizeof(rec->milestone), "raw_tp");
	copy_text(rec->function, sizeof(rec->function), "none");
	copy_text(rec->program, sizeof(rec->program), "none");
	rec->slow_ns = l->opts->slow_ns ? l->opts->slow_ns : SLOW_DEFAULT_NS;
	rec->drop_reasons = kernel_has_drop_reasons(l->kernel);
	rec->cmdline_len = (__u32)cmdline_len;
	rec->filter_len = (__u32)filter_len;
	stream(l, rec, rec->hdr.len);
}

/* ---- the run ------------------------------------------------------------------------------ */

static int make_scope(
	const struct opts *o, struct scope *s, struct scope_pids *pids, struct errbuf *err)
{
	int bad = 0;

	if (o->pids)
		bad = scope_add_pids(s, pids, o->pids, err);
	if (!bad && o->comm)
		bad = scope_set_comm(s, o->comm, err);
	if (!bad && o->netns)
		bad = scope_set_netns(s, o->netns, err);
	if (!bad && o->cgroup)
		bad = scope_set_cgroup(s, o->cgroup, err);
	s->follow = o->follow;
	return bad;
}

/* Only what the command does is of interest, and what it starts. */
static void scope_command(struct scope *s, struct scope_pids *pids, pid_t pid)
{
	s->by_pid = s->follow = 1;
	if (pids->count < SCOPE_PIDS_MAX)
		pids->pid[pids->count++] = (__u32)pid;
}

/* With -v: why the kernel would not load or attach something. */
static int print_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return level == LIBBPF_DEBUG ? 0 : vfprintf(stderr, fmt, ap);
}

static int live_open(struct live *l, struct errbuf *err)
{
	struct scope_pids pids = {0};
	struct scope scope = {0};
	int bad = make_scope(l->opts, &scope, &pids, err);

	if (bad) /* what was typed does not name anything there is */
		return bad == -ENOMEM ? bad : -EINVAL;
	if (l->child)
		scope_command(&scope, &pids, l->child->pid);
	bad = kernel_open(&l->kernel, err);
	if (bad)
		return bad;
	bad = probes_open(&l->probes, l->kernel,
		&(struct probes_cfg){.scope = &scope,
			.pids = &pids,
			.filter = l->filter,
			.log = l->opts->verbose ? print_libbpf : NULL},
		err);
	if (bad)
		return bad;
	if (l->opts->record_path) {
		l->recording = recording_create(l->opts->record_path, err);
		if (!l->recording)
			return -EIO;
	}
	return probes_arm(l->probes, err);
}

static void say_ready(struct live *l)
{
	if (l->opts->ready_fd >= 0) {
		if (write(l->opts->ready_fd, "ready\n", 6) != 6)
			log_note("nobody reads --ready-fd %d", l->opts->ready_fd);
		close(l->opts->ready_fd);
	}
	if (l->opts->verbose)
		for (size_t i = 0; i < probes_skipped(l->probes); i++)
			log_note("not attached: %s", probes_skipped_name(l->probes, i));
	if (!l->child && !l->opts->quiet && isatty(STDERR_FILENO))
		log_note("following connects; Ctrl-C to stop");
}

static bool is_over(struct live *l)
{
	if (l->result)
		return true;
	if (l->child && child_poll(l->child))
		return true;
	/* With a command its end is ours, so that all it still does is seen. */
	if (signals_seen && !l->child)
		return true;
	if (l->child && signal_to_pass) {
		child_signal(l->child, signal_to_pass);
		signal_to_pass = 0;
	}
	return l->opts->duration_ns &&
	       clock_ns(CLOCK_MONOTONIC) - l->start_ns >= l->opts->duration_ns;
}

static unsigned poll_ms(const struct live *l)
{
	uint64_t left, gone = clock_ns(CLOCK_MONOTONIC) - l->start_ns;

	if (!l->opts->duration_ns)
		return POLL_MS;
	left = l->opts->duration_ns > gone ? (l->opts->duration_ns - gone) / 1000000 + 1 : 0;
	return left < POLL_MS ? (unsigned)left : POLL_MS;
}

static void follow_records(struct live *l)
{
	while (!is_over(l)) {
		int n = probes_poll(l->probes, poll_ms(l), on_record, l);

		if (n < 0 && n != -EINTR) {
			l->result = n;
			return;
		}
		stream_tick(l);
		stream_lost(l);
		show(l);
	}
}

/*
 * What the kernel side has written by now still belongs to the run. A program that another CPU is
 * in the middle of holds back all records behind its own, for a moment: hence the second poll.
 */
static void drain(struct live *l)
{
	struct rec_hdr stop;

	probes_disarm(l->probes);
	probes_poll(l->probes, 0, on_record, l);
	probes_poll(l->probes, 1, on_record, l);
	stream_lost(l);
	stop = header(REC_STOP, sizeof(stop));
	stream(l, &stop, sizeof(stop));
	show(l);
}

static int live_result(struct live *l, struct errbuf *err)
{
	if (l->result >= 0 || l->result == -EPIPE)
		return 0;
	return err_set(err, l->result, "the run ended early: %s", strerror(-l->result));
}

int live_run(const struct opts *o, const struct filter *filter, struct pipeline *p,
	struct child *child, struct errbuf *err)
{
	struct live l = {.opts = o, .filter = filter, .pipeline = p, .child = child};
	int result;

	catch_signals();
	result = live_open(&l, err);
	if (!result) {
		l.start_ns = l.ticked_ns = clock_ns(CLOCK_MONOTONIC);
		stream_meta(&l);
		show(&l);
		say_ready(&l);
		if (child)
			child_release(child);
		follow_records(&l);
		drain(&l);
		result = live_result(&l, err);
	}
	probes_free(l.probes);
	kernel_free(l.kernel);
	if (l.recording && fclose(l.recording) && !result)
		result = err_set(
			err, -errno, "cannot write %s: %s", o->record_path, strerror(errno));
	return result;
}
