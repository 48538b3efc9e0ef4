# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Links that delay, lose, reorder and duplicate: the kernel's netem, which not every kernel has.
# Written like tests/netns/cases, with its lib.sh; skipped where netem is missing.

netem() { # NS DEV netem-options
	tc_in "$1" qdisc add dev "$2" root netem "${@:3}"
}

# The first packet to or from port 80 is lost, and only such: ARP and its like would use up the loss.
# All are lost until one was, then the fault is taken away.
netem_lose_one() { # NS DEV dport|sport
	tc_in "$1" qdisc add dev "$2" root handle 1: prio
	tc_in "$1" qdisc add dev "$2" parent 1:3 handle 30: netem loss 100%
	tc_in "$1" filter add dev "$2" parent 1: protocol ip prio 1 u32 \
		match ip protocol 6 0xff match ip "$3" 80 0xffff flowid 1:3
	start "$1" heal sh -c "until tc -s qdisc show dev $2 parent 1:3 | grep -q 'dropped [1-9]'; do
		sleep 0.05; done; exec tc qdisc del dev $2 root"
}

connect_established() { # tcp.py options
	lag -- python3 "$CLIENTS/tcp.py" "$@"
	grep -q '^established ' "$T/stdout" || fail "the client says $(head -n1 "$T/stdout")"
}

# By the client's own clock, which pathlag's start does not blur.
waited() { # MIN milliseconds
	[ "$(sed -n '1s/^established \([0-9]*\) ms$/\1/p' "$T/stdout")" -ge "$1" ] ||
		fail "the fault did not happen: $(head -n1 "$T/stdout")"
}

slow_rtt() {
	waited 300
	gives slow_rtt
	expect 'connect | .result == "established"' 'the round trip is what took long'
	expect 'connect | .phase_ns.network >= 290000000 and .syn.retransmits == 0 and .drops == []' \
		'the time is in the network phase, nothing was lost'
}

case_netem_slow_rtt() { # the SYN is late
	topology
	web
	netem "$R" server0 delay 300ms
	connect_established "$WEB" 80
	slow_rtt
}

case_netem_slow_rtt_answer() { # the SYN-ACK is late
	topology
	web
	netem "$R" client0 delay 300ms
	connect_established "$WEB6" 80
	slow_rtt
}

case_netem_own_queue() { # the delay is in the client's own qdisc: not the network's fault
	topology
	web
	netem "$C" eth0 delay 300ms
	connect_established "$WEB" 80
	waited 300
	gives egress_queueing
	expect 'connect | .phase_ns.egress >= 290000000' 'the time is in egress'
}

lost_on_the_way() { # DIRECTION or nothing
	waited 900
	gives syn_dropped_locally
	expect 'connect | .syn.retransmits >= 1' 'the SYN was lost in this host'
	expect "connect | $(drop_is QDISC_DROP "$@")" 'the drop: a queue discipline'
}

case_netem_loss() {
	topology
	web
	netem_lose_one "$C" eth0 dport
	connect_established "$WEB" 80
	lost_on_the_way egress
}

case_netem_loss_router() { # in another namespace of this host
	topology
	web
	netem_lose_one "$R" server0 dport
	connect_established "$WEB" 80
	lost_on_the_way
}

case_netem_loss_answer() { # the SYN-ACK is lost on its way through this host
	topology
	web
	netem_lose_one "$R" client0 sport
	connect_established "$WEB" 80
	waited 900
	expect 'connect | .result == "established" and (.phase_ns | .rto_wait + .network) >= 900000000' \
		'the time is in the wait for an answer'
	expect 'connect.verdict.cause | . == "synack_dropped_locally" or . == "syn_unanswered"' \
		'the answer is what was lost'
}

case_netem_duplicate() { # a copy is not a retransmit
	topology
	web
	netem "$C" eth0 duplicate 100%
	netem "$R" client0 duplicate 100%
	lag --slow "$QUICK" -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	gives ok
	expect 'connect | .result == "established"' 'nothing to complain about'
	expect 'connect | .syn.sent == 1 and .syn.retransmits == 0 and .phase_ns.rto_wait == 0' \
		'one SYN, whatever the link made of it'
	expect 'connect | .phase_ns.network == (.timeline | (map(select(.at == "syn_ack"))[0].t_ns)
		- (map(select(.at == "syn_sent"))[0].t_ns))' 'the first SYN-ACK ends the wait for the network'
}

case_netem_reorder() { # packets overtake each other: records stay whole
	topology
	web
	netem "$R" server0 delay 20ms reorder 50%
	netem "$R" client0 delay 20ms 10ms
	connect_established -n 20 "$WEB" 80
	expect 'connects | length == 20 and all(.result == "established")' 'all twenty'
	expect 'connects | all(.syn.sent == 1 and .drops == [])' 'none with a loss'
}

case_netem_healthy() { # alone: a thousand over a link of 20 ms: so far it is, and no fault
	topology
	web
	netem "$R" server0 delay 20ms
	lag_start --netns "$C"
	in_client python3 "$CLIENTS/tcp.py" -n 1000 "$WEB" 80 >"$T/client"
	lag_wait 'connects | length >= 1000'
	lag_stop
	status 0
	expect 'connects | length == 1000 and all(.result == "established")' 'all came through'
	expect 'connects | map(.verdict.cause) | unique == ["ok"]' 'no alarm'
	expect 'connects | all(.phase_ns.network >= 20000000 and .syn.retransmits == 0)' 'each as far as it is'
	expect 'summary.lost == 0 and of("lost") == []' 'nothing lost'
}
