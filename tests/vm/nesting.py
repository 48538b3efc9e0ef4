#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""nesting.py MIN-CALLS FILE - do the calls of `pathlag trace --json` nest?

Each task has a stack, and each CPU one for softirqs. On each, a return ends the latest open call of
its depth, took as long as lies between the two lines, and not less than all that it called."""
import collections
import json
import sys


class Wrong(Exception):
    pass


class Call:
    def __init__(self, line):
        self.func = line["probe"]["func"]
        self.depth = line["depth"]
        self.start = line["ts_ns"]
        self.inner = 0          # time of what it called

    def __str__(self):
        return f"{self.func} at {self.start}, depth {self.depth}"


class Stack:
    def __init__(self):
        self.open = []
        self.unseen = collections.Counter()

    def enter(self, line):
        # What is as deep as the new call, or deeper, is over though its return was not seen.
        while self.open and self.open[-1].depth >= line["depth"]:
            self.unseen[self.open.pop().func] += 1
        self.open.append(Call(line))

    def leave(self, line):
        while self.open and self.open[-1].depth > line["depth"]:
            self.unseen[self.open.pop().func] += 1
        if not self.open or self.open[-1].depth != line["depth"]:
            raise Wrong(f"return of {line['probe']['func']} without its call: {line}")
        call, took = self.open.pop(), line["dur_ns"]
        if call.func != line["probe"]["func"]:
            raise Wrong(f"{call} ends as {line['probe']['func']}")
        if took != line["ts_ns"] - call.start:
            raise Wrong(f"{call} took {took} ns, its lines are {line['ts_ns'] - call.start} apart")
        if took < call.inner:
            raise Wrong(f"{call} took {took} ns, what it called {call.inner}")
        if self.open:
            self.open[-1].inner += took


def main():
    stacks, calls, returns = collections.defaultdict(Stack), 0, 0
    with open(sys.argv[2]) as lines:
        for text in lines:
            if '"type":"hop"' not in text:
                continue
            line = json.loads(text)
            stack = stacks["tid", line["proc"]["tid"]] if "proc" in line else stacks["cpu", line["cpu"]]
            if line["edge"] == "return":
                stack.leave(line)
                returns += 1
            elif line["edge"] == "entry":
                stack.enter(line)
                calls += 1
    by_func = sum((stack.unseen for stack in stacks.values()), collections.Counter())
    unseen = sum(by_func.values())
    if calls < int(sys.argv[1]):
        raise Wrong(f"only {calls} calls, {sys.argv[1]} were expected")
    if unseen > calls / 100:
        raise Wrong(f"{unseen} of {calls} calls ended unseen: {by_func.most_common(5)}")
    print(f"{calls} calls, {returns} returns, {unseen} ended unseen, {len(stacks)} stacks")


if __name__ == "__main__":
    try:
        main()
    except Wrong as wrong:
        sys.exit(str(wrong))
