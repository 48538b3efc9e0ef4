#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""udp.py ADDRESS PORT COUNT - that many datagrams of 1000 bytes at once: a standing queue."""
import socket
import sys

address, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(count):
    sock.sendto(b"\0" * 1000, (address, port))
