#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""burst.py COUNT [PAUSE] - listen on loopback and connect to it COUNT times, as fast as it goes, or
one at a time with PAUSE seconds in between."""
import socket
import sys
import time

PAUSE = float(sys.argv[2]) if len(sys.argv) > 2 else 0
BATCH = 1 if PAUSE else 100  # below every default of somaxconn

server = socket.create_server(("127.0.0.1", 0), backlog=128)
done = 0
while done < int(sys.argv[1]):
    clients = [socket.socket() for _ in range(BATCH)]
    for client in clients:
        client.connect(server.getsockname())
    for client in clients:
        server.accept()[0].close()
        client.close()
    done += BATCH
    time.sleep(PAUSE)
print(done)
