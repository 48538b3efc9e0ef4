#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make_capture.py FILE - a small capture of every kind of packet the filters speak of.
make_capture.py --numbers - reads a part of one from stdin, prints which packets it holds.

Written with nothing but the standard library. A name ending in .pcapng makes a pcapng file, any
other a pcap file. The packets are the same each time.
"""
import random
import socket
import struct
import sys

RNG = random.Random(4)
V4 = [socket.inet_aton(a) for a in ("10.0.0.1", "10.0.0.2", "192.168.1.77", "224.0.0.5")]
V6 = [socket.inet_pton(socket.AF_INET6, a)
      for a in ("2001:db8::1", "2001:db8::2", "fe80::1", "ff02::1")]
PORTS = [53, 80, 443, 8080, 40000]
MACS = [b"\2\0\0\0\0\1", b"\2\0\0\0\0\2", b"\xff" * 6]


def tcp(flags):
    data = bytes(RNG.randrange(40))
    return struct.pack("!HHIIBBHHH", RNG.choice(PORTS), RNG.choice(PORTS), RNG.getrandbits(32),
                       RNG.getrandbits(32), 0x50, flags, 65535, 0, 0) + data


def udp():
    data = bytes(RNG.randrange(60))
    return struct.pack("!HHHH", RNG.choice(PORTS), RNG.choice(PORTS), 8 + len(data), 0) + data


def icmp(kind):
    return struct.pack("!BBHHH", kind, 0, 0, 1, 1) + bytes(16)


UPPER = [(6, lambda: tcp(2)), (6, lambda: tcp(0x12)), (6, lambda: tcp(0x11)), (17, udp),
         (1, lambda: icmp(8)), (1, lambda: icmp(3)), (58, lambda: icmp(128)), (132, udp),
         (47, lambda: bytes(20))]


def ipv4(proto, payload, frag=0, options=b""):
    head = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload),
                       RNG.getrandbits(16), frag, 64, proto, 0)
    return head + RNG.choice(V4) + RNG.choice(V4) + options + payload


def ipv6(proto, payload, chain=()):
    for kind in reversed(chain):
        length = 4 if kind == 51 else 0
        payload = bytes([proto, length]) + bytes(22 if kind == 51 else 6) + payload
        proto = kind
    head = struct.pack("!IHBB", 6 << 28, len(payload), proto, 64)
    return head + RNG.choice(V6) + RNG.choice(V6) + payload


def ether(kind, payload, tags=()):
    frame = RNG.choice(MACS) + RNG.choice(MACS)
    for tpid, tci in tags:
        frame += struct.pack("!HH", tpid, tci)
    return frame + struct.pack("!H", kind) + payload


def any_ip(tags=()):
    proto, make = RNG.choice(UPPER)
    if RNG.random() < 0.5:
        frag = RNG.choice([0, 0, 0x4000, 0x2000, 100])
        options = RNG.choice([b"", b"", b"\1" * 4, b"\1" * 20])
        return ether(0x0800, ipv4(proto, make(), frag, options), tags)
    chain = RNG.choice([(), (), (0,), (60, 44), (43,), (51,), (0, 60, 43)])
    return ether(0x86DD, ipv6(58 if proto == 1 else proto, make(), chain), tags)


def packets():
    for _ in range(120):
        yield any_ip()
    for _ in range(40):
        yield any_ip([(0x8100, RNG.choice([10, 20, 4095]))])
        yield any_ip([(0x88A8, 10), (0x8100, 20)])
    for _ in range(10):
        yield ether(0x0806, struct.pack("!HHBBH", 1, 0x0800, 6, 4, RNG.choice([1, 2])) +
                    MACS[0] + RNG.choice(V4) + bytes(6) + RNG.choice(V4))
        yield ether(0x8847, struct.pack("!I", 1000 << 12 | 1 << 8 | 64) + ipv4(6, tcp(2)))
        yield ether(0x8864, struct.pack("!BBHHH", 0x11, 0, 7, 50, 0x21) + ipv4(17, udp()))
        yield ether(38, b"\x42\x42\3" + bytes(35))
        yield any_ip()[:RNG.randrange(14, 60)]
    yield b""
    yield b"\2"


def cut(frame):
    """Bytes kept by the capture, and bytes on the wire."""
    kept = frame[:RNG.randrange(len(frame) + 1)] if RNG.random() < 0.1 else frame
    return kept, len(frame)


def write_pcap(out):
    out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    for i, frame in enumerate(packets()):
        kept, length = cut(frame)
        out.write(struct.pack("<IIII", 1700000000 + i, i, len(kept), length) + kept)


def block(kind, body):
    body += bytes(-len(body) % 4)
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def write_pcapng(out):
    out.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
    out.write(block(1, struct.pack("<HHI", 1, 0, 262144)))
    for i, frame in enumerate(packets()):
        kept, length = cut(frame)
        time = (1700000000 + i) * 1000000 + i
        out.write(block(6, struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, len(kept),
                                       length) + kept))


def print_numbers(data):
    """Packets carry their number, from 0, as the microseconds of their time."""
    at = 24
    while at + 16 <= len(data):
        _, micros, kept, _ = struct.unpack_from("<IIII", data, at)
        print(micros + 1)
        at += 16 + kept


if __name__ == "__main__":
    if sys.argv[1] == "--numbers":
        print_numbers(sys.stdin.buffer.read())
        sys.exit()
    with open(sys.argv[1], "wb") as capture:
        (write_pcapng if sys.argv[1].endswith(".pcapng") else write_pcap)(capture)
