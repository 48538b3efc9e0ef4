# SPDX-License-Identifier: GPL-2.0-only
# The guest's root: Debian packages of the host's own suite, unpacked into a read-only ext4 image,
# so that what the host built runs there. Nothing of the host's file system goes in.

GUEST_PACKAGES=(
	# a system
	base-files base-passwd bash coreutils dash debianutils diffutils findutils gawk grep gzip
	hostname kmod less libc-bin mount ncurses-base ncurses-bin procps psmisc sed tar util-linux
	busybox-static xz-utils
	# what the suites call
	bpftool conntrack curl dnsmasq-base ethtool iproute2 iptables iputils-ping jq netcat-openbsd
	nftables nginx-light nodejs openssl python3 strace tcpdump
	# what build/ is linked to
	libpcap0.8 libelf1 zlib1g
)
GUEST_IMAGE=

guest_suite() {
	local suite
	suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	case $suite in
	bookworm | trixie | forky | sid) echo "$suite" ;;
	*) echo bookworm ;;
	esac
}

# image_make DIR FILE EXTRA_MB: an ext4 file system of DIR, no root needed.
image_make() {
	local size
	size=$(($(du -sm --apparent-size "$1" | cut -f1) * 5 / 4 + $3))
	truncate -s "${size}M" "$2"
	mke2fs -q -F -t ext4 -d "$1" -O ^has_journal -m 0 -E root_owner=0:0 -L pathlag "$2"
}

# The link of a name to its current directory; directories that nothing has used for long go.
replace_link() {
	local old
	ln -sfn "$(basename "$2")" "$1"
	for old in "$1"-*; do
		[ "$old" = "$2" ] || fresh "$old/checked" || rm -rf "$old"
	done
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
	ln -sf bash "$root/usr/bin/sh.bash" && ln -sf dash "$root/usr/bin/sh"
	ln -sf xtables-nft-multi "$root/usr/sbin/iptables"
	local tool
	for tool in iptables ip6tables; do
		ln -sf xtables-nft-multi "$root/usr/sbin/$tool"
		ln -sf xtables-nft-multi "$root/usr/sbin/$tool-save"
		ln -sf xtables-nft-multi "$root/usr/sbin/$tool-restore"
	done
	[ -e "$root/usr/bin/nc" ] || ln -s nc.openbsd "$root/usr/bin/nc"
	mkdir -p "$root"/{dev,proc,sys,run,tmp,root,home,mnt,opt,src,boot} "$root/usr/lib/modules"
	rm -rf "$root"/usr/share/{doc,man,locale,info,lintian,icu/*/LICENSE}
	PATH=$PATH:/sbin:/usr/sbin ldconfig -r "$root"
}

guest_build() {
	local suite=$1 dir=$2 root=$2/root
	shift 2
	apt_unpack "$suite" "$root" "$@" || return 1
	guest_configure "$root"
	image_make "$root" "$dir/image" 64
	cp "$root/usr/bin/busybox" "$dir/busybox"
	rm -rf "$root"
}

# guest_prepare: sets GUEST_IMAGE. The same rules as for kernels (kernel_prepare).
guest_prepare() {
	local suite link packages key dir
	suite=$(guest_suite)
	link=$CACHE/guest/$suite
	key=$(cksum <"$VM_DIR/guest.sh" | cut -d' ' -f1)
	if ! { fresh "$link/checked" && [ "$(cat "$link/recipe")" = "$key" ]; }; then
		if apt_refresh "$suite" && packages=$(apt_closure "$suite" "${GUEST_PACKAGES[@]}") &&
			[ -n "$packages" ]; then
			dir=$CACHE/guest/$suite-$(cksum <<<"$key $packages" | cut -d' ' -f1)
			if [ ! -e "$dir/recipe" ]; then
				say "building the guest of $suite: $(wc -l <<<"$packages") packages"
				rm -rf "$dir" "$dir.new"
				mkdir -p "$dir.new"
				# shellcheck disable=SC2086 # one word a package
				guest_build "$suite" "$dir.new" $packages || die "the guest cannot be built"
				echo "$key" >"$dir.new/recipe"
				mv "$dir.new" "$dir"
			fi
			touch "$dir/checked"
			replace_link "$link" "$dir"
		elif [ ! -e "$link/recipe" ]; then
			die "the guest's packages ($suite) cannot be fetched"
		fi
	fi
	GUEST_DIR=$(readlink -f "$link")
	GUEST_IMAGE=$GUEST_DIR/image
}

with_for_run() { :; }
