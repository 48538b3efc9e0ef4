# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# held.sh - a firewall in user space has the handshake's packets looked at (NFQUEUE), and takes its
# time, asks its user or hangs: they are neither lost nor queued at a device. A kernel module that takes
# its hooks away has all such queues emptied, so these cases are not asked for beside module_unloads.

SYN_OUT=(-A OUTPUT -p tcp --syn)
SYNACK_IN=(-A INPUT -p tcp --tcp-flags SYN,ACK SYN,ACK)

# It is named, and told by its process.
held_by_the_firewall() { # KEY
	expect "connect | .$1 == {pid: $FIREWALL, tid: $FIREWALL, comm: \"python3\"}" 'who held it'
	expect "connect.verdict.text | contains(\"python3[$FIREWALL]\")" 'the sentence names it'
	expect 'connect.drops == []' 'nothing was lost'
}

case_syn_held() {
	topology
	web
	held_by_userspace "$C" 0.4 "${SYN_OUT[@]}"
	lag -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	took 390 3000
	gives syn_held
	expect 'connect | .result == "established" and .phase_ns.egress >= 390000000' 'it went on then'
	held_by_the_firewall syn_held_by
}

case_syn_held_for_long() { # the kernel would send it again, but knows that it is still here
	topology
	web
	held_by_userspace "$C" 2.5 "${SYN_OUT[@]}"
	lag -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	took 2490 5000
	gives syn_held
	expect 'connect | .result == "established" and .syn == {sent: 1, retransmits: 0, fastopen: false,
		mptcp: false, cookies: .syn.cookies}' 'no other was sent'
	# Which older kernels do not tell of.
	! "$PATHLAG" check | grep -q 'tcp_retransmit_skb 3' ||
		expect 'connect | at("syn_retransmit_failed")' 'it was tried'
	held_by_the_firewall syn_held_by
}

case_syn_held_for_ever() {
	topology
	setting "$C" ipv4/tcp_syn_retries=1
	held_by_userspace "$C" 60 "${SYN_OUT[@]}"
	lag -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	took 1900 5000
	gives syn_held
	expect 'connect | .result == "timeout" and .errno == "ETIMEDOUT" and .syn.sent == 0' 'none left'
	expect 'connect.verdict | (.text | contains("never came to a device")) and .also == []' 'says so'
}

case_synack_held() {
	topology
	web
	held_by_userspace "$C" 0.4 "${SYNACK_IN[@]}"
	lag -- python3 "$CLIENTS/tcp.py" "$WEB" 80
	took 390 3000
	gives synack_held
	expect 'connect | .result == "established" and .phase_ns.ingress >= 390000000' 'it came then'
	held_by_the_firewall synack_held_by
}
