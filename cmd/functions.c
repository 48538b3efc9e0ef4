/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd/functions.h"
#include "bpf/functions.h"
#include "cmd/log.h"

#include <getopt.h>
#include <json-c/json.h>
#include <time.h>

struct request {
	const char *const *words;
	size_t words_count;
	const char *context[32];
	size_t context_count;
	bool json, core, attachable, verbose, help;
};

static const char *returns_name(const struct function *fn)
{
	static const char *const name[RETURNS_KINDS] = {
		[RETURNS_VOID] = "void",
		[RETURNS_INT] = "int",
		[RETURNS_UNSIGNED] = "unsigned",
		[RETURNS_BOOL] = "bool",
		[RETURNS_POINTER] = "pointer",
		[RETURNS_XMIT] = "xmit",
		[RETURNS_RX] = "rx",
		[RETURNS_DROP_REASON] = "drop_reason",
		[RETURNS_NF] = "nf",
		[RETURNS_NF_SLOW] = "nf_slow",
	};

	return fn->returns < RETURNS_KINDS ? name[fn->returns] : "?";
}

static const char *why_text(const struct function *fn)
{
	const char *reason = fn->why == FUNC_DENIED ? functions_deny_reason(fn->name) : NULL;

	return reason ? reason : func_why_text(fn->why);
}

/* What is known: with tracefs everything, without it only what rules a function out. */
static bool verdict_known(const struct functions *f, const struct function *fn)
{
	return f->have_tracefs || fn->why != FUNC_OK;
}

static void print_text(const struct functions *f, const struct function *fn)
{
	const char *answer = !verdict_known(f, fn) ? "?" : fn->why ? "no" : "yes";
	char args[48] = "-";
	int len = 0;

	if (fn->skb_pos)
		len = snprintf(
			args, sizeof(args), "%s=%d", func_arg_name(fn->skb_kind), fn->skb_pos);
	if (fn->sk_pos)
		snprintf(args + len, sizeof(args) - len, "%s%s=%d", len ? " " : "",
			func_arg_name(fn->sk_kind), fn->sk_pos);
	printf("%-3s %-38s %-12s %-12s %s%s%s%s\n", answer, fn->name,
		fn->module[0] ? fn->module : "?", args, returns_name(fn), fn->core ? " core" : "",
		fn->why ? ": " : "", fn->why ? why_text(fn) : "");
}

static void print_json(const struct functions *f, const struct function *fn)
{
	json_object *o = json_object_new_object(), *args = json_object_new_object();

	if (fn->skb_pos)
		json_object_object_add(
			args, func_arg_name(fn->skb_kind), json_object_new_int(fn->skb_pos));
	if (fn->sk_pos)
		json_object_object_add(
			args, func_arg_name(fn->sk_kind), json_object_new_int(fn->sk_pos));
	json_object_object_add(o, "v", json_object_new_int(1));
	json_object_object_add(o, "type", json_object_new_string("function"));
	json_object_object_add(o, "name", json_object_new_string(fn->name));
	if (fn->module[0])
		json_object_object_add(o, "module", json_object_new_string(fn->module));
	json_object_object_add(o, "args", args);
	json_object_object_add(o, "returns", json_object_new_string(returns_name(fn)));
	json_object_object_add(o, "core", json_object_new_boolean(fn->core));
	if (fn->context)
		json_object_object_add(o, "context", json_object_new_boolean(true));
	if (verdict_known(f, fn))
		json_object_object_add(o, "attachable", json_object_new_boolean(!fn->why));
	if (fn->why)
		json_object_object_add(o, "why", json_object_new_string(why_text(fn)));
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static int print_help(void)
{
	puts("pathlag functions [OPTIONS] [GLOB...]\n"
	     "Kernel functions that take a packet or a socket: where the argument is, what they\n"
	     "return, and whether they can be traced. GLOB: also MODULE:GLOB, !GLOB, core, all, "
	     "and\n"
	     "skb, sk, xdp: those that take one.\n"
	     "\n"
	     "      --core            only those of `--functions core`\n"
	     "      --attachable      only those that can be traced\n"
	     "      --context GLOB    also functions that take neither\n"
	     "      --json            JSON lines\n"
	     "  -v, --verbose         what took how long\n"
	     "  -h, --help            this text\n"
	     "\n"
	     "Exit status: 0; 2 where a GLOB matches nothing; 3 where this kernel has no BTF.");
	return fflush(stdout) ? EXIT_RUNTIME : EXIT_OK;
}

static int parse(struct request *r, int argc, char **argv)
{
	enum { OPT_CORE = 256, OPT_ATTACHABLE, OPT_CONTEXT, OPT_JSON };
	static const struct option options[] = {
		{"core", no_argument, NULL, OPT_CORE},
		{"attachable", no_argument, NULL, OPT_ATTACHABLE},
		{"context", required_argument, NULL, OPT_CONTEXT},
		{"json", no_argument, NULL, OPT_JSON},
		{"verbose", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{},
	};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":vh", options, NULL)) != -1) {
		switch (c) {
		case OPT_CORE:
			r->core = true;
			break;
		case OPT_ATTACHABLE:
			r->attachable = true;
			break;
		case OPT_JSON:
			r->json = true;
			break;
		case 'v':
			r->verbose = true;
			break;
		case 'h':
			r->help = true;
			return 0;
		case OPT_CONTEXT:
			if (r->context_count < ARRAY_SIZE(r->context)) {
				r->context[r->context_count++] = optarg;
				break;
			}
			/* fall through */
		default:
			log_error("functions: %s '%s' (see pathlag functions --help)",
				c == ':' ? "a value is missing after" : "unexpected argument",
				argv[optind - 1]);
			return -EINVAL;
		}
	}
	r->words = (const char *const *)argv + optind;
	r->words_count = argc - optind;
	return 0;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* The list, chosen and judged. */
static int collect(struct functions **ret, const struct request *r)
{
	const char *word = r->core ? "core" : "all";
	double start = seconds(), opened, chosen;
	struct errbuf err = {};
	int code = functions_open(ret, NULL, true, &err);

	opened = seconds();
	if (!code)
		code = functions_choose(
			*ret, r->words, r->words_count, word, r->context, r->context_count, &err);
	chosen = seconds();
	if (!code)
		code = functions_resolve(*ret, false, &err);
	if (code)
		return log_failure(code, &err);
	if (r->verbose)
		log_note("BTF read in %.1f ms, chosen in %.1f ms, ftrace's list read in %.1f ms",
			(opened - start) * 1e3, (chosen - opened) * 1e3,
			(seconds() - chosen) * 1e3);
	return EXIT_OK;
}

static bool is_shown(const struct functions *f, const struct function *fn, const struct request *r)
{
	if (!fn->chosen || (r->core && !fn->core))
		return false;
	return !r->attachable || (verdict_known(f, fn) && !fn->why);
}

static void count_note(const struct functions *f, size_t shown, size_t attachable)
{
	if (f->have_tracefs)
		log_note("%zu functions, %zu can be traced", shown, attachable);
	else
		log_note("%zu functions; which can be traced is not known: ftrace's list cannot be "
			 "read (it takes root and CONFIG_FUNCTION_TRACER)",
			shown);
}

int cmd_functions(int argc, char **argv)
{
	_cleanup_(functions_freep) struct functions *f = NULL;
	size_t shown = 0, attachable = 0;
	struct request r = {};
	int status;

	if (parse(&r, argc, argv))
		return EXIT_USAGE;
	if (r.help)
		return print_help();
	status = collect(&f, &r);
	if (status != EXIT_OK)
		return status;
	for (size_t i = 0; i < f->count; i++) {
		const struct function *fn = &f->list[i];

		if (!is_shown(f, fn, &r))
			continue;
		shown++;
		attachable += !fn->why;
		(r.json ? print_json : print_text)(f, fn);
		/* A reader that has gone wants no more. */
		if (ferror(stdout))
			break;
	}
	if (ferror(stdout) || fflush(stdout))
		return log_flush(EXIT_OK);
	count_note(f, shown, attachable);
	return EXIT_OK;
}
