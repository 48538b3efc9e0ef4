# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Connects with nothing wrong, of every kind of client: each must be `ok`, and complete.

# The default is 100 ms: twice that, because other cases run at the same time.

fetch() { # ARGS for curl
	lag --slow "$QUICK" -- curl -s -o "$T/body" "$@"
	status 0
	grep -qx hello "$T/body" || problem 'curl did not get its page'
}

case_ok() {
	topology
	web
	resolver -l "$DNS" -r "a.test=$WEB"
	fetch http://a.test/
	gives ok
	expect 'connect | .result == "established" and .errno == null' 'established'
	expect 'connect | .owner.comm == "curl" and .name == "a.test" and .dns_link == "answer"' \
		'the owner, the name and where the name comes from'
	expect "connect.tuple | .daddr == \"$WEB\" and .dport == 80 and .saddr == \"10.9.1.2\"
		and .sport > 0 and .family == \"ipv4\" and .proto == \"tcp\"" 'the tuple'
	expect 'connect.syn | .sent == 1 and .retransmits == 0' 'one SYN'
	expect 'connect.drops == []' 'no drop'
	expect 'connect | [at("connect", "syn", "syn_ack", "established")] | all' 'the milestones'
	expect 'connect | .connect_ns < .dur_ns and .phase_ns.dns > 0' 'the lookup counts into dur_ns'
	expect 'dns("A") | .result == "answered" and .dns.tries == 1 and .dns.rcode == "NOERROR"
		and .dns.transport == "udp" and .dns.source == "packet"' 'the lookup'
	expect 'connect | .isn | test("^0x[0-9a-f]+$")' 'the initial sequence number'
	expect 'connect | .community_id | test("^1:.{27}=$")' 'the community id'
	expect 'summary | .lost == 0 and .connects.established == 1' 'the summary counts it'
}

case_ok_ipv6() {
	topology
	web
	resolver -l "$DNS6" -r "a.test=$WEB6"
	resolv "$C" "nameserver $DNS6" 'options timeout:1'
	fetch http://a.test/
	gives ok
	expect "connect | .tuple.family == \"ipv6\"
		and .tuple.daddr == \"$WEB6\" and .name == \"a.test\"" 'an IPv6 connect is like any other'
	expect "dns(\"AAAA\").dns | .server == \"$DNS6\" and .answers == [\"$WEB6\"]" 'DNS over IPv6'
}

case_ok_mapped() { # a socket of the other family: the record shows the address people know
	topology
	web
	lag --slow "$QUICK" -- python3 -c "import socket; socket.socket(socket.AF_INET6).connect(('::ffff:$WEB', 80))"
	expect "connect.tuple | .daddr == \"$WEB\" and .saddr == \"10.9.1.2\" and .family == \"ipv4\"" \
		'IPv4-mapped addresses are printed as IPv4'
}

dns_tcp() { # RESOLVER
	topology
	web
	resolver -l "$1" -r "a.test=$WEB" -b truncate
	resolv "$C" "nameserver $1"
	fetch http://a.test/
	expect "lookups | map(select(.dns.transport == \"tcp\" and .dns.qtype == \"A\"))
		| length == 1 and .[0].dns.answers == [\"$WEB\"]" 'the answer that came over TCP'
	gives ok 'connects | map(select(.tuple.dport == 80)) | one("connect")'
	expect 'connects | map(select(.tuple.dport == 80)) | one("connect")
		| .name == "a.test" and .dns_link == "answer"' 'linked to it'
}

case_ok_dns_tcp() {
	dns_tcp "$DNS"
}

case_ok_dns_tcp6() {
	dns_tcp "$DNS6"
}

case_ok_dns_paged() { # the headers lie apart from the message, as some drivers deliver all packets
	topology
	resolver -l "$DNS" -r "a.test=$WEB"
	lag --slow "$QUICK" -- python3 "$CLIENTS/paged.py" "$DNS" a.test
	status 0
	expect "dns(\"A\").dns | .name == \"a.test\" and .answers == [\"$WEB\"]" 'it was read all the same'
}

case_ok_cname() {
	topology
	web
	resolver -l "$DNS" -r www.test=@a.test -r "a.test=$WEB"
	fetch http://www.test/
	expect 'connect | .name == "www.test" and .dns_link == "answer"' 'the name that was asked for'
}

case_ok_blocking_and_not() {
	topology
	web
	lag --slow "$QUICK" -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	expect 'connect | .blocking == true and .phase_ns.wakeup >= 0 and at("return")' 'blocking'
	expect 'connect.dns_link == "none"' 'no lookup, and that is said'
	lag --slow "$QUICK" -- python3 "$CLIENTS/tcp.py" --nonblock "$WEB" 80
	expect 'connect | .blocking == false and .result == "established" and .errno == null' 'not blocking'
}

case_ok_cable() { # a clean cable changes nothing: what the lossy cases say is about the loss
	topology --rtt 0
	web
	lag --slow "$QUICK" -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	gives ok
}

case_slow_rtt() {
	topology --rtt 300
	web
	lag -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	took 300 3000
	gives slow_rtt
	expect 'connect | .phase_ns.network >= 290000000
		and .syn.retransmits == 0' 'the round trip is what took long'
}
