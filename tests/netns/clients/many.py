#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""many.py COUNTxADDRESS:PORT[:TIMEOUT]... - connects of several kinds, all at the same time.

Non-blocking, each closed when it ends or when its timeout (seconds, default 20) is over. Says how
many ended how, as one JSON object."""
import collections
import errno
import json
import selectors
import socket
import sys
import time


def wanted(words):
    """Each connect as (address, port, timeout), kinds mixed."""
    kinds = []
    for word in words:
        count, where = word.split("x", 1)
        address, port, timeout = (where.split(":") + ["20"])[:3]
        kinds += [(i / int(count), address, int(port), float(timeout)) for i in range(int(count))]
    return [kind[1:] for kind in sorted(kinds)]


def connect(address, port):
    sock = socket.socket()
    sock.setblocking(False)
    return sock, sock.connect_ex((address, port))


def end_some(selector, fates, wait):
    """Close those that have ended, or whose time is over. One that did both has ended."""
    done = [(key.fileobj, None) for key, _ in selector.select(wait)]
    late = [(key.fileobj, "abandoned") for key in selector.get_map().values()
            if key.data < time.monotonic()]
    for sock, fate in {**dict(late), **dict(done)}.items():
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        fates[fate or (errno.errorcode[error] if error else "established")] += 1
        selector.unregister(sock)
        sock.close()


def main():
    selector, fates = selectors.DefaultSelector(), collections.Counter()
    for address, port, timeout in wanted(sys.argv[1:]):
        sock, error = connect(address, port)
        if error == errno.EINPROGRESS:
            selector.register(sock, selectors.EVENT_WRITE, time.monotonic() + timeout)
        else:
            fates[errno.errorcode[error] if error else "established"] += 1
            sock.close()
        # Where it takes seconds to begin them all, the first ones' time is over meanwhile.
        end_some(selector, fates, 0)
    while selector.get_map():
        end_some(selector, fates, 0.02)
    print(json.dumps(fates))


if __name__ == "__main__":
    main()
