/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * roles.h - the few functions that mean something to the packets that are followed, whether they
 * are shown or not.
 */
#ifndef PATHLAG_ROLES_H
#define PATHLAG_ROLES_H

#include "bpf/cookie.h"
#include "bpf/functions.h"

struct role {
	const char *function;
	enum cookie_role role;
	bool always; /* attached, silently, when not chosen; else only the role of a chosen one */
};

/* The table; NULL past the end. */
const struct role *role_at(size_t i);

enum cookie_role role_of(const struct function *f);

/* A function that looks at its own return address: a probe on its return would be seen there. */
bool role_entry_only(const struct function *f);

#endif
