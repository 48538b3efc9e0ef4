/* SPDX-License-Identifier: GPL-2.0-only */
/* Half-open connects that nobody ends are forgotten; what else is known stays. */
#include "bpf/settle.h"

#include <bpf/bpf.h>
#include <errno.h>
#include "tests/unit/unit.h"

#define S 1000000000ull

static __u32 dns_sent, dns_settled, opening;

static struct settle_state state(void)
{
	return (struct settle_state){&dns_sent, &dns_settled, &opening,
		bpf_map_create(BPF_MAP_TYPE_LRU_HASH, "passives", sizeof(struct passive_key),
			sizeof(struct passive_open), 1024, NULL)};
}

static struct passive_key put(const struct settle_state *of, __u32 netns, __u64 syn_ns, bool up)
{
	struct passive_key k = {.netns = netns};
	struct passive_open o = {.syn_ns = syn_ns, .established = up};

	CHECK(!bpf_map_update_elem(of->passives, &k, &o, BPF_ANY));
	opening++;
	return k;
}

static bool is_there(const struct settle_state *of, struct passive_key k)
{
	struct passive_open o;

	return !bpf_map_lookup_elem(of->passives, &k, &o);
}

static void test_half_open_connects_are_forgotten(void)
{
	struct settle_state of = state();
	struct passive_key old, young, up;

	if (of.passives < 0 && (errno == EPERM || errno == EACCES)) {
		printf("# skip: no right to make a map\n");
		return;
	}
	opening = 0;
	for (__u32 i = 1; i <= 500; i++)
		put(&of, 100 + i, i, false);
	old = put(&of, 1, 100 * S, false);
	young = put(&of, 2, 101 * S, false);
	up = put(&of, 3, 1 * S, true);
	settle_passives(&of, 400 * S + 1);
	CHECK_INT(opening, 2);
	CHECK(!is_there(&of, old));
	CHECK(is_there(&of, young));
	CHECK(is_there(&of, up));
	close(of.passives);
}

static void test_what_a_full_map_lost_is_not_awaited(void)
{
	struct settle_state of = state();
	struct settle s = {0};

	if (of.passives < 0)
		return; /* told above */
	opening = 7;
	settle(&s, &of, 100 * S);
	CHECK_INT(opening, 7);
	settle(&s, &of, 129 * S);
	CHECK_INT(opening, 7);
	settle(&s, &of, 130 * S);
	CHECK_INT(opening, 0);
	close(of.passives);
}

static void test_queries_are_awaited_for_ten_seconds(void)
{
	struct settle_state of = {&dns_sent, &dns_settled, &opening, -1};
	struct settle s = {0};

	opening = 0;
	dns_sent = 1;
	settle(&s, &of, 50 * S);
	settle(&s, &of, 60 * S);
	CHECK_INT(dns_settled, 0);
	settle(&s, &of, 60 * S + 1);
	CHECK_INT(dns_settled, 1);
}

int main(void)
{
	UNIT_RUN(test_half_open_connects_are_forgotten);
	UNIT_RUN(test_what_a_full_map_lost_is_not_awaited);
	UNIT_RUN(test_queries_are_awaited_for_ten_seconds);
	return unit_status();
}
