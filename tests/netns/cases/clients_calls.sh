# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What else can happen to a connect while it goes on: time limits, signals, other threads; and the
# host's own addresses, where both ends are here.

# shellcheck source=tests/netns/clients.sh
. "$HERE/clients.sh"

silent() { # nothing ever comes back, and there is nothing to see of why
	topology --swallow-syn 99
}

late() { # answers only the second SYN, on port 80
	nft_drop_first "$R" forward 'tcp flags & (syn|ack) == syn'
}

was_late() {
	expect 'connect | .result == "established" and .errno == null and .syn.retransmits == 1
		and .phase_ns.rto_wait > 900000000' 'established with the second SYN'
}

blind() { # shut|open: pathlag's eyes
	echo "$1" >&"${BLIND[1]}"
	read -r -t $((10 * SLOWNESS)) -u "${BLIND[0]}" || fail "blind.py did not answer"
}

# --- limits ---------------------------------------------------------------------------------------
case_client_sndtimeo() { # a blocking connect that is told to wait 200 ms only goes on by itself
	topology
	web
	late
	lag -- python3 "$CALLS" sndtimeo "$WEB" 80
	said 'EINPROGRESS established'
	was_late
	expect 'connect | .blocking and (.phase_ns | has("wakeup") | not)
		and (.timeline | map(.at) | index("return") < index("established"))
		and (.timeline | map(select(.at == "return"))[0].err == "EINPROGRESS")' \
		'connect() had returned long before'
}

case_client_syncnt() { # as many SYNs as the program wants
	silent
	lag -- python3 "$CALLS" syncnt "$WEB" 82
	said ETIMEDOUT
	took 1900 9000
	# Linux 6.5 and newer count the first few as one.
	expect 'connect | .result == "timeout" and .errno == "ETIMEDOUT" and .verdict.cause == "timeout"
		and .syn.sent >= 2 and .syn.sent <= 6 and .blocking' 'timed out after few'
}

case_client_user_timeout() { # as long as the program wants
	silent
	lag -- python3 "$CALLS" user_timeout --after 1.5 "$WEB" 82
	said ETIMEDOUT
	expect 'connect | .result == "timeout" and .errno == "ETIMEDOUT" and .verdict.cause == "timeout"' \
		'timed out'
}

# --- disturbances ---------------------------------------------------------------------------------
case_client_dissolve() { # connect() to nothing ends what went on
	silent
	lag -- python3 "$CALLS" dissolve "$WEB" 82
	said established
	expect "connect | .result == \"abandoned\" and .verdict.cause == \"abandoned\" and .errno == null
		and .tuple.dport == 82 and .dur_ns < $((400 * SLOWNESS))000000" 'abandoned, at that moment'
}

case_client_signal() {
	topology
	web
	late
	lag -- python3 "$CALLS" alarm "$WEB" 80
	said 'EINTR established'
	was_late
	expect 'connect | .blocking and (.timeline | map(select(.at == "return"))[0].err == "EINTR")' \
		'a signal ended the call, not the connect'
}

case_client_signal_restart() { # the handler wants the call to go on
	topology
	web
	late
	lag -- python3 "$CALLS" alarm --restart "$WEB" 80
	said established
	was_late
	expect 'connect.blocking' 'one connect, not two'
}

case_client_closed_meanwhile() { # by another thread
	topology
	web
	late
	lag -- python3 "$CALLS" closed "$WEB" 80
	said established
	was_late
}

case_client_shut_meanwhile() {
	silent
	setting "$C" ipv4/tcp_syn_retries=1 # not for minutes, where it cannot be done
	lag -- python3 "$CALLS" shut "$WEB" 82
	if grep -q 'Device or resource busy' "$ERR"; then # some kernels refuse it while a thread waits
		said ETIMEDOUT
		expect 'connect | .result == "timeout" and .errno == "ETIMEDOUT" and .tuple.dport == 82' \
			'it went on to its own end'
		return
	fi
	expect "connect | .tuple.dport == 82 and .dur_ns < $((600 * SLOWNESS))000000
		and (.result == \"failed\" or .result == \"abandoned\")" 'it ended at that moment'
	expect "(connect.errno // \"established\") == \"$(cat "$T/stdout")\"" 'with what the program was told'
}

case_client_nonblock_meanwhile() { # too late for this connect
	topology
	web
	late
	lag -- python3 "$CALLS" later_nonblock "$WEB" 80
	said established
	was_late
	expect 'connect | .blocking and .phase_ns.wakeup >= 0' 'it did block'
}

case_client_end_unseen() { # nor the SYN that got through and its answer: told when it is closed
	topology
	web
	nft_drop "$C" output "$SYN ip daddr $WEB"
	lag_start --netns "$C"
	coproc BLIND { exec python3 "$HERE/blind.py" "$LAG_PID"; }
	mkfifo "$T/go_on"
	exec {go_on}<>"$T/go_on"
	in_client python3 "$CALLS" linger "$WEB" 80 <"$T/go_on" >"$T/client" &
	wait_for 'it connects' 5 grep -q EINPROGRESS "$T/client"
	blind shut
	ip netns exec "$C" nft delete table inet pathlag_test # from now on there is an answer
	wait_for 'it is connected' 10 grep -q established "$T/client"
	blind open
	echo >&"$go_on"
	lag_wait 'connects | length > 0'
	lag_stop
	expect 'connect | .result == "established" and .errno == null and .syn.retransmits >= 1
		and .verdict.cause == "syn_dropped_locally" and .phase_ns.rto_wait > 900000000' \
		'established with the SYN that was not dropped'
	expect 'connect | (.timeline | map(select(.at == "retransmit")) | length) < .syn.retransmits
		and (.timeline | map(.at) | index("syn_ack") | not)' 'which was not seen'
}

# --- to this very host ----------------------------------------------------------------------------
case_client_own_host() {
	local to
	topology
	ip netns exec "$C" python3 -m http.server --bind :: 80 >/dev/null 2>&1 &
	wait_for 'the web server' 10 listening "$C" 80
	for to in 127.0.0.1 10.9.1.2 ::1 fd00:9:1::2; do
		lag --slow "$QUICK" -f -- sh -c "python3 '$CALLS' blocking $to 80; python3 '$CALLS' blocking $to 81"
		said 'established ECONNREFUSED'
		expect 'connects | length == 2' "$to: two connects"
		expect "connects | map(select(.tuple.dport == 80)) | one(\"connect to 80\")
			| .result == \"established\" and .verdict.cause == \"ok\" and .syn.sent == 1
			and .tuple.daddr == \"$to\" and .tuple.saddr == \"$to\" and .blocking
			and .owner.comm == \"python3\"" "$to: one connect, the client's"
		expect 'connects | map(select(.tuple.dport == 81)) | one("connect to 81")
			| .result == "refused" and .verdict.cause == "refused"
			and (.verdict.text | test("this host|listen"))' "$to: refused, and nobody listens here"
	done
	nft_drop_first "$C" input 'tcp flags & (syn|ack) == syn'
	lag -- python3 "$CALLS" blocking 127.0.0.1 80
	said established
	expect 'connect | .syn.retransmits == 1 and .verdict.cause == "syn_dropped_locally"' \
		'a SYN that is dropped where it arrives is dropped here'
}

case_client_self() { # a socket that connects to itself: no server needed
	topology
	lag --slow "$QUICK" -- python3 "$CALLS" simultaneous --bind 10.9.1.2 10.9.1.2 4000
	said established
	expect 'connect | .result == "established" and .verdict.cause == "ok" and .blocking
		and .tuple.sport == 4000 and .tuple.dport == 4000 and .tuple.saddr == .tuple.daddr
		and .phase_ns.wakeup >= 0' 'one connect, complete'
}

case_client_simultaneous() { # both SYNs are on their way at the same time
	topology --rtt 600 # less late than half of that they cross, and no SYN is sent again
	mkdir "$T/meet"
	start "$S" peer python3 "$CALLS" simultaneous --meet "$T/meet" --after 2 10.9.1.2 4000
	lag -- python3 "$CALLS" simultaneous --meet "$T/meet" "$WEB" 4000
	said established
	[ "$(cat "$T/peer.log")" = established ] || fail "the other end: $(cat "$T/peer.log")"
	expect 'connect | .result == "established" and .syn.retransmits == 0 and .blocking' \
		'one connect, established'
	# The way there and back: the SYN of the other is not the answer to this one.
	expect 'connect | .dur_ns >= 590000000 and .phase_ns.network >= 590000000
		and .verdict.cause == "slow_rtt"' 'its time is that of a round trip'
}
