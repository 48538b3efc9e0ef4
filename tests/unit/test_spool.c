/* SPDX-License-Identifier: GPL-2.0-only */
/* test_spool.c - records come out of the spool as they went in, also when it has been on disk. */
#include <signal.h>
#include <sys/resource.h>

#include "bpf/record.h"
#include "cmd/spool.h"
#include "tests/unit/unit.h"

#define MANY (1ULL << 32)

/* A record whose length and bytes follow from its number. */
struct sample {
	size_t len;
	_Alignas(uint64_t) unsigned char bytes[REC_MAX_LEN];
};

static const struct sample *sample(uint64_t n)
{
	static struct sample s;

	switch (n % 7) {
	case 0:
		s.len = REC_MAX_LEN;
		break;
	case 1:
		s.len = 1;
		break;
	default:
		s.len = 16 + n * 7919 % 500;
	}
	for (size_t i = 0; i < s.len; i++)
		s.bytes[i] = (unsigned char)(n * 31 + i);
	return &s;
}

struct feed {
	struct spool *spool;
	uint64_t in, out;
};

static int push(struct feed *f)
{
	const struct sample *s = sample(f->in);
	int err = spool_push(f->spool, s->bytes, s->len);

	if (!err)
		f->in++;
	return err;
}

static void push_many(struct feed *f, uint64_t count)
{
	while (count--)
		CHECK_INT(push(f), 0);
}

/* Pushes until something does not fit. */
static int push_all(struct feed *f)
{
	int err;

	do
		err = push(f);
	while (!err);
	return err;
}

static bool pop(struct feed *f)
{
	const struct sample *want;
	const void *rec;
	size_t len;
	int n = spool_pop(f->spool, &rec, &len);

	CHECK(n >= 0);
	if (n <= 0)
		return false;
	want = sample(f->out++);
	CHECK_INT((long long)len, (long long)want->len);
	CHECK(len == want->len && !memcmp(rec, want->bytes, len));
	CHECK((uintptr_t)rec % 8 == 0);
	return true;
}

static void pop_many(struct feed *f, uint64_t count)
{
	while (count--)
		CHECK(pop(f));
}

static void pop_all(struct feed *f)
{
	while (pop(f))
		;
	CHECK_INT((long long)f->out, (long long)f->in);
	CHECK(spool_is_empty(f->spool));
}

static void test_small(void)
{
	struct feed f = {.spool = spool_new("/nonexistent", MANY)};

	CHECK(spool_is_empty(f.spool));
	pop_all(&f);
	for (int i = 0; i < 1000; i++) {
		push_many(&f, 3);
		CHECK(!spool_is_empty(f.spool));
		pop_many(&f, 2);
		if (i % 10 == 9)
			pop_all(&f);
	}
	pop_all(&f);
	spool_free(f.spool);
}

/* Never has it more than two blocks, but more than one goes through. */
static void test_two_blocks_need_no_file(void)
{
	struct feed f = {.spool = spool_new("/nonexistent", MANY)};

	push_many(&f, 150);
	for (int i = 0; i < 5000; i++) {
		push_many(&f, 1);
		pop_many(&f, 1);
	}
	pop_all(&f);
	spool_free(f.spool);
}

static void test_no_file(void)
{
	struct feed f = {.spool = spool_new("/nonexistent", MANY)};

	CHECK_INT(push_all(&f), -ENOENT);
	CHECK(f.in > SPOOL_BLOCK / REC_MAX_LEN);
	CHECK_INT(push(&f), -ENOENT);
	pop_all(&f);
	push_many(&f, 10);
	pop_all(&f);
	spool_free(f.spool);
}

static void test_file(void)
{
	struct feed f = {.spool = spool_new(NULL, MANY)};

	for (int i = 0; i < 3; i++) {
		push_many(&f, 20000); /* some 27 MB */
		pop_many(&f, 15000);
		push_many(&f, 5000);
		pop_all(&f);
	}
	spool_free(f.spool);
}

/* At its bound, as many go in as come out: around in the file, many times. */
static void test_bound(void)
{
	struct feed f = {.spool = spool_new(NULL, 5 * SPOOL_BLOCK)};

	CHECK_INT(push_all(&f), -ENOSPC);
	CHECK(f.in * 1400 > 5 * SPOOL_BLOCK);
	CHECK(f.in * 1400 < 10 * SPOOL_BLOCK);
	for (int i = 0; i < 50000; i++) {
		while (push(&f))
			pop_many(&f, 1);
	}
	pop_all(&f);
	CHECK_INT(push_all(&f), -ENOSPC);
	pop_all(&f);
	spool_free(f.spool);
}

/* The file may not grow any more, in the middle of a block. */
static void test_disk_error(void)
{
	struct feed f = {.spool = spool_new(NULL, MANY)};
	struct rlimit old, limit;

	getrlimit(RLIMIT_FSIZE, &old);
	limit = (struct rlimit){.rlim_cur = 7 * SPOOL_BLOCK / 2, .rlim_max = old.rlim_max};
	push_many(&f, 800); /* two blocks of it are in the file */
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	CHECK(push_all(&f) < 0);
	CHECK(f.in > 800);
	for (int i = 0; i < 20000; i++) {
		while (push(&f))
			pop_many(&f, 1);
	}
	pop_all(&f);
	setrlimit(RLIMIT_FSIZE, &old);
	CHECK_INT(push_all(&f), -ENOSPC);
	pop_all(&f);
	push_many(&f, 5000); /* when it was empty, there was room again */
	pop_all(&f);
	spool_free(f.spool);
}

static void test_clear(void)
{
	struct feed f = {.spool = spool_new(NULL, MANY)};

	push_many(&f, 5000);
	spool_clear(f.spool);
	CHECK(spool_is_empty(f.spool));
	f.out = f.in;
	push_many(&f, 5000);
	pop_all(&f);
	CHECK_INT(spool_push(f.spool, "", REC_MAX_LEN + 1), -EMSGSIZE);
	spool_free(f.spool);
	spool_free(NULL);
}

int main(void)
{
	UNIT_RUN(test_small);
	UNIT_RUN(test_two_blocks_need_no_file);
	UNIT_RUN(test_no_file);
	UNIT_RUN(test_file);
	UNIT_RUN(test_bound);
	UNIT_RUN(test_disk_error);
	UNIT_RUN(test_clear);
	return unit_status();
}
