# SPDX-License-Identifier: GPL-2.0-only
"""One virtual machine: start it, pass on what its command prints, tell how it ended.

Each stream of the guest (console, stdout, stderr, control, files) is one end of a socket pair whose
other end QEMU holds, so nothing touches the file system and all end when QEMU does. The command's
status comes on the control port only; the console is read for one thing, a dying kernel.
"""
import collections
import ctypes
import os
import re
import selectors
import signal
import socket
import subprocess
import time

FATAL = re.compile(rb"Kernel panic - not syncing|Oops: |BUG: unable to handle|kernel BUG at|"
                   rb"general protection fault|ci/vm: initramfs: ")
SPLAT = re.compile(rb"WARNING: CPU|BUG: |INFO: rcu|INFO: task .* blocked|possible circular")
BOOT_LIMIT = 180   # seconds to the first word on the control port
LINGER = 20        # seconds a machine may take to go once it said or showed that it ends
QUIET = 0.1        # seconds without a byte after which nothing more is coming
TAIL = 60          # console lines kept for a report

INTERRUPTED = "interrupted"
PORTS = ("stdout", "stderr", "control", "files")


class Spec:
    """What a machine is made of; the same for all of a run but for name, kernel, initrd, and TIMED:
    it is the kernel's second one, of --icount-too."""

    def __init__(self, name, kernel, timed, options):
        self.name = name
        self.kernel = kernel
        self.timed = timed
        self.run_dir = options.run_dir
        self.root = options.root
        self.disks = options.disk
        self.memory = options.memory
        self.icount = options.icount or timed
        self.shell = options.shell
        self.timeout = options.timeout


class Result:
    """How a machine ended. `problem` is None, or the runner's own words for what went wrong."""

    def __init__(self, name, timed=False):
        self.name = name
        self.timed = timed
        self.release = ""
        self.status = None
        self.problem = None
        self.skipped = False
        self.console = []
        self.splats = []
        self.files = b""
        self.boot = 0.0
        self.seconds = 0.0


def die_with_parent():
    """Even a kill -9 of the runner leaves no QEMU behind (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def disk(serial, path):
    path = path.replace(",", ",,")      # QEMU's way to mean a comma
    return ["-drive", f"file={path},if=none,id={serial},format=raw,readonly=on",
            "-device", f"virtio-blk-pci,drive={serial},serial={serial}"]


def command_line(spec, fds):
    """QEMU's arguments. cx16 is masked because QEMU 7.2's emulation of it breaks 6.12. One thread
    runs both processors: with one each, 6.12 came upon a breakpoint of its own that it had taken
    back from the other (Oops: int3, after seven minutes of scenarios), and died. Programs are not
    loaded at random addresses, for then QEMU need not translate a library anew for each process:
    starting one costs a third. Where time is not measured the kernel leaves out what no test asks
    for, a seventh of its work: security modules, audit, the accounting of memory to cgroups and its
    wiping, and the guards of indirect calls, at which emulation is slow. Where time is measured there
    is one processor: QEMU 7.2 leaves a second one nothing of it while the first does not rest, and
    5.10 and 6.1 wait for it in vain when they boot."""
    append = "console=ttyS0 panic=-1 oops=panic loglevel=5 norandmaps"
    if not spec.icount:
        append += " mitigations=off lsm= audit=0 cgroup_disable=memory init_on_alloc=0"
    if spec.timed:
        append += " pathlag.icount-too"
    if spec.shell:
        size = os.get_terminal_size() if os.isatty(0) else os.terminal_size((80, 24))
        append += f" pathlag.tty={size.lines}x{size.columns}"
    args = ["qemu-system-x86_64", "-name", f"pathlag-{spec.name}", "-nodefaults", "-display", "none",
            "-accel", "tcg,thread=single", "-cpu", "qemu64,-cx16", "-smp", "1" if spec.icount else "2",
            "-m", str(spec.memory), "-no-reboot",
            "-kernel", f"{spec.kernel}/vmlinuz", "-initrd", f"{spec.run_dir}/initrd-{spec.name}",
            "-append", append,
            "-chardev", f"socket,id=console,fd={fds['console']}", "-serial", "chardev:console",
            "-device", "virtio-rng-pci", "-device", "virtio-serial-pci"]
    if spec.shell:
        args += ["-chardev", "stdio,id=tty,signal=off", "-serial", "chardev:tty"]
    if spec.icount:
        args += ["-icount", "shift=0,sleep=off"]
    for port in PORTS:
        args += ["-chardev", f"socket,id={port},fd={fds[port]}",
                 "-device", f"virtserialport,chardev={port},name={port}"]
    args += disk("root", spec.root) + disk("modules", f"{spec.kernel}/modules.ext4")
    args += disk("bundle", f"{spec.run_dir}/bundle.tar")
    for item in spec.disks:
        args += disk(*item.split("=", 1))
    return args


class Machine:
    """Use: machine.run() in a thread of its own or not; stop() from anywhere ends it."""

    def __init__(self, spec, write):
        self.spec = spec
        self.write = write          # write(stream, bytes): where stdout and stderr go
        self.result = Result(spec.name, spec.timed)
        self.process = None
        self.ends = {}
        self.tail = collections.deque(maxlen=TAIL)
        self.partial = {"console": b"", "control": b""}
        self.leave_by = None        # when to stop waiting for QEMU to go by itself
        self.files_due = 0          # bytes of the files stream that are to come in all
        self.dismissed = False
        self.stopped = None

    def run(self):
        start = time.monotonic()
        self.start()
        try:
            self.watch(start)
        finally:
            self.end()
        self.result.seconds = time.monotonic() - start
        self.judge()
        return self.result

    def start(self):
        theirs = {}
        for name in ("console",) + PORTS:
            self.ends[name], theirs[name] = socket.socketpair()
        fds = {name: end.fileno() for name, end in theirs.items()}
        self.process = subprocess.Popen(
            command_line(self.spec, fds), pass_fds=tuple(fds.values()),
            stdin=None if self.spec.shell else subprocess.DEVNULL,
            start_new_session=not self.spec.shell, preexec_fn=die_with_parent)
        for end in theirs.values():
            end.close()

    def watch(self, start):
        """Read everything until all streams are closed, that is until QEMU is gone."""
        with selectors.DefaultSelector() as selector:
            for name, end in self.ends.items():
                selector.register(end, selectors.EVENT_READ, name)
            while selector.get_map():
                events = selector.select(QUIET if self.result.status is not None else 0.5)
                for key, _ in events:
                    data = self.receive(key.fileobj)
                    if data:
                        self.take(key.data, data, start)
                    else:
                        selector.unregister(key.fileobj)
                if not events:
                    self.dismiss()
                self.check_time(start)

    def dismiss(self):
        """The guest has ended and all it wrote is here: only now it goes, as QEMU would take what is
        still under way with it."""
        if self.result.status is None or self.dismissed or len(self.result.files) < self.files_due:
            return
        self.dismissed = True
        try:
            self.ends["control"].send(b"bye\n")
        except OSError:
            pass                    # it has gone

    @staticmethod
    def receive(end):
        try:
            return end.recv(1 << 16)
        except ConnectionResetError:
            return b""

    def check_time(self, start):
        now = time.monotonic()
        if self.leave_by:
            if now > self.leave_by:
                self.process.kill()
        elif self.stopped:
            self.process.kill()
        elif not self.result.release and now - start > BOOT_LIMIT:
            self.stop(f"no sign of life {BOOT_LIMIT} s after the start")
        elif now - start > self.spec.timeout:
            self.stop(f"time limit of {self.spec.timeout:g} s reached")

    def take(self, name, data, start):
        if name in ("stdout", "stderr"):
            self.write(name, data)
        elif name == "files":
            self.result.files += data
        else:
            *lines, self.partial[name] = (self.partial[name] + data).split(b"\n")
            for line in lines:
                if name == "console":
                    self.take_console(line.rstrip(b"\r"))
                else:
                    self.take_control(line.split(), start)

    def take_control(self, words, start):
        if words[0] == b"ready":
            self.result.release = words[1].decode()
            self.result.boot = time.monotonic() - start
        elif words[0] == b"files":
            self.files_due = int(words[1])
        elif words[0] == b"exit":
            self.result.status = int(words[1])
            self.leave_by = time.monotonic() + LINGER

    def take_console(self, line):
        self.tail.append(line.decode("utf-8", "replace"))
        if FATAL.search(line) and not self.result.problem:
            self.result.problem = "kernel: " + line.decode("utf-8", "replace").strip()
            self.leave_by = time.monotonic() + LINGER
        elif SPLAT.search(line):
            self.result.splats.append(line.decode("utf-8", "replace").strip())

    def stop(self, reason):
        self.stopped = reason
        if self.process and self.process.poll() is None:
            self.process.kill()

    def end(self):
        if self.process:
            if self.process.poll() is None and not self.leave_by:
                self.process.kill()
            self.process.wait()
        for end in self.ends.values():
            end.close()

    def judge(self):
        result = self.result
        result.console = list(self.tail)
        if self.stopped:
            result.problem = result.problem or self.stopped
        elif result.status is None and not result.problem:
            result.problem = "the machine went away without a word"
        if result.problem:
            result.status = 124 if "time limit" in result.problem else 125
