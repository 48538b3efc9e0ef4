# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Servers that have no room: SYNs and final ACKs that find a queue full. A queue of n holds n + 1.

. "$HERE/listen.sh"

# The client's record, of a server that accepts nothing: listen(1), and two are in its queue.
full() { # [LINE]: which connect line, the only one where none is told
	local line=${1:-connect}
	overflowed 1
	gives accept_queue_full "$line"
	expect "$line | .server | .overflow == \"accept_queue\" and .accept_len == 2 and .accept_max == 1" \
		'two in a queue for one'
	expect "$line | .server | .owner.pid == $SERVER and .inferred and .final_ack == false
		and .syns > .syn_acks" 'whose queue, and how it is known'
	expect "$line | .verdict.text | contains(\"(2 of 1)\") and contains(\"python3[$SERVER]\")
		and contains(\"inferred\")" 'and all that in words'
	expect "$line | .drops == [] and at(\"overflow\")" 'not a drop; in the timeline'
}

case_accept_queue_full() { # a server that listened before, and is not of the command: the join only
	topology
	serve --backlog 1 --never
	fill 2
	setting "$C" ipv4/tcp_syn_retries=1
	attempt ETIMEDOUT "$WEB" "$PORT"
	took 1900 5000
	overflowed 2
	full
	expect 'connect | .result == "timeout" and .server.overflowed >= 2 and .server.accepted == false' \
		'every SYN found it full'
	expect 'accepts == []' "the server's own side was not asked for"
}

case_accept_queue_full_later() { # a server that began to listen after pathlag
	topology
	lag_start --slow "$QUICK" --netns "$C"
	serve --backlog 1 --never
	fill 2
	tcp_client --timeout 0.5 "$WEB" "$PORT"
	grep -q '^abandoned' "$T/client" || fail "the client says $(cat "$T/client")"
	lag_wait 'connects | length == 3'
	lag_stop
	full 'connects[2]'
	expect 'connects[2] | .result == "abandoned" and .server.accepted == false' 'though the client did not wait for it'
	expect '[connects[:2][] | .verdict.cause] == ["ok", "ok"]' 'the first two found room'
	expect 'connects[:2] | all(.server.accepted == false and .server.overflowed == 0)' \
		'and wait there still'
}

case_accept_queue_full_loopback() { # both sides of it, in one namespace
	local IN=$C
	namespace "$C"
	lag_start --netns "$C"
	serve --backlog 1 --never
	fill 2 127.0.0.1
	setting "$C" ipv4/tcp_syn_retries=1
	tcp_client 127.0.0.1 "$PORT"
	grep -q '^ETIMEDOUT' "$T/client" || fail "the client says $(cat "$T/client")"
	lag_wait 'connects | length == 3'
	lag_stop
	full 'connects[2]'
	gives accept_queue_full 'accepts | map(select(.result == "overflow")) | one("accept")'
	expect 'accepts | map(select(.result == "overflow")) | one("accept")
		| .queue | .overflow == "accept_queue" and .overflowed >= 2 and .accept_len == 2
		and .accept_max == 1 and .final_ack == false' "the server's record says overflow"
	expect "accepts | map(select(.result == \"overflow\")) | one(\"accept\")
		| .owner.pid == $SERVER and .client.owner.comm == \"python3\" and .syn_ack.sent == 0" \
		'whose queue, whose connect'
	expect '(accepts | map(select(.result == "overflow")) | map(.tuple, .isn, .community_id))
		== (connects[2] | [.tuple, .isn, .community_id])' 'both tell of the same connect'
	expect 'accepts | map(.result) | sort == ["established", "established", "overflow"]' \
		'the others wait in the queue'
	expect 'summary.accepts | .overflow == 1 and .established == 2' 'the summary counts them'
}

case_accept_queue_full_everything() { # the whole host: a namespace for each side
	topology
	lag_start "tcp dst port $PORT"
	serve --backlog 1 --never
	fill 2
	tcp_client --timeout 0.5 "$WEB" "$PORT"
	lag_wait "connects | length == 3"
	lag_stop
	full "connects[2]"
	gives accept_queue_full "accepts | map(select(.result == \"overflow\")) | one(\"accept\")"
}

case_accept_queue_full_server() { # the server's side only: what became of the client is not its matter
	topology
	serve --backlog 1 --never
	fill 2
	lag_start --netns "$S"
	start "$C" open python3 "$CLIENTS/tcp.py" "$WEB" "$PORT" # it goes on trying
	wait_for 'its second SYN' 10 has_overflowed 2
	lag_stop
	gives accept_queue_full accept
	expect "accept | .result == \"in_progress\" and .owner.pid == $SERVER
		and .queue.overflow == \"accept_queue\" and .queue.accept_len == 2
		and (.verdict.text | contains(\"(2 of 1)\"))" 'its record, of a SYN that may come again'
	expect 'connects == []' 'no connect of its own'
}

case_accept_queue_full_for_a_while() { # it begins to accept: the retransmitted SYN finds room
	topology
	serve --backlog 1 --after "$T/accept"
	fill 2
	after_overflow "$T/accept"
	attempt established "$WEB" "$PORT"
	took 900 3000
	full
	expect 'connect | .result == "established" and .syn.retransmits >= 1' 'the retransmit got through'
	expect "connect | .phase_ns.rto_wait >= 900000000 and $(mostly rto_wait 225)" 'the time is the wait'
	expect 'connect.server | .syn_acks == 1 and .syns == .overflowed + 1' 'the last of its SYNs'
	served 3
	expect 'connect | .server.syns == .syn.sent' 'each SYN, once'
	expect "connect.server.overflowed == $(tcp_count ListenDrops)" 'as often as the kernel counts it'
}

case_accept_queue_full_ipv6() {
	topology
	serve --backlog 1 --never
	fill 2 "$WEB6"
	attempt abandoned --timeout 0.5 "$WEB6" "$PORT"
	full
	expect 'connect.tuple.family == "ipv6"' 'IPv6'
}

case_accept_queue_full_final_ack() { # two SYNs find room for one: both clients believe to be connected
	topology --rtt 300
	setting "$S" ipv4/tcp_synack_retries=1
	serve --backlog 2 --never
	fill 2
	lag_start "tcp dst port $PORT"
	in_client python3 "$CLIENTS/many.py" "2x$WEB:$PORT" >"$T/client"
	grep -q '"established": 2' "$T/client" || fail "the clients say $(cat "$T/client")"
	lag_wait "accepts | any(.result == \"overflow\")"
	lag_stop
	overflowed 1
	gives accept_queue_full "accepts | map(select(.result == \"overflow\")) | one(\"accept\")"
	expect "accepts | map(select(.result == \"overflow\")) | one(\"accept\").queue
		| .final_ack and .accept_len == 3 and .accept_max == 2" 'the final ACK found three in a queue for two'
	expect "accepts | map(select(.result == \"overflow\")) | one(\"accept\").syn_ack
		| .sent >= 2 and .retransmits >= 1" 'so the SYN-ACK was repeated'
	expect "connects | length == 2
		and all(.result == \"established\" and .verdict.cause == \"slow_rtt\")" 'the clients believe it'
}

# --- the SYN queue ----------------------------------------------------------------------------------
# Of five and more the kernel gives up, after seven seconds, those that it has repeated the SYN-ACK of
# twice (reqsk_timer_handler). Three are a full queue, on some kernels four, and those stay.
syn_queue() { # BACKLOG: a server that keeps so many half-open ones, and no cookies
	topology
	setting "$S" ipv4/tcp_syncookies=0
	serve --backlog "$1"
}

# A client that finds it full. pathlag and the client are up first.
flooded() { # SIZE, what pathlag looks at
	lag_start "${@:2}"
	waiting_client --timeout 0.5 "$WEB" "$PORT"
	flood "$1"
	go
	grep -q '^abandoned' "$T/client" || fail "the client says $(cat "$T/client")"
	overflowed 1
	lag_wait 'connects | length == 1'
	lag_stop
}

case_syn_queue_full() {
	syn_queue 3
	flooded 3 --netns "$C"
	gives syn_queue_full
	expect 'connect.server | .overflow == "syn_queue" and .syn_len >= 3 and .accept_max == 3
		and .accept_len == 0' 'the queue'
	expect 'connect.verdict.text | contains("half open") and contains("of 3")' 'and in words'
}

case_syn_queue_full_both_sides() {
	syn_queue 3
	flooded 3 "tcp dst port $PORT"
	gives syn_queue_full
	gives syn_queue_full "accepts | map(select(.tuple.saddr == \"10.9.1.2\")) | one(\"accept\")"
	expect "accepts | map(select(.tuple.saddr | startswith(\"10.99\")))
		| map(select(.result == \"in_progress\" and .syn_ack.sent >= 1)) | length >= 3" 'the half-open ones'
}

case_syn_limit() { # tcp_max_syn_backlog: that is not to be read from the socket
	topology
	setting "$S" ipv4/tcp_syncookies=0 ipv4/tcp_max_syn_backlog=8
	serve --backlog 64
	flooded 6 --netns "$C"
	expect 'connect.verdict.text | contains("reached the listening socket, which sent no SYN-ACK")' \
		'so much is known: it is the server'
	expect 'connect.server | .syns == 1 and .syn_acks == 0 and .overflowed == 0' 'no queue is blamed'
}

case_syn_cookies() { # a full queue is no fault where cookies are allowed
	topology
	setting "$S" ipv4/tcp_syncookies=2
	serve
	lag_start --slow "$QUICK" "tcp dst port $PORT"
	tcp_client "$WEB" "$PORT"
	served 1
	lag_wait "(accepts | length == 1) and (connects | length == 1)"
	lag_stop
	gives ok accept
	gives ok
	expect "accept | .syn_ack.cookies and .result == \"accepted\"
		and .owner.pid == $SERVER" 'it came by a cookie'
}

case_syn_cookies_flood() { # the queue is full of half-open ones, and the client gets in all the same
	topology
	setting "$S" ipv4/tcp_syncookies=1
	serve --backlog 3
	lag_start --slow "$QUICK" "tcp dst port $PORT"
	waiting_client "$WEB" "$PORT"
	flood 3
	go
	served 1
	lag_wait "accepts | any(.tuple.saddr == \"10.9.1.2\")"
	lag_stop
	gives ok "accepts | map(select(.tuple.saddr == \"10.9.1.2\")) | one(\"accept\")"
	gives ok
	expect "accepts | map(select(.tuple.saddr == \"10.9.1.2\")) | one(\"accept\")
		| .syn_ack.cookies and .result == \"accepted\"" 'by a cookie'
}
