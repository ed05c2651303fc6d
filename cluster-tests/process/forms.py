"""The forms a call can have on the wire, through curl: a client that knows
neither protobuf nor gRPC, so that nobody but us frames and packs."""

import pathlib
import struct
import subprocess
import tempfile

TENANT = "demo"


class Answer:
    def __init__(self, status, dump, body):
        """|dump| is what curl wrote of headers and trailers."""
        self.status = status
        self.headers = {}
        for line in dump.splitlines():
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()
        self.body = body


def curl(node, path, content_type, body, tenant=TENANT, headers=()):
    """Posts |body|; the Answer. (curl 7.88 cannot use an h2c connection twice,
    so each call has one of its own.)"""
    more = [part for header in headers for part in (b"--header", header)]
    with tempfile.TemporaryDirectory(prefix="quorumcall-curl-") as directory:
        top = pathlib.Path(directory)
        (top / "request").write_bytes(body)
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--http2-prior-knowledge"]
            + ["--max-time", "10", "--header", f"content-type: {content_type}"]
            + ["--header", f"x-tenant: {tenant}", "--header", "te: trailers"]
            + more
            + ["--data-binary", f"@{top}/request", "--output", f"{top}/answer"]
            + ["--dump-header", f"{top}/headers", "--write-out", "%{http_code}"]
            + [f"http://{node}/quorumcall.v1.{path}"],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        answer = top / "answer"
        return Answer(
            int(done.stdout),
            (top / "headers").read_text("latin-1"),
            answer.read_bytes() if answer.exists() else b"",
        )


def framed(message, flags=0):
    """As gRPC puts a message on the wire."""
    return struct.pack(">BI", flags, len(message)) + message


def unframed(body):
    """The one message in |body|."""
    flags, size = struct.unpack(">BI", body[:5])
    assert flags == 0 and len(body) == 5 + size, body
    return body[5:]


# --- msgpack, as much of it as is needed here


def packed(value):
    if isinstance(value, dict):
        assert len(value) < 16
        items = b"".join(packed(k) + packed(v) for k, v in value.items())
        return bytes([0x80 | len(value)]) + items
    if isinstance(value, bytes):
        return bytes([0xC4, len(value)]) + value
    if isinstance(value, str):
        text = value.encode()
        assert len(text) < 256
        return bytes([0xD9, len(text)]) + text
    if value < 128:
        return bytes([value])
    return b"\xcf" + struct.pack(">Q", value)


def _unpack(data, at):
    """The value at |at|, and where the next begins."""
    kind = data[at]
    sizes = {0xC4: 1, 0xD9: 1, 0xDA: 2}
    numbers = {0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q"}
    if kind < 0x80:
        return kind, at + 1
    if kind in (0xC2, 0xC3):
        return kind == 0xC3, at + 1
    if kind in numbers:
        size = struct.calcsize(numbers[kind])
        return struct.unpack_from(numbers[kind], data, at + 1)[0], at + 1 + size
    if 0x80 <= kind < 0x90:
        value, at = {}, at + 1
        for _ in range(kind & 0x0F):
            key, at = _unpack(data, at)
            value[key], at = _unpack(data, at)
        return value, at
    if 0xA0 <= kind < 0xC0:
        start, size = at + 1, kind & 0x1F
    else:
        start = at + 1 + sizes[kind]
        size = int.from_bytes(data[at + 1 : start], "big")
    raw = data[start : start + size]
    return (raw if kind == 0xC4 else raw.decode()), start + size


def unpacked(data):
    value, end = _unpack(data, 0)
    assert end == len(data), data
    return value
