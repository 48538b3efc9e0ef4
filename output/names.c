// SPDX-License-Identifier: GPL-2.0-only
#include "output/names.h"
#include "output/passive.h"

#define NAME_OF(names, i) name_of(names, ARRAY_SIZE(names), i)

static const char *name_of(const char *const *names, size_t count, size_t i)
{
	return i < count && names[i] ? names[i] : "unknown";
}

const char *phase_name(enum phase phase)
{
	static const char *const names[] = {
		[PHASE_DNS] = "dns",
		[PHASE_THINK] = "think",
		[PHASE_ROUTE] = "route",
		[PHASE_NEIGH] = "neigh",
		[PHASE_EGRESS] = "egress",
		[PHASE_RTO_WAIT] = "rto_wait",
		[PHASE_NETWORK] = "network",
		[PHASE_INGRESS] = "ingress",
		[PHASE_WAKEUP] = "wakeup",
	};
	_Static_assert(ARRAY_SIZE(names) == PHASE_COUNT, "a phase has no name");

	return NAME_OF(names, phase);
}

const char *attempt_result_name(enum attempt_result result)
{
	static const char *const names[] = {
		[ATTEMPT_IN_PROGRESS] = "in_progress",
		[ATTEMPT_ESTABLISHED] = "established",
		[ATTEMPT_REFUSED] = "refused",
		[ATTEMPT_TIMEOUT] = "timeout",
		[ATTEMPT_UNREACHABLE] = "unreachable",
		[ATTEMPT_ABANDONED] = "abandoned",
		[ATTEMPT_FAILED] = "failed",
	};
	_Static_assert(ARRAY_SIZE(names) == ATTEMPT_RESULTS, "a result has no name");

	return NAME_OF(names, result);
}

const char *dns_link_name(enum dns_link link)
{
	static const char *const names[] = {
		[DNS_LINK_NONE] = "none",
		[DNS_LINK_ANSWER] = "answer",
		[DNS_LINK_GETADDRINFO] = "getaddrinfo",
		[DNS_LINK_HOST_CACHE] = "host_cache",
		[DNS_LINK_HEURISTIC] = "heuristic",
		[DNS_LINK_NOT_OBSERVED] = "not_observed",
	};

	return NAME_OF(names, link);
}

const char *moment_name(enum moment_kind at)
{
	static const char *const names[] = {
		[AT_DNS_QUERY] = "dns_query",
		[AT_DNS_ANSWER] = "dns_answer",
		[AT_GETADDRINFO] = "getaddrinfo",
		[AT_GETADDRINFO_RETURN] = "getaddrinfo_return",
		[AT_CONNECT] = "connect",
		[AT_ROUTE] = "route",
		[AT_NEIGH_WAIT] = "neigh_wait",
		[AT_NEIGH_DONE] = "neigh_done",
		[AT_NEIGH_FAILED] = "neigh_failed",
		[AT_SYN] = "syn",
		[AT_SYN_SENT] = "syn_sent",
		[AT_SYN_RETRANSMIT] = "syn_retransmit",
		[AT_SYN_RETRANSMIT_FAILED] = "syn_retransmit_failed",
		[AT_DROP] = "drop",
		[AT_ICMP] = "icmp",
		[AT_RST] = "rst",
		[AT_RST_SENT] = "rst_sent",
		[AT_SYN_ACK] = "syn_ack",
		[AT_SOCKET_ERROR] = "socket_error",
		[AT_ESTABLISHED] = "established",
		[AT_CLOSED] = "closed",
		[AT_RETURN] = "return",
		[AT_SYN_RECEIVED] = "syn_received",
		[AT_SYN_ACK_SENT] = "syn_ack_sent",
		[AT_SYN_ACK_RETRANSMIT] = "syn_ack_retransmit",
		[AT_OVERFLOW] = "overflow",
		[AT_ACCEPT] = "accept",
	};
	_Static_assert(ARRAY_SIZE(names) == AT_KINDS, "a moment has no name");

	return NAME_OF(names, at);
}

const char *overflow_name(enum overflow overflow)
{
	static const char *const names[] = {
		[OVERFLOW_NONE] = "none",
		[OVERFLOW_ACCEPT_QUEUE] = "accept_queue",
		[OVERFLOW_SYN_QUEUE] = "syn_queue",
	};

	return NAME_OF(names, overflow);
}

const char *passive_phase_name(enum passive_phase phase)
{
	static const char *const names[] = {
		[PASSIVE_IN_SYN_RECV] = "syn_recv",
		[PASSIVE_IN_NETWORK] = "network",
		[PASSIVE_IN_QUEUE] = "queue",
	};
	_Static_assert(ARRAY_SIZE(names) == PASSIVE_PHASES, "a phase has no name");

	return NAME_OF(names, phase);
}

const char *passive_result_name(enum passive_result result)
{
	static const char *const names[] = {
		[PASSIVE_IN_PROGRESS] = "in_progress",
		[PASSIVE_ACCEPTED] = "accepted",
		[PASSIVE_NOT_ACCEPTED] = "established",
		[PASSIVE_OVERFLOWED] = "overflow",
		[PASSIVE_RESET] = "reset",
		[PASSIVE_TIMED_OUT] = "timeout",
	};
	_Static_assert(ARRAY_SIZE(names) == PASSIVE_RESULTS, "a result has no name");

	return NAME_OF(names, result);
}

const char *drop_own_detail(const struct drop *d)
{
	size_t len = strcspn(d->within, " ");

	if (strncmp(d->within, d->location, len) || d->location[len] != '+')
		return NULL;
	return d->within + len + strspn(d->within + len, " ");
}

/*
 * Kernels without reasons tell it only by the place, and in ip_rcv_core() also drop what has a bad
 * header or checksum. That is far rarer than a flooded packet, and to call such a loss unexplained
 * is the smaller mistake: the drop is listed all the same.
 */
static bool of_copy(const struct drop *d)
{
	static const char *const places[] = {
		"ip_rcv_core", "ip6_rcv_core", "packet_rcv", "tpacket_rcv"};

	if (d->reason[0] && strcmp(d->reason, "NOT_SPECIFIED"))
		return !strcmp(d->reason, "OTHERHOST") || !strcmp(d->reason, "PACKET_SOCK_ERROR");
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (!strncmp(d->location, places[i], strlen(places[i])))
			return true;
	return false;
}

bool drop_is_loss(const struct drop *d)
{
	return !of_copy(d) && !d->own_answer;
}

const char *drop_packet_name(enum rec_drop_packet packet)
{
	static const char *const names[] = {
		[DROP_SYN] = "syn",
		[DROP_SYN_ACK] = "syn_ack",
		[DROP_RST] = "rst",
		[DROP_ACK] = "ack",
		[DROP_DNS_QUERY] = "dns_query",
		[DROP_DNS_ANSWER] = "dns_answer",
		[DROP_ICMP] = "icmp",
	};

	return NAME_OF(names, packet);
}

const char *lookup_result_name(enum lookup_result result)
{
	static const char *const names[] = {
		[LOOKUP_ANSWERED] = "answered",
		[LOOKUP_TIMEOUT] = "timeout",
		[LOOKUP_ERROR] = "error",
		[LOOKUP_IN_PROGRESS] = "in_progress",
	};

	return NAME_OF(names, result);
}

const char *lookup_source_name(enum lookup_source source)
{
	return source == LOOKUP_GETADDRINFO ? "getaddrinfo" : "packet";
}

const char *lookup_rcode_name(const struct lookup *l, struct name_buf *buf)
{
	if (l->source == LOOKUP_GETADDRINFO)
		return l->result == LOOKUP_IN_PROGRESS ? "" : eai_name(l->rcode, buf);
	return l->rcode < 0 ? "" : rcode_name(l->rcode, buf);
}

const char *lost_where_name(enum rec_lost_where where)
{
	static const char *const names[] = {
		[LOST_RINGBUF] = "ringbuf",
		[LOST_SOCKET_MAP] = "socket_map",
		[LOST_PACKET_MAP] = "packet_map",
	};
	_Static_assert(ARRAY_SIZE(names) == LOST_KINDS, "a kind of loss has no name");

	return NAME_OF(names, where);
}
