# SPDX-License-Identifier: GPL-2.0-only
"""hostile.py - answers no honest server sends: each kind is a function (id, question) -> bytes."""
import struct

from wire import header, name_of, record

ADDRESS = bytes([10, 9, 2, 2])
FIRST_NAME = b"\xc0\x0c"  # points at the question's name, where it belongs
BINARY = b"\x09\x00\xff\x1b[31m\"\n\x03\xc3\x28\xfe\x00"  # NUL, escape sequence, invalid UTF-8


def loop(query_id, question):
    """A name that points at itself."""
    here = struct.pack("!H", 0xC000 | 12 + len(question))
    return header(query_id, 1) + question + record(here, "A", ADDRESS)


def ring(query_id, question):
    """Two names that point at each other."""
    start = 12 + len(question)
    second = struct.pack("!H", 0xC000 | start + 16)
    first = struct.pack("!H", 0xC000 | start)
    records = record(second, "A", ADDRESS) + record(first, "A", ADDRESS)
    return header(query_id, 2) + question + records


def beyond(query_id, question):
    """A name that points behind the end of the message."""
    return header(query_id, 1) + question + record(b"\xff\xff", "A", ADDRESS)


def short(query_id, question):
    """The record says 4 bytes of address, and the message ends after 2."""
    return header(query_id, 1) + question + record(FIRST_NAME, "A", ADDRESS)[:-2]


def long(query_id, question):
    """An A record of 200 bytes."""
    return header(query_id, 1) + question + record(FIRST_NAME, "A", ADDRESS * 50)


def empty(query_id, question):
    """An A record of no bytes."""
    return header(query_id, 1) + question + record(FIRST_NAME, "A", b"")


def binary(query_id, question):
    """A CNAME to a name of control bytes, and an address for that."""
    records = record(FIRST_NAME, "CNAME", BINARY) + record(BINARY, "A", ADDRESS)
    return header(query_id, 2) + question + records


def counts(query_id, question):
    """65535 records promised in every section, one there."""
    head = header(query_id, 0)[:4] + struct.pack("!HHHH", 1, 65535, 65535, 65535)
    return head + question + record(FIRST_NAME, "A", ADDRESS)


def questions(query_id, question):
    """65535 questions promised, one there."""
    return header(query_id, 1, questions=65535) + question + record(FIRST_NAME, "A", ADDRESS)


def wrong_id(query_id, question):
    """Somebody else's answer."""
    return header(query_id ^ 0x5A5A, 1) + question + record(FIRST_NAME, "A", ADDRESS)


def other_name(query_id, question):
    """The answer to a question nobody asked."""
    other = name_of("evil.test") + question[-4:]
    return header(query_id, 1) + other + record(FIRST_NAME, "A", ADDRESS)


def stub(query_id, question):
    """Half a header."""
    return header(query_id, 1)[:7]


def labels(query_id, question):
    """A name far longer than the 255 bytes a name may have."""
    owner = (b"\x3f" + b"a" * 63) * 20 + b"\0"
    return header(query_id, 1) + question + record(owner, "A", ADDRESS)


def reserved(query_id, question):
    """Label lengths of the reserved kinds 01 and 10."""
    return header(query_id, 1) + question + record(b"\x41abc\x80\x00", "A", ADDRESS)


KINDS = {function.__name__: function for function in (
    loop, ring, beyond, short, long, empty, binary, counts, questions, wrong_id, other_name, stub,
    labels, reserved)}
