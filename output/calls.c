// SPDX-License-Identifier: GPL-2.0-only
#include "output/calls.h"

#define QUIET_NS         10000000000ULL /* an open call without any event for so long is given up */
#define DEFAULT_STACKS   2048
#define DEFAULT_CALLS    65536
#define DEFAULT_TREE     4096
#define STACK_FIRST_ROOM 8

static void open_done(struct open_call *o)
{
	subject_unref(subject_of(&o->call));
	free(o->frame);
}

/* ---- stacks ------------------------------------------------------------------------------- */

static void stack_free(struct calls *c, struct stack *s)
{
	calls_drop_items(c, s);
	for (unsigned i = 0; i < s->depth; i++)
		open_done(&s->open[i]);
	table_remove(&c->stacks, &s->node);
	free(s->open);
	free(s->item);
	free(s);
}

/* Ends the innermost call. Its subject lives on where its item has it. */
static void pop(struct stack *s)
{
	open_done(&s->open[--s->depth]);
}

static void settle_item(struct stack *s, const struct open_call *o)
{
	struct call *item;

	if (o->item < 0)
		return;
	item = &s->item[o->item];
	item->end = o->call.end;
	item->end_ns = o->call.end_ns;
	item->ret = o->call.ret;
	item->ret_reason = o->call.ret_reason;
	item->redirect = o->call.redirect;
}

/* The innermost call is over, and nobody saw how. */
static void miss(struct calls *c, struct stack *s)
{
	struct open_call *o = &s->open[s->depth - 1];

	o->call.end = CALL_MISSED;
	o->call.end_ns = s->now_ns;
	settle_item(s, o);
	c->counts->missed_returns++;
	if (c->cfg->on_missed)
		c->cfg->on_missed(c->cfg->arg, &o->call);
	pop(s);
}

static void evict_oldest(struct calls *c)
{
	struct stack *s = (struct stack *)table_oldest(&c->stacks);

	c->counts->evicted_stacks++;
	while (s->depth)
		miss(c, s);
	calls_hand_over(c, s);
	stack_free(c, s);
}

static struct stack *find_stack(const struct calls *c, __u64 addr)
{
	return (struct stack *)table_find(&c->stacks, addr);
}

static struct stack *make_stack(struct calls *c, __u64 addr)
{
	struct stack *s = find_stack(c, addr);

	if (s)
		return s;
	if (c->stacks.count >= c->cfg->max_stacks)
		evict_oldest(c);
	s = calloc(1, sizeof(*s));
	if (s)
		table_add(&c->stacks, &s->node, addr);
	return s;
}

static void note_event(struct calls *c, struct stack *s, const struct event *ev)
{
	if (ev->ts_ns > s->now_ns)
		s->now_ns = ev->ts_ns;
	s->quiet_ns = ev->ts_ns;
	s->cpu = ev->hdr->cpu;
	table_touch(&c->stacks, &s->node);
}

/* Nothing is open: what grew there is a whole tree. */
static void finish_if_idle(struct calls *c, struct stack *s)
{
	if (s->depth)
		return;
	calls_hand_over(c, s);
	stack_free(c, s);
}

/* ---- entries ------------------------------------------------------------------------------ */

/* A kernel stack belongs to one task at a time: another one on it means that this one has gone. */
static bool is_of_another_task(const struct open_call *o, const struct call *call)
{
	return o->call.flags & call->flags & HOP_PROCESS && o->call.tid != call->tid;
}

/* How many of the open calls are not over yet, now that CALL is made. */
static unsigned still_open(const struct stack *s, const struct call *call)
{
	unsigned keep = s->depth;

	if (s->depth && is_of_another_task(&s->open[0], call))
		return 0;
	for (unsigned i = s->depth; i-- && s->open[i].call.slot <= call->slot;)
		if (s->open[i].call.slot < call->slot || s->open[i].call.func == call->func)
			keep = i;
	return keep;
}

static void end_calls_before(struct calls *c, struct stack *s, const struct call *call)
{
	unsigned keep = still_open(s, call);

	while (s->depth > keep)
		miss(c, s);
	if (!s->depth && s->items)
		calls_hand_over(c, s);
}

static int make_room(struct stack *s)
{
	unsigned room = s->room ? s->room * 2 : STACK_FIRST_ROOM;
	struct open_call *bigger;

	if (s->depth < s->room)
		return 0;
	bigger = reallocarray(s->open, room, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	s->open = bigger;
	s->room = room;
	return 0;
}

/* The trace is the event's; whoever outlives the event needs a copy. */
static struct frame *copy_frames(const struct event *ev)
{
	size_t size = ev->hop_names.frames * sizeof(struct frame);
	struct frame *copy = size ? malloc(size) : NULL;

	return copy ? memcpy(copy, ev->hop_names.frame, size) : NULL;
}

static void tell(
	const struct calls *c, const struct event *ev, enum hop_edge edge, const struct call *call)
{
	struct hop hop = {.ts_ns = ev->ts_ns, .cpu = ev->hdr->cpu, .edge = edge, .call = call};

	if (c->cfg->on_hop)
		c->cfg->on_hop(c->cfg->arg, &hop);
}

static void push(struct calls *c, struct stack *s, const struct event *ev, struct call *call)
{
	struct open_call *o = &s->open[s->depth];
	struct frame *frame = copy_frames(ev);

	call->frame = frame;
	call->frames = frame ? ev->hop_names.frames : 0;
	o->item = calls_add_item(c, s, call);
	o->frame = o->item < 0 ? frame : NULL;
	if (call->end == CALL_POINT) {
		free(o->frame);
		return;
	}
	o->call = *call;
	subject_ref(subject_of(call));
	s->depth++;
}

int calls_enter(struct calls *c, const struct event *ev, const struct call *like)
{
	struct stack *s = make_stack(c, ev->hop->stack);
	struct call call = *like;

	if (!s)
		return -ENOMEM;
	c->counts->entries++;
	note_event(c, s, ev);
	end_calls_before(c, s, &call);
	call.start_ns = s->now_ns;
	call.depth = s->depth;
	call.frame = ev->hop_names.frame;
	call.frames = ev->hop_names.frames;
	tell(c, ev, call.end == CALL_POINT ? EDGE_POINT : EDGE_ENTRY, &call);
	if (call.end == CALL_POINT) {
		call.end_ns = call.start_ns;
		c->counts->points++;
	} else if (s->depth == CALLS_DEPTH_MAX) {
		c->counts->too_deep++;
		return 0;
	}
	if (make_room(s))
		return -ENOMEM;
	push(c, s, ev, &call);
	finish_if_idle(c, s);
	return 0;
}

/* ---- returns ------------------------------------------------------------------------------ */

/* The open call that returns, or s->depth: it was never seen. */
static unsigned find_open(const struct stack *s, const struct event *ev)
{
	const struct rec_hop_return *rec = ev->hop_return;
	const struct func *func = ev->hop_names.func;

	for (unsigned i = s->depth; i-- && s->open[i].call.slot <= rec->slot;)
		if (s->open[i].call.slot == rec->slot && s->open[i].call.func == func)
			return i;
	return s->depth;
}

struct call *calls_returning(struct calls *c, const struct event *ev, bool *ret_outermost)
{
	struct stack *s = find_stack(c, ev->hop_return->stack);
	unsigned at = s ? find_open(s, ev) : 0;
	const struct call *call, *around;

	if (!s || at == s->depth)
		return NULL;
	call = &s->open[at].call;
	*ret_outermost = true;
	for (unsigned i = 0; i < at; i++) {
		around = &s->open[i].call;
		if (around->func->prog_kind == call->func->prog_kind && around->skb == call->skb)
			*ret_outermost = false;
	}
	return &s->open[at].call;
}

static void return_from(struct calls *c, struct stack *s, const struct event *ev)
{
	struct open_call *o = &s->open[s->depth - 1];

	o->call.end = CALL_RETURNED;
	o->call.end_ns = s->now_ns;
	o->call.ret = ev->hop_names.ret;
	o->call.ret_reason = ev->hop_names.ret_reason;
	if (o->call.resumed && o->item < 0) {
		o->item = calls_add_item(c, s, &o->call);
		if (o->item >= 0)
			o->frame = NULL;
	}
	settle_item(s, o);
	c->counts->returned++;
	tell(c, ev, EDGE_RETURN, &o->call);
	pop(s);
}

int calls_return(struct calls *c, const struct event *ev)
{
	const struct rec_hop_return *rec = ev->hop_return;
	struct stack *s = find_stack(c, rec->stack);
	unsigned at;

	if (!s) {
		c->counts->lone_returns++;
		return 0;
	}
	note_event(c, s, ev);
	at = find_open(s, ev);
	if (at == s->depth) {
		c->counts->lone_returns++;
		/* All the same it says that whatever it had called is over. */
		while (s->depth && s->open[s->depth - 1].call.slot < rec->slot)
			miss(c, s);
	} else {
		while (s->depth > at + 1)
			miss(c, s);
		return_from(c, s, ev);
	}
	finish_if_idle(c, s);
	return 0;
}

/* ---- drops, time, the end ----------------------------------------------------------------- */

bool calls_drop(struct calls *c, __u64 stack, const struct event *ev, const struct tree_drop *drop,
	struct subject *subject)
{
	struct stack *s = find_stack(c, stack);
	struct call call = {.subject = subject, .end = CALL_POINT};
	struct tree_drop *copy;
	int item;

	if (!s || !s->depth || s->cpu != ev->hdr->cpu || !calls_keep_trees(c))
		return false;
	note_event(c, s, ev);
	copy = malloc(sizeof(*copy));
	if (!copy)
		return false;
	*copy = *drop;
	call.drop = copy;
	call.start_ns = call.end_ns = s->now_ns;
	call.depth = s->depth;
	call.cpu = ev->hdr->cpu;
	call.ret_reason = "";
	item = calls_add_item(c, s, &call);
	if (item < 0)
		free(copy);
	return item >= 0;
}

/* By the difference: a hostile stamp plus anything would wrap around. */
static bool is_quiet(const struct stack *s, __u64 now_ns)
{
	return now_ns > s->quiet_ns && now_ns - s->quiet_ns > QUIET_NS;
}

void calls_tick(struct calls *c, __u64 now_ns)
{
	struct stack *s;

	while ((s = (struct stack *)table_oldest(&c->stacks)) && is_quiet(s, now_ns)) {
		calls_hand_over(c, s);
		s->quiet_ns = now_ns;
		table_touch(&c->stacks, &s->node);
	}
}

void calls_stop(struct calls *c)
{
	struct stack *s;

	while ((s = (struct stack *)table_oldest(&c->stacks))) {
		c->counts->open_at_end += s->depth;
		calls_hand_over(c, s);
		stack_free(c, s);
	}
}

static void take_defaults(struct calls *c, struct paths_cfg *cfg)
{
	if (!cfg->max_stacks)
		cfg->max_stacks = DEFAULT_STACKS;
	if (!cfg->max_calls)
		cfg->max_calls = DEFAULT_CALLS;
	if (!cfg->max_tree)
		cfg->max_tree = DEFAULT_TREE;
	c->cfg = cfg;
}

int calls_init(struct calls *c, struct paths_cfg *cfg, struct path_counts *counts)
{
	take_defaults(c, cfg);
	c->counts = counts;
	c->kept = 0;
	return table_init(&c->stacks, cfg->max_stacks);
}

void calls_done(struct calls *c)
{
	struct stack *s;

	if (!c->stacks.bucket)
		return;
	while ((s = (struct stack *)table_oldest(&c->stacks)))
		stack_free(c, s);
	table_done(&c->stacks);
}
