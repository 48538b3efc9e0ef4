#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""starved.py ADDRESS PORT SECONDS CPU - connect, on that processor, which a process of real-time
priority takes for itself that long once connect() waits for the answer. Exit status 77: no such
priority is to be had."""
import os
import socket
import sys
import time

SYN_SENT, RETRANSMIT_TIMER = "02", "01:"


def syn_is_out(port):
    """The state alone does not say so: it comes before the SYN is built, the timer after it went."""
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in list(table)[1:]]
    return any(row[2].endswith(f":{port:04X}") and row[3] == SYN_SENT
               and row[5].startswith(RETRANSMIT_TIMER) for row in rows)


def sleeps(pid):
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "S"


def hog(port, seconds, ready):
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        os._exit(77)
    os.write(ready, b"r")
    while not (syn_is_out(port) and sleeps(os.getppid())):
        time.sleep(0.002)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
    os._exit(0)


def main():
    address, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    os.sched_setaffinity(0, {int(sys.argv[4])})
    armed, ready = os.pipe()
    child = os.fork()
    if child == 0:
        hog(port, seconds, ready)
    os.close(ready)
    if os.read(armed, 1):
        start = time.monotonic()
        socket.create_connection((address, port)).close()
        print(f"established {(time.monotonic() - start) * 1000:.0f} ms", flush=True)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    main()
