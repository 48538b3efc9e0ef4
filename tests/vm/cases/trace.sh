# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# `pathlag trace`: kernel functions, on kernels that have kprobes; skipped on others.

# shellcheck source=tests/vm/hops.sh
. "$ROOT/tests/vm/hops.sh"

# The names differ a little between kernels; these are on all of them. A packet has no headers, and
# so no flags, before IP has written them. Alone, as 5.10 follows no more calls of a function at a
# time than there are CPUs, whosever they are, and misses the returns of the others.
story() { # of one good connect
	status 0
	expect "$HOPS entries | funcs | in_order([\"tcp_v4_connect\", \"tcp_connect\",
		\"__ip_queue_xmit\", \"ip_output\", \"__dev_queue_xmit\", \"dev_hard_start_xmit\", \"tcp_v4_rcv\"])" \
		'the way down, then the answer'
	expect "$HOPS returns | in(\"tcp_v4_connect\") | length == 1 and .[0].ret == 0 and .[0].dur_ns > 0" \
		'tcp_v4_connect returned 0, and took a while'
	expect "$HOPS entries | flags(\"S\") | ids | length == 1" 'the SYN is one packet'
	expect "$HOPS entries | flags(\"S\") | funcs | in_order([\"__ip_local_out\", \"ip_output\",
		\"dev_hard_start_xmit\", \"ip_rcv\", \"ip_forward\", \"tcp_v4_rcv\"])" 'through all three namespaces'
	expect "$HOPS entries | flags(\"S.\") | funcs | in_order([\"ip_rcv\", \"tcp_v4_rcv\",
		\"tcp_rcv_state_process\"])" 'the SYN-ACK up to the socket'
	expect "$HOPS hops | all(.owner == null or .owner.comm == \"python3\")" 'all for this process'
	nests 20
}

case_trace_connect() { # alone: all that is called returns
	topology
	web
	trace --functions core -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	story
	expect 'summary.lost == 0' 'nothing lost'
}

case_trace_default() { # alone: without --functions: all, where that is possible
	topology
	web
	trace -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	story
	if many_at_once; then
		expect "$HOPS entries | funcs | unique | length > 150" 'all functions'
	else
		grep -q 'only the core set' "$ERR" || problem "not said what is missing: $(head -n3 "$ERR")"
	fi
}

case_trace_both_directions() { # what arrives in softirq belongs to the process that asked
	topology
	web
	trace --functions core -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	expect "$HOPS entries | flags(\"S.\") | in(\"tcp_v4_rcv\") | any(.owner.comm == \"python3\"
		and .tuple.sport == 80)" 'the SYN-ACK is the client'\''s'
	expect "$HOPS of(\"packet\") | map(select(.tcp.flags == \"S.\")) | length == 1
		and .[0].fate != \"dropped\"" 'one SYN-ACK, not dropped'
}

case_trace_memory_of_socket() { # one that ends leaves its memory to the sockets of others
	topology
	web
	start "$C" others sh -c "while ! [ -e '$T/closed' ]; do sleep 0.1; done
		for cpu in 0 $(($(nproc) - 1)); do taskset -c \$cpu python3 '$CLIENTS/burst.py' 300; done
		touch '$T/over'" # memory is given again on the CPU it was of
	trace --functions core -- sh -c "python3 '$CLIENTS/tcp.py' $WEB 80; touch '$T/closed'
		while ! [ -e '$T/over' ]; do sleep 0.1; done"
	status 0
	expect "$HOPS entries | in(\"tcp_v4_connect\") | length == 1" 'one connect, its own'
	expect "$HOPS entries | flags(\"S\", \"S.\") | length > 0
		and all(.tuple | .dport == 80 or .sport == 80)" 'and its packets'
}

case_trace_one_device() { # where a packet of a process begins to be followed
	topology
	web
	trace --functions core --netns "$C" -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	status 0
	expect "$HOPS entries | flags(\"S\") | length > 0 and all(.owner.comm == \"python3\")
		and .[0].netns == $(stat -Lc %i "/run/netns/$C")" 'in a namespace'
	trace --functions core -i eth0 -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	status 0
	expect "$HOPS entries | flags(\"S\") | length > 0 and all(.owner.comm == \"python3\")
		and .[0].dev.name == \"eth0\"" 'at a device'
}

case_trace_few_functions() { # whose a packet is does not hang on which functions are traced
	topology
	web
	trace --functions ip_rcv "tcp port 80 and host $WEB" -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	status 0
	expect "$HOPS entries | flags(\"S\") | length == 2 and all(.owner.comm == \"python3\")" \
		'the SYN, at the router and at the server'
	expect "$HOPS entries | flags(\"S.\") | length == 2 and all(.owner.comm == \"python3\")" \
		'the SYN-ACK, at the router and at the client'
}

case_trace_core_by_name() { # alone: another may load a module, and more of the core with it
	# Looked up by name; with one more, read from ftrace's list.
	local core META='(of("meta") | one("meta"))'
	need_many
	namespace "$C"
	trace --functions core -- true
	core=$(jq_lines "$META.probes.attached")
	trace --functions core --functions skb_push -- true
	status 0
	expect "$core > 60 and ($META.probes | .attached == $core + 1 and .skipped == 0)" \
		"the same $core functions"
}

case_trace_hidden_addresses() { # alone: the setting is for the whole machine
	local shown
	[ -n "${PATHLAG_VM:-}" ] || skip 'kernel.kptr_restrict is for the whole machine'
	namespace "$C"
	shown=$(</proc/sys/kernel/kptr_restrict)
	echo 2 >/proc/sys/kernel/kptr_restrict
	lag_raw trace --json -o "$T/lines" --functions core -- ping -c1 127.0.0.1
	echo "$shown" >/proc/sys/kernel/kptr_restrict
	if grep -q bpf_get_attach_cookie /proc/kallsyms; then
		status 0
		lag_apart
		sound
		expect "$HOPS entries | in(\"ip_rcv\") | length >= 2" 'the packets are seen all the same'
	else # only the address says which function it was (Linux before 5.15)
		status 3
		grep -q 'sysctl kernel.kptr_restrict=1' "$ERR" ||
			problem "not said what to do: $(tail -n1 "$ERR")"
	fi
}

case_trace_replay() { # a recording renders as it did live
	topology
	web
	trace --functions core -w "$T/recording" -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	status 0
	"$PATHLAG" replay --json "$T/recording" >"$T/again" || fail "replay ended with status $?"
	cmp "$OUT" "$T/again" || problem 'the replay is not what was printed live'
}

case_trace_nesting() { # alone: a thousand connects on two busy processors
	local pid busy=()
	namespace "$C"
	for _ in 1 2; do
		start "$C" busy sh -c 'while :; do :; done'
		busy+=("$PID")
	done
	trace_start --netns "$C" --functions core 'tcp'
	in_client python3 "$CLIENTS/burst.py" 1000 >"$T/done"
	kill "${busy[@]}"
	trace_quick_stop
	nests 30000
}

# Too many lines for jq on an emulated processor.
trace_quick_stop() {
	kill -TERM "$LAG_PID"
	STATUS=0
	wait "$LAG_PID" || STATUS=$?
	status 0
	[ "$(tail -n 1 "$OUT" | jq .lost)" = 0 ] || problem "lost: $(tail -n 1 "$OUT" | jq -c .lost)"
}

case_trace_dropped() { # by netfilter, on its way out
	topology
	nft_drop "$C" output 'tcp flags & (syn|ack) == syn'
	trace --functions core -- python3 "$CLIENTS/tcp.py" --timeout 0.5 "$WEB" 80
	expect "$HOPS returns | in(\"nf_hook_slow\") | any(.detail == \"OUTPUT\"
		and .ret < 0)" 'nf_hook_slow says which hook, and that it dropped'
	# A client that wakes up late has sent its SYN again: another packet, with the same fate.
	expect "$HOPS entries | (flags(\"S\") | ids) as \$syn | (\$syn | length) >= 1
		and (in(\"__ip_queue_xmit\") | ids) == \$syn
		and (\$syn | length) == (in(\"__ip_local_out\") | flags(\"S\") | length)" \
		'one packet, from TCP to the drop'
	expect "$HOPS entries | flags(\"S\") | funcs | in_order([\"__ip_local_out\", \"nf_hook_slow\"])
		and (index(\"dev_hard_start_xmit\") == null)" 'and no further'
	expect "$HOPS (entries | flags(\"S\") | ids) as \$syn | packets
		| map(select(.packet_id | IN(\$syn[]))) | length == (\$syn | length)
		and all(.fate == \"dropped\" and (.drop.location | length > 0))" \
		'its fate, and where'
	! has_reason NETFILTER_DROP || expect "$HOPS packets | any(.drop.reason == \"NETFILTER_DROP\")" \
		'and why'
}

case_trace_nat() { # the headers no longer match the expression: it is still that packet
	topology
	web
	nft_rules "$C" <<-END
		table ip pathlag_test {
			chain out {
				type nat hook output priority -100;
				tcp dport 8080 dnat to $WEB:80
			}
		}
	END
	trace --functions core 'tcp dst port 8080' -- python3 "$CLIENTS/tcp.py" "$WEB" 8080
	status 0
	grep -q '^established' "$T/stdout" || fail "the client says $(head -n1 "$T/stdout")"
	expect "$HOPS entries | flags(\"S\") | (ids | length) == 1
		and (map(.tuple.dport) | unique) == [80, 8080]" 'one SYN, with both ports'
	expect "$HOPS entries | flags(\"S\") | map(select(.tuple.dport == 80)) | funcs
		| index(\"dev_hard_start_xmit\") != null" 'up to the device with the new one'
	trace --functions core --no-follow 'tcp dst port 8080' -- python3 "$CLIENTS/tcp.py" "$WEB" 8080
	expect "$HOPS entries | flags(\"S\") | length > 0 and all(.tuple.dport == 8080)" \
		'with --no-follow it is lost when its headers change'
}

case_trace_context() { # functions without a packet, inside those that have one; nobody else's
	topology
	web
	start "$C" others bash -c "while :; do python3 '$CLIENTS/tcp.py' -n 5 $WEB 80; done"
	trace --functions core --context 'fib_table_lookup' -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	status 0
	expect "$HOPS entries | in(\"fib_table_lookup\") | length > 0 and all(.depth > 0)" \
		'route lookups, inside a traced function'
	expect "$HOPS ([entries[] | select(.probe.func == \"tcp_v4_connect\")] | map(.proc.pid) | unique) as \$p
		| (\$p | length) == 1 and (entries | in(\"fib_table_lookup\")
			| map(select(.proc)) | length > 0 and all(.proc.pid == \$p[0]))" 'of the traced process only'
}

case_trace_killed() { # SIGKILL: the kernel takes away all that was attached
	local ids=() id
	namespace "$C"
	command -v bpftool >/dev/null || skip 'bpftool is not installed'
	trace_start --netns "$C" --functions core
	mapfile -t ids < <(sed -n 's/^prog_id:[[:space:]]*//p' "/proc/$LAG_PID/fdinfo/"* | sort -nu)
	[ ${#ids[@]} -gt 0 ] || fail 'no programs are seen to be loaded'
	kill -KILL "$LAG_PID"
	wait "$LAG_PID" || true
	for id in "${ids[@]}"; do
		wait_for "program $id to go" 10 gone "$id"
	done
	log "programs that went: ${ids[*]}"
}

gone() {
	! bpftool prog show id "$1"
}

case_together_trace() {
	namespace "$C"
	together 'trace --json --duration 100ms --functions tcp_v4_connect --functions ip_output' "-i lo" \
		"--netns $C" '--comm true' 'len>60||vlan' --stack --no-returns --no-follow --no-programs \
		'--context fib_table_lookup' '-- true'
}

case_together_functions() { # connect, with functions
	namespace "$C"
	together 'connect --json --duration 100ms --functions tcp_v4_connect --functions ip_output' "-i lo" \
		"--netns $C" '--comm true' 'len>60||vlan' --stack --hist --no-programs --no-accept \
		'--context fib_table_lookup' '-- true'
}

case_trace_unknown_function() {
	namespace "$C"
	refuses 2 tcp_v4_connect trace --functions tcp_v4_conect
}

case_trace_no_match() { # a glob that matches nothing
	namespace "$C"
	refuses 2 'nosuch_*' trace --functions 'nosuch_*'
}
