# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# clients.sh - the clients that cases/clients*.sh watch, and what most of them must show. Sourced by
# those.

SYN='tcp flags & (syn|ack) == syn'
CALLS=$CLIENTS/calls.py
URING=$ROOT/build/tests/netns/clients/uring
COMPAT=$ROOT/build/tests/netns/clients/compat

said() { # WORDS: what the client printed, its lines put together
	[ "$(paste -sd' ' "$T/stdout")" = "$1" ] ||
		fail "the client said: $(paste -sd' ' "$T/stdout"), wanted $1"
}

first_syn_lost() {
	nft_drop_first "$C" output "$SYN ip daddr $WEB"
}

its_first_syn_was_lost() {
	expect 'connect | .result == "established" and .errno == null and .syn.retransmits == 1
		and .verdict.cause == "syn_dropped_locally"' 'its first SYN was dropped here'
	expect "connect | .phase_ns.rto_wait > 900000000 and $(mostly rto_wait 225)" 'the time is the wait'
}
