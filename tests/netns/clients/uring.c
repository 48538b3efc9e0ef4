/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uring - one connect through io_uring, without its library.
 *
 *	uring [inline|worker|poller] ADDRESS PORT
 *
 * inline: the submitting thread begins it. worker: a worker thread of the ring makes it
 * (IOSQE_ASYNC). poller: the ring's own thread looks for what is to be done (IORING_SETUP_SQPOLL).
 * Prints its process id, then `established` or the error's name. Exit status 77, with the reason:
 * this machine does not allow it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FORBIDDEN 77

struct ring {
	int fd;
	struct io_uring_params p;
	void *sq, *cq; /* the mapped queues */
	struct io_uring_sqe *sqe;
};

static unsigned *at(void *queue, __u32 offset)
{
	return (unsigned *)((char *)queue + offset);
}

static void die(const char *what)
{
	fprintf(stderr, "uring: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *map(const struct ring *r, size_t size, off_t offset)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, offset);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static void ring_open(struct ring *r, unsigned flags)
{
	*r = (struct ring){.p = {.flags = flags, .sq_thread_idle = 1000}};
	r->fd = syscall(SYS_io_uring_setup, 1, &r->p);
	if (r->fd < 0) {
		printf("io_uring_setup: %s\n", strerror(errno));
		exit(errno == ENOSYS || errno == EPERM || errno == EACCES ? FORBIDDEN : 1);
	}
	r->sq = map(r, r->p.sq_off.array + r->p.sq_entries * sizeof(__u32), IORING_OFF_SQ_RING);
	r->cq = map(r, r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe),
		IORING_OFF_CQ_RING);
	r->sqe = map(r, r->p.sq_entries * sizeof(*r->sqe), IORING_OFF_SQES);
}

/* What the operation in the ring's first entry gave, when it has ended. */
static int ring_run(struct ring *r)
{
	unsigned *tail = at(r->sq, r->p.sq_off.tail), *head = at(r->cq, r->p.cq_off.head);
	unsigned flags = IORING_ENTER_GETEVENTS;
	struct io_uring_cqe *cqe;

	at(r->sq, r->p.sq_off.array)[0] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (r->p.flags & IORING_SETUP_SQPOLL)
		flags |= IORING_ENTER_SQ_WAKEUP;
	while (__atomic_load_n(at(r->cq, r->p.cq_off.tail), __ATOMIC_ACQUIRE) == *head)
		if (syscall(SYS_io_uring_enter, r->fd, 1, 1, flags, NULL, 0) < 0 && errno != EINTR)
			die("io_uring_enter");
	cqe = (struct io_uring_cqe *)at(r->cq, r->p.cq_off.cqes);
	return cqe[*head & *at(r->cq, r->p.cq_off.ring_mask)].res;
}

static socklen_t address_of(struct sockaddr_storage *to, const char *host, const char *port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;

	*to = (struct sockaddr_storage){0};
	if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(atoi(port));
		return sizeof(*in);
	}
	if (inet_pton(AF_INET6, host, &in6->sin6_addr) != 1) {
		fprintf(stderr, "uring: not an address: %s\n", host);
		exit(2);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(atoi(port));
	return sizeof(*in6);
}

int main(int argc, char **argv)
{
	struct sockaddr_storage to;
	struct ring r;
	socklen_t len;
	int fd, res;

	if (argc != 4) {
		fprintf(stderr, "usage: uring inline|worker|poller ADDRESS PORT\n");
		return 2;
	}
	len = address_of(&to, argv[2], argv[3]);
	ring_open(&r, strcmp(argv[1], "poller") ? 0 : IORING_SETUP_SQPOLL);
	printf("%d\n", getpid());
	fd = socket(to.ss_family, SOCK_STREAM, 0);
	if (fd < 0)
		die("socket");
	*r.sqe = (struct io_uring_sqe){.opcode = IORING_OP_CONNECT,
		.flags = strcmp(argv[1], "worker") ? 0 : IOSQE_ASYNC,
		.fd = fd,
		.off = len,
		.addr = (__u64)(unsigned long)&to};
	res = ring_run(&r);
	printf("%s\n", res ? strerrorname_np(-res) : "established");
	return 0;
}
