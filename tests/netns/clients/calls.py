#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""calls.py KIND ADDRESS PORT [OPTIONS] - one connect, made in one of the ways that system calls allow.
Says how it ended (`established` or the error's name), and before that what other calls answered."""
import argparse
import ctypes
import errno
import os
import select
import signal
import socket
import struct
import sys
import threading
import time

TCP_SYNCNT, TCP_USER_TIMEOUT, TCP_FASTOPEN_CONNECT = 7, 18, 30
TCP_SYN_SENT = 2
IPPROTO_MPTCP = 262


def word(error):
    return errno.errorcode[error] if error else "established"


def tell(*words):
    print(*words, flush=True)


def ending(sock, timeout):
    """Of a connect that goes on in the background."""
    poller = select.epoll()
    poller.register(sock, select.EPOLLOUT | select.EPOLLET)
    if not poller.poll(timeout):
        return "abandoned"
    return word(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))


def connect(sock, to):
    """connect(2) itself: python's own goes on waiting after a signal."""
    host = sock.family, socket.htons(to[1]), socket.inet_pton(sock.family, to[0])
    form = "=HH4s8x" if sock.family == socket.AF_INET else "=HH4x16s4x"
    return call_connect(sock, struct.pack(form, *host))


def call_connect(sock, address):
    libc = ctypes.CDLL(None, use_errno=True)
    return ctypes.get_errno() if libc.connect(sock.fileno(), address, len(address)) else 0


def meanwhile(sock, seconds, action):
    """Does that, in another thread, when the connect has gone on for so long."""
    def wait():
        while sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != TCP_SYN_SENT:
            time.sleep(0.01)
        time.sleep(seconds)
        action()
    threading.Thread(target=wait, daemon=True).start()


def meet(place):
    """Returns in both processes when both are there: in that directory."""
    open(f"{place}/{os.getpid()}", "w").close()
    while len(os.listdir(place)) < 2:
        time.sleep(0.001)


def blocking(sock, o):
    tell(word(connect(sock, o.to)))


def again(sock, o):
    """Asks how far it is by calling connect() again, while it goes on and when it has ended."""
    sock.setblocking(False)
    tell(word(connect(sock, o.to)), word(connect(sock, o.to)))
    fate = ending(sock, o.timeout)
    tell(fate)
    if fate == "established":
        tell(word(connect(sock, o.to)), word(connect(sock, o.to)))


def linger(sock, o):
    """Sends nothing, and is closed when stdin has a line."""
    sock.setblocking(False)
    tell(word(connect(sock, o.to)))
    tell(ending(sock, o.timeout))
    sys.stdin.readline()


def dissolve(sock, o):
    """Gives up by connecting to nothing, and keeps the socket."""
    sock.setblocking(False)
    connect(sock, o.to)
    time.sleep(o.after)
    tell(word(call_connect(sock, struct.pack("=H14x", socket.AF_UNSPEC))))
    time.sleep(o.after)


def alarm(sock, o):
    """A signal in the middle; then the rest is waited for."""
    thread = threading.get_ident()
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.siginterrupt(signal.SIGALRM, not o.restart)
    meanwhile(sock, o.after, lambda: signal.pthread_kill(thread, signal.SIGALRM))
    error = connect(sock, o.to)
    tell(word(error))
    if error == errno.EINTR:
        tell(ending(sock, o.timeout))


def sndtimeo(sock, o):
    """A blocking connect waits no longer than the send timeout; then it goes on in the background."""
    seconds = int(o.after)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO,
                    struct.pack("@ll", seconds, int((o.after - seconds) * 1e6)))
    tell(word(connect(sock, o.to)))
    tell(ending(sock, o.timeout))


def syncnt(sock, o):
    sock.setsockopt(socket.IPPROTO_TCP, TCP_SYNCNT, 1)
    tell(word(connect(sock, o.to)))


def user_timeout(sock, o):
    sock.setsockopt(socket.IPPROTO_TCP, TCP_USER_TIMEOUT, int(o.after * 1000))
    tell(word(connect(sock, o.to)))


def closed(sock, o):
    """Another thread closes it meanwhile: the connect holds on to it until it has ended."""
    meanwhile(sock, o.after, sock.close)
    tell(word(connect(sock, o.to)))


def shut(sock, o):
    """Another thread shuts it down meanwhile, which ends the connect."""
    meanwhile(sock, o.after, lambda: sock.shutdown(socket.SHUT_RDWR))
    tell(word(connect(sock, o.to)))


def later_nonblock(sock, o):
    """Made non-blocking meanwhile: the connect that blocks still does."""
    meanwhile(sock, o.after, lambda: sock.setblocking(False))
    tell(word(connect(sock, o.to)))


def fastopen(sock, o):
    """The first data opens the connection."""
    try:
        sock.sendto(b"GET / HTTP/1.0\r\n\r\n", socket.MSG_FASTOPEN, o.to)
    except OSError as error:
        tell(word(error.errno))
        return
    sock.recv(1)
    tell("established")


def fastopen_connect(sock, o):
    """connect() returns at once, and the first data opens the connection some time later."""
    sock.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1)
    error = connect(sock, o.to)
    tell(word(error))
    if error:
        return
    time.sleep(o.after)
    if not o.silent:
        sock.send(b"GET / HTTP/1.0\r\n\r\n")
        sock.recv(1)


def simultaneous(sock, o):
    """Both ends connect to each other: each from the port that the other connects to."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((o.bind or "", o.to[1]))
    if o.meet:
        meet(o.meet)
    tell(word(connect(sock, o.to)))
    time.sleep(o.after)


KINDS = {f.__name__: f for f in (
    blocking, again, linger, dissolve, alarm, sndtimeo, syncnt, user_timeout, closed, shut, later_nonblock,
    fastopen, fastopen_connect, simultaneous)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("-n", type=int, default=1, help="that many connects, one after another")
    parser.add_argument("--after", type=float, default=0.2, help="seconds until what disturbs it")
    parser.add_argument("--timeout", type=float, default=10, help="seconds, then give up")
    parser.add_argument("--restart", action="store_true", help="alarm: the call goes on by itself")
    parser.add_argument("--silent", action="store_true", help="fastopen_connect: and sends nothing")
    parser.add_argument("--mptcp", action="store_true", help="on a Multipath TCP socket")
    parser.add_argument("--bind", help="simultaneous: the address it connects from")
    parser.add_argument("--meet", metavar="DIR", help="simultaneous: not before both ends are there")
    o = parser.parse_args()
    o.to = (o.address, o.port)
    family = socket.AF_INET6 if ":" in o.address else socket.AF_INET
    for _ in range(o.n):
        try:
            sock = socket.socket(family, socket.SOCK_STREAM, IPPROTO_MPTCP if o.mptcp else 0)
        except OSError as error:
            sys.exit(f"no such socket: {error.strerror}")
        KINDS[o.kind](sock, o)
        sock.close()


if __name__ == "__main__":
    main()
