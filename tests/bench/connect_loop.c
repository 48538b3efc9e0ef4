// SPDX-License-Identifier: GPL-2.0-only
/*
 * connect_loop - connect + accept + close on loopback, as fast as one process can.
 *
 *	connect_loop [COUNT]	default 20,000, in ten slices; prints ns per iteration, a slice a
 *line
 *
 * Each slice has an address of its own out of 127/8: what earlier ones left in TIME_WAIT is then
 * no obstacle to the choice of a source port, and every slice does the same work.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SLICES 10

static void fail(const char *what)
{
	fprintf(stderr, "connect_loop: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned long long)ts.tv_sec * 1000000000 + (unsigned long long)ts.tv_nsec;
}

static int listen_somewhere(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*addr = (struct sockaddr_in){.sin_family = AF_INET};
	if (fd < 0 || bind(fd, (struct sockaddr *)addr, sizeof(*addr)) || listen(fd, 16) ||
		getsockname(fd, (struct sockaddr *)addr, &len))
		fail("cannot listen");
	return fd;
}

static void connect_once(int listener, const struct sockaddr_in *addr)
{
	int server, client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (client < 0 || connect(client, (const struct sockaddr *)addr, sizeof(*addr)))
		fail("cannot connect");
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (server < 0)
		fail("cannot accept");
	close(client);
	close(server);
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 20000;
	unsigned run = (unsigned)getpid() % 65000;
	struct sockaddr_in addr;
	int listener = listen_somewhere(&addr);

	if (count < SLICES) {
		fprintf(stderr, "usage: connect_loop [COUNT], at least %d\n", SLICES);
		return 2;
	}
	for (unsigned slice = 0; slice < SLICES; slice++) {
		unsigned long long start = now_ns();

		addr.sin_addr.s_addr = htonl((127u << 24) + (run << 8 | (slice + 1)));
		for (long i = 0; i < count / SLICES; i++)
			connect_once(listener, &addr);
		printf("%llu\n", (now_ns() - start) / (unsigned long long)(count / SLICES));
	}
	return 0;
}
