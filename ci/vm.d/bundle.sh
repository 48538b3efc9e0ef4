# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What differs from run to run: a tar with the repo, the command and the guest's init, given to the
# machine as a disk, and one small initramfs per kernel. All in a run directory of its own.

# Files git knows or would know, and what the build made; without git, all files.
bundle_files() {
	local file
	if git -C "$REPO" rev-parse --git-dir >/dev/null 2>&1; then
		git -C "$REPO" ls-files -z --cached --others --exclude-standard
	else
		(cd "$REPO" && find . \( -path ./.git -o -path ./build \) -prune -o -type f -print0)
	fi | while read -r -d '' file; do
		# A file that is tracked but deleted would stop tar.
		[ -e "$REPO/$file" ] || [ -L "$REPO/$file" ] || continue
		printf '%s\0' "$file"
	done
	[ ! -d "$REPO/build" ] || (cd "$REPO" &&
		find build -type f ! -name '*.o' ! -name '*.d' ! -name '*.a' -print0)
}

# A run directory whose process is gone was left by a kill -9.
bundle_sweep() {
	local dir pid
	for dir in "$CACHE"/run/*.*; do
		pid=${dir##*/} pid=${pid%%.*}
		[ ! -d "$dir" ] || kill -0 "$pid" 2>/dev/null || rm -rf "$dir"
	done
}

bundle_initrd() {
	local kernel=$1 out=$2 root=$RUN/initrd
	mkdir -p "$root"/{bin,dev,proc,sys,newroot,early}
	cp "$GUEST_DIR/busybox" "$root/bin/busybox"
	ln -s busybox "$root/bin/sh"
	find "$kernel/early" -name '*.ko' -exec cp -t "$root/early" {} +
	install -m 755 "$VM_DIR/guest/initrd" "$root/init"
	(cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$out"
	rm -rf "$root"
}

# bundle_make TIMED COMMAND ARG...: sets RUN, with bundle.tar and initrd-NAME of the caller's machines.
# TIMED, if any, is what those of --icount-too run.
bundle_make() {
	local machine timed=$1
	shift
	bundle_sweep
	RUN=$(mktemp -d "$CACHE/run/$$.XXXXXX")
	trap 'rm -rf "$RUN"' EXIT
	mkdir -p "$RUN/tree/vm" "$RUN/tree/src/pathlag"
	install -m 755 "$VM_DIR/guest/init" "$RUN/tree/vm/init"
	printf '%q ' "$@" >"$RUN/tree/vm/command"
	[ -z "$timed" ] || printf '%q ' bash -c "$timed" >"$RUN/tree/vm/command-icount"
	modules_into "$RUN/tree/vm/modules"
	bundle_files | tar -c -C "$REPO" --null -T - | tar -x -C "$RUN/tree/src/pathlag"
	tar -c -f "$RUN/bundle.tar" -C "$RUN/tree" --owner=0 --group=0 --numeric-owner .
	rm -rf "$RUN/tree"
	for machine in "${machines[@]}"; do
		[ -z "${machine#*=}" ] || bundle_initrd "${machine#*=}" "$RUN/initrd-${machine%%=*}"
	done
}
