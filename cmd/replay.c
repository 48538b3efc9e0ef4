/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/expression.h"
#include "cmd/log.h"
#include "cmd/usage.h"
#include "cmd/pipeline.h"
#include "cmd/recording.h"
#include "cmd/replay.h"

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

static int replay_records(const struct opts *o, FILE *f, struct pipeline *p, struct errbuf *err)
{
	_Alignas(__u64) char rec[REC_MAX_LEN];
	__u64 last_ns = 0;
	int len, result = 0;
	bool stopped = false;

	while (!result && !stopped && (len = recording_read(f, rec, err)) > 0) {
		struct rec_hdr *hdr = (struct rec_hdr *)rec;

		result = replay_record(o, p, hdr, err);
		stopped = hdr->type == REC_STOP;
		last_ns = hdr->ts_ns;
	}
	if (result == -EBADMSG)
		return err_set(err, -EBADMSG, "the recording is damaged, or of another version");
	if (result < 0)
		return result;
	if (!stopped) {
		/* Cut off, or --count was reached: what was read is still told to its end. */
		struct rec_hdr stop = {.type = REC_STOP, .len = sizeof(stop), .ts_ns = last_ns};

		pipeline_feed(p, &stop, sizeof(stop));
		if (!result && len == 0)
			err_set(err, 0, "the recording has no end: its run was cut off");
	}
	return !result && len < 0 ? len : 0;
}

static int replay_file(const struct opts *o, const struct filter *filter, struct errbuf *err)
{
	_cleanup_(fclosep) FILE *f = recording_open(o->operand[0], err);
	struct pipeline *p;
	int result;

	if (!f)
		return -EINVAL;
	p = pipeline_new(o, filter, err);
	if (!p)
		return -EIO;
	result = replay_records(o, f, p, err);
	pipeline_free(p);
	/* A damaged file is bad input, like a misspelt option. */
	return result == -EBADMSG ? -EINVAL : result;
}

int cmd_replay(int argc, char **argv)
{
	_cleanup_(filter_freep) struct filter *filter = NULL;
	_cleanup_(opts_done) struct opts o = {0};
	struct errbuf err = {0};
	int result = opts_parse(&o, CMD_REPLAY, argc, argv, &err);

	if (result > 0)
		return usage_show(CMD_REPLAY, result);
	if (!result && (!o.operands || o.command))
		result = err_set(&err, -EINVAL,
			"replay needs a recording: pathlag replay [OPTIONS] FILE "
			"[PCAP-EXPRESSION]");
	if (!result)
		result = opts_expression(&o, 1);
	if (!result)
		result = expression_compile(&o, &filter, &err);
	if (!result)
		result = replay_file(&o, filter, &err);
	if (result && result != -EPIPE)
		return log_failure(result, &err);
	if (!result && err.text[0])
		log_note("%s", err.text);
	return EXIT_OK;
}
