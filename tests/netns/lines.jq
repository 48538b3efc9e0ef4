# SPDX-License-Identifier: GPL-2.0-only
# Short names for the lines of a run (all of them in one array), used by expect.

def of(t): map(select(.type == t));
def one(what): if length == 1 then .[0] else error("\(length) \(what) lines, wanted one") end;

# The connect line, where there is just one; the list of them.
def connects: of("connect");
def connect: connects | one("connect");

# The same of what servers here accept.
def accepts: of("accept");
def accept: accepts | one("accept");

# The DNS line of that query type, the list of them.
def lookups: of("dns");
def dns(qtype): lookups | map(select(.dns.qtype == qtype)) | one("dns \(qtype)");

def summary: of("summary") | one("summary");
def at(what): .timeline | map(.at) | index(what) != null;
