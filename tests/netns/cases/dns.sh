# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Lookups that are late, lost or fail.

CURL=(curl -s -o /dev/null --max-time 20)

case_dns_slow() {
	topology
	web
	resolver -l "$DNS" -r "a.test=$WEB" -b delay=2000
	resolv "$C" "nameserver $DNS" 'options timeout:5'
	lag -- "${CURL[@]}" http://a.test/
	took 2000 3000
	gives dns_slow
	expect "connect | .phase_ns.dns >= 1990000000 and $(mostly dns 500)" 'the late answer'
	expect 'dns("A") | .dns.tries == 1 and .dur_ns >= 1990000000' 'one query, answered late'
}

asked_for_a() { # TIMES the resolver saw that question
	[ "$(grep -c '"type": "A"' "$T/log")" = "$1" ] ||
		fail "the resolver did not see $1 A queries: the fault did not happen"
}

# What every client whose first query is lost must show about the lookup.
retried() {
	expect "dns(\"A\") | .dns.tries == 2 and .result == \"answered\" and .dns.rcode == \"NOERROR\"" \
		'two tries, then the answer'
	expect "dns(\"A\") | .dns.name == \"a.test\" and .dns.server == \"$DNS\"
		and .dns.answers == [\"$WEB\"]" 'name, server and answer are right'
	expect 'dns("A").dur_ns >= 900000000' 'from the first query on'
	asked_for_a 2
}

case_dns_retry_curl() {
	topology
	web
	resolver -l "$DNS" -r "a.test=$WEB" -b drop=1 --log "$T/log"
	lag -- "${CURL[@]}" http://a.test/
	took 1000 2500
	retried
	gives dns_retry
	expect 'connect | .name == "a.test" and .dns_link == "answer" and .owner.comm == "curl"' 'linked'
	expect 'dns("A").owner.comm == "curl"' 'and it was curl that asked'
}

case_dns_retry_node() { # c-ares: no getaddrinfo to watch
	command -v node >/dev/null || skip 'node is not installed'
	topology
	resolver -l "$DNS" -r "a.test=$WEB" -b drop=1 --log "$T/log"
	lag -- node "$CLIENTS/resolve4.js" a.test
	took 500 8000
	retried
	gives dns_retry 'dns("A")'
	expect 'dns("A") | .owner.comm == "node"' 'and it was node that asked'
}

case_dns_retry_getent() {
	topology
	resolver -l "$DNS" -r "a.test=$WEB" -b drop=1 --log "$T/log"
	lag -- getent ahosts a.test
	took 1000 2500
	retried
	expect 'dns("A").owner.comm == "getent"' 'and it was getent that asked'
}

case_dns_retry_getent_hosts() { # gethostbyname2: AAAA first, then A
	topology
	resolver -l "$DNS" -r "a.test=$WEB" -b drop=1 --log "$T/log"
	lag -- getent hosts a.test
	took 2000 4000
	retried
	expect 'dns("AAAA") | .dns.tries == 2 and .dns.answers == []' 'the AAAA question too'
}

case_dns_retry_first_server_dead() {
	topology
	web
	resolver -l "$DNS_DEAD" -b drop=all
	resolver -l "$DNS" -r "a.test=$WEB"
	resolv "$C" "nameserver $DNS_DEAD" "nameserver $DNS" 'options timeout:1 attempts:2'
	lag -- "${CURL[@]}" http://a.test/
	took 1000 2500
	gives dns_retry
	expect "dns(\"A\").dns | .server == \"$DNS\" and .tries == 2" 'the server that answered'
	expect "connect.verdict.text | contains(\"$DNS_DEAD\")" 'and the silent one by its address'
}

case_dns_retry_only_aaaa() { # the IPv4 address is known at once, and getaddrinfo waits for the other
	topology
	web
	resolver -l "$DNS" -r "a.test=$WEB" -b a.test/aaaa:drop=1
	lag -- "${CURL[@]}" http://a.test/
	took 1000 2500
	gives dns_retry
	expect 'connect | .name == "a.test"' 'the lost query is the cause'
	expect 'connect.verdict.text | contains("AAAA")' 'and it was the one for the other family'
	expect 'dns("AAAA").dns.tries == 2' 'two tries'
}

case_dns_retry_other_family_refused() { # an error about AAAA cost nothing: the lost A query did
	topology
	web
	resolver -l "$DNS" -r "a.test=$WEB" -b drop=1 -b a.test/aaaa:rcode=refused
	lag -- "${CURL[@]}" http://a.test/
	took 1000 5000
	gives dns_retry
	expect 'connect | .dns_link == "answer"' 'the lost query is the cause'
}

case_dns_timeout() {
	topology
	resolver -l "$DNS" -b drop=all
	lag -- "${CURL[@]}" http://a.test/
	took 2000 4000
	status 6 # curl: could not resolve
	expect 'connects == []' 'no connect without an address'
	gives dns_timeout 'dns("A")'
	expect 'dns("A") | .result == "timeout"' 'nobody answered'
	expect "dns(\"A\").dns | .tries == 2 and .answers == [] and .server == \"$DNS\"" 'two tries'
}

# The first query to a server does not leave this host. sendto() says EPERM, on which both glibc and
# c-ares ask the same server again at once.
dropped_here() { # COMMAND...
	local comm=$1
	topology
	resolver -l "$DNS" -r "a.test=$WEB" --log "$T/log"
	nft_rules "$C" <<-END
		table inet pathlag_test {
			set seen {
				type ipv4_addr
				flags dynamic
				size 16
			}
			chain first {
				type filter hook output priority 0;
				udp dport 53 ip daddr != @seen add @seen { ip daddr } drop
			}
		}
	END
	lag -- "$@"
	asked_for_a 1
	expect 'dns("A").dns | .tries == 2 and .drops == 1 and .rcode == "NOERROR"' \
		'the query that was dropped is a try'
	expect "dns(\"A\") | .owner.comm == \"$comm\" and .dns.server == \"$DNS\"" 'who asked whom'
	expect 'dns("A").verdict.text
		| test("dropped in this host \\((NETFILTER_DROP in |in nf_hook_slow)")' 'by whom'
}

case_dns_dropped_here_getent() {
	dropped_here getent ahostsv4 a.test
}

case_dns_dropped_here_curl() { # A and AAAA by one sendmmsg(), which ends at the first error
	dropped_here "${CURL[@]}" http://a.test/
	expect 'dns("AAAA").dns | .tries == 1 and .drops == 0' 'the other question was not even asked'
}

case_dns_dropped_here_node() {
	command -v node >/dev/null || skip 'node is not installed'
	dropped_here node "$CLIENTS/resolve4.js" a.test
}

case_dns_dropped_here_all() {
	topology
	resolver -l "$DNS" -r "a.test=$WEB"
	nft_drop "$C" output 'udp dport 53'
	lag -- "${CURL[@]}" http://a.test/
	status 6 # curl: could not resolve
	gives dns_timeout 'dns("A")'
	expect 'dns("A") | .dns.tries >= 2
		and .dns.drops == .dns.tries' 'every try was dropped'
	expect 'dns("A").verdict.text | test("NETFILTER_DROP|nf_hook_slow")' 'by whom'
}

case_dns_server_absent() { # nobody has its address: the queries wait for a neighbour, then are dropped
	topology
	resolv "$C" "nameserver $ABSENT" 'options timeout:5 attempts:1'
	lag -- getent ahostsv4 a.test
	status 2
	expect 'dns("A") | .result == "timeout" and .dns.drops == 1 and .owner.comm == "getent"' \
		'the query that never left'
	expect 'dns("A").verdict.text | test("NEIGH_FAILED|neigh_invalidate")' 'and why'
}

failing() { # BEHAVIOUR RCODE CURL-STATUS
	topology
	resolver -l "$DNS" -b "rcode=$1"
	lag -- "${CURL[@]}" http://a.test/
	status "$3"
	expect 'connects == []' 'no connect without an address'
	gives dns_error 'lookups | map(select(.dns.qtype == "A"))[0]'
	expect "lookups | map(select(.dns.qtype == \"A\")) | length >= 1
		and all(.verdict.cause == \"dns_error\" and .dns.rcode == \"$2\")" 'the answer was an error'
}

case_dns_error_servfail() {
	failing servfail SERVFAIL 6
}

case_dns_error_refused() {
	failing refused REFUSED 6
}

case_dns_error_nxdomain() {
	failing nxdomain NXDOMAIN 6
}

case_dns_search_list() { # ndots:5: the name is asked with every suffix before it is asked as it is
	topology
	web
	resolver -l "$DNS" -r "a.test=$WEB" -b delay=300
	resolv "$C" "nameserver $DNS" 'search one.test two.test three.test' 'options ndots:5 timeout:5'
	lag -- "${CURL[@]}" http://a.test/
	took 1200 2500
	gives dns_search_list
	expect "lookups | map(select(.dns.name == \"a.test\" and .dns.qtype == \"A\"))
		| one(\"dns\") | .dns.search_misses == 3 and .dns.answers == [\"$WEB\"]" 'three misses'
}

# Every kind of hostile answer, one after another, in one run: whatever the client makes of it.
case_dns_hostile() {
	local kind behaviours=() names=()
	topology
	for kind in loop ring beyond short long empty binary counts questions wrong_id other_name stub \
		labels reserved; do
		behaviours+=(-b "$kind.test:hostile=$kind")
		names+=("$kind.test")
	done
	resolver -l "$DNS" -r "good.test=$WEB" "${behaviours[@]}"
	resolv "$C" "nameserver $DNS" 'options timeout:1 attempts:1'
	lag_start -f --netns "$C"
	printf '%s\n' "${names[@]}" |
		in_client xargs -P 14 -n 1 timeout "$LIMIT" getent ahostsv4 >"$T/client" 2>&1 || true
	in_client getent ahostsv4 good.test >"$T/client"
	lag_wait "lookups | any(.dns.name == \"good.test\")"
	lag_stop
	status 0
	expect "lookups | map(select(.dns.name == \"good.test\" and .dns.qtype == \"A\"))
		| length == 1 and .[0].dns.answers == [\"$WEB\"]" 'the honest answer is still understood'
	expect '[lookups[].dns.name] | unique | length >= 14' 'each hostile one was noted'
	expect 'lookups | map(select(.dns.name == "wrong_id.test")) | all(.result != "answered")' \
		"somebody else's answer is not taken"
	grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$OUT" && problem 'control bytes in the output'
	return 0
}

case_dns_hostile_text() { # the same bytes must not reach a terminal
	topology
	resolver -l "$DNS" -b hostile=binary
	resolv "$C" "nameserver $DNS" 'options timeout:1 attempts:1'
	lag_raw --color never -- getent ahostsv4 a.test
	grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$OUT" && problem 'control bytes in the text'
	iconv -f utf-8 -t utf-8 "$OUT" >/dev/null || problem 'the text is not valid UTF-8'
}
