// SPDX-License-Identifier: GPL-2.0-only
/* The listening side, from first to last record: result, phases, overflows. */
#include "tests/unit/passives.h"

static void test_accepted_connection_partitions_its_time(void)
{
	struct listener l = {.accept_max = 128};
	struct stream *s = stream_new();
	struct passive *p = &s->passive[0];

	put_passive(s, 0, &l, PASSIVE_SYN, 0);
	put_passive(s, 0.1, &l, PASSIVE_SYN_ACK, 0);
	put_passive(s, 20.1, &l, PASSIVE_ESTABLISHED, 0);
	l.accept_len = 1;
	CHECK_INT(s->passives, 0);
	put_passive(s, 320.1, &l, PASSIVE_ACCEPT, 0);
	CHECK_INT(s->passives, 1);
	CHECK_INT(p->result, PASSIVE_ACCEPTED);
	CHECK_INT(passive_dur_ns(p), 320100000);
	CHECK_INT(p->phase_ns[PASSIVE_IN_SYN_RECV], 100000);
	CHECK_INT(p->phase_ns[PASSIVE_IN_NETWORK], 20000000);
	CHECK_INT(p->phase_ns[PASSIVE_IN_QUEUE], 300000000);
	CHECK_INT(p->phase_seen, 7);
	CHECK_INT(p->syns, 1);
	CHECK_INT(p->syn_acks, 1);
	CHECK_INT(p->isn, ISN);
	CHECK(p->isn_known);
	CHECK_STR(p->dev, "eth1");
	CHECK_INT(p->owner.tgid, 7);
	CHECK_INT(p->moments_kept, 4);
	CHECK_INT(passive_moment(s, AT_ACCEPT, 0)->queue_len, 1);
	CHECK_INT(passive_moment(s, AT_ACCEPT, 0)->queue_max, 128);
	CHECK_INT(p->overflow, OVERFLOW_NONE);
	CHECK(p->queue.known && p->queue.accept_max == 128);
	CHECK(!p->client.known);
	stream_free(s);
}

int main(void)
{
	UNIT_RUN(test_accepted_connection_partitions_its_time);
	return unit_status();
}
