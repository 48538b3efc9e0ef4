# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# hops.sh - running `pathlag trace` in a case and judging its hops. Sourced by tests/vm/cases.
#
# An expression for expect that begins with $HOPS may use the names of hops.jq.

# shellcheck disable=SC2034 # used by the cases
HOPS=$(sed '/^#/d' "$ROOT/tests/vm/hops.jq" | tr -s '\n\t' ' ')

# A machine that cannot trace functions is a reason to skip, but none of the guests is one.
hops_status() {
	[ "$STATUS" != 3 ] || [ -n "${PATHLAG_VM:-}" ] || skip "$(tail -n1 "$ERR")"
	[ "$STATUS" != 124 ] || fail "pathlag did not end in $LIMIT s"
}

# `pathlag trace` to its end: its lines in $OUT, what a command says in $T/stdout.
trace() {
	lag_raw trace --json -o "$T/lines" "$@"
	hops_status
	lag_apart
	sound
}

# In the background, and armed; trace_stop ends it. LIMIT is too short for attaching one by one.
trace_start() {
	local word=''
	rm -f "$T/ready"
	mkfifo "$T/ready"
	ip netns exec "$C" "$PATHLAG" trace --json --ready-fd 9 "$@" >"$OUT" 2>"$ERR" 9>"$T/ready" </dev/null &
	LAG_PID=$!
	read -r -t $((60 * SLOWNESS)) word <"$T/ready" || true
	if [ "$word" != ready ]; then
		STATUS=0
		wait "$LAG_PID" || STATUS=$?
		hops_status
		fail "pathlag trace $* did not become ready: $(tail -n1 "$ERR")"
	fi
	log "pathlag trace $*: armed"
}

trace_stop() {
	kill -TERM "$LAG_PID"
	STATUS=0
	wait "$LAG_PID" || STATUS=$?
	status 0
	sound
}

backend() { # of the last run: kprobe.session, kprobe.multi, fentry, kprobe
	head -n 1 "$OUT" | jq -r .backend.function
}

# One probe for many functions (kprobe.multi): else each is attached by itself, and all take minutes.
many_at_once() {
	grep -qm1 ' register_fprobe_ips$' /proc/kallsyms
}

need_many() {
	many_at_once || skip 'this kernel has no kprobe.multi'
}

# Calls nest, on each stack: what a function calls begins and ends in it, and takes no longer.
nests() { # MIN-CALLS
	local said
	said=$(python3 "$HERE/../vm/nesting.py" "$1" "$OUT" 2>&1) || problem "nesting: $(head -n1 <<<"$said")"
	log "nesting: $said"
}
