# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Functions of a kernel module of ours (tests/vm/module), with BTF and without: `ci/vm run --module`.

# shellcheck source=tests/vm/hops.sh
. "$ROOT/tests/vm/hops.sh"

# Loaded once in this machine, so one case at a time; the lock ends with the case.
load() { # pl_test or pl_test_nobtf
	local dir=${PATHLAG_MODULES:-} why=''
	[ -z "$dir" ] || why=$(cat "$dir/why" 2>/dev/null) || true
	[ -n "$dir" ] && [ -e "$dir/$1.ko" ] ||
		skip "no module of ours here: ${why:-ci/vm run --module tests/vm/module builds it}"
	exec 6>/run/lock-pl_test
	flock 6
	rmmod pl_test 2>/dev/null || true
	insmod "$dir/$1.ko"
	[ "$1" = pl_test_nobtf ] || [ -e /sys/kernel/btf/pl_test ] ||
		skip 'this kernel has no BTF of modules'
}

# Twenty packets to the discard port, over the client's loopback; how many the module has counted.
twenty() {
	local before
	before=$(cat /sys/module/pl_test/parameters/packets)
	in_client python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(20):
    s.sendto(b'x', ('127.0.0.1', 9))"
	SEEN=$(($(cat /sys/module/pl_test/parameters/packets) - before))
	[ $SEEN = 20 ] || fail "the module counted $SEEN packets, not 20"
}

each_of_twenty() {
	trace_stop
	expect "$HOPS entries | in(\"pl_test_rx\") | length == 20 and (ids | length) == 20" \
		'each of twenty packets is seen in the module, and each is another'
	expect "$HOPS entries | in(\"pl_test_rx\") | all(.probe.module == \"pl_test\"
		and .tuple.dport == 9 and .tuple.proto == \"udp\")" 'with the module and the tuple'
	expect "$HOPS returns | in(\"pl_test_rx\") | length == 20 and all(.ret == 9 and .dur_ns > 0)" \
		'and what it returned'
	expect 'summary.lost == 0' 'nothing lost'
}

case_module() {
	namespace "$C"
	load pl_test
	trace_start --netns "$C" --functions 'pl_test:pl_test_rx' 'udp dst port 9'
	twenty
	each_of_twenty
}

case_module_no_btf() { # the argument's place is given by hand
	namespace "$C"
	load pl_test_nobtf
	trace_start --netns "$C" --functions 'pl_test:pl_test_rx:skb=2' 'udp dst port 9'
	twenty
	trace_stop
	expect "$HOPS entries | in(\"pl_test_rx\") | length == 20 and (ids | length) == 20
		and all(.probe.module == \"pl_test\" and .tuple.dport == 9)" \
		'each of twenty packets is seen in the module, without type information'
	expect 'summary.lost == 0' 'nothing lost'
}

case_module_unknown() { # without BTF and without a place there is nothing to go by
	namespace "$C"
	load pl_test_nobtf
	refuses 2 pl_test_rx trace --functions 'pl_test:pl_test_rx'
}

case_module_context() { # a function that takes neither is shown inside one that does
	namespace "$C"
	load pl_test
	trace_start --netns "$C" --functions 'pl_test:pl_test_rx' --context 'pl_test_inner' \
		'udp dst port 9'
	twenty
	each_of_twenty
	expect "$HOPS entries | (in(\"pl_test_inner\") | length == 20 and all(.depth == 1))
		and (in(\"pl_test_rx\") | all(.depth == 0))" 'one level inside'
	expect "$HOPS entries | (in(\"pl_test_inner\") | ids) == (in(\"pl_test_rx\") | ids)" \
		'it belongs to the same packets'
}

case_module_socket() { # the socket is the only argument that is known: the owner's, by command
	namespace "$C"
	load pl_test
	trace --functions 'pl_test:pl_test_send' -- python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(20):
    s.sendto(b'x', ('127.0.0.1', 9))"
	status 0
	expect "$HOPS entries | in(\"pl_test_send\") | length == 20 and all(.owner.comm == \"python3\")
		and (map(.sk) | unique | length) == 1" 'twenty calls for one socket of the command'
	expect "$HOPS returns | in(\"pl_test_send\") | length == 20 and all(.ret == 9)" 'and their value'
}

case_module_unloads() { # nothing of ours holds it
	namespace "$C"
	load pl_test
	trace_start --netns "$C" --functions 'pl_test:*' 'udp dst port 9'
	twenty
	trace_stop
	wait_for 'the module to be free' 5 rmmod pl_test
}
