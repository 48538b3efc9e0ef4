# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# `pathlag drops` where BPF programs drop: each packet once, with the program that decided it, or, where
# programs are not observed, with what the kernel says itself.

. "$HERE/drops.sh"

LOAD=$ROOT/build/tests/vm/progs/load
UNHEARD='__udp4_lib_rcv|udp_rcv|__udp_.*rcv'
XDP_PLACES='veth_|do_xdp_generic|netif_receive_generic_xdp|__netif_receive_skb_core'

program() { # HOW WHERE PROG: attached in the server's namespace, as long as the case lasts
	[ -x "$LOAD" ] || skip 'no build/tests/vm/progs/load (make test-vm builds it)'
	start "$S" "load.$3" "$LOAD" "$@"
	wait_for "$3" 10 loaded "$3"
	! grep -q '^load:' "$T/load.$3.log" || skip "cannot attach $3 here: $(head -n1 "$T/load.$3.log")"
}

loaded() {
	grep -q '^ready$\|^load:' "$T/load.$1.log"
}

by_program() { # NAME VERDICT: how many rows say so
	echo "([summary.drop_counts[] | select(.program.name == \"$1\" and .program.id > 0
		and .verdict == \"$2\").count] | add // 0)"
}

xdp_count() { # without a tc program
	echo "([summary.drop_counts[] | select(.reason == \"XDP\" or .reason == \"XDP_EXCEPTION\"
		or ((.location // \"\") | test(\"^($XDP_PLACES)\"))
			and ((.reason // \"\") | test(\"^TC_\") | not)).count] | add // 0)"
}

observed() {
	[ "$(head -n 1 "$OUT" | jq -r .backend.program)" != none ]
}

# Three ways to be dropped, packet by packet in turn: the kernel uses the memory of one for the next.
three_kinds() { # drops options
	drops_start --netns "$S" "$@" 'tcp dst portrange 81-82 or udp dst port 7020'
	send tcp:81:40 tcp:82:30 udp:7020:25
	lag_wait 'of("drop") | length >= 95'
	nap 0.2
	drops_stop
	expect 'summary | .drop_total == 95 and .lost == 0' 'as many as were sent'
	expect "$(counted NO_SOCKET "$UNHEARD") == 25" 'those that nobody listened for'
	expect "of(\"drop\") | all(.owner.pid == $SENDER and .dev.name == \"eth0\"
		and .drop.direction == \"ingress\" and .tuple.saddr == \"10.9.1.2\")" 'whose, and where'
	if observed; then
		expect "$(by_program xdp_drop81 XDP_DROP) == 40" "the XDP program's"
		expect "$(by_program tc_drop82 TC_ACT_SHOT) == 30" "the tc program's"
		expect 'of("drop") | all((.tuple.proto == "tcp") == (.drop.program != null))' 'no other'
	fi
}

exactly() { # xdp|xdpgeneric
	topology
	program "$1" eth0 xdp_drop81
	program ingress eth0 tc_drop82
	three_kinds
	[ -z "${PATHLAG_VM:-}" ] || observed || problem 'this kernel lets programs be traced'
	three_kinds --no-programs
	! observed || problem '--no-programs, and they are observed'
	expect '[of("drop")[] | select(.tuple.dport == 81)] | length == 40' 'what XDP dropped'
	expect '[of("drop")[] | select(.tuple.dport == 82)] | length == 30' 'what tc dropped'
	if has_reason TC_INGRESS; then
		expect 'summary.drops.TC_INGRESS == 30' "tc's, by the kernel's reason"
	fi
	expect "[of(\"drop\")[] | select(.tuple.dport == 81).drop] | all(.reason == \"XDP\"
		or (.location | test(\"^($XDP_PLACES)\")))" "XDP's, by the kernel's reason or function"
}

case_drops_xdp() {
	exactly xdp
}

case_drops_xdp_generic() {
	exactly xdpgeneric
}

aborted() { # drops options: without an expression
	drops_start --netns "$S" "$@"
	send tcp:83:15
	lag_wait 'of("drop") | length >= 15'
	nap 0.2
	drops_stop
}

case_drops_xdp_aborted() { # the kernel tells of it up to three times: once is shown
	local how
	topology
	program xdp eth0 xdp_abort83
	for how in xdp xdpgeneric; do
		if [ $how = xdpgeneric ]; then
			kill "$PID"
			wait_for 'the other program to go' 5 no_xdp
			rm "$T/load.xdp_abort83.log"
			program $how eth0 xdp_abort83
		fi
		aborted
		if observed; then
			expect "$(by_program xdp_abort83 XDP_ABORTED) == 15 and $(xdp_count) == 0" \
				"$how: the program's, once each"
			expect '[of("drop")[] | select(.tuple.dport == 83)] | length == 15' "$how: each packet"
		else
			expect "$(xdp_count) == 15" "$how: once each"
		fi
		aborted --no-programs
		expect "$(xdp_count) == 15 and ([of(\"drop\")[] | select(.tuple.dport == 83)] | length == 0)" \
			"$how: once each, without programs, when the kernel said so first"
	done
}

no_xdp() {
	ip -n "$S" link set eth0 xdp off 2>/dev/null || true
	! ip -n "$S" link show eth0 | grep -q prog/xdp
}

case_drops_not_observed() { # said where programs are refused
	topology
	program xdpgeneric eth0 xdp_pass
	lag_raw drops --json --netns "$S" --duration 100ms
	status 0
	if observed; then
		[ ! -s "$ERR" ] || problem "on stderr: $(head -n1 "$ERR")"
	else
		grep -q 'programs .* not observed' "$ERR" || problem 'not a word on stderr'
	fi
}
