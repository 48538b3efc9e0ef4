#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""processes.py KIND HOST PORT - the name is looked up by one thread or process, and another one
connects. Prints the process id of who connects, then how it ended."""
import concurrent.futures
import errno
import os
import socket
import sys
import threading
import time


def look_up(host, port):
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][:2]


def connect(to):
    """Tells who it is: after a fork another one than before."""
    family = socket.AF_INET6 if ":" in to[0] else socket.AF_INET
    print(os.getpid(), flush=True)
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        error = sock.connect_ex(to)
    print(errno.errorcode[error] if error else "established", flush=True)


def threads(host, port):
    """Two pools with a thread each: one resolves, the other connects."""
    with concurrent.futures.ThreadPoolExecutor(1) as resolvers, \
            concurrent.futures.ThreadPoolExecutor(1) as connectors:
        to = resolvers.submit(look_up, host, port).result()
        connectors.submit(connect, to).result()


def fork(host, port):
    to = look_up(host, port)
    child = os.fork()
    if not child:
        connect(to)
        os._exit(0)
    os.waitpid(child, 0)


def spawn(host, port):
    """posix_spawn() of another program, which gets the address."""
    address, port = look_up(host, port)
    child = os.posix_spawn(sys.executable, [sys.executable, __file__, "here", address, str(port)],
                           os.environ)
    os.waitpid(child, 0)


def here(address, port):
    connect((address, port))


def daemon(host, port):
    """Forks twice, each parent ends at once."""
    to = look_up(host, port)
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
    time.sleep(0.2)
    connect(to)


def replaced(host, port):
    """A thread connects, and in the midst of it another one lets the process become `sleep`."""
    threading.Thread(target=connect, args=(look_up(host, port),), daemon=True).start()
    time.sleep(0.3)
    os.execvp("sleep", ["sleep", "1"])


def served(host, port):
    """Waits for a line, then forks and connects: a parent that is traced with its children."""
    print("waiting", flush=True)
    sys.stdin.readline()
    fork(host, port)


KINDS = {f.__name__: f for f in (threads, fork, spawn, here, daemon, replaced, served)}
KINDS[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
