/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors are closed, each one and once, and what waits in its close waits beside others. */
#include "bpf/fd_list.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <time.h>

#include "tests/unit/unit.h"

static void test_all_are_closed(void)
{
	struct fd_list l = {0};
	int ends[100][2];
	char byte;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		CHECK(!pipe2(ends[i], O_CLOEXEC | O_NONBLOCK));
		CHECK(!fd_list_add(&l, ends[i][1]));
	}
	CHECK_INT(l.count, ARRAY_SIZE(ends));
	CHECK(read(ends[0][0], &byte, 1) < 0 && errno == EAGAIN);
	fd_list_close(&l);
	CHECK_INT(l.count, 0);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		CHECK_INT(read(ends[i][0], &byte, 1), 0); /* nobody can write to it any more */
		close(ends[i][0]);
	}
}

static void test_none_and_one(void)
{
	struct fd_list l = {0};
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	fd_list_close(&l);
	CHECK(!fd_list_add(&l, fd));
	fd_list_close(&l);
	CHECK(fcntl(fd, F_GETFD) < 0 && errno == EBADF);
	fd_list_close(&l);
}

/* A connection whose close() waits for a second: it has sent what nobody reads. */
static int slow_to_close(int listener, int *peer)
{
	const struct linger linger = {.l_onoff = 1, .l_linger = 1};
	struct sockaddr_in to;
	socklen_t len = sizeof(to);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char block[4096] = {0};

	CHECK(!getsockname(listener, (void *)&to, &len));
	CHECK(!connect(fd, (void *)&to, len));
	*peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	CHECK(!setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	while (send(fd, block, sizeof(block), MSG_DONTWAIT) > 0)
		;
	return fd;
}

static void test_side_by_side(void)
{
	const struct sockaddr_in loopback = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), peer[8];
	struct fd_list l = {0};
	struct timespec from, to;
	long ms;

	CHECK(!bind(listener, (const void *)&loopback, sizeof(loopback)));
	CHECK(!listen(listener, ARRAY_SIZE(peer)));
	for (size_t i = 0; i < ARRAY_SIZE(peer); i++)
		CHECK(!fd_list_add(&l, slow_to_close(listener, &peer[i])));
	clock_gettime(CLOCK_MONOTONIC, &from);
	fd_list_close(&l);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ms = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
	CHECK(ms > 900);
	/* One after the other would be a second for each. */
	CHECK(ms < 1000 * (long)ARRAY_SIZE(peer) / 2);
	for (size_t i = 0; i < ARRAY_SIZE(peer); i++)
		close(peer[i]);
	close(listener);
}

int main(void)
{
	UNIT_RUN(test_all_are_closed);
	UNIT_RUN(test_none_and_one);
	UNIT_RUN(test_side_by_side);
	return unit_status();
}
