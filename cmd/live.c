/* SPDX-License-Identifier: GPL-2.0-only */
#include <signal.h>
#include <sys/resource.h>

#include "cmd/live.h"
#include "cmd/log.h"
#include "cmd/recording.h"
#include "cmd/stream.h"

#define POLL_MS     50
#define READER_NICE (-10)

struct live {
	const struct opts *opts;
	struct child *child;
	struct source *source;
	struct stream stream;
	uint64_t start_ns;
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

/* They end a poll, which no kernel starts again, but no write: what a slow reader has not taken yet
 * shall not be cut off. */
static void catch_signals(void)
{
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGCHLD, &action, NULL);
}

static int live_open(struct live *l, const struct filter *filter, struct errbuf *err)
{
	const struct opts *o = l->opts;
	int bad = source_open(&l->source, o, filter, l->child ? l->child->pid : 0, err);

	if (bad)
		return bad;
	l->stream.source = l->source;
	bad = stream_open(&l->stream);
	if (bad)
		return bad;
	if (o->record_path) {
		l->stream.recording = recording_create(o->record_path, err);
		if (!l->stream.recording)
			return -EIO;
	}
	return source_arm(l->source, err);
}

static void say_started(const struct live *l)
{
	size_t functions = source_functions_attached(l->source);

	if (l->opts->subcommand == CMD_DROPS)
		log_note("following what this host drops; Ctrl-C to stop");
	else if (l->opts->subcommand == CMD_TRACE)
		log_note("tracing %zu functions; Ctrl-C to stop", functions);
	else if (functions)
		log_note("following connects, through %zu functions; Ctrl-C to stop", functions);
	else
		log_note("following connects; Ctrl-C to stop");
}

static void say_ready(struct live *l)
{
	const struct opts *o = l->opts;

	if (o->ready_fd >= 0) {
		if (write(o->ready_fd, "ready\n", 6) != 6)
			log_note("nobody reads --ready-fd %d", o->ready_fd);
		close(o->ready_fd);
	}
	if (o->verbose)
		for (size_t i = 0; i < source_skipped(l->source); i++)
			log_note("not attached: %s", source_skipped_name(l->source, i));
	if (!l->child && !o->quiet && isatty(STDERR_FILENO))
		say_started(l);
}

static bool is_over(struct live *l)
{
	if (l->stream.result)
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

/*
 * Who reads must not wait behind what he watches: the ring fills while he does. Before this the
 * command was started, so it keeps its own priority. Where it is not allowed, records may be lost
 * earlier, and that is told.
 */
static void keep_up(void)
{
	setpriority(PRIO_PROCESS, 0, READER_NICE);
}

static int live_result(const struct live *l, struct errbuf *err)
{
	int result = l->stream.result;

	if (result >= 0 || result == -EPIPE)
		return 0;
	return err_set(err, result, "the run ended early: %s", strerror(-result));
}

int live_run(const struct opts *o, const struct filter *filter, struct pipeline *p,
	struct child *child, struct errbuf *err)
{
	struct live l = {
		.opts = o, .child = child, .stream = {.pipeline = p, .verbose = o->verbose}};
	int result;

	catch_signals();
	keep_up();
	result = live_open(&l, filter, err);
	if (!result) {
		l.start_ns = clock_ns(CLOCK_MONOTONIC);
		stream_meta(&l.stream, o);
		say_ready(&l);
		if (child)
			child_release(child);
		while (!is_over(&l))
			stream_poll(&l.stream, (int)poll_ms(&l));
		source_disarm(l.source);
		stream_stop(&l.stream);
		result = live_result(&l, err);
	}
	stream_done(&l.stream);
	source_free(l.source);
	if (l.stream.recording && fclose(l.stream.recording) && !result)
		result = err_set(
			err, -errno, "cannot write %s: %s", o->record_path, strerror(errno));
	return result;
}
