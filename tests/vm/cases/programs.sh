# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The BPF programs that a packet meets: small ones of ours (tests/vm/progs), on kernels that let them be
# traced; skipped on others.

# shellcheck source=tests/vm/hops.sh
. "$ROOT/tests/vm/hops.sh"

LOADER=$ROOT/build/tests/vm/progs/load
LOADS=0

put() { # NS HOW WHERE PROG [TARGET-DEV]: attached as long as the case lasts
	local name=load.$((++LOADS))
	[ -x "$LOADER" ] || skip 'no build/tests/vm/progs/load (make test-vm builds it)'
	# Not by `ip netns exec`, which hides the cgroups.
	nsenter --net="/run/netns/$1" "$LOADER" "${@:2}" >"$T/$name.log" 2>&1 </dev/null &
	disown $!
	wait_for "$4" 10 said "$T/$name.log"
	! grep -q '^load:' "$T/$name.log" || skip "cannot attach $4 here: $(head -n1 "$T/$name.log")"
}

said() {
	grep -q '^ready$\|^load:' "$1"
}

# Known from `check`, so that no case is run in vain.
need_programs() {
	local can
	can=$("$PATHLAG" check --json | jq .layers.program)
	[ "$can" = true ] || skip 'this kernel lets no BPF program be traced'
}

# The way of a connect, in its record: program, kind, verdict.
met() { # NAME KIND VERDICT
	echo ".timeline | any(.at == \"hop\" and .func == \"$1\" and .kind == \"$2\" and .ret == \"$3\"
		and .prog_id > 0 and .dur_ns > 0 and .dev == \"eth0\")"
}

connect_to() { # PORT
	lag --slow $((SLOWNESS))s -- curl -s -o /dev/null --max-time $((2 * SLOWNESS)) "http://$WEB:$1/"
}

dropped_by() { # NAME KIND VERDICT
	expect "connect.verdict | .cause == \"syn_dropped_locally\" and (.text | contains(\"$1\"))" \
		'the verdict names the program'
	expect "connect.drops | length >= 1 and all(.program.name == \"$1\" and .program.kind == \"$2\"
		and .program.id > 0 and .verdict == \"$3\" and .packet == \"syn\" and .direction == \"egress\"
		and .dev == \"eth0\")" 'each drop: the program, its number, what it said, the interface'
	expect 'connect | (.drops | length) == .syn.sent' 'each SYN was dropped once'
}

verdicts() { # HOW-XDP
	need_programs
	topology
	web
	put "$S" "$1" eth0 xdp_drop81
	put "$S" ingress eth0 tc_drop82
	connect_to 80
	status 0
	expect 'connect.verdict.cause == "ok" and connect.result == "established"' 'port 80: all is well'
	expect "connect | $(met xdp_drop81 xdp XDP_PASS)" 'it passed the XDP program'
	expect "connect | $(met tc_drop82 tc TC_ACT_OK)" 'and the tc program'
	expect 'of("meta")[0].backend.program == "fexit"' 'how it was seen'
	connect_to 81
	dropped_by xdp_drop81 xdp XDP_DROP
	connect_to 82
	dropped_by tc_drop82 tc TC_ACT_SHOT
	expect 'summary.lost == 0' 'nothing lost'
}

case_programs_verdicts() {
	verdicts xdp
}

case_programs_verdicts_generic() {
	verdicts xdpgeneric
}

case_programs_cgroup() { # what a process's cgroup forbids it
	local where
	need_programs
	topology
	where=$(findmnt -nt cgroup2 -o TARGET | head -n1)
	[ -n "$where" ] || skip 'no cgroup2 here'
	CGROUP=$where/pathlag-test-$$
	mkdir "$CGROUP"
	put "$C" cgroup "$CGROUP" cgroup_drop85
	waiting_client --timeout 0.5 "$WEB" 85
	echo "$CLIENT" >"$CGROUP/cgroup.procs"
	lag_start -p "$CLIENT"
	go
	lag_wait 'connects | length >= 1'
	lag_stop
	expect 'connect.drops | length >= 1 and all(.program.name == "cgroup_drop85"
		and .program.kind == "cgroup_skb" and .packet == "syn")' 'the program that dropped the SYN'
	expect 'connect.verdict | .cause == "syn_dropped_locally" and (.text | contains("cgroup_drop85"))' \
		'the verdict names it'
}

case_programs_tcx() {
	need_programs
	topology
	put "$S" tcx eth0 tc_drop82
	connect_to 82
	dropped_by tc_drop82 tc TC_ACT_SHOT
}

case_programs_dns() { # a query is not followed, but its drop is known
	need_programs
	topology
	resolver -l "$DNS" -r "a.test=$WEB"
	put "$C" egress eth0 tc_drop53
	lag -- getent ahostsv4 a.test
	expect 'lookups | any(.dns.drops == 1 and (.verdict.text | contains("tc_drop53")))' \
		'the program that dropped the first query'
}

case_programs_untyped() { # its argument is no pointer to what it gets: the kernel knows less of it
	need_programs
	topology
	web
	put "$S" ingress eth0 tc_untyped
	connect_to 80
	expect "connect | $(met tc_untyped tc TC_ACT_OK)" 'its verdict is read all the same'
}

case_programs_late() { # loaded while pathlag runs
	need_programs
	topology
	web
	lag_start --netns "$C"
	put "$S" ingress eth0 tc_drop82
	nap 1
	in_client curl -s -o /dev/null --max-time $((2 * SLOWNESS)) "http://$WEB:82/" || true
	lag_wait 'connects | length >= 1'
	lag_stop
	dropped_by tc_drop82 tc TC_ACT_SHOT
}

case_programs_late_trace() { # the same, in trace, which has its programs loaded from the start
	need_programs
	topology
	web
	trace_start --functions tcp_v4_rcv 'tcp dst port 80'
	put "$S" ingress eth0 tc_pass
	nap 1
	in_client curl -s -o /dev/null "http://$WEB/"
	nap 0.5
	trace_stop
	expect "$HOPS returns | in(\"tc_pass\") | length >= 3 and all(.ret_name == \"TC_ACT_OK\"
		and .probe.kind == \"tc\" and .probe.module == \"bpf\" and .dur_ns > 0)" 'its hops, with verdicts'
}

case_programs_tail_call() {
	need_programs
	topology
	web
	put "$S" ingress eth0 tail_first
	trace --functions tcp_v4_rcv "tcp dst port 80 and host $WEB" -- curl -s -o /dev/null "http://$WEB/"
	expect "$HOPS entries | flags(\"S\") | funcs | in_order([\"tail_first\", \"tail_second\"])" \
		'the program that jumps, then the one it jumps to'
	expect "$HOPS entries | in(\"tail_second\") | length > 0 and all(.probe.callee and .depth == 1)" \
		'which is shown inside'
	expect "$HOPS returns | (in(\"tail_second\") | length) == (in(\"tail_first\") | length)
		and (in(\"tail_second\") | all(.ret_name == \"TC_ACT_OK\" and .dur_ns > 0))" 'and what it said'
	expect 'summary.lost == 0' 'nothing lost'
	connect_to 84
	dropped_by tail_first tc TC_ACT_SHOT
}

case_programs_ten() { # one of them cannot be traced
	local i
	need_programs
	topology
	web
	for ((i = 0; i < 9; i++)); do put "$S" ingress eth0 tc_next; done
	put "$S" nobtf eth0 without_btf
	trace -v --functions tcp_v4_rcv "tcp dst port 80 and host $WEB" -- curl -s -o /dev/null "http://$WEB/"
	status 0
	expect "$HOPS entries | flags(\"S\") | in(\"tc_next\") | (map(.probe.prog_id) | unique | length) == 9" \
		'nine are traced'
	expect "$HOPS entries | (flags(\"S\") | ids | length) == 1" 'the same packet in all'
	grep -q 'not attached: program without_btf (id [0-9]*): it was loaded without BTF' "$ERR" ||
		problem "the tenth is not named: $(grep 'not attached' "$ERR" | head -n2)"
}

case_programs_arp() {
	need_programs
	topology
	put "$R" xdp client0 xdp_pass
	ip -n "$C" neigh flush dev eth0
	ip -n "$C" neigh del 10.9.1.1 dev eth0 2>/dev/null || true
	trace_start --netns "$C" --functions arp_rcv --functions dev_hard_start_xmit arp
	in_client ping -c1 -W2 10.9.1.1 >/dev/null || true
	nap 0.3
	trace_stop
	expect "$HOPS packets | map(select(.arp.op == \"request\" and .arp.sender_ip == \"10.9.1.2\"
		and .arp.target_ip == \"10.9.1.1\")) | length >= 1
		and all(.arp.sender_mac == .eth.src and .eth.dst == \"ff:ff:ff:ff:ff:ff\")" \
		'who asks for whom, with addresses'
	expect "$HOPS packets | map(select(.arp.op == \"reply\" and .arp.sender_ip == \"10.9.1.1\"
		and .arp.target_ip == \"10.9.1.2\")) | length >= 1 and all(.eth.dst == .arp.target_mac
		and (.arp.sender_mac | test(\"^([0-9a-f]{2}:){5}[0-9a-f]{2}\$\")))" 'and the answer'
}

# client - router, whose program sends it on to the server without asking the routing table.
redirected() { # HOW PROG PASS
	local to
	need_programs
	topology
	web
	put "$R" "$1" client0 "$2" server0
	put "$S" "$1" eth0 "$3"
	ip -n "$S" link set eth0 address "$(ip -n "$R" -j link show client0 | jq -r '.[0].address')"
	to=$(ip -n "$R" -j link show server0 | jq '.[0].ifindex')
	# XDP takes checksums that are still to be filled in for wrong ones: there may be no answer.
	trace --functions tcp_v4_rcv "tcp dst port 80 and host $WEB" -- \
		python3 "$CLIENTS/tcp.py" --timeout 0.5 "$WEB" 80
	expect "$HOPS entries | in(\"$2\")[0].packet_id as \$id | entries
		| map(select(.packet_id == \$id)) | funcs == [\"$2\", \"$3\", \"tcp_v4_rcv\"]" \
		'one packet: the program, the one on the other side, TCP'
	expect "$HOPS returns | in(\"$2\") | length >= 1
		and all((.ret_name | endswith(\"REDIRECT\")) and .redirect.ifindex == $to)" 'and where to'
}

case_programs_redirect_tc() {
	redirected ingress tc_redirect tc_pass
}

case_programs_redirect_xdp() {
	redirected xdp xdp_redirect xdp_pass
}

case_programs_frames() { # before there is an skb
	need_programs
	topology
	web
	put "$S" xdp eth0 xdp_pass
	trace --functions core 'tcp dst port 80' -- curl -s -o /dev/null "http://$WEB/"
	expect "$HOPS entries | in(\"xdp_pass\") | length >= 3 and all(.frame and .dev.name == \"eth0\"
		and .tuple.dport == 80 and .probe.kind == \"xdp\")" 'each frame, with device and tuple'
	expect "$HOPS returns | in(\"xdp_pass\") | all(.ret_name == \"XDP_PASS\" and .dur_ns > 0)" 'its verdict'
	expect "$HOPS entries | flags(\"S\") | (funcs | in_order([\"dev_hard_start_xmit\", \"xdp_pass\", \"tcp_v4_rcv\"]))
		and (map(select(.probe.func | IN(\"xdp_pass\", \"tcp_v4_rcv\"))) | ids | length) == 1" \
		'the same packet before and behind'
	expect "$HOPS packets | map(.eth.src // \"\" | test(\"^([0-9a-f]{2}:){5}\")) | length >= 3 and all" \
		'packets with their Ethernet addresses'
}

case_programs_no_programs() {
	topology
	web
	put "$S" ingress eth0 tc_pass
	lag --no-programs -- curl -s -o /dev/null "http://$WEB/"
	status 0
	expect 'of("meta")[0].backend.program == "none"' 'not observed'
	expect 'connect.timeline | all(.func != "tc_pass")' 'nor shown'
}
