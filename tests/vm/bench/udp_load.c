// SPDX-License-Identifier: GPL-2.0-only
/*
 * udp_load - UDP packets of 64 bytes over loopback, sent and received by one process.
 *
 *	udp_load PORT COUNT [PAUSE_US]
 *
 * To PORT, in ten slices; prints ns per packet, a slice a line. With a pause after each packet
 * (whoever watches keeps up) the numbers mean nothing.
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
#define BYTES  64

static void fail(const char *what)
{
	fprintf(stderr, "udp_load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned long long)ts.tv_sec * 1000000000 + (unsigned long long)ts.tv_nsec;
}

static int udp_socket(void)
{
	struct timeval limit = {.tv_sec = 10};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)))
		fail("cannot make a socket");
	return fd;
}

static void send_one(int sender, int receiver, useconds_t pause)
{
	char bytes[BYTES] = {0};

	if (send(sender, bytes, sizeof(bytes), 0) != sizeof(bytes))
		fail("cannot send");
	if (recv(receiver, bytes, sizeof(bytes), 0) != sizeof(bytes))
		fail("cannot receive");
	if (pause)
		usleep(pause);
}

int main(int argc, char **argv)
{
	long port = argc > 2 ? atol(argv[1]) : 0, count = argc > 2 ? atol(argv[2]) : 0;
	useconds_t pause = argc > 3 ? (useconds_t)atol(argv[3]) : 0;
	struct sockaddr_in addr = {.sin_family = AF_INET};
	int sender, receiver;

	if (port < 1 || port > 65535 || count < SLICES) {
		fprintf(stderr, "usage: udp_load PORT COUNT [PAUSE_US], at least %d\n", SLICES);
		return 2;
	}
	addr.sin_port = htons((unsigned short)port);
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sender = udp_socket();
	receiver = udp_socket();
	if (bind(receiver, (struct sockaddr *)&addr, sizeof(addr)) ||
		connect(sender, (struct sockaddr *)&addr, sizeof(addr)))
		fail("cannot use the port");
	for (int slice = 0; slice < SLICES; slice++) {
		unsigned long long start = now_ns();

		for (long i = 0; i < count / SLICES; i++)
			send_one(sender, receiver, pause);
		printf("%llu\n", (now_ns() - start) / (unsigned long long)(count / SLICES));
	}
	return 0;
}
