#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tcp.py ADDRESS PORT - connect, say `established` or the error's name, close. One line each."""
import argparse
import errno
import select
import socket
import sys
import time


def attempt(options, family):
    """One connect; the word for how it ended."""
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        if options.nonblock:
            return nonblocking(sock, options)
        try:
            sock.settimeout(options.timeout)
            sock.connect((options.address, options.port))
        except TimeoutError as error:
            return "abandoned" if error.errno is None else "ETIMEDOUT"
        except OSError as error:
            return errno.errorcode[error.errno]
        return "established"


def nonblocking(sock, options):
    sock.setblocking(False)
    error = sock.connect_ex((options.address, options.port))
    if error == errno.EINPROGRESS:
        poller = select.poll()
        poller.register(sock, select.POLLOUT)
        if not poller.poll(None if options.timeout is None else options.timeout * 1000):
            return "abandoned"
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return errno.errorcode[error] if error else "established"


def standing_queue(options, family):
    """Datagrams of 1000 bytes at once, that what follows has to queue behind."""
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        for _ in range(options.burst):
            sock.sendto(b"\0" * 1000, (options.address, 9999))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("-n", type=int, default=1, help="that many connects, one after another")
    parser.add_argument("--pause", type=float, default=0, help="seconds after each")
    parser.add_argument("--timeout", type=float, help="seconds, then give up")
    parser.add_argument("--nonblock", action="store_true", help="connect without blocking, poll")
    parser.add_argument("--burst", type=int, default=0, help="first send that many datagrams")
    parser.add_argument("--wait", action="store_true", help="say `waiting`, then wait for a line")
    options = parser.parse_args()
    if options.wait:
        print("waiting", flush=True)
        sys.stdin.readline()
    family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
    standing_queue(options, family)
    for _ in range(options.n):
        start = time.monotonic()
        word = attempt(options, family)
        print(f"{word} {(time.monotonic() - start) * 1000:.0f} ms", flush=True)
        time.sleep(options.pause)


if __name__ == "__main__":
    main()
