# SPDX-License-Identifier: GPL-2.0-only
"""What ci/vm says on stderr about each machine, and on stdout the table over several at the end."""
import collections
import re
import sys

from machine import INTERRUPTED, Result

RESULT_LINE = re.compile(r"(ok|not ok|skip) ([^\s:]+)(?:: (.*))?$")
CELL = {"ok": "ok", "not ok": "FAIL", "skip": "skip", None: "-"}
MACHINE = "(machine)"       # the row for what is not a test's fault
TIMED = " icount"           # behind a kernel's name: its machine of --icount-too
SAID_LINES, SAID_WIDTH = 12, 400     # of what a failed test said, below the table


class Tests:
    """The result lines of tests/run that one guest printed: name -> (result, why); and what the
    failed ones said, as it stands below their lines."""

    def __init__(self):
        self.results = {}
        self.said = collections.defaultdict(list)
        self.failed = None          # whose words come next

    def read(self, line):
        match = RESULT_LINE.match(line)
        if match:
            self.results[match[2]] = (match[1], match[3] or "")
            self.failed = match[2] if match[1] == "not ok" else None
        elif self.failed and line.startswith("    ") and len(self.said[self.failed]) < SAID_LINES:
            self.said[self.failed].append(line[:SAID_WIDTH])

    def get(self, name):
        return self.results.get(name, (None, ""))


def say(text):
    print(f"ci/vm: {text}", file=sys.stderr, flush=True)


def label(machine):
    """Of a Spec or a Result."""
    return machine.name + (TIMED if machine.timed else "")


def skipped(name, timed):
    result = Result(name, timed)
    result.status = 0
    result.skipped = True
    result.problem = "no kernel, and PATHLAG_SKIP_KERNELS names it"
    return result


def tell(result):
    """The end of one machine: nothing but a line where all is well."""
    if result.problem == INTERRUPTED:
        return
    if result.problem:
        say(f"{label(result)}: {result.problem}; the console's last lines:")
        for line in result.console:
            print(f"  {line}", file=sys.stderr)
    for line in result.splats[:5]:
        say(f"{label(result)}: the kernel complained: {line}")
    say(f"{label(result)}: {result.release or 'not booted'}, exit {result.status}, "
        f"up after {result.boot:.1f} s, {result.seconds:.1f} s in all")


def machine_row(result, tests):
    """A test of its own: that the machine lived and the command's status fits what it printed."""
    if result.skipped:
        return "skip", result.problem
    if result.problem:
        return "not ok", result.problem
    failed = any(word == "not ok" for word, _ in tests.results.values())
    if result.status != 0 and not failed:
        return "not ok", f"the command ended with status {result.status}"
    return "ok", ""


def table(columns):
    """columns: (kernel name, Tests). Rows in the order they were first seen."""
    names = list(dict.fromkeys(name for _, tests in columns for name in tests.results))
    width = max(len(name) for name in names)
    lines = [f"{'':{width}}  " + "  ".join(f"{kernel:>6}" for kernel, _ in columns)]
    for name in names:
        cells = (CELL[tests.get(name)[0]] for _, tests in columns)
        lines.append(f"{name:{width}}  " + "  ".join(f"{cell:>6}" for cell in cells))
    return lines


def skips(columns):
    """One line a test and reason, with the kernels it holds for."""
    found = {}
    for kernel, tests in columns:
        for name, (result, why) in tests.results.items():
            if result == "skip":
                found.setdefault((name, why), []).append(kernel)
    return [f"skip {name} on {', '.join(kernels)}: {why or 'no reason given'}"
            for (name, why), kernels in found.items()]


def failures(columns):
    """Each with how it began to tell of it, for who sees but the end of a long log."""
    lines = []
    for kernel, tests in columns:
        for name, (result, why) in tests.results.items():
            if result == "not ok":
                lines += [f"FAIL {name} on {kernel}: {why or 'no reason given'}", *tests.said[name]]
    return lines


def join(pairs):
    """A column a kernel, whose machine of --icount-too adds its rows to it."""
    columns = {}
    for result, tests in pairs:
        tests.results[MACHINE + (TIMED if result.timed else "")] = machine_row(result, tests)
        column = columns.setdefault(result.name, tests)
        column.results |= tests.results
        column.said |= tests.said
    return list(columns.items())


def close(pairs):
    """Print the table where there are several machines; the status of the run: the worst of all."""
    if len(pairs) > 1:
        columns = join(pairs)
        for line in table(columns) + skips(columns) + failures(columns):
            print(line)
        words = [word for _, tests in columns for word, _ in tests.results.values()]
        print(f"{words.count('ok')} passed, {words.count('not ok')} failed, "
              f"{words.count('skip')} skipped", flush=True)
    return max(result.status for result, _ in pairs)
