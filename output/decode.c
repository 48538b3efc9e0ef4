/* SPDX-License-Identifier: GPL-2.0-only */
#include <search.h>

#include "output/decode_func.h"
#include "output/path.h"

/* A name of the stream's own tables: of an address (REC_SYMBOL) or a drop reason (REC_REASON). */
struct named {
	__u64 key;
	char subsys[24];
	char name[112];
};

struct decoder {
	void *symbols; /* tsearch() tree of struct named */
	void *reasons;
	size_t names; /* bounded: a hostile file must not grow us without end */
	struct func_table funcs;
};

#define MAX_NAMES 65536

static int named_compare(const void *a, const void *b)
{
	__u64 x = ((const struct named *)a)->key, y = ((const struct named *)b)->key;

	return x < y ? -1 : x > y;
}

static const struct named *named_find(void *const *tree, __u64 key)
{
	struct named probe = {.key = key};
	void *node = tfind(&probe, tree, named_compare);

	return node ? *(struct named **)node : NULL;
}

/* Copies a fixed-size member that need not be terminated. */
static void copy_text(char *to, size_t size, const char *from, size_t from_size)
{
	size_t n = strnlen(from, from_size < size - 1 ? from_size : size - 1);

	memcpy(to, from, n);
	to[n] = '\0';
}

static void named_put(struct decoder *d, void **tree, const struct named *entry)
{
	struct named *copy;
	void *node;

	if (d->names >= MAX_NAMES || named_find(tree, entry->key))
		return;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return;
	*copy = *entry;
	node = tsearch(copy, tree, named_compare);
	if (!node) {
		free(copy);
		return;
	}
	d->names++;
}

struct decoder *decoder_new(void)
{
	struct decoder *d = calloc(1, sizeof(*d));

	if (d)
		func_table_init(&d->funcs);
	return d;
}

void decoder_free(struct decoder *d)
{
	if (!d)
		return;
	tdestroy(d->symbols, free);
	tdestroy(d->reasons, free);
	func_table_done(&d->funcs);
	free(d);
}

bool decoder_lacks_symbol(const struct decoder *d, __u64 addr)
{
	return addr && !named_find(&d->symbols, addr);
}

bool decoder_lacks_reason(const struct decoder *d, __u32 code)
{
	return code && !named_find(&d->reasons, code);
}

bool decoder_lacks_func(const struct decoder *d, __u32 id)
{
	return !func_table_has(&d->funcs, id);
}

static void read_symbol(struct decoder *d, const struct rec_symbol *rec)
{
	struct named entry = {.key = rec->addr};

	copy_text(entry.name, sizeof(entry.name), rec->name, sizeof(rec->name));
	named_put(d, &d->symbols, &entry);
}

static void read_reason(struct decoder *d, const struct rec_reason *rec)
{
	struct named entry = {.key = rec->code};

	copy_text(entry.name, sizeof(entry.name), rec->name, sizeof(rec->name));
	copy_text(entry.subsys, sizeof(entry.subsys), rec->subsys, sizeof(rec->subsys));
	named_put(d, &d->reasons, &entry);
}

static void join_drop_names(
	const struct decoder *d, __u64 location, __u32 code, struct drop_names *names)
{
	const struct named *symbol = named_find(&d->symbols, location);
	const struct named *reason = named_find(&d->reasons, code);

	names->reason = reason ? reason->name : "";
	names->subsys = reason ? reason->subsys : "";
	names->by = (struct program_verdict){0};
	names->verdict[0] = '\0';
	names->location[0] = '\0';
	if (symbol)
		snprintf(names->location, sizeof(names->location), "%s", symbol->name);
	else if (location)
		snprintf(names->location, sizeof(names->location), "0x%llx",
			(unsigned long long)location);
	names->harmless = !strcmp(names->reason, "NOT_SPECIFIED") &&
			  (!strncmp(names->location, "tcp_v4_rcv+", 11) ||
				  !strncmp(names->location, "tcp_v6_rcv+", 11));
}

/* The program that decided the drop, if there is one: its verdict says more than no reason. */
static void join_program(struct decoder *d, __u32 id, __s32 verdict, struct drop_names *names)
{
	char buf[WORDS_LEN];

	if (!id)
		return;
	names->by = (struct program_verdict){func_table_get(&d->funcs, id), verdict};
	snprintf(names->verdict, sizeof(names->verdict), "%.31s",
		program_verdict_words(&names->by, buf, NULL));
	names->harmless = false;
	if (!names->by.program->prog_kind)
		return;
	if (!names->reason[0] || !strcmp(names->reason, "NOT_SPECIFIED")) {
		names->reason = names->verdict;
		names->subsys = "";
	}
}

/* LEN bytes at TEXT end in a NUL. */
static bool is_text(const char *text, __u32 len)
{
	return !len || text[len - 1] == '\0';
}

static int read_meta(const struct rec_meta *rec, size_t len, struct event *ev)
{
	const char *cmdline = (const char *)(rec + 1), *filter;
	size_t room = len - sizeof(*rec);

	if (rec->version != REC_STREAM_VERSION || rec->cmdline_len > room ||
		rec->filter_len > room - rec->cmdline_len)
		return -EBADMSG;
	filter = cmdline + rec->cmdline_len;
	if (!is_text(cmdline, rec->cmdline_len) || !is_text(filter, rec->filter_len))
		return -EBADMSG;
	ev->run = (struct run_info){rec, cmdline, rec->cmdline_len, rec->filter_len ? filter : ""};
	return 1;
}

static int read_dns(const struct rec_dns *rec, size_t len, struct event *ev)
{
	if (rec->payload_len > len - sizeof(*rec) || rec->payload_len > REC_DNS_MAX)
		return -EBADMSG;
	ev->dns_bytes = (struct dns_bytes){(const __u8 *)(rec + 1), rec->payload_len};
	return 1;
}

/* COUNT addresses begin at ADDR, where the record has ROOM bytes. */
static int read_stack(const struct decoder *d, const void *addr, __u32 count, size_t room,
	struct hop_names *names)
{
	const __u64 *at = addr;

	if (count > REC_STACK_MAX || count > room / sizeof(*at))
		return -EBADMSG;
	names->frames = count;
	for (unsigned i = 0; i < count; i++) {
		const struct named *symbol = named_find(&d->symbols, at[i]);

		names->frame[i] = (struct frame){at[i], symbol ? symbol->name : NULL};
	}
	return 1;
}

static int read_hop(struct decoder *d, const struct rec_hop *rec, size_t len, struct event *ev)
{
	ev->hop_names.func = func_table_get(&d->funcs, rec->func);
	return read_stack(d, rec + 1, rec->stack_len, len - sizeof(*rec), &ev->hop_names);
}

static int read_hop_return(struct decoder *d, const struct rec_hop_return *rec, struct event *ev)
{
	struct hop_names *names = &ev->hop_names;
	const struct named *reason = NULL;

	names->func = func_table_get(&d->funcs, rec->func);
	names->ret = func_ret(names->func, rec->ret);
	if (names->func->returns == RETURNS_DROP_REASON)
		reason = named_find(&d->reasons, (__u32)names->ret);
	names->ret_reason = reason ? reason->name : "";
	names->frames = 0;
	return 1;
}

static int read_packet_end(
	const struct decoder *d, const struct rec_packet_end *rec, struct event *ev)
{
	if (!rec->packet)
		return -EBADMSG;
	if (rec->dropped)
		join_drop_names(d, rec->location, rec->reason, &ev->drop_names);
	return 1;
}

static int read_drop(struct decoder *d, const struct rec_drop *rec, struct event *ev)
{
	join_drop_names(d, rec->location, rec->reason, &ev->drop_names);
	join_program(d, rec->func, rec->verdict, &ev->drop_names);
	return 1;
}

static int read_dropped(
	struct decoder *d, const struct rec_dropped *rec, size_t len, struct event *ev)
{
	struct drop_names *names = &ev->drop_names;

	if (rec->what > DROPPED_XDP_REDIRECT)
		return -EBADMSG;
	join_drop_names(d, rec->location, rec->reason, names);
	join_program(d, rec->func, rec->verdict, names);
	if (rec->what == DROPPED_XDP_EXCEPTION)
		names->reason = "XDP_EXCEPTION";
	else if (rec->what == DROPPED_XDP_REDIRECT)
		names->reason = "XDP_REDIRECT_ERROR";
	ev->hop_names.func = names->by.program;
	return read_stack(d, rec + 1, rec->stack_len, len - sizeof(*rec), &ev->hop_names);
}

static int check_frame(const struct rec_frame *rec)
{
	bool layer = rec->layer == 2 || rec->layer == 3;

	return rec->packet && layer && rec->caplen <= sizeof(rec->bytes) ? 1 : -EBADMSG;
}

/* The least length of each type this version knows; 0 = unknown. */
static size_t least_len(__u16 type)
{
	static const __u16 least[] = {
		[REC_META] = sizeof(struct rec_meta),
		[REC_SYMBOL] = sizeof(struct rec_symbol),
		[REC_REASON] = sizeof(struct rec_reason),
		[REC_TICK] = sizeof(struct rec_hdr),
		[REC_LOST] = sizeof(struct rec_lost),
		[REC_STOP] = sizeof(struct rec_hdr),
		[REC_CONNECT] = sizeof(struct rec_connect),
		[REC_STATE] = sizeof(struct rec_state),
		[REC_RETURN] = sizeof(struct rec_return),
		[REC_SYN] = sizeof(struct rec_syn),
		[REC_REPLY] = sizeof(struct rec_reply),
		[REC_REINJECT] = sizeof(struct rec_reinject),
		[REC_RETRANSMIT] = sizeof(struct rec_retransmit),
		[REC_RESET] = sizeof(struct rec_reset),
		[REC_SOCK_ERROR] = sizeof(struct rec_sock_error),
		[REC_ICMP] = sizeof(struct rec_icmp),
		[REC_DROP] = sizeof(struct rec_drop),
		[REC_NEIGH] = sizeof(struct rec_neigh),
		[REC_DNS] = sizeof(struct rec_dns),
		[REC_GAI_CALL] = sizeof(struct rec_gai_call),
		[REC_GAI_RETURN] = sizeof(struct rec_gai_return),
		[REC_FUNC] = sizeof(struct rec_func),
		[REC_PACKET] = sizeof(struct rec_packet),
		[REC_PACKET_END] = sizeof(struct rec_packet_end),
		[REC_SOCKET] = sizeof(struct rec_socket),
		[REC_HOP] = sizeof(struct rec_hop),
		[REC_HOP_RETURN] = sizeof(struct rec_hop_return),
		[REC_FRAME] = sizeof(struct rec_frame),
		[REC_DROPPED] = sizeof(struct rec_dropped),
		[REC_PASSIVE] = sizeof(struct rec_passive),
	};

	return type < ARRAY_SIZE(least) ? least[type] : 0;
}

static int read_typed(struct decoder *d, const void *bytes, size_t len, struct event *ev)
{
	switch (ev->type) {
	case REC_META:
		return read_meta(bytes, len, ev);
	case REC_DNS:
		return read_dns(bytes, len, ev);
	case REC_DROP:
		return read_drop(d, bytes, ev);
	case REC_CONNECT:
		return ev->connect->sk ? 1 : -EBADMSG;
	case REC_GAI_CALL:
		return memchr(ev->gai_call->node, 0, sizeof(ev->gai_call->node)) ? 1 : -EBADMSG;
	case REC_GAI_RETURN:
		return ev->gai_return->count <= REC_ADDR_MAX ? 1 : -EBADMSG;
	case REC_PACKET:
		return ev->packet->packet ? 1 : -EBADMSG;
	case REC_PACKET_END:
		return read_packet_end(d, bytes, ev);
	case REC_SOCKET:
		return ev->socket->sk ? 1 : -EBADMSG;
	case REC_HOP:
		return read_hop(d, bytes, len, ev);
	case REC_HOP_RETURN:
		return read_hop_return(d, bytes, ev);
	case REC_FRAME:
		return check_frame(bytes);
	case REC_DROPPED:
		return read_dropped(d, bytes, len, ev);
	case REC_PASSIVE:
		return ev->passive->event < PASSIVE_EVENTS ? 1 : -EBADMSG;
	default:
		return 1;
	}
}

/* What only names things. Returns false for any other record. */
static bool read_naming(struct decoder *d, enum rec_type type, const void *bytes)
{
	switch (type) {
	case REC_SYMBOL:
		read_symbol(d, bytes);
		return true;
	case REC_REASON:
		read_reason(d, bytes);
		return true;
	case REC_FUNC:
		func_table_put(&d->funcs, bytes);
		return true;
	default:
		return false;
	}
}

int decoder_read(struct decoder *d, const void *bytes, size_t len, struct event *ev)
{
	const struct rec_hdr *hdr = bytes;
	size_t least;

	if (len < sizeof(*hdr) || hdr->len != len || len > REC_MAX_LEN)
		return -EBADMSG;
	least = least_len(hdr->type);
	if (!least)
		return 0;
	if (len < least)
		return -EBADMSG;
	if (read_naming(d, hdr->type, bytes))
		return 0;
	ev->ts_ns = hdr->ts_ns;
	ev->type = hdr->type;
	ev->hdr = hdr;
	ev->drop_names.harmless = false; /* of any type, so that it can be asked first */
	return read_typed(d, bytes, len, ev);
}
