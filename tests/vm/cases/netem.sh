# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Links that delay, lose, reorder and duplicate: the kernel's netem, which not every kernel has.
# Written like tests/netns/cases, with its lib.sh; skipped where netem is missing.

netem() { # NS DEV netem-options
	ip netns exec "$1" tc qdisc add dev "$2" root netem "${@:3}" 2>"$T/tc.err" ||
		skip "no netem here: $(head -n1 "$T/tc.err")"
}

# Loss of the first packets only: all are lost until one was, then the fault is taken away.
netem_loss_once() { # NS DEV
	netem "$1" "$2" loss 100%
	start "$1" heal sh -c "until tc -s qdisc show dev $2 | grep -q 'dropped [1-9]'; do sleep 0.05; done
		exec tc qdisc del dev $2 root"
}

connect_established() {
	lag -- python3 "$CLIENTS/tcp.py" "$@"
	grep -q '^established ' "$T/stdout" || fail "the client says $(head -n1 "$T/stdout")"
}

slow_rtt() {
	took 300 900
	expect 'connect | .verdict.cause == "slow_rtt" and .result == "established"' \
		'the round trip is what took long'
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
	took 300 900
	expect 'connect | .verdict.cause == "egress_queueing" and .phase_ns.egress >= 290000000' \
		'the time is in egress'
}

lost_in_a_queue() {
	took 1000 4000
	expect 'connect | .verdict.cause == "syn_dropped_locally" and .syn.retransmits >= 1' \
		'the SYN was lost in this host'
	expect "connect | $(drop_is QDISC_DROP egress)" 'the drop: a queue discipline'
}

case_netem_loss() {
	topology
	web
	netem_loss_once "$C" eth0
	connect_established "$WEB" 80
	lost_in_a_queue
}

case_netem_loss_router() { # in another namespace of this host
	topology
	web
	netem_loss_once "$R" server0
	connect_established "$WEB" 80
	took 1000 4000
	expect 'connect | .verdict.cause == "syn_dropped_locally" and .syn.retransmits >= 1' \
		'the SYN was lost in this host'
	expect "connect | $(drop_is QDISC_DROP)" 'the drop: a queue discipline'
}

case_netem_loss_answer() { # the SYN-ACK is lost on its way through this host
	topology
	web
	netem_loss_once "$R" client0
	connect_established "$WEB" 80
	took 900 4000
	expect 'connect | .result == "established" and .syn.sent + .syn.retransmits >= 1' 'it got through'
	expect 'connect | .verdict.cause != "ok" and .verdict.cause != "unknown"' 'and it was not fine'
}

case_netem_duplicate() { # a copy is not a retransmit
	topology
	web
	netem "$C" eth0 duplicate 100%
	netem "$R" client0 duplicate 100%
	connect_established "$WEB" 80
	expect 'connect | .verdict.cause == "ok" and .result == "established"' 'nothing to complain about'
	expect 'connect.syn | .sent == 1 and .retransmits == 0' 'one SYN, whatever the link made of it'
	expect 'connect.timeline | map(.at) | map(select(. == "syn_ack")) | length == 1' 'one SYN-ACK'
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
