# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Handshakes that carry more than a plain one: TCP Fast Open, Multipath TCP.

# shellcheck source=tests/netns/clients.sh
. "$HERE/clients.sh"

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
	local after=0.6 less=500 less_than_both=1500 # ms; both: the retransmit's second, and that wait
	[ "$SLOWNESS" = 1 ] || after=2 less=1800 less_than_both=2800
	fast_opens
	lag --slow "$QUICK" -- python3 "$CALLS" -n 2 fastopen_connect --after $after "$WEB" 80
	said 'established established'
	expect 'connects | length == 2 and all(.result == "established" and .syn.fastopen
		and .verdict.cause == "ok" and .syn.sent == 1)' 'nothing to complain about'
	expect "connects[1] | .dur_ns < ${less}000000 and .timeline[0].at == \"connect\"" \
		'the time begins with the SYN, not with the connect() that returned before'
	nft_drop_first "$R" forward "$SYN"
	# Each process has to get a cookie, or a new one, first.
	lag -- python3 "$CALLS" fastopen_connect --after $after "$WEB" 80
	its_first_syn_was_lost
	expect "connect | .dur_ns < ${less_than_both}000000 and .syn.fastopen" 'the wait for the data is not its time'
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
	expect 'connects | sort_by(.ts_ns)[0] | .tuple.saddr == "10.9.1.2" and .owner.comm == "python3" and .blocking' \
		"the application's"
	expect 'connects | sort_by(.ts_ns)[1] | .tuple.saddr == "10.9.3.2" and (has("blocking") | not)' "the kernel's"
}
