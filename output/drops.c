// SPDX-License-Identifier: GPL-2.0-only
#include "output/drops.h"
#include "output/subject.h"
#include "output/table.h"

#define ROWS_DEFAULT 4096
#define CPUS         1024     /* a power of two */
#define REPEAT_NS    20000000 /* from the remark to the free */

struct entry {
	struct table_node node;
	struct drop_row row;
};

/* The last time on one CPU that the kernel said so of a frame. */
struct refused_frame {
	__u64 ts_ns; /* 0 = never, or its end has been seen */
	__u32 ifindex, netns;
};

struct drops {
	struct table table; /* by a hash of the key */
	size_t max_rows;
	__u64 taken_ns;        /* when the rates were last taken */
	__u64 total_before;    /* total at that time */
	struct drop_row **row; /* as many as the table has, in the order they came or sorted */
	size_t room;
	struct drop_counts counts;
	struct refused_frame refused[CPUS];
};

/* ---- one drop ----------------------------------------------------------------------------- */

/* The trace begins in the programs that took it: how many frames lie before the one that dropped.
 */
static unsigned own_frames(const struct rec_dropped *rec, const struct hop_names *stack)
{
	for (unsigned i = 0; rec->location && i < stack->frames; i++)
		if (stack->frame[i].addr == rec->location)
			return i;
	return 0;
}

void dropped_of(struct dropped *d, const struct event *ev)
{
	const struct rec_dropped *rec = ev->dropped;
	unsigned own = own_frames(rec, &ev->hop_names);

	*d = (struct dropped){
		.ts_ns = ev->ts_ns,
		.cpu = rec->hdr.cpu,
		.rec = rec,
		.names = &ev->drop_names,
		.frames = ev->hop_names.frames - own,
		.frame = ev->hop_names.frame + own,
		.subject = SUBJECT_TOLD(rec),
	};
}

/* "nft_do_chain+0x40e [nf_tables]" without the offset: each place of a function is the same row. */
static void copy_place(char *to, size_t size, const char *location)
{
	size_t name = strcspn(location, "+");
	const char *module = strchr(location + name, ' ');

	snprintf(to, size, "%.*s%s", (int)name, location, module ? module : "");
}

static void key_of(struct drop_key *k, const struct dropped *d)
{
	const struct func *program = d->names->by.program;

	memset(k, 0, sizeof(*k)); /* it is hashed and compared as a whole */
	snprintf(k->reason, sizeof(k->reason), "%s", d->names->reason);
	snprintf(k->subsys, sizeof(k->subsys), "%s", d->names->subsys);
	snprintf(k->verdict, sizeof(k->verdict), "%s", d->names->verdict);
	copy_place(k->place, sizeof(k->place), d->names->location);
	if (program) {
		snprintf(k->program, sizeof(k->program), "%.63s", program->name);
		k->prog_kind = program->prog_kind;
		k->prog_id = program->prog_id;
	} else if (d->rec->prog_id) {
		k->prog_kind = PROG_XDP;
		k->prog_id = d->rec->prog_id;
	}
	memcpy(k->dev, d->rec->dev.name, strnlen(d->rec->dev.name, sizeof(d->rec->dev.name)));
	k->ifindex = d->rec->dev.ifindex;
	k->netns = d->rec->owner.netns ? d->rec->owner.netns : d->rec->dev.netns;
	if (!d->subject.owner_known)
		return;
	memcpy(k->comm, d->rec->owner.comm,
		strnlen(d->rec->owner.comm, sizeof(d->rec->owner.comm)));
	k->tgid = d->rec->owner.tgid;
}

/* When the kernel means no drop by freeing a packet in a function. */
enum harmless {
	UNEXPLAINED = 1 << 0, /* where it gives no reason */
	UNWANTED = 1 << 1,    /* where it says that there was no socket */
	EMPTY = 1 << 2,       /* whatever it says, without bytes that somebody might have read */
};

/*
 * TCP's receive function frees a SYN it has answered again, or that a request has taken over. A FIN
 * waits in its queue until the socket is closed. An echo reply is offered to ping sockets, of which
 * there is often none, when raw sockets have had their copy. ICMPv6 frees all that it has handled
 * in one place, and says only since 6.3 that it was no drop.
 */
bool dropped_is_harmless(const struct dropped *d)
{
	static const struct {
		const char *function;
		unsigned when; /* enum harmless */
	} known[] = {
		{"tcp_v4_rcv+", UNEXPLAINED},
		{"tcp_v6_rcv+", UNEXPLAINED},
		{"icmp_rcv+", UNEXPLAINED | UNWANTED},
		{"icmpv6_rcv+", UNEXPLAINED | UNWANTED},
		{"ping_rcv+", UNEXPLAINED | UNWANTED},
		{"sk_stream_kill_queues+", EMPTY},
		{"inet_sock_destruct+", EMPTY},
	};
	const char *reason = d->names->reason, *location = d->names->location;
	unsigned is = d->rec->len ? 0 : EMPTY;

	if (d->names->harmless)
		return true;
	if (!*reason || !strcmp(reason, "NOT_SPECIFIED"))
		is |= UNEXPLAINED;
	else if (!strcmp(reason, "NO_SOCKET"))
		is |= UNWANTED;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strncmp(location, known[i].function, strlen(known[i].function)))
			return is & known[i].when;
	return false;
}

/* By the function that runs the program, whatever it was inlined into. */
static bool is_freed_by_xdp(const struct dropped *d)
{
	static const char *const places[] = {"generic_xdp_tx+", "do_xdp_generic", "veth_",
		"netif_receive_generic_xdp", "__netif_receive_skb_core"};

	if (!strcmp(d->names->reason, "XDP"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (!strncmp(d->names->location, places[i], strlen(places[i])))
			return true;
	return false;
}

bool drops_is_repeat(struct drops *d, const struct dropped *drop)
{
	struct refused_frame *r = &d->refused[drop->cpu & (CPUS - 1)];
	const struct rec_dev *dev = &drop->rec->dev;

	if (drop->rec->what == DROPPED_XDP_EXCEPTION || drop->rec->what == DROPPED_XDP_REDIRECT) {
		*r = (struct refused_frame){drop->ts_ns, dev->ifindex, dev->netns};
		return false;
	}
	if (!r->ts_ns || drop->ts_ns - r->ts_ns > REPEAT_NS || dev->ifindex != r->ifindex ||
		dev->netns != r->netns || drop->rec->egress || !is_freed_by_xdp(drop))
		return false;
	r->ts_ns = 0;
	return true;
}

/* ---- rows --------------------------------------------------------------------------------- */

/* FNV-1a */
static __u64 hash_of(const struct drop_key *k)
{
	const __u8 *at = (const __u8 *)k;
	__u64 hash = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < sizeof(*k); i++)
		hash = (hash ^ at[i]) * 0x100000001b3ULL;
	return hash;
}

/* The row of that key; where it has none, *HASH becomes the number under which it may be added. */
static struct entry *find(const struct drops *d, const struct drop_key *k, __u64 *hash)
{
	struct entry *e;

	*hash = hash_of(k);
	while ((e = (struct entry *)table_find(&d->table, *hash))) {
		if (!memcmp(&e->row.key, k, sizeof(*k)))
			return e;
		++*hash;
	}
	return NULL;
}

static struct entry *add(struct drops *d, const struct drop_key *k, __u64 hash)
{
	struct entry *e;

	if (d->counts.rows == d->max_rows)
		return NULL;
	if (d->counts.rows == d->room) {
		size_t room = d->room ? 2 * d->room : 64;
		struct drop_row **bigger = reallocarray(d->row, room, sizeof(*bigger));

		if (!bigger)
			return NULL;
		d->row = bigger;
		d->room = room;
	}
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->row.key = *k;
	table_add(&d->table, &e->node, hash);
	d->row[d->counts.rows++] = &e->row;
	return e;
}

void drops_add(struct drops *d, const struct dropped *drop)
{
	struct drop_key key;
	struct entry *e;
	__u64 hash;

	key_of(&key, drop);
	e = find(d, &key, &hash);
	if (!e)
		e = add(d, &key, hash);
	d->counts.total++;
	if (e)
		e->row.count++;
	else
		d->counts.other++;
}

/* ---- what is shown of them ---------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	const struct drop_row *x = *(struct drop_row *const *)a, *y = *(struct drop_row *const *)b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return memcmp(&x->key, &y->key, sizeof(x->key));
}

static const struct drop_counts *sorted(struct drops *d, __u64 now_ns)
{
	if (d->counts.rows)
		qsort(d->row, d->counts.rows, sizeof(*d->row), compare);
	d->counts.row = d->row;
	d->counts.end_ns = now_ns;
	return &d->counts;
}

static double rate(__u64 count, __u64 from_ns, __u64 to_ns)
{
	return to_ns > from_ns ? (double)count * 1e9 / (double)(to_ns - from_ns) : 0;
}

const struct drop_counts *drops_lately(struct drops *d, __u64 now_ns)
{
	for (size_t i = 0; i < d->counts.rows; i++) {
		struct drop_row *r = d->row[i];

		r->per_s = rate(r->count - r->before, d->taken_ns, now_ns);
		r->before = r->count;
	}
	d->counts.per_s = rate(d->counts.total - d->total_before, d->taken_ns, now_ns);
	d->total_before = d->counts.total;
	d->taken_ns = now_ns;
	return sorted(d, now_ns);
}

const struct drop_counts *drops_overall(struct drops *d, __u64 now_ns)
{
	for (size_t i = 0; i < d->counts.rows; i++)
		d->row[i]->per_s = rate(d->row[i]->count, d->counts.start_ns, now_ns);
	d->counts.per_s = rate(d->counts.total, d->counts.start_ns, now_ns);
	return sorted(d, now_ns);
}

/* ---- their life --------------------------------------------------------------------------- */

struct drops *drops_new(size_t max_rows, __u64 start_ns)
{
	struct drops *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->max_rows = max_rows ? max_rows : ROWS_DEFAULT;
	d->counts.start_ns = d->taken_ns = start_ns;
	if (!table_init(&d->table, d->max_rows))
		return d;
	free(d);
	return NULL;
}

void drops_free(struct drops *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->counts.rows; i++)
		free((char *)d->row[i] - offsetof(struct entry, row));
	table_done(&d->table);
	free(d->row);
	free(d);
}
