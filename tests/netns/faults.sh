# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# faults.sh - ways to break the network of a case. Sourced by lib.sh.

nft_rules() { # NS, rules on stdin
	command -v nft >/dev/null || skip 'nft is not installed'
	inside "$1" nft list tables >/dev/null 2>&1 || skip 'this kernel has no nf_tables'
	inside "$1" nft -f - 2>"$T/nft.err" && return
	cat "$T/nft.err"
	! grep -q 'syntax error' "$T/nft.err" || fail 'nft does not take the rules'
	skip "this kernel's nf_tables cannot: $(head -n1 "$T/nft.err")"
}

# The first packet of each connection that matches is dropped, later ones pass.
nft_drop_first() { # NS HOOK MATCH: e.g. nft_drop_first "$C" output 'tcp flags & (syn|ack) == syn'
	nft_rules "$1" <<-END
		table inet pathlag_test {
			set seen {
				type inet_service . inet_service
				flags dynamic
				size 65535
			}
			chain first {
				type filter hook $2 priority 0;
				$3 tcp sport . tcp dport != @seen add @seen { tcp sport . tcp dport } drop
			}
		}
	END
}

nft_drop() { # NS HOOK MATCH
	nft_reject "$1" "$2" "$3" drop
}

nft_reject() { # NS HOOK MATCH ACTION: e.g. 'reject with icmpx type admin-prohibited'
	nft_rules "$1" <<-END
		table inet pathlag_test {
			chain every {
				type filter hook $2 priority 0;
				$3 $4
			}
		}
	END
}

iptables_rule() { # NS ARGS...
	local ns=$1
	shift
	command -v iptables >/dev/null || skip 'iptables is not installed'
	inside "$ns" iptables -w -L -n >/dev/null 2>&1 || skip 'this kernel has no iptables'
	inside "$ns" iptables -w "$@" || skip "this kernel cannot: iptables $*"
}

# A kernel that lacks what is asked for is a reason to skip.
tc_in() { # NS tc-arguments
	inside "$1" tc "${@:2}" 2>"$T/tc.err" && return
	! grep -q 'kind is unknown' "$T/tc.err" || skip "this kernel has no such qdisc: tc ${*:2}"
	skip "tc ${*:2}: $(head -n1 "$T/tc.err")"
}

# A slow egress whose queue is long enough to hold what is sent, so that nothing is dropped.
crawl() { # RATE, of the client's link
	tc_in "$C" qdisc add dev eth0 root tbf rate "$1" burst 2000 limit 200000
}

# --- processes ------------------------------------------------------------------------------------
CLIENTS=$HERE/clients

tcp_client() { # a client in the client's namespace, in the foreground; its words in $T/client
	in_client timeout --foreground "$LIMIT" python3 "$CLIENTS/tcp.py" "$@" >"$T/client" 2>&1
}

ended() { # WORD: what the client itself says
	grep -q "^$1 " "$T/stdout" || fail "the client says $(head -n1 "$T/stdout"), not $1"
}

attempt() { # WORD tcp.py options: the client must end like that
	local word=$1
	shift
	lag -- python3 "$CLIENTS/tcp.py" "$@"
	ended "$word"
}

# A python client that waits for `go` before it connects: its pid is in $CLIENT.
waiting_client() { # tcp.py options
	mkfifo "$T/go"
	ip netns exec "$C" python3 "$CLIENTS/tcp.py" --wait "$@" <"$T/go" >"$T/client" 2>&1 &
	CLIENT=$!
	exec 8>"$T/go"
	wait_for 'the client' 10 grep -q waiting "$T/client"
}

go() { # let it connect, wait for its end
	echo >&8
	exec 8>&-
	wait "$CLIENT" || true
}

# Each packet that matches waits in a queue of netfilter until a program lets it go: pid $FIREWALL.
held_by_userspace() { # NS SECONDS iptables-rule
	[ -e /proc/net/netfilter/nfnetlink_queue ] || modprobe nfnetlink_queue 2>/dev/null || true
	[ -e /proc/net/netfilter/nfnetlink_queue ] || skip 'this kernel has no NFQUEUE'
	start "$1" hold python3 "$HERE/hold.py" 7 "$2"
	FIREWALL=$PID
	wait_for 'the firewall in user space' 10 grep -q ready "$T/hold.log"
	iptables_rule "$1" "${@:3}" -j NFQUEUE --queue-num 7
}
