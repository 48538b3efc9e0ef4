/* SPDX-License-Identifier: GPL-2.0-only */
/* survey.h - several recordings to be joined: what each knows, before any of them is rendered. */
#ifndef PATHLAG_SURVEY_H
#define PATHLAG_SURVEY_H

#include "output/peers.h"

/*
 * Reads the recording at PATH, number FROM, for what it says of each connection, a damaged one as
 * far as it goes. 0; -EINVAL with ERR for one that is not of `connect`; -ENOMEM.
 */
int survey_recording(struct peers *peers, unsigned from, const char *path, struct errbuf *err);

#endif
