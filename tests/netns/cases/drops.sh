# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Packets of ours that this host itself threw away, on the way out and on the way in.

SYN='tcp flags & (syn|ack) == syn'
SYNACK='tcp flags & (syn|ack) == (syn|ack)'
CURL=(curl -s -o /dev/null --max-time 20)

# A first SYN that was dropped here, and a retransmit that got through.
dropped_here() {
	took 1000 3000
	gives syn_dropped_locally
	expect 'connect | .result == "established" and .syn.sent == 2 and .syn.retransmits == 1' \
		'the retransmit got through'
	expect "connect | $(drop_is NETFILTER_DROP egress syn)" 'the drop: reason and function'
	expect 'connect | .phase_ns.rto_wait >= 900000000 and .verdict.share > 0.5
		and .verdict.share * .dur_ns >= 900000000' 'waiting for it'
	expect 'connect | [at("drop", "syn_retransmit", "syn_ack")] | all' 'all in the timeline'
}

case_syn_dropped_locally_nft() {
	topology
	web
	nft_drop_first "$C" output "$SYN"
	lag -- "${CURL[@]}" "http://$WEB/"
	dropped_here
	expect 'connect.owner.comm == "curl"' "curl's, although it happened in softirq"
	expect 'summary.lost == 0' 'nothing lost'
	! has_reason NETFILTER_DROP || expect 'summary.drops.NETFILTER_DROP == 1' 'counted once'
}

case_syn_dropped_locally_ipv6() {
	topology
	web
	nft_drop_first "$C" output "$SYN"
	lag -- "${CURL[@]}" "http://[$WEB6]/"
	dropped_here
	expect 'connect.tuple.family == "ipv6"' 'IPv6'
}

case_syn_dropped_locally_iptables() {
	topology
	web
	iptables_rule "$C" -A OUTPUT -p tcp --syn -m statistic --mode nth --every 2 --packet 0 -j DROP
	lag -- "${CURL[@]}" "http://$WEB/"
	dropped_here
}

case_syn_dropped_locally_router() { # another namespace of this host, and not the process's own
	topology
	web
	nft_drop_first "$R" forward "$SYN"
	lag -- "${CURL[@]}" "http://$WEB/"
	took 1000 3000
	gives syn_dropped_locally
	expect "connect | $(drop_is NETFILTER_DROP)" 'the drop: reason and function'
}

case_syn_dropped_locally_always() { # until the end
	topology
	nft_drop "$C" output "$SYN"
	setting "$C" ipv4/tcp_syn_retries=1
	lag -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	took 1900 5000
	expect 'connect | .result == "timeout" and .errno == "ETIMEDOUT"' 'it timed out'
	gives syn_dropped_locally
	expect 'connect | (.drops | length) >= 2 and all(.drops[]; .packet == "syn")' 'every SYN was dropped'
}

case_syn_dropped_locally_after_arp() { # the next hop was late, but it did answer
	topology --late-arp 200
	SAVED=$C C=$R # whose neighbour is late
	in_client nft -f - 2>"$T/nft.err" <<-END || skip "no egress hook here: $(head -n1 "$T/nft.err")"
		table netdev pathlag_test {
			chain every {
				type filter hook egress device server0 priority 0;
				ip protocol tcp drop
			}
		}
	END
	setting "$C" ipv4/tcp_syn_retries=1
	lag -- python3 "$CLIENTS/tcp.py" "$DNS_DEAD" 80
	C=$SAVED
	took 1900 5000
	gives syn_dropped_locally
	expect 'connect | [.timeline[].at] | index("neigh_done") != null' 'the next hop answered'
	expect 'connect | (.drops | length) >= 2 and all(.drops[]; .packet == "syn")' 'every SYN was dropped'
}

case_syn_dropped_locally_tc() { # a classifier on the egress side of the device
	topology
	in_client tc qdisc add dev eth0 clsact 2>"$T/tc.err" || skip "no clsact here: $(head -n1 "$T/tc.err")"
	in_client tc filter add dev eth0 egress protocol ip matchall action drop 2>"$T/tc.err" ||
		skip "no matchall or action here: $(head -n1 "$T/tc.err")"
	setting "$C" ipv4/tcp_syn_retries=1
	lag -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	took 1900 5000
	gives syn_dropped_locally
	expect 'connect | .result == "timeout"' 'it names the drop'
	expect "connect | $(drop_is TC_EGRESS egress syn)" 'the drop: reason and function'
}

case_synack_dropped_locally_nft() {
	topology
	web
	nft_drop_first "$C" input "$SYNACK"
	lag -- "${CURL[@]}" "http://$WEB/"
	took 900 3000
	gives synack_dropped_locally
	expect 'connect | .result == "established"' 'the dropped SYN-ACK is the cause'
	expect "connect | $(drop_is NETFILTER_DROP ingress syn_ack)" 'the drop: reason and function'
}

case_synack_dropped_locally_rp_filter() { # the answer comes in by another link than its way back
	topology
	web
	ip -n "$C" link add eth1 type veth peer name client1 netns "$R"
	address "$C" eth1 3 2
	address "$R" client1 3 1
	ip -n "$R" route add 10.9.1.2/32 via 10.9.3.2 dev client1
	setting "$C" ipv4/conf/eth1/rp_filter=1 ipv4/tcp_syn_retries=1
	lag -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	took 1900 5000
	gives synack_dropped_locally
	expect 'connect | .result == "timeout"' 'the dropped SYN-ACKs are the cause'
	expect "connect | $(drop_is IP_RPFILTER ingress syn_ack)" 'the drop and where it happened'
}

case_egress_queueing() {
	topology
	web
	crawl 300kbit
	lag -- python3 "$CLIENTS/tcp.py" --burst 20 "$WEB" 80
	took 300 3000
	gives egress_queueing
	expect 'connect | .phase_ns.egress >= 200000000 and .drops == []' 'the time is in egress'
}
