# SPDX-License-Identifier: GPL-2.0-only
"""wire.py - the little of the DNS message format that resolver.py needs (RFC 1035)."""
import struct

QTYPES = {1: "A", 2: "NS", 5: "CNAME", 12: "PTR", 28: "AAAA", 33: "SRV", 65: "HTTPS"}
NUMBERS = {word: number for number, word in QTYPES.items()}
QR, AA, TC, RA = 0x8000, 0x0400, 0x0200, 0x0080
TTL = 30


def name_of(text):
    """A name as labels, uncompressed."""
    labels = [label.encode() for label in text.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def question_of(data):
    """(id, name, type, question bytes) of a query. ValueError where it is none."""
    query_id, flags, count = struct.unpack("!HHH", data[:6])
    if flags & QR or count != 1:
        raise ValueError("not a query with one question")
    labels, at = [], 12
    while data[at]:
        if data[at] > 63:
            raise ValueError("compressed question")
        labels.append(data[at + 1:at + 1 + data[at]].decode("latin-1"))
        at += 1 + data[at]
    (qtype,) = struct.unpack("!H", data[at + 1:at + 3])
    return query_id, ".".join(labels), QTYPES.get(qtype, str(qtype)), data[12:at + 5]


def record(owner, rtype, rdata):
    """A resource record; the owner is bytes."""
    return owner + struct.pack("!HHIH", NUMBERS[rtype], 1, TTL, len(rdata)) + rdata


def header(query_id, answers, rcode=0, truncated=False, questions=1):
    flags = QR | AA | RA | (TC if truncated else 0) | rcode
    return struct.pack("!HHHHHH", query_id, flags, questions, answers, 0, 0)


def answer(query_id, question, found=(), rcode=0, truncated=False):
    """A well-formed message with the records found: (owner, type, rdata)."""
    records = b"".join(record(name_of(owner), rtype, rdata) for owner, rtype, rdata in found)
    return header(query_id, len(found), rcode, truncated) + question + records


def with_edns(message):
    """With the OPT record that belongs into the answer to a query that has one (RFC 6891)."""
    return message[:10] + b"\0\1" + message[12:] + b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)
