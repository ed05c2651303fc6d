"""Attacks on the front door, one function each (http2.md, 7).

Each is given the nodes, does its worst once, says in how many connections, and
has looked for itself that the node has ended what it must not bear.
"""

import json
import os
import socket
import ssl
import time

import contract
from frames import (
    CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, HEADERS,
    INITIAL_WINDOW_SIZE, MAGIC, PING, PRIORITY, Peer, block, data, field, frame,
    framed, headers, request, reset, settings, window_update,
)

MIB = 1 << 20
SLOW = 12  # seconds, until which the node has closed what stalls
READ = "/quorumcall.v1.AdminService/ListNumbers"
ALLOCATE = "/quorumcall.v1.NumberService/AllocateNumber"
TENANT = ("x-tenant", "demo")
STALE = ("x-consistency", "stale")
UNAUTHENTICATED, INVALID_ARGUMENT, RESOURCE_EXHAUSTED = "16", "3", "8"


def _flood(
    nodes, of_stream, code=ENHANCE_YOUR_CALM, read=True, most=40000, wait=False, **how
):
    """Sends of_stream(1), of_stream(3), ... until the node has had enough. With
    |wait| no more at once than there may be streams."""
    with Peer(nodes.address, **how) as peer:
        for n in range(0, most, 100):
            part = b"".join(of_stream(2 * i + 1) for i in range(n, n + 100))
            peer.send(part, read, seconds=SLOW)
            last = 2 * n + 199
            if wait:
                peer.wait(lambda s=last: peer.ended or peer.done(s), "a reset")
            if peer.ended:
                break
        peer.wait_for_end(SLOW)
        # What is still under way to the node when it closes makes TCP forget
        # the farewell.
        assert peer.goaway in (code, None), peer.goaway
    return 1


# --- resets


def calls_taken_back_at_once(nodes):
    """Rapid reset: a call, and RST_STREAM behind it."""
    fields = block(request(ALLOCATE, TENANT))
    return _flood(
        nodes, lambda s: frame(HEADERS, END_HEADERS, s, fields) + reset(s)
    )


def calls_whose_length_is_a_lie(nodes):
    """Resets that the node is provoked to send: content-length."""
    fields = block(request(ALLOCATE, ("content-length", "5")))
    return _flood(
        nodes,
        lambda s: frame(HEADERS, END_HEADERS, s, fields) + data(s, b"x"),
        wait=True,
    )


def windows_made_too_wide(nodes):
    """Resets that the node is provoked to send: a window above 2^31."""
    fields = block(request(ALLOCATE))
    return _flood(
        nodes,
        lambda s: frame(HEADERS, END_HEADERS, s, fields)
        + window_update(s, 0x7FFFFFFF),
        wait=True,
    )


def windows_made_wider_by_nothing(nodes):
    """WINDOW_UPDATE by 0 on a stream."""
    fields = block(request(ALLOCATE))
    protocol_error = 1
    return _flood(
        nodes,
        lambda s: frame(HEADERS, END_HEADERS, s, fields) + window_update(s, 0),
        code=protocol_error,
    )


# --- frames


def headers_in_endless_pieces(nodes):
    """A flood of CONTINUATION."""
    with Peer(nodes.address) as peer:
        peer.send(frame(HEADERS, 0, 1, block(request(ALLOCATE))))
        for _ in range(1000):
            peer.send(frame(CONTINUATION, 0, 1, field("x", "y")) * 10)
            if peer.ended:
                break
        peer.wait_for_end(SLOW)
    return 1


def pings(nodes):
    """A flood of PING, of which all answers are read."""
    return _flood(nodes, lambda _: frame(PING, 0, 0, b"12345678"))


def pings_whose_answers_are_not_read(nodes):
    """A flood of PING, of which no answer is read."""
    return _flood(nodes, lambda _: frame(PING, 0, 0, b"12345678"), read=False)


def settings_again_and_again(nodes):
    """A flood of SETTINGS, of which all answers are read."""
    return _flood(nodes, lambda _: settings((INITIAL_WINDOW_SIZE, 65535)))


def settings_whose_answers_are_not_read(nodes):
    """A flood of SETTINGS, of which no answer is read."""
    return _flood(
        nodes, lambda _: settings((INITIAL_WINDOW_SIZE, 65535)), read=False
    )


def settings_with_too_many_entries(nodes):
    """More than 32 entries of SETTINGS in a frame."""
    with Peer(nodes.address) as peer:
        peer.send(settings(*[(INITIAL_WINDOW_SIZE, 65535)] * 33))
        peer.wait_for_end(SLOW)
        assert peer.goaway in (ENHANCE_YOUR_CALM, None), peer.goaway
    return 1


def priorities(nodes):
    """A flood of PRIORITY."""
    return _flood(
        nodes, lambda s: frame(PRIORITY, 0, s, b"\0\0\0\0\1"), most=300000
    )


def frames_without_data(nodes):
    """A flood of empty DATA on one call."""
    with Peer(nodes.address) as peer:
        peer.send(headers(1, request(ALLOCATE, TENANT)))
        for _ in range(400):
            peer.send(frame(DATA, 0, 1) * 500)
            if peer.ended:
                break
        peer.wait_for_end(SLOW)
        assert peer.goaway in (ENHANCE_YOUR_CALM, None), peer.goaway
    return 1


def headers_that_unfold(nodes):
    """An HPACK bomb: 12,000 references to a field of 3.9 KB, on 20 calls."""
    refused = 0
    with Peer(nodes.address) as peer:
        long_one = block(request(ALLOCATE)) + field("x", "y" * 3900, indexed=True)
        peer.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, long_one))
        bomb = block(request(ALLOCATE)) + b"\xbe" * 12000
        for stream in range(3, 43, 2):
            peer.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, bomb))
        peer.wait(lambda: peer.ended or peer.done(41), "an end", SLOW)
        refused = sum(
            1 for s, a in peer.answers.items() if s > 1 and a.reset is not None
        )
        assert refused == 20 or peer.ended, refused
    return 1


# --- who does not read


def answers_behind_a_closed_window(nodes):
    """256 answers for which there is no window, on 8 connections."""
    peers = [Peer(nodes.address, entries=[(INITIAL_WINDOW_SIZE, 0)]) for _ in range(8)]
    fields = block(request(READ, TENANT, STALE))
    ask = framed(contract.request_type("AdminService/ListNumbers")().SerializeToString())
    for peer in peers:
        for s in range(1, 513, 2):
            peer.send(frame(HEADERS, END_HEADERS, s, fields) + data(s, ask))
    for peer in peers:
        peer.wait_for_end(SLOW)
        peer.socket.close()
    return 8


def answers_that_nobody_reads(nodes):
    """Thousands of calls on 4 connections that never read."""
    peers = [Peer(nodes.address, entries=[(INITIAL_WINDOW_SIZE, 1 << 30)]) for _ in range(4)]
    fields = block(request(READ, TENANT, STALE))
    ask = framed(contract.request_type("AdminService/ListNumbers")().SerializeToString())
    for peer in peers:
        peer.send(window_update(0, 1 << 30))
    for s in range(1, 20001, 2):
        part = frame(HEADERS, END_HEADERS, s, fields) + data(s, ask)
        if not all([p.send(part, read=False, seconds=0.05) for p in peers]):
            break
    give_up = time.monotonic() + SLOW
    while time.monotonic() < give_up and not all(p.closed for p in peers):
        for peer in peers:
            peer.send(b"\0" * 9, read=False, seconds=0.05)
    assert all(p.closed for p in peers), "they are still there"
    for peer in peers:
        peer.socket.close()
    return 4


# --- who is slow


def _slow(nodes, what):
    """100 connections that say |what|, and then nothing."""
    peers = [Peer(nodes.address, hello=False) for _ in range(100)]
    for peer in peers:
        peer.send(what)
    give_up = time.monotonic() + SLOW
    for peer in peers:
        peer.wait_for_end(max(0.1, give_up - time.monotonic()))
        peer.socket.close()
    return 100


def prefaces_that_do_not_end(nodes):
    """Slow loris: half of the preface."""
    return _slow(nodes, MAGIC[:10])


def connections_that_say_nothing(nodes):
    """Slow loris: nothing at all."""
    return _slow(nodes, b"")


def headers_that_do_not_end(nodes):
    """Slow loris: headers without an end."""
    return _slow(
        nodes, MAGIC + settings() + frame(HEADERS, 0, 1, block(request(ALLOCATE)))
    )


def bodies_that_do_not_end(nodes):
    """Slow loris: a body that was promised; the call ends, not the connection."""
    peers = [Peer(nodes.address) for _ in range(100)]
    for peer in peers:
        peer.send(headers(1, request(ALLOCATE, TENANT)) + data(1, b"\0\0\0\0\5x", end=False))
    for peer in peers:
        peer.wait(lambda p=peer: p.ended or p.done(1), "an end", SLOW)
        peer.socket.close()
    return 100


# --- connections


def more_connections_than_there_may_be(nodes):
    """600 connections at once, where 300 are allowed."""
    peers = []
    for _ in range(600):
        try:
            peers.append(Peer(nodes.address))
        except OSError:
            pass
    time.sleep(0.3)
    for peer in peers:
        peer.read()
    refused = sum(peer.closed for peer in peers) + 600 - len(peers)
    for peer in peers:
        peer.socket.close()
    assert 250 < refused < 400, refused
    return 600


def connections_that_come_and_go(nodes):
    """1,000 connections, each closed as soon as it is there."""
    host, port = nodes.address.split(":")
    for _ in range(1000):
        socket.create_connection((host, int(port)), timeout=5).close()
    return 1000


# --- bodies


def _refused(nodes, bodies, statuses, content_type="application/grpc", path=ALLOCATE):
    """All |bodies| are refused, on one connection, which goes on."""
    with Peer(nodes.address) as peer:
        for i, body in enumerate(bodies):
            answer = peer.ask(
                2 * i + 1, request(path, TENANT, content_type=content_type), body
            )
            status = answer.get("grpc-status") or answer.get(":status")
            assert status in statuses, (i, body[:20], answer.fields)
        assert not peer.ended, peer.goaway
    return 1


def messages_that_claim_to_be_large(nodes):
    """A prefix of 5 MiB and of 4 GiB, 200 times."""
    bodies = [(5 * MIB).to_bytes(5, "big"), b"\0\xff\xff\xff\xff"] * 100
    return _refused(nodes, bodies, {RESOURCE_EXHAUSTED})


def messages_that_are_large(nodes):
    """Bodies of 5 MiB, ten of them: read no further than their prefix."""
    return _refused(nodes, [framed(bytes(5 * MIB))] * 10, {RESOURCE_EXHAUSTED})


def protobuf_that_is_deep(nodes):
    """A million levels of groups and messages; and what is malformed."""
    deep = b""
    for _ in range(2000):
        deep = b"\x0a" + _varint(len(deep)) + deep
    return _refused(
        nodes,
        [framed(deep), framed(b"\x0b" * 100000), framed(b"\x0a\xff" * 100000)] * 5,
        {INVALID_ARGUMENT, RESOURCE_EXHAUSTED},
    )


def _varint(value):
    out = []
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def protobuf_that_unfolds(nodes):
    """4 MiB of empty messages in a list: 255 MiB, if they were made."""
    import_config = "/quorumcall.v1.AdminService/ImportConfig"
    number = next(
        f.number
        for f in contract.request_type("AdminService/ImportConfig").DESCRIPTOR.fields
        if f.label == f.LABEL_REPEATED and f.message_type
    )
    body = bytes([number << 3 | 2, 0]) * (2 * MIB - 100)
    return _refused(
        nodes, [framed(body)] * 3, {INVALID_ARGUMENT, RESOURCE_EXHAUSTED}, path=import_config
    )


def msgpack_that_is_deep_or_counts_too_much(nodes):
    """Lists in lists; and a map of 2^32 entries in five bytes."""
    bodies = [b"\x91" * 1000000, b"\xdf\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff",
              b"\x81\x01\xdd\x10\x00\x00\x00", b"\x81\x01\xc6\xff\xff\xff\xff",
              b"\x80" * MIB]
    return _refused(
        nodes, [framed(b) for b in bodies] * 5, {INVALID_ARGUMENT, RESOURCE_EXHAUSTED},
        content_type="application/grpc+msgpack",
    )


def json_that_is_deep(nodes):
    """Lists in lists, 500,000 deep; and objects."""
    bodies = [b"[" * 500000, b'{"a":' * 100000, b'{"subject":' + b"[" * 40 + b"]" * 40 + b"}",
              json.dumps({"x": [{}] * 200000}).encode()]
    return _refused(
        nodes, bodies * 3, {"400", "429"}, content_type="application/json"
    )


# --- who is not known


def keys_that_nobody_has(nodes):
    """5,000 calls, each with another key."""
    with Peer(nodes.address) as peer:
        for s in range(1, 10001, 2):
            key = ("authorization", f"Bearer qc_{os.urandom(24).hex()}")
            fields = block(request(READ, TENANT, key))
            peer.send(frame(HEADERS, END_HEADERS, s, fields) + data(s, framed(b"")))
            if s % 128 == 127:
                peer.wait(lambda s=s: peer.ended or peer.done(s), "an answer")
                assert not peer.ended, peer.goaway
        peer.wait(lambda: all(a.ended for a in peer.answers.values()), "answers")
        got = {a.get("grpc-status") for a in peer.answers.values()}
        assert got == {UNAUTHENTICATED}, got
    return 1


# --- by TLS


def _context(nodes):
    context = ssl.create_default_context(cafile=nodes.ca)
    context.check_hostname = False
    context.set_alpn_protocols(["h2"])
    return context


def handshakes_that_do_not_end(nodes):
    """100 halves of a hello."""
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(100)
    return _slow(nodes, hello)


def handshakes_of_nonsense(nodes):
    """300 hellos that are none: each is closed at once."""
    for _ in range(3):
        _slow(nodes, b"\x16\x03\x01\x00\x40\x01" + os.urandom(63))
    return 300


def handshakes(nodes):
    """50 whole handshakes, each for nothing."""
    context = _context(nodes)
    for _ in range(50):
        Peer(nodes.address, context, hello=False).socket.close()
    return 50


def calls_taken_back_at_once_by_tls(nodes):
    """Rapid reset, by TLS."""
    fields = block(request(ALLOCATE, TENANT))
    return _flood(
        nodes,
        lambda s: frame(HEADERS, END_HEADERS, s, fields) + reset(s),
        tls=_context(nodes),
    )


def pings_by_tls_whose_answers_are_not_read(nodes):
    """A flood of PING by TLS, of which no answer is read."""
    return _flood(
        nodes, lambda _: frame(PING, 0, 0, b"12345678"), read=False, tls=_context(nodes)
    )


BY_TLS = (
    handshakes_that_do_not_end,
    handshakes_of_nonsense,
    handshakes,
    calls_taken_back_at_once_by_tls,
    pings_by_tls_whose_answers_are_not_read,
)

# Bounds that are not those of most: of processor time for a connection (ms), of
# memory (MiB).
DEAR = {
    answers_behind_a_closed_window: (400, 64),
    answers_that_nobody_reads: (800, 64),
    frames_without_data: (400, 32),
    priorities: (400, 32),
    protobuf_that_unfolds: (1500, 64),
    protobuf_that_is_deep: (400, 32),
    json_that_is_deep: (1500, 64),
    messages_that_are_large: (800, 64),
    msgpack_that_is_deep_or_counts_too_much: (400, 32),
    keys_that_nobody_has: (2000, 32),
}
