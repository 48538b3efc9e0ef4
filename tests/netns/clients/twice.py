#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""twice.py NAME PORT - resolve once, connect twice: an application that keeps what it was told."""
import socket
import sys

found = socket.getaddrinfo(sys.argv[1], int(sys.argv[2]), type=socket.SOCK_STREAM)
for _ in range(2):
    family, kind, proto, _, address = found[0]
    with socket.socket(family, kind, proto) as sock:
        sock.connect(address)
        print("established", flush=True)
