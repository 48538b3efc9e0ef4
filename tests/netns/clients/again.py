#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""again.py PORT FROM - connects to 127.0.0.1 PORT from port FROM, closes, and does so once more
when the kernel lets it (net.ipv4.tcp_tw_reuse)."""
import socket
import sys
import time

TCP_FIN_WAIT2 = 5


def close(sock):
    """A port that is bound can be had again once a time-wait socket has it. If the ACK of the FIN
    comes in the last moments of close(), Linux keeps the whole socket instead, for a minute
    (tcp_rcv_state_process() in TCP_FIN_WAIT1, "Bad case"): so first the ACK, then close()."""
    sock.shutdown(socket.SHUT_WR)
    late = time.monotonic() + 10
    while sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != TCP_FIN_WAIT2:
        if time.monotonic() > late:
            sys.exit("again.py: no ACK of the FIN within 10 s")
        time.sleep(0.001)
    sock.close()


for delay in (0, 1.3):
    time.sleep(delay)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        client.bind(("127.0.0.1", int(sys.argv[2])))
        client.connect(("127.0.0.1", int(sys.argv[1])))
        close(client)
