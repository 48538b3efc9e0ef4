/* SPDX-License-Identifier: GPL-2.0-only */
#include <ctype.h>
#include <json-c/json.h>

#include "bpf/kernel.h"
#include "bpf/near.h"
#include "cmd/explain.h"
#include "cmd/log.h"
#include "output/causes.h"
#include "output/utf8.h"

#define COLUMNS         80
#define NAME_COLUMNS    26
#define TABLES_MAX      8
#define KERNEL_REASONS  512 /* more than any kernel has */
#define KERNEL_NAME_MAX 64
#define WORD_MAX        64

/* A table, and what its rows are. */
struct table {
	const char *kind, *words;
	const struct causes *causes;
};

static size_t tables(struct table ret[TABLES_MAX])
{
	size_t n = 0;

	ret[n++] = (struct table){"cause", "cause", &causes_of_verdicts};
	for (size_t i = 0; i < causes_of_drops_count; i++)
		ret[n++] = (struct table){"drop_reason", "drop reason", causes_of_drops[i]};
	ret[n++] =
		(struct table){"program_verdict", "verdict of a BPF program", &causes_of_programs};
	return n;
}

/* ---- what the kernel knows and the tables lack --------------------------------------------- */

struct kernel_names {
	size_t count;
	char name[KERNEL_REASONS][KERNEL_NAME_MAX];
};

static bool is_described(const char *name)
{
	/* Not reasons: marks of their enum. */
	static const char *const marks[] = {"NOT_DROPPED_YET", "CONSUMED", "MAX"};

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (!strcmp(marks[i], name))
			return true;
	return cause_of_reason(name);
}

/* Where its BTF cannot be read there are none. */
static void ask_kernel(struct kernel_names *names)
{
	struct errbuf err = {};
	struct kernel *k;

	names->count = 0;
	if (kernel_open(&k, &err))
		return;
	for (__u32 code = 0; code < KERNEL_REASONS; code++) {
		char *name = names->name[names->count], subsys[32];

		if (!kernel_drop_reason(k, code, name, KERNEL_NAME_MAX, subsys, sizeof(subsys)) &&
			!is_described(name))
			names->count++;
	}
	kernel_free(k);
}

/* ---- one of them --------------------------------------------------------------------------- */

/* Lines of COLUMNS, each INDENTed; the first stands at INDENT already. */
static void print_wrapped(const char *text, int indent)
{
	int column = indent;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (column > indent && column + 1 + len > COLUMNS) {
			printf("\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			putchar(' ');
			column++;
		}
		printf("%.*s", len, text);
		column += len;
		text += len + (text[len] == ' ');
	}
	putchar('\n');
}

static void print_text(const struct table *t, const struct cause *c)
{
	printf("%s (%s)\n  ", c->name, t->words);
	print_wrapped(c->means, 2);
	printf("\n  How it comes about:\n    ");
	print_wrapped(c->comes_about, 4);
	if (c->look_at[0])
		printf("\n  What to look at:\n");
	for (size_t i = 0; i < CAUSE_LOOK_MAX && c->look_at[i]; i++)
		printf("    %s\n", c->look_at[i]);
	if (c->hint) {
		printf("\n  hint: ");
		print_wrapped(c->hint, 8);
	}
}

static json_object *json_new(const char *kind, const char *name)
{
	json_object *o = json_object_new_object();

	json_object_object_add(o, "v", json_object_new_int(1));
	json_object_object_add(o, "type", json_object_new_string("explain"));
	json_object_object_add(o, "name", json_object_new_string(name));
	json_object_object_add(o, "kind", json_object_new_string(kind));
	return o;
}

static void json_print(json_object *o)
{
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static void print_json(const struct table *t, const struct cause *c)
{
	json_object *o = json_new(t->kind, c->name), *look = json_object_new_array();

	for (size_t i = 0; i < CAUSE_LOOK_MAX && c->look_at[i]; i++)
		json_object_array_add(look, json_object_new_string(c->look_at[i]));
	json_object_object_add(o, "means", json_object_new_string(c->means));
	json_object_object_add(o, "comes_about", json_object_new_string(c->comes_about));
	json_object_object_add(o, "look_at", look);
	if (c->hint)
		json_object_object_add(o, "hint", json_object_new_string(c->hint));
	json_print(o);
}

static void print_undescribed(const char *name, bool json)
{
	if (json)
		json_print(json_new("drop_reason", name));
	else
		printf("%s (drop reason)\n  This kernel has it, and pathlag no description. The "
		       "function in which it\n  happens says more: pathlag drops --stack\n",
			name);
}

/* ---- by name ------------------------------------------------------------------------------- */

static const char *without_prefix(const char *word)
{
	static const char prefix[] = "SKB_DROP_REASON_";
	size_t len = sizeof(prefix) - 1;

	return strncasecmp(word, prefix, len) ? word : word + len;
}

static bool is_name(const char *word, const char *name)
{
	return !strcasecmp(without_prefix(word), name);
}

static int explain_undescribed(
	const char *word, const struct kernel_names *names, struct near *near, bool json)
{
	for (size_t i = 0; i < names->count; i++) {
		if (is_name(word, names->name[i])) {
			print_undescribed(names->name[i], json);
			return EXIT_OK;
		}
		near_offer(near, names->name[i]);
	}
	return EXIT_USAGE;
}

static void set_case(char to[WORD_MAX], const char *from, int (*fn)(int))
{
	size_t i = 0;

	for (; from[i] && i < WORD_MAX - 1; i++)
		to[i] = (char)fn((unsigned char)from[i]);
	to[i] = '\0';
}

/* Causes are in small letters, reasons in capitals: near is what is so in its own. */
static void offer(struct near *lower, struct near *upper, const char *name)
{
	near_offer(islower((unsigned char)name[0]) ? lower : upper, name);
}

static int refuse(const char *word, const struct near *lower, const struct near *upper)
{
	char causes[256], reasons[256], safe[4 * WORD_MAX];
	bool any;

	near_text(lower, causes, sizeof(causes));
	near_text(upper, reasons, sizeof(reasons));
	any = causes[0] || reasons[0];
	utf8_escape(safe, sizeof(safe), word, strnlen(word, WORD_MAX));
	log_error("explain: '%s' is neither a cause nor a drop reason%s%s%s%s; `pathlag explain` "
		  "lists them",
		safe, any ? "; near: " : "", causes, causes[0] && reasons[0] ? ", " : "", reasons);
	return EXIT_USAGE;
}

static int explain(const char *word, bool json)
{
	static struct kernel_names names;
	char small[WORD_MAX], capital[WORD_MAX];
	struct near lower = {.want = small}, upper = {.want = capital};
	struct table table[TABLES_MAX];
	size_t n = tables(table);

	set_case(small, word, tolower);
	set_case(capital, without_prefix(word), toupper);
	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < table[t].causes->count; i++) {
			const struct cause *c = &table[t].causes->cause[i];

			if (is_name(word, c->name)) {
				(json ? print_json : print_text)(&table[t], c);
				return EXIT_OK;
			}
			offer(&lower, &upper, c->name);
		}
	ask_kernel(&names);
	if (explain_undescribed(word, &names, &upper, json) == EXIT_OK)
		return EXIT_OK;
	return refuse(word, &lower, &upper);
}

/* ---- all of them --------------------------------------------------------------------------- */

static void list_all(bool json)
{
	static struct kernel_names names;
	struct table table[TABLES_MAX];
	size_t n = tables(table);

	for (size_t t = 0; t < n; t++)
		for (size_t i = 0; i < table[t].causes->count; i++) {
			const struct cause *c = &table[t].causes->cause[i];

			if (json)
				print_json(&table[t], c);
			else
				printf("%-*s %s\n", NAME_COLUMNS, c->name, c->means);
		}
	ask_kernel(&names);
	for (size_t i = 0; i < names.count; i++) {
		if (json)
			print_undescribed(names.name[i], true);
		else
			printf("%-*s known to this kernel, not described\n", NAME_COLUMNS,
				names.name[i]);
	}
}

static int print_help(void)
{
	puts("pathlag explain [--json] [CAUSE|DROP-REASON]\n"
	     "What a cause of a verdict or a drop reason of the kernel means, how it comes about, "
	     "and\n"
	     "what to look at. Without a word: all of them, a line each.\n"
	     "\n"
	     "  pathlag explain accept_queue_full\n"
	     "  pathlag explain NETFILTER_DROP\n"
	     "\n"
	     "Exit status: 0; 2 where there is no such word.");
	return EXIT_OK;
}

static int refuse_argument(const char *arg)
{
	char safe[4 * WORD_MAX];

	utf8_escape(safe, sizeof(safe), arg, strnlen(arg, WORD_MAX));
	log_error("explain: unexpected argument '%s' (see pathlag explain --help)", safe);
	return EXIT_USAGE;
}

int cmd_explain(int argc, char **argv)
{
	const char *word = NULL;
	int status = EXIT_OK;
	bool json = false;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help"))
			return print_help();
		if (!strcmp(argv[i], "--json")) {
			json = true;
		} else if (argv[i][0] == '-' || word) {
			return refuse_argument(argv[i]);
		} else {
			word = argv[i];
		}
	}
	if (word)
		status = explain(word, json);
	else
		list_all(json);
	return log_flush(status);
}
