# SPDX-License-Identifier: GPL-2.0-only
"""Run the bundle's command in one machine per kernel and report; called by ci/vm only."""
import argparse
import io
import os
import shutil
import signal
import sys
import tarfile
import termios
import threading
from concurrent.futures import ThreadPoolExecutor

from machine import INTERRUPTED, Machine, Spec
import report


def parse(argv):
    parser = argparse.ArgumentParser(prog="ci/vm")
    parser.add_argument("--run-dir", required=True)
    parser.add_argument("--root", required=True)
    parser.add_argument("--disk", action="append", default=[], metavar="SERIAL=FILE")
    parser.add_argument("--timeout", type=float, default=1800)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--memory", type=int, default=2048)
    parser.add_argument("--out")
    parser.add_argument("--icount", action="store_true")
    parser.add_argument("--icount-too", action="store_true")
    parser.add_argument("--shell", action="store_true")
    parser.add_argument("machines", nargs="+", metavar="NAME=DIR")
    return parser.parse_args(argv)


class Output:
    """The guests' streams. One machine: bytes as they come. Several: whole lines, each named."""

    lock = threading.Lock()

    def __init__(self, name, prefixed, tests):
        self.prefix = f"[{name}] ".encode() if prefixed else b""
        self.tests = tests
        self.rest = {"stdout": b"", "stderr": b""}

    def write(self, stream, data):
        if not self.prefix:
            self.put(stream, data)
        *lines, self.rest[stream] = (self.rest[stream] + data).split(b"\n")
        self.lines(stream, lines)

    def lines(self, stream, lines):
        if self.prefix:
            self.put(stream, b"".join(self.prefix + line + b"\n" for line in lines))
        if stream == "stdout":
            for line in lines:
                self.tests.read(line.decode("utf-8", "replace"))

    def flush(self):
        for stream, line in self.rest.items():
            if line:
                self.lines(stream, [line])

    def put(self, stream, data):
        target = (sys.stdout if stream == "stdout" else sys.stderr).buffer
        with self.lock:
            try:
                target.write(data)
                target.flush()
            except BrokenPipeError:
                os.kill(os.getpid(), signal.SIGTERM)


def unpack(result, directory):
    if directory and result.files:
        target = os.path.join(directory, report.label(result))
        os.makedirs(target, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(result.files)) as archive:
            archive.extractall(target)


class Runner:
    def __init__(self, options):
        self.options = options
        self.running = set()
        self.interrupted = 0

    def interrupt(self, number, _frame):
        self.interrupted = number
        for machine in list(self.running):
            machine.stop(INTERRUPTED)

    def one(self, item):
        name, kernel, timed = item
        tests = report.Tests()
        if not kernel:
            return report.skipped(name, timed), tests
        spec = Spec(name, kernel, timed, self.options)
        several = len(self.options.machines) > 1 or self.options.icount_too
        output = Output(report.label(spec), several, tests)
        machine = Machine(spec, output.write)
        self.running.add(machine)
        try:
            if self.interrupted:
                return machine.result, tests
            result = machine.run()
        finally:
            self.running.discard(machine)
        output.flush()
        report.tell(result)
        unpack(result, self.options.out)
        return result, tests

    def all(self):
        # The newer a kernel, the more it can and the longer it takes: the last ones first, so that
        # what is left over at the end, alone, is short.
        kernels = [item.split("=", 1) for item in self.options.machines[::-1]]
        rounds = (False, True) if self.options.icount_too else (False,)
        items = [(*kernel, timed) for timed in rounds for kernel in kernels]
        jobs = max(1, min(self.options.jobs, os.cpu_count() or 1, len(items)))
        with ThreadPoolExecutor(jobs) as pool:
            pairs = list(pool.map(self.one, items))
        return [pair for timed in rounds for pair in pairs[::-1] if pair[0].timed == timed]


def main(argv):
    options = parse(argv)
    runner = Runner(options)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, runner.interrupt)
    terminal = termios.tcgetattr(0) if options.shell and os.isatty(0) else None
    try:
        results = runner.all()
    finally:
        if terminal:
            termios.tcsetattr(0, termios.TCSADRAIN, terminal)
        shutil.rmtree(options.run_dir, ignore_errors=True)
    if runner.interrupted:
        return 128 + runner.interrupted
    return report.close(results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
