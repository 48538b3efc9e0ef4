# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Which process a connect belongs to, and which name: threads, fork, exec; and connects that began
# before pathlag did.

PROCESSES=$CLIENTS/processes.py
QUICK=$((300 * SLOWNESS))ms

names() {
	topology
	web
	resolver -l "$DNS" -r "a.test=$WEB" "$@"
}

child() { # the process that connected, as it told
	head -n1 "$T/stdout"
}

# --- threads --------------------------------------------------------------------------------------
case_client_threads() { # one looks up the name, another connects
	names -b delay=400
	lag -- python3 "$PROCESSES" threads a.test 80
	status 0
	expect "connect | .owner.pid == $(child) and .owner.tid != .owner.pid" 'the thread that connects'
	expect 'connect | .name == "a.test" and (.dns_link | . == "answer" or . == "getaddrinfo")
		and .phase_ns.dns > 350000000 and .verdict.cause == "dns_slow"' \
		'the other thread'\''s lookup is what it waited for'
	nft_drop_first "$C" output 'tcp flags & (syn|ack) == syn'
	lag -- python3 "$PROCESSES" threads a.test 80
	expect 'connect | .name == "a.test" and .verdict.cause == "syn_dropped_locally"' 'its SYN was dropped'
}

# --- processes ------------------------------------------------------------------------------------
its_child_connects() {
	expect "connect | .owner.pid == $(child) and .result == \"established\" and .blocking
		and .verdict.cause == \"ok\" and .phase_ns.dns == 0" 'the child is who connects'
	# Its parent has told it the address in a way that is not observed.
	expect 'connect | has("name") | not' 'no name is made up'
	expect "lookups | length > 0 and all(.owner.pid != $(child))" 'the lookup is the parent'\''s'
}

case_client_fork() {
	names
	lag -f --slow "$QUICK" -- python3 "$PROCESSES" fork a.test 80
	its_child_connects
}

case_client_spawn() { # vfork and exec
	names
	lag -f --slow "$QUICK" -- python3 "$PROCESSES" spawn a.test 80
	its_child_connects
}

case_client_daemon() { # that outlives the command
	names
	lag_start --netns "$C" --slow "$QUICK"
	in_client python3 "$PROCESSES" daemon a.test 80 >"$T/client"
	lag_wait 'connects | length > 0'
	lag_stop
	cp "$T/client" "$T/stdout"
	its_child_connects
}

case_client_shell() { # the shell starts another program
	names
	lag -f --slow "$QUICK" -- sh -c 'curl -s -o /dev/null http://a.test/; true'
	status 0
	expect 'connect | .owner.comm == "curl" and .name == "a.test" and .verdict.cause == "ok"' 'that is the owner'
	lag --slow "$QUICK" -- sh -c 'exec curl -s -o /dev/null http://a.test/'
	expect 'connect | .owner.comm == "curl" and .name == "a.test"' 'also where it takes the place of the shell'
}

case_client_children() { # of a process that runs already
	names
	mkfifo "$T/go"
	ip netns exec "$C" python3 "$PROCESSES" served a.test 80 <"$T/go" >"$T/stdout" 2>&1 &
	CLIENT=$!
	exec 8>"$T/go"
	wait_for 'the client' 10 grep -q waiting "$T/stdout"
	cp "$T/stdout" "$T/client"
	lag_start -p "$CLIENT" -f --slow "$QUICK"
	in_client curl -s -o /dev/null "http://$WEB/" # somebody else's
	echo >&8
	wait "$CLIENT"
	lag_wait 'connects | length > 0'
	lag_stop
	sed -i 1d "$T/stdout"
	its_child_connects
}

case_client_exec_meanwhile() { # the thread that connects is ended, its socket is not
	topology
	nft_drop "$R" forward 'tcp dport 82'
	lag -- python3 "$PROCESSES" replaced "$WEB" 82
	status 0
	expect "connect | .owner.pid == $(child) and .owner.comm == \"python3\"
		and .result == \"abandoned\" and .tuple.dport == 82" 'told once, as it was when it began'
}

# --- begun before pathlag -------------------------------------------------------------------------
under_way() { # tcp.py options: a client that connects already; its pid in $CLIENT
	ip netns exec "$C" python3 "$CLIENTS/tcp.py" "$@" >"$T/client" 2>&1 &
	CLIENT=$!
	wait_for 'its SYN' 10 sent_a_syn
}

sent_a_syn() {
	ip netns exec "$C" ss -Htn state syn-sent | grep -q .
}

seeded() {
	expect 'connect | .seeded and (.timeline | map(.at) | index("connect") | not)
		and (has("blocking") | not) and .dns_link == "not_observed"' 'it was under way, its start is not known'
}

case_client_under_way() {
	topology
	web
	nft_drop "$R" forward 'tcp dport 80'
	under_way "$WEB" 80
	lag_start --netns "$C"
	ip netns exec "$R" nft delete table inet pathlag_test # from now on there is an answer
	lag_wait 'connects | length > 0'
	lag_stop
	seeded
	expect 'connect | .result == "established" and .errno == null and at("established")' 'established later'
}

case_client_under_way_pid() { # and given up
	topology
	nft_drop "$R" forward 'tcp dport 82'
	under_way "$WEB" 82
	lag_start -p "$CLIENT"
	nap 0.5
	kill "$CLIENT"
	lag_wait 'connects | length > 0'
	lag_stop
	seeded
	expect "connect | .result == \"abandoned\" and .owner.pid == $CLIENT and .tuple.dport == 82" 'abandoned'
}
