"""Asks two hundred times a second, and notes how long each answer took.

usage: bystander.py ADDRESS NOTES [CA]

A question is due at its time whether or not the one before is answered, and has
waited since then: a node that says nothing for a quarter of a second has let
fifty wait, not one.
"""

import ssl
import sys
import time

from frames import Peer, framed, request, window_update

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
        due = time.monotonic()
        while True:
            time.sleep(max(0, due - time.monotonic()))
            answer = peer.ask(stream, CHECK, framed(b""))
            assert answer.get("grpc-status") == "0", (answer.fields, peer.goaway)
            told.write(f"{due} {time.monotonic() - due}\n")
            # Else the node may say nothing more after a minute.
            peer.send(window_update(0, len(peer.answers.pop(stream).body)))
            stream += 2
            due += EVERY


main(*sys.argv[1:])
