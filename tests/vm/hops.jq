# SPDX-License-Identifier: GPL-2.0-only
# Short names for what `pathlag trace` prints, beside those of tests/netns/lines.jq. Each expression
# of a case begins with this text, so it is short.

def hops: of("hop");
def packets: of("packet");
def entries: hops | map(select(.edge != "return"));
def returns: hops | map(select(.edge == "return"));

# Of a list of hops.
def in(f): map(select(.probe.func == f));
def flags(f): map(select(.tcp.flags == f));
def funcs: map(.probe.func);
def ids: map(.packet_id) | unique;

# Each name is there, and is first seen after the one before it.
def in_order($names): . as $all | ($names | map(. as $name | $all | index($name)))
	| all(. != null) and . == sort;
