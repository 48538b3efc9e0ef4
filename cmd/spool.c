/* SPDX-License-Identifier: GPL-2.0-only */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include "bpf/record.h"
#include "cmd/spool.h"

struct entry {
	uint64_t len;
	char bytes[]; /* up to a multiple of 8 */
};

struct block {
	uint64_t used; /* of the bytes */
	char bytes[SPOOL_BLOCK - sizeof(uint64_t)];
};

_Static_assert(sizeof(struct block) == SPOOL_BLOCK, "a block is what is written at once");
_Static_assert(2 * REC_MAX_LEN < SPOOL_BLOCK, "a block takes records of any length");

/* The file is a ring of `slots` blocks; block N of those ever written lies in slot N % slots. */
struct spool {
	const char *dir;
	uint64_t max_bytes;
	struct block *head, *tail;
	size_t head_at; /* what has been taken of the head */
	int fd;         /* -1 = none yet */
	int file_err;   /* there will be none: -errno */
	uint64_t slots, written, read;
};

struct spool *spool_new(const char *dir, uint64_t max_bytes)
{
	struct spool *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->dir = dir;
	s->max_bytes = max_bytes;
	s->fd = -1;
	s->head = malloc(sizeof(*s->head));
	s->tail = malloc(sizeof(*s->tail));
	if (!s->head || !s->tail) {
		spool_free(s);
		return NULL;
	}
	s->head->used = s->tail->used = 0;
	return s;
}

/* ---- the file ------------------------------------------------------------------------------- */

static int open_in(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	char path[4096];

	if (fd >= 0)
		return fd;
	/* Not every filesystem can: overlayfs learned it with Linux 6.1. */
	if (snprintf(path, sizeof(path), "%s/pathlag.XXXXXX", dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

static int open_anywhere(const char *dir)
{
	const char *const dirs[] = {secure_getenv("TMPDIR"), "/tmp", "/var/tmp"};
	int fd = -ENOENT;

	if (dir)
		return open_in(dir);
	for (size_t i = 0; fd < 0 && i < ARRAY_SIZE(dirs); i++)
		if (dirs[i] && *dirs[i])
			fd = open_in(dirs[i]);
	return fd;
}

/* Others need room, too; and beyond the limit of file sizes lies a signal that kills. */
static uint64_t room_for(int fd, uint64_t max_bytes)
{
	struct rlimit limit;
	struct statvfs fs;

	if (!fstatvfs(fd, &fs) && (uint64_t)fs.f_bavail * fs.f_frsize / 2 < max_bytes)
		max_bytes = (uint64_t)fs.f_bavail * fs.f_frsize / 2;
	if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur < max_bytes)
		max_bytes = limit.rlim_cur;
	return max_bytes;
}

static int need_file(struct spool *s)
{
	if (s->fd >= 0 || s->file_err)
		return s->file_err;
	s->fd = open_anywhere(s->dir);
	if (s->fd >= 0)
		s->slots = room_for(s->fd, s->max_bytes) / SPOOL_BLOCK;
	else
		s->file_err = s->fd;
	return s->file_err;
}

static int write_tail(struct spool *s)
{
	int err = need_file(s);
	ssize_t n;

	if (err)
		return err;
	if (s->written - s->read >= s->slots)
		return -ENOSPC;
	n = pwrite(s->fd, s->tail, SPOOL_BLOCK, (off_t)(s->written % s->slots * SPOOL_BLOCK));
	if (n == SPOOL_BLOCK) {
		s->written++;
		s->tail->used = 0;
		return 0;
	}
	err = n < 0 ? -errno : -ENOSPC;
	/* The disk is full: go on in the slots there are, once they are free. */
	if (s->written < s->slots)
		s->slots = s->written;
	return err;
}

static int read_head(struct spool *s)
{
	ssize_t n = pread(s->fd, s->head, SPOOL_BLOCK, (off_t)(s->read % s->slots * SPOOL_BLOCK));

	if (n == SPOOL_BLOCK && s->head->used <= sizeof(s->head->bytes)) {
		s->read++;
		return 0;
	}
	n = n < 0 ? -errno : -EIO;
	spool_clear(s);
	return (int)n;
}

/* ---- the queue ------------------------------------------------------------------------------ */

static bool head_is_done(const struct spool *s)
{
	return s->head_at == s->head->used;
}

bool spool_is_empty(const struct spool *s)
{
	return head_is_done(s) && s->written == s->read && !s->tail->used;
}

/* With nothing between them, the last block is the first. */
static void swap_ends(struct spool *s)
{
	struct block *done = s->head;

	s->head = s->tail;
	s->tail = done;
	s->tail->used = 0;
}

static size_t entry_size(size_t len)
{
	return sizeof(struct entry) + ((len + 7) & ~(size_t)7);
}

int spool_push(struct spool *s, const void *rec, size_t len)
{
	struct entry *e;

	if (len > REC_MAX_LEN)
		return -EMSGSIZE;
	if (s->tail->used + entry_size(len) > sizeof(s->tail->bytes)) {
		if (head_is_done(s) && s->written == s->read) {
			swap_ends(s);
			s->head_at = 0;
		} else {
			int err = write_tail(s);

			if (err)
				return err;
		}
	}
	e = (struct entry *)(s->tail->bytes + s->tail->used);
	e->len = len;
	memcpy(e->bytes, rec, len);
	s->tail->used += entry_size(len);
	return 0;
}

static int next_block(struct spool *s)
{
	int err;

	if (s->written == s->read) {
		swap_ends(s);
	} else {
		err = read_head(s);
		if (err)
			return err;
	}
	s->head_at = 0;
	return 0;
}

int spool_pop(struct spool *s, const void **rec, size_t *len)
{
	const struct entry *e;
	int err;

	if (spool_is_empty(s)) {
		spool_clear(s);
		return 0;
	}
	if (head_is_done(s)) {
		err = next_block(s);
		if (err)
			return err;
	}
	e = (const struct entry *)(s->head->bytes + s->head_at);
	s->head_at += entry_size(e->len);
	*rec = e->bytes;
	*len = e->len;
	return 1;
}

void spool_clear(struct spool *s)
{
	s->head->used = s->tail->used = s->head_at = 0;
	if (!s->written)
		return;
	s->written = s->read = 0;
	if (!ftruncate(s->fd, 0))
		s->slots = room_for(s->fd, s->max_bytes) / SPOOL_BLOCK;
}

void spool_free(struct spool *s)
{
	if (!s)
		return;
	closep(&s->fd);
	free(s->head);
	free(s->tail);
	free(s);
}
