/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * screen.h - what the text sink wrote, for the tests that look at it.
 */
#ifndef PATHLAG_SCREEN_H
#define PATHLAG_SCREEN_H

#include "tests/unit/sample.h"
#include "tests/unit/unit.h"

struct screen {
	FILE *f;
	struct sink *sink;
};

static inline struct screen screen_new(struct sink_cfg cfg)
{
	struct screen s = {0};
	struct rec_meta rec;
	struct run_info run = sample_run(&rec);

	cfg.out = tmpfile();
	s.f = cfg.out;
	s.sink = sink_text_new(&cfg);
	CHECK_INT(s.sink->ops->meta(s.sink, &run), 0);
	return s;
}

static inline void screen_show(struct screen *s, const struct attempt *a, const char *cause,
	const char *text, const char *hint)
{
	struct verdict v = sample_verdict(cause, 0.9, text, hint);

	CHECK_INT(s->sink->ops->connect(s->sink, a, &v), 0);
}

/* All that was shown so far; the caller frees it. */
static inline char *screen_end(struct screen *s)
{
	long len = ftell(s->f);
	char *text = calloc(1, len + 1);

	rewind(s->f);
	CHECK_INT(fread(text, 1, len, s->f), len);
	fclose(s->f);
	sink_free(s->sink);
	return text;
}

#endif
