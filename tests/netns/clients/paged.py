#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""paged.py SERVER NAME - ask for the A records of NAME with a query that lies in a page of a file."""
import os
import socket
import struct
import sys
import tempfile

server, name = sys.argv[1:]
labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
query = struct.pack("!6H", 0x1234, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", 1, 1)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, tempfile.TemporaryFile() as file:
    sock.settimeout(5)
    sock.connect((server, 53))
    file.write(query)
    file.flush()
    os.sendfile(sock.fileno(), file.fileno(), 0, len(query))
    sys.exit(sock.recv(4096)[:2] != query[:2])
