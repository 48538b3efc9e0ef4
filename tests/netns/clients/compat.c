/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat - one connect of a 32-bit program on a 64-bit x86 kernel, by the old way in, int 0x80.
 *
 *	compat A.B.C.D PORT
 *
 * Built without a C library: compilers have 32 bits more often than libraries. Exit status: 0, or
 * the error number (77: this kernel runs no 32-bit system calls).
 */
#define NR_EXIT    1
#define NR_SOCKET  359
#define NR_CONNECT 362

struct address {
	unsigned short family, port;
	unsigned char host[4], pad[8];
};

static long call3(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(a), "c"(b), "d"(c) : "memory");
	return ret;
}

/* A number in TEXT, which is moved behind it and what follows it. */
static unsigned number(const char **text)
{
	unsigned n = 0;

	while (**text >= '0' && **text <= '9')
		n = n * 10 + *(*text)++ - '0';
	if (**text)
		(*text)++;
	return n;
}

void run(const long *stack);

__attribute__((used)) void run(const long *stack)
{
	const char *host = (const char *)stack[2], *port_text = (const char *)stack[3];
	struct address to = {.family = 2};
	unsigned port;
	long fd, err;

	if (stack[0] != 3)
		call3(NR_EXIT, 2, 0, 0);
	for (int i = 0; i < 4; i++)
		to.host[i] = number(&host);
	port = number(&port_text);
	to.port = port >> 8 | (port & 0xff) << 8;
	fd = call3(NR_SOCKET, 2, 1, 0);
	err = fd < 0 ? fd : call3(NR_CONNECT, fd, (long)&to, sizeof(to));
	call3(NR_EXIT, -err, 0, 0);
}

__asm__(".globl _start\n_start: mov %esp, %eax\n push %eax\n call run\n");
