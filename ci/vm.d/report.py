# SPDX-License-Identifier: GPL-2.0-only
"""What ci/vm says on stderr about each machine, and the table over several at the end."""
import sys

from machine import Result


def say(text):
    print(f"ci/vm: {text}", file=sys.stderr, flush=True)


def skipped(name):
    result = Result(name)
    result.status = 0
    result.problem = "skipped: cannot be fetched and PATHLAG_SKIP_KERNELS names it"
    return result


def tell(result):
    """The end of one machine: nothing but a line where all is well."""
    if result.problem:
        say(f"{result.name}: {result.problem}; the console's last lines:")
        for line in result.console:
            print(f"  {line}", file=sys.stderr)
    for line in result.splats[:5]:
        say(f"{result.name}: the kernel complained: {line}")
    say(f"{result.name}: {result.release or 'not booted'}, exit {result.status}, "
        f"up after {result.boot:.1f} s, {result.seconds:.1f} s in all")


def close(results):
    """The exit status of the run: the worst of all."""
    return max(result.status for result in results if result)
