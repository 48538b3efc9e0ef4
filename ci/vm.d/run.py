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
    parser.add_argument("--shell", action="store_true")
    parser.add_argument("machines", nargs="+", metavar="NAME=DIR")
    return parser.parse_args(argv)


class Output:
    """The guests' streams. One kernel: bytes as they come. Several: whole lines, each named."""

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
        target = os.path.join(directory, result.name)
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
        name, kernel = item
        tests = report.Tests()
        if not kernel:
            return report.skipped(name), tests
        output = Output(name, len(self.options.machines) > 1, tests)
        spec = Spec(name, kernel, self.options.run_dir, self.options)
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
        items = [item.split("=", 1) for item in self.options.machines]
        jobs = max(1, min(self.options.jobs, os.cpu_count() or 1, len(items)))
        # The newer a kernel, the more it can and the longer it takes: the last ones first, so that
        # what is left over at the end, alone, is short.
        with ThreadPoolExecutor(jobs) as pool:
            return list(pool.map(self.one, items[::-1]))[::-1]


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
