#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""hold.py QUEUE SECONDS - a firewall in user space: takes the packets of that netfilter queue
(nfnetlink_queue.h), and lets each go after that long. Says `ready` once it listens."""
import socket
import struct
import sys
import time

NETLINK_NETFILTER = 12
NEW_PACKET, VERDICT, CONFIG = 0x300, 0x301, 0x302   # NFNL_SUBSYS_QUEUE << 8 | ...
REQUEST, ACK = 1, 4
BIND, COPY_META = 1, 1
PACKET_HDR, VERDICT_HDR, CFG_CMD, CFG_PARAMS = 1, 2, 1, 2
NF_ACCEPT = 1


def message(kind, flags, queue, attribute, payload):
    """A netlink message of one attribute; nfgenmsg has the queue's number in network order."""
    padding = b"\0" * (-len(payload) % 4)
    body = struct.pack(">BBH", socket.AF_UNSPEC, 0, queue)
    body += struct.pack("=HH", 4 + len(payload), attribute) + payload + padding
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 0, 0) + body


def ask(netlink, kind, queue, attribute, payload):
    netlink.send(message(kind, REQUEST | ACK, queue, attribute, payload))
    error = struct.unpack_from("=i", netlink.recv(65536), 16)[0]
    if error:
        raise OSError(-error, "the netfilter queue was refused")


def packet_id(data):
    """The number by which a verdict names it: first in its packet header, in network order."""
    at = 20
    while at + 4 <= len(data):
        length, attribute = struct.unpack_from("=HH", data, at)
        if attribute == PACKET_HDR:
            return data[at + 4:at + 8]
        at += max(4, length + 3 & ~3)
    raise ValueError("a queued packet without a header")


def main():
    queue, seconds = int(sys.argv[1]), float(sys.argv[2])
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    netlink.bind((0, 0))
    ask(netlink, CONFIG, queue, CFG_CMD, struct.pack(">BBH", BIND, 0, 0))
    ask(netlink, CONFIG, queue, CFG_PARAMS, struct.pack(">IB", 0, COPY_META))
    print("ready", flush=True)
    while True:
        data = netlink.recv(65536)
        if struct.unpack_from("=H", data, 4)[0] == NEW_PACKET:
            time.sleep(seconds)
            verdict = struct.pack(">I", NF_ACCEPT) + packet_id(data)
            netlink.send(message(VERDICT, REQUEST, queue, VERDICT_HDR, verdict))


if __name__ == "__main__":
    main()
