# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A query inside a query: the client asks a resolver of its own host, and that asks another one. The
# client's is the one that counts; the other explains it.
. "$HERE/stubs.sh"

# The dns lines of one process about A, as a jq expression.
asked_by() { # COMM
	echo "lookups | map(select(.owner.comm == \"$1\" and .dns.qtype == \"A\")) | one(\"line of $1\")"
}

watch_client() { # COMMAND...: with the whole namespace in sight
	lag_start --netns "$C"
	in_client timeout "$LIMIT" "$@" >"$T/client" 2>&1 || true
	lag_stop
	status 0
}

# Both questions, whose each is, and that the time counts once.
nested() { # STUB-ADDRESS STUB-COMM UPSTREAM
	expect "$(asked_by curl) | .dns.server == \"$1\" and .result == \"answered\" and .dns.tries == 1" \
		"the client's question"
	expect "$(asked_by "$2") | .dns.server == \"$3\" and .dur_ns >= $LEAST" "the resolver's own"
	expect 'connect | .owner.comm == "curl" and .name == "a.test" and .dns_link == "answer"' 'linked'
	# However long the resolver of this host takes on its own.
	expect "connect | .phase_ns.dns >= $LEAST and .verdict.cause == \"dns_slow\"
		and .phase_ns.dns == (.timeline | map(select(.at == \"getaddrinfo_return\"))[0].t_ns)" 'the time, once'
	expect "$(asked_by curl).dns.upstream | .owner.comm == \"$2\" and .server == \"$3\"
		and .answered and .dur_ns >= $LEAST" 'what it waited for'
	expect "connect.verdict.text | test(\"${3//./[.]}, asked by $2\\\\[[0-9]+\\\\], took\")" 'in words'
	expect "$(asked_by "$2").dns | has(\"upstream\") | not" 'the inner one waited for nobody here'
}

slow_upstream() {
	topology
	web
	resolver -l "$DNS" -r "a.test=$WEB" -b delay=$LATE --log "$T/log"
}

case_resolve_stub() {
	slow_upstream
	resolved "DNS=$DNS"
	watch_client curl -4 -s -o /dev/null http://a.test/
	nested 127.0.0.53 systemd-resolve "$DNS"
}

case_resolve_stub_scoped() { # only the command is watched, and the resolver is not a part of it
	slow_upstream
	resolved "DNS=$DNS"
	lag -- curl -4 -s -o "$T/body" http://a.test/
	expect 'lookups | map(.owner.comm) | unique == ["curl"]' "no lines of others"
	expect 'lookups | all(.dns.server == "127.0.0.53")' 'the client asked the stub'
	expect 'connect | .dns_link == "answer" and .verdict.cause == "dns_slow"' 'linked and timed'
	expect "connect.verdict.text | contains(\"$DNS, asked by systemd-resolve[\")" 'who was slow'
}

case_resolve_stub_cache() { # the second time it knows
	slow_upstream
	resolved "DNS=$DNS"
	watch_client curl -4 -s -o /dev/null http://a.test/
	lag --slow "$QUICK" -- curl -4 -s -o "$T/body" http://a.test/
	expect 'connect | .verdict.cause == "ok" and .name == "a.test" and .dns_link == "answer"' 'quick'
	expect 'connect | .phase_ns.dns > 0' 'the time it took all the same'
	expect 'lookups | all(.dns | has("upstream") | not)' 'nobody else was asked'
}

case_resolve_stub_dead_upstream() { # the client asks again and gets no answer: whose fault is it?
	topology
	resolver -l "$DNS" -b drop=all
	resolved "DNS=$DNS"
	resolv "$C" 'nameserver 127.0.0.53' 'options timeout:2 attempts:1'
	watch_client curl -4 -s -o /dev/null http://a.test/
	expect "$(asked_by curl) | .result == \"timeout\" and .verdict.cause == \"dns_timeout\"" 'no answer'
	expect "$(asked_by curl).verdict.text
		| contains(\"$DNS, asked by systemd-resolve[\") and contains(\"did not answer\")" 'whose'
}

case_resolve_dnsmasq() {
	slow_upstream
	caching_dnsmasq "$DNS"
	watch_client curl -4 -s -o /dev/null http://a.test/
	nested 127.0.0.1 dnsmasq "$DNS"
	lag --slow "$QUICK" -- curl -4 -s -o "$T/body" http://a.test/
	expect 'connect | .verdict.cause == "ok" and .name == "a.test" and .phase_ns.dns > 0' 'now cached'
}

# Another process that asks the same at the same time is no part of it.
case_resolve_side_by_side() {
	slow_upstream
	resolv "$C" "nameserver $DNS" 'options timeout:5'
	watch_client sh -c 'curl -s http://a.test/ & getent ahosts a.test; wait'
	expect 'lookups | length == 4 and all(.dns | has("upstream") | not)' 'two askers, no inner query'
	expect 'connect | .phase_ns.dns > 0 and .dns_link == "answer"' 'linked to its own'
}
