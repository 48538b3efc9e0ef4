# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Clients that did not come through, as their server sees it; and several faults at once.

. "$HERE/listen.sh"

SYN='tcp flags & (syn|ack) == syn'
SYNACK='tcp flags & (syn|ack) == (syn|ack)'

case_accept_syn_dropped() { # in the server's own INPUT: the second one comes through
	topology
	serve
	nft_drop_first "$S" input "$SYN"
	lag_start "tcp dst port $PORT"
	tcp_client "$WEB" "$PORT"
	served 1
	lag_wait "accepts | length == 1"
	lag_wait "connects | length == 1"
	lag_stop
	gives syn_dropped_locally
	expect "connect
		| $(drop_is NETFILTER_DROP egress syn)" 'the drop on the other side'
	gives syn_dropped_locally accept
	expect "accept | $(drop_is NETFILTER_DROP ingress syn)
		and .syn.received == 2 and .result == \"accepted\"" 'and its server tells of it too'
}

case_accept_synack_dropped() { # in the server's own OUTPUT
	topology
	serve
	nft_drop_first "$S" output "$SYNACK"
	lag_start "tcp dst port $PORT"
	tcp_client "$WEB" "$PORT"
	served 1
	lag_wait "accepts | length == 1"
	lag_wait "connects | length == 1"
	lag_stop
	gives synack_dropped_locally
	gives synack_dropped_locally accept
	expect "accept | $(drop_is NETFILTER_DROP egress syn_ack)
		and .result == \"accepted\"" 'the drop'
}

case_accept_synack_unanswered() { # lost on the way to the client
	topology --swallow-synack 1
	serve
	lag_start --netns "$S"
	tcp_client "$WEB" "$PORT"
	served 1
	lag_wait 'accepts | length == 1'
	lag_stop
	gives synack_unanswered accept
	expect 'accept | .syn_ack.retransmits >= 1 and .result == "accepted"
		and .phase_ns.syn_recv >= 900000000' 'it was repeated'
}

case_accept_half_open() { # nobody ever answers the SYN-ACK
	topology
	setting "$S" ipv4/tcp_synack_retries=1
	serve
	lag_start --netns "$S"
	flood -1
	lag_wait 'accepts | length == 1'
	lag_stop
	gives synack_unanswered accept
	expect 'accept | .result == "timeout" and .syn_ack.sent >= 2
		and .dur_ns >= 1900000000' 'after the last repetition'
}

case_accept_deferred() { # the server waits for data, and the client has none: no distance, no full queue
	topology
	serve --defer 1
	lag_start --netns "$S"
	in_client python3 -c "
import socket, time
s = socket.create_connection(('$WEB', $PORT))
time.sleep(1.6)
s.send(b'at last')"
	served 1
	lag_wait 'accepts | length == 1'
	lag_stop
	gives unknown accept
	expect 'accept | .result == "accepted" and .dur_ns >= 900000000 and .queue.overflowed == 0
		and (.verdict.text | contains("TCP_DEFER_ACCEPT"))' 'what it waited for'
}

case_accept_reset() { # the client resets the connection that nobody has accepted yet
	topology
	serve --never
	lag_start --netns "$S"
	in_client python3 -c "
import socket, struct
s = socket.create_connection(('$WEB', $PORT))
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
s.close()"
	lag_wait 'accepts | length == 1'
	lag_stop
	gives reset_by_client accept
	expect "accept | .result == \"reset\" and .owner.pid == $SERVER" 'reset'
}

# --- several faults at once ---------------------------------------------------------------------
# What evidence points to in the timeline.
POINTED='[.timeline[.verdict.evidence[]].at]'

wait_doubles() { # for a SYN: one second, then two, as all kernels did before 6.5
	setting "$C" ipv4/tcp_syn_linear_timeouts=0 2>/dev/null || true
}

two_faults() { # SYNs that are lost, MILLISECONDS that the resolver takes
	topology --swallow-syn "$1"
	wait_doubles
	web
	resolver -l "$DNS" -r "a.test=$WEB" -b delay="$2"
	resolv "$C" "nameserver $DNS" 'options timeout:5'
	lag -- curl -s -o /dev/null --max-time 20 http://a.test/
}

case_faults_two() { # a late answer of the resolver, and three SYNs that are lost: these cost most
	two_faults 3 1500
	took 8000 11000
	gives syn_unanswered
	expect 'connect.verdict | .share > 0.6 and [.also[].cause] == ["dns_slow"]' 'the other is named'
	expect 'connect.verdict.also[0] | .share > 0.1 and .share < 0.4 and (.text | contains("a.test"))' \
		'with its own share and words'
	expect 'connect | .verdict.share * .dur_ns >= 6900000000
		and .verdict.also[0].share * .dur_ns >= 1490000000' 'seven seconds, and those of the resolver'
	expect 'connect | (.verdict.share - .phase_ns.rto_wait / .dur_ns | fabs) < 0.001
		and (.verdict.also[0].share - .phase_ns.dns / .dur_ns | fabs) < 0.001' 'each has the share of its phase'
	expect 'connect.verdict | .share + .also[0].share <= 1' 'no time is counted twice'
	expect "connect | $POINTED | index(\"syn_retransmit\") != null" 'the retransmits are the evidence'
	expect 'connect.verdict.evidence | . == sort and . == unique' 'each once'
}

case_faults_two_other() { # the same two faults, and now the resolver costs most
	two_faults 1 2500
	took 3500 5000
	gives dns_slow
	expect 'connect.verdict | [.also[].cause] == ["syn_unanswered"]' 'the other is named'
	expect "connect | $POINTED | index(\"dns_query\") != null and index(\"dns_answer\") != null" \
		'question and answer are the evidence'
}

case_faults_queue_and_drop() { # a SYN that netfilter drops, then a full accept queue for longer
	topology
	wait_doubles
	serve --backlog 1 --after "$T/accept"
	fill 2
	nft_drop_first "$C" output "$SYN ip daddr $WEB"
	after_overflow "$T/accept"
	attempt established "$WEB" "$PORT"
	took 2900 5000
	gives accept_queue_full
	expect 'connect.verdict | [.also[].cause] == ["syn_dropped_locally"]' 'the other is named'
	expect 'connect.verdict | .share > 0.5 and .also[0].share > 0.2' 'two seconds and one'
	expect 'connect | .verdict.share * .dur_ns >= 1900000000
		and .verdict.also[0].share * .dur_ns >= 900000000' 'in seconds'
	expect "connect | $POINTED | index(\"overflow\") != null" 'the overflow is the evidence'
}
