"""Asks two hundred times a second, and notes how long each answer took.

usage: bystander.py ADDRESS NOTES [CA]
"""

import ssl
import sys
import time

from frames import Peer, framed, request

EVERY = 0.005  # seconds
CHECK = request("/grpc.health.v1.Health/Check", ("te", "trailers"))


def main(address, notes, ca=None):
    tls = None
    if ca:
        tls = ssl.create_default_context(cafile=ca)
        tls.check_hostname = False
        tls.set_alpn_protocols(["h2"])
    with open(notes, "w", buffering=1) as told, Peer(address, tls) as peer:
        stream = 1
        while True:
            begin = time.monotonic()
            answer = peer.ask(stream, CHECK, framed(b""))
            took = time.monotonic() - begin
            assert answer.get("grpc-status") == "0", (answer.fields, peer.goaway)
            told.write(f"{begin} {took}\n")
            del peer.answers[stream]
            stream += 2
            time.sleep(max(0, EVERY - took))


main(*sys.argv[1:])
