# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# --module DIR: a kernel module of ours, DIR/Kbuild, built for each kernel of a run. It is built with
# what Debian builds that kernel's modules with: linux-headers of exactly the kernel's version and
# the compiler, make and pahole of its suite, unpacked into a directory of its own and run in there
# (chroot; without root in a user namespace). Nothing of the host's compiler or libc is used.
#
# The guest finds under $PATHLAG_MODULES: NAME.ko, NAME_nobtf.ko (the same without its BTF), or `why`,
# a line that says why there is none: a kernel without its headers does not stop a run.
#
#   modules_for_run DIR   builds what is missing for the caller's machines=(NAME=KERNEL-DIR...); sets
#                         MODULES=(RELEASE=DIR or reason...)
#   modules_into DIR      puts them there, one directory a kernel release

HEADER_TOOLS=(base-files bash binutils coreutils dash findutils gawk grep gzip lz4 make sed xz-utils zstd)

# The image itself is not needed to build, and trixie's headers would bring it along.
headers_packages() { # SUITE KERNEL-DIR
	local suite=$1 release version pahole=pahole
	release=$(cat "$2/release")
	version=$(tr ' ' '\n' <"$2/packages" | sed -n 's/^linux-image-[^=]*=//p' | head -n 1)
	[ "$suite" != bullseye ] || pahole=dwarves
	apt_closure "$suite" "linux-headers-$release=$version" "$pahole" "${HEADER_TOOLS[@]}" |
		grep -v -e '^linux-image' -e '^initramfs-tools' -e '^dracut'
}

# The kernel as ELF, for its BTF: somewhere in vmlinuz, packed, with more behind it, which the
# unpackers complain about after they have done their work.
headers_vmlinux() { # ROOT VMLINUZ FILE
	local magic unpack offset
	while read -r magic unpack; do
		printf -v magic %b "$magic"
		for offset in $(LC_ALL=C grep -aboF "$magic" "$2" | cut -d: -f1); do
			tail -c "+$((offset + 1))" "$2" | headers_chroot "$1" "$unpack" -dc >"$3" 2>/dev/null || true
			[ "$(head -c 4 "$3" | tr -d '\0')" != $'\177ELF' ] || return 0
		done
	done <<-'END'
		\xfd7zXZ xz
		\x28\xb5\x2f\xfd zstd
		\x02!L\x18 lz4
		\x1f\x8b\x08 gzip
	END
	say "no kernel was found in $2"
	return 1
}

headers_chroot() { # ROOT COMMAND...: in there, with the host's /dev and /proc; root only in name
	local root=$1 map=()
	shift
	[ "$(id -u)" = 0 ] || map=(--map-root-user)
	# shellcheck disable=SC2016 # for the inner shell
	unshare "${map[@]}" --mount sh -c '
		mount --rbind /dev "$0/dev" && mount --rbind /proc "$0/proc" &&
			exec env -i PATH=/usr/sbin:/usr/bin LC_ALL=C chroot "$0" "$@"
	' "$root" "$@"
}

headers_build() { # SUITE KERNEL-DIR PACKAGES DIR
	local kernel=$2 root=$4/root release src
	release=$(cat "$2/release")
	src=$root/usr/src/linux-headers-$release
	# shellcheck disable=SC2086 # one word a package
	apt_unpack "$1" "$root" $3
	ln -sf dash "$root/usr/bin/sh"
	ln -sf gawk "$root/usr/bin/awk"
	rm -rf "$root"/usr/share/{doc,man,locale,info}
	PATH=$PATH:/sbin:/usr/sbin ldconfig -r "$root"
	mkdir -p "$root"/{dev,proc,tmp,module}
	# Where kbuild looks for the BTF that a module's own BTF builds on.
	headers_vmlinux "$root" "$kernel/vmlinuz" "$src/vmlinux"
	# Debian's 6.1 lacks this tool, which a module that names no kernel types needs nothing from.
	mkdir -p "$src/tools/bpf/resolve_btfids"
	[ -e "$src/tools/bpf/resolve_btfids/resolve_btfids" ] ||
		ln -s /bin/true "$src/tools/bpf/resolve_btfids/resolve_btfids"
	echo "$release" >"$4/release"
}

headers_prepare() { # SUITE KERNEL-DIR: $CACHE/headers/SUITE is made for that very kernel
	local suite=$1 kernel=$2 link=$CACHE/headers/$1 packages
	if [ -e "$link/release" ] && cmp -s "$link/release" "$kernel/release" &&
		cmp -s "$link/recipe" <(cksum <"$VM_DIR/headers.sh"); then
		touch "$link/checked"
		return 0
	fi
	apt_refresh "$suite" && packages=$(headers_packages "$suite" "$kernel") && [ -n "$packages" ] ||
		return 1
	say "headers of $(cat "$kernel/release"): $(wc -l <<<"$packages") packages of $suite"
	cache_make "$link" "$VM_DIR/headers.sh" "$packages" headers_build "$suite" "$kernel" "$packages"
}

module_build() { # SOURCE HEADERS-DIR DIR
	local source=$1 root=$2/root dir=$3 release file
	release=$(cat "$2/release")
	rm -rf "$root/module"
	cp -rL "$source" "$root/module"
	if ! headers_chroot "$root" make -C "/usr/src/linux-headers-$release" M=/module modules \
		>"$dir/log" 2>&1; then
		cat "$dir/log" >&2
		return 1
	fi
	for file in "$root"/module/*.ko; do
		cp "$file" "$dir/"
		headers_chroot "$root" objcopy --remove-section=.BTF --remove-section=.BTF.base \
			--remove-section=.BTF_ids "/module/${file##*/}" /module/nobtf
		mv "$root/module/nobtf" "$dir/$(basename "$file" .ko)_nobtf.ko"
	done
	rm -rf "$root/module"
	mkdir "$root/module"
}

module_prepare() { # SUITE KERNEL-DIR SOURCE
	local link=$CACHE/modules/$1 headers=$CACHE/headers/$1
	headers_prepare "$1" "$2" || { MODULE_WHY="the headers of $(cat "$2/release") could not be had"; return 1; }
	cache_make "$link" "$VM_DIR/headers.sh" "$(readlink "$headers") $(cat "$3"/* | cksum)" \
		module_build "$3" "$headers" || { MODULE_WHY="it could not be built"; return 1; }
}

modules_for_run() {
	local machine suite kernel MODULE_WHY
	[ -n "$1" ] || return 0
	[ -e "$1/Kbuild" ] || usage "--module $1: no Kbuild in it"
	MODULES=()
	for machine in "${machines[@]}"; do
		kernel=${machine#*=} suite=$(kernel_suite "${machine%%=*}")
		[ -n "$kernel" ] || continue
		if module_prepare "$suite" "$kernel" "$1"; then
			MODULES+=("$(cat "$kernel/release")=$(readlink -f "$CACHE/modules/$suite")")
		else
			say "kernel ${machine%%=*}: $1: $MODULE_WHY"
			MODULES+=("$(cat "$kernel/release")=$MODULE_WHY")
		fi
	done
}

modules_into() {
	local module into
	for module in ${MODULES[@]+"${MODULES[@]}"}; do
		into=$1/${module%%=*}
		mkdir -p "$into"
		if [ -d "${module#*=}" ]; then
			cp "${module#*=}"/*.ko "$into/"
		else
			echo "${module#*=}" >"$into/why"
		fi
	done
}
