# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# lib.sh - what a scenario case is written with. Sourced by run-case and demo, never run.
#
# A case is a function `case_NAME` in cases/*.sh. It builds a small network, breaks it in one way,
# lets pathlag watch a real client, and says what the record must tell:
#
#	case_dns_slow() {
#		topology                        # client - router - server, three network namespaces
#		web                             # a web server on $WEB and $WEB6, port 80
#		resolver -r a.test=$WEB -b delay=400
#		lag -- curl -s -o "$T/body" http://a.test/
#		took 400 900                    # the fault is real: else the case, not pathlag, is wrong
#		expect 'connect.verdict.cause == "dns_slow"' 'the late answer is named as the cause'
#	}
#
# Every `lag` run is also checked against sound.jq: what must hold for all output ever made.
# expect's expression sees all lines as one array, and the names of lines.jq (connect, dns("A")...).
# All that is expected of a run is judged at once, when the next run begins or the case ends, and all
# that does not hold is shown. A case ends early with `skip WHY` (the machine cannot do it) or
# `fail WHY`.
#
# Names: $C $R $S the namespaces; $T the case's own directory, gone afterwards; $OUT $ERR pathlag's
# output of the last run, $STATUS its exit status, $MS how long it took.
#
# Nothing is set outside the namespaces made here, and no link leaves them. That is why all cases
# may use the same addresses at the same time (and pathlag has to tell them apart by namespace).
#
#	client 10.9.1.2 ── 10.9.1.1 router 10.9.2.1 ── 10.9.2.2 server   (fd00:9:1:: and fd00:9:2::)
#	       eth0        client0         server0     eth0

set -eEuo pipefail
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
export LC_ALL=C.UTF-8

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
PATHLAG=${PATHLAG:-$ROOT/build/pathlag}
CASE=${CASE:-case}
SLOWNESS=${PATHLAG_TEST_SLOWNESS:-1} # upper time bounds are multiplied by it (emulated machines)
QUICK=$((200 * SLOWNESS))ms          # for --slow: what is healthy takes less here

WEB=10.9.2.2 WEB6=fd00:9:2::2
DNS=10.9.2.53 DNS6=fd00:9:2::53
DNS_DEAD=10.9.2.54
ABSENT=10.9.1.99 # on the client's own link, and nobody has it
C=pl-$CASE-$$-c R=pl-$CASE-$$-r S=pl-$CASE-$$-s

T=$(mktemp -d "${TMPDIR:-/tmp}/pathlag-test.XXXXXX")
chmod 755 "$T" # recordings are read back by another user
OUT=$T/out ERR=$T/err STATUS=0 MS=0
NAMESPACES=() PROBLEMS=() SKIP='' WHY=''
CGROUP='' # a cgroup of the case's own, removed with its children

# --- saying how it went -------------------------------------------------------------------------
log() {
	printf '# %s\n' "$*"
}

problem() {
	PROBLEMS+=("$1")
	log "WRONG: $1"
}

fail() {
	problem "$1"
	exit 1
}

skip() {
	SKIP=$1
	exit 77
}

# A condition that must come true, looked at often, for at most a while.
wait_for() { # WHAT SECONDS COMMAND...
	local what=$1 end=$((SECONDS + $2 * SLOWNESS))
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "waited in vain for $what$(last_words)"
		nap 0.02
	done
}

# A sleep that starts no process: it reads from a pipe that nobody writes to.
exec {QUIET}<> <(:)
nap() { # SECONDS
	read -r -t "$1" -u "$QUIET" || true
}

# A process that has ended is that also while its parent has not asked for its status yet (Z). To
# `kill -0` it is there until then.
has_ended() { # PID
	local stat
	read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
	stat=${stat##*) } # behind the name, whatever is in it
	[ "${stat%% *}" = Z ]
}

# --- cleaning up: whatever happens, and only what is ours -----------------------------------------
# Every process of a case lives in one of its namespaces: those are the ones that are ended.
cleanup() {
	local pids
	if [ ${#NAMESPACES[@]} -gt 0 ]; then
		pids=$(printf 'netns pids %s\n' "${NAMESPACES[@]}" | ip -force -batch - 2>/dev/null) || true
		# shellcheck disable=SC2086 # one word a process
		[ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
		printf 'netns del %s\n' "${NAMESPACES[@]}" | ip -force -batch - 2>/dev/null || true
	fi
	rm -rf "$T" "${NAMESPACES[@]/#//etc/netns/}"
	rmdir /etc/netns 2>/dev/null || true
	[ -z "$CGROUP" ] || rmdir "$CGROUP"/* "$CGROUP" 2>/dev/null || true
}

# --- the network ----------------------------------------------------------------------------------
namespace() { # NAME...: made, with what their processes see as /etc/resolv.conf and friends
	local ns
	NAMESPACES+=("$@")
	printf 'netns add %s\n' "$@" | ip -batch -
	# Twice: another case may just be taking the empty /etc/netns away.
	mkdir -p "${@/#//etc/netns/}" 2>/dev/null || mkdir -p "${@/#//etc/netns/}"
	for ns; do
		printf '127.0.0.1 localhost\n' >"/etc/netns/$ns/hosts"
		printf 'hosts: files dns\n' >"/etc/netns/$ns/nsswitch.conf"
		resolv "$ns" "nameserver $DNS" 'options timeout:1 attempts:2'
		# Loose defaults whatever the machine has; no duplicate address detection, so no waiting for it.
		setting "$ns" ipv4/conf/all/rp_filter=0 ipv4/conf/default/rp_filter=0 \
			ipv6/conf/all/disable_ipv6=0 ipv6/conf/default/disable_ipv6=0 \
			ipv6/conf/all/accept_dad=0 ipv6/conf/default/accept_dad=0
		ip -n "$ns" link set lo up
	done
}

# In that network namespace, and for the rest among the machine's files: a fraction of the work of
# `ip netns exec`, which mounts /sys and the namespace's own /etc for each command.
inside() { # NS COMMAND...
	nsenter --net="/run/netns/$1" "${@:2}"
}

setting() { # NS KEY=VALUE...: sysctls below /proc/sys/net, of that namespace
	local ns=$1
	shift
	inside "$ns" sh -c 'for s; do echo "${s#*=}" >"/proc/sys/net/${s%%=*}"; done' sh "$@"
}

resolv() { # NS LINE...: its /etc/resolv.conf
	local ns=$1
	shift
	printf '%s\n' "$@" >"/etc/netns/$ns/resolv.conf"
}

address() { # NS DEV NET LAST...: 10.9.NET.LAST and fd00:9:NET::LAST, device up
	device "${@:2}" | ip -n "$1" -batch -
}

# These print commands for `ip -batch`: one process a namespace, not one a command.
device() { # DEV NET LAST...: its addresses, up
	local dev=$1 net=$2
	shift 2
	printf "addr add 10.9.$net.%s/24 dev $dev\n" "$@"
	printf "addr add fd00:9:$net::%s/64 dev $dev nodad\n" "$@"
	echo "link set $dev up"
}

mac() { # DEV NET LAST
	echo "link set $1 address 02:00:00:00:0$2:0$3"
}

# Neighbours known beforehand: only the cases about neighbours shall wait for them.
knows() { # DEV NET LAST-OF-THE-MAC LAST...
	local dev=$1 net=$2 mac=02:00:00:00:0$2:0$3
	shift 3
	printf "neigh add 10.9.$net.%s lladdr $mac dev $dev\n" "$@"
	printf "neigh add fd00:9:$net::%s lladdr $mac dev $dev\n" "$@"
}

default_route() { # NET: through the router
	echo "route add default via 10.9.$1.1"
	echo "route add default via fd00:9:$1::1"
}

# With arguments the link router - server is a cable.py with these options, else a veth pair. Of the
# server's addresses the router does not know $DNS_DEAD beforehand.
topology() {
	local far="link add eth0 type veth peer name server0 netns $R"
	namespace "$C" "$R" "$S"
	setting "$R" ipv4/ip_forward=1 ipv6/conf/all/forwarding=1
	if [ $# -gt 0 ]; then
		[ -c /dev/net/tun ] || modprobe tun 2>/dev/null || true
		[ -c /dev/net/tun ] || skip 'no /dev/net/tun, which a cable that loses packets needs'
		far='tuntap add eth0 mode tap'
		ip -n "$R" tuntap add server0 mode tap
	fi
	{
		echo "link add eth0 type veth peer name client0 netns $R"
		mac eth0 1 2
		device eth0 1 2
		knows eth0 1 1 1
		default_route 1
	} | ip -n "$C" -batch -
	{
		echo "$far"
		mac eth0 2 2
		device eth0 2 2 53 54
		knows eth0 2 1 1
		default_route 2
	} | ip -n "$S" -batch -
	{
		mac client0 1 1
		device client0 1 1
		knows client0 1 2 2
		mac server0 2 1
		device server0 2 1
		knows server0 2 2 2 53
	} | ip -n "$R" -batch -
	[ $# -eq 0 ] || cable "$@"
	wait_for 'the way to the server' 5 inside "$C" ping -c1 -W1 "$WEB"
	wait_for 'the IPv6 way to the server' 5 inside "$C" ping -6 -c1 -W1 "$WEB6"
}

cable() {
	start "$R" cable python3 "$HERE/cable.py" --ready "$T/cable.ready" \
		"/run/netns/$R:server0" "/run/netns/$S:eth0" "$@"
	wait_for 'the cable' 5 test -s "$T/cable.ready"
}

in_client() {
	ip netns exec "$C" "$@"
}

# --- servers --------------------------------------------------------------------------------------
start() { # NS NAME COMMAND...: in the background, its output in $T/NAME.log, its pid in $PID
	local ns=$1 name=$2
	shift 2
	ip netns exec "$ns" "$@" >"$T/$name.log" 2>&1 </dev/null &
	PID=$! STARTED=$name
	disown "$PID"
}

# Why the process started last is not what is waited for: nobody may see the rest of what it said.
last_words() {
	local how=running
	[ -n "${STARTED:-}" ] || return 0
	! has_ended "$PID" || how=ended
	printf ' (%s: %s, %s)' "$STARTED" "$how" "$(tail -n 1 "$T/$STARTED.log" 2>/dev/null)"
}

listening() { # NS PORT
	[ -n "$(inside "$1" ss -Hltn "sport = :$2")" ]
}

web() { # [PORT]: a web server in the server's namespace, port 80, both families
	local conf port=${1:-80}
	mkdir "$T/www" "$T/nginx"
	echo hello >"$T/www/index.html"
	if command -v nginx >/dev/null; then
		conf=$(sed "s/80;/$port;/" "$HERE/nginx.conf")
		echo "${conf//@T@/$T}" >"$T/nginx.conf"
		start "$S" nginx nginx -p "$T/nginx" -c "$T/nginx.conf" -e "$T/nginx.err"
		wait_for 'nginx' 10 test -s "$T/nginx/pid" # written when it listens
	else
		start "$S" http python3 -m http.server --bind :: --directory "$T/www" "$port"
		wait_for 'the web server' 10 listening "$S" "$port"
	fi
}

resolver() { # resolver.py options; its log, one JSON object a query, is $T/resolver.$N.log
	N=$((${N:-0} + 1))
	start "$S" "resolver.$N" python3 "$HERE/resolver.py" --ready "$T/resolver.$N.ready" "$@"
	wait_for "resolver $N" 10 test -s "$T/resolver.$N.ready"
}

. "$HERE/faults.sh"
. "$HERE/watch.sh"
