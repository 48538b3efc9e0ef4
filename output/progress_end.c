/* SPDX-License-Identifier: GPL-2.0-only */
/* progress.h, the end of an attempt: how it came, and how it is to be called. */
#include "output/progress.h"

#define TCP_ESTABLISHED 1
#define TCP_SYN_RECV    3

/* A blocking caller gets its wake-up within this, or its REC_RETURN was lost. */
#define RETURN_LOST_NS 10000000000ULL

#define ERESTARTSYS 512 /* the kernel's "a signal came"; never seen by a program */

static bool waits_for_return(const struct open *o)
{
	return o->in_syscall && o->a.blocking;
}

/* The process was told of the error, and took it, before the state changed; kernels before 5.14 do
 * not tell of it by themselves. Nobody but the retransmit timer closes a socket like this. */
static bool gave_up(const struct attempt *a, const struct rec_state *rec)
{
	return rec->flags & STATE_UNASKED && !a->err && !a->answered && a->syn_retransmits;
}

/* Both ends have sent a SYN (simultaneous open): it is connected when both have been answered. */
static bool crossed(struct open *o, const struct rec_state *rec)
{
	if (!o->crossed)
		open_moment(o, rec->hdr.ts_ns, AT_SYN_RECEIVED);
	o->crossed = o->a.answered = true;
	return false;
}

bool progress_state(struct open *o, const struct rec_state *rec)
{
	struct attempt *a = &o->a;

	if (rec->tuple.family && (rec->tuple.sport || !a->tuple.sport))
		a->tuple = rec->tuple;
	if (rec->new_state == TCP_SYN_RECV)
		return crossed(o, rec);
	/* Then SYN-ACKs count, too. */
	if (!o->crossed)
		progress_sent_unseen(o, rec->transmission);
	if (rec->new_state == TCP_ESTABLISHED) {
		o->established = true;
		o->established_ns = rec->hdr.ts_ns;
		open_moment(o, rec->hdr.ts_ns, AT_ESTABLISHED);
	} else {
		if (o->deferred)
			progress_restart(o, rec->hdr.ts_ns);
		o->closed = true;
		o->closed_ns = rec->hdr.ts_ns;
		if (rec->sk_err)
			a->err = rec->sk_err;
		else if (gave_up(a, rec))
			a->err = ETIMEDOUT;
		if (a->err == ETIMEDOUT && !a->answered)
			open_relabel_wait(o, PHASE_RTO_WAIT);
		open_moment(o, rec->hdr.ts_ns, AT_CLOSED)->err = -(int)rec->sk_err;
	}
	if (!waits_for_return(o))
		/* Without an error, only a connect() that is still running can say why. */
		return !(o->closed && !a->err && o->in_syscall);
	open_mark(o, rec->hdr.ts_ns, PHASE_WAKEUP);
	return false;
}

/* Does connect() say that the attempt is over, whether it was seen to end or not? */
static bool is_final(int ret)
{
	switch (-ret) {
	case EINPROGRESS:
	case EALREADY:
	case EINTR:
	case EISCONN:
		return false;
	}
	return ret < 0;
}

bool progress_return(struct open *o, const struct rec_return *rec)
{
	struct attempt *a = &o->a;
	int ret = rec->ret == -ERESTARTSYS ? -EINTR : rec->ret < -MAX_ERRNO ? -MAX_ERRNO : rec->ret;

	open_moment(o, rec->hdr.ts_ns, AT_RETURN)->err = ret;
	o->in_syscall = false;
	if (!o->established && !o->closed && is_final(ret)) {
		o->closed = true;
		if (ret == -ETIMEDOUT && !a->answered)
			open_relabel_wait(o, PHASE_RTO_WAIT);
	}
	/* A SYN has left, so this is no Fast Open: the record of the change was lost. */
	if (!o->established && !o->closed && ret == 0 && o->transmission >= 0) {
		o->established = true;
		o->established_ns = rec->hdr.ts_ns;
	}
	if (o->established || o->closed) {
		if (a->blocking)
			a->phase_seen |= 1u << PHASE_WAKEUP;
		if (!a->err && ret < 0 && ret != -EINPROGRESS && ret != -EINTR)
			a->err = -ret;
		o->closed_ns = rec->hdr.ts_ns;
		return true;
	}
	/* Success without a SYN: Fast Open, it goes with the first data. */
	if (ret == 0 && !o->crossed)
		a->fastopen = o->deferred = true;
	return false;
}

static enum attempt_result result_of(const struct open *o)
{
	if (o->established)
		return ATTEMPT_ESTABLISHED;
	if (!o->closed)
		return ATTEMPT_IN_PROGRESS;
	/* Whatever errno a route of type prohibit or blackhole gives: there is no way there. */
	if (o->a.route.known && o->a.route.err < 0 && !o->a.syn_sent)
		return ATTEMPT_UNREACHABLE;
	switch (o->a.err) {
	case 0:
		return ATTEMPT_ABANDONED;
	case ECONNREFUSED:
		return ATTEMPT_REFUSED;
	case ETIMEDOUT:
		return ATTEMPT_TIMEOUT;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
		return ATTEMPT_UNREACHABLE;
	default:
		return ATTEMPT_FAILED;
	}
}

void progress_finish(struct open *o, __u64 end_ns)
{
	struct attempt *a = &o->a;

	a->result = result_of(o);
	if (a->result == ATTEMPT_ESTABLISHED)
		a->err = 0;
	a->end_ns = end_ns;
	a->phase_seen |= 1u << PHASE_NEIGH | 1u << PHASE_EGRESS | 1u << PHASE_RTO_WAIT |
			 1u << PHASE_NETWORK | 1u << PHASE_INGRESS;
	if (a->dns_link != DNS_LINK_NOT_OBSERVED)
		a->phase_seen |= 1u << PHASE_DNS | 1u << PHASE_THINK;
	open_settle(o);
	if (a->syn_unseen && !a->phase_ns[PHASE_NETWORK])
		a->phase_seen &= ~(1u << PHASE_NETWORK);
}

__u64 progress_overdue(const struct open *o, __u64 now_ns)
{
	__u64 left_ns = o->established ? o->established_ns : o->closed ? o->closed_ns : 0;

	return left_ns && now_ns > left_ns + RETURN_LOST_NS ? left_ns : 0;
}
