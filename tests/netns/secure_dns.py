#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""secure_dns.py - a DNS server over TLS (port 853) and HTTPS (port 443, /dns-query).

    secure_dns.py -l 10.9.2.53 -c CERTIFICATE-AND-KEY -r a.test=10.9.2.2 -b delay=300 --ready FILE

Records, behaviours and the log are those of resolver.py. One thread a connection.
"""
import argparse
import http.server
import socket
import ssl
import struct
import threading
import time

from resolver import Resolver, Zone


class Answers:
    """What resolver.py would answer, when it would."""

    def __init__(self, resolver):
        self.resolver, self.lock = resolver, threading.Lock()

    def to(self, query, transport, peer):
        with self.lock:
            reply = self.resolver.reply(query, ("-", transport, f"{peer[0]}#{peer[1]}"))
        if reply is None:
            return None
        time.sleep(reply[0])
        return reply[1]


def exactly(sock, size):
    got = b""
    while len(got) < size:
        more = sock.recv(size - len(got))
        if not more:
            raise ConnectionError
        got += more
    return got


def over_tls(listener, context, answers):
    """RFC 7858: messages behind their length, as over TCP."""

    def serve(raw, peer):
        try:
            with context.wrap_socket(raw, server_side=True) as sock:
                while True:
                    (size,) = struct.unpack("!H", exactly(sock, 2))
                    message = answers.to(exactly(sock, size), "tls", peer)
                    if message:
                        sock.sendall(struct.pack("!H", len(message)) + message)
        except OSError:
            pass  # whoever asked has gone

    while True:
        threading.Thread(target=serve, args=listener.accept(), daemon=True).start()


def https_server(address, context, answers):
    """RFC 8484: a query is the body of a POST."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            query = self.rfile.read(int(self.headers["Content-Length"]))
            message = answers.to(query, "https", self.client_address) or b""
            self.send_response(200 if message else 503)
            self.send_header("Content-Type", "application/dns-message")
            self.send_header("Content-Length", str(len(message)))
            self.end_headers()
            self.wfile.write(message)

    server = http.server.ThreadingHTTPServer((address, 443), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return server


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-l", "--listen", required=True)
    parser.add_argument("-c", "--certificate", required=True)
    parser.add_argument("-r", "--record", action="append", default=[])
    parser.add_argument("-b", "--behaviour", action="append", default=[])
    parser.add_argument("--log", default="/dev/null")
    parser.add_argument("--ready", help="file written when everything listens")
    options = parser.parse_args()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate)
    with open(options.log, "a") as log:
        answers = Answers(Resolver(Zone(options.record, options.behaviour), log))
        listener = socket.create_server((options.listen, 853))
        web = https_server(options.listen, context, answers)
        threading.Thread(target=over_tls, args=(listener, context, answers), daemon=True).start()
        if options.ready:
            with open(options.ready, "w") as ready:
                ready.write("ready\n")
        web.serve_forever()


if __name__ == "__main__":
    main()
