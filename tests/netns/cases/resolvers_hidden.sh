# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Lookups over TLS and HTTPS: no query is to be seen, and nobody may say that there was none.
. "$HERE/stubs.sh"

secure_dns() { # secure_dns.py options: it listens on $DNS, ports 853 and 443
	command -v openssl >/dev/null || skip 'openssl is not installed'
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj "/CN=doh.test" -keyout "$T/key" -out "$T/cert" 2>"$T/openssl.log" ||
		fail 'openssl makes no certificate'
	cat "$T/key" "$T/cert" >"$T/pem"
	start "$S" secure python3 "$HERE/secure_dns.py" -l "$DNS" -c "$T/pem" -r "a.test=$WEB" \
		--log "$T/secure.queries" --ready "$T/secure.ready" "$@"
	wait_for 'the secure resolver' 15 test -s "$T/secure.ready"
}

to_port() { # PORT
	echo "connects | map(select(.tuple.dport == $1)) | one(\"connect to port $1\")"
}

# The connect to the web server, after a lookup that only the resolver's log shows.
hidden() { # TRANSPORT
	grep -q "\"transport\": \"$1\".*\"type\": \"A\"" "$T/secure.queries" ||
		fail "nobody asked over $1: the case is wrong"
	expect "$(to_port 80) | .result == \"established\" and .dns_link == \"not_observed\"" \
		'that its lookup was not observed'
	expect "$(to_port 80) | has(\"name\") or (.phase_ns | has(\"dns\") or has(\"think\")) | not" \
		'no name, and no dns phase rather than one of 0'
}

case_hidden_doh_curl() {
	topology
	web
	secure_dns -b delay=$LATE
	curl --help all 2>/dev/null | grep -q doh-insecure || skip 'this curl has no --doh-insecure'
	lag -- curl -s -o "$T/body" --doh-insecure --doh-url "https://$DNS/dns-query" http://a.test/
	status 0
	hidden https
	expect 'lookups | all(.dns.source != "packet")' 'no query was seen'
	expect 'connects | map(select(.tuple.dport == 443)) | length > 0
		and all(.dns_link == "none" and .phase_ns.dns == 0)' 'the resolver was given by its address'
}

case_hidden_doh_curl_named() { # the resolver's own name is looked up in the open
	topology
	web
	resolver -l "$DNS" -r "doh.test=$DNS" -b delay=$LATE
	resolv "$C" "nameserver $DNS" 'options timeout:5'
	secure_dns
	curl --help all 2>/dev/null | grep -q doh-insecure || skip 'this curl has no --doh-insecure'
	lag -- curl -s -o "$T/body" --doh-insecure --doh-url https://doh.test/dns-query http://a.test/
	status 0
	hidden https
	expect "connects | map(select(.tuple.dport == 443)) | length > 0
		and all(.name == \"doh.test\" and .dns_link == \"answer\")
		and (.[0] | .phase_ns.dns >= $LEAST and .verdict.cause == \"dns_slow\")" \
		"the resolver's name, and the time its lookup took"
	expect 'lookups | map(select(.dns.qtype == "A")) | length > 0 and all(.dns.tries == 1)' \
		'two threads that ask the same have not lost a query'
}

case_hidden_dot() {
	topology
	web
	secure_dns -b delay=$LATE
	lag -- python3 "$CLIENTS/dot.py" "$DNS" a.test 80
	status 0
	hidden tls
	expect "$(to_port 853).dns_link == \"none\"" 'the resolver was given by its address'
}

case_hidden_behind_stub() { # the client's own question is in the open: nothing is hidden of it
	topology
	web
	secure_dns -b delay=$LATE
	resolved "DNS=$DNS" DNSOverTLS=opportunistic
	lag_start --netns "$C"
	in_client curl -4 -s -o "$T/body" http://a.test/
	lag_stop
	grep -q '"transport": "tls"' "$T/secure.queries" || fail 'systemd-resolved did not ask over TLS'
	expect "$(to_port 80) | .name == \"a.test\" and .dns_link == \"answer\"
		and .phase_ns.dns >= $LEAST and .verdict.cause == \"dns_slow\"" 'linked and timed'
	expect 'dns("A") | .owner.comm == "curl" and .dns.server == "127.0.0.53"
		and (.dns | has("upstream") | not)' 'what the stub asked is not seen'
	expect 'connects | map(select(.tuple.dport == 853))
		| length > 0 and all(.owner.comm == "systemd-resolve" and .dns_link == "none")' 'its connect'
}

case_hidden_not_literal() { # nothing suggests a lookup: there was none
	topology
	web
	secure_dns
	lag -- python3 "$CLIENTS/tcp.py" -n 2 "$WEB" 80
	expect 'connects | length == 2 and all(.dns_link == "none" and .phase_ns.dns == 0)' 'an address'
	lag -- curl -sk -o "$T/body" "https://$DNS/" "https://$DNS/"
	expect 'connects | length > 0 and all(.dns_link == "none")' 'the same host, over HTTPS'
}
