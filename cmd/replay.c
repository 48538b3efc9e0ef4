/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/log.h"
#include "cmd/usage.h"
#include "cmd/pipeline.h"
#include "cmd/recording.h"
#include "cmd/replay.h"

static int replay_records(FILE *f, struct pipeline *p, struct errbuf *err)
{
	_Alignas(__u64) char rec[REC_MAX_LEN];
	__u64 last_ns = 0;
	int len, result = 0;
	bool stopped = false;

	while (!result && !stopped && (len = recording_read(f, rec, err)) > 0) {
		struct rec_hdr *hdr = (struct rec_hdr *)rec;

		result = pipeline_feed(p, rec, (size_t)len);
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

int cmd_replay(int argc, char **argv)
{
	struct opts o = {0};
	struct errbuf err = {0};
	struct pipeline *p;
	_cleanup_(fclosep) FILE *f = NULL;
	int result = opts_parse(&o, CMD_REPLAY, argc, argv, &err);

	if (result)
		return result > 0 ? usage_show(CMD_REPLAY, result) : log_failure(result, &err);
	if (o.operands != 1 || o.command) {
		log_error("replay needs one recording: pathlag replay [OPTIONS] FILE");
		return EXIT_USAGE;
	}
	f = recording_open(o.operand[0], &err);
	if (!f)
		return log_failure(-EINVAL, &err);
	p = pipeline_new(&o, &err);
	if (!p)
		return log_failure(-EIO, &err);
	result = replay_records(f, p, &err);
	if (result >= 0)
		result = pipeline_flush(p);
	pipeline_free(p);
	if (result == -EPIPE)
		return EXIT_OK;
	if (!result && err.text[0])
		log_note("%s", err.text);
	/* A damaged file is bad input, like a misspelt option. */
	return result < 0 ? log_failure(result == -EBADMSG ? -EINVAL : result, &err) : EXIT_OK;
}
