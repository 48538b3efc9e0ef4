# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# watch.sh - running pathlag and judging what it said. Sourced by lib.sh.

LIMIT=$((30 * SLOWNESS))   # no single run takes longer
RUNNING=''                 # not empty: a pathlag in the background still writes
ASKED=() MEANT=() SOUND='' # what is to be judged: expressions, their meaning; sound.jq's too
GIVEN=()                   # by the index of an expression that asks for a cause: the wanted one

# pathlag to the end, in the client's namespace, and its output checked: `lag -- COMMAND`,
# `lag -p PID -c 1`. Its lines go to $OUT, what the command says to $T/stdout.
lag() {
	lag_raw --json -o "$T/lines" "$@"
	[ "$STATUS" != 124 ] || fail "pathlag did not end in $LIMIT s"
	lag_apart
	sound
}

lag_apart() {
	mv "$OUT" "$T/stdout"
	if [ -e "$T/lines" ]; then mv "$T/lines" "$OUT"; else : >"$OUT"; fi
}

# pathlag as it is called: its stdout in $OUT, nothing checked.
lag_raw() {
	local start
	judge
	STATUS=0
	start=${EPOCHREALTIME/[.,]/}
	timeout --foreground -k 5 "$LIMIT" ip netns exec "$C" "$PATHLAG" "$@" >"$OUT" 2>"$ERR" || STATUS=$?
	MS=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
	: >"$T/told"
	log "pathlag $*: status $STATUS, $MS ms"
}

# pathlag in the background; returns when it is armed. lag_stop ends it and checks its output.
lag_start() {
	lag_start_of connect "$@"
}

lag_start_of() { # SUBCOMMAND OPTIONS
	local status=0
	judge
	RUNNING=1
	rm -f "$T/ready"
	mkfifo "$T/ready"
	timeout --foreground -k 5 "$LIMIT" ip netns exec "$C" "$PATHLAG" "$1" --json --ready-fd 9 "${@:2}" \
		>"$OUT" 2>"$ERR" 9>"$T/ready" </dev/null &
	LAG_PID=$!
	read -r -n1 -t $((15 * SLOWNESS)) <"$T/ready" || status=$?
	if [ $status != 0 ]; then
		kill "$LAG_PID" 2>/dev/null || true
		fail "pathlag did not become ready: $(tail -n1 "$ERR")"
	fi
	log "pathlag $*: armed"
}

lag_stop() {
	kill -TERM "$LAG_PID" # timeout hands it on
	STATUS=0
	wait "$LAG_PID" || STATUS=$?
	RUNNING=''
	: >"$T/told"
	# timeout itself answers 124 to 143 for a signalled run; pathlag says in $OUT whether it drained.
	sound
}

# Until a line of that kind has been written: for runs in the background.
lag_wait() { # JQ-EXPR over all lines so far
	local before=''
	wait_for "$1" 10 lag_says "$1"
}

# To ask jq again before anything new is written would cost most of what an emulated machine has.
lag_says() {
	local lines now
	mapfile lines <"$OUT"
	now=${#lines[@]}:${lines[*]: -1}
	[ "$now" != "$before" ] || return 1
	before=$now
	[ "$(jq_lines "$1")" = true ]
}

jq_lines() {
	jq -s -L "$HERE" "include \"lines\"; $1" "$OUT" 2>&1
}

expect() { # JQ-EXPR 'what the user sees'
	nothing_overwritten
	ASKED+=("$1") MEANT+=("$2")
	settled || answer
}

# The cause that a line of the run must give, the connect line's where none is told. Said here once
# for each scenario; tests/netns/causes collects what was given.
gives() { # CAUSE [JQ-EXPR for the line]
	GIVEN[${#ASKED[@]}]=$1
	expect "(${2:-connect}).verdict.cause | if . == \"$1\" then true else . end" "the cause: $1"
}

# Into the file that $PATHLAG_CAUSES names: case, wanted, given, the highest layer that looked on.
note_cause() { # WANTED ANSWER
	local given=${2//[][\"]/} layer
	[ -n "${PATHLAG_CAUSES:-}" ] || return 0
	[ "$2" != true ] || given=$1
	[[ $given =~ ^[a-z_]+$ ]] || given=none
	layer=$(head -n1 "$OUT" | jq -r 'if .backend.function | . and . != "none" then "function"
		else "milestone" end')
	printf '%s\t%s\t%s\t%s\n' "$CASE" "$1" "$given" "$layer" >>"$PATHLAG_CAUSES"
}

# What must hold for every run, whatever it was about.
sound() {
	SOUND='sound::sound'
}

# All that was expected of the last run so far is answered now. A case that writes to $OUT itself
# after it expected something calls this before.
judge() {
	nothing_overwritten
	answer
}

nothing_overwritten() {
	[ ${#ASKED[@]} = 0 ] || settled || problem "overwritten before it was judged: ${MEANT[0]}"
}

# The last run has ended and nothing was written since: what is asked now can be answered later.
settled() {
	[ -z "$RUNNING" ] && [ -e "$T/told" ] && ! [ "$OUT" -nt "$T/told" ]
}

# One jq for everything, because to start it takes longer than its work.
answer() {
	local said answers asked=("${ASKED[@]}") meant=("${MEANT[@]}") sound=$SOUND wrong='' i
	local -a given=()
	for i in "${!GIVEN[@]}"; do given[i]=${GIVEN[i]}; done
	ASKED=() MEANT=() SOUND='' GIVEN=()
	[ ${#asked[@]} -gt 0 ] || [ -n "$sound" ] || return 0
	if [ -n "$sound" ] && ! whole_lines; then
		show
		return 0
	fi
	if ! said=$(answers_to "${sound:-[]}" "${asked[@]}" 2>&1); then
		problem "not JSON, or no jq expression: ${said%%$'\n'*}"
		log "$said"
		show
		return 0
	fi
	mapfile -t answers <<<"$said"
	if [ "${answers[0]}" != '[]' ]; then
		problem "not sound: ${answers[0]}"
		wrong=1
	fi
	for i in "${!asked[@]}"; do
		[ -z "${given[i]:-}" ] || note_cause "${given[i]}" "${answers[i + 1]}"
		if [ "${answers[i + 1]}" = true ]; then
			log "right: ${meant[i]}"
		else
			problem "${meant[i]}"
			log "  expression: ${asked[i]}"
			log "  gave:       ${answers[i + 1]}"
			wrong=1
		fi
	done
	[ -z "$wrong" ] || show
}

# One line of JSON each: the list of what is not sound, then what each expression gave. An expression
# may begin with an include, which jq wants before everything else.
answers_to() { # LIST-EXPR JQ-EXPR...
	local names='include "lines";' program='import "sound" as sound; '$1 asked
	for asked in "${@:2}"; do
		if [[ $asked =~ ^include\ [^\;]*\; ]]; then
			asked=${asked#"$BASH_REMATCH"}
			[[ $names == *"$BASH_REMATCH"* ]] || names+=$BASH_REMATCH
		fi
		program+=", (try ([$asked
			] | if . == [true] then true else . end) catch {error: .})"
	done
	jq -c -s -L "$HERE" "$names$program" "$OUT"
}

whole_lines() {
	if [ ! -s "$OUT" ]; then
		problem "no output: $(tail -n1 "$ERR")"
		return 1
	fi
	[ -z "$(tail -c1 "$OUT")" ] || problem 'the last line is not complete'
	iconv -f utf-8 -t utf-8 "$OUT" >/dev/null || problem 'the output is not valid UTF-8'
}

# pathlag's lines and complaints, once per case, for whoever reads a failure: the first verdicts, how
# many of which kind, the first ones, and those at the end that tell of losses and counts.
show() {
	[ "${SHOWN:-}" != "$OUT" ] || return 0
	SHOWN=$OUT
	jq -r '.verdict.text // empty' "$OUT" 2>/dev/null | head -n 3 | sed 's/^/#   verdict: /'
	log '  output:'
	jq -c '[.type, .result, .verdict.cause, .owner.pid, .probe.func, .proc.pid]
		| map(select(.)) | join(" ")' "$OUT" 2>/dev/null | sort | uniq -c | sort -rn | head -n 20
	grep -v '^{"v":1,"type":"meta"' "$OUT" | head -n 6
	grep -E '^{"v":1,"type":"(lost|summary)"' "$OUT" | tail -n 4
	log '  stderr:'
	tail -n 8 "$ERR"
	[ -z "$RUNNING" ] || running
}

# What a pathlag that has not ended is at: its state, and where in the kernel it waits.
running() {
	local pid
	log '  still there:'
	for pid in ${LAG_PID:-} $(ip netns pids "$C" 2>/dev/null); do
		cut -c1-60 "/proc/$pid/stat" 2>/dev/null || continue
		head -n 12 "/proc/$pid/stack" 2>/dev/null || true
	done
}

# Milliseconds from when the last run began to trace to its end, by its first and its last line: what
# it takes to load the programs and to take them away proves no fault.
traced() {
	local first last start='"start_ts_ns":([0-9]+)' end='"type":"summary","ts_ns":([0-9]+)'
	read -r first <"$OUT"
	last=$(tail -n 1 "$OUT")
	[[ $first =~ $start ]] || fail 'the first line does not say when tracing began'
	start=${BASH_REMATCH[1]}
	[[ $last =~ $end ]] || fail 'the last line does not say when it ended'
	echo $(((BASH_REMATCH[1] - start) / 1000000))
}

# MIN proves that the fault happened. MAX only that nothing else did: a busy machine may take three
# times as long.
took() { # MIN MAX milliseconds of the last run
	local ms
	ms=$(traced)
	[ "$ms" -ge "$1" ] || fail "the fault did not happen: traced for $ms ms, less than $1"
	[ "$MS" -le $((3 * $2 * SLOWNESS)) ] || fail "the run took $MS ms, more than 3 * $2"
}

# A jq expression about a record: nearly all of its time went by in one phase, the longest one, and the
# verdict's share says so. To all else go at most MS, which is an upper bound like others.
mostly() { # PHASE MS
	echo "(.phase_ns.$1 == (.phase_ns | [.[]] | max))
		and (.dur_ns - .phase_ns.$1 < $(($2 * SLOWNESS))000000)
		and (.verdict.share * .dur_ns - .phase_ns.$1 | fabs) <= .dur_ns / 100"
}

status() { # WANTED, or several: '1|2'
	[[ $STATUS =~ ^($1)$ ]] || {
		problem "exit status $STATUS, wanted $1"
		tail -n 3 "$ERR"
	}
}

# Options together: the programs are cut to what is asked, and each cut has to pass the kernel's
# verifier. Of ten options each is given in three of five runs, and no two in the same three: any two
# are once together, and each once without the other.
together() { # COMMAND OPTION...: words to be split
	local sets=(123 124 125 134 135 145 234 235 245 345) options=("${@:2}") run i given
	for run in 1 2 3 4 5; do
		given=$1
		for i in "${!options[@]}"; do
			[[ ${sets[i]} != *$run* ]] || given+=" ${options[i]}"
		done
		# shellcheck disable=SC2086 # words
		lag_raw $given
		[ "$STATUS" != 3 ] || [ -n "${PATHLAG_VM:-}" ] || skip "$(tail -n1 "$ERR")"
		status 0
	done
}

# pathlag refuses: one line on stderr, nothing on stdout, this status.
refuses() { # STATUS WORD-IN-THE-MESSAGE ARGS...
	local wanted=$1 word=$2
	shift 2
	lag_raw "$@" </dev/null
	status "$wanted"
	[ "$(wc -l <"$ERR")" = 1 ] || problem "pathlag $*: $(wc -l <"$ERR") lines on stderr, wanted one"
	grep -qiF -e "$word" "$ERR" || problem "pathlag $*: '$word' is not in: $(head -n1 "$ERR")"
	[ ! -s "$OUT" ] || problem "pathlag $*: something on stdout: $(head -c 80 "$OUT")"
}

# --- what this kernel can say ---------------------------------------------------------------------
# Drop reasons exist since 5.17 and have grown since: a reason is asserted only where the kernel's
# own type information has it. Without, the location alone tells.
has_reason() { # NETFILTER_DROP
	local names=${PATHLAG_TEST_REASONS:-/sys/kernel/btf/vmlinux}
	[ -r "$names" ] && grep -qa "SKB_DROP_REASON_$1" "$names"
}

drop_is() { # REASON [DIRECTION [PACKET]]: a jq expression about one entry of .drops
	local expr='.location != null'
	! has_reason "$1" || expr+=" and .reason == \"$1\""
	[ -z "${2:-}" ] || expr+=" and .direction == \"$2\""
	[ -z "${3:-}" ] || expr+=" and .packet == \"$3\""
	echo "any(.drops[]; $expr)"
}
