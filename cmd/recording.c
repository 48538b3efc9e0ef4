/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/record.h"
#include "cmd/recording.h"

#define MAGIC_LEN (sizeof(REC_STREAM_MAGIC) - 1)

FILE *recording_create(const char *path, struct errbuf *err)
{
	_cleanup_(fclosep) FILE *f = fopen(path, "we");

	if (!f || fwrite(REC_STREAM_MAGIC, MAGIC_LEN, 1, f) != 1) {
		err_set(err, -errno, "cannot write %s: %s", path, strerror(errno));
		return NULL;
	}
	return TAKE_PTR(f);
}

int recording_write(FILE *f, const void *rec, size_t len)
{
	return fwrite(rec, len, 1, f) == 1 ? 0 : errno ? -errno : -EIO;
}

FILE *recording_open(const char *path, struct errbuf *err)
{
	_cleanup_(fclosep) FILE *f = fopen(path, "re");
	char magic[MAGIC_LEN];

	if (!f) {
		err_set(err, -errno, "cannot read %s: %s", path, strerror(errno));
		return NULL;
	}
	if (fread(magic, MAGIC_LEN, 1, f) != 1 || memcmp(magic, REC_STREAM_MAGIC, MAGIC_LEN)) {
		err_set(err, -EBADMSG, "%s is not a pathlag recording (made with -w)", path);
		return NULL;
	}
	return TAKE_PTR(f);
}

bool recording_is_at(const char *path)
{
	struct errbuf ignored = {0};
	_cleanup_(fclosep) FILE *f = recording_open(path, &ignored);

	return f != NULL;
}

int recording_read(FILE *f, const char *path, void *buf, struct errbuf *err)
{
	struct rec_hdr *hdr = buf;
	size_t n = fread(hdr, 1, sizeof(*hdr), f), rest;

	if (!n && feof(f))
		return 0;
	if (n < sizeof(*hdr))
		return err_set(err, -EBADMSG, "%s is cut off: it ends inside a record", path);
	if (hdr->len < sizeof(*hdr) || hdr->len > REC_MAX_LEN)
		return err_set(err, -EBADMSG, "%s is damaged at byte %ld", path,
			ftell(f) - (long)sizeof(*hdr));
	rest = hdr->len - sizeof(*hdr);
	if (rest && fread(hdr + 1, rest, 1, f) != 1)
		return err_set(err, -EBADMSG, "%s is cut off: it ends inside a record", path);
	return hdr->len;
}
