# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Tracing ends while the traced wait: what they return from later is nobody's any more.

. "$HERE/listen.sh"
. "$ROOT/tests/vm/hops.sh"

# Starts several of them and ends them in any order, so that the next ones get the memory of others.
come_and_go() { # OPTION...
	local i pids=()
	for i in 0 1 2; do
		rm -f "$T/armed$i"
		ip netns exec "$S" "$PATHLAG" "$@" --ready-fd 9 >/dev/null 2>"$T/others$i.err" </dev/null \
			9>"$T/armed$i" &
		pids+=($!)
	done
	for i in 0 1 2; do
		wait_for "tracer $i: $*" 60 test -s "$T/armed$i"
	done
	for i in 1 0 2; do
		kill -INT "${pids[i]}"
		nap 0.1
	done
	for i in 0 1 2; do
		wait "${pids[i]}" || problem "tracer $i ended with status $?"
		! grep -v ': note: ' "$T/others$i.err" || problem "tracer $i: it complains"
	done
}

# System calls that have a probe of ftrace's kind. Since Linux 6.14 one for returns must not be left
# behind by tracing that ends: the machine may end, too (bpf/twin.bpf.h).
probed_calls() {
	grep -E '^__x64_sys_(accept4?|connect) ' /sys/kernel/tracing/enabled_functions
}

case_waiting_in_accept() { # a server that waits for its next client is traced again and again
	local n
	topology
	serve
	for n in 1 2 3 4; do
		come_and_go connect
		tcp_client "$WEB" "$PORT"
		served "$n"
	done
}

case_waiting_without_probes() { # of a server's accept()
	topology
	serve
	[ -r /sys/kernel/tracing/enabled_functions ] || skip 'no list of probed functions'
	lag_start --netns "$S"
	! probed_calls || problem "a probe waits with accept(): $(probed_calls | head -n1)"
	lag_stop
}

case_waiting_in_functions() { # the same under kernel functions
	local n
	topology
	lag_raw trace --functions core -- true
	hops_status
	serve
	for n in 1 2 3; do
		come_and_go trace -p "$SERVER" --functions core
		tcp_client "$WEB" "$PORT"
		served "$n"
	done
}
