# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# connect --hist: how the time of many connects is spread, and which were the slowest. That each
# histogram adds up, and counts just the lines there are, sound.jq says of every run.

. "$HERE/stubs.sh" # for $LATE

visits() { # URL...: a command that visits them one after the other, whatever comes of it
	local url
	for url; do printf 'curl -s -o /dev/null %s; ' "$url"; done
	echo true
}

hist_network() {
	topology
	web
	resolver -l "$DNS" -r "a.test=$WEB" -r "b.test=$WEB" -b "b.test:delay=$LATE"
	resolv "$C" "nameserver $DNS" 'options timeout:5'
}

# The sum over the histograms of that group, phase and result: counted "dport=80" total established
counted() {
	printf '([of("histogram")[] | select(.side == "connect" and .by == "%s" and .phase == "%s"
		and .result == "%s").count] | add)' "$@"
}

case_hist_port() {
	hist_network
	lag --hist -f -- sh -c "$(visits "$WEB" "$WEB" "$WEB:81" "$WEB" "$WEB:81" "$WEB")"
	expect "$(counted dport=80 total established) == 4" 'four got through to port 80'
	expect "$(counted dport=81 total refused) == 2" 'two were refused on port 81'
	expect "$(counted dport=80 network established) == 4" 'the network took part in each'
	expect 'of("histogram") | map(.by) | unique == ["dport=80", "dport=81"]' 'no other group'
	expect 'connects | length == 6' 'the lines are there as ever'
	expect 'summary.slowest | length == 6 and (map(.owner.comm) | unique) == ["curl"]' 'the slowest'
}

case_hist_name() {
	hist_network
	lag --hist --by name -f -- sh -c "$(visits a.test b.test a.test "$WEB")"
	expect "$(counted name=a.test total established) == 2" 'two to a.test'
	expect "$(counted name=b.test total established) == 1" 'one to b.test'
	expect "$(counted "name=$WEB" total established) == 1" 'one to an address, without a name'
	expect "$(counted "name=b.test" dns established) == 1" 'its lookup is a phase'
	expect "of(\"histogram\")[] | select(.by == \"name=b.test\" and .phase == \"dns\")
		| .sum_ns >= $LEAST and .buckets[-1].le_ns >= $LEAST" 'and a slow one'
	expect 'summary.slowest[0] | .name == "b.test" and .cause == "dns_slow" and .side == "connect"' \
		'the slowest of them'
}

case_hist_result_and_owner() {
	hist_network
	lag --hist --by result -f -- sh -c "$(visits "$WEB" "$WEB:81")"
	expect "$(counted result=refused total refused) == 1 and $(counted result=established total established) == 1" \
		'by what came of it'
	lag --hist --by owner -f -- sh -c \
		"$(visits "$WEB"); python3 '$CLIENTS/tcp.py' $WEB 80"
	expect "$(counted owner=curl total established) == 1 and $(counted owner=python3 total established) == 1" \
		'by the process'
}

case_hist_failed() { # what is not printed is not counted
	hist_network
	lag --hist --failed -f -- sh -c "$(visits "$WEB" "$WEB:81" "$WEB")"
	expect 'of("histogram") | map(.result) | unique == ["refused"]' 'only what failed'
	expect 'summary.slowest | length == 1' 'the slowest of those'
}

# In the dns phase one lookup took $LATE ms, or what is in the same bucket.
slow_bar() {
	awk -v late="$LATE" '
		function ms(n, unit) { return n * (unit == "s" ? 1000 : unit == "ms" ? 1 : 0) }
		/^  [a-z]/ { phase = $1 }
		phase == "dns" && $3 == ".." && ms($1, $2) <= late && late < ms($4, $5) {
			seen = $6 == 1 && $7 ~ /^(█)+(▏|▎|▍|▌|▋|▊|▉)?$/ && NF == 7
		}
		END { exit !seen }' "$OUT"
}

case_hist_text() {
	hist_network
	lag_raw --hist --color never -w "$T/rec" -f -- sh -c "$(visits a.test b.test "$WEB:81" a.test)"
	status 0
	grep -qx '3 connects, port 80, established' "$OUT" || problem "no head of port 80: $(head -n1 "$OUT")"
	grep -qx '1 connect, port 81, refused' "$OUT" || problem 'no head of port 81'
	grep -qE '^  total +mean [0-9.]+ ms, sum [0-9.]+ (ms|s)$' "$OUT" || problem 'no total'
	slow_bar || problem 'no bar for the slow lookup'
	grep -qE '^ +[0-9.]+ (ms|s) +connect  curl\[[0-9]+\]  10.9.2.2:80 \(b.test\) +dns_slow$' "$OUT" ||
		problem 'the slow one is not among the slowest'
	grep -qx '4 connects: 3 established, 1 refused' "$OUT" || problem 'no summary'
	! grep -q '→' "$OUT" || problem "single connects are shown too: $(grep -m1 → "$OUT")"
	cp "$OUT" "$T/live"
	lag_raw replay --hist --color never "$T/rec"
	status 0
	cmp "$T/live" "$OUT" || problem 'the replay differs from the live run'
	lag_raw replay --hist -v --color never "$T/rec"
	grep -q 'connect' "$OUT" && grep -q '→' "$OUT" || problem '-v does not show the connects as well'
}

case_hist_replay() { # a recording has all of it, however the live run was asked
	hist_network
	lag_raw --json -w "$T/rec" -f -- sh -c "$(visits a.test b.test "$WEB:81")"
	cp "$OUT" "$T/plain"
	lag_raw replay --json "$T/rec"
	cmp "$T/plain" "$OUT" || problem 'the replay differs from the live run'
	lag_raw replay --json --hist --by name "$T/rec"
	sound
	expect "$(counted name=a.test total established) == 1 and $(counted "name=$WEB" total refused) == 1" \
		'histograms of an old recording'
	grep -v -e '"type":"histogram"' -e '"type":"summary"' "$OUT" >"$T/lines"
	grep -v '"type":"summary"' "$T/plain" | cmp - "$T/lines" || problem 'the other lines are not as ever'
}

case_hist_accept() { # what servers accept counts on its own side
	topology
	lag_start --hist --netns "$S"
	web
	in_client sh -c "$(visits "$WEB" "$WEB" "$WEB")"
	lag_wait 'accepts | length >= 3'
	lag_stop
	expect 'accepts | map(select(.tuple.dport == 80 and .result == "accepted")) | length == 3' 'three accepts'
	expect '[of("histogram")[] | select(.side == "accept" and .phase == "total" and .by == "dport=80").count]
		| add == 3' 'counted as accepts'
	expect '[of("histogram")[] | select(.side == "accept").phase] | unique
		| . - ["total", "syn_recv", "network", "queue"] == [] and index("queue")' 'with the phases of an accept'
	expect 'summary | .accepts.accepted == 3 and .connects.established == 0
		and (.slowest | map(.side) | unique) == ["accept"]' 'and no connect'
}
