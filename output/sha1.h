/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sha1.h - SHA-1 (FIPS 180-4), for Community ID only: that standard fixed it. It names flows and
 * protects nothing.
 */
#ifndef PATHLAG_SHA1_H
#define PATHLAG_SHA1_H

#include "bpf/base.h"

#define SHA1_LEN 20

void sha1(const void *data, size_t len, uint8_t ret[SHA1_LEN]);

#endif
