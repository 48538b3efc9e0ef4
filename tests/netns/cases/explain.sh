# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What `pathlag explain` tells of a cause or a drop reason.

says() { # WORD...: each is in the output of the last run
	local word
	status 0
	for word; do
		grep -qF -e "$word" "$OUT" || problem "it does not say '$word': $(head -n 3 "$OUT")"
	done
}

case_explain() {
	namespace "$C"
	lag_raw explain accept_queue_full
	says 'accept_queue_full (cause)' 'accept()' 'How it comes about' 'ss -ltn' 'net.core.somaxconn'
	lag_raw explain NETFILTER_DROP
	says 'NETFILTER_DROP (drop reason)' 'firewall' 'nft list ruleset'
	cp "$OUT" "$T/plain"
	lag_raw explain skb_drop_reason_netfilter_drop
	cmp -s "$OUT" "$T/plain" || problem 'the long name says something else'
	lag_raw explain xdp_drop
	says 'XDP_DROP' 'bpftool net'
}

case_explain_unknown() {
	namespace "$C"
	refuses 2 accept_queue_full explain accept_queue
	refuses 2 NETFILTER_DROP explain netfilter_drops
	refuses 2 no_such_thing_at_all explain no_such_thing_at_all
	refuses 2 two explain one two
	refuses 2 --no-such-option explain --no-such-option
}

case_explain_json() {
	namespace "$C"
	lag_raw explain --json refused
	status 0
	jq -e '.v == 1 and .type == "explain" and .name == "refused" and .kind == "cause" and
		(.means, .comes_about, .hint | length > 10) and (.look_at | length > 0)' "$OUT" >/dev/null ||
		problem "this is no explanation: $(head -c 200 "$OUT")"
	lag_raw explain --json tcp_csum
	jq -e '.name == "TCP_CSUM" and .kind == "drop_reason"' "$OUT" >/dev/null ||
		problem "this is no drop reason: $(head -c 200 "$OUT")"
}

# A line each, and among them every reason that this kernel has.
case_explain_all() {
	local name missing
	namespace "$C"
	lag_raw explain
	status 0
	for name in ok unknown slow_accept NO_SOCKET TCP_CSUM QDISC_DROP; do
		grep -qE "^$name +[A-Z]" "$OUT" || problem "$name is not in the list"
	done
	lag_raw explain --json
	[ "$(jq -s 'length == (map(.name) | unique | length)' "$OUT")" = true ] ||
		problem 'a name is there twice'
	jq -r .name "$OUT" | sort >"$T/names"
	command -v bpftool >/dev/null || skip 'no bpftool to ask the kernel with'
	# None in kernels before 5.17.
	bpftool btf dump file /sys/kernel/btf/vmlinux |
		sed -nE "s/^\s'?SKB_DROP_REASON_([A-Z0-9_]+)'? val=.*/\1/p" | sort -u >"$T/known"
	! has_reason NO_SOCKET || grep -qx NO_SOCKET "$T/known" || fail "this kernel's reasons were not read"
	missing=$(sed -E '/^(MAX|SUBSYS_.*)$/d' "$T/known" | comm -23 - "$T/names")
	[ -z "$missing" ] || problem "this kernel has also: $missing"
}
