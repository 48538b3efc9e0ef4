/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/check.h"
#include "bpf/features.h"
#include "bpf/kernel.h"
#include "cmd/log.h"

#include <json-c/json.h>

struct layer {
	const char *name;
	bool works;
	const char *gives;
};

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

static void print_text(const struct features *f, const struct layer *layer, size_t layers)
{
	struct kernel_id id;

	kernel_identify(&id);
	printf("Linux %s %s\n\n", id.release, id.arch);
	for (size_t i = 0; i < f->count; i++) {
		const struct feature *x = &f->feature[i];

		printf("%-4s %-16s %s\n", yes_no(x->works), x->name, x->why);
		if (x->works)
			continue;
		printf("%21s missing: %s\n", "", x->means);
		if (x->change)
			printf("%21s needs: %s\n", "", x->change);
	}
	putchar('\n');
	for (size_t i = 0; i < layers; i++)
		printf("%-4s %-16s %s\n", yes_no(layer[i].works), layer[i].name, layer[i].gives);
}

static json_object *feature_json(const struct feature *x)
{
	json_object *o = json_object_new_object();

	json_object_object_add(o, "name", json_object_new_string(x->name));
	json_object_object_add(o, "works", json_object_new_boolean(x->works));
	json_object_object_add(o, "why", json_object_new_string(x->why));
	json_object_object_add(o, "means", json_object_new_string(x->means));
	if (x->change)
		json_object_object_add(o, "change", json_object_new_string(x->change));
	return o;
}

static void print_json(const struct features *f, const struct layer *layer, size_t layers)
{
	json_object *o = json_object_new_object(), *list = json_object_new_array();
	json_object *verdict = json_object_new_object();
	struct kernel_id id;

	kernel_identify(&id);
	for (size_t i = 0; i < f->count; i++)
		json_object_array_add(list, feature_json(&f->feature[i]));
	for (size_t i = 0; i < layers; i++)
		json_object_object_add(
			verdict, layer[i].name, json_object_new_boolean(layer[i].works));
	json_object_object_add(o, "v", json_object_new_int(1));
	json_object_object_add(o, "type", json_object_new_string("check"));
	json_object_object_add(o, "kernel", json_object_new_string(id.release));
	json_object_object_add(o, "arch", json_object_new_string(id.arch));
	json_object_object_add(o, "features", list);
	json_object_object_add(o, "layers", verdict);
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static int print_help(void)
{
	puts("pathlag check [--json]\n"
	     "What this kernel allows, what that means, and what would change it.\n"
	     "Exit status: 0 where connects can be diagnosed, 3 where not.");
	return EXIT_OK;
}

int cmd_check(int argc, char **argv)
{
	struct features f;
	bool json = false;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help"))
			return print_help();
		if (strcmp(argv[i], "--json")) {
			log_error("check: unknown argument '%s' (only --json is known)", argv[i]);
			return EXIT_USAGE;
		}
		json = true;
	}
	features_probe(&f);
	const struct layer layers[] = {
		{"milestone", f.milestone, "slow connects, diagnosed: pathlag connect"},
		{"function", f.function, "every kernel function a packet passes"},
		{"program", f.program, "XDP and tc programs, their verdicts and time"},
	};
	(json ? print_json : print_text)(&f, layers, ARRAY_SIZE(layers));
	return log_flush(f.milestone ? EXIT_OK : EXIT_UNSUPPORTED);
}
