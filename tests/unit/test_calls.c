// SPDX-License-Identifier: GPL-2.0-only
/* How calls nest: the rules of record.h, one by one. */
#include "tests/unit/hops.h"

#define SEC 1000000000ULL

/* entries = points + returned + missed + open at the end + too deep */
static void check_accounts(const struct hops *s)
{
	const struct path_counts *n = paths_counts(s->paths);

	CHECK_INT(n->entries,
		n->points + n->returned + n->missed_returns + n->open_at_end + n->too_deep);
}

static void test_nested_calls(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_enter(s, 0, F_OUTPUT, TASK, 0);
	hops_enter(s, 10, F_HOOK, TASK, 1);
	hops_return(s, 30, F_HOOK, TASK, 1, 1);
	hops_enter(s, 40, F_XMIT, TASK, 2);
	hops_enter(s, 45, F_VETH, TASK, 3);
	CHECK_INT(s->trees_told, 0);
	hops_return(s, 55, F_VETH, TASK, 3, 0);
	hops_return(s, 60, F_XMIT, TASK, 2, 0);
	hops_return(s, 100, F_OUTPUT, TASK, 0, 0);
	CHECK_STR(s->edges, ">0 ip_output\n>1 nf_hook_slow\n<1 nf_hook_slow 20\n"
			    ">1 dev_hard_start_xmit\n>2 veth_xmit\n<2 veth_xmit 10\n"
			    "<1 dev_hard_start_xmit 20\n<0 ip_output 100\n");
	CHECK_STR(s->trees, "[0 ip_output 100][1 nf_hook_slow 20][1 dev_hard_start_xmit 20]"
			    "[2 veth_xmit 10]\n");
	CHECK_INT(paths_counts(s->paths)->missed_returns, 0);
	check_accounts(s);
	hops_free(s);
}

/* The second function has the first one's slot and returns before it. */
static void test_tail_call(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_enter(s, 0, F_OUTPUT, TASK, 0);
	hops_enter(s, 10, F_XMIT, TASK, 0);
	hops_return(s, 30, F_XMIT, TASK, 0, 0);
	hops_return(s, 31, F_OUTPUT, TASK, 0, 0);
	CHECK_STR(s->trees, "[0 ip_output 31][1 dev_hard_start_xmit 20]\n");
	CHECK_INT(paths_counts(s->paths)->missed_returns, 0);
	hops_free(s);
}

/* The same function at the same place again: the first call has ended unseen. */
static void test_equal_slot_of_the_same_function(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_enter(s, 0, F_OUTPUT, TASK, 0);
	hops_enter(s, 10, F_XMIT, TASK, 0); /* by a tail call */
	hops_enter(s, 20, F_OUTPUT, TASK, 0);
	hops_return(s, 30, F_OUTPUT, TASK, 0, 0);
	CHECK_STR(s->trees, "[0 ip_output ?][1 dev_hard_start_xmit ?] cut\n[0 ip_output 10]\n");
	CHECK_INT(paths_counts(s->paths)->missed_returns, 2);
	check_accounts(s);
	hops_free(s);
}

static void test_softirq_on_top_of_a_task(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_enter(s, 0, F_OUTPUT, TASK, 0);
	hops_enter(s, 10, F_RECEIVE, SOFTIRQ, 0);
	hops_enter(s, 20, F_TCP_RCV, SOFTIRQ, 1);
	hops_return(s, 30, F_TCP_RCV, SOFTIRQ, 1, 0);
	hops_return(s, 40, F_RECEIVE, SOFTIRQ, 0, 0);
	hops_return(s, 50, F_OUTPUT, TASK, 0, 0);
	CHECK_STR(s->trees, "[0 __netif_receive_skb_core 30][1 tcp_v4_rcv 10]\n[0 ip_output 50]\n");
	CHECK_INT(paths_counts(s->paths)->missed_returns, 0);
	hops_free(s);
}

static void test_idle_tasks_of_two_cpus(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});
	__u64 other = TASK + 0x8000;

	for (int i = 0; i < 2; i++) {
		s->cpu = 0;
		hops_enter(s, 100 * i, F_RECEIVE, TASK, 0);
		s->cpu = 1;
		hops_enter(s, 100 * i + 1, F_RECEIVE, other, 0);
		hops_enter(s, 100 * i + 2, F_TCP_RCV, other, 1);
		s->cpu = 0;
		hops_return(s, 100 * i + 10, F_RECEIVE, TASK, 0, 0);
		s->cpu = 1;
		hops_return(s, 100 * i + 11, F_TCP_RCV, other, 1, 0);
		hops_return(s, 100 * i + 12, F_RECEIVE, other, 0, 0);
	}
	CHECK_STR(s->trees, "[0 __netif_receive_skb_core 10]\n"
			    "[0 __netif_receive_skb_core 11][1 tcp_v4_rcv 9]\n"
			    "[0 __netif_receive_skb_core 10]\n"
			    "[0 __netif_receive_skb_core 11][1 tcp_v4_rcv 9]\n");
	CHECK_INT(paths_counts(s->paths)->missed_returns, 0);
	hops_free(s);
}

static void test_missed_return_is_found_by_the_callers_return(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_enter(s, 0, F_OUTPUT, TASK, 0);
	hops_enter(s, 10, F_HOOK, TASK, 1);
	hops_enter(s, 20, F_XMIT, TASK, 2);
	hops_return(s, 100, F_OUTPUT, TASK, 0, 0);
	CHECK_STR(s->trees, "[0 ip_output 100][1 nf_hook_slow ?][2 dev_hard_start_xmit ?]\n");
	CHECK_INT(paths_counts(s->paths)->missed_returns, 2);
	check_accounts(s);
	hops_free(s);
}

static void test_missed_return_is_found_by_the_next_entry(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_enter(s, 0, F_OUTPUT, TASK, 1);
	hops_enter(s, 10, F_HOOK, TASK, 3);
	hops_enter(s, 20, F_XMIT, TASK, 2); /* above the hook: the hook is over */
	hops_return(s, 30, F_XMIT, TASK, 2, 0);
	hops_return(s, 40, F_OUTPUT, TASK, 1, 0);
	hops_enter(s, 50, F_HOOK, TASK, 3);
	hops_enter(s, 60, F_OUTPUT, TASK, 1); /* nothing else was open there: another tree */
	hops_return(s, 70, F_OUTPUT, TASK, 1, 0);
	CHECK_STR(s->trees, "[0 ip_output 40][1 nf_hook_slow ?][1 dev_hard_start_xmit 10]\n"
			    "[0 nf_hook_slow ?] cut\n[0 ip_output 10]\n");
	CHECK_INT(paths_counts(s->paths)->missed_returns, 2);
	hops_free(s);
}

static void test_return_without_a_call(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_return(s, 0, F_OUTPUT, TASK, 0, 0);
	hops_enter(s, 10, F_OUTPUT, TASK, 0);
	hops_enter(s, 20, F_HOOK, TASK, 2);
	hops_return(s, 30, F_XMIT, TASK, 1, 0); /* lies between the two: the hook is over */
	hops_enter(s, 35, F_VETH, TASK, 3);     /* deeper than the hook, and not called by it */
	hops_return(s, 36, F_VETH, TASK, 3, 0);
	hops_return(s, 40, F_OUTPUT, TASK, 0, 0);
	CHECK_INT(paths_counts(s->paths)->lone_returns, 2);
	CHECK_INT(paths_counts(s->paths)->missed_returns, 1);
	CHECK_STR(s->trees, "[0 ip_output 30][1 nf_hook_slow ?][1 veth_xmit 1]\n");
	check_accounts(s);
	hops_free(s);
}

/* The kernel stack of a task that has gone serves another one, deeper than all that is open. */
static void test_another_task_on_the_same_stack(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});
	struct rec_hop first = hops_entry(F_OUTPUT, TASK, 0), second = hops_entry(F_XMIT, TASK, 5);

	first.flags = second.flags = HOP_PROCESS;
	first.tid = 1;
	second.tid = 2;
	HOPS_PUT(s, 0, REC_HOP, first);
	HOPS_PUT(s, 10, REC_HOP, second);
	hops_return(s, 20, F_XMIT, TASK, 5, 0);
	CHECK_STR(s->trees, "[0 ip_output ?] cut\n[0 dev_hard_start_xmit 10]\n");
	hops_free(s);
}

static void test_points_have_no_return(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});
	struct rec_hop point = hops_entry(F_HOOK, TASK, 1);

	point.flags = HOP_POINT;
	hops_enter(s, 0, F_OUTPUT, TASK, 0);
	HOPS_PUT(s, 10, REC_HOP, point);
	HOPS_PUT(s, 20, REC_HOP, point);
	hops_return(s, 30, F_OUTPUT, TASK, 0, 0);
	HOPS_PUT(s, 40, REC_HOP, point);
	CHECK_STR(s->trees, "[0 ip_output 30][1 nf_hook_slow][1 nf_hook_slow]\n[0 nf_hook_slow]\n");
	CHECK_INT(paths_counts(s->paths)->missed_returns, 0);
	check_accounts(s);
	hops_free(s);
}

static void test_stamps_that_run_backwards(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_enter(s, 100, F_OUTPUT, TASK, 0);
	hops_enter(s, 90, F_HOOK, TASK, 1);
	hops_return(s, 120, F_HOOK, TASK, 1, 1);
	hops_return(s, 110, F_OUTPUT, TASK, 0, 0);
	CHECK_STR(s->trees, "[0 ip_output 20][1 nf_hook_slow 20]\n");
	hops_free(s);
}

static void test_quiet_tree_is_given_up_and_its_return_still_told(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_enter(s, 0, F_OUTPUT, TASK, 0);
	hops_enter(s, 10, F_HOOK, TASK, 1);
	hops_tick(s, 9 * SEC);
	CHECK_INT(s->trees_told, 0);
	hops_tick(s, 11 * SEC);
	CHECK_STR(s->trees, "[0 ip_output open][1 nf_hook_slow open] cut\n");
	hops_return(s, 12 * SEC, F_HOOK, TASK, 1, 1);
	hops_return(s, 13 * SEC, F_OUTPUT, TASK, 0, 0);
	CHECK(strstr(s->trees, "cut\n[1 nf_hook_slow 11999999990][0 ip_output 13000000000]\n"));
	CHECK_INT(paths_counts(s->paths)->returned, 2);
	hops_free(s);
}

/* Stamps at the end of all time must not make waiting endless. */
static void test_hostile_stamps(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_enter(s, UINT64_MAX - HOPS_START - 5, F_OUTPUT, TASK, 0);
	hops_tick(s, UINT64_MAX - HOPS_START);
	CHECK_INT(s->trees_told, 0);
	hops_tick(s, 0);
	hops_stop(s, 0);
	CHECK_INT(s->trees_told, 1);
	hops_free(s);
}

static void test_open_calls_are_told_at_the_end(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_enter(s, 0, F_OUTPUT, TASK, 0);
	hops_enter(s, 10, F_HOOK, TASK, 1);
	hops_return(s, 20, F_HOOK, TASK, 1, 1);
	hops_stop(s, 30);
	CHECK_STR(s->trees, "[0 ip_output open][1 nf_hook_slow 10] cut\n");
	CHECK_INT(paths_counts(s->paths)->open_at_end, 1);
	check_accounts(s);
	hops_free(s);
}

static void test_functions_without_a_name(void)
{
	struct hops *s = hops_new((struct paths_cfg){0});

	hops_enter(s, 0, 77, TASK, 0);
	hops_return(s, 5, 77, TASK, 0, 0);
	hops_enter(s, 10, 0xffffffff, TASK, 0);
	hops_return(s, 15, 0xffffffff, TASK, 0, 0);
	CHECK(decoder_lacks_func(s->decoder, 77));
	CHECK(!decoder_lacks_func(s->decoder, F_HOOK));
	hops_func(s, 77, "late", "vmlinux", RETURNS_INT, 4);
	hops_enter(s, 20, 77, TASK, 0);
	hops_return(s, 25, 77, TASK, 0, 0);
	CHECK_STR(s->trees, "[0 func#77 5]\n[0 func#? 5]\n[0 late 5]\n");
	hops_free(s);
}

static void test_tables_are_bounded(void)
{
	struct hops *s =
		hops_new((struct paths_cfg){.max_stacks = 4, .max_calls = 10, .max_tree = 8});
	const struct path_counts *n = paths_counts(s->paths);

	for (unsigned i = 0; i < 10; i++)
		hops_enter(s, i, F_OUTPUT, TASK + 0x8000 * (__u64)i, 0);
	CHECK_INT(n->evicted_stacks, 6);
	CHECK_INT(n->missed_returns, 6);
	CHECK_INT(s->trees_told, 6);
	hops_stop(s, 20);
	CHECK_INT(n->open_at_end, 4);
	check_accounts(s);

	for (unsigned i = 0; i < 400; i++)
		hops_enter(s, 30 + i, F_OUTPUT, TASK, i);
	CHECK_INT(n->too_deep, 400 - 256);
	CHECK_INT(n->calls_left_out, 256 - 8);
	hops_stop(s, 500);
	check_accounts(s);
	hops_free(s);
}

static void test_hostile_records_are_refused(void)
{
	struct {
		struct rec_hop hop;
		__u64 addr[2];
	} rec = {.hop = {.hdr = {.type = REC_HOP, .len = sizeof(rec)}, .stack_len = 3}};
	struct rec_packet packet = {.hdr = {.type = REC_PACKET, .len = sizeof(packet)}};
	struct rec_packet_end end = {.hdr = {.type = REC_PACKET_END, .len = sizeof(end)}};
	struct rec_socket sock = {.hdr = {.type = REC_SOCKET, .len = sizeof(sock)}};
	struct decoder *d = decoder_new();
	struct event ev;

	CHECK_INT(decoder_read(d, &rec, sizeof(rec), &ev), -EBADMSG);
	rec.hop.stack_len = 0x20000002; /* whose bytes would wrap around */
	CHECK_INT(decoder_read(d, &rec, sizeof(rec), &ev), -EBADMSG);
	rec.hop.stack_len = 2;
	CHECK_INT(decoder_read(d, &rec, sizeof(rec), &ev), 1);
	CHECK_INT(ev.hop_names.frames, 2);
	rec.hop.hdr.len = sizeof(rec.hop) - 8;
	CHECK_INT(decoder_read(d, &rec, sizeof(rec.hop) - 8, &ev), -EBADMSG);
	CHECK_INT(decoder_read(d, &packet, sizeof(packet), &ev), -EBADMSG);
	CHECK_INT(decoder_read(d, &end, sizeof(end), &ev), -EBADMSG);
	CHECK_INT(decoder_read(d, &sock, sizeof(sock), &ev), -EBADMSG);
	decoder_free(d);
}

int main(void)
{
	UNIT_RUN(test_nested_calls);
	UNIT_RUN(test_tail_call);
	UNIT_RUN(test_equal_slot_of_the_same_function);
	UNIT_RUN(test_softirq_on_top_of_a_task);
	UNIT_RUN(test_idle_tasks_of_two_cpus);
	UNIT_RUN(test_missed_return_is_found_by_the_callers_return);
	UNIT_RUN(test_missed_return_is_found_by_the_next_entry);
	UNIT_RUN(test_return_without_a_call);
	UNIT_RUN(test_another_task_on_the_same_stack);
	UNIT_RUN(test_points_have_no_return);
	UNIT_RUN(test_stamps_that_run_backwards);
	UNIT_RUN(test_quiet_tree_is_given_up_and_its_return_still_told);
	UNIT_RUN(test_hostile_stamps);
	UNIT_RUN(test_open_calls_are_told_at_the_end);
	UNIT_RUN(test_functions_without_a_name);
	UNIT_RUN(test_tables_are_bounded);
	UNIT_RUN(test_hostile_records_are_refused);
	return unit_status();
}
