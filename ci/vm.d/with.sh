# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# --with: Debian packages beside the guest's own, each in an image of its own with all the libraries
# it needs, mounted at /opt/PACKAGE. They may come from a newer suite than the guest, so each program
# is started by its own loader: /opt/PACKAGE/bin/PROGRAM is a short script that does it.

# In every guest. The jq of bookworm takes 23 times as many instructions to start as that of trixie, and its
# starts were a fifth of a suite's time. The suites that run on the host are judged by the host's.
WITH_ALWAYS=jq/trixie

# PACKAGE/SUITE names one; else the first that has the package: the guest's own is nearest to what a
# user would run.
with_suite() { # PACKAGE SUITE...
	local package=$1 suite
	shift
	for suite; do
		apt_refresh "$suite" || continue
		[ -z "$(apt_in "$suite" apt-cache show "$package" 2>/dev/null)" ] || { echo "$suite"; return 0; }
	done
	return 1
}

# The loader is run under the program's name, so that ps and /proc/PID/comm tell what runs.
with_script() {
	local package=$1 program=$2 dir=$3
	ln -s ../root/usr/lib64/ld-linux-x86-64.so.2 "$dir/loader/${program##*/}"
	cat >"$dir/bin/${program##*/}" <<-END
		#!/bin/sh
		exec /opt/$package/loader/${program##*/} --argv0 ${program##*/} --library-path \\
		/opt/$package/root/usr/lib/x86_64-linux-gnu:/opt/$package/root/usr/lib \\
		/opt/$package/root$program "\$@"
	END
	chmod 755 "$dir/bin/${program##*/}"
}

with_programs() { # ROOT; paths of the package on stdin: its own programs
	local root=$1 path
	while read -r path; do
		case $path in
		/bin/* | /sbin/*) path=/usr$path ;;
		/usr/bin/* | /usr/sbin/*) ;;
		*) continue ;;
		esac
		[ -x "$root$path" ] && [ "$(head -c 4 "$root$path" | tr -d '\0')" = $'\177ELF' ] || continue
		echo "$path"
	done
}

with_build() { # SUITE PACKAGE CLOSURE DIR
	local suite=$1 package=$2 dir=$4 tree=$4/tree program
	mkdir -p "$tree"/{bin,loader}
	# shellcheck disable=SC2086 # one word a package
	apt_unpack "$suite" "$tree/root" $3
	(cd "$dir" && apt_in "$suite" apt-get download "$package") >/dev/null
	dpkg-deb -c "$dir/$package"_*.deb | sed -n 's/^-.* \.\(\/.*\)$/\1/p' |
		with_programs "$tree/root" >"$dir/programs"
	[ -s "$dir/programs" ] || { say "$package has no programs"; return 1; }
	while read -r program; do
		with_script "$package" "$program" "$tree"
	done <"$dir/programs"
	echo "$package" >"$tree/name"
	rm -rf "$tree"/root/usr/share/{doc,man,locale,info,lintian}
	image_make "$tree" "$dir/image" 16
	rm -rf "$tree" "$dir"/*.deb
}

with_link() { # PACKAGE[/SUITE]
	echo "$CACHE/with/${1/\//@}"
}

with_prepare() { # PACKAGE[/SUITE]: the same rules as for kernels
	local package=${1%/*} link recipe=$VM_DIR/with.sh suite packages
	local -a suites=("$(guest_suite)" trixie sid)
	[[ $1 != */* ]] || suites=("${1#*/}")
	link=$(with_link "$1")
	! cache_current "$link" "$recipe" || return 0
	if ! suite=$(with_suite "$package" "${suites[@]}") ||
		! packages=$(apt_closure "$suite" "$package"); then
		[ -e "$link/image" ] || die "package $package cannot be looked up"
		say "package $package: looked up in vain, the cached one is used"
		return 0
	fi
	say "$package: $(wc -l <<<"$packages") packages of $suite"
	cache_make "$link" "$recipe" "$packages" with_build "$suite" "$package" "$packages" ||
		die "package $package cannot be fetched"
}

# with_for_run P,Q/SUITE: adds run.py's options for these disks, and for what is always there, to the
# caller's disks=().
with_for_run() {
	local package
	local -a packages=()
	IFS=, read -r -a packages <<<"$1"
	for package in "$WITH_ALWAYS" ${packages[@]+"${packages[@]}"}; do
		[[ $package =~ ^[a-z0-9][a-z0-9.+-]*(/[a-z]+)?$ ]] ||
			usage "--with $package: neither PACKAGE nor PACKAGE/SUITE"
		with_prepare "$package"
		disks+=(--disk "with${#disks[@]}=$(with_link "$package")/image")
	done
}
