# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The ways a program can connect: blocking or not, io_uring, Fast Open, Multipath TCP, 32 bits. Each is
# told like any other, also when something goes wrong, and what cannot be observed of it is left out.

SYN='tcp flags & (syn|ack) == syn'
CALLS=$CLIENTS/calls.py
URING=$ROOT/build/tests/netns/clients/uring
COMPAT=$ROOT/build/tests/netns/clients/compat
QUICK=$((200 * SLOWNESS))ms

said() { # WORDS: what the client printed, its lines put together
	[ "$(paste -sd' ' "$T/stdout")" = "$1" ] ||
		fail "the client said: $(paste -sd' ' "$T/stdout"), wanted $1"
}

first_syn_lost() {
	nft_drop_first "$C" output "$SYN ip daddr $WEB"
}

its_first_syn_was_lost() {
	expect 'connect | .result == "established" and .errno == null and .syn.retransmits == 1
		and .verdict.cause == "syn_dropped_locally" and .phase_ns.rto_wait > 900000000
		and .phase_ns.rto_wait / .dur_ns > 0.8' 'its first SYN was dropped here'
}

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

# --- TCP Fast Open --------------------------------------------------------------------------------
fast_opens() {
	topology
	setting "$C" ipv4/tcp_fastopen=1 || skip 'no TCP Fast Open here'
	setting "$S" ipv4/tcp_fastopen=0x403 # every listener, asked for or not
	web
}

case_client_fastopen() { # sendto() without a cookie, then with it
	fast_opens
	lag --slow "$QUICK" -- python3 "$CALLS" -n 2 fastopen "$WEB" 80
	said 'established established'
	expect 'connects | length == 2 and all(.result == "established" and .syn.fastopen
		and .verdict.cause == "ok" and .syn.sent == 1)' 'both are told, and that they use Fast Open'
	expect 'connects | all(.timeline[0].at == "connect" and .connect_ns == .dur_ns
		and (has("blocking") | not) and (.phase_ns | has("wakeup") | not))' \
		'from the moment the data was sent'
	nft_drop_first "$R" forward "$SYN"
	lag -- python3 "$CALLS" fastopen "$WEB" 80
	said established
	its_first_syn_was_lost
	expect 'connect.syn.fastopen' 'still with Fast Open'
	lag -- python3 "$CALLS" fastopen "$WEB" 81
	said ECONNREFUSED
	expect 'connect | .result == "refused" and .verdict.cause == "refused" and .syn.fastopen' 'refused'
}

case_client_fastopen_connect() { # connect() returns before there is a SYN
	fast_opens
	lag --slow "$QUICK" -- python3 "$CALLS" -n 2 fastopen_connect --after 0.6 "$WEB" 80
	said 'established established'
	expect 'connects | length == 2 and all(.result == "established" and .syn.fastopen
		and .verdict.cause == "ok" and .syn.sent == 1)' 'nothing to complain about'
	expect 'connects[1] | .dur_ns < 500000000 and .timeline[0].at == "connect"' \
		'the time begins with the SYN, not with the connect() that returned before'
	nft_drop_first "$R" forward "$SYN"
	# Each process has to get a cookie, or a new one, first.
	lag -- python3 "$CALLS" fastopen_connect --after 0.6 "$WEB" 80
	its_first_syn_was_lost
	expect 'connect | .dur_ns < 1500000000 and .syn.fastopen' 'the wait for the data is not its time'
}

case_client_fastopen_refused_locally() { # the SYN with data does not get out: one without goes at once
	fast_opens
	in_client python3 "$CALLS" fastopen_connect "$WEB" 80 >/dev/null # for a cookie
	first_syn_lost
	lag --slow "$QUICK" -- python3 "$CALLS" fastopen_connect --after 0.6 "$WEB" 80
	said established
	expect "connect | .result == \"established\" and .syn.fastopen and .verdict.cause == \"ok\"
		and (.drops | length == 1) and .dur_ns < $((500 * SLOWNESS))000000" \
		'the time begins with the SYN that was dropped, and no time was lost'
}

case_client_fastopen_silent() { # and where no data ever comes
	fast_opens
	lag --slow "$QUICK" -- python3 "$CALLS" -n 2 fastopen_connect --after 0.6 --silent "$WEB" 80
	expect 'connects | length == 2 and .[0].result == "established"' 'the one that asked for a cookie'
	expect 'connects[1] | .result == "abandoned" and .syn.sent == 0 and .syn.fastopen and .dur_ns == 0' \
		'the one that had it: nothing was sent, nobody waited'
}

# --- Multipath TCP --------------------------------------------------------------------------------
mptcp() { # KIND PORT [SLOW]
	lag --slow "${3:-$QUICK}" -- python3 "$CALLS" --mptcp "$1" "$WEB" "$2"
	! grep -q 'no such socket' "$ERR" || skip "no Multipath TCP here: $(cat "$ERR")"
	expect 'connects | all(.syn.mptcp)' 'labelled'
}

case_client_mptcp() {
	topology
	web
	mptcp blocking 80
	said established
	expect 'connect | .result == "established" and .verdict.cause == "ok" and .blocking
		and .owner.comm == "python3" and .tuple.proto == "tcp"' 'one connect, its owner the process'
	mptcp blocking 81
	said ECONNREFUSED
	expect 'connect | .result == "refused" and .errno == "ECONNREFUSED" and .verdict.cause == "refused"' \
		'refused'
	ip -n "$C" route add unreachable 10.9.7.0/24
	WEB=10.9.7.7 mptcp blocking 80
	said EHOSTUNREACH
	expect 'connect | .result == "unreachable" and .verdict.cause == "no_route"' 'no route'
	first_syn_lost
	mptcp again 80 500ms
	its_first_syn_was_lost
	expect 'connect.blocking == false' 'not blocking'
}

# The kernel adds a path by itself: that is no connect of the application's, but a handshake all the
# same, which may fail like any other.
case_client_mptcp_join() {
	topology
	ip -n "$C" link add eth1 type veth peer name client1 netns "$R"
	address "$C" eth1 3 2
	address "$R" client1 3 1
	ip -n "$C" route add 10.9.2.0/24 via 10.9.3.1 src 10.9.3.2 table 3
	ip -n "$C" rule add from 10.9.3.2 table 3
	ip -n "$C" mptcp endpoint add 10.9.3.2 dev eth1 subflow 2>"$T/mptcp.err" ||
		skip "no Multipath TCP here: $(cat "$T/mptcp.err")"
	ip -n "$C" mptcp limits set subflow 2 add_addr_accepted 2
	ip -n "$S" mptcp limits set subflow 2 add_addr_accepted 2
	start "$S" listen python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
s.bind(("", 90)); s.listen(); c = s.accept()[0]; c.send(b"x"); c.recv(1)'
	wait_for 'the server' 10 listening "$S" 90
	lag_start --netns "$C"
	in_client python3 -c "import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
s.connect(('$WEB', 90)); s.recv(1); s.send(b'y'); time.sleep(1)"
	lag_wait 'connects | length > 1'
	lag_stop
	expect 'connects | length == 2 and all(.syn.mptcp and .result == "established")' 'both are labelled'
	expect 'connects[0] | .tuple.saddr == "10.9.1.2" and .owner.comm == "python3" and .blocking' \
		"the application's"
	expect 'connects[1] | .tuple.saddr == "10.9.3.2" and (has("blocking") | not)' "the kernel's"
}
