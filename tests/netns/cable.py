#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""cable.py NETNS:TAP NETNS:TAP [options] - a cable that loses packets.

Joins two tap devices in two network namespaces. What it swallows was read from the device, so for
the kernel it was sent: there is no local drop to see, like a loss beyond this host. SYNs are
counted per connection (addresses and ports), DNS queries per question, in the direction from the
first end to the second; SYN-ACKs per connection on their way back.
"""
import argparse
import ctypes
import fcntl
import heapq
import os
import select
import signal
import struct
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x2, 0x1000
SYN, ACK = 0x02, 0x10
ETH_IP, ETH_ARP, ETH_IPV6 = 0x0800, 0x0806, 0x86DD
TCP, UDP = 6, 17


def open_tap(end):
    """The tap device of `NETNS:NAME`, opened from inside that namespace."""
    netns, name = end.rsplit(":", 1)
    libc = ctypes.CDLL(None, use_errno=True)
    with open(netns, "rb") as ns:
        if libc.setns(ns.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns " + netns)
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return fd


def tcp_of(frame):
    """(version, connection, flags) of a TCP frame without IPv6 extension headers, else None."""
    ethertype = int.from_bytes(frame[12:14], "big")
    if ethertype == ETH_IP and len(frame) >= 34 and frame[23] == TCP:
        version, start, addresses = 4, 14 + 4 * (frame[14] & 15), frame[26:34]
    elif ethertype == ETH_IPV6 and len(frame) >= 54 and frame[20] == TCP:
        version, start, addresses = 6, 54, frame[22:54]
    else:
        return None
    if len(frame) < start + 14:
        return None
    return version, bytes(addresses + frame[start:start + 4]), frame[start + 13]


def dns_question(frame):
    """The question bytes of a DNS query over UDP and IPv4, else None."""
    if frame[12:14] != b"\x08\x00" or len(frame) < 34 or frame[23] != UDP:
        return None
    start = 14 + 4 * (frame[14] & 15)
    if frame[start + 2:start + 4] != b"\0\x35":
        return None
    return bytes(frame[start + 8 + 12:])


class Cable:
    def __init__(self, options):
        self.options = options
        self.swallowed = {}  # connection or question -> packets of it swallowed so far

    def limit(self, frame, forward):
        """(what the frame counts for, how many of that are to be swallowed)."""
        tcp = tcp_of(frame)
        if tcp is None:
            return (dns_question(frame) if forward else None), self.options.swallow_dns
        version, connection, flags = tcp
        kind = flags & (SYN | ACK)
        if kind == SYN and forward:
            options = self.options
            return connection, options.swallow_syn6 if version == 6 else options.swallow_syn
        if kind == SYN | ACK and not forward:
            return connection, self.options.swallow_synack
        return None, 0

    def loses(self, frame, forward):
        """Whether the frame is to be swallowed."""
        key, limit = self.limit(frame, forward)
        count = self.swallowed.get(key, 0)
        if key is None or count >= limit:
            return False
        self.swallowed[key] = count + 1
        return True

    def delay(self, frame, forward):
        """Seconds the frame is held: half the round trip each way, or the late ARP answer."""
        if int.from_bytes(frame[12:14], "big") == ETH_ARP and not forward:
            return self.options.late_arp / 1000
        return self.options.rtt / 2000


def run(cable, ends):
    """Carry frames between the two ends until told to stop."""
    held, order = [], 0
    poller = select.poll()
    for fd in ends:
        poller.register(fd, select.POLLIN)
    while True:
        wait = max(0, held[0][0] - time.monotonic()) * 1000 if held else None
        for fd, _ in poller.poll(wait):
            forward = fd == ends[0]
            frame = os.read(fd, 65536)
            if not cable.loses(frame, forward):
                due = time.monotonic() + cable.delay(frame, forward)
                heapq.heappush(held, (due, order, ends[forward], frame))
                order += 1
        while held and held[0][0] <= time.monotonic():
            _, _, out, frame = heapq.heappop(held)
            try:
                os.write(out, frame)
            except OSError:
                pass  # that end is down: a cable loses such a frame too


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ends", nargs=2, metavar="NETNS:TAP")
    parser.add_argument("--swallow-syn", type=int, default=0, help="IPv4 SYNs per connection")
    parser.add_argument("--swallow-syn6", type=int, default=0, help="IPv6 SYNs per connection")
    parser.add_argument("--swallow-synack", type=int, default=0, help="SYN-ACKs per connection")
    parser.add_argument("--swallow-dns", type=int, default=0, help="DNS queries per question")
    parser.add_argument("--rtt", type=float, default=0, help="milliseconds added to a round trip")
    parser.add_argument("--late-arp", type=float, default=0, help="milliseconds for ARP answers")
    parser.add_argument("--ready", help="file written when both ends are open")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    ends = [open_tap(end) for end in options.ends]
    if options.ready:
        with open(options.ready, "w") as ready:
            ready.write("ready\n")
    run(Cable(options), ends)


if __name__ == "__main__":
    main()
