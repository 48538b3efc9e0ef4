// SPDX-License-Identifier: GPL-2.0-only
/* calls.h, the trees: what is kept of calls until their outermost one returns. */
#include "output/calls.h"

#define FIRST_ROOM 8

bool calls_keep_trees(const struct calls *c)
{
	return c->cfg->on_tree || c->cfg->keep_trees;
}

static void item_done(struct call *item)
{
	subject_unref(subject_of(item));
	free((void *)item->frame);
	free((void *)item->drop);
}

void calls_drop_items(struct calls *c, struct stack *s)
{
	for (unsigned i = 0; i < s->items; i++)
		item_done(&s->item[i]);
	c->kept -= s->items;
	s->items = s->calls = 0;
}

int calls_add_item(struct calls *c, struct stack *s, const struct call *call)
{
	struct call *bigger;

	if (!calls_keep_trees(c))
		return -1;
	s->calls++;
	if (s->items == c->cfg->max_tree || c->kept == c->cfg->max_calls)
		goto left_out;
	if (s->items == s->items_room) {
		unsigned room = s->items_room ? s->items_room * 2 : FIRST_ROOM;

		bigger = reallocarray(s->item, room, sizeof(*bigger));
		if (!bigger)
			goto left_out;
		s->item = bigger;
		s->items_room = room;
	}
	s->item[s->items] = *call;
	subject_ref(subject_of(call));
	c->kept++;
	return (int)s->items++;
left_out:
	c->counts->calls_left_out++;
	return -1;
}

void calls_hand_over(struct calls *c, struct stack *s)
{
	struct call_tree tree = {
		.stack = s->node.key,
		.calls = s->calls,
		.calls_kept = s->items,
		.call = s->item,
		.end_ns = s->now_ns,
	};

	if (s->items && c->cfg->on_tree) {
		tree.start_ns = s->item[0].start_ns;
		tree.complete = s->item[0].end == CALL_RETURNED || s->item[0].end == CALL_POINT;
		c->cfg->on_tree(c->cfg->arg, &tree);
	}
	calls_drop_items(c, s);
	/* What is still open has no place in a later tree, until it returns. */
	for (unsigned i = 0; i < s->depth; i++) {
		struct open_call *o = &s->open[i];

		if (o->item >= 0) { /* its item had the frames */
			o->frame = NULL;
			o->call.frame = NULL;
			o->call.frames = 0;
		}
		o->item = -1;
		o->call.resumed = true;
	}
}
