#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""again.py PORT FROM - connects to 127.0.0.1 PORT from port FROM, closes, and does so once more
when the kernel lets it (net.ipv4.tcp_tw_reuse)."""
import socket
import sys
import time

for delay in (0, 1.3):
    time.sleep(delay)
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", int(sys.argv[2])))
        sock.connect(("127.0.0.1", int(sys.argv[1])))
