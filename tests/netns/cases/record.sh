# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# -w FILE and replay FILE: a recording shows what the live run showed, anywhere, to anybody.

record() { # FORMAT: a run with a lookup, a drop and a refusal; live output in $OUT
	lag_raw --format "$1" --color never -w "$T/rec" -f -- sh -c \
		"curl -s -o /dev/null http://a.test/; curl -s -o /dev/null http://a.test:81/; true"
	status 0
	[ -s "$T/rec" ] || fail 'no recording was written'
	cp "$OUT" "$T/live"
	chmod 644 "$T/rec"
}

replay_as_nobody() { # FORMAT
	cp "$PATHLAG" "$T/pathlag" # its own directory may be closed to others
	chmod 755 "$T/pathlag"
	STATUS=0
	setpriv --reuid=65534 --regid=65534 --clear-groups "$T/pathlag" replay --format "$1" \
		--color never "$T/rec" >"$OUT" 2>"$ERR" || STATUS=$?
	status 0
}

network() {
	topology
	web
	resolver -l "$DNS" -r "a.test=$WEB" -b delay=150
	nft_drop_first "$C" output 'tcp flags & (syn|ack) == syn tcp dport 80'
}

case_replay_json() {
	network
	record json
	replay_as_nobody json
	cmp "$T/live" "$OUT" || {
		problem 'the replay differs from the live run'
		diff "$T/live" "$OUT" | head -n 6
	}
	sound
	expect 'connects | map(.verdict.cause) | sort == ["refused", "syn_dropped_locally"]' 'both connects'
}

case_replay_text() {
	network
	record text
	replay_as_nobody text
	cmp "$T/live" "$OUT" || {
		problem 'the replay differs from the live run'
		diff "$T/live" "$OUT" | head -n 20
	}
	grep -q 'curl\[' "$OUT" || problem 'the text does not name curl'
	! has_reason NETFILTER_DROP || grep -q NETFILTER_DROP "$OUT" || problem 'the text does not name the drop'
}

case_replay_damaged() { # every way a file can be wrong: one line, status 1, no partial line
	local size
	topology
	record json
	size=$(stat -c %s "$T/rec")
	printf 'GIF89a, not a recording\n' >"$T/foreign"
	: >"$T/empty"
	refuses 2 foreign replay --json "$T/foreign"
	refuses 2 empty replay --json "$T/empty"
	refuses 2 "$T/none" replay --json "$T/none"
	refuses 2 "$T" replay --json "$T"
	for cut in 1 7 $((size / 2)) $((size - 1)); do
		head -c "$cut" "$T/rec" >"$T/cut"
		lag_raw replay --json "$T/cut"
		status 2
		[ "$(wc -l <"$ERR")" = 1 ] || problem "cut at $cut: not one line on stderr: $(head -n3 "$ERR")"
		jq -e . "$OUT" >/dev/null 2>&1 || [ ! -s "$OUT" ] || problem "cut at $cut: a partial line"
	done
}

case_replay_damaged_of_two() { # told as far as it goes, beside the other one; the file at fault is named
	topology
	record json
	cp "$T/rec" "$T/cut"
	truncate -s -3 "$T/cut"
	lag_raw replay --json "$T/rec" "$T/cut"
	status 2
	grep -q "$T/cut is cut off" "$ERR" || problem "which file it is: $(<"$ERR")"
	expect 'of("meta") | length == 2' 'both are shown'
	head -c 8 "$T/rec" >"$T/newer" # its first record is too short for its type
	printf '\x01\x00\x10\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00' >>"$T/newer"
	lag_raw replay --json "$T/rec" "$T/newer"
	status 2
	grep -q "$T/newer is damaged, or of another version" "$ERR" || problem "which file it is: $(<"$ERR")"
}

case_replay_garbled() { # single bytes changed: any status, but never a crash or a broken line
	local seed
	topology
	resolver -l "$DNS" -r "a.test=$WEB"
	record json
	garble "$T/rec" 60
	for seed in {0..59}; do
		STATUS=0
		timeout 10 "$PATHLAG" replay --json "$T/rec.$seed" >"$T/garbled.$seed" 2>"$ERR" || STATUS=$?
		[ "$STATUS" -le 3 ] || problem "garbled file $seed: status $STATUS"
	done
	jq . "$T"/garbled.* >/dev/null || problem 'broken JSON from a garbled file'
}

garble() { # FILE COUNT: FILE.0, FILE.1 ..., each with another byte changed to another value
	python3 - "$@" <<-'END'
		import sys
		good = open(sys.argv[1], "rb").read()
		for seed in range(int(sys.argv[2])):
		    bad = bytearray(good)
		    bad[seed * 7919 % len(bad)] = seed * 37 % 256
		    open(f"{sys.argv[1]}.{seed}", "wb").write(bad)
	END
}

case_replay_joined() { # two recordings, as of two hosts: a NAT between them, so that neither knows the other
	topology
	setting "$C" ipv4/tcp_syn_retries=1
	nft_rules "$R" <<-END
		table ip pathlag_test {
			chain in {
				type nat hook prerouting priority -100;
				tcp dport 8080 dnat to $WEB:80
			}
		}
	END
	start "$S" recorder "$PATHLAG" connect --json -w "$T/server.rec" -o "$T/server.out" --netns "$S" \
		--ready-fd 1
	RECORDER=$PID
	wait_for 'the recording' 15 grep -q ready "$T/recorder.log"
	start "$S" server python3 "$CLIENTS/serve.py" 80 --backlog 1 --never
	wait_for 'the server' 10 grep -q listening "$T/server.log"
	ip netns exec "$S" python3 "$CLIENTS/tcp.py" -n 2 127.0.0.1 80 >"$T/fill"
	lag -w "$T/client.rec" -- python3 "$CLIENTS/tcp.py" 10.9.1.1 8080
	kill -TERM "$RECORDER"
	wait_for 'the end of the recording' 10 has_ended "$RECORDER"
	expect 'connect | .verdict.cause == "timeout" and (has("server") | not)' 'the client alone cannot know'
	judge
	"$PATHLAG" replay --json "$T/client.rec" "$T/server.rec" >"$OUT" 2>"$ERR" || problem "replay failed: $(tail -n1 "$ERR")"
	expect 'connects | map(select(.tuple.dport == 8080)) | one("connect")
		| .verdict.cause == "accept_queue_full" and .server.hostname != null
			and .server.accept_len == 2 and .server.accept_max == 1
			and (.verdict.text | test("2 of 1"))' 'the server, in the other recording, says why'
	expect 'of("accept") | map(select(.tuple.saddr != "127.0.0.1")) | one("accept")
		| .client.hostname != null and .client.owner.comm == "python3"' 'and knows whose it was'
	expect '[.[] | select(.type == "connect" or .type == "accept") | (.phase_ns | add) == .dur_ns]
		| length > 1 and all' 'the phases sum to the duration, joined or not'
	expect '(of("meta") | length == 2) and (of("summary") | length == 2)' 'each is told to its end'
}
