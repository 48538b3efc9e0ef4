# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# listen.sh - what cases about the listening side are written with.

# Of the case's own: a run that is scoped by nothing else sees other cases too. Such ones ask for
# `dst port`: the source port of a connect that failed before it had one could be any.
PORT=$((20000 + $$ % 20000))

# shellcheck disable=SC2034 # for cases

# A server that accepts as it is told; in the namespace $IN, the server's where that is not set.
serve() { # serve.py options; its pid in $SERVER
	start "${IN:-$S}" serve python3 "$CLIENTS/serve.py" "$PORT" "$@"
	SERVER=$PID
	wait_for 'the server' 10 grep -q listening "$T/serve.log"
}

served() { # COUNT connects were accepted
	wait_for "$1 accepted" 10 served_now "$1"
}

served_now() {
	[ "$(grep -c accepted "$T/serve.log")" = "$1" ]
}

# Connects that stay in the accept queue, although their clients have left.
fill() { # COUNT [ADDRESS]
	tcp_client -n "$1" "${2:-$WEB}" "$PORT"
	[ "$(grep -c '^established' "$T/client")" = "$1" ] || fail "not $1 found room: $(cat "$T/client")"
}

# Half-open connections, whose clients do not exist: nobody answers a SYN-ACK. Two more than the SYN
# queue holds: some kernels let it grow to its size, some by one beyond.
flood() { # SIZE
	ip -n "$R" route add blackhole 10.99.0.0/16
	in_client python3 "$CLIENTS/packets.py" "$WEB" "flood:$PORT:$(($1 + 2))" >/dev/null
	wait_for 'the flood' 5 half_open "$1"
	nap 0.1 # the rest of it
	DROPS_BEFORE=$(tcp_count ListenDrops)
}

half_open() { # AT LEAST
	[ "$(inside "$S" ss -Htn state syn-recv | wc -l)" -ge "$1" ]
}

# The kernel's own count, which proves the fault.
tcp_count() { # NAME in TcpExt, of the namespace $IN, the server's where that is not set
	inside "${IN:-$S}" awk -v name="$1" '$1 == "TcpExt:" {
		if (!at) { for (i = 2; i <= NF; i++) if ($i == name) at = i } else { print $at; exit } }' \
		/proc/net/netstat
}

listen_drops() {
	echo $(($(tcp_count ListenDrops) - ${DROPS_BEFORE:-0}))
}

has_overflowed() { # AT LEAST
	[ "$(listen_drops)" -ge "$1" ]
}

overflowed() { # AT LEAST so many found no room
	has_overflowed "$1" || fail "the fault did not happen: $(listen_drops) listen drops"
}

# Creates FILE when something has found no room.
after_overflow() { # FILE
	local count
	count=$(declare -f tcp_count inside)
	start "${IN:-$S}" heal bash -c "$count
		IN=\$(ip netns identify); until [ \"\$(tcp_count ListenDrops)\" != 0 ]; do sleep 0.02; done
		sleep 0.1; touch '$1'"
}
