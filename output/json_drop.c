// SPDX-License-Identifier: GPL-2.0-only
/* The `drop` line of JSON schema v1, and `drop_counts` of its summary. */
#include "output/json_drop.h"
#include "output/json_hop.h"

#define ROWS_MAX 1000 /* of one line; the others are counted in drop_counts_other */

/* ---- a drop ------------------------------------------------------------------------------- */

static void put_identity(struct fast_line *f, const struct dropped *d)
{
	const struct rec_dropped *rec = d->rec;

	if (rec->skb)
		fast_hex(f, ",\"skb\":", rec->skb);
	if (rec->packet)
		fast_hex(f, ",\"packet_id\":", rec->packet);
	if (rec->sk)
		fast_hex(f, ",\"sk\":", rec->sk);
	if (rec->owner.netns)
		fast_uint(f, ",\"netns\":", rec->owner.netns);
	if (!rec->dev.ifindex)
		return;
	fast_uint(f, ",\"dev\":{\"ifindex\":", rec->dev.ifindex);
	if (rec->dev.name[0])
		fast_bytes(f, ",\"name\":", rec->dev.name, sizeof(rec->dev.name));
	FAST_RAW(f, "}");
}

static void put_program(struct fast_line *f, const struct dropped *d)
{
	const struct func *program = d->names->by.program;

	if (program) {
		fast_bytes(f, ",\"program\":{\"kind\":", prog_kind_name(program->prog_kind), 16);
		fast_bytes(f, ",\"name\":", program->name, sizeof(program->name));
		if (program->prog_id)
			fast_uint(f, ",\"id\":", program->prog_id);
		FAST_RAW(f, "}");
	} else if (d->rec->prog_id) {
		fast_bytes(f, ",\"program\":{\"kind\":", prog_kind_name(PROG_XDP), 16);
		fast_uint(f, ",\"id\":", d->rec->prog_id);
		FAST_RAW(f, "}");
	}
	if (d->names->verdict[0])
		fast_bytes(f, ",\"verdict\":", d->names->verdict, sizeof(d->names->verdict));
}

static void put_drop(struct fast_line *f, const struct dropped *d)
{
	fast_bytes(f, ",\"drop\":{\"direction\":", d->rec->egress ? "egress" : "ingress", 8);
	if (d->names->reason[0])
		fast_bytes(f, ",\"reason\":", d->names->reason, 64);
	if (d->names->subsys[0])
		fast_bytes(f, ",\"subsys\":", d->names->subsys, 24);
	if (d->rec->reason)
		fast_uint(f, ",\"code\":", d->rec->reason);
	if (d->names->location[0])
		fast_bytes(f, ",\"location\":", d->names->location, sizeof(d->names->location));
	put_program(f, d);
	FAST_RAW(f, "}");
}

static void put_stack(struct fast_line *f, const struct dropped *d)
{
	FAST_RAW(f, ",\"stack\":[");
	for (unsigned i = 0; i < d->frames; i++) {
		const char *before = i ? "," : "";

		if (d->frame[i].name)
			fast_bytes(f, before, d->frame[i].name, LOCATION_LEN);
		else
			fast_hex(f, before, d->frame[i].addr);
	}
	FAST_RAW(f, "]");
}

int json_drop_write(struct fast_line *f, bool stacks, const struct dropped *d)
{
	fast_begin(f, "drop", d->ts_ns);
	fast_uint(f, ",\"cpu\":", d->cpu);
	put_identity(f, d);
	fast_uint(f, ",\"len\":", d->rec->len);
	json_subject_write(f, &d->subject);
	put_drop(f, d);
	if (stacks && d->frames)
		put_stack(f, d);
	return fast_end(f);
}

/* ---- the counts --------------------------------------------------------------------------- */

static void put_row_program(struct json_line *l, struct json_object *o, const struct drop_key *k)
{
	struct json_object *program;

	if (!k->program[0] && !k->prog_id)
		return;
	program = json_line_object(l, o, "program");
	json_line_text(l, program, "kind", prog_kind_name(k->prog_kind));
	json_line_known(l, program, "name", k->program);
	if (k->prog_id)
		json_line_uint(l, program, "id", k->prog_id);
	json_line_known(l, o, "verdict", k->verdict);
}

static void put_row_place(struct json_line *l, struct json_object *o, const struct drop_key *k)
{
	struct json_object *part;

	if (k->netns)
		json_line_uint(l, o, "netns", k->netns);
	if (k->ifindex) {
		part = json_line_object(l, o, "dev");
		json_line_uint(l, part, "ifindex", k->ifindex);
		json_line_known(l, part, "name", k->dev);
	}
	if (k->tgid) {
		part = json_line_object(l, o, "owner");
		json_line_uint(l, part, "pid", k->tgid);
		json_line_text(l, part, "comm", k->comm);
	}
}

static void put_row(struct json_line *l, struct json_object *list, const struct drop_row *row)
{
	struct json_object *o = json_line_object(l, list, NULL);
	const struct drop_key *k = &row->key;

	json_line_known(l, o, "reason", k->reason);
	json_line_known(l, o, "subsys", k->subsys);
	json_line_known(l, o, "location", k->place);
	put_row_program(l, o, k);
	put_row_place(l, o, k);
	json_line_uint(l, o, "count", row->count);
	json_line_number(l, o, "rate_per_s", row->per_s);
}

void json_drop_counts(struct json_line *l, const struct drop_counts *n)
{
	struct json_object *list = json_line_array(l, l->root, "drop_counts");
	__u64 other = n->total;

	for (size_t i = 0; i < n->rows && i < ROWS_MAX; i++) {
		put_row(l, list, n->row[i]);
		other -= n->row[i]->count;
	}
	json_line_uint(l, l->root, "drop_counts_other", other);
	json_line_uint(l, l->root, "drop_total", n->total);
	json_line_uint(l, l->root, "dur_ns", n->end_ns - n->start_ns);
}
