# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The cache's rule: a directory NAME-KEY is complete or absent, where KEY sums up the packages it was
# made of and the RECIPE, the script that made it; a link NAME points to the current one.
#
#   cache_current LINK RECIPE           looked up within a day and made by this recipe
#   cache_make LINK RECIPE PACKAGES COMMAND...
#                                       LINK is the directory for these packages; where there is
#                                       none COMMAND makes it, in the directory given last to it
#   image_make DIR FILE MB              an ext4 image of DIR with MB to spare, no root needed

fresh() { [ -n "$(find "$1" -maxdepth 0 -mmin -1440 2>/dev/null)" ]; }

cache_current() {
	fresh "$1/checked" && cmp -s "$1/recipe" <(cksum <"$2")
}

cache_make() {
	local link=$1 recipe=$2 packages=$3 dir old
	shift 3
	dir=$link-$(cksum <<<"$(cksum <"$recipe") $packages" | cut -d' ' -f1)
	[ -e "$dir" ] || cache_fill "$dir" "$recipe" "$@" || return 1
	touch "$dir/checked"
	ln -sfn "${dir##*/}" "$link"
	for old in "$link"-*; do
		fresh "$old/checked" || rm -rf "$old"
	done
}

# Run apart, because `set -e` does not reach into a function whose status is looked at.
cache_fill() {
	local dir=$1 recipe=$2 status
	shift 2
	rm -rf "$dir.new"
	mkdir "$dir.new"
	bash -euo pipefail -c '. "$0/load.sh"; "$@"' "$VM_DIR" "$@" "$dir.new" 9>&-
	status=$?
	[ $status = 0 ] && cksum <"$recipe" >"$dir.new/recipe" && mv "$dir.new" "$dir" && return 0
	rm -rf "$dir.new"
	return 1
}

image_make() {
	local size
	size=$(($(du -sm --apparent-size "$1" | cut -f1) * 5 / 4 + $3))
	truncate -s "${size}M" "$2"
	PATH=$PATH:/usr/sbin:/sbin \
		mke2fs -q -F -t ext4 -d "$1" -O ^has_journal -m 0 -E root_owner=0:0 -L pathlag "$2"
}
