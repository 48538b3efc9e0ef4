# SPDX-License-Identifier: GPL-2.0-only
"""Threads that look up a name of /etc/hosts, all at the same time: lookups.py THREADS TIMES."""
import socket
import sys
import threading


def look_up(times):
    for _ in range(times):
        socket.getaddrinfo("localhost", 80)


def main():
    threads, times = int(sys.argv[1]), int(sys.argv[2])
    workers = [threading.Thread(target=look_up, args=(times,)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
