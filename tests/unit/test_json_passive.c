// SPDX-License-Identifier: GPL-2.0-only
/* The `accept` line, and of the `connect` line what the other side and the verdict add. */
#include "output/calls.h"
#include "tests/unit/sample_passive.h"
#include "tests/unit/tape.h"

static struct json_object *accept_line(struct tape *t, const struct passive *p, struct verdict *v)
{
	struct json_object *o;
	long long sum = 0;

	CHECK_INT(t->sink->ops->accept(t->sink, p, v), 0);
	o = tape_last(t);
	CHECK_INT(int_at(o, "v"), 1);
	CHECK_STR(text_at(o, "type"), "accept");
	json_object_object_foreach(at(o, "phase_ns"), key, val)
	{
		(void)key;
		sum += json_object_get_int64(val);
	}
	CHECK_INT(sum, int_at(o, "dur_ns"));
	return o;
}

static const char *flat(struct json_object *o)
{
	return json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
}

static void test_accept(void)
{
	struct tape t = tape_new();
	struct passive p = sample_accepted();
	struct verdict v = sample_verdict("ok", 0, "accepted in 412 us", "");
	struct json_object *o = accept_line(&t, &p, &v);

	KEYS(o, "v type ts_ns time owner netns sk tuple community_id isn result dev dur_ns "
		"phase_ns syn syn_ack queue drops timeline verdict");
	CHECK_STR(flat(at(o, "owner")), "{\"pid\":7,\"tid\":8,\"comm\":\"nginx\"}");
	CHECK_STR(text_at(o, "sk"), "0xffff888087654321");
	CHECK_STR(text_at(o, "isn"), "0x0a2b3c4d");
	CHECK_STR(text_at(o, "result"), "accepted");
	CHECK_STR(text_at(o, "dev"), "eth0");
	CHECK_STR(text_at(at(o, "tuple"), "saddr"), "10.9.0.1");
	CHECK_STR(flat(at(o, "phase_ns")),
		"{\"syn_recv\":12000,\"network\":300000,\"queue\":100000}");
	CHECK_STR(flat(at(o, "syn")), "{\"received\":1}");
	CHECK_STR(flat(at(o, "syn_ack")),
		"{\"sent\":1,\"retransmits\":0,\"cookies\":false,\"fastopen\":false}");
	CHECK_STR(flat(at(o, "queue")),
		"{\"accept_len\":1,\"accept_max\":511,\"syn_len\":0,\"overflowed\":0}");
	CHECK_STR(flat(json_object_array_get_idx(at(o, "timeline"), 0)),
		"{\"t_ns\":0,\"at\":\"syn_received\",\"dev\":\"eth0\",\"accept_len\":0,"
		"\"accept_max\":511}");
	CHECK_STR(flat(json_object_array_get_idx(at(o, "timeline"), 3)),
		"{\"t_ns\":412000,\"at\":\"accept\"}");
	KEYS(at(o, "verdict"), "cause share text hint also evidence");
	json_object_put(o);
	tape_free(&t);
}

static void test_accept_overflow(void)
{
	struct tape t = tape_new();
	struct passive p = sample_overflow();
	struct verdict v = sample_verdict("accept_queue_full", 0.95, "full", "");
	struct json_object *o;

	verdict_points_at(&v, 2);
	verdict_points_at(&v, 4);
	verdict_points_at(&v, 99); /* is in no timeline */
	verdict_adds(&v, "slow_accept", 0.04, "and slow");
	o = accept_line(&t, &p, &v);
	KEYS(o, "v type ts_ns time owner netns sk tuple community_id isn result dev client dur_ns "
		"phase_ns syn syn_ack queue drops timeline verdict");
	CHECK_STR(flat(at(o, "client")), "{\"owner\":{\"pid\":4242,\"tid\":4243,\"comm\":\"curl\"},"
					 "\"netns\":4026531840}");
	CHECK_STR(flat(at(o, "queue")),
		"{\"accept_len\":2,\"accept_max\":1,\"syn_len\":1,\"overflow\":\"accept_queue\","
		"\"overflowed\":2,\"final_ack\":true,\"inferred\":true}");
	CHECK_STR(flat(at(at(o, "verdict"), "evidence")), "[2,4]");
	CHECK_STR(flat(at(at(o, "verdict"), "also")),
		"[{\"cause\":\"slow_accept\",\"share\":0.04,\"text\":\"and slow\"}]");
	json_object_put(o);
	tape_free(&t);
}

static void test_accept_unknown_is_absent(void)
{
	struct tape t = tape_new();
	struct passive p = sample_refused_syns();
	struct verdict v = sample_verdict("syn_queue_full", 1, "", "");
	struct json_object *o;

	p.owner = (struct rec_owner){.netns = 5};
	p.isn_known = p.queue.known = false;
	p.dev[0] = '\0';
	p.accept_unseen = true;
	p.client = (struct client_side){.known = true, .hostname = "a\xff"};
	o = accept_line(&t, &p, &v);
	KEYS(o, "v type ts_ns time netns tuple community_id result accept_unseen client dur_ns "
		"phase_ns syn syn_ack queue drops timeline verdict");
	CHECK_STR(flat(at(o, "client")), "{\"hostname\":\"a\xef\xbf\xbd\"}");
	CHECK_STR(text_at(o, "result"), "overflow");
	CHECK_INT(int_at(at(o, "syn_ack"), "retransmits"), 0);
	KEYS(at(o, "phase_ns"), "syn_recv");
	KEYS(at(o, "queue"), "overflow overflowed final_ack inferred");
	CHECK_STR(text_at(at(o, "queue"), "overflow"), "syn_queue");
	CHECK_INT(json_object_array_length(at(o, "drops")), 1);
	json_object_put(o);
	tape_free(&t);
}

static void test_which_queue_was_full(void)
{
	struct tape t = tape_new();
	struct passive p = sample_refused_syns();
	struct verdict v = sample_verdict("syn_queue_full", 1, "", "");
	struct json_object *o;

	passive_queue_at(&p.moment[0], 8, 8);
	p.moment[0].at = AT_OVERFLOW;
	p.moment[0].syn_queue = true;
	o = accept_line(&t, &p, &v);
	CHECK_STR(flat(json_object_array_get_idx(at(o, "timeline"), 0)),
		"{\"t_ns\":0,\"at\":\"overflow\",\"dev\":\"eth0\",\"syn_len\":8,"
		"\"accept_max\":8}");
	json_object_put(o);
	tape_free(&t);
}

static void test_connect_knows_its_server(void)
{
	struct tape t = tape_new();
	struct attempt a = sample_ok();
	struct verdict v = sample_verdict("accept_queue_full", 0.9, "", "");
	struct json_object *o;

	a.seeded = a.mptcp = true;
	a.server = (struct server_side){.known = true,
		.owner = {.tgid = 7, .tid = 7, .netns = 9, .comm = "nginx"},
		.hostname = "db1",
		.syns = 3,
		.syn_acks = 1,
		.overflow = OVERFLOW_ACCEPT_QUEUE,
		.overflowed = 2,
		.queue = {true, 2, 1, 0},
		.cookies = true,
		.accepted = true,
		.accept_wait_ns = 5000};
	CHECK_INT(t.sink->ops->connect(t.sink, &a, &v), 0);
	o = tape_last(&t);
	CHECK_STR(flat(at(o, "server")),
		"{\"owner\":{\"pid\":7,\"tid\":7,\"comm\":\"nginx\"},\"netns\":9,\"hostname\":"
		"\"db1\",\"syns\":3,\"syn_acks\":1,\"overflow\":\"accept_queue\",\"overflowed\":2,"
		"\"final_ack\":false,\"inferred\":false,\"accept_len\":2,\"accept_max\":1,"
		"\"syn_len\":0,\"accepted\":true,\"accept_wait_ns\":5000}");
	CHECK(json_object_get_boolean(at(o, "seeded")));
	CHECK(json_object_get_boolean(at(at(o, "syn"), "mptcp")));
	CHECK(json_object_get_boolean(at(at(o, "syn"), "cookies")));
	json_object_put(o);

	a = sample_ok();
	CHECK_INT(t.sink->ops->connect(t.sink, &a, &v), 0);
	o = tape_last(&t);
	CHECK(!has(o, "server") && !has(o, "seeded"));
	CHECK(!json_object_get_boolean(at(at(o, "syn"), "mptcp")));
	json_object_put(o);
	tape_free(&t);
}

/* In the line calls stand between the moments: the indexes are those of the line. */
static void test_evidence_points_into_the_line(void)
{
	static const struct func func = {.name = "tcp_v4_connect"};
	struct attempt_call call[3] = {{.func = &func}, {.func = &func}, {.func = &func}};
	struct tape t = tape_new();
	struct attempt a = sample_drop();
	struct verdict v = sample_verdict("syn_dropped_locally", 0.9, "", "");
	struct json_object *o, *list;

	call[0].start_ns = a.moment[0].ts_ns; /* behind the moment of that time */
	call[1].start_ns = a.moment[0].ts_ns + 1;
	call[2].start_ns = a.moment[2].ts_ns + 1;
	a.call = call;
	a.calls = a.calls_kept = 3;
	verdict_points_at(&v, 0);
	verdict_points_at(&v, 1);
	verdict_points_at(&v, 3);
	CHECK_INT(t.sink->ops->connect(t.sink, &a, &v), 0);
	o = tape_last(&t);
	list = at(o, "timeline");
	CHECK_STR(flat(at(at(o, "verdict"), "evidence")), "[0,3,6]");
	CHECK_STR(text_at(json_object_array_get_idx(list, 3), "at"), "drop");
	CHECK_STR(text_at(json_object_array_get_idx(list, 6), "at"), "syn_ack");
	json_object_put(o);
	tape_free(&t);
}

static void test_lookups_have_no_timeline(void)
{
	struct tape t = tape_new();
	struct lookup l = sample_lookup();
	struct verdict v = sample_verdict("dns_retry", 1, "text", "hint");
	struct json_object *o;

	CHECK_INT(t.sink->ops->lookup(t.sink, &l, &v), 0);
	o = tape_last(&t);
	KEYS(at(o, "verdict"), "cause share text hint also");
	json_object_put(o);
	tape_free(&t);
}

static void test_summary_counts_accepts(void)
{
	struct tape t = tape_new();
	struct summary sum = {.ts_ns = 1};
	struct drop_counts drops = {0};
	struct json_object *o;

	sum.accepts[PASSIVE_ACCEPTED] = 4;
	sum.accepts[PASSIVE_IN_PROGRESS] = 1;
	CHECK_INT(t.sink->ops->summary(t.sink, &sum), 0);
	o = tape_last(&t);
	CHECK_STR(flat(at(o, "accepts")),
		"{\"accepted\":4,\"established\":0,\"overflow\":0,\"reset\":0,\"timeout\":0,"
		"\"in_progress\":1}");
	json_object_put(o);
	sum.drops = &drops;
	CHECK_INT(t.sink->ops->summary(t.sink, &sum), 0);
	o = tape_last(&t);
	CHECK(!has(o, "accepts"));
	json_object_put(o);
	tape_free(&t);
}

int main(void)
{
	UNIT_RUN(test_accept);
	UNIT_RUN(test_accept_overflow);
	UNIT_RUN(test_accept_unknown_is_absent);
	UNIT_RUN(test_which_queue_was_full);
	UNIT_RUN(test_connect_knows_its_server);
	UNIT_RUN(test_evidence_points_into_the_line);
	UNIT_RUN(test_lookups_have_no_timeline);
	UNIT_RUN(test_summary_counts_accepts);
	return unit_status();
}
