/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/expression.h"
#include "cmd/log.h"
#include "cmd/usage.h"
#include "cmd/pipeline.h"
#include "cmd/recording.h"
#include "cmd/replay.h"
#include "cmd/survey.h"

static int replay_record(
	const struct opts *o, struct pipeline *p, const struct rec_hdr *hdr, struct errbuf *err)
{
	if (hdr->type == REC_META && hdr->len >= sizeof(struct rec_meta)) {
		int bad = opts_fit(o, pipeline_recorded_by((const struct rec_meta *)hdr), err);

		if (bad)
			return bad;
	}
	return pipeline_feed(p, hdr, hdr->len);
}

static int replay_file(
	const struct opts *o, const char *path, struct pipeline *p, struct errbuf *err)
{
	_cleanup_(fclosep) FILE *f = recording_open(path, err);
	_Alignas(__u64) char rec[REC_MAX_LEN];
	__u64 last_ns = 0;
	int len, result = 0;
	bool stopped = false;

	if (!f)
		return -EINVAL;
	while (!result && !stopped && (len = recording_read(f, path, rec, err)) > 0) {
		struct rec_hdr *hdr = (struct rec_hdr *)rec;

		result = replay_record(o, p, hdr, err);
		stopped = hdr->type == REC_STOP;
		last_ns = hdr->ts_ns;
	}
	if (result == -EBADMSG)
		return err_set(err, -EBADMSG, "%s is damaged, or of another version", path);
	if (result < 0)
		return result;
	if (!stopped) {
		/* Cut off, or --count was reached: what was read is still told to its end. */
		struct rec_hdr stop = {.type = REC_STOP, .len = sizeof(stop), .ts_ns = last_ns};

		pipeline_feed(p, &stop, sizeof(stop));
		if (!result && len == 0)
			err_set(err, 0, "%s has no end: its run was cut off", path);
	}
	return !result && len < 0 ? len : 0;
}

/* What each knows of the connections of the others; NULL in RET for a single one. */
static int survey(const struct opts *o, int files, struct peers **ret, struct errbuf *err)
{
	int result = 0;

	*ret = NULL;
	if (files == 1)
		return 0;
	*ret = peers_new();
	if (!*ret)
		return err_set(err, -ENOMEM, "out of memory");
	for (int i = 0; i < files && !result; i++)
		result = survey_recording(*ret, i, o->operand[i], err);
	if (!result && peers_left_out(*ret))
		log_note("too many connections to join them all: %llu are left as they are",
			(unsigned long long)peers_left_out(*ret));
	return result;
}

static int replay_files(
	const struct opts *o, int files, const struct filter *filter, struct errbuf *err)
{
	_cleanup_(peers_freep) struct peers *peers = NULL;
	int result = survey(o, files, &peers, err);
	struct pipeline *p;

	if (result)
		return result;
	p = pipeline_new(o, filter, err);
	if (!p)
		return -EIO;
	for (int i = 0; i < files && !result; i++) {
		if (i)
			result = pipeline_next(p);
		if (peers)
			pipeline_join(p, peers, i);
		if (!result)
			result = replay_file(o, o->operand[i], p, err);
	}
	pipeline_free(p);
	return result;
}

/* The first operand is one, whatever it is; of the others those that are. */
static int count_files(const struct opts *o)
{
	int n = 1;

	while (n < o->operands && recording_is_at(o->operand[n]))
		n++;
	return n;
}

static int replay(struct opts *o, struct errbuf *err)
{
	_cleanup_(filter_freep) struct filter *filter = NULL;
	int files, result;

	if (!o->operands || o->command)
		return err_set(err, -EINVAL,
			"replay needs a recording: pathlag replay [OPTIONS] FILE... "
			"[PCAP-EXPRESSION]");
	files = count_files(o);
	result = opts_expression(o, files);
	if (!result)
		result = expression_compile(o, &filter, err);
	if (!result)
		result = replay_files(o, files, filter, err);
	/* A damaged file is bad input, like a misspelt option. */
	return result == -EBADMSG ? -EINVAL : result;
}

int cmd_replay(int argc, char **argv)
{
	_cleanup_(opts_done) struct opts o = {0};
	struct errbuf err = {0};
	int result = opts_parse(&o, CMD_REPLAY, argc, argv, &err);

	if (result > 0)
		return usage_show(CMD_REPLAY, result);
	if (!result)
		result = replay(&o, &err);
	if (result && result != -EPIPE)
		return log_failure(result, &err);
	if (!result && err.text[0])
		log_note("%s", err.text);
	return EXIT_OK;
}
