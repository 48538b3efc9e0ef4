/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tape.h - what the JSON sink wrote, parsed back, with short words to look into it.
 */
#ifndef PATHLAG_TAPE_H
#define PATHLAG_TAPE_H

#include <json-c/json.h>

#include "output/utf8.h"
#include "tests/unit/sample.h"
#include "tests/unit/unit.h"

#define LINE_MAX_LEN 65536

struct tape {
	FILE *f;
	struct sink *sink;
};

/* A JSON sink that has written its meta line. */
static inline struct tape tape_new(void)
{
	struct tape t = {.f = tmpfile()};
	struct sink_cfg cfg = {.out = t.f};
	struct rec_meta rec;
	struct run_info run = sample_run(&rec);

	t.sink = sink_json_new(&cfg);
	CHECK_INT(t.sink->ops->meta(t.sink, &run), 0);
	return t;
}

static inline void tape_free(struct tape *t)
{
	sink_free(t->sink);
	fclose(t->f);
}

/* The last line written, parsed; it must be one whole line of valid UTF-8. */
static inline struct json_object *tape_last(struct tape *t)
{
	static char text[LINE_MAX_LEN];
	struct json_object *o = NULL;
	unsigned lines = 0;

	rewind(t->f);
	while (fgets(text, sizeof(text), t->f))
		lines++;
	CHECK(lines && strlen(text) && text[strlen(text) - 1] == '\n');
	CHECK_INT(utf8_valid(text, strlen(text)), strlen(text));
	o = json_tokener_parse(text);
	CHECK(json_object_is_type(o, json_type_object));
	return o;
}

/* The last one of that type; NULL = there is none. */
static inline struct json_object *tape_last_of(struct tape *t, const char *type)
{
	static char text[LINE_MAX_LEN], found[LINE_MAX_LEN];
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "{\"v\":1,\"type\":\"%s\",", type);
	*found = '\0';
	rewind(t->f);
	while (fgets(text, sizeof(text), t->f))
		if (!strncmp(text, wanted, strlen(wanted)))
			strcpy(found, text);
	return *found ? json_tokener_parse(found) : NULL;
}

static inline struct json_object *at(struct json_object *o, const char *key)
{
	struct json_object *val = NULL;

	json_object_object_get_ex(o, key, &val);
	return val;
}

static inline bool has(struct json_object *o, const char *key)
{
	return json_object_object_get_ex(o, key, NULL);
}

static inline const char *text_at(struct json_object *o, const char *key)
{
	struct json_object *val = at(o, key);

	return json_object_is_type(val, json_type_string) ? json_object_get_string(val) : NULL;
}

static inline long long int_at(struct json_object *o, const char *key)
{
	struct json_object *val = at(o, key);

	return json_object_is_type(val, json_type_int) ? json_object_get_int64(val) : -1;
}

/* "v type ts_ns ...": the keys of an object, in order. */
static inline void check_keys(int line, struct json_object *o, const char *want)
{
	char got[1024] = "";
	size_t len = 0;

	json_object_object_foreach(o, key, val)
	{
		(void)val;
		len += snprintf(got + len, sizeof(got) - len, "%s%s", len ? " " : "", key);
	}
	unit_check_str(__FILE__, line, "keys", got, want);
}

#define KEYS(o, want) check_keys(__LINE__, o, want)

#endif
