# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Debian's cloud kernels, by name. One directory each in the cache, complete or absent:
# vmlinuz, release, packages, early/ (modules the initramfs loads, in order), modules.ext4.

KERNELS=(5.10 6.1 6.12 newest)

kernel_suite() {
	case $1 in
	5.10) echo bullseye ;;
	6.1) echo bookworm ;;
	6.12) echo trixie ;;
	newest) echo sid ;;
	*) return 1 ;;
	esac
}

# The metapackage leads to one image; newer ones keep binary, modules and lists in packages of their own.
kernel_packages() {
	local suite=$1 name
	apt_in "$suite" apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
		--no-breaks --no-replaces --no-enhances linux-image-cloud-amd64 |
		grep -xE 'linux-(image|base|binary|modules)-[0-9].*-cloud-amd64' | sort -u |
		while read -r name; do
			echo "$name=$(apt_in "$suite" apt-cache show "$name" | sed -n 's/^Version: //p' | head -n 1)"
		done
}

# What must be loaded before the root image can be mounted: `insmod` order, none if built in.
kernel_early() {
	local root=$1 release=$2 into=$3 module path n=10
	mkdir -p "$into"
	for module in virtio_pci virtio_blk virtio_console virtio_rng; do
		modprobe -d "$root/usr" -S "$release" --show-depends "$module"
	done | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }' | while read -r path; do
		cp "$path" "$into/$n-${path##*/}"
		n=$((n + 1))
	done
}

kernel_build() { # SUITE PACKAGES DIR
	local suite=$1 dir=$3 root=$3/root release vmlinuz
	# shellcheck disable=SC2086 # one word a package
	apt_unpack "$suite" "$root" $2
	release=$(ls "$root/usr/lib/modules")
	vmlinuz=$(find "$root" -name 'vmlinuz*' -type f)
	mv "$vmlinuz" "$dir/vmlinuz"
	# Unpacked once here, so that the guest's slow processor need not, at each modprobe.
	find "$root/usr/lib/modules" -name '*.ko.xz' -exec xz -d {} +
	find "$root/usr/lib/modules" -name '*.ko.zst' -exec zstd -q -d --rm {} +
	depmod -b "$root" "$release"
	kernel_early "$root" "$release" "$dir/early"
	rm -rf "$root/usr/lib/modules/$release"/{build,source}
	image_make "$root/usr/lib/modules" "$dir/modules.ext4" 16
	echo "$2" >"$dir/packages"
	echo "$release" >"$dir/release"
	rm -rf "$root"
}

# kernel_prepare NAME: $CACHE/kernels/SUITE is a complete kernel, the mirror's current one if that
# can be asked.
kernel_prepare() {
	local suite link packages recipe=$VM_DIR/kernels.sh
	suite=$(kernel_suite "$1") || { say "no kernel is called '$1' (${KERNELS[*]}, all)"; return 1; }
	link=$CACHE/kernels/$suite
	! cache_current "$link" "$recipe" || return 0
	if ! apt_refresh "$suite" || ! packages=$(kernel_packages "$suite") || [ -z "$packages" ]; then
		[ -e "$link/release" ] || { say "kernel $1 ($suite) cannot be looked up"; return 1; }
		say "kernel $1 ($suite): looked up in vain, the cached $(cat "$link/release") is used"
		return 0
	fi
	say "kernel $1: $(tr '\n' ' ' <<<"$packages")"
	cache_make "$link" "$recipe" "$packages" kernel_build "$suite" "$packages" ||
		{ say "kernel $1 ($suite) cannot be fetched"; return 1; }
}

# kernels_for_run NAME...: fills machines=(NAME=DIR...) of the caller, honouring the skip list.
kernels_for_run() {
	local name
	for name in "$@"; do
		if kernel_prepare "$name"; then
			machines+=("$name=$(readlink -f "$CACHE/kernels/$(kernel_suite "$name")")")
		elif [[ " ${PATHLAG_SKIP_KERNELS:-} " == *" $name "* ]]; then
			machines+=("$name=")
		else
			die "kernel $name is missing (PATHLAG_SKIP_KERNELS=$name leaves it out)"
		fi
	done
}
