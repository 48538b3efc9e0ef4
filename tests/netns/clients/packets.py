#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""packets.py HOST PROTO:PORT:COUNT... - sends that many packets to each port, one of each in turn;
prints its process id first. `udp`: datagrams from one socket; `tcp`: SYNs that no connection stands
behind, so that none is sent again (IPv4); `flood`: such SYNs, each from another address that nobody
has (below 10.99). What comes back is ignored."""
import os
import socket
import struct
import sys


# Each process's own, although namespaces of several cases have the same addresses: by ports and
# addresses packets are told apart.
SOURCE_PORT = 32768 + os.getpid() % 28000


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def source_to(host):
    """The address that leads there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((host, 9))
        return s.getsockname()[0]


def syn(source, host, port):
    header = struct.pack("!HHIIBBHHH", SOURCE_PORT, port, 1, 0, 5 << 4, 2, 1024, 0, 0)
    pseudo = socket.inet_aton(source) + socket.inet_aton(host) + struct.pack("!HH", 6, len(header))
    return header[:16] + struct.pack("!H", checksum(pseudo + header)) + header[18:]


def flood(host, port, count):
    """SYNs with an IP header of their own."""
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for i in range(count):
        source = f"10.99.{i // 250}.{i % 250 + 1}"
        tcp = syn(source, host, port)
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, socket.IPPROTO_TCP, 0,
                             socket.inet_aton(source), socket.inet_aton(host))
        raw.sendto(header + tcp, (host, 0))


print(os.getpid(), flush=True)
host = sys.argv[1]
family = socket.AF_INET6 if ":" in host else socket.AF_INET
udp = socket.socket(family, socket.SOCK_DGRAM)
left = []
for word in sys.argv[2:]:
    proto, port, count = word.split(":")
    if proto == "flood":
        flood(host, int(port), int(count))
    elif proto == "tcp":
        raw = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_TCP)
        left.append([int(count), raw, syn(source_to(host), host, int(port)), (host, 0)])
    else:
        left.append([int(count), udp, b"x" * 20, (host, int(port))])
while any(to[0] for to in left):
    for to in left:
        if to[0]:
            to[0] -= 1
            try:
                to[1].sendto(to[2], to[3])
            except PermissionError:  # a firewall of this host says no
                pass
