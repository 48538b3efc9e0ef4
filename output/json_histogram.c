// SPDX-License-Identifier: GPL-2.0-only
#include "output/json_histogram.h"
#include "output/json_story.h"

static void put_by(struct json_line *l, enum histogram_by by, const struct histogram_group *g)
{
	static const char *const keys[] = {[BY_PORT] = "dport",
		[BY_NAME] = "name",
		[BY_OWNER] = "owner",
		[BY_RESULT] = "result"};
	char text[NAME_LEN + 16];

	if (g->other)
		snprintf(text, sizeof(text), "other");
	else
		snprintf(text, sizeof(text), "%s=%s", keys[by], g->name);
	json_line_text(l, l->root, "by", text);
}

static void put_buckets(struct json_line *l, const struct histogram *h)
{
	struct json_object *list = json_line_array(l, l->root, "buckets"), *o;
	unsigned first, last;

	histogram_range(h, &first, &last);
	for (unsigned i = first; i <= last; i++) {
		o = json_line_object(l, list, NULL);
		json_line_uint(l, o, "le_ns", 1ULL << i);
		json_line_uint(l, o, "count", h->bucket[i]);
	}
}

static int write_one(struct json_out *out, enum histogram_by by, const struct histogram_set *set,
	const struct histogram *h)
{
	struct json_line l;

	if (!h->count)
		return 0;
	json_line_begin(&l, "histogram");
	json_line_text(&l, l.root, "side", histogram_side_name(set->group->side));
	json_line_text(&l, l.root, "phase", h->phase);
	put_by(&l, by, set->group);
	json_line_text(&l, l.root, "result", set->result);
	put_buckets(&l, h);
	json_line_uint(&l, l.root, "count", h->count);
	json_line_uint(&l, l.root, "sum_ns", h->sum_ns);
	return json_line_write(&l, out);
}

int json_histograms_write(struct json_out *out, const struct histogram_report *r)
{
	int err = 0;

	for (size_t i = 0; !err && i < r->sets; i++) {
		err = write_one(out, r->by, r->set[i], &r->set[i]->total);
		for (unsigned n = 0; !err && n < r->set[i]->phases; n++)
			err = write_one(out, r->by, r->set[i], &r->set[i]->phase[n]);
	}
	return err;
}

void json_slowest(struct json_line *l, const struct histogram_report *r)
{
	struct json_object *list = json_line_array(l, l->root, "slowest"), *o;

	for (unsigned i = 0; i < r->slowests; i++) {
		const struct slow_one *s = &r->slowest[i];

		o = json_line_object(l, list, NULL);
		json_line_text(l, o, "side", histogram_side_name(s->side));
		json_line_uint(l, o, "dur_ns", s->dur_ns);
		json_line_stamp(l, o, "ts_ns", s->ts_ns);
		json_line_owner(l, o, &s->owner);
		json_story_tuple(l, o, &s->tuple);
		json_line_known(l, o, "name", s->name);
		json_line_text(l, o, "cause", s->cause);
	}
}
