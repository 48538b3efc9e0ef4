# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Connects that wait for the network, fail or are given up.

SYN='tcp flags & (syn|ack) == syn'

case_syn_unanswered() {
	topology --swallow-syn 1
	web
	attempt established "$WEB" 80
	took 1000 3000
	gives syn_unanswered
	expect 'connect | .result == "established"' 'a SYN that nobody answered is the cause'
	expect 'connect | .drops == [] and .syn.retransmits == 1' 'no local drop'
	expect 'connect.phase_ns.rto_wait >= 900000000' 'the time is the wait for the retransmit'
}

case_syn_unanswered_synack() { # the answer is lost on the way: from here it looks the same
	# Both sides wait one second, the server from half a round trip later on: the client is the first.
	topology --swallow-synack 1 --rtt 600
	web
	attempt established "$WEB" 80
	took 1600 3000
	gives syn_unanswered
	expect 'connect | .result == "established"' 'a SYN that got no answer is the cause'
	expect 'connect | .drops == [] and .syn.retransmits == 1' 'no local drop'
	expect 'connect.phase_ns.rto_wait >= 900000000' 'the time is the wait for the retransmit'
}

case_timeout() {
	topology --swallow-syn 99
	setting "$C" ipv4/tcp_syn_retries=1
	attempt ETIMEDOUT "$WEB" 80
	took 1900 5000
	gives timeout
	expect 'connect | .result == "timeout"
		and .errno == "ETIMEDOUT" and .syn.sent >= 2' 'SYNs, no answer, ETIMEDOUT'
	expect 'summary.connects.timeout == 1' 'the summary counts it'
}

case_abandoned() {
	local own # ms, as the client says
	topology --swallow-syn 99
	attempt abandoned --timeout 0.2 "$WEB" 80
	took 200 1000
	own=$(awk '{ print $2 + 1 }' "$T/stdout") # it rounds
	gives abandoned
	expect 'connect | .result == "abandoned"
		and .errno == null' 'the client gave up'
	expect "connect | .dur_ns >= 190000000 and .dur_ns < 900000000 and .dur_ns <= ${own}000000" \
		'after 200 ms, and no later than the client says'
}

case_in_progress() { # still open when pathlag ends
	topology --swallow-syn 99
	lag_start --netns "$C"
	start "$C" open python3 "$CLIENTS/tcp.py" "$WEB" 80
	wait_for 'the SYN' 10 open_syn
	lag_stop
	status 0
	expect 'connect | .result == "in_progress" and .syn.sent >= 1' 'an open attempt is printed'
}

open_syn() {
	[ -n "$(in_client ss -Htn state syn-sent)" ]
}

case_refused() {
	topology
	attempt ECONNREFUSED "$WEB" 81
	gives refused
	expect 'connect | .result == "refused"
		and .errno == "ECONNREFUSED"' 'refused'
	expect 'connect | at("rst")' 'the RST is in the timeline'
	expect 'summary.connects.refused == 1' 'the summary counts it'
}

case_refused_nonblocking() {
	topology
	attempt ECONNREFUSED --nonblock "$WEB" 81
	gives refused
	expect 'connect | .blocking == false
		and .errno == "ECONNREFUSED"' 'refused, though connect() had long returned'
}

case_refused_loopback() {
	topology
	attempt ECONNREFUSED 127.0.0.1 81
	gives refused
	expect 'connect.verdict.text | test("listen")' 'it says that nobody listens on this host'
}

case_rejected_icmp_router() {
	topology
	nft_reject "$R" forward "$SYN" 'reject with icmpx type admin-prohibited'
	attempt EHOSTUNREACH "$WEB" 80
	gives rejected_icmp
	expect 'connect | .result == "unreachable"' 'an ICMP error ended it'
	expect 'connect | at("icmp")' 'the ICMP error is in the timeline'
}

case_rejected_icmp_iptables() {
	topology
	iptables_rule "$R" -A FORWARD -p tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable
	attempt ECONNREFUSED "$WEB" 80
	gives rejected_icmp
}

case_rejected_icmp_local() { # our own OUTPUT chain
	topology
	nft_reject "$C" output "$SYN" 'reject with icmpx type admin-prohibited'
	attempt EHOSTUNREACH "$WEB" 80
	gives rejected_icmp
}

case_rejected_icmp_ipv6() {
	topology
	nft_reject "$R" forward "$SYN" 'reject with icmpx type admin-prohibited'
	attempt EACCES "$WEB6" 80
	gives rejected_icmp
	expect 'connect | .tuple.family == "ipv6"' 'ICMPv6'
}

case_rejected_icmp_no_way_on() { # the router itself has no route
	topology
	attempt ENETUNREACH 10.77.0.1 80
	gives rejected_icmp
	expect 'connect | .errno == "ENETUNREACH"' 'the router said so'
}

no_route() { # WORD
	attempt "$1" "$WEB" 80
	gives no_route
	expect "connect | .result == \"unreachable\"
		and .errno == \"$1\" and .syn.sent == 0" 'no route, so no SYN'
	expect "connect.tuple | .daddr == \"$WEB\" and .dport == 80" 'where it wanted to go'
}

case_no_route_missing() {
	topology
	ip -n "$C" route del default
	no_route ENETUNREACH
}

case_no_route_unreachable() {
	topology
	ip -n "$C" route add unreachable "$WEB/32"
	no_route EHOSTUNREACH
}

case_no_route_prohibit() {
	topology
	ip -n "$C" route add prohibit "$WEB/32"
	no_route EACCES
}

case_no_route_ipv6() {
	topology
	ip -n "$C" -6 route del default
	attempt ENETUNREACH "$WEB6" 80
	gives no_route
	expect 'connect | .tuple.family == "ipv6"' 'no route'
}

case_timeout_flooded() { # the bridge does not know who has that address: all get a copy, and drop it
	namespace "$C" "$R" "$S"
	ip -n "$R" link add br0 type bridge 2>"$T/bridge.err" || skip "no bridge here: $(head -n1 "$T/bridge.err")"
	ip -n "$C" link add eth0 type veth peer name client0 netns "$R"
	ip -n "$S" link add eth0 type veth peer name server0 netns "$R"
	printf 'link set %s up\n' br0 'client0 master br0' 'server0 master br0' | ip -n "$R" -batch -
	device eth0 1 2 | ip -n "$C" -batch -
	device eth0 1 3 | ip -n "$S" -batch -
	ip -n "$C" neigh add "$ABSENT" lladdr 02:00:00:00:01:63 dev eth0
	wait_for 'the bridge' 5 in_client ping -c1 -W1 10.9.1.3
	setting "$C" ipv4/tcp_syn_retries=1
	attempt ETIMEDOUT "$ABSENT" 80
	took 1900 5000
	gives timeout
}

case_neighbour_failed() {
	topology
	setting "$C" ipv4/neigh/eth0/retrans_time_ms=300
	attempt EHOSTUNREACH "$ABSENT" 80
	took 600 5000
	gives neighbour_failed
	expect 'connect | .result == "unreachable"
		and .errno == "EHOSTUNREACH"' 'nobody answered the ARP request'
	expect 'connect | .phase_ns.neigh >= 500000000' 'the time is in the neigh phase'
}

case_neighbour_slow() {
	topology --late-arp 400
	web
	# The router's neighbour is late: seen from the client that is the network. So from the router, and
	# to the address it does not know.
	SAVED=$C C=$R
	attempt established "$DNS_DEAD" 80
	C=$SAVED
	took 400 3000
	gives neighbour_slow
	expect 'connect | .phase_ns.neigh >= 350000000' 'waiting for the ARP answer'
}

case_family_fallback() {
	topology --swallow-syn6 99
	web
	resolver -l "$DNS" -r "a.test=$WEB,$WEB6"
	lag -- curl -s -o /dev/null --happy-eyeballs-timeout-ms 100 --max-time 20 http://a.test/
	took 100 2500
	gives family_fallback 'connects | map(select(.tuple.family == "ipv4")) | one("IPv4 connect")'
	gives abandoned 'connects | map(select(.tuple.family == "ipv6")) | one("IPv6 connect")'
	expect 'connects | map(.result) | sort == ["abandoned", "established"]' 'IPv6 first, IPv4 won'
	expect 'connects | length == 2 and (map(.group) | unique | length) == 1' 'one group'
	expect 'connects | all(.name == "a.test")' 'both have the name'
}
