// SPDX-License-Identifier: GPL-2.0-only
/* Records of programs, frames and drops: what they must hold, and what they are called. */
#include "output/event.h"
#include "output/path.h"
#include "tests/unit/unit.h"

enum { XDP = 3, TC, NOBODY };

#define LOCATION 0xffffffff81000000ULL

static int put(struct decoder *d, void *rec, enum rec_type type, size_t len, struct event *ev)
{
	*(struct rec_hdr *)rec = (struct rec_hdr){.type = type, .len = (__u16)len};
	return decoder_read(d, rec, len, ev);
}

#define PUT(d, type, rec, ev) put(d, rec, type, sizeof(*(rec)), ev)

static void put_program(struct decoder *d, __u32 id, enum rec_prog_kind kind, const char *name)
{
	struct rec_func rec = {.id = id, .ret_bytes = 4, .prog_kind = kind, .prog_id = 9 + id};
	struct event ev;

	rec.returns = kind == PROG_XDP ? RETURNS_XDP : RETURNS_TC;
	snprintf(rec.name, sizeof(rec.name), "%s", name);
	strcpy(rec.module, "bpf");
	CHECK_INT(PUT(d, REC_FUNC, &rec, &ev), 0);
}

static void put_reason(struct decoder *d, __u32 code, const char *name)
{
	struct rec_reason rec = {.code = code, .subsys = "core"};
	struct event ev;

	snprintf(rec.name, sizeof(rec.name), "%s", name);
	CHECK_INT(PUT(d, REC_REASON, &rec, &ev), 0);
}

static struct decoder *decoder(void)
{
	struct rec_symbol symbol = {.addr = LOCATION, .name = "tcp_v4_rcv+0x62"};
	struct decoder *d = decoder_new();
	struct event ev;

	put_program(d, XDP, PROG_XDP, "drop81");
	put_program(d, TC, PROG_TC, "netif_rx");
	put_reason(d, 2, "NOT_SPECIFIED");
	put_reason(d, 17, "TC_EGRESS");
	CHECK_INT(PUT(d, REC_SYMBOL, &symbol, &ev), 0);
	return d;
}

static void test_drop_of_a_frame(void)
{
	struct decoder *d = decoder();
	struct rec_drop rec = {.func = XDP, .verdict = 1};
	struct event ev;

	CHECK_INT(PUT(d, REC_DROP, &rec, &ev), 1);
	CHECK_STR(ev.drop_names.by.program->name, "drop81");
	CHECK_INT(ev.drop_names.by.program->prog_kind, PROG_XDP);
	CHECK_INT(ev.drop_names.by.program->prog_id, 12);
	CHECK_STR(ev.drop_names.verdict, "XDP_DROP");
	CHECK_STR(ev.drop_names.reason, "XDP_DROP");
	CHECK_STR(ev.drop_names.subsys, "");
	CHECK_STR(ev.drop_names.location, "");
	decoder_free(d);
}

static void test_reason_of_the_kernel_stays(void)
{
	struct decoder *d = decoder();
	struct rec_drop rec = {.func = TC, .verdict = 2, .reason = 17, .location = LOCATION};
	struct event ev;

	CHECK_INT(PUT(d, REC_DROP, &rec, &ev), 1);
	CHECK_STR(ev.drop_names.reason, "TC_EGRESS");
	CHECK_STR(ev.drop_names.subsys, "core");
	CHECK_STR(ev.drop_names.verdict, "TC_ACT_SHOT");
	CHECK_INT(ev.drop_names.by.program->role, ROLE_NONE);
	rec.reason = 2;
	CHECK_INT(PUT(d, REC_DROP, &rec, &ev), 1);
	CHECK_STR(ev.drop_names.reason, "TC_ACT_SHOT");
	CHECK(!ev.drop_names.harmless);
	rec.func = 0;
	CHECK_INT(PUT(d, REC_DROP, &rec, &ev), 1);
	CHECK_STR(ev.drop_names.reason, "NOT_SPECIFIED");
	CHECK_STR(ev.drop_names.verdict, "");
	CHECK(!ev.drop_names.by.program);
	CHECK(ev.drop_names.harmless);
	decoder_free(d);
}

static void test_program_that_was_never_named(void)
{
	struct decoder *d = decoder();
	struct rec_drop rec = {.func = NOBODY, .verdict = 2};
	struct event ev;

	CHECK(decoder_lacks_func(d, NOBODY));
	CHECK_INT(PUT(d, REC_DROP, &rec, &ev), 1);
	CHECK_STR(ev.drop_names.by.program->name, "func#5");
	CHECK_STR(prog_kind_name(ev.drop_names.by.program->prog_kind), "bpf");
	CHECK_STR(ev.drop_names.verdict, "2");
	CHECK_STR(ev.drop_names.reason, "");
	decoder_free(d);
}

static void test_dropped(void)
{
	struct decoder *d = decoder();
	struct {
		struct rec_dropped rec;
		__u64 stack[2];
	} r = {.rec = {.what = DROPPED_FRAME, .func = XDP, .stack_len = 2}, .stack = {LOCATION, 7}};
	struct event ev;

	CHECK_INT(PUT(d, REC_DROPPED, &r, &ev), 1);
	CHECK_STR(ev.drop_names.reason, "XDP_ABORTED");
	CHECK_STR(ev.drop_names.by.program->name, "drop81");
	CHECK_INT(ev.hop_names.frames, 2);
	CHECK_STR(ev.hop_names.frame[0].name, "tcp_v4_rcv+0x62");
	CHECK(!ev.hop_names.frame[1].name);
	r.rec.what = DROPPED_XDP_EXCEPTION;
	r.rec.verdict = 3;
	CHECK_INT(PUT(d, REC_DROPPED, &r, &ev), 1);
	CHECK_STR(ev.drop_names.reason, "XDP_EXCEPTION");
	CHECK_STR(ev.drop_names.verdict, "XDP_TX");
	r.rec.what = DROPPED_XDP_REDIRECT;
	r.rec.verdict = -ENXIO;
	CHECK_INT(PUT(d, REC_DROPPED, &r, &ev), 1);
	CHECK_STR(ev.drop_names.reason, "XDP_REDIRECT_ERROR");
	CHECK_STR(ev.drop_names.verdict, "-ENXIO");
	r.rec.what = DROPPED_SKB;
	r.rec.func = 0;
	CHECK_INT(PUT(d, REC_DROPPED, &r, &ev), 1);
	CHECK_STR(ev.drop_names.reason, "");
	CHECK(!ev.drop_names.by.program);
	r.rec.stack_len = 3;
	CHECK_INT(PUT(d, REC_DROPPED, &r, &ev), -EBADMSG);
	r.rec.stack_len = 0;
	r.rec.what = DROPPED_XDP_REDIRECT + 1;
	CHECK_INT(PUT(d, REC_DROPPED, &r, &ev), -EBADMSG);
	r.rec.what = 0;
	CHECK_INT(put(d, &r, REC_DROPPED, sizeof(r.rec) - 1, &ev), -EBADMSG);
	decoder_free(d);
}

static void test_frame(void)
{
	struct decoder *d = decoder();
	struct rec_frame rec = {.packet = 1, .layer = 2, .caplen = REC_FRAME_MAX};
	struct event ev;

	CHECK_INT(PUT(d, REC_FRAME, &rec, &ev), 1);
	rec.caplen++;
	CHECK_INT(PUT(d, REC_FRAME, &rec, &ev), -EBADMSG);
	rec.caplen = 0;
	CHECK_INT(PUT(d, REC_FRAME, &rec, &ev), 1);
	rec.layer = 4;
	CHECK_INT(PUT(d, REC_FRAME, &rec, &ev), -EBADMSG);
	rec.layer = 3;
	rec.packet = 0;
	CHECK_INT(PUT(d, REC_FRAME, &rec, &ev), -EBADMSG);
	decoder_free(d);
}

int main(void)
{
	UNIT_RUN(test_drop_of_a_frame);
	UNIT_RUN(test_reason_of_the_kernel_stays);
	UNIT_RUN(test_program_that_was_never_named);
	UNIT_RUN(test_dropped);
	UNIT_RUN(test_frame);
	return unit_status();
}
