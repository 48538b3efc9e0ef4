#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""serve.py PORT - a server that listens as it is told, and accepts late or never.

Says `listening PID` when it does, then `accepted ADDRESS PORT` for each, which it keeps open."""
import argparse
import os
import select
import socket
import time


def listener(options):
    family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if options.reuseport:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind((options.address, options.port))
    if options.fastopen:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, options.fastopen)
    if options.defer:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, options.defer)
    sock.listen(options.backlog)
    return sock


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("port", type=int)
    parser.add_argument("--address", default="::", help="default: all of both families")
    parser.add_argument("--backlog", type=int, default=128)
    parser.add_argument("--never", action="store_true", help="accept nothing")
    parser.add_argument("--after", metavar="FILE", help="accept nothing until this file is there")
    parser.add_argument("--late", type=float, default=0, metavar="S",
                        help="let each wait so long before it is accepted")
    parser.add_argument("--reuseport", action="store_true")
    parser.add_argument("--fastopen", type=int, metavar="QUEUE")
    parser.add_argument("--defer", type=int, metavar="S", help="wait for data, so long at most")
    options = parser.parse_args()
    sock, kept = listener(options), []
    print("listening", os.getpid(), flush=True)
    while options.never or (options.after and not os.path.exists(options.after)):
        time.sleep(0.01)
    while True:
        if options.late:
            select.select([sock], [], [])
            time.sleep(options.late)
        conn, peer = sock.accept()
        kept.append(conn)
        print("accepted", peer[0], peer[1], flush=True)


if __name__ == "__main__":
    main()
