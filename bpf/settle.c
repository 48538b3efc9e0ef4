/* SPDX-License-Identifier: GPL-2.0-only */
#include "bpf/settle.h"

#include <bpf/bpf.h>
#include <stdbool.h>

#define DNS_SETTLED_NS 10000000000ull /* a query not answered by then is not waited for */
#define AGED_EVERY_NS  30000000000ull
/* With five repeats of the SYN-ACK (net.ipv4.tcp_synack_retries) the kernel gives up after 63 s;
 * with seven after 255 s. What comes later is known again from its next SYN-ACK. */
#define HALF_OPEN_NS 300000000000ull

/* The count is read before the time is judged: a query in between differs from it and stays
 * awaited. */
static void settle_dns(struct settle *s, const struct settle_state *of, __u64 now_ns)
{
	__u32 sent = __atomic_load_n(of->dns_sent, __ATOMIC_ACQUIRE);

	if (sent != s->dns_sent) {
		s->dns_sent = sent;
		s->dns_sent_ns = now_ns;
	} else if (now_ns - s->dns_sent_ns > DNS_SETTLED_NS) {
		__atomic_store_n(of->dns_settled, sent, __ATOMIC_RELEASE);
	}
}

static bool is_stale(int map, const struct passive_key *k, __u64 now_ns)
{
	struct passive_open o;

	return !bpf_map_lookup_elem(map, k, &o) && !o.established && o.syn_ns < now_ns &&
	       now_ns - o.syn_ns > HALF_OPEN_NS;
}

void settle_passives(const struct settle_state *of, __u64 now_ns)
{
	__u32 before = __atomic_load_n(of->opening, __ATOMIC_ACQUIRE);
	struct passive_key k, next = {0};
	bool seen = false;
	int end;

	/* The next one is asked for before this one goes: without it the walk would begin anew. */
	for (end = bpf_map_get_next_key(of->passives, NULL, &k); !end; k = next) {
		seen = true;
		end = bpf_map_get_next_key(of->passives, &k, &next);
		if (is_stale(of->passives, &k, now_ns) && !bpf_map_delete_elem(of->passives, &k))
			__atomic_fetch_sub(of->opening, 1, __ATOMIC_ACQ_REL);
	}
	if (!seen)
		__atomic_compare_exchange_n(
			of->opening, &before, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

void settle(struct settle *s, const struct settle_state *of, __u64 now_ns)
{
	settle_dns(s, of, now_ns);
	if (now_ns - s->aged_ns < AGED_EVERY_NS)
		return;
	if (s->aged_ns && __atomic_load_n(of->opening, __ATOMIC_ACQUIRE))
		settle_passives(of, now_ns);
	s->aged_ns = now_ns;
}
