# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A private apt per suite, beside the system's: its own source list, lists and downloads, and an
# empty dpkg status. The mirror is the one the system's apt is set up with.
#
#   apt_refresh SUITE            lists there, at most a day old where the mirror answers
#   apt_in SUITE TOOL ARG...     apt-get or apt-cache with that suite only
#   apt_closure SUITE PKG...     PKG=VERSION of the packages and all they depend on
#   apt_unpack SUITE DIR P=V...  download and unpack, maintainer scripts not run

# The URI of the system's own Debian archive: the first suite that is not an add-on of another.
apt_uri() {
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		awk '$3 == "main" && $2 !~ /-(security|updates|backports)/ { print $1; exit }'
}

apt_in() {
	local suite=$1 tool=$2
	shift 2
	APT_CONFIG=$CACHE/apt/$suite/apt.conf "$tool" -q "$@"
}

apt_setup() {
	local suite=$1 dir=$CACHE/apt/$1 uri key=/usr/share/keyrings/debian-archive-keyring.gpg
	uri=$(apt_uri)
	[ -n "$uri" ] || { say "apt has no Debian archive configured"; return 1; }
	mkdir -p "$dir"/{lists,archives}/partial
	: >"$dir/status"
	echo "deb [signed-by=$key] $uri $suite main" >"$dir/sources.list"
	cat >"$dir/apt.conf" <<-END
		Dir::State "$dir";
		Dir::State::status "$dir/status";
		Dir::Cache "$dir";
		Dir::Etc::sourcelist "$dir/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Acquire::Languages "none";
		Acquire::Retries "2";
		Acquire::http::Timeout "20";
		Acquire::https::Timeout "20";
		APT::Sandbox::User "";
		APT::Install-Recommends "false";
	END
}

apt_refresh() {
	local suite=$1 dir=$CACHE/apt/$1
	fresh "$dir/refreshed" && return 0
	apt_setup "$suite" || return 1
	if apt_in "$suite" apt-get -qq -o APT::Update::Error-Mode=any update >"$dir/log" 2>&1; then
		touch "$dir/refreshed"
		return 0
	fi
	[ -e "$dir/refreshed" ] || { say "no package lists for $suite: $(tail -n 1 "$dir/log")"; return 1; }
	say "package lists of $suite could not be refreshed; the old ones are used"
}

apt_closure() {
	local suite=$1
	shift
	apt_in "$suite" apt-get -s -o APT::Get::Show-Versions=0 install "$@" |
		sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1=\2/p' | sort
}

apt_unpack() {
	local suite=$1 root=$2 debs deb
	shift 2
	debs=$(mktemp -d "$CACHE/apt/$suite/debs.XXXXXX")
	if ! (cd "$debs" && apt_in "$suite" apt-get download "$@") >"$debs/log" 2>&1; then
		say "download failed: $(tail -n 1 "$debs/log")"
		rm -rf "$debs"
		return 1
	fi
	# Debian's merged /usr: the links must be there first and survive packages that ship /bin/x.
	mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
	for deb in bin sbin lib lib64; do ln -sfn "usr/$deb" "$root/$deb"; done
	for deb in "$debs"/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink --no-same-owner -C "$root"
	done
	rm -rf "$debs"
}
