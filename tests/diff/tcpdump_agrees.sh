#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tcpdump_agrees.sh - `pathlag filter -r` selects the packets that `tcpdump -r` selects, all of them
# and no others, from a generated pcap and the same packets as pcapng; by both engines where we may.
set -uo pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
PATHLAG=${PATHLAG:-$ROOT/build/pathlag}
WORK=$(mktemp -d "${TMPDIR:-/tmp}/pathlag-diff.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
failed=0

result() { # NAME WHY: WHY empty = fine
	if [ -z "$2" ]; then
		echo "ok tcpdump_$1"
	else
		echo "not ok tcpdump_$1: $2"
		failed=1
	fi
}

expressions() {
	cat <<-'END'
		ip
		ip6
		arp
		tcp
		udp
		icmp or icmp6
		port 53
		tcp port 80
		udp and not port 53
		portrange 50-500
		host 10.0.0.1
		src host 10.0.0.2 and tcp
		net 192.168.1.0/24
		host 2001:db8::1
		ip6 and not net 2001:db8::/32
		tcp[tcpflags] & tcp-syn != 0
		tcp[13] = 18
		ip[6:2] & 0x1fff != 0
		ip[0] & 0xf != 5
		ip[2:2] - ((ip[0] & 0xf) << 2) > 30
		vlan
		vlan 10 and ip
		vlan and vlan and tcp
		mpls and tcp port 80
		pppoes and udp
		ip6 protochain 6
		ip6 protochain 58
		ip proto 132
		ether broadcast
		ether[0] & 1 = 1 and not arp
		stp
		less 60
		greater 100 and ip6
		len = 0
		not ip and not ip6
		not (tcp or udp or arp)
	END
}

# What tcpdump selects, an expression a file: asked once, as both captures hold the same packets.
ask_tcpdump() { # FILE
	local expr i=0
	while IFS= read -r expr; do
		i=$((i + 1))
		tcpdump -r "$1" -w - "$expr" 2>/dev/null |
			python3 "$ROOT/tests/diff/make_capture.py" --numbers >"$WORK/theirs.$i"
	done < <(expressions)
}

agree() { # NAME FILE ENGINE
	local expr why='' count=0 i=0
	while IFS= read -r expr; do
		i=$((i + 1))
		if ! "$PATHLAG" filter -r "$2" --numbers --engine "$3" "$expr" >"$WORK/ours" 2>"$WORK/err"; then
			why="$expr: $(head -n 1 "$WORK/err")"
			break
		fi
		if ! cmp -s "$WORK/ours" "$WORK/theirs.$i"; then
			why="$expr: $(diff "$WORK/theirs.$i" "$WORK/ours" | grep '^[<>]' | head -n 5 | tr '\n' ' ')"
			break
		fi
		count=$((count + $(wc -l <"$WORK/ours")))
	done < <(expressions)
	[ -n "$why" ] || [ $count -gt 300 ] || why="only $count matches in all: the capture is not what it was"
	result "$1" "$why"
}

refuses() { # NAME STATUS PATTERN ARGUMENT...
	local name=$1 status=$2 pattern=$3 code=0
	shift 3
	"$PATHLAG" filter "$@" >"$WORK/out" 2>&1 || code=$?
	if [ $code != "$status" ]; then
		result "$name" "exit status $code, not $status"
	elif ! grep -q -e "$pattern" "$WORK/out"; then
		result "$name" "no '$pattern' in: $(head -n 1 "$WORK/out")"
	else
		result "$name" ''
	fi
}

for tool in tcpdump python3; do
	if ! command -v $tool >/dev/null; then
		echo "skip tcpdump_agrees: needs $tool"
		exit 0
	fi
done
python3 "$ROOT/tests/diff/make_capture.py" "$WORK/a.pcap"
python3 "$ROOT/tests/diff/make_capture.py" "$WORK/a.pcapng"
ask_tcpdump "$WORK/a.pcap"
agree pcap_user "$WORK/a.pcap" user
agree pcapng_user "$WORK/a.pcapng" user
if [ "$(id -u)" = 0 ]; then
	agree pcap_kernel "$WORK/a.pcap" kernel
	agree pcapng_kernel "$WORK/a.pcapng" kernel
else
	echo "skip tcpdump_pcap_kernel: needs root"
fi
refuses bad_expression 2 "syntax error, in 'tcp port'" tcp port
refuses foreign_file 2 'cannot read a capture' -r "$0" ip
refuses absent_file 2 'cannot read a capture' -r "$WORK/absent" ip
refuses bad_option 2 'no option' --nonsense ip
head -c 200 "$WORK/a.pcap" >"$WORK/cut.pcap"
refuses cut_file 1 'behind packet' -r "$WORK/cut.pcap" --engine user ip
refuses raw_finds_ip 0 'packets match' -r "$WORK/a.pcap" --raw --engine user ip
refuses raw_knows_no_arp 0 '^0 of' -r "$WORK/a.pcap" --raw --engine user arp
exit $failed
