# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# stubs.sh - resolvers of the client's own host, which ask others in turn. Sourced by cases.

# How late a late answer is, in ms: much, also for a machine that is slow itself; and what a dns phase
# must have of it at least, in ns.
LATE=$((300 * (SLOWNESS < 5 ? SLOWNESS : 5)))
LEAST=$((LATE - 10))000000

# systemd-resolved itself, without systemd: with a /run of its own, and no bus. It answers on
# 127.0.0.53 and asks whom LINE... (of resolved.conf) name.
resolved() { # LINE...
	local program dir=$ROOT/build/opt/systemd-resolved
	for program in "$dir/systemd-resolved" /usr/lib/systemd/systemd-resolved ''; do
		[ -z "$program" ] || [ ! -e "$program" ] || break
	done
	[ -n "$program" ] || skip 'systemd-resolved is not there (ci/deps test)'
	! LD_LIBRARY_PATH=$dir ldd "$program" | grep 'not found' >"$T/ldd" ||
		skip "systemd-resolved lacks a library: $(head -n1 "$T/ldd")"
	cp "$program" "$T/systemd-resolved"
	chmod 755 "$T/systemd-resolved"
	printf '[Resolve]\nFallbackDNS=\nLLMNR=no\nMulticastDNS=no\nDNSSEC=no\n' >"$T/resolved.conf"
	printf '%s\n' "$@" >>"$T/resolved.conf"
	# shellcheck disable=SC2016 # for that shell
	start "$C" resolved env LD_LIBRARY_PATH="$dir" SYSTEMD_LOG_TARGET=console sh -c '
		mount -t tmpfs none /run && mkdir -p /run/systemd/resolve /run/systemd/resolved.conf.d &&
		cp "$1/resolved.conf" /run/systemd/resolved.conf.d/ &&
		printf "root:x:0:0::/:\nsystemd-resolve:x:65534:65534::/:\n" >/run/passwd &&
		printf "root:x:0:\nsystemd-resolve:x:65534:\n" >/run/group &&
		mount --bind /run/passwd /etc/passwd && mount --bind /run/group /etc/group &&
		chown 65534:65534 /run/systemd/resolve && exec "$1/systemd-resolved"' sh "$T"
	stub_answers 127.0.0.53 systemd-resolved
}

caching_dnsmasq() { # SERVER: dnsmasq on 127.0.0.1, which asks that one
	command -v dnsmasq >/dev/null || skip 'dnsmasq is not installed'
	start "$C" dnsmasq dnsmasq --keep-in-foreground --no-resolv --no-hosts --server="$1" \
		--listen-address=127.0.0.1 --bind-interfaces --user=root --pid-file= --conf-file=/dev/null
	stub_answers 127.0.0.1 dnsmasq
}

stub_answers() { # ADDRESS NAME
	wait_for "$2" 10 stub_listens "$1"
	resolv "$C" "nameserver $1" 'options timeout:5'
}

stub_listens() {
	inside "$C" ss -Hlun "src $1" | grep -q ':53'
}
