/* SPDX-License-Identifier: GPL-2.0-only */
/* json_hop.h - the JSON lines of the function layer. Inside the JSON sink only. */
#ifndef PATHLAG_JSON_HOP_H
#define PATHLAG_JSON_HOP_H

#include "output/json_fast.h"
#include "output/path.h"

/* KIND: the backend, as REC_META has it (16 bytes, not necessarily terminated). 0 or -errno. */
int json_hop_write(struct fast_line *f, const char *kind, bool stacks, const struct hop *h);
int json_packet_write(struct fast_line *f, const struct packet *p);

/* Members that say whom a line is about: headers, owner. */
void json_subject_write(struct fast_line *f, const struct subject *s);

/* json_frame.c: eth, ethertype, arp, nd, as far as they are known. */
void json_frame_put(struct fast_line *f, const struct subject *s, bool has_tuple);

#endif
