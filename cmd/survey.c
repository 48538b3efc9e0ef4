/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/pipeline.h"
#include "cmd/recording.h"
#include "cmd/survey.h"
#include "output/tracker.h"

struct survey {
	struct peers *peers;
	unsigned from;
	const char *path;
	char hostname[64];
	struct decoder *decoder;
	struct tracker *tracker;
	int result; /* of the callbacks: the first error */
};

static void on_lookup(void *arg, const struct lookup *l)
{
	/* lookups are of one host only */
}

static void on_attempt(void *arg, const struct attempt *a)
{
	struct survey *s = arg;
	int err = peers_add_attempt(s->peers, s->from, s->hostname, a);

	s->result = s->result ? s->result : err;
}

static void on_passive(void *arg, const struct passive *p)
{
	struct survey *s = arg;
	int err = peers_add_passive(s->peers, s->from, s->hostname, p);

	s->result = s->result ? s->result : err;
}

static int on_meta(struct survey *s, const struct rec_meta *rec, struct errbuf *err)
{
	enum subcommand by = pipeline_recorded_by(rec);

	if (by != CMD_CONNECT)
		return err_set(err, -EINVAL,
			"%s was recorded by `pathlag %s`: only those of connect can be joined",
			s->path, opts_name(by));
	snprintf(s->hostname, sizeof(s->hostname), "%.*s", (int)sizeof(rec->hostname) - 1,
		rec->hostname);
	return 0;
}

static int survey_record(struct survey *s, const struct rec_hdr *hdr, struct errbuf *err)
{
	struct event ev;
	int result = decoder_read(s->decoder, hdr, hdr->len, &ev);

	if (result <= 0)
		return result;
	result = ev.type == REC_META ? on_meta(s, ev.run.rec, err) : tracker_feed(s->tracker, &ev);
	return result ? result : s->result;
}

static int survey_records(struct survey *s, FILE *f, struct errbuf *err)
{
	_Alignas(__u64) char rec[REC_MAX_LEN];
	struct rec_hdr *hdr = (struct rec_hdr *)rec, stop = {.type = REC_STOP, .len = sizeof(stop)};
	struct errbuf ignored = {0};
	int result = 0;

	while (!result && recording_read(f, s->path, rec, &ignored) > 0) {
		result = survey_record(s, hdr, err);
		stop.ts_ns = hdr->ts_ns;
		if (!result && hdr->type == REC_STOP)
			return 0;
	}
	/* Cut off or damaged: as far as it goes. Who renders it says so. */
	if (!result || result == -EBADMSG)
		result = survey_record(s, &stop, err);
	return result;
}

int survey_recording(struct peers *peers, unsigned from, const char *path, struct errbuf *err)
{
	struct survey s = {.peers = peers, .from = from, .path = path};
	struct tracker_cfg cfg = {.arg = &s,
		.on_lookup = on_lookup,
		.on_attempt = on_attempt,
		.on_passive = on_passive};
	_cleanup_(fclosep) FILE *f = recording_open(path, err);
	int result;

	if (!f)
		return -EINVAL;
	s.decoder = decoder_new();
	s.tracker = tracker_new(&cfg);
	result = s.decoder && s.tracker ? survey_records(&s, f, err) : -ENOMEM;
	tracker_free(s.tracker);
	decoder_free(s.decoder);
	return result;
}
