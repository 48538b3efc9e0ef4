/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses of the kernel's code get the names that /proc/kallsyms has for them, either way. */
#include "bpf/ksyms.h"
#include "bpf/symbol.h"

#include "tests/unit/unit.h"

#include <sys/utsname.h>

static void check_words(const char *said, const char *want)
{
	char name[64] = "untouched";

	CHECK_INT(symbol_of_words(said, name, sizeof(name)), want ? 0 : -ENOENT);
	CHECK_STR(name, want ?: "untouched");
}

static void test_the_size_is_left_out(void)
{
	check_words("nf_hook_slow+0x5c/0x110", "nf_hook_slow+0x5c");
	check_words("veth_xmit+0x10/0x540 [veth]", "veth_xmit+0x10 [veth]");
	check_words("0xffffffff81000000", NULL);
	check_words("", NULL);
}

static void test_a_long_name_is_cut(void)
{
	char name[16];

	CHECK_INT(symbol_of_words("a_function_of_a_long_name+0x1/0x2", name, sizeof(name)), 0);
	CHECK_STR(name, "a_function_of_a");
}

/* Its place; 0 where the file shows none. */
static __u64 address_of(const char *wanted)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	unsigned long long addr = 0, found = 0;
	char line[512], name[256];

	while (f && !found && fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx %*c %255s", &addr, name) == 2 && !strcmp(name, wanted))
			found = addr;
	if (f)
		fclose(f);
	return found;
}

/* Linux 5.14 and newer. */
static bool can_be_asked(void)
{
	struct utsname u = {};
	int major = 0, minor = 0;

	uname(&u);
	sscanf(u.release, "%d.%d", &major, &minor);
	return major > 5 || (major == 5 && minor >= 14);
}

static void check_named(struct symbols *s, const struct ksyms *k, const char *function)
{
	__u64 addr = address_of(function);
	char want[64], name[64] = "";

	snprintf(want, sizeof(want), "%s+0x4", function);
	CHECK(addr);
	CHECK_INT(symbols_name(s, addr + 4, name, sizeof(name)), 0);
	CHECK_STR(name, want);
	if (can_be_asked()) {
		CHECK_INT(symbols_ask(s, addr + 4, name, sizeof(name)), 0);
		CHECK_STR(name, want);
	}
	CHECK_INT(ksyms_name(k, addr + 4, name, sizeof(name)), 0);
	CHECK_STR(name, want);
}

static void test_of_the_running_kernel(void)
{
	static const char *const functions[] = {"tcp_v4_connect", "ip_rcv", "__dev_queue_xmit"};
	struct symbols *s = symbols_new();
	struct ksyms *k = NULL;
	char name[64];

	if (ksyms_open(&k)) {
		printf("# skip: no addresses in /proc/kallsyms without root\n");
	} else {
		for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
			check_named(s, k, functions[i]);
		CHECK_INT(symbols_name(s, 1, name, sizeof(name)), -ENOENT);
	}
	ksyms_free(k);
	symbols_free(s);
}

int main(void)
{
	UNIT_RUN(test_the_size_is_left_out);
	UNIT_RUN(test_a_long_name_is_cut);
	UNIT_RUN(test_of_the_running_kernel);
	return unit_status();
}
