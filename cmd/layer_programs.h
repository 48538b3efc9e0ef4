/* SPDX-License-Identifier: GPL-2.0-only */
/* layer_programs.h - the part of layer.h about BPF programs, for layer.c. */
#ifndef PATHLAG_LAYER_PROGRAMS_H
#define PATHLAG_LAYER_PROGRAMS_H

#include "cmd/layer.h"

/* Whether programs can be traced here, and are to be; says why not. */
void layer_programs_open(struct layer *l);

/* Loads what traces them, if there is one by now. */
void layer_programs_load(struct layer *l);

#endif
