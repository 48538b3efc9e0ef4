# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The guest's root: Debian packages of the host's own suite, unpacked into a read-only ext4 image,
# so that what the host built runs there. Nothing of the host's file system goes in.

GUEST_PACKAGES=(
	# a system
	base-files base-passwd bash coreutils dash debianutils diffutils findutils gawk grep gzip
	hostname kmod less libc-bin mount ncurses-base ncurses-bin procps psmisc sed tar util-linux
	busybox-static xz-utils
	# what the suites call; jq comes from elsewhere, see with.sh
	bpftool conntrack curl dnsmasq-base ethtool iproute2 iptables iputils-ping netcat-openbsd
	nftables nginx-light nodejs openssl python3 strace tcpdump
	# what build/ is linked to
	libpcap0.8 libelf1 zlib1g
)

guest_suite() {
	local suite
	suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	case $suite in
	bookworm | trixie | forky | sid) echo "$suite" ;;
	*) echo bookworm ;;
	esac
}

# What maintainer scripts would have done, as far as the suites need it.
guest_configure() {
	local root=$1
	cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
	cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
	cat >>"$root/etc/passwd" <<-END
		dnsmasq:x:101:65534::/var/lib/misc:/usr/sbin/nologin
		tcpdump:x:102:65534::/nonexistent:/usr/sbin/nologin
		user:x:1000:1000::/home/user:/bin/bash
	END
	echo 'user:x:1000:' >>"$root/etc/group"
	echo 'root::0:0:::::' >"$root/etc/shadow"
	echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
	printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
	: >"$root/etc/resolv.conf"
	ln -sf gawk "$root/usr/bin/awk"
	ln -sf dash "$root/usr/bin/sh"
	ln -sf which.debianutils "$root/usr/bin/which"
	local tool
	for tool in iptables ip6tables; do
		ln -sf xtables-nft-multi "$root/usr/sbin/$tool"
		ln -sf xtables-nft-multi "$root/usr/sbin/$tool-save"
		ln -sf xtables-nft-multi "$root/usr/sbin/$tool-restore"
	done
	[ -e "$root/usr/bin/nc" ] || ln -s nc.openbsd "$root/usr/bin/nc"
	mkdir -p "$root"/{dev,proc,sys,run,tmp,root,home,mnt,opt,src,boot} "$root/usr/lib/modules"
	rm -rf "$root"/usr/share/{doc,man,locale,info,lintian,icu/*/LICENSE}
	# Else every start of python3 compiles what it imports; of use where the host has the same version.
	python3 -m compileall -q -j 0 -s "$root" -p / "$root"/usr/lib/python3*/ >/dev/null || true
	PATH=$PATH:/sbin:/usr/sbin ldconfig -r "$root"
}

guest_build() { # SUITE PACKAGES DIR
	local dir=$3 root=$3/root
	# shellcheck disable=SC2086 # one word a package
	apt_unpack "$1" "$root" $2
	guest_configure "$root"
	image_make "$root" "$dir/image" 64
	cp "$root/usr/bin/busybox" "$dir/busybox"
	rm -rf "$root"
}

# guest_prepare: $GUEST_DIR holds the guest's image, of current packages if the mirror can be asked.
guest_prepare() {
	local suite packages recipe=$VM_DIR/guest.sh
	suite=$(guest_suite)
	GUEST_DIR=$CACHE/guest/$suite
	! cache_current "$GUEST_DIR" "$recipe" || return 0
	if ! apt_refresh "$suite" || ! packages=$(apt_closure "$suite" "${GUEST_PACKAGES[@]}"); then
		[ -e "$GUEST_DIR/image" ] || die "the guest's packages ($suite) cannot be looked up"
		say "the guest's packages ($suite): looked up in vain, the cached ones are used"
		return 0
	fi
	say "guest: $(wc -l <<<"$packages") packages of $suite"
	cache_make "$GUEST_DIR" "$recipe" "$packages" guest_build "$suite" "$packages" ||
		die "the guest's packages ($suite) cannot be fetched"
}
