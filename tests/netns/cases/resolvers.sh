# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Every way a name becomes an address, with the client that takes it. The resolver takes its time, so
# that what the dns phase says can be wrong: absent, 0 or counted twice.
. "$HERE/stubs.sh"

# resolver.py that knows a.test, after $LATE ms; and a web server.
late_resolver() { # ADDRESS OPTION...
	topology
	web
	resolver -l "$1" -r "a.test=$WEB" -b delay=$LATE --log "$T/log" "${@:2}"
	resolv "$C" "nameserver $1" 'options timeout:5'
}

target() { # the connect to the web server, as a jq expression
	echo 'connects | map(select(.tuple.dport == 80)) | one("connect to port 80")'
}

# What the user is to see of a connect that waited for a late answer.
waited_for() { # NAME LINK [MILLISECONDS]
	local least=$((${3:-$LATE} - 10))000000
	expect "$(target) | .name == \"$1\" and .dns_link == \"$2\"" "the name, by $2"
	expect "$(target) | .phase_ns.dns >= $least and .phase_ns.dns < 2 * $least
		and .dur_ns < 2 * $least" 'the dns phase is the wait, once'
	expect "$(target) | .verdict.cause == \"dns_slow\" and .result == \"established\"" 'and the cause'
}

# All dns lines there are: "NAME TYPE SOURCE TRIES RESULT" each.
lines_are() { # LINE...
	local line wanted=''
	for line; do wanted+="${wanted:+, }\"$line\""; done
	expect "[lookups[] | [.dns.name, .dns.qtype // \"-\", .dns.source, .dns.tries, .result]
		| join(\" \")] | if sort == ([$wanted] | sort) then true else . end" "the dns lines: $*"
}

both_answered() { # NAME
	lines_are "$1 A packet 1 answered" "$1 AAAA packet 1 answered"
}

case_resolve_curl() {
	late_resolver "$DNS"
	lag -- curl -s -o "$T/body" http://a.test/
	waited_for a.test answer
	both_answered a.test
	expect "dns(\"A\").dns | .server == \"$DNS\" and .transport == \"udp\"" 'from whom'
}

case_resolve_getent() {
	late_resolver "$DNS"
	lag -- getent ahosts a.test
	both_answered a.test
	expect 'dns("A") | .verdict.cause == "dns_slow" and .owner.comm == "getent"' 'late'
	expect 'connects == []' 'the UDP sockets that sort the addresses are no connects'
}

case_resolve_python() {
	late_resolver "$DNS"
	lag -- python3 -c 'import socket; socket.create_connection(("a.test", 80))'
	waited_for a.test answer
	both_answered a.test
}

case_resolve_node() { # getaddrinfo() in a thread of libuv's pool
	command -v node >/dev/null || skip 'node is not installed'
	late_resolver "$DNS"
	lag -- node "$CLIENTS/connect.js" a.test 80
	waited_for a.test answer
	both_answered a.test
	expect "$(target) | at(\"getaddrinfo\")" 'that it was getaddrinfo()'
}

case_resolve_node_cares() {
	command -v node >/dev/null || skip 'node is not installed'
	late_resolver "$DNS"
	lag -- node "$CLIENTS/connect.js" a.test 80 c-ares
	waited_for a.test answer
	lines_are 'a.test A packet 1 answered'
	expect "$(target) | at(\"getaddrinfo\") | not" 'no getaddrinfo()'
}

over_tcp() { # SERVER OPTIONS-OF-RESOLV.CONF RESOLVER-OPTION...
	late_resolver "$1" "${@:3}"
	resolv "$C" "nameserver $1" "options timeout:5 $2"
	lag -- curl -s -o "$T/body" http://a.test/
	both_answered a.test
	expect "dns(\"A\").dns | .transport == \"tcp\" and .server == \"$1\" and .answers == [\"$WEB\"]" \
		'over TCP'
	expect 'connects | map(select(.tuple.dport == 53)) | length > 0
		and all(.dns_link == "none" and (has("name") | not) and .phase_ns.dns == 0)' \
		"the resolver's own connect needed no lookup"
}

case_resolve_use_vc() {
	over_tcp "$DNS" use-vc
	waited_for a.test answer
}

case_resolve_use_vc_ipv6() {
	over_tcp "$DNS6" use-vc
	waited_for a.test answer
}

case_resolve_truncated() { # as long for the UDP answer as for the one over TCP
	over_tcp "$DNS" edns0 -b truncate
	waited_for a.test answer $((2 * LATE))
}

case_resolve_ipv6_server() {
	late_resolver "$DNS6"
	lag -- curl -s -o "$T/body" http://a.test/
	waited_for a.test answer
	both_answered a.test
	expect "dns(\"A\").dns.server == \"$DNS6\"" 'from whom'
}

case_resolve_hosts_file() { # nobody is asked
	topology
	web
	echo "$WEB a.test" >>"/etc/netns/$C/hosts"
	lag --slow "$QUICK" -- curl -s -o "$T/body" http://a.test/
	lines_are 'a.test - getaddrinfo 0 answered'
	expect "lookups[0].dns | has(\"server\") or has(\"transport\") | not" 'no server, no transport'
	expect "$(target) | .name == \"a.test\" and .dns_link == \"getaddrinfo\"" 'the name all the same'
	expect "$(target) | .verdict.cause == \"ok\" and .phase_ns.dns > 0 and at(\"getaddrinfo\")
		and (at(\"dns_query\") | not)" 'the time is that of the call'
}

case_resolve_threads() { # preempted in the middle of a uprobe's program (hold.bpf.h: a kernel died of it)
	topology
	lag -- python3 "$CLIENTS/lookups.py" 16 250
	status 0
	expect 'lookups | length == 4000 and all(.result == "answered" and .dns.name == "localhost"
		and .dns.source == "getaddrinfo" and .owner.comm == "python3")' 'each of 4,000 lookups, once'
	expect 'lookups | map(.owner.tid) | group_by(.) | length == 16 and all(length == 250)' 'by its thread'
	expect 'summary.lost == 0' 'nothing lost'
}

case_resolve_short_name() { # what the application said is the name, what was asked is the line's
	topology
	web
	resolver -l "$DNS" -r "a.test=$WEB" -b delay=$LATE
	resolv "$C" "nameserver $DNS" 'search test' 'options timeout:5'
	lag -- curl -s -o "$T/body" http://a/
	waited_for a answer
	both_answered a.test
}

case_resolve_only_a_lost() { # AAAA says at once that there is none
	topology
	web
	resolver -l "$DNS" -r "a.test=$WEB" -b a.test/a:drop=1 --log "$T/log"
	lag -- curl -s -o "$T/body" http://a.test/
	took 1000 2500
	expect "$(target) | .verdict.cause == \"dns_retry\" and .phase_ns.dns >= 990000000" 'the cause'
	expect "$(target).verdict.text | test(\"first DNS A query for a.test got no answer\")" 'which one'
	expect 'dns("A") | .dns.tries == 2 and .result == "answered"' 'two tries'
}

case_resolve_aaaa_never() { # the address is known at once, and the call waits for the other answer
	topology
	web
	resolver -l "$DNS" -r "a.test=$WEB" -b a.test/aaaa:drop=all
	lag -- curl -s -o "$T/body" http://a.test/
	took 1000 12000
	expect 'dns("AAAA") | .result == "timeout" and .verdict.cause == "dns_timeout"' 'no answer'
	expect "$(target) | .verdict.cause == \"dns_timeout\" and .name == \"a.test\"" 'held it up'
	expect "$(target) | (.verdict.text | contains(\"AAAA\")) and .phase_ns.dns >= 990000000" \
		'the question that did'
}

case_resolve_once_connect_twice() {
	late_resolver "$DNS"
	lag --slow "$QUICK" -- python3 "$CLIENTS/twice.py" a.test 80
	both_answered a.test
	expect 'connects | length == 2 and all(.name == "a.test" and .dns_link == "answer")' 'both linked'
	expect "connects[0] | .verdict.cause == \"dns_slow\" and .phase_ns.dns >= $LEAST" \
		'the first has waited'
	expect 'connects[1] | .verdict.cause == "ok" and .phase_ns.dns == 0 and .dur_ns == .connect_ns' \
		'the second has not'
}

# --- answers that nobody takes --------------------------------------------------------------------
unanswered() { # what is not an answer for the client is none for the record
	expect 'lookups | length > 0 and all(.result == "timeout" and .dns.answers == [])' 'no answer'
	expect 'lookups | all(.verdict.cause == "dns_timeout")' 'and that is the cause'
	expect 'connects == []' 'no connect'
}

case_resolve_too_late_getent() {
	local late=$((SLOWNESS > 1 ? 4 : 2))
	topology
	resolver -l "$DNS" -r "a.test=$WEB" -b delay=${late}000
	resolv "$C" "nameserver $DNS" 'options timeout:1 attempts:1'
	lag -- sh -c "getent ahostsv4 a.test; sleep $late"
	unanswered
	expect "dns(\"A\").dur_ns < ${late}000000000" 'it ended when getaddrinfo() did'
}

case_resolve_too_late_cares() { # the answer finds no socket
	command -v node >/dev/null || skip 'node is not installed'
	topology
	resolver -l "$DNS" -r "a.test=$WEB" -b delay=1200
	lag -- node "$CLIENTS/connect.js" a.test 80 c-ares 500
	took 1200 5000
	unanswered
	expect 'dns("A").verdict.text | contains("nobody waited for it")' 'but it came'
}

answered_from() { # ADDRESS#PORT
	topology
	resolver -l "$DNS" -r "a.test=$WEB" --answer-from "$1"
	resolv "$C" "nameserver $DNS" 'options timeout:1 attempts:2'
	lag -- getent ahostsv4 a.test
	status 2
	unanswered
	expect 'dns("A").dns.tries == 2' 'two tries'
}

case_resolve_answer_from_elsewhere() {
	answered_from "$DNS_DEAD#53"
}

case_resolve_answer_from_other_port() {
	answered_from "$DNS#5353"
}
