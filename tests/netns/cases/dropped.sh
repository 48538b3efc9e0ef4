# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# `pathlag drops`: every packet that is dropped is there, once; nothing else is.

. "$HERE/drops.sh"

UNHEARD='__udp4_lib_rcv|udp_rcv|__udp_.*rcv' # where a datagram that nobody listens for ends
FILTERED='nf_hook_slow|nft_do_chain'

case_drops_exact() { # as many as were sent
	topology
	nft_drop "$S" input 'udp dport 7002'
	drops_start --netns "$S" 'udp and dst portrange 7001-7002'
	send udp:7001:100 udp:7002:70
	lag_wait 'of("drop") | length >= 170'
	nap 0.1
	drops_stop
	expect "$(counted NO_SOCKET "$UNHEARD") == 100" 'those that nobody listened for'
	expect "$(counted NETFILTER_DROP "$FILTERED") == 70" 'those that nftables dropped'
	expect "$(lines NO_SOCKET "$UNHEARD") == 100 and $(lines NETFILTER_DROP "$FILTERED") == 70" \
		'a line each'
	expect 'summary | .drop_total == 170 and .drop_counts_other == 0 and .lost == 0' 'no other'
	expect "of(\"drop\") | all(.owner.pid == $SENDER and .owner.comm == \"python3\")" \
		'whose they were, though softirqs dropped them'
	expect 'of("drop") | all(.dev.name == "eth0" and .drop.direction == "ingress"
		and .tuple.proto == "udp" and .tuple.daddr == "10.9.2.2" and .len >= 28
		and .drop.location != null)' 'what, where'
	expect 'summary.drop_counts | length == 2 and map(.count) == [100, 70]
		and all(.rate_per_s > 0 and .dev.name == "eth0" and .owner.comm == "python3")' \
		'two rows, the larger first'
}

case_drops_own() { # of one command, on its way out (no device yet) and beyond this namespace
	topology
	nft_drop "$C" output 'udp dport 7003'
	drops 'udp and dst portrange 7003-7004' -- sh -c "python3 '$PACKETS' '$WEB' udp:7003:30 udp:7004:20 >'$T/pid'"
	expect "of(\"drop\") | all(.owner.pid == $(<"$T/pid"))" 'its own'
	expect "$(counted NETFILTER_DROP "$FILTERED") == 30 and $(counted NO_SOCKET "$UNHEARD") == 20" \
		'dropped here and there'
	expect "[of(\"drop\")[] | select(.tuple.dport == 7003)] | all(.drop.direction == \"egress\"
		and .netns == $(netns_of "$C"))" 'on the way out of the client'
	expect "[of(\"drop\")[] | select(.tuple.dport == 7004)] | all(.drop.direction == \"ingress\"
		and .netns == $(netns_of "$S"))" 'on the way into the server'
}

netns_of() {
	stat -L -c %i "/run/netns/$1"
}

case_drops_others() { # what others send meanwhile is not the command's
	topology
	drops_start -p $$
	send udp:7005:25
	nap 0.1
	drops_stop
	expect 'summary.drop_total == 0' 'no drop of a process that sends nothing'
	drops --netns "$S" 'udp dst port 7006' -- sh -c "ip netns exec '$C' python3 '$PACKETS' '$WEB' udp:7006:5"
	expect 'summary.drop_total == 5' 'a child that enters a namespace'
	drops_start --netns "$S" --comm python3 'udp dst port 7013'
	send udp:7013:8
	in_client bash -c "for i in 1 2 3; do echo x >/dev/udp/$WEB/7013; done"
	lag_wait 'of("drop") | length >= 8'
	nap 0.1
	drops_stop
	expect 'summary.drop_total == 8 and all(of("drop")[]; .owner.comm == "python3")' 'by name'
}

# Of what a machine that stands still for a moment sends again, something may find its connection
# gone, and is dropped: here nothing but a handshake is sent again.
sends_once() { # NAMESPACE NET
	setting "$1" ipv4/tcp_early_retrans=0
	ip -n "$1" route change default via "10.9.$2.1" rto_min 20s
	ip -n "$1" -6 route change default via "fd00:9:$2::1" rto_min 20s
}

# All that the case starts from now on runs on one CPU: what is sent on two may be overtaken, and an
# ACK that comes too late is answered with another, for which there is no connection any more.
in_order() {
	local cpus
	cpus=$(taskset -cp $$)
	taskset -cp "$(sed 's/.*: //; s/[-,].*//' <<<"$cpus")" $$ >/dev/null
}

case_drops_none() { # ordinary traffic drops nothing: what is consumed is not counted
	in_order
	topology
	sends_once "$C" 1
	sends_once "$S" 2
	web
	resolver -l "$DNS" -r "a.test=$WEB" -r "a.test=$WEB6"
	for ns in "$S" "$C"; do
		drops_start --netns "$ns" 'tcp or udp or icmp or (icmp6 and ip6[40] >= 128)'
		for host in "$WEB" "[$WEB6]" a.test; do
			in_client curl -s -o /dev/null "http://$host/"
		done
		in_client ping -q -c3 -i0.05 "$WEB" >/dev/null
		in_client ping -6 -q -c3 -i0.05 "$WEB6" >/dev/null
		in_client python3 "$CLIENTS/tcp.py" -n 20 "$WEB" 80 >/dev/null
		nap 0.2
		drops_stop
		expect '[summary.drops | keys[] | select(startswith("TCP_") | not)] == []' \
			'no drop but what TCP rejects by its numbers'
	done
}

case_drops_replay() { # byte for byte, text too
	topology
	drops_start --netns "$S" 'udp dst port 7007' --stack -w "$T/rec"
	send udp:7007:40
	lag_wait 'of("drop") | length >= 40'
	drops_stop
	cp "$OUT" "$T/live"
	"$PATHLAG" replay --json --stack "$T/rec" | cmp - "$T/live" || problem 'the replay says something else'
	expect 'of("drop") | length == 40 and all(.stack[0] == .drop.location and (.stack | length) > 2)' \
		'stacks begin where the packet was dropped'
	judge
	lag_raw replay "$T/rec"
	status 0
	[ "$(grep -c "python3\[$SENDER\]  10.9.1.2:[0-9]* > $WEB:7007 udp  eth0  ✗ " "$OUT")" = 40 ] ||
		problem "the lines: $(head -n2 "$OUT")"
	grep -q '^40 drops in ' "$OUT" || problem "the sum: $(tail -n4 "$OUT")"
	lag_raw replay -q "$T/rec"
	[ "$(wc -l <"$OUT")" = 3 ] || problem "-q: $(head -n5 "$OUT")"
	lag_raw replay --json "$T/rec" 'udp dst port 7008'
	expect 'summary.drop_total == 0 and of("drop") == []' 'another expression selects none'
	judge
	refuses 2 --failed replay --failed "$T/rec"
}

case_drops_receive_buffer() { # a socket that nobody reads: the datagram has forgotten its device by then
	local fifo=$T/read kept
	topology
	mkfifo "$fifo"
	start "$S" reader python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.bind(('', 7012))
print('bound', flush=True)
open('$fifo').read()
s.setblocking(False)
kept = 0
try:
    while s.recv(99):
        kept += 1
except BlockingIOError:
    print('kept', kept, flush=True)
"
	wait_for 'the reader' 10 grep -q bound "$T/reader.log"
	drops_start --netns "$S" 'udp dst port 7012'
	send udp:7012:200
	: >"$fifo"
	wait_for 'what it kept' 10 grep -q kept "$T/reader.log"
	kept=$(sed -n 's/^kept //p' "$T/reader.log")
	[ "$kept" -gt 0 ] && [ "$kept" -lt 200 ] || fail "the reader kept $kept of 200"
	lag_wait "of(\"drop\") | length >= $((200 - kept))"
	drops_stop
	expect "$(counted SOCKET_RCVBUFF '__udp_enqueue_schedule_skb|udp_queue_rcv_one_skb|__udp_queue_rcv_skb') == $((200 - kept))" \
		"all but the $kept that it kept"
	expect "summary.drop_total == $((200 - kept))" 'no other'
	expect "of(\"drop\") | all(.dev.name == \"eth0\" and .owner.pid == $SENDER
		and .drop.direction == \"ingress\")" 'by which device, whose'
}

case_drops_count() { # -c ends it
	topology
	drops_start --netns "$S" 'udp dst port 7009' -c 3
	send udp:7009:20
	drops_end
	expect 'of("drop") | length == 3' 'three, no more'
}

case_drops_interface() {
	topology
	drops_start --netns "$S" -i eth0 'udp dst port 7010'
	send udp:7010:6
	ip netns exec "$S" python3 "$PACKETS" 127.0.0.1 udp:7010:4 >/dev/null
	lag_wait 'of("drop") | length >= 6'
	nap 0.1
	drops_stop
	expect 'summary.drop_total == 6 and all(of("drop")[]; .dev.name == "eth0")' 'not those of lo'
}

case_drops_terminal() { # a table that is drawn again in its place, the whole of it at the end
	local script='import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'
	topology
	ip netns exec "$C" python3 -c "$script" "$PATHLAG" drops --netns "$S" -c 12 \
		'udp dst port 7011' >"$OUT" 2>"$ERR" </dev/null &
	LAG_PID=$!
	wait_for 'the first table' 10 grep -q '0 drops in' "$OUT"
	send udp:7011:12
	wait "$LAG_PID" || fail "status $?"
	grep -q $'\x1b\\[[0-9]*A\x1b\\[J' "$OUT" || problem 'the table is not drawn again'
	tail -n 3 "$OUT" | grep -q '^12 drops in ' || problem "no sum at the end: $(tail -n 3 "$OUT")"
	tail -n 1 "$OUT" | tr -d '\r' | grep -q " 12 .* eth0  *python3\[$SENDER\]$" || problem "the row: $(tail -n 1 "$OUT")"
	! grep -q '✗' "$OUT" || problem 'lines between the tables'
}

case_drops_refused() {
	namespace "$C"
	refuses 2 --functions drops --functions core
	refuses 2 --failed drops --failed
	refuses 2 no-such-dev drops -i no-such-dev
	refuses 2 no-such-ns drops --netns no-such-ns
	refuses 2 syntax drops 'no such thing'
	cp "$PATHLAG" "$T/pathlag"
	chmod 755 "$T/pathlag"
	PATHLAG=$T/nobody
	cat >"$T/nobody" <<-END
		#!/bin/sh
		exec setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$T/pathlag" "\$@"
	END
	chmod 755 "$T/nobody"
	refuses 3 CAP_ drops --json --duration 1s
}
