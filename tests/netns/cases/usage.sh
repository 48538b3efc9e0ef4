# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What is asked wrongly, or by somebody who may not: one clear line, the right status, no data.

case_usage() {
	namespace "$C"
	refuses 2 --no-such-option --no-such-option
	refuses 2 -Z -Z
	refuses 2 nonsense -p nonsense
	refuses 2 -5 -p -5
	refuses 2 12x -p 1,12x
	refuses 2 soon --duration soon
	refuses 2 -1s --duration -1s
	refuses 2 10parsecs --slow 10parsecs
	refuses 2 many -c many
	refuses 2 yaml --format yaml
	refuses 2 no-such-ns --netns no-such-ns
	refuses 2 -p -p
	refuses 2 FILE replay
}

case_usage_functions() { # wrong on every kernel, whether or not it lets functions be traced
	namespace "$C"
	refuses 2 no_such_function trace --functions no_such_function
	refuses 2 tcp_v4_connect trace --functions tcp_v4_conect # the near name
	refuses 2 no_such_function trace --context 'no_such_function'
	refuses 2 no_such_function --functions no_such_function -- true
	refuses 2 no_such_module trace --functions 'no_such_module:*'
	refuses 2 --functions trace --functions
	refuses 2 kprobe trace --backend ptrace
	refuses 2 --backend --no-functions --backend multi
	refuses 2 --failed trace --failed
	refuses 2 --flat --flat
	refuses 2 no-such-dev trace -i no-such-dev
	refuses 2 no-such-ns trace -i lo --netns no-such-ns
}

case_usage_trace_impossible() { # a kernel that lets no function be traced: what was tried
	namespace "$C"
	lag_raw trace --functions core --duration 1ms
	[ "$STATUS" != 0 ] || skip 'functions can be traced here'
	refuses 3 kprobe.multi trace
	refuses 3 kprobe.multi trace --json -- true
	refuses 3 kprobe.multi trace --backend multi
	refuses 3 kprobe.multi --functions core -- true # asked for
	lag -- true                                    # not asked for
	status 0
	[ ! -s "$ERR" ] || problem "connect says: $(head -n1 "$ERR")"
	expect '.[0].backend.function == "none"' 'the meta line says that no functions were traced'
}

case_usage_pid_gone() {
	local pid
	namespace "$C"
	sh -c 'exit 0' &
	pid=$!
	wait "$pid"
	refuses 2 "$pid" -p "$pid"
}

case_usage_output_unwritable() {
	namespace "$C"
	refuses 1 "$T/no/such" -o "$T/no/such/file" -- true
	refuses 1 "$T/no/such" -w "$T/no/such/file" -- true
}

case_usage_full() { # a full disk is a failure that is told
	[ -c /dev/full ] || skip 'no /dev/full'
	namespace "$C"
	lag_raw --json -o /dev/full -- true
	status 1
	[ "$(wc -l <"$ERR")" = 1 ] || problem "not one line on stderr: $(cat "$ERR")"
}

case_usage_closed_pipe() { # `pathlag | head -1` ends quietly
	namespace "$C"
	timeout "$LIMIT" ip netns exec "$C" "$PATHLAG" --json --duration 5s --netns "$C" 2>"$ERR" |
		head -c 1 >/dev/null || true
	! grep -qi 'broken pipe\|EPIPE' "$ERR" || problem 'it complains about a closed pipe'
}

case_usage_unprivileged() {
	namespace "$C"
	cp "$PATHLAG" "$T/pathlag"
	chmod 755 "$T/pathlag"
	PATHLAG=$T/nobody
	cat >"$T/nobody" <<-END
		#!/bin/sh
		exec setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$T/pathlag" "\$@"
	END
	chmod 755 "$T/nobody"
	refuses 3 CAP_ --json --duration 1s
	refuses 3 CAP_ --json -- true
	refuses 3 CAP_ trace --json
	lag_raw check
	[ "$STATUS" -le 3 ] || problem "check: status $STATUS"
	[ -s "$OUT" ] || problem 'check says nothing to an ordinary user'
}

case_usage_help() {
	namespace "$C"
	lag_raw --help
	status 0
	grep -q -- --ready-fd "$OUT" || problem '--help does not list the options'
	lag_raw trace --help
	status 0
	grep -q -- --no-follow "$OUT" || problem 'trace --help does not list the options'
	! grep -q -- --failed "$OUT" || problem 'trace --help lists what is of connect only'
	lag_raw --version
	status 0
	grep -qE '^pathlag [0-9]+\.[0-9]+' "$OUT" || problem "--version says $(head -n1 "$OUT")"
}

case_check() {
	namespace "$C"
	lag_raw check
	status 0
	for word in BTF kprobe.session kprobe.multi kprobe fentry tracefs; do
		grep -qi -e "^\(yes\|no\) *$word " "$OUT" || problem "check has no line about $word"
	done
}
