# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Whose connects are shown, and how a command is run.

SYN='tcp flags & (syn|ack) == syn'

others() { # traffic that has nothing to do with the run, during it
	in_client python3 "$CLIENTS/tcp.py" -n 5 "$WEB" 80 >/dev/null
	in_client curl -s -o /dev/null "http://$WEB/"
}

case_pid() { # the SYN-ACK and the retransmit happen in softirq, and are still the client's
	topology
	web
	nft_drop_first "$C" output "$SYN ip daddr $DNS" # the client's way only: the others are fast
	waiting_client "$DNS" 80
	lag_start -p "$CLIENT"
	others
	go
	others
	lag_wait 'connects | length > 0'
	lag_stop
	status 0
	expect "connect | .owner.pid == $CLIENT and .owner.comm == \"python3\"" 'its connect, no other'
	expect 'connect | .syn.retransmits == 1 and at("syn_ack") and at("syn_retransmit")
		and .verdict.cause == "syn_dropped_locally"' 'what happened in softirq included'
	expect "map(select(.owner)) | all(.owner.pid == $CLIENT)" 'no line of another process'
}

case_comm() {
	topology
	web
	lag_start --netns "$C" --comm curl
	others
	lag_wait 'connects | length > 0'
	lag_stop
	expect 'connect.owner.comm == "curl"' 'only curl'
}

case_netns() {
	topology
	web
	lag_start --netns "$S"
	others
	ip netns exec "$S" python3 "$CLIENTS/tcp.py" "$WEB" 80 >/dev/null
	lag_wait 'connects | length > 0'
	lag_stop
	expect "connect.tuple.saddr == \"$WEB\"" "only the server's own connect"
}

case_cgroup() { # and what lies below it
	local mount
	mount=$(findmnt -n -o TARGET -t cgroup2 | head -n1)
	[ -n "$mount" ] || skip 'no cgroup2 hierarchy is mounted'
	topology
	web
	CGROUP=$mount/pathlag-test-$$
	mkdir -p "$CGROUP/child" || skip "no cgroup can be made in $mount"
	# From outside: `ip netns exec` hides the hierarchy behind a /sys of its own.
	mkfifo "$T/armed"
	timeout "$LIMIT" "$PATHLAG" --json -o "$OUT" --netns "$C" --cgroup "$CGROUP" -c 1 --ready-fd 9 \
		9>"$T/armed" 2>"$ERR" &
	read -r -t $((15 * SLOWNESS)) <"$T/armed" || fail "not armed: $(cat "$ERR")"
	others
	(
		echo "$BASHPID" >"$CGROUP/child/cgroup.procs"
		in_client curl -s -o /dev/null "http://$WEB/"
	)
	wait $!
	sound
	expect 'connect.owner.comm == "curl"' 'only the connect from inside'
}

case_interface() {
	topology
	web
	ip -n "$C" link add eth1 type veth peer name client1 netns "$R"
	address "$C" eth1 3 2
	address "$R" client1 3 1
	lag_start --netns "$C" -i eth1
	others
	in_client python3 "$CLIENTS/tcp.py" 10.9.3.1 80 >/dev/null || true
	lag_wait 'connects | length > 0'
	lag_stop
	expect 'connect.tuple.daddr == "10.9.3.1"' 'only what leaves by that interface'
}

case_expression() {
	topology
	refuses 2 syntax 'tcp and and port'
	web
	lag_start --netns "$C" 'tcp dst port 81'
	others
	tcp_client "$WEB" 81
	lag_wait 'connects | length > 0'
	lag_stop
	expect 'connect.tuple.dport == 81' 'only what the expression selects'
}

case_expression_before_a_port() { # it fails before any port is chosen: only where it was for is known
	topology
	ip -n "$C" route add unreachable 10.9.7.0/24
	lag_start --netns "$C" 'tcp dst port 81'
	tcp_client 10.9.7.7 80
	tcp_client 10.9.7.7 81
	lag_wait 'connects | any(.tuple.dport == 81)'
	lag_stop
	expect 'connect | .errno == "EHOSTUNREACH" and .tuple.dport == 81 and (.tuple | has("sport") | not)' \
		'the one that was for this port'
}

case_children() {
	topology
	web
	lag -f -- sh -c "curl -s -o /dev/null http://$WEB/; true"
	expect 'connect.owner.comm == "curl"' 'the child'
	expect 'summary.connects.established == 1' 'and nothing else'
}

case_failed_only() {
	topology
	web
	lag --failed -- sh -c "exec python3 '$CLIENTS/many.py' 3x$WEB:80 2x$WEB:81 >/dev/null"
	expect 'connects | length == 2 and all(.result == "refused")' 'only the failed ones'
}

case_slower_than() {
	topology
	web
	nft_drop_first "$C" output "$SYN tcp dport 80 ip daddr $WEB"
	ip -n "$S" addr add 10.9.2.9/24 dev eth0
	lag --slower-than 500ms -- python3 "$CLIENTS/many.py" 2x10.9.2.9:80 "1x$WEB:80"
	expect "connect.tuple.daddr == \"$WEB\"" 'only the slow one'
}

case_count() {
	topology
	web
	lag_start --netns "$C" -c 2
	in_client python3 "$CLIENTS/tcp.py" -n 5 "$WEB" 80 >/dev/null
	wait_for 'pathlag to end by itself' 10 has_ended "$LAG_PID"
	STATUS=0
	wait "$LAG_PID" || STATUS=$?
	status 0
	sound
	expect 'connects | length == 2' 'two, then the end'
}

case_duration() {
	topology
	lag --duration 300ms --netns "$C"
	status 0
	took 300 5000
	expect 'connects == []' 'nothing happened, and it ended'
}

# --- the command --------------------------------------------------------------------------------
case_command_status() {
	topology
	lag -- sh -c 'exit 7'
	status 7
	lag -- sh -c 'kill -TERM $$'
	status 143
	lag -- sh -c 'kill -KILL $$'
	status 137
	lag -- true
	status 0
}

case_command_stdio() {
	topology
	printf 'one\ntwo\n' >"$T/stdin"
	lag -- sh -c 'cat; echo complaint >&2' <"$T/stdin"
	status 0
	[ "$(cat "$T/stdout")" = $'one\ntwo' ] || problem 'stdin and stdout are passed through'
	grep -qx complaint "$ERR" || problem 'stderr is passed through'
}

case_command_descriptors() { # none of pathlag's own reaches the command
	topology
	lag -- sh -c 'ls -l /proc/self/fd'
	status 0
	! grep -qE 'bpf|anon_inode|ring' "$T/stdout" || problem "pathlag's descriptors leak: $(cat "$T/stdout")"
}

case_command_user() {
	topology
	export SUDO_UID=65534 SUDO_GID=65534
	lag -- sh -c 'id -u; id -g; id -G'
	status 0
	[ "$(tr '\n' ' ' <"$T/stdout")" = '65534 65534 65534 ' ] ||
		problem "the command ran as $(tr '\n' ' ' <"$T/stdout"), not as SUDO_UID"
}

case_command_interrupted() { # as by Ctrl-C: the signal goes to the whole process group
	topology
	web
	timeout --foreground -k 5 "$LIMIT" ip netns exec "$C" setsid -w "$PATHLAG" --json -o "$OUT" -- \
		sh -c "curl -s -o /dev/null http://$WEB/; kill -INT 0; exec sleep 30" 2>"$ERR" || true
	sound
	expect 'connect.owner.comm == "curl"' 'everything drained'
}

case_command_missing() {
	topology
	refuses 127 no-such-command --json -- no-such-command
	refuses '126|127' /etc/passwd --json -- /etc/passwd
}
