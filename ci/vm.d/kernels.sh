# SPDX-License-Identifier: GPL-2.0-only
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

# The metapackage leads to one image; newer ones keep binary and modules in packages of their own.
kernel_packages() {
	local suite=$1 name
	apt_in "$suite" apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
		--no-breaks --no-replaces --no-enhances linux-image-cloud-amd64 |
		grep -xE 'linux-(image|binary|modules)-[0-9].*-cloud-amd64' | sort -u |
		while read -r name; do
			echo "$name=$(apt_in "$suite" apt-cache show "$name" | sed -n 's/^Version: //p' | head -n 1)"
		done
}

# What must be loaded before the root image can be mounted: `insmod` order, none if built in.
kernel_early() {
	local root=$1 release=$2 into=$3 module path n=10
	mkdir -p "$into"
	for module in virtio_pci virtio_blk virtio_console virtio_rng; do
		modprobe -d "$root/usr" -S "$release" --show-depends "$module" | sed -n 's/^insmod //p'
	done | awk '!seen[$1]++ { print $1 }' | while read -r path; do
		cp "$path" "$into/$n-${path##*/}"
		n=$((n + 1))
	done
}

kernel_build() {
	local suite=$1 dir=$2 root release vmlinuz
	shift 2
	root=$dir/root
	apt_unpack "$suite" "$root" "$@" || return 1
	release=$(ls "$root/usr/lib/modules")
	vmlinuz=$(find "$root" -name "vmlinuz*" -type f | head -n 1)
	[ -n "$release" ] && [ -n "$vmlinuz" ] || { say "no kernel in $*"; return 1; }
	# Unpacked once here, so that the guest's slow processor need not, at each modprobe.
	find "$root/usr/lib/modules" -name '*.ko.xz' -exec xz -d {} +
	find "$root/usr/lib/modules" -name '*.ko.zst' -exec zstd -q -d --rm {} +
	depmod -b "$root" "$release"
	kernel_early "$root" "$release" "$dir/early"
	rm -rf "$root/usr/lib/modules/$release"/{build,source}
	image_make "$root/usr/lib/modules" "$dir/modules.ext4" 32
	cp "$vmlinuz" "$dir/vmlinuz"
	echo "$release" >"$dir/release"
	rm -rf "$root"
}

# kernel_prepare NAME: $CACHE/kernels/SUITE is a link to a complete kernel, the current one if the
# mirror can be asked.
kernel_prepare() {
	local suite link packages key dir
	suite=$(kernel_suite "$1") || { say "no kernel is called '$1' (${KERNELS[*]}, all)"; return 1; }
	link=$CACHE/kernels/$suite
	fresh "$link/checked" && return 0
	if ! apt_refresh "$suite" || ! packages=$(kernel_packages "$suite") || [ -z "$packages" ]; then
		[ -e "$link/release" ] || { say "kernel $1 ($suite) cannot be fetched"; return 1; }
		say "kernel $1 ($suite): looked up in vain, the cached $(cat "$link/release") is used"
		return 0
	fi
	key=$(cksum <<<"$packages $(cat "$VM_DIR/kernels.sh")" | cut -d' ' -f1)
	dir=$CACHE/kernels/$suite-$key
	if [ ! -e "$dir/release" ]; then
		say "fetching kernel $1: $(tr '\n' ' ' <<<"$packages")"
		rm -rf "$dir"
		# shellcheck disable=SC2086 # one word a package
		if ! kernel_build "$suite" "$dir.new" $packages || ! mv "$dir.new" "$dir"; then
			rm -rf "$dir.new"
			say "kernel $1 ($suite) cannot be fetched"
			return 1
		fi
		echo "$packages" >"$dir/packages"
	fi
	touch "$dir/checked"
	replace_link "$link" "$dir"
}

# kernels_for_run NAME...: fills machines=(NAME=DIR...) of the caller, honouring the skip list.
kernels_for_run() {
	local name
	for name in "$@"; do
		kernel_suite "$name" >/dev/null || usage "no kernel is called '$name' (${KERNELS[*]}, all)"
		if kernel_prepare "$name"; then
			machines+=("$name=$(readlink -f "$CACHE/kernels/$(kernel_suite "$name")")")
		elif [[ " ${PATHLAG_SKIP_KERNELS:-} " == *" $name "* ]]; then
			machines+=("$name=")
		else
			die "kernel $name is missing (PATHLAG_SKIP_KERNELS=$name leaves it out)"
		fi
	done
}
