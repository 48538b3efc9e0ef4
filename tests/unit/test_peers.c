// SPDX-License-Identifier: GPL-2.0-only
/* What two recordings know of one connection; a file made up to be slow to read is not. */
#include "output/peers.h"
#include "tests/unit/sample_passive.h"
#include "tests/unit/unit.h"

#define PEERS_MAX (1u << 18)

static struct attempt connect_from(unsigned sport, __u32 isn)
{
	struct attempt a = {.isn_known = true, .isn = isn, .owner = sample_owner()};

	a.tuple = sample_tuple("10.9.0.1", sport, "10.9.0.2", sport + 1);
	return a;
}

static bool client_is_known(const struct peers *t, unsigned sport, __u32 isn)
{
	struct passive p = {.isn_known = true, .isn = isn};
	struct client_side client;

	p.tuple = connect_from(sport, isn).tuple;
	return peers_client(t, 1, &p, &client) && client.owner.tgid == sample_owner().tgid;
}

static void test_same_isn(void)
{
	struct peers *t = peers_new();

	for (unsigned i = 1; i <= 10; i++) {
		struct attempt a = connect_from(i * 100, 5);

		CHECK_INT(peers_add_attempt(t, 0, "h", &a), 0);
	}
	CHECK(client_is_known(t, 100, 5));
	CHECK(client_is_known(t, 200, 5));
	CHECK(!client_is_known(t, 5000, 5));
	CHECK(!client_is_known(t, 100, 6));
	CHECK_INT(peers_left_out(t), 0);
	peers_free(t);
}

/* Of more with one ISN than ever come together, only some are looked at. */
static void test_many_of_one_isn(void)
{
	struct peers *t = peers_new();

	for (unsigned i = 1; i <= 500; i++) {
		struct attempt a = connect_from(i * 100, 5);

		CHECK_INT(peers_add_attempt(t, 0, "h", &a), 0);
	}
	CHECK(client_is_known(t, 100, 5));
	CHECK(!client_is_known(t, 200, 5));
	peers_free(t);
}

static void test_bounded(void)
{
	struct peers *t = peers_new();
	struct attempt a = connect_from(100, 5);

	for (unsigned i = 0; i < PEERS_MAX + 3; i++)
		CHECK_INT(peers_add_attempt(t, 0, "h", &a), 0);
	CHECK_INT(peers_left_out(t), 3);
	peers_free(t);
}

int main(void)
{
	UNIT_RUN(test_same_isn);
	UNIT_RUN(test_many_of_one_isn);
	UNIT_RUN(test_bounded);
	return unit_status();
}
