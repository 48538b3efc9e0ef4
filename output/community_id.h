/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * community_id.h - the Community ID v1 flow hash, seed 0.
 *
 * Both ends of a connection, and Zeek, Suricata and Wireshark, make the same string of the same
 * addresses and ports, whichever side sent first: records of two hosts can be joined by it.
 */
#ifndef PATHLAG_COMMUNITY_ID_H
#define PATHLAG_COMMUNITY_ID_H

#include "bpf/base.h"
#include "bpf/record.h"

#define COMMUNITY_ID_LEN 32 /* "1:" and 28 base64 digits, terminated */

/*
 * False, with RET empty, where the tuple does not name a flow: family unknown, a port that is not
 * chosen yet, a protocol without ports. IPv4-mapped addresses count as IPv4, as on the wire.
 */
bool community_id(const struct rec_tuple *t, char ret[COMMUNITY_ID_LEN]);

#endif
