# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Many connects: nothing lost, and every record as sound as a single one (sound.jq sees them all).

. "$HERE/listen.sh"

case_many_mixed() { # 200 connects of six fates, all at the same time
	topology
	web
	ip -n "$C" route add unreachable 10.9.2.200/32
	nft_drop_first "$C" output "tcp flags & (syn|ack) == syn tcp dport 80 ip daddr $DNS"
	nft_rules "$R" <<-END
		table inet pathlag_silent {
			chain every {
				type filter hook forward priority 0;
				tcp dport 82 drop
			}
		}
	END
	setting "$C" ipv4/tcp_syn_retries=1
	lag -- python3 "$CLIENTS/many.py" "60x$WEB:80" "40x$WEB:81" "40x$DNS:80" \
		20x10.9.2.200:80 "20x$WEB:82:0.2" "20x$WEB:82"
	status 0
	client_says '{"established":100,"ECONNREFUSED":40,"EHOSTUNREACH":20,"ETIMEDOUT":20,"abandoned":20}'
	expect 'connects | length == 200' 'a record each'
	expect 'connects | all((.phase_ns | add) == .dur_ns)' 'the phases sum to the duration'
	expect 'connects | map(select(.timeline != [])) | all(.timeline | map(.t_ns) | . == sort)' \
		'every timeline is ordered'
	expect 'summary | .lost == 0 and .connects.established == 100 and .connects.refused == 40
		and .connects.unreachable == 20 and .connects.abandoned == 20
		and .connects.timeout == 20' 'and the summary counts what the client saw'
	expect "connects | map(select(.tuple.daddr == \"$DNS\"))
		| length == 40 and all(.verdict.cause == \"syn_dropped_locally\")" 'each with its own drop'
}

client_says() { # JSON, whatever the order of its keys
	jq -e --argjson wanted "$1" '. == $wanted' "$T/stdout" >/dev/null ||
		fail "the fault did not happen: the client saw $(cat "$T/stdout")"
}

case_many_burst() { # 2,000 on loopback as fast as it goes
	topology
	lag_start --netns "$C"
	in_client python3 "$CLIENTS/burst.py" 2000 >"$T/client"
	lag_wait 'connects | length >= 2000'
	lag_stop
	status 0
	expect 'connects | length == 2000 and all(.result == "established")' 'a record each'
	expect 'summary.lost == 0 and of("lost") == []' 'nothing lost'
	expect 'connects | map(.sk + .isn) | unique | length == 2000' 'each its own'
}

# The kernel skips a program that it is running on that CPU already. Where it lets one be preempted
# (Linux 7.0 and newer) that is so for all that runs there until the first goes on.
case_many_preempted() { # alone: on busy CPUs, by processes that need not wait for them
	local loop=$ROOT/build/tests/bench/connect_loop loops urgent=() i each=800 pids=()
	[ -x "$loop" ] || skip "no $loop: make scenario builds it"
	chrt -f 1 true 2>/dev/null && urgent=(chrt -f 1)
	loops=$(($(nproc) + 1))
	topology
	lag_start --netns "$C"
	for ((i = 0; i < loops; i++)); do
		in_client "$loop" $each >"$T/loop$i" &
		pids+=($!)
		in_client "${urgent[@]}" python3 "$CLIENTS/burst.py" $each 0.001 >"$T/urgent$i" &
		pids+=($!)
	done
	wait "${pids[@]}"
	lag_stop
	status 0
	expect 'connects | all(.result == "established" and at("connect"))' 'all from beginning to end'
	expect "connects | map(.sk + .isn) | unique | length == $((2 * loops * each))" 'a record each'
	expect "connects | length == $((2 * loops * each))" 'and only one'
	expect 'summary.lost == 0 and of("lost") == []' 'nothing lost'
}

case_many_unread() { # told to end while nobody reads its output: all of it is there afterwards
	local lines=$OUT slow reader pid
	topology
	mkfifo "$T/slow"
	exec {slow}<>"$T/slow"
	OUT=$T/slow
	lag_start --netns "$C"
	in_client python3 "$CLIENTS/burst.py" 500 >"$T/client"
	# It waits for room in the pipe: the first signal ends a write that was done in part, the second
	# one that has not begun.
	pid=$(pgrep -P "$LAG_PID")
	nap 0.3
	kill -CHLD "$pid"
	nap 0.3
	kill -TERM "$pid"
	nap 0.3
	cat "$T/slow" >"$lines" {slow}>&- &
	reader=$!
	exec {slow}>&-
	STATUS=0
	wait "$LAG_PID" || STATUS=$?
	wait "$reader"
	OUT=$lines RUNNING=''
	: >"$T/told"
	status 0
	expect 'connects | length == 500 and all(.result == "established")' 'a record each'
	expect '.[-1].type == "summary" and summary.lost == 0' 'and the end of it'
}

# Nothing is wrong, and nobody says so: with the threshold that users have, on an idle machine.
no_alarm() { # COUNT
	status 0
	jq -nr 'limit(3; inputs | select((.verdict.cause? // "ok") != "ok")) | "# alarm: \(tojson)"' "$OUT"
	expect "connects | map(.verdict.cause) | group_by(.) | map({(.[0]): length}) | add == {ok: $1}" \
		"$1 connects, no alarm"
	expect "accepts | map(.verdict.cause) | group_by(.) | map({(.[0]): length}) | add == {ok: $1}" \
		"$1 accepts, no alarm"
	expect 'all(connects[]; .result == "established") and all(accepts[]; .result == "accepted")' \
		'all came through'
	expect '(connects | map(.tuple.sport) | sort) == (accepts | map(.tuple.sport) | sort)' 'the same ones'
	expect 'summary.lost == 0 and of("lost") == []' 'nothing lost'
}

case_many_healthy() { # alone: a thousand to a real server, through two links and a router
	topology
	web "$PORT"
	lag_start "tcp dst port $PORT"
	in_client python3 "$CLIENTS/tcp.py" -n 1000 --pause 0.002 "$WEB" "$PORT" >"$T/client"
	lag_wait '(connects | length >= 1000) and (accepts | length >= 1000)'
	lag_stop
	no_alarm 1000
}

case_many_healthy_far() { # alone: 20 ms away, by a cable, as not every kernel has netem
	topology --rtt 20
	chrt -f -p 1 "$PID" 2>/dev/null || true # a cable waits for no processor
	web "$PORT"
	lag_start "tcp dst port $PORT"
	in_client python3 "$CLIENTS/tcp.py" -n 1000 "$WEB" "$PORT" >"$T/client"
	lag_wait '(connects | length >= 1000) and (accepts | length >= 1000)'
	lag_stop
	no_alarm 1000
	expect 'connects | all(.phase_ns.network >= 20000000 and .syn.retransmits == 0)' 'each as far as it is'
}

case_many_healthy_loopback() { # alone: a thousand
	local IN=$C
	namespace "$C"
	serve
	lag_start --netns "$C"
	in_client python3 "$CLIENTS/tcp.py" -n 1000 --pause 0.002 127.0.0.1 "$PORT" >"$T/client"
	lag_wait '(connects | length >= 1000) and (accepts | length >= 1000)'
	lag_stop
	no_alarm 1000
}
