/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as a record stream: decode -> correlate -> judge -> JSON and text. Nothing may crash,
 * leak or read outside its input; and whatever the stream, the phases of every attempt sum to its
 * duration and its timeline is in order. The input is a recording without its magic.
 */
#include "output/event.h"
#include "output/sink.h"
#include "output/tracker.h"

struct judge {
	struct sink *json, *text;
};

static void on_attempt(void *arg, const struct attempt *a)
{
	struct judge *j = arg;
	struct verdict v;
	__u64 sum = 0;

	for (int i = 0; i < PHASE_COUNT; i++)
		sum += a->phase_ns[i];
	if (sum != attempt_dur_ns(a))
		abort();
	for (unsigned i = 1; i < a->moments_kept; i++)
		if (a->moment[i].ts_ns < a->moment[i - 1].ts_ns)
			abort();
	verdict_of_attempt(a, 100000000, &v);
	j->json->ops->connect(j->json, a, &v);
	j->text->ops->connect(j->text, a, &v);
}

static void on_lookup(void *arg, const struct lookup *l)
{
	struct judge *j = arg;
	struct verdict v;

	verdict_of_lookup(l, 100000000, &v);
	j->json->ops->lookup(j->json, l, &v);
	j->text->ops->lookup(j->text, l, &v);
}

/* Records are cut from the input by their own length, copied so that ASan sees every overrun. */
static void feed(struct decoder *d, struct tracker *t, const uint8_t *data, size_t size)
{
	struct rec_hdr hdr;
	struct event ev;

	while (size >= sizeof(hdr)) {
		_cleanup_(freep) void *rec = NULL;
		size_t len;

		memcpy(&hdr, data, sizeof(hdr));
		len = hdr.len < sizeof(hdr) ? sizeof(hdr) : hdr.len > size ? size : hdr.len;
		rec = malloc(len);
		memcpy(rec, data, len);
		if (decoder_read(d, rec, len, &ev) == 1 && ev.type != REC_META)
			tracker_feed(t, &ev);
		data += len;
		size -= len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rec_hdr stop = {.type = REC_STOP, .len = sizeof(stop), .ts_ns = UINT64_MAX};
	FILE *null = fopen("/dev/null", "we");
	struct sink_cfg cfg = {.out = null, .verbose = true, .width = 80};
	struct judge j = {.json = sink_json_new(&cfg), .text = sink_text_new(&cfg)};
	struct tracker_cfg tcfg = {.max_attempts = 16,
		.max_lookups = 16,
		.arg = &j,
		.on_attempt = on_attempt,
		.on_lookup = on_lookup};
	struct decoder *d = decoder_new();
	struct tracker *t = tracker_new(&tcfg);
	struct event ev;

	feed(d, t, data, size);
	if (decoder_read(d, &stop, sizeof(stop), &ev) == 1)
		tracker_feed(t, &ev);
	tracker_free(t);
	decoder_free(d);
	sink_free(j.json);
	sink_free(j.text);
	fclose(null);
	return 0;
}
