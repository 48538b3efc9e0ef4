/* SPDX-License-Identifier: GPL-2.0-only */
/* causes.h: what a verdict can name. */
#include "output/causes.h"

static const struct cause verdicts[] = {
	{"ok", "It worked and took less than --slow (100 ms if nothing else is asked for).",
		"Nothing needs an explanation.", {NULL}, NULL, NULL},
	{"unknown",
		"Nothing that was observed explains it; the sentence says what was not observed.",
		"The time went into code that no tracepoint marks, tracing ended too early, or "
		"records "
		"were lost.",
		{"pathlag check", "pathlag trace -- COMMAND", "the lost count of the summary"},
		"run with the function layer where the kernel has it", NULL},

	/* the lookup */
	{"dns_slow", "The only query was answered, but late.",
		"The resolver had to ask others, is overloaded or far away; or the name came from "
		"a "
		"source that sends no DNS packet.",
		{"dig @SERVER NAME (its Query time)", "resolvectl statistics", "ping SERVER"},
		"the resolver or one behind it is slow; a local cache helps", NULL},
	{"dns_retry",
		"A query got no answer in time and was sent again, or another server was asked.",
		"The query or its answer got lost, or the first server of resolv.conf is dead: "
		"glibc "
		"waits 5 seconds for each.",
		{"cat /etc/resolv.conf (order, timeout, attempts)", "dig @SERVER NAME",
			"pathlag drops 'port 53'"},
		"packets to the resolver get lost or it is overloaded; check the path and the "
		"order "
		"in resolv.conf",
		NULL},
	{"dns_timeout", "A query was never answered.",
		"The server is dead, not reachable, or something on the way throws its packets "
		"away.",
		{"dig @SERVER NAME", "cat /etc/resolv.conf", "pathlag drops 'port 53'",
			"ip route get SERVER"},
		"ask that server yourself: dig @SERVER NAME; take a dead one out of resolv.conf",
		NULL},
	{"dns_error", "The resolver answered with an error: SERVFAIL, REFUSED, NXDOMAIN.",
		"The name does not exist, the resolver may not be asked, or it could not reach "
		"those "
		"who know.",
		{"dig @SERVER NAME", "dig +trace NAME", "resolvectl query NAME"},
		"ask that server yourself: dig @SERVER NAME", NULL},
	{"dns_search_list", "Names of the search list were tried in vain before the right one.",
		"resolv.conf has a search list, and the name has fewer dots than ndots says (5 in "
		"Kubernetes), so each suffix is asked for first.",
		{"cat /etc/resolv.conf (search, ndots)",
			"getent ahosts NAME. (with a dot at its end)"},
		"end the name with a dot, or lower ndots in resolv.conf", NULL},

	/* before a SYN leaves */
	{"no_route", "There is no way to that address.",
		"No route matches, a route of type unreachable, blackhole or prohibit does, the "
		"interface is down, or the packet's route failed on the way.",
		{"ip route get ADDRESS", "ip rule", "ip -br link", "ip -6 route"},
		"look at: ip route get ADDRESS, ip rule, whether the interface is up, and at the "
		"routers "
		"on the way",
		NULL},
	{"local_error", "This host refused to connect before a SYN was sent.",
		"All source ports to that address are in use, the source address is not this "
		"host's, or "
		"a security module or cgroup program forbids it.",
		{"sysctl net.ipv4.ip_local_port_range", "ss -s", "ss -tan state time-wait | wc -l",
			"bpftool cgroup tree"},
		"look at net.ipv4.ip_local_port_range, source addresses, and cgroup or LSM policy",
		NULL},
	{"slow_application", "Time passed between the DNS answer and connect(): the program's own.",
		"The application did something else first, or its thread got no CPU.",
		{"strace -f -r -p PID", "perf trace -p PID", "cat /proc/pressure/cpu"},
		"not the network: look at what the application does there", NULL},
	{"neighbour_slow", "The next hop answered ARP or neighbour requests late.",
		"The entry was not in the neighbour cache, and the other side is slow or the "
		"request "
		"got lost: it is repeated after a second.",
		{"ip neigh show", "arping -I DEV ADDRESS", "ip -s link show DEV"},
		"look at the link to the next hop", NULL},
	{"neighbour_failed", "Nobody answered ARP or neighbour requests for the next hop.",
		"The host is off or not on this link (VLAN, cable, wrong netmask), or ARP is "
		"filtered.",
		{"ip neigh show", "ip route get ADDRESS", "arping -I DEV ADDRESS",
			"tcpdump -ni DEV 'arp or icmp6'"},
		"check the next hop's address, the cable or VLAN, and: ip neigh show", NULL},
	{"egress_queueing", "The SYN waited in this host until the driver got it.",
		"The device's queue is full, or a shaper (tbf, htb, fq) lets packets out slowly.",
		{"tc -s qdisc show dev DEV", "ip -s link show DEV",
			"pathlag trace --functions core"},
		"look at: tc -s qdisc show dev DEVICE", NULL},

	/* SYN and SYN-ACK */
	{"syn_held", "The SYN was held in this host before it came to a device.",
		"A firewall in user space (OpenSnitch, an IPS such as Suricata) gets the packet by "
		"NFQUEUE, and is slow, asks somebody, or hangs; or IPsec waits for its keys.",
		{"nft list ruleset; iptables -vnL (queue, NFQUEUE)",
			"cat /proc/net/netfilter/nfnetlink_queue (queue, port, waiting)",
			"ip xfrm state"},
		"look for queue or NFQUEUE: nft list ruleset, iptables -vnL; who listens: "
		"/proc/net/netfilter/nfnetlink_queue",
		NULL},
	{"synack_held", "The answer to the SYN was held in this host before the socket saw it.",
		"A firewall in user space (an IPS such as Suricata) gets the packet by NFQUEUE, "
		"and "
		"is slow or asks somebody.",
		{"nft list ruleset; iptables -vnL (queue, NFQUEUE)",
			"cat /proc/net/netfilter/nfnetlink_queue (queue, port, waiting)"},
		"look for queue or NFQUEUE: nft list ruleset, iptables -vnL; who listens: "
		"/proc/net/netfilter/nfnetlink_queue",
		NULL},
	{"syn_dropped_locally", "A SYN was dropped in this host; the sentence says where and why.",
		"A firewall rule, a tc or XDP program, a full queue: on the way out, or on the way "
		"in on "
		"the host that listens.",
		{"nft list ruleset", "iptables -vnL", "tc -s filter show dev DEV ingress",
			"bpftool net", "pathlag explain REASON"},
		"look at the rules at that place: nft list ruleset, iptables -vnL, tc filter show",
		NULL},
	{"synack_dropped_locally", "A SYN-ACK was dropped in this host.",
		"Often an INPUT rule that does not know the connection, the reverse path filter "
		"because "
		"the answer comes in by another interface, or conntrack without room.",
		{"nft list ruleset", "sysctl -a -r rp_filter", "conntrack -S",
			"nstat -az TcpExtIPReversePathFilter"},
		"look at the firewall rules, rp_filter and connection tracking of this host", NULL},
	{"syn_unanswered", "A SYN left this host, nothing came back, and it was sent again.",
		"The SYN or its answer got lost beyond this host, or the server had no room for "
		"it. The "
		"first repetition follows after 1 s, the next after 2 s more (since Linux 6.5 the "
		"first ones after 1 s each).",
		{"on the server: nstat -az TcpExtListenOverflows TcpExtListenDrops",
			"on the server: pathlag 'tcp port PORT'", "mtr -T -P PORT ADDRESS"},
		"lost on the way, or the server's SYN or accept queue is full: look there", NULL},
	{"accept_queue_full",
		"The listening socket's accept queue was full, so SYNs (or the last "
		"ACK of a handshake) were thrown away.",
		"Connections that stand wait there until the program calls accept(). It does so "
		"too "
		"slowly, or its backlog is too small: the smaller of listen()'s argument and "
		"net.core.somaxconn. A queue of m holds m + 1. Nothing is sent back, so the client "
		"waits "
		"for its retransmit.",
		{"ss -ltn (Recv-Q of Send-Q)", "nstat -az TcpExtListenOverflows",
			"sysctl net.core.somaxconn", "sysctl net.ipv4.tcp_abort_on_overflow"},
		"on the server: ss -ltn shows the queue; accept faster, or raise listen()'s "
		"backlog and "
		"net.core.somaxconn",
		NULL},
	{"syn_queue_full", "The listening socket's SYN queue was full, so SYNs were thrown away.",
		"Too many handshakes are half open: a SYN flood, or clients that do not get the "
		"SYN-ACK; "
		"and SYN cookies are off.",
		{"ss -tan state syn-recv | wc -l", "nstat -az TcpExtTCPReqQFullDrop",
			"sysctl net.ipv4.tcp_syncookies net.ipv4.tcp_max_syn_backlog"},
		"on the server: net.ipv4.tcp_syncookies = 1, or a larger tcp_max_syn_backlog and "
		"listen() "
		"backlog",
		NULL},
	{"synack_unanswered", "The SYN-ACK was sent more than once: no final ACK came.",
		"The SYN-ACK or the ACK got lost, the client is gone, or its address was forged (a "
		"SYN "
		"flood).",
		{"ss -tan state syn-recv", "nstat -az TcpExtTCPSynRetrans TcpExtTCPTimeouts",
			"ip route get CLIENT", "tcpdump -ni DEV 'host CLIENT'"},
		"look at the way back to the client: ip route get CLIENT, its firewall, NAT on the "
		"way",
		NULL},
	{"slow_rtt", "The other side took long to answer, and nothing got lost.",
		"Distance, a full queue on the way, or an overloaded host.",
		{"ping ADDRESS", "mtr -T -P PORT ADDRESS", "ss -ti dst ADDRESS (rtt)"},
		"distance, congestion or a busy server: compare with ping and mtr", NULL},
	{"refused", "The other side answered with a RST.",
		"Nobody listens on that port at that address, or a firewall rejects with a RST.",
		{"on the server: ss -ltnp", "nft list ruleset (reject with tcp reset)"},
		"is the service running and bound to that address? ss -ltn on the server", NULL},
	{"rejected_icmp", "An ICMP error said no, or a REJECT rule of this host did.",
		"A firewall rejects it, or a router knows no way.",
		{"nft list ruleset", "iptables -vnL", "tracepath ADDRESS",
			"on that host: ip route"},
		"a REJECT rule or a missing route there: look at that host's firewall and routes",
		NULL},
	{"timeout", "No SYN was answered until the kernel gave up.",
		"Something on the way throws the packets away, or the host is off. The kernel "
		"repeats a "
		"SYN net.ipv4.tcp_syn_retries times (6: 127 s, since Linux 6.5 131 s).",
		{"mtr -T -P PORT ADDRESS", "on the server: tcpdump -ni any port PORT",
			"sysctl net.ipv4.tcp_syn_retries"},
		"look at the way to the server and at its firewall", NULL},
	{"abandoned", "The application closed the socket before there was an answer.",
		"Its own timeout, or another address of the same name was faster (Happy Eyeballs).",
		{"the application's timeouts", "the attempts of the same group"},
		"the application's own timeout, or another address was faster", NULL},
	{"family_fallback",
		"One address family did not connect, so the application took the other.",
		"Broken IPv6 (or IPv4) to that host: the time until the application gave it up is "
		"lost.",
		{"ping -6 NAME", "ip -6 route get ADDRESS", "getent ahosts NAME",
			"cat /etc/gai.conf"},
		"repair that family, or take its address out of DNS", NULL},

	/* after the handshake */
	{"slow_wakeup", "The connection stood, but the caller ran late.",
		"The CPU is busy, the cgroup is out of its quota, or the process was stopped.",
		{"cat /proc/pressure/cpu", "cat /sys/fs/cgroup/.../cpu.stat (nr_throttled)",
			"perf sched timehist -p PID"},
		"the CPU is busy or the cgroup is throttled", NULL},
	{"slow_accept", "The connection stood, but the server called accept() late.",
		"The program is busy with other connections, has too few workers, or is stopped.",
		{"ss -ltn (Recv-Q of Send-Q)", "strace -f -e accept4 -p PID",
			"cat /proc/pressure/cpu"},
		"the server is busy: more workers or an accept loop that does nothing else", NULL},
	{"reset_by_client", "The client sent a RST before the connection was accepted.",
		"It gave up (its timeout), its process ended, or it was a port scan.",
		{"the client's log and timeouts", "nstat -az TcpExtEmbryonicRsts"},
		"ask the client why: its own timeout, or a port scan", NULL},
};
const struct causes causes_of_verdicts = {ARRAY_SIZE(verdicts), verdicts};

static const struct cause *find(const struct causes *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->cause[i].name, name))
			return &list->cause[i];
	return NULL;
}

const struct cause *cause_find(const char *name)
{
	return find(&causes_of_verdicts, name);
}

const struct cause *cause_of_reason(const char *name)
{
	const struct cause *c = NULL;

	for (size_t i = 0; i < causes_of_drops_count && !c; i++)
		c = find(causes_of_drops[i], name);
	return c;
}
