/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * histogram.h - how long each phase took, over all connects and accepts of a run: log2 buckets for
 * each group, result and phase; and the slowest of them.
 *
 * The number of groups is bounded: what belongs to none that has found room counts in the group
 * "other" of its side.
 */
#ifndef PATHLAG_HISTOGRAM_H
#define PATHLAG_HISTOGRAM_H

#include "output/verdict.h"

#define HISTOGRAM_GROUPS  256 /* of each side */
#define HISTOGRAM_BUCKETS 53  /* the last one, 2^52 ns, also has what took longer than 52 days */
#define HISTOGRAM_SLOWEST 10

enum histogram_by { BY_PORT, BY_NAME, BY_OWNER, BY_RESULT };

/* What a connect and an accept have in common is a name of a phase, not what it measures. */
enum histogram_side { SIDE_CONNECT, SIDE_ACCEPT };
const char *histogram_side_name(enum histogram_side side); /* "connect" */

struct histogram {
	const char *phase;               /* "total", the whole duration, or "network" */
	__u64 count;                     /* how often the phase was observed */
	__u64 sum_ns;                    /* saturates */
	__u64 bucket[HISTOGRAM_BUCKETS]; /* N: above 2^(N - 1) ns, up to 2^N; the first from 0 on */
};

struct histogram_group {
	enum histogram_side side;
	bool other;
	__u64 count;
	char name[NAME_LEN]; /* "443"; bytes of somebody else's choice */
};

/* What ended in one way, of one group. */
struct histogram_set {
	const struct histogram_group *group;
	unsigned order;           /* of the result among others */
	const char *result;       /* "established", as in JSON */
	__u64 count;              /* connects, or accepts */
	struct histogram total;   /* of their duration */
	unsigned phases;          /* of `phase` */
	struct histogram phase[]; /* all there are, in their order; count 0 = never observed */
};

struct slow_one {
	enum histogram_side side;
	__u64 dur_ns;
	__u64 ts_ns; /* its start */
	struct rec_owner owner;
	struct rec_tuple tuple;
	char name[NAME_LEN]; /* "" = unknown */
	const char *cause;   /* static, of its verdict */
};

struct histogram_report {
	enum histogram_by by;
	/* Connects first; the biggest group first, "other" last; the good result first. */
	struct histogram_set *const *set;
	size_t sets;
	const struct slow_one *slowest; /* the slowest first; of equals the earlier one */
	unsigned slowests;
};

struct histograms;

/* NULL when out of memory. */
struct histograms *histograms_new(enum histogram_by by);
void histograms_free(struct histograms *h);

/* 0 or -ENOMEM. */
int histograms_attempt(struct histograms *h, const struct attempt *a, const struct verdict *v);
int histograms_passive(struct histograms *h, const struct passive *p, const struct verdict *v);

/* What there is so far; valid until the next call of any. */
const struct histogram_report *histograms_report(struct histograms *h);

/* The lowest and the highest bucket that is not empty; of a histogram with a count. */
void histogram_range(const struct histogram *h, unsigned *ret_first, unsigned *ret_last);

#endif
