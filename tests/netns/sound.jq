# SPDX-License-Identifier: GPL-2.0-only
# sound: what is wrong with a run's lines, as a list of sentences. Empty is good.

def types: ["meta", "dns", "connect", "accept", "drop", "hop", "packet", "histogram", "lost",
	"summary"];
def results: ["established", "refused", "timeout", "unreachable", "abandoned", "failed",
	"in_progress"];
def links: ["answer", "getaddrinfo", "host_cache", "heuristic", "none", "not_observed"];
def accept_results: ["accepted", "established", "overflow", "reset", "timeout", "in_progress"];
def accept_phases: ["syn_recv", "network", "queue"];
def phases: ["dns", "think", "route", "neigh", "egress", "rto_wait", "network", "ingress",
	"wakeup"];

# 2^53 is where jq, and JavaScript, begin to round.
def too_big: [.. | numbers | select(. >= 9007199254740992 or . <= -9007199254740992)];
def integers_but_some: del(.verdict?.share?, .verdict?.also[]?.share?, .drop_counts?[]?.rate_per_s?) | [.. | numbers | select(. != floor)];
def ordered: map(.t_ns) | . == sort;

def has_keys($type; $keys): $keys[] as $key
	| if has($key) | not then "\($type) line without \($key)" else empty end;

# The cause is named once; but two times of which nothing was observed are two, in other words.
# Evidence are indexes into the line's own timeline, ascending, and none is a call.
def wrong_verdict:
	(if .verdict | .cause and .text and (.share >= 0) and (.share <= 1)
			and (.hint | type) == "string"
		| not then "verdict not complete: \(.verdict)" else empty end),
	(if .verdict.also | type == "array" and all(.[]; .cause and .text and .share >= 0 and .share <= 1)
		| not then "verdict.also not complete: \(.verdict.also)" else empty end),
	(if .verdict as $main | any(.verdict.also[]?;
			.cause == $main.cause and (.cause != "unknown" or .text == $main.text))
		then "verdict.also repeats the cause: \(.verdict)" else empty end),
	(if has("timeline") then
		.timeline as $timeline | .verdict.evidence
		| if type == "array" and . == unique
				and all(.[]; . >= 0 and . < ($timeline | length) and $timeline[.].at != "hop")
			| not then "evidence \(.) of \($timeline | length) points" else empty end
	else empty end);

# Of a connect and of an accept.
def wrong_span($known):
	(if (.phase_ns | add // 0) != .dur_ns
		then "phases sum to \(.phase_ns | add), dur_ns is \(.dur_ns)" else empty end),
	(if (.phase_ns | keys) - $known != [] then "phase unknown: \(.phase_ns | keys)" else empty end),
	(if any(.phase_ns[]; . < 0) then "negative phase: \(.phase_ns)" else empty end),
	(if .timeline | ordered | not then "timeline not in order: \(.timeline)" else empty end),
	(if .tuple | .daddr and .dport and .family and .proto | not
		then "tuple not complete: \(.tuple)" else empty end),
	wrong_verdict;

# What a queue was found full by; of an accept's queue, and of a connect's server.
def wrong_queue:
	(if .overflowed > 0 and (has("overflow") | not) then "overflowed, but which queue? \(.)" else empty end),
	(if has("overflow") and ([.overflow] - ["accept_queue", "syn_queue"] != []
			or (has("inferred") and has("final_ack") | not))
		then "overflow not complete: \(.)" else empty end),
	(if (has("accept_len") or has("syn_len")) != has("accept_max") then "half a queue: \(.)" else empty end);

def wrong_accept:
	wrong_span(accept_phases),
	has_keys("accept"; ["netns", "tuple", "result", "syn", "syn_ack", "queue", "drops", "timeline"]),
	(if [.result] - accept_results != [] then "result unknown: \(.result)" else empty end),
	(if .result == "accepted" and (has("owner") and has("sk") | not)
		then "accepted, but by whom? \(.)" else empty end),
	(if .result == "overflow" and (.queue | has("overflow") | not)
		then "overflow of which queue? \(.queue)" else empty end),
	(if .syn.received < 0 or .syn_ack.retransmits != ([.syn_ack.sent - 1, 0] | max)
		then "SYN-ACKs not counted well: \(.syn_ack)" else empty end),
	(.queue | wrong_queue);

def wrong_connect:
	wrong_span(phases),
	(if .connect_ns > .dur_ns then "connect_ns \(.connect_ns) > dur_ns \(.dur_ns)" else empty end),
	(if [.result] - results != [] then "result unknown: \(.result)" else empty end),
	(if [.dns_link] - links != [] then "dns_link unknown: \(.dns_link)" else empty end),
	(if (.errno | type) as $t | $t != "null" and $t != "string" then "errno: \(.errno)" else empty end),
	(if .result == "established" and .errno != null then "established with \(.errno)" else empty end),
	has_keys("connect"; ["owner", "netns", "tuple", "dns_link", "syn", "drops", "timeline"]),
	(.server // empty | wrong_queue);

def wrong_dns:
	(("owner", "netns", "dns", "result", "dur_ns") as $key
		| if has($key) | not then "dns line without \($key)" else empty end),
	(if .dns | (.tries | type) == "number" and (.answers | type) == "array" and .source
			and (.source != "packet" or (.transport and .qtype))
		| not then "dns not complete: \(.dns)" else empty end),
	(if .dur_ns < 0 then "negative duration" else empty end),
	wrong_verdict;

def wrong_drop:
	(("cpu", "len", "drop") as $key
		| if has($key) | not then "drop line without \($key)" else empty end),
	(if [.drop.direction] - ["ingress", "egress"] != [] then "direction: \(.drop)" else empty end),
	(if .drop | .reason or .location | not then "neither why nor where: \(.drop)" else empty end),
	(if .drop.reason == "CONSUMED" or .drop.reason == "NOT_DROPPED_YET"
		then "no drop: \(.drop)" else empty end);

# Bounds are powers of two, without a gap, and nothing is counted twice or left out.
def wrong_histogram:
	has_keys("histogram"; ["side", "phase", "by", "result", "buckets", "count", "sum_ns"]),
	(if [.side] - ["connect", "accept"] != [] then "side unknown: \(.side)" else empty end),
	(if .phase == "total" then empty
		elif .side == "connect" then [.phase] - phases else [.phase] - accept_phases end
		| if . != [] then "phase unknown: \(.)" else empty end),
	(if [.result] - results - accept_results != [] then "result unknown: \(.result)" else empty end),
	(if (.buckets | map(.count) | add) != .count or .count < 1
		then "buckets add up to \(.buckets | map(.count) | add), not \(.count)" else empty end),
	(.buckets | if .[0].count < 1 or .[-1].count < 1 then "empty buckets at an end: \(.)" else empty end,
		if ([range(1; length) as $i | .[$i].le_ns != 2 * .[$i - 1].le_ns] | any)
			or (.[0].le_ns | log2 | . != floor)
			then "bounds: \(map(.le_ns))" else empty end),
	(if .sum_ns > ([.buckets[] | .le_ns * .count] | add) and .buckets[-1].le_ns < 4503599627370496
		then "sum_ns \(.sum_ns) is more than the buckets allow" else empty end);

def wrong_line:
	(if .v != 1 then "v is \(.v)" else empty end),
	(if [.type] - types != [] then "type unknown: \(.type)" else empty end),
	(if too_big != [] then "number too big: \(too_big[0]) in a \(.type) line" else empty end),
	(if integers_but_some != [] then "not an integer: \(integers_but_some[0]) in \(.type)" else empty end),
	(if .type == "drop" then wrong_drop else empty end),
	(if .type == "accept" then wrong_accept elif .type == "histogram" then wrong_histogram
		else empty end),
	(if .type == "connect" then wrong_connect elif .type == "dns" then wrong_dns else empty end);

# The summary counts what was printed, unless the run was told to print only some.
def wrong_count($type; $counts):
	(.[0].cmdline // [] | any(. == "--failed" or startswith("--slower-than"))) as $some
	| (map(select(.type == $type).result)) as $seen
	| ($counts | to_entries[]
		| .key as $result | .value as $count
		| ($seen | map(select(. == $result)) | length) as $lines
		| if $some | not then select($lines != $count)
			| "summary says \($count) \($result), there are \($lines) such \($type) lines" else empty end);

def wrong_summary:
	wrong_count("connect"; .[-1].connects // {}),
	wrong_count("accept"; .[-1].accepts // {}),
	(if .[0].command == "connect" and (.[-1] | has("accepts") | not)
		then "the summary does not count accepts" else empty end);

# Where drops are counted, each line is in its row and its reason's count.
def wrong_drop_counts:
	map(select(.type == "drop")) as $seen
	| (.[-1] | select(.drop_counts)
		| ((.drop_counts | map(.count) | add // 0) + .drop_counts_other) as $rows
		| if $rows != .drop_total then "rows add up to \($rows) of \(.drop_total) drops" else empty end,
		if ($seen | length) != .drop_total
			then "\($seen | length) drop lines, the summary says \(.drop_total)" else empty end,
		if ($seen | group_by(.drop.reason // "unknown")
				| map({(.[0].drop.reason // "unknown"): length}) | add // {}) != .drops
			then "reasons of the lines are not those of the summary: \(.drops)" else empty end);

# The totals count each line, the slowest are the slowest lines; only where they were asked for.
def wrong_histograms:
	map(select(.type == "connect" or .type == "accept")) as $seen
	| map(select(.type == "histogram" and .phase == "total")) as $totals
	| if .[-1] | has("slowest") | not then
		(if map(select(.type == "histogram")) != [] then "histograms, but none slowest" else empty end)
	else
		(("connect", "accept") as $side
			| ($seen | map(select(.type == $side)) | group_by(.result)
				| map({(.[0].result): [length, (map(.dur_ns) | add)]}) | add) as $lines
			| ($totals | map(select(.side == $side)) | group_by(.result)
				| map({(.[0].result): [(map(.count) | add), (map(.sum_ns) | add)]}) | add) as $counted
			| if $lines != $counted
				then "\($side) lines are \($lines), the histograms say \($counted)" else empty end),
		(.[-1].slowest | map(.dur_ns)) as $slowest
			| if $slowest != ($seen | map(.dur_ns) | sort | reverse | .[:10])
				then "these are not the slowest: \($slowest)" else empty end
	end;

def sound: [
	(if .[0].type != "meta" then "the first line is \(.[0].type), not meta" else empty end),
	(if .[-1].type != "summary" then "the last line is \(.[-1].type), not summary" else empty end),
	(.[] | wrong_line),
	wrong_summary,
	wrong_drop_counts,
	wrong_histograms
];
