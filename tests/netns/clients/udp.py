#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""udp.py HOST PORT:COUNT[:LENGTH]... - sends that many datagrams to each port, one of each in turn,
from one socket; prints its process id first. What comes back is ignored."""
import os
import socket
import sys

print(os.getpid(), flush=True)
host = sys.argv[1]
family = socket.AF_INET6 if ":" in host else socket.AF_INET
left = []
for word in sys.argv[2:]:
    port, count, length = (list(map(int, word.split(":"))) + [20])[:3]
    left.append([port, count, b"x" * length])
with socket.socket(family, socket.SOCK_DGRAM) as s:
    while any(count for _, count, _ in left):
        for to in left:
            if to[1]:
                to[1] -= 1
                try:
                    s.sendto(to[2], (host, to[0]))
                except PermissionError:  # a firewall of this host says no
                    pass
