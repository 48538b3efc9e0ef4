# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What this host itself costs: the application, its processor, the kernel's own refusals.

RTT=200

case_slow_wakeup() { # alone: something of higher priority has the processor when the answer comes
	local first
	# Who carries the answer must not wait for the same processor.
	first=$(python3 -c "
import os
first, *others = sorted(os.sched_getaffinity($BASHPID))
if others:
    os.sched_setaffinity($BASHPID, others)
    print(first)")
	[ -n "$first" ] || skip 'one processor: who carries the answer would wait for it, too'
	topology --rtt $RTT
	web
	lag -- python3 "$CLIENTS/starved.py" "$WEB" 80 0.7 "$first"
	[ "$STATUS" != 77 ] || skip 'no real-time priority here'
	status 0
	took 700 3000
	gives slow_wakeup
	expect 'connect | .result == "established" and .blocking and .syn.retransmits == 0' 'it stood'
	expect "connect.phase_ns | .wakeup >= 350000000 and .network >= $RTT * 900000" \
		'the answer came in time, the caller ran late'
}

syn_is_out() {
	[ -n "$(in_client ss -Htn state syn-sent)" ]
}

case_slow_application() { # it knows the address, and does something else
	topology
	web
	resolver -l "$DNS" -r "a.test=$WEB"
	lag -- python3 -c "
import socket, time
where = socket.getaddrinfo('a.test', 80, socket.AF_INET, socket.SOCK_STREAM)[0][4]
time.sleep(0.4)
socket.socket().connect(where)"
	took 400 3000
	gives slow_application
	expect 'connect | .phase_ns.think >= 390000000 and .name == "a.test"' 'between answer and connect'
	expect 'connect.connect_ns < connect.dur_ns - 390000000' 'the connect itself was quick'
}

case_local_error_no_port() { # all source ports are taken
	topology
	web
	setting "$C" 'ipv4/ip_local_port_range=40000 40000'
	lag -- python3 -c "
import socket
first, second = socket.socket(), socket.socket()
first.connect(('$WEB', 80))
print(second.connect_ex(('$WEB', 80)))"
	[ "$(cat "$T/stdout")" = 99 ] || fail "the second connect gave $(cat "$T/stdout"), not EADDRNOTAVAIL"
	gives local_error 'connects | map(select(.errno))[0]'
	expect 'connects | length == 2 and map(.result) == ["established", "failed"]' 'the second one failed'
	expect 'connects[1] | .errno == "EADDRNOTAVAIL" and .syn.sent == 0
		and (.verdict.text | contains("port"))' 'without a SYN, and why'
}

case_unknown_in_progress() { # tracing ends before there is anything to say
	topology --swallow-syn 99
	lag_start --netns "$C" --slow 10m
	start "$C" open python3 "$CLIENTS/tcp.py" "$WEB" 80
	wait_for 'the SYN' 10 syn_is_out
	lag_stop
	gives unknown
	expect 'connect | .result == "in_progress" and (.verdict.text | contains("tracing ended"))' \
		'and that it says'
}
