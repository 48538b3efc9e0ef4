/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/kernel.h"
#include "cmd/log.h"
#include "cmd/recording.h"
#include "cmd/stream.h"

#define TICK_NS     50000000ULL  /* a TICK at least this often, so that silence is noticed */
#define RENDER_NS   2000000ULL   /* how long the ring may wait for rendering */
#define BATCH_NS    100000000ULL /* how long a poll may take, however fast the kernel writes */
#define CLOCK_EVERY 64           /* records */
#define SPOOL_BYTES (4ULL << 30)

int stream_open(struct stream *s)
{
	s->spool = spool_new(NULL, SPOOL_BYTES);
	return s->spool ? 0 : -ENOMEM;
}

static void add(struct stream *s, const void *rec, size_t len)
{
	int err;

	if (s->result < 0)
		return;
	if (s->recording) {
		err = recording_write(s->recording, rec, len);
		if (err) {
			s->result = err;
			return;
		}
	}
	err = pipeline_feed(s->pipeline, rec, len);
	/* A record of our own that does not decode is a bug, but no reason to lose the others. */
	if (err && err != -EBADMSG)
		s->result = err;
}

static struct rec_hdr header(enum rec_type type, size_t len)
{
	return (struct rec_hdr){
		.type = type, .len = (__u16)len, .ts_ns = clock_ns(CLOCK_MONOTONIC)};
}

/* ---- names: addresses and codes are numbers of this kernel ------------------------------------
 */

static void name_symbol(struct stream *s, __u64 addr)
{
	struct rec_symbol rec = {.addr = addr};

	if (!decoder_lacks_symbol(pipeline_decoder(s->pipeline), addr))
		return;
	rec.hdr = header(REC_SYMBOL, sizeof(rec));
	kernel_symbol(source_kernel(s->source), addr, rec.name, sizeof(rec.name));
	add(s, &rec, sizeof(rec));
}

static void name_reason(struct stream *s, __u32 code)
{
	struct rec_reason rec = {.code = code};

	if (!decoder_lacks_reason(pipeline_decoder(s->pipeline), code))
		return;
	rec.hdr = header(REC_REASON, sizeof(rec));
	kernel_drop_reason(source_kernel(s->source), code, rec.name, sizeof(rec.name), rec.subsys,
		sizeof(rec.subsys));
	add(s, &rec, sizeof(rec));
}

static void copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

static void name_program(struct stream *s, __u32 id, const struct program *p)
{
	struct rec_func rec = {.id = id,
		.flags = p->callee ? FUNC_CALLEE : 0,
		.returns = p->returns,
		.ret_bytes = sizeof(__u32),
		.addr = p->addr,
		.module = "bpf",
		.prog_kind = p->kind,
		.prog_id = p->id};

	rec.hdr = header(REC_FUNC, sizeof(rec));
	copy_text(rec.name, sizeof(rec.name), p->name);
	add(s, &rec, sizeof(rec));
}

static void name_function(struct stream *s, __u32 id)
{
	struct rec_func rec = {.id = id};
	const struct program *p;
	const struct function *f;

	if (!decoder_lacks_func(pipeline_decoder(s->pipeline), id))
		return;
	p = source_program(s->source, id);
	if (p) {
		name_program(s, id, p);
		return;
	}
	f = source_function(s->source, id, &rec.flags);
	if (!f)
		return;
	rec.hdr = header(REC_FUNC, sizeof(rec));
	rec.returns = f->returns;
	rec.ret_bytes = f->ret_bytes;
	rec.addr = f->addr;
	copy_text(rec.name, sizeof(rec.name), f->name);
	copy_text(rec.module, sizeof(rec.module), f->module);
	add(s, &rec, sizeof(rec));
}

/* COUNT addresses begin at STACK, where the record has ROOM bytes. */
static void name_stack(struct stream *s, const void *stack, __u32 count, size_t room)
{
	const __u64 *frame = stack;

	for (size_t i = 0; i < room / sizeof(*frame) && i < count; i++)
		name_symbol(s, frame[i]);
}

static void name_dropped(struct stream *s, const struct rec_dropped *d, size_t len)
{
	name_symbol(s, d->location);
	name_reason(s, d->reason);
	if (d->func)
		name_function(s, d->func);
	name_stack(s, d + 1, d->stack_len, len - sizeof(*d));
}

static void name_return(struct stream *s, const struct rec_hop_return *ret)
{
	__u32 flags;
	const struct function *f = source_function(s->source, ret->func, &flags);

	name_function(s, ret->func);
	if (f && f->returns == RETURNS_DROP_REASON)
		name_reason(s, (__u32)ret->ret);
}

static void name_all(struct stream *s, const struct rec_hdr *hdr, size_t len)
{
	const struct rec_drop *drop = (const void *)hdr;
	const struct rec_packet_end *end = (const void *)hdr;
	const struct rec_hop *hop = (const void *)hdr;

	if (hdr->type == REC_DROP && len >= sizeof(*drop)) {
		name_symbol(s, drop->location);
		name_reason(s, drop->reason);
		if (drop->func)
			name_function(s, drop->func);
	} else if (hdr->type == REC_PACKET_END && len >= sizeof(*end)) {
		name_symbol(s, end->location);
		name_reason(s, end->reason);
	} else if (hdr->type == REC_HOP && len >= sizeof(struct rec_hop)) {
		name_function(s, hop->func);
		name_stack(s, hop + 1, hop->stack_len, len - sizeof(*hop));
	} else if (hdr->type == REC_DROPPED && len >= sizeof(struct rec_dropped)) {
		name_dropped(s, (const void *)hdr, len);
	} else if (hdr->type == REC_HOP_RETURN && len >= sizeof(struct rec_hop_return)) {
		name_return(s, (const void *)hdr);
	}
}

/* ---- what waits -------------------------------------------------------------------------------
 */

static void render(struct stream *s, const void *rec, size_t len)
{
	name_all(s, rec, len);
	add(s, rec, len);
}

/* False when nothing is left, or of any use. */
static bool render_first(struct stream *s)
{
	const void *rec;
	size_t len;
	int n = s->result ? 0 : spool_pop(s->spool, &rec, &len);

	if (n < 0)
		s->result = n;
	if (n > 0)
		render(s, rec, len);
	return n > 0;
}

static void render_slice(struct stream *s)
{
	uint64_t end_ns = clock_ns(CLOCK_MONOTONIC) + RENDER_NS;
	unsigned n = 0;

	while (render_first(s))
		if (++n % CLOCK_EVERY == 0 && clock_ns(CLOCK_MONOTONIC) >= end_ns)
			return;
}

/* Without room it is the ring that has to wait for rendering. */
static void defer(struct stream *s, const void *rec, size_t len)
{
	int err;

	while (!s->result && (err = spool_push(s->spool, rec, len))) {
		if (s->verbose && !s->spool_told)
			log_note("no room to keep more records until they are rendered: %s",
				strerror(-err));
		s->spool_told = true;
		if (!render_first(s))
			return;
	}
}

/* A record that takes its place behind all that came before. */
static void queue(struct stream *s, const void *rec, size_t len)
{
	if (spool_is_empty(s->spool))
		add(s, rec, len);
	else
		defer(s, rec, len);
}

/* ---- the records ------------------------------------------------------------------------------
 */

/* Returns how long this poll has been at its records. */
static uint64_t batch_duration(struct stream *s)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (!s->batch)
		s->batch_ns = now;
	return now - s->batch_ns;
}

static int on_record(void *arg, const void *rec, size_t len)
{
	struct stream *s = arg;
	uint64_t ns = s->batch % CLOCK_EVERY ? 0 : batch_duration(s);

	s->batch++;
	s->batch_late |= ns > RENDER_NS;
	if (!s->batch_late && spool_is_empty(s->spool))
		render(s, rec, len);
	else
		defer(s, rec, len);
	return ns > BATCH_NS ? -EINTR : 0;
}

static int take(struct stream *s, int timeout_ms)
{
	int n;

	s->batch = 0;
	s->batch_late = false;
	n = source_poll(s->source, timeout_ms, on_record, s);
	if (n < 0 && n != -EINTR && s->result >= 0)
		s->result = n;
	return n;
}

static void tell_time(struct stream *s)
{
	struct rec_hdr hdr = header(REC_TICK, sizeof(hdr));

	if (hdr.ts_ns < s->ticked_ns + TICK_NS)
		return;
	s->ticked_ns = hdr.ts_ns;
	queue(s, &hdr, sizeof(hdr));
}

static void tell_losses(struct stream *s)
{
	uint64_t now[LOST_KINDS];

	source_lost(s->source, now);
	for (int where = 0; where < LOST_KINDS; where++) {
		struct rec_lost rec = {.count = now[where] - s->lost[where], .where = (__u32)where};

		if (!rec.count)
			continue;
		s->lost[where] = now[where];
		rec.hdr = header(REC_LOST, sizeof(rec));
		queue(s, &rec, sizeof(rec));
	}
}

static void tell_missed(struct stream *s)
{
	struct rec_lost rec = {.count = source_missed(s->source), .where = LOST_MISSED};

	if (!rec.count)
		return;
	rec.hdr = header(REC_LOST, sizeof(rec));
	queue(s, &rec, sizeof(rec));
}

static void show(struct stream *s)
{
	int err = s->result < 0 ? 0 : pipeline_flush(s->pipeline);

	if (err)
		s->result = err;
}

void stream_poll(struct stream *s, int timeout_ms)
{
	int n = take(s, spool_is_empty(s->spool) ? timeout_ms : 0);

	if (n >= 0) /* else there may be older records to come */
		tell_time(s);
	tell_losses(s);
	render_slice(s);
	show(s);
}

static void take_all(struct stream *s, int timeout_ms)
{
	while (take(s, timeout_ms) == -EINTR)
		;
}

#define LAST_POLLS 5
#define LAST_MS    4

/*
 * What the kernel side has written by now still belongs to the run. A program that another CPU is
 * in the middle of holds back all records behind its own, for a moment: for some milliseconds where
 * that CPU is a virtual one whose host is busy. Hence the further polls.
 */
void stream_stop(struct stream *s)
{
	struct rec_hdr stop;

	take_all(s, 0);
	for (int i = 0; i < LAST_POLLS; i++)
		take_all(s, LAST_MS);
	while (render_first(s))
		;
	spool_clear(s->spool); /* what is behind the last of --count */
	tell_losses(s);
	tell_missed(s);
	stop = header(REC_STOP, sizeof(stop));
	add(s, &stop, sizeof(stop));
	show(s);
}

void stream_done(struct stream *s)
{
	spool_free(s->spool);
}

/* ---- the first record -------------------------------------------------------------------------
 */

static void describe_run(struct rec_meta *rec, const struct source *source, const struct opts *o)
{
	struct kernel_id id;

	kernel_identify(&id);
	rec->version = REC_STREAM_VERSION;
	rec->probes_attached = (__u32)source_attached(source);
	rec->probes_skipped = (__u32)source_skipped(source);
	rec->realtime_offset_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	copy_text(rec->tool_version, sizeof(rec->tool_version), PATHLAG_VERSION);
	copy_text(rec->kernel, sizeof(rec->kernel), id.release);
	copy_text(rec->arch, sizeof(rec->arch), id.arch);
	copy_text(rec->hostname, sizeof(rec->hostname), id.hostname);
	copy_text(rec->command, sizeof(rec->command), opts_name(o->subcommand));
	copy_text(rec->milestone, sizeof(rec->milestone), source_milestone_backend(source));
	copy_text(rec->function, sizeof(rec->function), source_function_backend(source));
	copy_text(rec->program, sizeof(rec->program), source_program_backend(source));
	rec->slow_ns = o->slow_ns ? o->slow_ns : SLOW_DEFAULT_NS;
	rec->drop_reasons = kernel_has_drop_reasons(source_kernel(source));
}

void stream_meta(struct stream *s, const struct opts *o)
{
	const char *filter = o->expression ? o->expression : "";
	size_t at = sizeof(struct rec_meta), filter_len = strlen(filter) + 1;
	size_t len = at + o->cmdline_len + filter_len;
	_cleanup_(freep) struct rec_meta *rec = calloc(1, len);

	if (!rec) {
		s->result = -ENOMEM;
		return;
	}
	describe_run(rec, s->source, o);
	rec->hdr = header(REC_META, len);
	rec->cmdline_len = (__u32)o->cmdline_len;
	rec->filter_len = (__u32)filter_len;
	memcpy((char *)rec + at, o->cmdline, o->cmdline_len);
	memcpy((char *)rec + at + o->cmdline_len, filter, filter_len);
	s->ticked_ns = rec->hdr.ts_ns;
	add(s, rec, len);
	show(s);
}
