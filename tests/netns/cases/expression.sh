# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A pcap expression on the command line: two connects at once, and only what it selects is shown.

SYN='tcp flags & (syn|ack) == syn'

both_at_once() { # HOST EXPRESSION: ports 80 and 81, each with its first SYN dropped
	nft_drop_first "$C" output "$SYN tcp dport { 80, 81 }"
	lag "$2" -- sh -c "curl -s -o /dev/null http://$1/ & curl -s -o /dev/null http://$1:81/ & wait"
	took 1000 2500
}

only_port_81() {
	expect 'connect.tuple.dport == 81' 'only the connect it selects'
	expect 'connect.drops | length >= 1 and all(.packet == "syn")' 'with its own drop'
	expect 'lookups == []' 'and no lookup'
	expect 'summary.connects | add == 1' 'the other one is not even counted'
}

case_expression_ipv4() {
	topology
	web
	both_at_once "$WEB" 'tcp dst port 81'
	only_port_81
}

case_expression_ipv6() {
	topology
	web
	both_at_once "[$WEB6]" 'ip6 and port 81'
	only_port_81
}

case_expression_unbound() { # the source port is chosen after the socket has set out
	topology
	web
	both_at_once "$WEB" "src host 10.9.1.2 and src portrange 1024-65535 and dst port 81"
	only_port_81
	lag 'tcp src port 1' -- curl -s -o /dev/null "http://$WEB/"
	expect 'connects == []' 'a source port that is not the one chosen'
}

case_expression_what_sockets_cannot_answer() { # flags, lengths, payload: shown rather than hidden
	topology
	web
	lag 'tcp[tcpflags] & tcp-syn != 0 and less 2000' -- curl -s -o /dev/null "http://$WEB/"
	expect 'connect.tuple.dport == 80' 'the connect'
	lag 'arp or ether host 02:00:00:00:00:01' -- curl -s -o /dev/null "http://$WEB/"
	expect 'connects == []' 'a socket has no link layer'
}

case_expression_dns() { # the name is still known to a connect whose query was not selected
	topology
	web
	resolver -l "$DNS" -r "a.test=$WEB"
	lag 'udp port 53' -- curl -s -o /dev/null http://a.test/
	expect 'lookups | length > 0 and all(.dns.name == "a.test")' 'the lookups'
	expect 'connects == []' 'no connect'
	lag 'tcp port 80' -- curl -s -o /dev/null http://a.test/
	expect 'connect | .name == "a.test" and .dns_link == "answer"' 'the connect and its name'
	expect 'lookups == []' 'no lookup'
}

case_expression_in_replay() {
	topology
	web
	lag_raw --json -w "$T/rec" -o "$T/all" -- sh -c "curl -s -o /dev/null http://$WEB/; curl -s -o /dev/null http://$WEB:81/"
	lag_raw replay --json "$T/rec" port 81
	status 0
	expect 'connect.tuple.dport == 81' 'the same expression on a recording'
}
