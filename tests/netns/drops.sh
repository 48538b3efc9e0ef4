# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# drops.sh - running `pathlag drops` in a case. Sourced by those that do.

PACKETS=$CLIENTS/packets.py

# pathlag drops in the background, and armed; drops_stop ends it. Its lines go to $OUT.
drops_start() {
	lag_start_of drops "$@"
}

drops_stop() {
	lag_stop
	status 0
}

# It ends by itself.
drops_end() {
	STATUS=0
	wait "$LAG_PID" || STATUS=$?
	RUNNING=''
	: >"$T/told"
	sound
	status 0
}

# pathlag drops to its end: `drops --netns "$S" -- COMMAND`. What the command says is in $T/stdout.
drops() {
	lag_raw drops --json -o "$T/lines" "$@"
	[ "$STATUS" != 124 ] || fail "pathlag did not end in $LIMIT s"
	lag_apart
	sound
}

send() { # PROTO:PORT:COUNT...: packets from the client to the server; $SENDER is who did it
	SENDER=$(in_client python3 "$PACKETS" "$WEB" "$@")
}

# A kernel without that reason shows where it was: a jq expression about a drop line's .drop, or a row
# of .drop_counts.
is_drop() { # REASON FUNCTION-REGEX
	if has_reason "$1"; then
		echo ".reason == \"$1\""
	else
		echo "((.location // \"\") | test(\"^($2)\"))"
	fi
}

counted() { # REASON FUNCTION-REGEX: how many the summary's rows say
	echo "([summary.drop_counts[] | select($(is_drop "$1" "$2")).count] | add // 0)"
}

lines() { # REASON FUNCTION-REGEX: how many lines there are
	echo "([of(\"drop\")[] | select(.drop | $(is_drop "$1" "$2"))] | length)"
}
