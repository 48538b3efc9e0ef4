# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The calls that a program can connect with: blocking or not, from 32 bits, io_uring. Each is told like
# any other, also when something goes wrong, and what cannot be observed of it is left out.

# shellcheck source=tests/netns/clients.sh
. "$HERE/clients.sh"

# --- one thread waits in connect(), or in epoll ---------------------------------------------------
case_client_blocking() {
	topology
	web
	first_syn_lost
	lag -- python3 "$CALLS" blocking "$WEB" 80
	said established
	its_first_syn_was_lost
	expect 'connect | .blocking and at("return") and .timeline[-1].at == "return"
		and .phase_ns.wakeup >= 0' 'and it ends when connect() returns'
	lag -- python3 "$CALLS" blocking "$WEB" 81
	said ECONNREFUSED
	expect 'connect | .result == "refused" and .errno == "ECONNREFUSED" and .blocking
		and .verdict.cause == "refused"' 'refused'
}

case_client_epoll() { # it asks again with connect(): that is no other attempt
	topology
	web
	first_syn_lost
	lag -- python3 "$CALLS" again "$WEB" 80
	said 'EINPROGRESS EALREADY established established EISCONN'
	its_first_syn_was_lost
	expect 'connect | (.blocking | not) and (.phase_ns | has("wakeup") | not)
		and .timeline[-1].at == "established"' 'it ends when the socket is connected: nobody waits in connect()'
	lag -- python3 "$CALLS" again "$WEB" 81
	said 'EINPROGRESS EALREADY ECONNREFUSED'
	expect 'connect | .result == "refused" and .errno == "ECONNREFUSED" and (.blocking | not)
		and .verdict.cause == "refused"' 'refused: once'
}

case_client_bound() { # to an address and a port, before it connects
	topology
	web
	first_syn_lost
	lag -- curl -s -o /dev/null --interface 10.9.1.2 --local-port 45000 "http://$WEB/"
	status 0
	its_first_syn_was_lost
	expect 'connect.tuple | .saddr == "10.9.1.2" and .sport == 45000' 'from where it was bound to'
}

case_client_mapped() { # an IPv6 socket to an IPv4 address, where something fails
	topology
	web
	first_syn_lost
	lag -- python3 "$CALLS" blocking "::ffff:$WEB" 80
	said established
	its_first_syn_was_lost
	lag -- python3 "$CALLS" blocking "::ffff:$WEB" 81
	expect "connect | .result == \"refused\" and .verdict.cause == \"refused\"
		and .tuple.daddr == \"$WEB\" and .tuple.family == \"ipv4\"" 'refused, the address as people know it'
	ip -n "$C" route add unreachable 10.9.7.0/24
	lag -- python3 "$CALLS" blocking ::ffff:10.9.7.7 80
	said EHOSTUNREACH
	expect 'connect | .result == "unreachable" and .verdict.cause == "no_route"
		and .tuple.daddr == "10.9.7.7" and .tuple.family == "ipv4"' 'no route: likewise'
}

case_client_compat() { # 32 bits: its system calls have other numbers
	topology
	web
	[ -x "$COMPAT" ] || skip "no $COMPAT: the compiler makes no 32-bit programs here"
	"$COMPAT" 2>/dev/null || [ $? = 2 ] || skip 'this kernel runs no 32-bit programs'
	lag --slow "$QUICK" -- "$COMPAT" "$WEB" 80
	status 0
	expect 'connect | .result == "established" and .owner.comm == "compat"
		and (has("blocking") | not) and (.phase_ns | has("wakeup") | not)' \
		'told, without what its system call would say'
	first_syn_lost
	lag -- "$COMPAT" "$WEB" 80
	status 0
	its_first_syn_was_lost
	lag -- "$COMPAT" "$WEB" 81
	status 111
	expect 'connect | .result == "refused" and .verdict.cause == "refused"' 'refused'
}

# --- io_uring -------------------------------------------------------------------------------------
uring() { # HOW ADDRESS PORT [SLOW]
	[ -x "$URING" ] || skip "no $URING: make scenario builds it"
	lag --slow "${4:-$QUICK}" -- "$URING" "$1" "$2" "$3"
	[ "$STATUS" != 77 ] || skip "no io_uring here: $(cat "$T/stdout"), kernel.io_uring_disabled is $(
		cat /proc/sys/kernel/io_uring_disabled 2>/dev/null || echo absent)"
	status 0
	expect "connect | .owner.pid == $(head -n1 "$T/stdout") and .owner.comm == \"uring\"" \
		"$1: it is the process's, whichever thread made it"
	expect 'connect | (has("blocking") | not) and (.phase_ns | has("wakeup") | not)' \
		"$1: whether anybody waits in the kernel is not claimed"
}

uring_of_each_fate() { # HOW
	topology
	web
	uring "$1" "$WEB" 80
	expect 'connect | .result == "established" and .verdict.cause == "ok"' 'nothing to complain about'
	uring "$1" "$WEB" 81
	grep -qx ECONNREFUSED "$T/stdout" || fail "the client said $(cat "$T/stdout")"
	expect 'connect | .result == "refused" and .errno == "ECONNREFUSED" and .verdict.cause == "refused"' \
		'refused'
	first_syn_lost
	uring "$1" "$WEB" 80 500ms
	its_first_syn_was_lost
}

case_client_uring() {
	uring_of_each_fate inline
}

case_client_uring_worker() {
	uring_of_each_fate worker
}

case_client_uring_poller() {
	uring_of_each_fate poller
}

case_client_uring_scope() { # a worker has a name of its own; the process is chosen by its own
	topology
	web
	[ -x "$URING" ] || skip "no $URING: make scenario builds it"
	lag_start --netns "$C" --comm uring
	in_client "$URING" worker "$WEB" 80 >"$T/client" || skip "no io_uring here: $(cat "$T/client")"
	lag_wait 'connects | length > 0'
	lag_stop
	expect "connect.owner | .pid == $(head -n1 "$T/client") and .comm == \"uring\"" 'found by its name'
}
