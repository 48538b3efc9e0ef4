# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# `pathlag functions`, held against two things that know nothing of it: bpftool's dump of the
# kernel's types, and ftrace's own list. Needs tracefs, which the build machine has not.

TRACEFS=/sys/kernel/tracing

functions() { # options: JSON lines in $OUT
	STATUS=0
	"$PATHLAG" functions --json "$@" >"$OUT" 2>"$ERR" || STATUS=$?
	[ "$STATUS" = 0 ] || fail "pathlag functions $*: status $STATUS, $(tail -n1 "$ERR")"
}

need_tracefs() {
	[ -r $TRACEFS/available_filter_functions ] || skip 'no tracefs with a list of functions'
	[ -r /sys/kernel/btf/vmlinux ] || skip 'this kernel has no BTF'
}

# "NAME POSITION" of each function with a pointer to an sk_buff among its first five parameters.
dump_skb_functions() {
	bpftool btf dump file /sys/kernel/btf/vmlinux format raw | awk '
		function value(field) { sub(/.*=/, "", field); return field }
		function strip(id) {
			while (kind[id] == "CONST" || kind[id] == "VOLATILE" || kind[id] == "RESTRICT" ||
				kind[id] == "TYPEDEF" || kind[id] == "TYPE_TAG")
				id = to[id]
			return id
		}
		/^\[/ {
			id = $1; gsub(/[][]/, "", id)
			kind[id] = $2; name[id] = $3; gsub(/\047/, "", name[id])
			proto = $2 == "FUNC_PROTO" ? id : ""
			count = 0
			for (i = 4; i <= NF; i++) if ($i ~ /^type_id=/) to[id] = value($i)
			next
		}
		proto != "" && ++count <= 5 { params[proto] = params[proto] " " value($2) }
		END {
			for (id in kind) {
				if (kind[id] != "FUNC") continue
				n = split(params[to[id]], param, " ")
				for (i = 1; i <= n; i++) {
					p = strip(param[i])
					if (kind[p] != "PTR") continue
					p = strip(to[p])
					if (kind[p] == "STRUCT" && name[p] == "sk_buff") {
						print name[id], i
						break
					}
				}
			}
		}' | sort -u
}

at_most() { # WHAT LIMIT, the lines on stdin: told, and too many are wrong
	local lines count
	lines=$(cat)
	count=$(grep -c . <<<"$lines" || true)
	log "$1: $count${lines:+ ($(head -n 8 <<<"$lines" | paste -sd, -))}"
	[ "$count" -le "$2" ] || problem "$1: $count, wanted at most $2"
}

case_functions_agree_with_bpftool() {
	need_tracefs
	command -v bpftool >/dev/null || skip 'no bpftool'
	functions
	dump_skb_functions >"$T/dump"
	[ "$(wc -l <"$T/dump")" -ge 1000 ] || fail "bpftool's dump has $(wc -l <"$T/dump") functions"
	jq -r 'select(.module == "vmlinux" and .args.skb and .args.skb <= 5) |
		"\(.name) \(.args.skb)"' "$OUT" | sort -u >"$T/ours"
	log "skb functions of vmlinux: $(wc -l <"$T/ours"), in the dump: $(wc -l <"$T/dump")"
	# A name with several prototypes, and an argument by value that takes two registers, or none.
	cut -d' ' -f1 "$T/dump" | sort -u | comm -23 - <(jq -r '.name' "$OUT" | sort -u) |
		at_most 'in the dump and not in our list' 0
	comm -13 "$T/dump" "$T/ours" | at_most 'at another position, or not in the dump' 8
}

# LIST: "NAME MODULE", sorted, each as often as ftrace has it.
ftrace_list() {
	awk '{ m = $2; gsub(/[][]/, "", m); print $1, m == "" ? "vmlinux" : m }' \
		$TRACEFS/available_filter_functions | sort
}

case_functions_agree_with_ftrace() {
	need_tracefs
	modprobe nf_conntrack 2>/dev/null || true
	functions
	ftrace_list >"$T/all"
	uniq -u "$T/all" >"$T/once"
	uniq "$T/all" >"$T/list"
	jq -r 'select(.attachable) | "\(.name) \(.module)"' "$OUT" | sort >"$T/yes"
	comm -23 "$T/yes" "$T/once" | at_most 'said to be attachable, and not in the list just once' 0
	jq -r 'select(.why | strings | test("does not let|variant")) | "\(.name) \(.module)"' "$OUT" |
		sort | comm -12 - "$T/list" | at_most 'said not to be there, and in the list' 0
	log "functions: $(wc -l <"$OUT"), attachable: $(wc -l <"$T/yes")"
	expect 'length >= 2000 and length <= 6000' 'as many functions as kernels have'
	expect '(map(select(.attachable)) | length) >= 0.8 * length' 'most of them can be traced'
	expect 'map(select(.args == {} or (.args | map(. < 1 or . > 6) | any)))
		| all(.attachable == false or .context or .core)' 'an argument in a register, 1 to 6'
	expect 'map(has("attachable")) | all' 'with tracefs it is known of each'
}

case_functions_core() {
	need_tracefs
	functions --core
	log "core: $(wc -l <"$OUT"), $(tail -n1 "$ERR")"
	expect 'length >= 60 and length <= 110' 'the core is what a slow backend can attach'
	expect '(map(select(.attachable)) | length) >= length - 3' 'nearly all can be traced'
	expect '["tcp_v4_connect", "__tcp_transmit_skb", "ip_rcv", "tcp_v4_rcv", "nf_hook_slow",
		"__dev_queue_xmit", "udp_sendmsg"] - map(.name) == []' 'the story of a connect'
	expect 'map(select(.name == "ip_rcv"))[0] | .args.skb == 1 and .returns == "rx"' 'ip_rcv'
	expect 'map(select(.name == "__tcp_transmit_skb"))[0].args == {skb: 2, sk: 1}' 'both arguments'
}

# A veth pair loads its module: its functions come from the module's own BTF.
case_functions_of_modules() {
	need_tracefs
	topology
	[ -e /sys/kernel/btf/veth ] || skip 'no BTF for modules, or veth is built in'
	functions 'veth:*'
	expect 'map(.module) | unique == ["veth"]' 'only of that module'
	expect 'map(select(.name == "veth_xmit"))[0] | .args.skb == 1 and .returns == "xmit"
		and .attachable and .core' 'veth_xmit'
}

# Kernel 5.10 has no BTF for modules: ftrace's list still knows their functions.
case_functions_context() {
	need_tracefs
	topology
	functions ip_rcv --context 'veth:veth_get_*' --context 'fib_table_loo*'
	expect 'map(select(.context)) | length >= 2 and all(.args == {})' 'functions without argument'
	expect 'map(select(.module == "veth" and .attachable)) | length >= 1' 'of a module too'
	functions 'veth:veth_xmit:skb=1'
	expect 'length == 1 and .[0].args.skb == 1 and .[0].attachable' 'an argument given by hand'
}

# Tracefs hidden from this one process: the list is there, what can be attached is not said.
case_functions_tracefs_not_mounted() { # as in `ip netns exec`, and in containers
	need_tracefs
	STATUS=0
	unshare -m sh -c 'umount /sys/kernel/tracing; umount -R /sys/kernel/debug; exec "$@"' sh \
		"$PATHLAG" functions --json --core >"$OUT" 2>"$ERR" || STATUS=$?
	[ "$STATUS" = 0 ] || fail "status $STATUS: $(tail -n1 "$ERR")"
	expect 'length >= 60 and (map(has("attachable")) | all)' 'it is known all the same'
}

case_functions_time() { # reported, not judged
	need_tracefs
	"$PATHLAG" functions -v >"$OUT" 2>"$ERR"
	log "$(head -n1 "$ERR")"
	"$PATHLAG" functions -v --core >"$OUT" 2>"$ERR"
	log "core: $(head -n1 "$ERR")"
}
