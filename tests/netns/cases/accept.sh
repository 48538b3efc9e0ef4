# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The listening side: accept records, with nothing wrong, late, or of a client that did not come
# through.

. "$HERE/listen.sh"

SYN='tcp flags & (syn|ack) == syn'
SYNACK='tcp flags & (syn|ack) == (syn|ack)'

# From both ends of one accept line: who took it, and that all of its time is accounted for.
accepted_by() { # PID
	expect "accept | .result == \"accepted\" and .owner.pid == $1" 'who took it'
	expect 'accept | (.phase_ns | add) == .dur_ns
		and (.phase_ns | keys) == ["network", "queue", "syn_recv"]' 'where the time went'
	expect 'accept | [at("syn_received", "syn_ack_sent", "established", "accept")]
		| all' 'the milestones'
}

case_accept_ok() { # nginx: who listens is not who accepts
	local conf worker
	command -v nginx >/dev/null || skip 'nginx is not installed'
	topology
	mkdir "$T/www" "$T/nginx"
	echo hello >"$T/www/index.html"
	conf=$(sed -e 's/^master_process off/user root/' "$HERE/nginx.conf")
	echo "${conf//@T@/$T}" >"$T/nginx.conf"
	start "$S" nginx nginx -p "$T/nginx" -c "$T/nginx.conf" -e "$T/nginx.err"
	wait_for 'nginx' 10 test -s "$T/nginx/pid"
	wait_for 'its worker' 10 pgrep -P "$(<"$T/nginx/pid")"
	worker=$(pgrep -P "$(<"$T/nginx/pid")")
	lag_start --netns "$S" --slow "$QUICK"
	in_client curl -s -o /dev/null "http://$WEB/"
	lag_wait 'accepts | length == 1'
	lag_stop
	gives ok accept
	accepted_by "$worker"
	expect "accept | .owner.comm == \"nginx\"
		and .tuple.saddr == \"10.9.1.2\" and .tuple.daddr == \"$WEB\" and .tuple.dport == 80
		and .syn.received == 1 and .syn_ack.sent == 1 and .syn_ack.retransmits == 0
		and (.syn_ack.cookies | not) and .drops == []" 'what came, from where'
	expect 'accept | .queue | .accept_max == 511 and .overflowed == 0' 'its queue'
	expect 'connects == [] and summary.accepts.accepted == 1' 'one accept, no connect'
}

case_accept_port_again() { # the client has it again; of the first connection the server still has its end
	local IN=$C
	namespace "$C"
	setting "$C" ipv4/tcp_tw_reuse=1
	serve
	lag_start --netns "$C" --slow "$QUICK"
	in_client python3 "$CLIENTS/again.py" "$PORT" 40000 >"$T/client"
	served 2
	lag_wait 'accepts | length == 2'
	lag_stop
	expect 'connects | length == 2 and all(.result == "established" and .tuple.sport == 40000)
		and (.[1].syn.sent > 1)' 'the second SYN met the first connection'
	expect 'accepts | length == 2 and all(.result == "accepted" and .verdict.cause == "ok")' \
		'both were accepted, nothing was wrong'
	expect "all(accepts[]; .owner.pid == $SERVER)" 'by the server'
}

case_accept_both_sides() { # one connect seen from both ends, in two namespaces
	topology
	serve
	lag_start --slow "$QUICK" "tcp dst port $PORT"
	tcp_client "$WEB" "$PORT"
	served 1
	lag_wait "accepts | length == 1"
	lag_wait "connects | length == 1"
	lag_stop
	expect "connect
		| .verdict.cause == \"ok\" and .server.owner.pid == $SERVER and .server.syns == 1
		and .server.syn_acks == 1 and .server.overflowed == 0" 'the client knows its server'
	expect "accept | .client.owner.comm == \"python3\"
		and .owner.pid == $SERVER" 'the server knows its client'
	expect "(accepts | map(.isn, .tuple, .community_id))
		== (connects | map(.isn, .tuple, .community_id))" \
		'both tell of the same connect'
}

told_by_both() {
	[ "$(grep -E '^.{0,9}"type":"(connect|accept)"' "$OUT" | grep -c "\"dport\":$PORT[,}]")" = 2 ]
}

case_accept_whole_host() { # no scope at all: whatever else goes on is in it
	local connect="connects | map(select(.tuple.dport == $PORT)) | one(\"connect\")"
	local accept="accepts | map(select(.tuple.dport == $PORT)) | one(\"accept\")"
	topology
	serve
	lag_start --slow "$QUICK"
	tcp_client "$WEB" "$PORT"
	served 1
	# The others may be many: jq would read all of them each time.
	wait_for 'both lines' 10 told_by_both
	lag_stop
	expect "$connect | .verdict.cause == \"ok\" and .server.owner.pid == $SERVER" \
		'the client knows its server'
	expect "$accept | .result == \"accepted\" and .owner.pid == $SERVER
		and .client.owner.comm == \"python3\"" 'the server knows its client'
}

case_accept_ipv6() {
	topology
	serve --address "$WEB6"
	lag_start --netns "$S" --slow "$QUICK"
	tcp_client "$WEB6" "$PORT"
	served 1
	lag_wait 'accepts | length == 1'
	lag_stop
	gives ok accept
	accepted_by "$SERVER"
	expect "accept.tuple | .family == \"ipv6\" and .daddr == \"$WEB6\"" 'IPv6'
}

case_accept_mapped() { # an IPv4 client of a socket that listens for both families
	topology
	serve --address ::
	lag_start --netns "$S" --slow "$QUICK"
	tcp_client "$WEB" "$PORT"
	served 1
	lag_wait 'accepts | length == 1'
	lag_stop
	accepted_by "$SERVER"
	expect "accept.tuple
		| .family == \"ipv4\" and .daddr == \"$WEB\" and .saddr == \"10.9.1.2\"" 'its own addresses'
}

case_accept_slow() { # the server is busy elsewhere
	topology
	serve --late 0.4
	lag_start --netns "$S"
	tcp_client "$WEB" "$PORT"
	served 1
	lag_wait 'accepts | length == 1'
	lag_stop
	gives slow_accept accept
	accepted_by "$SERVER"
	expect "accept | .phase_ns.queue >= 390000000 and $(mostly queue 100)" \
		'it waited in the accept queue'
	expect 'accept.verdict.text | contains("python3")' 'for whom'
}

case_accept_slow_client_sees() { # connected at once: that its server is late is no fault of the connect
	topology
	serve --late 0.4
	lag --slow "$QUICK" -- python3 -c "
import socket, time
s = socket.create_connection(('$WEB', $PORT))
time.sleep(0.8)"
	served 1
	gives ok
	expect "connect.server | .owner.pid == $SERVER" 'whose server'
}

case_accept_slow_rtt() { # the client is far
	topology --rtt 300
	serve
	lag_start --netns "$S"
	tcp_client "$WEB" "$PORT"
	served 1
	lag_wait 'accepts | length == 1'
	lag_stop
	gives slow_rtt accept
	expect 'accept | .phase_ns.network >= 290000000 and .syn_ack.retransmits == 0' 'how far it is'
}

case_accept_reuseport() { # two processes listen at one port: each accepts what came to its own socket
	local first
	topology
	serve --reuseport
	first=$SERVER
	mv "$T/serve.log" "$T/first.log"
	serve --reuseport
	lag_start --slow "$QUICK" "tcp dst port $PORT"
	tcp_client -n 30 "$WEB" "$PORT"
	lag_wait 'accepts | length == 30'
	lag_wait 'connects | length == 30'
	lag_stop
	expect "accepts | map(.owner.pid) | unique | sort == ([$first, $SERVER] | sort)" 'both'
	expect "accepts | map(select(.owner.pid == $first)) | length
		== $(grep -c accepted "$T/first.log")" 'each as many as it says itself'
	expect '(accepts | map([.isn, .owner.pid]) | sort)
		== (connects | map([.isn, .server.owner.pid]) | sort)' 'each client knows which of them'
	expect 'accepts | all(.result == "accepted" and .verdict.cause == "ok")' 'nothing wrong'
}

fast_client='
import socket, sys
s = socket.socket()
s.sendto(b"hello", 0x20000000, (sys.argv[1], int(sys.argv[2])))  # MSG_FASTOPEN
s.close()'

case_accept_fastopen() { # it stands before the handshake has ended
	topology
	setting "$S" ipv4/tcp_fastopen=3
	setting "$C" ipv4/tcp_fastopen=3
	serve --fastopen 16
	in_client python3 -c "$fast_client" "$WEB" "$PORT" # gets its cookie
	served 1
	lag_start --netns "$S" --slow "$QUICK"
	in_client python3 -c "$fast_client" "$WEB" "$PORT"
	served 2
	[ "$(tcp_count TCPFastOpenPassive)" = 1 ] || fail 'no Fast Open happened'
	lag_wait 'accepts | length == 1'
	lag_stop
	gives ok accept
	expect "accept | .result == \"accepted\" and .syn_ack.fastopen
		and .owner.pid == $SERVER and (.phase_ns | add) == .dur_ns" 'with the SYN'
}

# --- whose accepts are shown ----------------------------------------------------------------------
case_accept_of_process() { # -p SERVER
	topology
	serve
	start "$S" other python3 "$CLIENTS/serve.py" 81
	wait_for 'the other server' 10 grep -q listening "$T/other.log"
	lag_start -p "$SERVER" --slow "$QUICK"
	tcp_client "$WEB" 81
	tcp_client "$WEB" "$PORT"
	served 1
	lag_wait 'accepts | length == 1'
	lag_stop
	accepted_by "$SERVER"
	expect 'connects == []' "not the client's side"
}

case_accept_expression() {
	topology
	serve
	start "$S" other python3 "$CLIENTS/serve.py" 81
	wait_for 'the other server' 10 grep -q listening "$T/other.log"
	lag_start --netns "$S" "dst port $PORT"
	tcp_client "$WEB" 81
	tcp_client "$WEB" "$PORT"
	served 1
	lag_wait 'accepts | length == 1'
	lag_stop
	expect "accept.tuple.dport == $PORT" 'only what the expression selects'
}

case_accept_left_out() { # --no-accept
	topology
	serve
	lag_start --netns "$S" --no-accept
	tcp_client "$WEB" "$PORT"
	ip netns exec "$S" python3 "$CLIENTS/tcp.py" "$WEB" "$PORT" >/dev/null
	served 2
	lag_wait 'connects | length == 1'
	lag_stop
	expect 'accepts == []' 'no accept'
}

case_accept_replay() { # byte for byte, in JSON and as text
	topology
	serve --backlog 1 --late 0.3
	lag_start --netns "$S" -w "$T/rec"
	tcp_client -n 5 --timeout 0.5 "$WEB" "$PORT"
	lag_wait 'accepts | map(select(.result == "accepted")) | length >= 3' # four where it goes slowly
	lag_stop
	cp "$OUT" "$T/live"
	expect 'accepts | map(.verdict.cause) | index("slow_accept") != null' 'something to tell'
	"$PATHLAG" replay --json "$T/rec" | cmp - "$T/live" || problem 'the replay says something else'
	"$PATHLAG" replay "$T/rec" >"$T/text"
	grep -q 'python3\[' "$T/text" || problem "the text does not name the server: $(head -n3 "$T/text")"
}
