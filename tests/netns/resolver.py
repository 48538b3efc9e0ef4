#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""resolver.py - a DNS server that misbehaves as told, over UDP and TCP.

    resolver.py -l 10.9.2.53 -r a.test=10.9.2.2,fd00:9:2::2 -b a.test:drop=1 --ready FILE

Records (-r NAME=ADDRESS[,ADDRESS...], or NAME=@TARGET for a CNAME): a name with records answers
NOERROR, an empty answer where the type is missing; any other name NXDOMAIN.

Behaviours (-b [NAME[/TYPE]:]WHAT[=ARG], several may hold; without NAME for every question):
    delay=MS        answer that much later           drop=N      lose the first N of each question
    drop=all        never answer                     rcode=WORD  servfail, refused, nxdomain, formerr
    truncate        TC over UDP, all of it over TCP  hostile=KIND  see hostile.py
Each query is one JSON line in --log: server, transport, peer, id, name, type, did.
"""
import argparse
import functools
import heapq
import ipaddress
import itertools
import json
import selectors
import socket
import struct
import time

import hostile
from wire import answer, name_of, question_of, with_edns

RCODES = {"formerr": 1, "servfail": 2, "nxdomain": 3, "refused": 5}


class Zone:
    """What is known, and how to misbehave about it."""

    def __init__(self, records, behaviours):
        self.records = {}
        for record in records:
            name, values = record.split("=", 1)
            self.records.setdefault(name.lower(), []).extend(values.split(","))
        self.behaviours = []
        for text in behaviours:
            what, _, arg = text.partition("=")
            name, _, what = what.rpartition(":")
            self.behaviours.append((name.lower(), what, arg))
        self.seen = {}  # question -> times asked

    def told(self, question, what):
        """The argument of a behaviour that holds for this (name, type), None where none does."""
        name, qtype = question
        for scope, behaviour, arg in self.behaviours:
            if behaviour == what and scope in ("", name, f"{name}/{qtype.lower()}"):
                return arg
        return None

    def lookup(self, name, qtype):
        """(rcode, [(owner, type, rdata or CNAME target)]) following CNAMEs."""
        found = []
        for _ in range(8):
            values = self.records.get(name)
            if values is None:
                return (0 if found else RCODES["nxdomain"]), found
            if not values[0].startswith("@"):
                break
            target = values[0][1:]
            found.append((name, "CNAME", name_of(target)))
            name = target.lower()
        for value in values:
            address = ipaddress.ip_address(value)
            if {4: "A", 6: "AAAA"}[address.version] == qtype:
                found.append((name, qtype, address.packed))
        return 0, found


class Resolver:
    def __init__(self, zone, log):
        self.zone, self.log = zone, log

    def note(self, where, query_id, name, qtype, did):
        line = {"t_ns": time.monotonic_ns(), "server": where[0], "transport": where[1],
                "peer": where[2], "id": query_id, "name": name, "type": qtype, "did": did}
        self.log.write(json.dumps(line) + "\n")
        self.log.flush()

    def reply(self, data, where):
        """(seconds to wait, bytes) for a query, None where it is lost."""
        try:
            query_id, name, qtype, question = question_of(data)
        except (ValueError, IndexError, struct.error):
            return None
        did, message = self.decide(query_id, name.lower(), qtype, question, where[1] == "tcp")
        self.note(where, query_id, name, qtype, did)
        if message is None:
            return None
        if did in ("answer", "truncate") and data[10:12] != b"\0\0":
            message = with_edns(message)
        return float(self.zone.told((name.lower(), qtype), "delay") or 0) / 1000, message

    def decide(self, query_id, name, qtype, question, tcp):
        zone, asks = self.zone, (name, qtype)
        drop = zone.told(asks, "drop")
        asked = zone.seen[asks] = zone.seen.get(asks, 0) + 1
        if drop is not None and (drop == "all" or asked <= int(drop)):
            return "drop", None
        rcode = zone.told(asks, "rcode")
        if rcode is not None:
            return rcode, answer(query_id, question, rcode=RCODES[rcode])
        kind = zone.told(asks, "hostile")
        if kind is not None:
            return kind, hostile.KINDS[kind](query_id, question)
        if zone.told(asks, "truncate") is not None and not tcp:
            return "truncate", answer(query_id, question, truncated=True)
        code, found = zone.lookup(name, qtype)
        return "answer", answer(query_id, question, found, rcode=code)


class Server:
    """The sockets of all addresses, and the answers that are still to be sent."""

    def __init__(self, resolver, elsewhere=None):
        self.resolver, self.elsewhere = resolver, elsewhere
        self.selector = selectors.DefaultSelector()
        self.due, self.order = [], itertools.count()

    def watch(self, sock, when_readable, *args):
        self.selector.register(sock, selectors.EVENT_READ, functools.partial(when_readable, sock, *args))

    def listen(self, address, port):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        datagrams = socket.socket(family, socket.SOCK_DGRAM)
        datagrams.bind((address, port))
        self.watch(datagrams, self.datagram, address)
        listener = socket.create_server((address, port), family=family)
        self.watch(listener, self.connection, address)

    def datagram(self, sock, address):
        data, peer = sock.recvfrom(65535)
        self.query(data, (address, "udp", f"{peer[0]}#{peer[1]}"),
                   lambda message: (self.elsewhere or sock).sendto(message, peer))

    def connection(self, listener, address):
        sock, peer = listener.accept()
        self.watch(sock, self.stream, (address, "tcp", f"{peer[0]}#{peer[1]}"), bytearray())

    def stream(self, sock, where, got):
        """More of a connection, on which each message follows its length."""
        try:
            data = sock.recv(65535)
        except ConnectionError:
            data = b""
        if not data:
            self.selector.unregister(sock)
            sock.close()
        got += data
        while len(got) >= 2 and len(got) >= 2 + (size := int.from_bytes(got[:2], "big")):
            self.query(bytes(got[2:2 + size]), where,
                       lambda message: sock.sendall(struct.pack("!H", len(message)) + message))
            del got[:2 + size]

    def query(self, data, where, send):
        reply = self.resolver.reply(data, where)
        if reply:
            heapq.heappush(self.due, (time.monotonic() + reply[0], next(self.order), send, reply[1]))

    def run(self):
        while True:
            wait = max(0, self.due[0][0] - time.monotonic()) if self.due else None
            for key, _ in self.selector.select(wait):
                key.data()
            while self.due and self.due[0][0] <= time.monotonic():
                _, _, send, message = heapq.heappop(self.due)
                try:
                    send(message)
                except OSError:
                    pass  # whoever asked has gone


def bound(place):
    if not place:
        return None
    address, port = place.split("#")
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, int(port)))
    return sock


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-l", "--listen", action="append", metavar="ADDRESS", default=None)
    parser.add_argument("-p", "--port", type=int, default=53)
    parser.add_argument("-r", "--record", action="append", default=[], metavar="NAME=ADDRESS")
    parser.add_argument("-b", "--behaviour", action="append", default=[], metavar="[NAME[/TYPE]:]WHAT")
    parser.add_argument("--answer-from", metavar="ADDRESS#PORT", help="UDP answers leave from there")
    parser.add_argument("--log", default="/dev/null")
    parser.add_argument("--ready", help="file written when everything listens")
    options = parser.parse_args()
    options.listen = options.listen or ["127.0.0.1"]
    zone = Zone(options.record, options.behaviour)
    with open(options.log, "a") as log:
        server = Server(Resolver(zone, log), bound(options.answer_from))
        for address in options.listen:
            server.listen(address, options.port)
        if options.ready:
            with open(options.ready, "w") as ready:
                ready.write("ready\n")
        server.run()


if __name__ == "__main__":
    main()
